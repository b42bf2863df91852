mod engine;

use std::{borrow::Cow, fmt, str::FromStr};

use minijinja::{Value, value::Serde};
use model::{Problems, core::Color};
use serde::{Deserialize, Deserializer, Serialize, de};

use super::MailError;

/// A mail that is not yet put into words. Kept with what it says, it can be rendered later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "template_id", content = "template_data", rename_all = "snake_case")]
pub enum Template {
    Invitation(Invitation),
    PasswordReset(PasswordReset),
    EmailVerification(EmailVerification),
    PasswordChanged(PasswordChanged),
    NewSignIn(NewSignIn),
    BookingConfirmed(BookingConfirmed),
}

/// Whose mail it is and how it looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    pub name: String,
    pub logo_url: Option<Link>,
    pub primary: Color,
    /// Of text on `primary`.
    pub on_primary: Color,
}

/// An absolute `http` or `https` URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Link(String);

/// To somebody who may join the brand's organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub inviter: String,
    pub link: Link,
    /// In words, such as `7 days`.
    pub valid_for: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordReset {
    pub first_name: String,
    pub link: Link,
    /// In words, such as `1 hour`.
    pub valid_for: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailVerification {
    pub first_name: String,
    pub link: Link,
    /// In words, such as `24 hours`.
    pub valid_for: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordChanged {
    pub first_name: String,
    /// In words, with the time zone.
    pub when: String,
    /// Where another password can be asked for.
    pub reset_link: Link,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSignIn {
    pub first_name: String,
    /// In words, with the time zone.
    pub when: String,
    /// Such as `Firefox on Linux`.
    pub device: String,
    pub ip_address: String,
    /// Where sign-ins are listed and ended.
    pub sessions_link: Link,
}

/// To a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingConfirmed {
    pub first_name: String,
    pub reference: String,
    pub service: String,
    /// In words, with the time zone; none where a time is still to be agreed.
    pub when: Option<String>,
    /// On one line.
    pub address: Option<String>,
    pub manage_link: Option<Link>,
}

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub subject: String,
    pub html: Option<String>,
    pub text: String,
}

impl Template {
    /// # Errors
    /// [`MailError::Permanent`] when the template itself is broken.
    pub fn render(&self, brand: &Brand) -> Result<Content, MailError> {
        let (name, data) = match self {
            Self::Invitation(data) => ("invitation", Value::from(Serde(data))),
            Self::PasswordReset(data) => ("password_reset", Value::from(Serde(data))),
            Self::EmailVerification(data) => ("email_verification", Value::from(Serde(data))),
            Self::PasswordChanged(data) => ("password_changed", Value::from(Serde(data))),
            Self::NewSignIn(data) => ("new_sign_in", Value::from(Serde(data))),
            Self::BookingConfirmed(data) => ("booking_confirmed", Value::from(Serde(data))),
        };
        engine::render(name, data, brand)
            .map_err(|error| MailError::Permanent(format!("{name}: {error}")))
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Link {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        let mut problems = Problems::default();
        problems.root().web_url(url);
        if problems.0.is_empty() {
            Ok(Self(url.to_owned()))
        } else {
            Err(format!("{url:?} is not an http or https URL"))
        }
    }
}

impl<'de> Deserialize<'de> for Link {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
