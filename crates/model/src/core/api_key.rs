use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Id, Index, OnDelete, Only, PerTenant, Place, Reference, Timestamp,
    core::{Permission, User},
};

/// What a program shows to act for an organization. The key itself is shown once and not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// 1 to 100 characters.
    pub name: String,
    /// How the key begins, by which people recognise it.
    pub prefix: String,
    /// SHA-256 of the secret part, in hex.
    pub secret_hash: String,
    /// At least one; none that whoever made it did not have.
    pub scopes: Vec<Permission>,
    pub expires_at: Option<Timestamp>,
    /// Within a minute.
    pub last_used_at: Option<Timestamp>,
    pub created_by_id: Option<Id<User>>,
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it still opens anything at that time.
    pub fn is_valid(&self, at: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|it| at < it)
    }
}

impl Entity for ApiKey {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "api_keys",
        label: "API key",
        indexes: &[Index {
            name: "secret_hash",
            fields: &["secret_hash"],
            unique: true,
            only: Only::All,
        }],
        references: &[Reference {
            field: "created_by_id",
            to: "users",
            on_delete: OnDelete::SetNull,
        }],
        events: None,
    };

    const SERVER_SET: &'static [(&'static str, &'static str)] = &[
        ("prefix", "\"\""),
        ("secret_hash", "\"\""),
        ("last_used_at", "null"),
        ("created_by_id", "null"),
        ("revoked_at", "null"),
    ];

    const SECRET: &'static [&'static str] = &["secret_hash"];

    fn validate(&self, place: &mut Place<'_>) {
        place.at("name").text(&self.name, 1, 100);
        place.at("scopes").require(!self.scopes.is_empty(), "length", "must have at least one");
    }
}
