use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Collection, Entity, Id, PerTenant, Place, core::Organization};

/// Counts, by its version, the writes of an organization's routers: each is decided on all of
/// them, so that of two at once one is decided anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouterRevision {}

impl RouterRevision {
    /// An organization has one.
    pub fn id_of(organization: Id<Organization>) -> Id<Self> {
        Id::new(organization.object_id())
    }
}

impl Entity for RouterRevision {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "router_revisions",
        label: "router revision",
        indexes: &[],
        references: &[],
        events: None,
    };

    fn validate(&self, _: &mut Place<'_>) {}
}
