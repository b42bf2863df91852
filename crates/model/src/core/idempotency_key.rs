use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Global, Id, Index, ObjectId, Only, Place, Timestamp, core::Sealed,
};

/// The answer to a request that may be sent again: written in the same batch as what it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdempotencyKey {
    /// SHA-256 of path and body, in hex: another request under the same key is refused.
    pub request_hash: String,
    /// The body that was answered, byte for byte; absent where it holds a secret.
    pub answer: Option<String>,
    /// The same of an answer that holds a secret, such as an API key, which is shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed_answer: Option<Sealed>,
    pub expires_at: Timestamp,
}

impl IdempotencyKey {
    /// The only id that the key of a caller can have.
    pub fn id_of(caller: &str, key: &str) -> Id<Self> {
        Id::new(ObjectId::of(&format!("idempotency_keys:{caller}:{key}")))
    }
}

impl Entity for IdempotencyKey {
    type Scope = Global;

    const SECRET: &'static [&'static str] = &["answer", "sealed_answer"];

    const COLLECTION: Collection = Collection {
        name: "idempotency_keys",
        label: "idempotency key",
        indexes: &[Index {
            name: "expires_at",
            fields: &["expires_at"],
            unique: false,
            only: Only::All,
        }],
        references: &[],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        if let Some(sealed) = &self.sealed_answer {
            sealed.validate(place.at("sealed_answer"));
        }
    }
}
