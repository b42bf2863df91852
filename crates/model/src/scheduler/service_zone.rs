use std::{borrow::Cow, collections::HashMap, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    Collection, Entity, Id, Index, Only, PerTenant, Place,
    content::{ContentConfig, Money, Slug, is_country},
};

/// An area that a business goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceZone {
    /// Unique in the organization.
    pub slug: Slug,
    pub content: ContentConfig,
    pub postal_codes: Vec<PostalPattern>,
    /// ISO 3166-1, two upper-case letters.
    pub country: String,
    /// What coming out there costs.
    pub trip_charge: Option<Money>,
    /// IANA zone; absent is the organization's.
    pub time_zone: Option<String>,
    /// Of several zones that hold a postal code the lowest wins, then the oldest.
    #[serde(default)]
    pub priority: i32,
}

/// A postal code, or with `*` at its end all that begin so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PostalPattern {
    Code(String),
    Prefix(String),
}

/// Finds the zone of a postal code in as many probes as prefixes have lengths, however many
/// codes there are.
#[derive(Debug, Default)]
pub struct ZoneIndex {
    codes: HashMap<(String, String), Ranked>,
    prefixes: HashMap<(String, String), Ranked>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ranked {
    priority: i32,
    zone: Id<ServiceZone>,
}

/// The form in which postal codes of a country are compared: upper case, no spaces, a US ZIP+4
/// without its last four. `None` for what cannot be a postal code there.
pub fn normalize_postal_code(country: &str, text: &str) -> Option<String> {
    let code: String = text
        .chars()
        .filter(|it| !it.is_whitespace() && *it != '-')
        .collect::<String>()
        .to_uppercase();
    let shaped = |pattern: &str| {
        code.len() == pattern.len()
            && code.bytes().zip(pattern.bytes()).all(|(it, kind)| match kind {
                b'9' => it.is_ascii_digit(),
                _ => it.is_ascii_uppercase(),
            })
    };
    match country {
        "US" if shaped("999999999") => Some(code[..5].to_owned()),
        "US" => shaped("99999").then_some(code),
        "CA" => shaped("A9A9A9").then_some(code),
        _ => {
            let plain = code.bytes().all(|it| it.is_ascii_alphanumeric());
            (plain && (2..=10).contains(&code.len())).then_some(code)
        }
    }
}

impl ZoneIndex {
    /// Of zones in any order.
    pub fn new<'a>(zones: impl IntoIterator<Item = (Id<ServiceZone>, &'a ServiceZone)>) -> Self {
        let mut index = Self::default();
        for (id, zone) in zones {
            let ranked = Ranked { priority: zone.priority, zone: id };
            for pattern in &zone.postal_codes {
                let (map, text) = match pattern {
                    PostalPattern::Code(text) => (&mut index.codes, text),
                    PostalPattern::Prefix(text) => (&mut index.prefixes, text),
                };
                map.entry((zone.country.clone(), text.clone()))
                    .and_modify(|it| *it = ranked.min(*it))
                    .or_insert(ranked);
            }
        }
        index
    }

    /// `code` as [`normalize_postal_code`] gives it. Priority decides between all patterns that
    /// hold it, exact or not.
    pub fn find(&self, country: &str, code: &str) -> Option<Id<ServiceZone>> {
        let exact = self.codes.get(&(country.to_owned(), code.to_owned()));
        let by_prefix = (1..=code.len()).filter_map(|length| {
            self.prefixes.get(&(country.to_owned(), code.get(..length)?.to_owned()))
        });
        exact.into_iter().chain(by_prefix).min().map(|it| it.zone)
    }
}

impl FromStr for PostalPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let code: String = text.chars().filter(|it| !it.is_whitespace()).collect();
        let code = code.to_uppercase();
        let (kind, body): (fn(String) -> Self, _) = match code.strip_suffix('*') {
            Some(prefix) => (Self::Prefix, prefix),
            None => (Self::Code, code.as_str()),
        };
        if (1..=10).contains(&body.len()) && body.bytes().all(|it| it.is_ascii_alphanumeric()) {
            Ok(kind(body.to_owned()))
        } else {
            Err(format!("`{text}` is not a postal code, or the beginning of one and *"))
        }
    }
}

impl fmt::Display for PostalPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => f.write_str(code),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
        }
    }
}

impl Serialize for PostalPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PostalPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for PostalPattern {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "PostalPattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "examples": ["30305", "303*"] })
    }
}

impl Entity for ServiceZone {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "service_zones",
        label: "service zone",
        indexes: &[Index { name: "slug", fields: &["slug"], unique: true, only: Only::All }],
        references: &[],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        self.content.validate(place.at("content"));
        let country = is_country(&self.country);
        place.at("country").require(
            country,
            "country",
            "must be a two-letter country code such as US",
        );
        place.at("postal_codes").range(&self.postal_codes.len(), &1, &50_000);
        for (n, pattern) in self.postal_codes.iter().enumerate() {
            if let PostalPattern::Code(code) = pattern {
                let fits = normalize_postal_code(&self.country, code).as_deref() == Some(code);
                place.at(format_args!("postal_codes.{n}")).require(
                    fits,
                    "postal_code",
                    "is not a postal code of this country",
                );
            }
        }
        if let Some(charge) = &self.trip_charge {
            charge.validate(place.at("trip_charge"));
        }
        if let Some(zone) = &self.time_zone {
            place.at("time_zone").time_zone(zone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ObjectId;

    fn zone(priority: i32, codes: &[&str]) -> ServiceZone {
        ServiceZone {
            slug: "z".parse().unwrap(),
            content: ContentConfig::titled("Zone"),
            postal_codes: codes.iter().map(|it| it.parse().unwrap()).collect(),
            country: "US".to_owned(),
            trip_charge: None,
            time_zone: None,
            priority,
        }
    }

    #[test]
    fn the_lowest_priority_wins_whether_by_code_or_by_prefix() {
        let [near, far] = [1, 2].map(|n| Id::new(ObjectId::from_bytes([n; 12])));
        let (inner, outer) = (zone(1, &["3030*"]), zone(2, &["30305", "30*"]));
        let index = ZoneIndex::new([(far, &outer), (near, &inner)]);
        assert_eq!(index.find("US", "30305"), Some(near));
        assert_eq!(index.find("US", "30401"), Some(far));
        assert_eq!(index.find("US", "31305"), None);
        assert_eq!(index.find("CA", "30305"), None);
    }

    #[test]
    fn postal_codes_are_compared_in_one_form() {
        for (country, text, form) in [
            ("US", " 30305 ", Some("30305")),
            ("US", "30305-1234", Some("30305")),
            ("US", "3030", None),
            ("US", "3030５", None),
            ("US", "00501", Some("00501")),
            ("CA", "k1a 0b1", Some("K1A0B1")),
            ("CA", "30305", None),
            ("GB", "sw1a 1aa", Some("SW1A1AA")),
            ("DE", "", None),
        ] {
            assert_eq!(normalize_postal_code(country, text).as_deref(), form, "{text}");
        }
    }
}
