use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, SeqAccess, Visitor},
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::Number;

/// A document whose maps keep the order of their fields, so that a file is written as its format
/// lists them.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::flow) enum Tree {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// Without what is absent anyway.
    pub(in crate::flow) fn of(value: &impl Serialize) -> Self {
        let text = serde_json::to_string(value).unwrap_or_default();
        let mut tree = serde_json::from_str(&text).unwrap_or(Self::Null);
        prune(&mut tree);
        tree
    }

    /// The same as JSON, whose maps are sorted.
    pub(in crate::flow) fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The value of a field of a map.
    pub(in crate::flow) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Map(fields) = self else { return None };
        fields.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Takes a field out of a map.
    pub(in crate::flow) fn take(&mut self, name: &str) -> Option<Self> {
        let Self::Map(fields) = self else { return None };
        let place = fields.iter().position(|(key, _)| key == name)?;
        Some(fields.remove(place).1)
    }
}

/// Fields that say something even when they are empty.
const SAID: [&str; 3] = ["answers", "postal_codes", "steps"];

/// The same of maps.
const SAID_MAPS: [&str; 2] = ["nodes", "values"];

fn prune(tree: &mut Tree) {
    match tree {
        Tree::Map(fields) => {
            for (_, value) in fields.iter_mut() {
                prune(value);
            }
            fields.retain(|(key, value)| match value {
                Tree::Null => false,
                Tree::Map(it) => !it.is_empty() || SAID_MAPS.contains(&key.as_str()),
                Tree::List(it) => !it.is_empty() || SAID.contains(&key.as_str()),
                _ => true,
            });
        }
        Tree::List(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(it) => serializer.serialize_bool(*it),
            Self::Number(it) => it.serialize(serializer),
            Self::Text(it) => serializer.serialize_str(it),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|it| list.serialize_element(it))?;
                list.end()
            }
            Self::Map(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                fields.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyTree)
    }
}

struct AnyTree;

impl<'de> Visitor<'de> for AnyTree {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }

    /// A whole number is written as one: `14`, not `14.0`.
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Tree, E> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and below 2^53")]
        let whole = (value.fract() == 0.0 && value.abs() < EXACT).then_some(value as i64);
        let number = whole.map(Number::from).or_else(|| Number::from_f64(value));
        Ok(number.map_or(Tree::Null, Tree::Number))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Tree, E> {
        Ok(Tree::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Tree::Map(fields))
    }
}
