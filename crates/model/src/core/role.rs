use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet, HashSet},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Id, Index, OnDelete, Only, Place, Problems, Reference, Shared,
    core::{Permission, PermissionSet},
};

/// What its members may do. An organization's own, or a system role, which belongs to nobody and
/// every organization may give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// 1 to 100 characters, unique in the organization or among the system roles.
    pub name: String,
    /// At most 2,000 characters.
    pub description: Option<String>,
    /// Its own; with those of the roles that it inherits from they are its effective ones.
    pub permissions: Vec<Permission>,
    /// At most 100 roles.
    pub inherits: Vec<Id<Role>>,
}

/// So many roles may inherit from each other in a row.
pub const DEEPEST_INHERITANCE: usize = 8;

impl Entity for Role {
    type Scope = Shared;

    const COLLECTION: Collection = Collection {
        name: "roles",
        label: "role",
        indexes: &[Index { name: "name", fields: &["name"], unique: true, only: Only::All }],
        references: &[Reference {
            field: "inherits[]",
            to: "roles",
            on_delete: OnDelete::Restrict,
        }],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        place.at("name").text(&self.name, 1, 100);
        place.at("description").text(self.description.as_deref().unwrap_or_default(), 0, 2_000);
        let twice = "must not have the same entry twice";
        let once = self.permissions.iter().collect::<HashSet<_>>().len() == self.permissions.len();
        place.at("permissions").require(once, "unique", twice);
        let once = self.inherits.iter().collect::<HashSet<_>>().len() == self.inherits.len();
        place.at("inherits").require(once, "unique", twice);
        let few = self.inherits.len() <= 100;
        place.at("inherits").require(few, "length", "must have at most 100 entries");
    }
}

/// The permissions of a role and of all that it inherits from, directly and through others.
///
/// # Errors
/// At `inherits`: a role that inherits from itself, more than [`DEEPEST_INHERITANCE`] in a row, or
/// one that is not among `roles`.
pub fn effective_permissions(
    role: Id<Role>,
    roles: &BTreeMap<Id<Role>, impl Borrow<Role>>,
) -> Result<PermissionSet, Problems> {
    let mut permissions = PermissionSet::default();
    let mut missing = BTreeSet::new();
    let mut depth = 0;
    let mut level = BTreeSet::from([role]);
    // All that is inherited in exactly `depth` steps; only a cycle has as many as there are roles.
    while !level.is_empty() && depth <= roles.len() {
        let mut next = BTreeSet::new();
        for id in level {
            if let Some(role) = roles.get(&id).map(Borrow::borrow) {
                permissions.extend(role.permissions.iter().copied());
                next.extend(&role.inherits);
            } else {
                missing.insert(id);
            }
        }
        level = next;
        depth += 1;
    }
    let mut problems = Problems::default();
    let mut root = problems.root();
    let mut place = root.at("inherits");
    for id in missing {
        place.add("reference", format!("there is no role {id}"));
    }
    if !level.is_empty() {
        place.add("cycle", "must not lead back to the same role");
    } else if depth > DEEPEST_INHERITANCE + 1 {
        place.add("depth", format!("must not be more than {DEEPEST_INHERITANCE} in a row"));
    }
    problems.into_result().map(|()| permissions)
}

#[cfg(test)]
mod tests;
