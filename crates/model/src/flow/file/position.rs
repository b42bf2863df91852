use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Location, Spanned};

use super::options;

/// Where everything stands in the text of a file.
pub struct Positions(Spot);

/// A value without what it is: only where it and its parts are.
struct Spot {
    at: (u64, u64),
    /// What it says, when it is a text: a step is found by its type.
    text: Option<String>,
    parts: Parts,
}

enum Parts {
    None,
    List(Vec<Spot>),
    Map(Vec<(String, Spot)>),
}

impl Positions {
    /// Of a text that [`super::FlowFile::parse`] takes; of any other everything is at its start.
    pub fn of(text: &str) -> Self {
        let root = serde_saphyr::from_str_with_options(text, options());
        Self(root.unwrap_or(Spot { at: (1, 1), text: None, parts: Parts::None }))
    }

    /// Line and column, from 1, of a place such as `questions.need.answers.cooling`: of its key,
    /// and of what it stands in where the file does not have it.
    pub fn find(&self, path: &str) -> (u64, u64) {
        let mut spot = &self.0;
        let mut at = spot.at;
        for name in path.split('.') {
            if let Some((part_at, part)) = spot.part(name) {
                at = part_at;
                spot = part;
            }
        }
        at
    }
}

impl Spot {
    fn part(&self, name: &str) -> Option<((u64, u64), &Self)> {
        match &self.parts {
            Parts::None => None,
            Parts::Map(parts) => {
                let (_, part) = parts.iter().find(|(key, _)| key == name)?;
                Some((part.at, part))
            }
            Parts::List(parts) => {
                let is_type = |it: &&Self| {
                    let step_type = it.part("type").and_then(|(_, it)| it.text.as_deref());
                    step_type == Some(name)
                };
                let by_number = name.parse::<usize>().ok().and_then(|it| parts.get(it));
                let part = by_number.or_else(|| parts.iter().find(is_type))?;
                Some((part.at, part))
            }
        }
    }
}

fn at(location: &Location) -> (u64, u64) {
    (location.line(), location.column())
}

impl<'de> Deserialize<'de> for Spot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, referenced, .. } = Spanned::<Bare>::deserialize(deserializer)?;
        let Bare { text, parts } = value;
        Ok(Self { at: at(&referenced), text, parts })
    }
}

struct Bare {
    text: Option<String>,
    parts: Parts,
}

impl<'de> Deserialize<'de> for Bare {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyBare)
    }
}

struct AnyBare;

/// A value that has no parts and no text to tell it by.
macro_rules! nothing {
    ($($visit:ident $type:ty,)+) => {$(
        fn $visit<E: de::Error>(self, _: $type) -> Result<Bare, E> {
            Ok(Bare { text: None, parts: Parts::None })
        }
    )+};
}

impl<'de> Visitor<'de> for AnyBare {
    type Value = Bare;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    nothing! {
        visit_bool bool,
        visit_i64 i64,
        visit_i128 i128,
        visit_u64 u64,
        visit_u128 u128,
        visit_f64 f64,
    }

    fn visit_unit<E: de::Error>(self) -> Result<Bare, E> {
        Ok(Bare { text: None, parts: Parts::None })
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Bare, E> {
        Ok(Bare { text: Some(text.to_owned()), parts: Parts::None })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Bare, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = list.next_element()? {
            parts.push(part);
        }
        Ok(Bare { text: None, parts: Parts::List(parts) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Bare, A::Error> {
        let mut parts = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let mut spot: Spot = map.next_value()?;
            spot.at = at(&key.referenced);
            parts.push((key.value, spot));
        }
        Ok(Bare { text: None, parts: Parts::Map(parts) })
    }
}
