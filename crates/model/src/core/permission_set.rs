use super::Permission;

/// Permissions, each at most once, in one machine word or two: who may do what is found out with
/// every request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PermissionSet(u128);

/// Each has a bit.
const _: () = assert!(Permission::ALL.len() <= u128::BITS as usize);

fn bit(permission: Permission) -> u128 {
    1 << permission as u32
}

impl PermissionSet {
    /// Whether it is among them.
    pub fn contains(self, permission: Permission) -> bool {
        self.0 & bit(permission) != 0
    }

    /// Those of either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that the other does not have.
    #[must_use]
    pub fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In the order of the table of permissions.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |it| self.contains(*it))
    }
}

impl Extend<Permission> for PermissionSet {
    fn extend<T: IntoIterator<Item = Permission>>(&mut self, permissions: T) {
        self.0 = permissions.into_iter().fold(self.0, |all, it| all | bit(it));
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<T: IntoIterator<Item = Permission>>(permissions: T) -> Self {
        let mut set = Self::default();
        set.extend(permissions);
        set
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set(
            one in prop::collection::btree_set(prop::sample::select(Permission::ALL), 0..12),
            other in prop::collection::btree_set(prop::sample::select(Permission::ALL), 0..12),
        ) {
            let of = |it: &BTreeSet<Permission>| it.iter().copied().collect::<PermissionSet>();
            let (a, b) = (of(&one), of(&other));
            let listed = |it: PermissionSet| it.iter().collect::<Vec<_>>();
            prop_assert_eq!(listed(a), one.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(listed(a.union(b)), one.union(&other).copied().collect::<Vec<_>>());
            let left: Vec<_> = one.difference(&other).copied().collect();
            prop_assert_eq!(listed(a.difference(b)), left);
            prop_assert_eq!((a.len(), a.is_empty()), (one.len(), one.is_empty()));
            for permission in Permission::ALL {
                prop_assert_eq!(a.contains(*permission), one.contains(permission));
            }
        }
    }
}
