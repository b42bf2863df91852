use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Id, Index, LookupKind, ObjectId, OnDelete, Only, PerTenant, Place,
    Reference,
    core::{Organization, Role, User},
};

/// Somebody's place in an organization. Its id is made from the two, so that there is one at most
/// and it is found without searching.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    pub user_id: Id<User>,
    pub context_type: MembershipContext,
    /// The organization.
    pub context_id: Id<Organization>,
    /// At least one, at most 20: what they allow together.
    pub roles: Vec<Id<Role>>,
    /// Where the user is after signing in; at most one of a user's memberships.
    #[serde(default)]
    pub is_default: bool,
}

/// What one is a member of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MembershipContext {
    Organization,
}

impl Membership {
    /// The only id that a membership of this user in this organization can have.
    pub fn id_of(organization: Id<Organization>, user: Id<User>) -> Id<Self> {
        Id::new(ObjectId::of(&format!("memberships:{organization}:{user}")))
    }

    /// What all [`LookupKind::Membership`] values of a user begin with.
    pub fn lookup_prefix(user: Id<User>) -> String {
        format!("{user}/")
    }
}

impl Entity for Membership {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "memberships",
        label: "membership",
        indexes: &[Index { name: "user_id", fields: &["user_id"], unique: true, only: Only::All }],
        references: &[
            Reference { field: "user_id", to: "users", on_delete: OnDelete::Cascade },
            Reference { field: "context_id", to: "organizations", on_delete: OnDelete::Cascade },
            Reference { field: "roles[]", to: "roles", on_delete: OnDelete::Restrict },
        ],
        events: None,
    };

    const SERVER_SET: &'static [(&'static str, &'static str)] = &[
        ("context_type", "\"organization\""),
        ("context_id", "\"000000000000000000000000\""),
        ("is_default", "false"),
    ];

    fn validate(&self, place: &mut Place<'_>) {
        let count = self.roles.len();
        let mut roles = place.at("roles");
        roles.require((1..=20).contains(&count), "length", "must have 1 to 20 roles");
        let once = self.roles.iter().collect::<HashSet<_>>().len() == count;
        roles.require(once, "unique", "must not have the same role twice");
    }

    fn lookups(&self) -> Vec<(LookupKind, String)> {
        let value = Self::lookup_prefix(self.user_id) + &self.context_id.to_string();
        vec![(LookupKind::Membership, value)]
    }
}
