//! Values that many entities share.

use std::{borrow::Cow, collections::BTreeMap, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::problems::Place;

/// What a visitor reads of a thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContentConfig {
    /// 1 to 100 characters.
    pub title: String,
    /// At most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Name of a picture of the widget's set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The same in other languages, by BCP 47 tag.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub translations: BTreeMap<String, Translation>,
}

/// [`ContentConfig`] in one other language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Translation {
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
}

/// An amount of money in the currency's smallest unit: never a float.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Cents of a dollar, yen of a yen.
    pub amount_minor: i64,
    pub currency: Currency,
}

/// An ISO 4217 code: three upper-case letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Currency(String);

/// Where somebody lives or works.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    pub street: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    pub city: String,
    pub region: String,
    pub postal_code: String,
    /// ISO 3166-1, two upper-case letters.
    pub country: String,
}

/// A name for machines: `[a-z0-9-]{1,64}`. It stands in for an id in flow files and stays when
/// the title changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Slug(String);

/// A text that is no [`Slug`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a slug: 1 to 64 of a–z, 0–9 and - are")]
pub struct BadSlug(String);

/// A time of day in whole minutes, `08:00`; `24:00` is the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

/// A span of one day, written `08:00-17:00`: it starts before it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hours {
    pub start: TimeOfDay,
    pub end: TimeOfDay,
}

/// A text that is no [`TimeOfDay`] or [`Hours`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTime {
    #[error("`{0}` is not a time of day such as 08:00")]
    Time(String),
    #[error("`{0}` is not a span such as 08:00-17:00 that starts before it ends")]
    Hours(String),
}

impl ContentConfig {
    /// A title and nothing else.
    pub fn titled(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Checks the lengths of all texts.
    pub fn validate(&self, mut place: Place<'_>) {
        texts(&mut place, &self.title, self.description.as_deref(), self.icon.as_deref());
        for (tag, translation) in &self.translations {
            let mut place = place.at(format_args!("translations.{tag}"));
            place.require(is_language_tag(tag), "language", "must be a BCP 47 tag such as es-MX");
            let Translation { title, description, icon } = translation;
            texts(&mut place, title, description.as_deref(), icon.as_deref());
        }
    }
}

fn texts(place: &mut Place<'_>, title: &str, description: Option<&str>, icon: Option<&str>) {
    place.at("title").text(title, 1, 100);
    place.at("description").text(description.unwrap_or_default(), 0, 2_000);
    place.at("icon").text(icon.unwrap_or_default(), 0, 64);
}

/// The shape of a BCP 47 tag; whether the language exists is not checked.
pub(crate) fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    (2..=8).contains(&language.len())
        && language.bytes().all(|it| it.is_ascii_alphabetic())
        && parts
            .all(|it| (1..=8).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Two upper-case letters.
pub(crate) fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|it| it.is_ascii_uppercase())
}

impl Address {
    /// On one line, without the country.
    pub fn line(&self) -> String {
        let Self { street, unit, city, region, postal_code, .. } = self;
        let street =
            unit.as_ref().map_or_else(|| street.clone(), |unit| format!("{street}, {unit}"));
        format!("{street}, {city}, {region} {postal_code}")
    }

    /// Checks lengths and the country's code; whether the place exists is not checked.
    pub fn validate(&self, mut place: Place<'_>) {
        place.at("street").text(&self.street, 1, 200);
        place.at("unit").text(self.unit.as_deref().unwrap_or_default(), 0, 50);
        place.at("city").text(&self.city, 1, 100);
        place.at("region").text(&self.region, 0, 100);
        place.at("postal_code").text(&self.postal_code, 1, 12);
        let country = is_country(&self.country);
        place.at("country").require(
            country,
            "country",
            "must be a two-letter country code such as US",
        );
    }
}

impl Money {
    /// Checks that it is not negative.
    pub fn validate(&self, mut place: Place<'_>) {
        place.at("amount_minor").range(&self.amount_minor, &0, &1_000_000_000);
    }
}

