use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    Collection, Entity, Id, Index, ObjectId, Only, Place, Shared, Timestamp, core::Organization,
    hex,
};

/// Who changed what, when. Each entry has the hash of the one before, so that none can be changed,
/// removed or put in between without a trace. An organization's, or the platform's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditEntry {
    /// 1, 2, 3 … without gaps in its organization.
    pub sequence: u64,
    /// Of the entry before, empty for the first.
    pub previous_hash: String,
    /// SHA-256 of all other fields.
    pub hash: String,
    pub actor: Actor,
    /// `booking_services.create`, `auth.login` …
    pub action: String,
    pub entity: Option<AuditedEntity>,
    /// Of a change, the fields that were changed; secrets left out.
    pub before: Option<Map<String, Value>>,
    pub after: Option<Map<String, Value>>,
    pub request_id: Option<String>,
    pub ip: Option<String>,
    pub at: Timestamp,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    pub kind: ActorKind,
    /// Absent for the system itself.
    pub id: Option<ObjectId>,
}

/// What kind of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    User,
    ApiKey,
    /// The command line, or the server by itself.
    System,
    /// A visitor.
    Booker,
}

/// What something was done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditedEntity {
    pub collection: String,
    pub id: ObjectId,
}

impl AuditEntry {
    /// The only id that this entry of an organization, or of the platform, can have.
    pub fn id_of(owner: Option<Id<Organization>>, sequence: u64) -> Id<Self> {
        let owner = owner.map_or_else(String::new, |it| it.to_string());
        Id::new(ObjectId::of(&format!("audit_log:{owner}:{sequence}")))
    }

    /// Puts it behind another one.
    #[must_use]
    pub fn chained(mut self, previous: Option<&Self>) -> Self {
        self.sequence = previous.map_or(0, |it| it.sequence) + 1;
        self.previous_hash = previous.map(|it| it.hash.clone()).unwrap_or_default();
        self.hash = self.computed_hash();
        self
    }

    /// What `hash` must be.
    pub fn computed_hash(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(fields) = value.as_object_mut() {
            fields.remove("hash");
        }
        hex(&Sha256::digest(value.to_string()))
    }

    /// Whether it follows the other one, or is the first.
    pub fn follows(&self, previous: Option<&Self>) -> bool {
        self.sequence == previous.map_or(0, |it| it.sequence) + 1
            && self.previous_hash == previous.map(|it| it.hash.as_str()).unwrap_or_default()
            && self.hash == self.computed_hash()
    }
}

impl Entity for AuditEntry {
    type Scope = Shared;

    const COLLECTION: Collection = Collection {
        name: "audit_log",
        label: "audit entry",
        indexes: &[
            Index { name: "sequence", fields: &["sequence"], unique: true, only: Only::All },
            Index { name: "at", fields: &["at"], unique: false, only: Only::All },
            Index { name: "action", fields: &["action", "at"], unique: false, only: Only::All },
            Index {
                name: "actor",
                fields: &["actor.id", "at"],
                unique: false,
                only: Only::Present("actor.id"),
            },
            Index {
                name: "entity",
                fields: &["entity.id", "at"],
                unique: false,
                only: Only::Present("entity"),
            },
        ],
        references: &[],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        place.at("action").text(&self.action, 1, 100);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: &str) -> AuditEntry {
        AuditEntry {
            sequence: 0,
            previous_hash: String::new(),
            hash: String::new(),
            actor: Actor { kind: ActorKind::System, id: None },
            action: action.to_owned(),
            entity: None,
            before: None,
            after: Some(Map::from_iter([("b".to_owned(), 1.into()), ("a".to_owned(), 2.into())])),
            request_id: None,
            ip: None,
            at: Timestamp::from_millis(1_000),
        }
    }

    #[test]
    fn what_is_changed_removed_or_put_in_between_is_seen() {
        let first = entry("a.create").chained(None);
        let second = entry("b.create").chained(Some(&first));
        assert!(first.follows(None) && second.follows(Some(&first)));
        assert!(!second.follows(None));
        let changed = AuditEntry { action: "c.create".to_owned(), ..second.clone() };
        assert!(!changed.follows(Some(&first)));
        let between = entry("d.create").chained(Some(&first));
        assert!(!entry("e.create").chained(Some(&second)).follows(Some(&between)));
    }

    #[test]
    fn the_hash_outlives_being_stored() {
        let first = entry("a.create").chained(None);
        let stored = serde_json::to_string(&first).unwrap();
        let read: AuditEntry = serde_json::from_str(&stored).unwrap();
        assert!(read.follows(None));
    }
}
