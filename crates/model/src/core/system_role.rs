use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Id, ObjectId,
    core::{Permission, Role},
};

/// The roles that every organization may give from the beginning. Each of the first five has what
/// the next one has and more; which permission begins where is said in the table of permissions.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SystemRole {
    /// What can end the business here: its plan, and deleting it.
    Owner,
    /// Who may come in, what leaves the house, and the organization itself.
    Admin,
    /// What is offered, where and when, and what visitors see of it.
    Manager,
    /// The daily work: bookings, customers, and visits that need help.
    Agent,
    /// Looks at everything and changes nothing.
    Viewer,
    /// Runs the platform and belongs to no organization: it makes organizations and helps their
    /// users, and sees of an organization its audit log, but none of its documents.
    PlatformAdmin,
}

impl SystemRole {
    /// Those that are inherited from first.
    pub const ALL: [Self; 6] =
        [Self::Viewer, Self::Agent, Self::Manager, Self::Admin, Self::Owner, Self::PlatformAdmin];

    /// What running the platform needs of what also organizations have.
    const PLATFORM: [Permission; 7] = [
        Permission::ViewUsers,
        Permission::ViewOrganizations,
        Permission::UpdateOrganization,
        Permission::DeleteOrganization,
        Permission::ViewRoles,
        Permission::ViewPermissions,
        Permission::ViewAuditLog,
    ];

    /// For people: one sentence.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Owner => "Everything, with the plan and the organization's end.",
            Self::Admin => "Manages members, roles, connections and the organization itself.",
            Self::Manager => "Manages what is offered: flows, services, zones and schedules.",
            Self::Agent => "Takes and changes bookings and customers.",
            Self::Viewer => "Sees everything and changes nothing.",
            Self::PlatformAdmin => "Runs the platform, outside of any organization.",
        }
    }

    /// The role whose permissions it has too.
    pub const fn inherits(self) -> Option<Self> {
        match self {
            Self::Owner => Some(Self::Admin),
            Self::Admin => Some(Self::Manager),
            Self::Manager => Some(Self::Agent),
            Self::Agent => Some(Self::Viewer),
            Self::Viewer | Self::PlatformAdmin => None,
        }
    }

    /// Whether it has the permission itself, not from the role that it inherits from.
    pub fn adds(self, permission: Permission) -> bool {
        permission.lowest_role() == Some(self)
            || (self == Self::PlatformAdmin && Self::PLATFORM.contains(&permission))
    }

    /// All that it allows, with what it inherits.
    pub fn permissions(self) -> impl Iterator<Item = Permission> {
        let chain = std::iter::successors(Some(self), |it| it.inherits());
        chain.flat_map(|role| Permission::ALL.iter().copied().filter(move |it| role.adds(*it)))
    }

    /// The id that seeding gives it, the same in every store. Nothing else makes this id, so it
    /// tells what was seeded from what somebody added.
    pub fn seeded_id(self) -> Id<Role> {
        Id::new(ObjectId::of(&format!("roles:{self}")))
    }
}

impl fmt::Display for SystemRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