impl Currency {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Currency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() == 3 && text.bytes().all(|it| it.is_ascii_uppercase()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("`{text}` is not a currency code such as USD"))
        }
    }
}

impl Slug {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Slug {
    const LONGEST: usize = 64;

    /// An id in place of a name: 24 hex digits are a slug too.
    pub(crate) fn of(id: crate::ObjectId) -> Self {
        Self(id.to_string())
    }

    /// What stands for something that is named and does not exist.
    pub(crate) fn missing(number: u32) -> Self {
        Self("missing".to_owned()).numbered(number)
    }

    /// `need` and 2 is `need-2`, cut where it would be too long.
    pub(crate) fn numbered(&self, number: u32) -> Self {
        let end = format!("-{number}");
        let room = Self::LONGEST.saturating_sub(end.len()).min(self.0.len());
        Self(format!("{}{end}", &self.0[..room]))
    }

    /// `need` and `yes` is `need-yes`, cut where it would be too long.
    pub(crate) fn joined(&self, other: &Self) -> Self {
        let mut both = format!("{self}-{other}");
        both.truncate(Self::LONGEST);
        Self(both)
    }
}

impl FromStr for Slug {
    type Err = BadSlug;

    fn from_str(text: &str) -> Result<Self, BadSlug> {
        let allowed = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        if (1..=Self::LONGEST).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadSlug(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TimeOfDay {
    /// Minutes since the day began: 0 to 1,440.
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// `None` over 1,440.
    pub fn from_minutes(minutes: u16) -> Option<Self> {
        (minutes <= 24 * 60).then_some(Self(minutes))
    }
}

impl Hours {
    /// How long it is on an ordinary day.
    pub const fn minutes(self) -> u16 {
        self.end.0 - self.start.0
    }
}

impl FromStr for TimeOfDay {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Self, BadTime> {
        let minutes = || {
            let (hours, minutes) = text.split_once(':')?;
            let two_digits = |it: &str| it.len() == 2 && it.bytes().all(|b| b.is_ascii_digit());
            let hours: u16 = two_digits(hours).then(|| hours.parse().ok())??;
            let minutes: u16 = two_digits(minutes).then(|| minutes.parse().ok())??;
            (minutes < 60).then(|| Self::from_minutes(hours * 60 + minutes))?
        };
        minutes().ok_or_else(|| BadTime::Time(text.chars().take(20).collect()))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for Hours {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Self, BadTime> {
        let bad = || BadTime::Hours(text.chars().take(40).collect());
        let (start, end) = text.split_once('-').ok_or_else(bad)?;
        let (start, end) = (start.trim().parse()?, end.trim().parse()?);
        if start < end { Ok(Self { start, end }) } else { Err(bad()) }
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.start, self.end)
    }
}

/// One text form: read by `FromStr`, described by its pattern.
macro_rules! written_as_text {
    ($($Type:ident => $pattern:literal,)+) => {$(
        impl<'de> Deserialize<'de> for $Type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $Type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($Type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    )+};
}
written_as_text! {
    Currency => "^[A-Z]{3}$",
    Slug => "^[a-z0-9-]{1,64}$",
    TimeOfDay => "^[0-9]{2}:[0-9]{2}$",
    Hours => "^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$",
}

impl Serialize for TimeOfDay {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Hours {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_a_day_are_read_and_written_the_same() {
        for text in ["00:00-24:00", "08:05-17:30"] {
            assert_eq!(text.parse::<Hours>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn spans_that_make_no_sense_are_refused() {
        for text in [
            "",
            "8:00-9:00",
            "10:00-09:00",
            "09:00-09:00",
            "09:00-24:01",
            "09:60-10:00",
            "+9:00-10:00",
        ] {
            assert!(text.parse::<Hours>().is_err(), "{text}");
        }
    }
}
