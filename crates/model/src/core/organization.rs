use std::{borrow::Cow, fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    Collection, Entity, Global, Id, Index, OnDelete, Only, Place, Reference,
    content::{Address, is_language_tag},
    core::File,
};

/// A tenant: a business, with all that it owns isolated from every other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// 1 to 100 characters.
    pub name: String,
    pub tenant_subdomain: TenantSubdomain,
    pub logo_file: Option<Id<File>>,
    pub address: Option<Address>,
    /// IANA zone.
    pub time_zone: String,
    /// BCP 47 tag.
    pub locale: String,
    /// As the business writes it.
    pub phone: Option<String>,
    /// The agency or portfolio that it belongs to; never itself, at any distance.
    pub parent_organization_id: Option<Id<Organization>>,
    #[serde(default)]
    pub retention: Retention,
}

/// How long to keep what may be dropped; absent is for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    pub sessions_days: Option<u32>,
    pub files_days: Option<u32>,
}

/// The organization's name in host names: 3 to 63 lower-case letters, digits and inner hyphens,
/// none of the reserved words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct TenantSubdomain(String);

/// Why a text is no [`TenantSubdomain`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSubdomain {
    #[error("`{0}` is not a subdomain: 3 to 63 lower-case letters, digits and inner hyphens are")]
    Shape(String),
    #[error("`{0}` is a reserved word")]
    Reserved(String),
}

/// Host names that the platform itself may need.
const RESERVED: &[&str] = &[
    "account", "admin", "api", "app", "assets", "auth", "billing", "blog", "book", "cdn", "demo",
    "dev", "docs", "embed", "files", "ftp", "help", "hooks", "imap", "login", "mail", "manage",
    "media", "metrics", "pop", "public", "smtp", "staging", "static", "status", "support", "test",
    "webmail", "wrkbelt", "www",
];

impl TenantSubdomain {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantSubdomain {
    type Err = BadSubdomain;

    fn from_str(text: &str) -> Result<Self, BadSubdomain> {
        let allowed = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        let shape = (3..=63).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if !shape {
            return Err(BadSubdomain::Shape(text.chars().take(80).collect()));
        }
        if RESERVED.contains(&text) {
            return Err(BadSubdomain::Reserved(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for TenantSubdomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TenantSubdomain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Entity for Organization {
    type Scope = Global;

    const COLLECTION: Collection = Collection {
        name: "organizations",
        label: "organization",
        indexes: &[Index {
            name: "tenant_subdomain",
            fields: &["tenant_subdomain"],
            unique: true,
            only: Only::All,
        }],
        references: &[Reference {
            field: "parent_organization_id",
            to: "organizations",
            on_delete: OnDelete::Restrict,
        }],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        place.at("name").text(&self.name, 1, 100);
        if let Some(address) = &self.address {
            address.validate(place.at("address"));
        }
        place.at("time_zone").time_zone(&self.time_zone);
        let tag = is_language_tag(&self.locale);
        place.at("locale").require(tag, "language", "must be a BCP 47 tag such as en-US");
        place.at("phone").text(self.phone.as_deref().unwrap_or_default(), 0, 40);
        for (name, days) in [
            ("retention.sessions_days", self.retention.sessions_days),
            ("retention.files_days", self.retention.files_days),
        ] {
            if let Some(days) = days {
                place.at(name).range(&days, &1, &36_500);
            }
        }
    }
}
