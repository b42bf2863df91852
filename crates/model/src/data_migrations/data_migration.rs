use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Collection, Entity, Global, Id, Index, ObjectId, Only, Place, Timestamp};

/// How far one migration has come in this store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataMigration {
    /// `0001_seed_permissions`: the number says the order.
    pub unique_name: String,
    pub description: String,
    /// Of what it does: an applied one never changes.
    pub checksum: String,
    pub status: MigrationStatus,
    /// Which way it went last.
    pub direction: Direction,
    pub started_at: Timestamp,
    /// When it was applied or rolled back.
    pub finished_at: Option<Timestamp>,
    pub duration_ms: Option<u64>,
    /// The process that did it.
    pub applied_by: String,
    /// Absent before the first step.
    pub progress: Option<MigrationProgress>,
    /// Why it failed, and at which record.
    pub error: Option<String>,
}

/// Where a migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MigrationStatus {
    /// Or was, when whoever ran it ended: the next runner goes on from the cursor.
    Running,
    Applied,
    RolledBack,
    Failed,
}

/// Which way a migration goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Up,
    Down,
}

/// What the steps so far have done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MigrationProgress {
    /// Where the next step begins; what it says is the migration's own affair.
    pub cursor: String,
    /// Records that are done.
    pub done: u64,
    /// Records that there are, as far as is known.
    pub total: u64,
}

impl DataMigration {
    /// The id is made from the name, so that two records of one migration are one key.
    pub fn id_for(unique_name: &str) -> Id<Self> {
        Id::new(ObjectId::of(&format!("data_migrations:{unique_name}")))
    }
}

impl Entity for DataMigration {
    type Scope = Global;

    const COLLECTION: Collection = Collection {
        name: "data_migrations",
        label: "data migration",
        indexes: &[Index {
            name: "unique_name",
            fields: &["unique_name"],
            unique: true,
            only: Only::All,
        }],
        references: &[],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        place.at("unique_name").text(&self.unique_name, 1, 100);
        place.at("description").text(&self.description, 1, 200);
    }
}
