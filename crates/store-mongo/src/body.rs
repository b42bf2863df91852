//! JSON as BSON and back, byte for byte. What would not come back as it was is kept as text.

use std::fmt;

use mongodb::bson::{
    Bson, Document,
    raw::{RawBsonRef, RawDocument},
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
    ser::{Error as _, SerializeMap},
};
use store::Stored;

/// Holds the exact text of a body that BSON cannot hold; the fields beside it are for indexes only.
pub(crate) const TEXT: &str = "_text";

/// Levels of objects and lists; the server takes 200, of which the envelope of a write needs some.
const DEEPEST: usize = 100;
/// Bytes of JSON from which on the size as BSON is measured.
const MEASURED: usize = 1_000_000;
/// Bytes of BSON that leave room for an envelope below the server's 16 MiB.
const LARGEST: usize = 16_000_000;

/// Any JSON value; a number beyond 64 bits becomes a fraction.
pub(crate) struct Parsed(pub(crate) Bson);

/// The fields that hold a body natively, in which `keep` spells some of its values otherwise than
/// JSON does, or `None` when they would not give the same text again.
pub(crate) fn native(
    body: &Stored,
    parsed: &Bson,
    reserved: &[&str],
    keep: impl FnOnce(&mut Document),
) -> Option<Document> {
    let fields = parsed.as_document()?;
    let is_free = |name: &String| !name.starts_with('_') && !reserved.contains(&name.as_str());
    if !fields.keys().all(is_free) || !is_plain(parsed, DEEPEST) {
        return None;
    }
    let mut fields = fields.clone();
    keep(&mut fields);
    if body.as_str().len() > MEASURED && fields.to_vec().ok()?.len() > LARGEST {
        return None;
    }
    let written = serde_json::to_string(&Native(&Bson::Document(fields.clone()))).ok()?;
    (written == body.as_str()).then_some(fields)
}

/// The body of a stored document: its text, or else its fields without the envelope's.
///
/// # Errors
/// A sentence about what is there and is not JSON.
pub(crate) fn read(document: &RawDocument, reserved: &[&str]) -> Result<Stored, String> {
    match document.get(TEXT) {
        Ok(Some(RawBsonRef::String(text))) => return Ok(Stored::from_json(text.to_owned())),
        Ok(None) => {}
        Ok(Some(_)) => return Err(format!("`{TEXT}` is no text")),
        Err(error) => return Err(error.to_string()),
    }
    serde_json::to_string(&Fields { document, reserved })
        .map(Stored::from_json)
        .map_err(|error| error.to_string())
}

/// Field names that a path can name.
fn is_plain(value: &Bson, levels: usize) -> bool {
    let Some(levels) = levels.checked_sub(1) else { return false };
    match value {
        Bson::Document(fields) => fields.iter().all(|(name, value)| {
            let is_name = !name.is_empty() && !name.starts_with('$') && !name.contains(['.', '\0']);
            is_name && is_plain(value, levels)
        }),
        Bson::Array(items) => items.iter().all(|it| is_plain(it, levels)),
        _ => true,
    }
}

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values).map(Self)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Bson;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Bson, E> {
        Ok(Bson::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Bson, E> {
        Ok(Bson::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Bson, E> {
        Ok(Bson::Int64(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "a number that is not exact is kept as text")]
    fn visit_u64<E>(self, value: u64) -> Result<Bson, E> {
        Ok(i64::try_from(value).map_or(Bson::Double(value as f64), Bson::Int64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Bson, E> {
        Ok(Bson::Double(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Bson, E> {
        Ok(Bson::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Bson, E> {
        Ok(Bson::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Bson, A::Error> {
        let mut array = Vec::new();
        while let Some(Parsed(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Bson::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Bson, A::Error> {
        let mut document = Document::new();
        while let Some((name, Parsed(value))) = fields.next_entry::<String, _>()? {
            document.insert(name, value);
        }
        Ok(Bson::Document(document))
    }
}

/// Writes what `native` made as JSON.
struct Native<'a>(&'a Bson);

impl Serialize for Native<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Bson::Null => serializer.serialize_unit(),
            Bson::Boolean(value) => serializer.serialize_bool(*value),
            Bson::Int64(value) => serializer.serialize_i64(*value),
            Bson::Double(value) => serializer.serialize_f64(*value),
            Bson::String(value) => serializer.serialize_str(value),
            Bson::ObjectId(value) => serializer.collect_str(value),
            Bson::Array(items) => serializer.collect_seq(items.iter().map(Native)),
            Bson::Document(fields) => {
                serializer.collect_map(fields.iter().map(|it| (it.0, Native(it.1))))
            }
            other => Err(S::Error::custom(foreign(other.element_type()))),
        }
    }
}

/// The same of what is read.
struct Raw<'a>(RawBsonRef<'a>);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            RawBsonRef::Null => serializer.serialize_unit(),
            RawBsonRef::Boolean(value) => serializer.serialize_bool(value),
            RawBsonRef::Int64(value) => serializer.serialize_i64(value),
            RawBsonRef::Double(value) => serializer.serialize_f64(value),
            RawBsonRef::String(value) => serializer.serialize_str(value),
            RawBsonRef::ObjectId(value) => serializer.collect_str(&value),
            RawBsonRef::Array(items) => {
                let items: Result<Vec<_>, _> = items.into_iter().collect();
                serializer.collect_seq(items.map_err(S::Error::custom)?.into_iter().map(Raw))
            }
            RawBsonRef::Document(document) => {
                Fields { document, reserved: &[] }.serialize(serializer)
            }
            other => Err(S::Error::custom(foreign(other.element_type()))),
        }
    }
}

/// An object without some of its fields.
struct Fields<'a> {
    document: &'a RawDocument,
    reserved: &'a [&'a str],
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for field in self.document {
            let (name, value) = field.map_err(S::Error::custom)?;
            let name = name.as_str();
            let is_envelope = !self.reserved.is_empty()
                && (name.starts_with('_') || self.reserved.contains(&name));
            if !is_envelope {
                map.serialize_entry(name, &Raw(value))?;
            }
        }
        map.end()
    }
}

fn foreign(kind: impl fmt::Debug) -> String {
    format!("a value of the type {kind:?} is not from here")
}
