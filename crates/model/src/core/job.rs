use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Global, Id, Index, ObjectId, Only, Place, Timestamp, core::Organization,
};

/// Something to be done soon, written in the same batch as its reason. Whoever takes it moves
/// `due_at` on, so that it comes back when they do not finish; it is deleted when it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Job {
    pub kind: JobKind,
    /// Whose document it is about; absent for the platform's.
    pub organization_id: Option<Id<Organization>>,
    /// The document.
    pub target_id: ObjectId,
    /// Not before.
    pub due_at: Timestamp,
    /// How often somebody took it.
    #[serde(default)]
    pub attempts: u32,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// The target is an e-mail.
    SendEmail,
    /// The target is a link that nobody has: its address asked for another password.
    SendPasswordReset,
    /// The target is a file whose bytes are no longer wanted.
    RemoveFile,
    /// The target is an organization that was deleted: what it had goes too.
    PurgeOrganization,
    /// The target is a booking flow whose scheduled version becomes the published one.
    PublishFlow,
}

impl Entity for Job {
    type Scope = Global;

    const COLLECTION: Collection = Collection {
        name: "jobs",
        label: "job",
        indexes: &[Index { name: "due_at", fields: &["due_at"], unique: false, only: Only::All }],
        references: &[],
        events: None,
    };

    fn validate(&self, _: &mut Place<'_>) {}
}
