use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use model::{
    Doc, Id,
    core::{
        DEEPEST_INHERITANCE, Permission, PermissionSet, Role, SystemRole, effective_permissions,
    },
};
use store::{Find, Scoped};

use crate::Result;

/// What somebody may do in one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions(PermissionSet);

impl Permissions {
    pub(crate) fn new(permissions: impl IntoIterator<Item = Permission>) -> Self {
        Self(permissions.into_iter().collect())
    }

    /// Whether this is among it.
    pub fn allow(&self, permission: Permission) -> bool {
        self.0.contains(permission)
    }

    /// In the order of the table of permissions.
    pub fn iter(&self) -> impl Iterator<Item = Permission> {
        self.0.iter()
    }

    /// Those of a list that it does not have: nobody can give them away.
    pub fn lacks(&self, wanted: impl IntoIterator<Item = Permission>) -> PermissionSet {
        wanted.into_iter().collect::<PermissionSet>().difference(self.0)
    }
}

impl From<PermissionSet> for Permissions {
    fn from(permissions: PermissionSet) -> Self {
        Self(permissions)
    }
}

/// Roles by id: the program's own, and those that were read.
pub(crate) type Roles = BTreeMap<Id<Role>, Cow<'static, Role>>;

/// What roles allow together. One that inherits from itself, or from one that is gone, allows
/// nothing.
pub(crate) async fn of_roles(scoped: &Scoped, ids: &[Id<Role>]) -> Result<PermissionSet> {
    let (system, own): (Vec<_>, Vec<_>) =
        ids.iter().partition(|it| SYSTEM_PERMISSIONS.contains_key(it));
    let mut all = PermissionSet::default();
    for id in system {
        all = all.union(SYSTEM_PERMISSIONS.get(&id).copied().unwrap_or_default());
    }
    if !own.is_empty() {
        let roles = with_inherited(scoped, &own).await?;
        let each = own.iter().filter_map(|id| effective_permissions(*id, &roles).ok());
        all = each.fold(all, PermissionSet::union);
    }
    Ok(all)
}

/// The roles and all that they inherit from, as far as is allowed and there are.
pub(crate) async fn with_inherited(scoped: &Scoped, ids: &[Id<Role>]) -> Result<Roles> {
    let mut roles = Roles::new();
    let mut level: BTreeSet<Id<Role>> = ids.iter().copied().collect();
    for _ in 0..=DEEPEST_INHERITANCE {
        let mut next = BTreeSet::new();
        for id in level {
            if roles.contains_key(&id) {
                continue;
            }
            let role = match SYSTEM_ROLES.get(&id) {
                Some(role) => Some(Cow::Borrowed(role)),
                None => scoped.get(id).await?.map(|it| Cow::Owned(it.body)),
            };
            if let Some(role) = role {
                next.extend(role.inherits.iter().copied());
                roles.insert(id, role);
            }
        }
        level = next;
    }
    Ok(roles)
}

/// All roles that an organization can give, and its own among them as documents.
pub(crate) async fn all_roles(scoped: &Scoped) -> Result<(Roles, Vec<Doc<Role>>)> {
    let (mut own, mut after) = (Vec::new(), None);
    loop {
        let (page, next) = scoped.list::<Role>(Find::all().after(after)).await?;
        own.extend(page);
        after = next;
        if after.is_none() {
            break;
        }
    }
    let system = SYSTEM_ROLES.iter().map(|(id, role)| (*id, Cow::Borrowed(role)));
    let own_roles = own.iter().map(|it| (it.id, Cow::Owned(it.body.clone())));
    Ok((system.chain(own_roles).collect(), own))
}

/// The system roles as the program has them: they need no reading, and cannot be changed in the
/// store.
static SYSTEM_ROLES: LazyLock<BTreeMap<Id<Role>, Role>> = LazyLock::new(|| {
    let role = |system: SystemRole| Role {
        name: system.to_string(),
        description: Some(system.description().to_owned()),
        permissions: Permission::ALL.iter().copied().filter(|it| system.adds(*it)).collect(),
        inherits: system.inherits().map(SystemRole::seeded_id).into_iter().collect(),
    };
    SystemRole::ALL.into_iter().map(|it| (it.seeded_id(), role(it))).collect()
});

/// What each of them allows, with what it inherits.
static SYSTEM_PERMISSIONS: LazyLock<BTreeMap<Id<Role>, PermissionSet>> = LazyLock::new(|| {
    let allowed = |it: SystemRole| (it.seeded_id(), it.permissions().collect());
    SystemRole::ALL.into_iter().map(allowed).collect()
});

/// What a system role allows, with what it inherits.
pub(crate) fn of_system(role: SystemRole) -> PermissionSet {
    SYSTEM_PERMISSIONS.get(&role.seeded_id()).copied().unwrap_or_default()
}
