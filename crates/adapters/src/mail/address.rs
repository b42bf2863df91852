use std::fmt;

use lettre::{Address, message};
use model::Problems;

use super::MailError;

/// Whom a mail is from or to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox(message::Mailbox);

/// The same for each attempt to send a mail, so that a receiver can tell a repetition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageId {
    id: String,
    domain: String,
}

impl Mailbox {
    /// # Errors
    /// [`MailError::Permanent`]: `email` is no address, or `name` would break out of its header.
    pub fn new(email: &str, name: Option<&str>) -> Result<Self, MailError> {
        let mut problems = Problems::default();
        problems.root().email(email);
        let address = email.parse::<Address>().ok().filter(|_| problems.0.is_empty());
        let address = address.ok_or_else(|| refused("an address", email))?;
        let name = name.map(str::trim).filter(|it| !it.is_empty());
        if let Some(name) = name {
            one_line("a name", name)?;
        }
        Ok(Self(message::Mailbox::new(name.map(str::to_owned), address)))
    }

    pub(super) fn to_lettre(&self) -> message::Mailbox {
        self.0.clone()
    }
}

impl MessageId {
    /// Letters, digits, `-`, `_` and `.` in both; neither begins with a dot.
    ///
    /// # Errors
    /// [`MailError::Permanent`] when there is anything else.
    pub fn new(id: &str, domain: &str) -> Result<Self, MailError> {
        for part in [id, domain] {
            if !is_plain(part) {
                return Err(refused("a part of a message id", part));
            }
        }
        Ok(Self { id: id.to_owned(), domain: domain.to_owned() })
    }

    /// What it is besides the domain.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "<{}@{}>", self.id, self.domain)
    }
}

/// Also a safe name for a file.
pub(super) fn is_plain(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && !text.starts_with('.')
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it))
}

/// What goes into a header must not end it.
pub(super) fn one_line(what: &str, text: &str) -> Result<(), MailError> {
    if text.chars().any(char::is_control) { Err(refused(what, text)) } else { Ok(()) }
}

fn refused(what: &str, text: &str) -> MailError {
    MailError::Permanent(format!("{text:?} is not {what} that a mail can have"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_would_break_out_of_their_header_are_refused() {
        for email in [
            "",
            "ada",
            "ada@example.com\r\nBcc: eve@example.com",
            "ada@example.com, eve@example.com",
            "ada@example.com>\nRCPT TO:<eve@example.com",
            "<ada@example.com>",
            "\"a\r\nb\"@example.com",
            "ada@example.com\0",
            "ada@[127.0.0.1]",
        ] {
            let refused = Mailbox::new(email, None);
            assert!(matches!(refused, Err(MailError::Permanent(_))), "{email:?}: {refused:?}");
        }
        for name in ["Ada\r\nBcc: eve@example.com", "Ada\nEve", "Ada\rEve", "Ada\0"] {
            let refused = Mailbox::new("ada@example.com", Some(name));
            assert!(matches!(refused, Err(MailError::Permanent(_))), "{name:?}: {refused:?}");
        }
    }

    #[test]
    fn an_empty_name_is_none() {
        let named = Mailbox::new("ada@example.com", Some("  ")).unwrap();
        assert_eq!(named, Mailbox::new("ada@example.com", None).unwrap());
    }

    #[test]
    fn message_ids_are_plain() {
        let id = MessageId::new("6925a1b2c3d4e5f607182930", "mail.example.com").unwrap();
        assert_eq!(id.to_string(), "<6925a1b2c3d4e5f607182930@mail.example.com>");
        for (id, domain) in [
            ("", "example.com"),
            ("a", ""),
            ("a>\r\nBcc: b", "example.com"),
            ("../a", "example.com"),
            (".a", "example.com"),
            ("a", "example.com> <b"),
        ] {
            assert!(MessageId::new(id, domain).is_err(), "{id:?} {domain:?}");
        }
    }
}
