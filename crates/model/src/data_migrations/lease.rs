use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Collection, Entity, Global, Id, ObjectId, Place, Timestamp};

/// One process's hold on something that one at a time may do. The document's version is the
/// fencing token: each holder has a higher one, so the document is never deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// What is held: `data_migrations`.
    pub name: String,
    /// The process that has it, or had it last.
    pub holder: String,
    /// From then on anybody may take it.
    pub until: Timestamp,
}

impl Lease {
    /// The id is made from the name, so that there is one lease of a name.
    pub fn id_for(name: &str) -> Id<Self> {
        Id::new(ObjectId::of(&format!("leases:{name}")))
    }
}

impl Entity for Lease {
    type Scope = Global;

    const COLLECTION: Collection =
        Collection { name: "leases", label: "lease", indexes: &[], references: &[], events: None };

    fn validate(&self, place: &mut Place<'_>) {
        place.at("name").text(&self.name, 1, 100);
        place.at("holder").text(&self.holder, 1, 100);
    }
}
