use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Global, Id, Index, ObjectId, OnDelete, Only, Place, Reference, Timestamp,
    core::{Organization, User},
};

/// Somebody who is signed in on one device. The token in the cookie is never stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserSession {
    pub user_id: Id<User>,
    /// SHA-256 of the token, in hex.
    pub token_hash: String,
    pub active_organization_id: Option<Id<Organization>>,
    /// Within a minute.
    pub last_seen_at: Timestamp,
    /// However busy it is.
    pub expires_at: Timestamp,
    pub ip: Option<String>,
    /// At most 400 characters.
    pub user_agent: Option<String>,
    pub mfa_verified_at: Option<Timestamp>,
}

impl UserSession {
    /// The only id that a session with this token can have.
    pub fn id_of(token_hash: &str) -> Id<Self> {
        Id::new(ObjectId::of(&format!("user_sessions:{token_hash}")))
    }
}

impl Entity for UserSession {
    type Scope = Global;

    const COLLECTION: Collection = Collection {
        name: "user_sessions",
        label: "login session",
        indexes: &[
            Index { name: "token_hash", fields: &["token_hash"], unique: true, only: Only::All },
            Index {
                name: "user_id",
                fields: &["user_id", "created_at"],
                unique: false,
                only: Only::All,
            },
            Index { name: "expires_at", fields: &["expires_at"], unique: false, only: Only::All },
        ],
        references: &[
            Reference { field: "user_id", to: "users", on_delete: OnDelete::Cascade },
            Reference {
                field: "active_organization_id",
                to: "organizations",
                on_delete: OnDelete::SetNull,
            },
        ],
        events: None,
    };

    const SECRET: &'static [&'static str] = &["token_hash"];

    fn validate(&self, place: &mut Place<'_>) {
        place.at("user_agent").text(self.user_agent.as_deref().unwrap_or_default(), 0, 400);
    }
}
