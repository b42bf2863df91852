//! Events of all versions, read as this one has them.

use serde::{
    Deserialize,
    de::{DeserializeOwned, value::MapDeserializer},
};
use serde_json::Value;

use super::{EventBody, EventData, SessionEvent};

/// Makes a body of one version as the next version would have written it. Pure and total: what it
/// does not expect it leaves alone, and reading the result says what is wrong.
type Upcaster = fn(Value) -> Value;

/// The first makes version 2 of version 1, and so on. One is added with each
/// [`SessionEvent::SCHEMA_VERSION`]; none is ever changed or removed.
const UPCASTERS: &[Upcaster] = &[];

const _: () = assert!(UPCASTERS.len() + 1 == SessionEvent::SCHEMA_VERSION as usize);

/// Why this version cannot tell what happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotUnderstood {
    #[error("it is written in version {0}, which only a newer Wrkbelt can read")]
    NewerVersion(u16),
    #[error("{0} is a kind of event that only a newer Wrkbelt knows")]
    UnknownType(String),
    #[error("{0}")]
    Malformed(String),
}

impl NotUnderstood {
    /// A newer version will know what it is; nothing is wrong with it.
    pub fn is_of_newer_version(&self) -> bool {
        !matches!(self, Self::Malformed(_))
    }
}

impl EventBody {
    /// What a stored event says, of whatever version it is.
    ///
    /// # Errors
    /// [`NotUnderstood`], for an event that must be left as it is.
    pub fn read(event_type: &str, schema_version: u16, body: &str) -> Result<Self, NotUnderstood> {
        read(UPCASTERS, schema_version, body).map_err(|error| match error {
            NotUnderstood::Malformed(_) if !is_known(event_type) => {
                NotUnderstood::UnknownType(event_type.to_owned())
            }
            error => error,
        })
    }
}

fn read<T: DeserializeOwned>(
    upcasters: &[Upcaster],
    version: u16,
    body: &str,
) -> Result<T, NotUnderstood> {
    let malformed = |error: serde_json::Error| NotUnderstood::Malformed(error.to_string());
    let older = match usize::from(version).checked_sub(1) {
        None => return Err(NotUnderstood::Malformed("there is no version 0".to_owned())),
        Some(done) => upcasters.get(done..).ok_or(NotUnderstood::NewerVersion(version))?,
    };
    if older.is_empty() {
        return serde_json::from_str(body).map_err(malformed);
    }
    let body: Value = serde_json::from_str(body).map_err(malformed)?;
    let body = older.iter().fold(body, |body, upcast| upcast(body));
    serde_json::from_value(body).map_err(malformed)
}

/// Whether there is such a kind of event.
fn is_known(event_type: &str) -> bool {
    let bare = [("event_type", event_type)].into_iter();
    let read = EventData::deserialize(MapDeserializer::<_, Refusal>::new(bare));
    !matches!(read, Err(Refusal::UnknownVariant))
}

/// Why there is no event of a type without any data.
#[derive(Debug)]
enum Refusal {
    UnknownVariant,
    Other,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Refusal {}

impl serde::de::Error for Refusal {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self::Other
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::UnknownVariant
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A shape that came about in three versions: `{"zip"}`, then `{"code"}`, then
    /// `{"code", "country"}`.
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Place {
        code: String,
        country: String,
    }

    const CHAIN: &[Upcaster] = &[
        |mut body| {
            let zip = body["zip"].take();
            json!({ "code": zip })
        },
        |mut body| {
            body["country"] = json!("US");
            body
        },
    ];

    fn place(version: u16, body: &str) -> Result<Place, NotUnderstood> {
        read(CHAIN, version, body)
    }

    #[test]
    fn every_version_is_read_as_the_last_one() {
        for (version, body) in [
            (1, r#"{"zip":"30305"}"#),
            (2, r#"{"code":"30305"}"#),
            (3, r#"{"code":"30305","country":"US"}"#),
        ] {
            let place = place(version, body).unwrap();
            assert_eq!((place.code.as_str(), place.country.as_str()), ("30305", "US"));
        }
    }

    #[test]
    fn a_newer_version_is_never_guessed_at() {
        let last = r#"{"code":"30305","country":"US"}"#;
        for version in [4, 5, u16::MAX] {
            assert_eq!(place(version, last), Err(NotUnderstood::NewerVersion(version)));
        }
        assert!(matches!(place(0, last), Err(NotUnderstood::Malformed(_))));
    }

    #[test]
    fn what_is_wrong_in_any_version_is_named() {
        for (version, body, named) in [
            (3, r#"{"code":"30305"}"#, "country"),
            (2, r#"{"zip":"30305"}"#, "zip"),
            (1, r#"{"code":"30305"}"#, "invalid type: null"),
            (1, "{", "EOF"),
        ] {
            let Err(NotUnderstood::Malformed(reason)) = place(version, body) else { panic!() };
            assert!(reason.contains(named), "{reason}");
        }
    }

    #[test]
    fn an_unknown_kind_is_told_from_a_malformed_one() {
        let known = r#"{"event_type":"STEP_COMPLETED","data":{}}"#;
        let error = EventBody::read("STEP_COMPLETED", 1, known).unwrap_err();
        assert!(matches!(&error, NotUnderstood::Malformed(it) if it.contains("step_id")));
        assert!(!error.is_of_newer_version());
        let unknown = r#"{"event_type":"SESSION_DREAMT","data":{"of":"sheep"}}"#;
        let error = EventBody::read("SESSION_DREAMT", 1, unknown).unwrap_err();
        assert_eq!(error, NotUnderstood::UnknownType("SESSION_DREAMT".to_owned()));
        assert!(error.is_of_newer_version());
        let error = EventBody::read("STEP_COMPLETED", 2, known).unwrap_err();
        assert_eq!(error, NotUnderstood::NewerVersion(2));
    }
}
