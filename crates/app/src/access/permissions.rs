use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use model::{
    Doc, Id,
    core::{DEEPEST_INHERITANCE, Permission, Role, SystemRole, effective_permissions},
};
use store::{Find, Scoped};

use crate::Result;

/// What somebody may do in one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions(BTreeSet<Permission>);

impl Permissions {
    pub(crate) fn new(permissions: impl IntoIterator<Item = Permission>) -> Self {
        Self(permissions.into_iter().collect())
    }

    /// Whether this is among it.
    pub fn allow(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }

    /// In the order of the table of permissions.
    pub fn iter(&self) -> impl Iterator<Item = Permission> {
        self.0.iter().copied()
    }

    /// Those of a list that it does not have: nobody can give them away.
    pub fn lacks(&self, wanted: impl IntoIterator<Item = Permission>) -> BTreeSet<Permission> {
        wanted.into_iter().filter(|it| !self.allow(*it)).collect()
    }
}

/// What roles allow together. One that inherits from itself, or from one that is gone, allows
/// nothing.
pub(crate) async fn of_roles(scoped: &Scoped, ids: &[Id<Role>]) -> Result<BTreeSet<Permission>> {
    let roles = with_inherited(scoped, ids).await?;
    let each = ids.iter().filter_map(|id| effective_permissions(*id, &roles).ok());
    Ok(each.flatten().collect())
}

/// The roles and all that they inherit from, as far as is allowed and there are.
pub(crate) async fn with_inherited(
    scoped: &Scoped,
    ids: &[Id<Role>],
) -> Result<BTreeMap<Id<Role>, Role>> {
    let mut roles = BTreeMap::new();
    let mut level: BTreeSet<Id<Role>> = ids.iter().copied().collect();
    for _ in 0..=DEEPEST_INHERITANCE {
        let mut next = BTreeSet::new();
        for id in level {
            if roles.contains_key(&id) {
                continue;
            }
            let role = match SYSTEM_ROLES.get(&id) {
                Some(role) => Some(role.clone()),
                None => scoped.get(id).await?.map(|it| it.body),
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
pub(crate) async fn all_roles(
    scoped: &Scoped,
) -> Result<(BTreeMap<Id<Role>, Role>, Vec<Doc<Role>>)> {
    let (mut own, mut after) = (Vec::new(), None);
    loop {
        let (page, next) = scoped.list::<Role>(Find::all().after(after)).await?;
        own.extend(page);
        after = next;
        if after.is_none() {
            break;
        }
    }
    let mut all = SYSTEM_ROLES.clone();
    all.extend(own.iter().map(|it| (it.id, it.body.clone())));
    Ok((all, own))
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
