use proptest::prelude::*;

use super::*;
use crate::{ObjectId, core::SystemRole};

fn id(n: usize) -> Id<Role> {
    Id::new(ObjectId::from_parts(0, [0; 5], u32::try_from(n).unwrap()))
}

/// Role `n` has the `n`-th permission and inherits from the roles listed for it.
fn roles(inherits: &[Vec<usize>]) -> BTreeMap<Id<Role>, Role> {
    let role = |(n, inherits): (usize, &Vec<usize>)| {
        let role = Role {
            name: format!("role {n}"),
            description: None,
            permissions: vec![Permission::ALL[n]],
            inherits: inherits.iter().map(|it| id(*it)).collect(),
        };
        (id(n), role)
    };
    inherits.iter().enumerate().map(role).collect()
}

fn codes(result: Result<PermissionSet, Problems>) -> Vec<&'static str> {
    let problems = result.unwrap_err().0;
    assert!(problems.iter().all(|it| it.path == "inherits"), "{problems:?}");
    problems.iter().map(|it| it.code).collect()
}

/// Walks every path there is. `Err` is the problem it meets.
fn naive(inherits: &[Vec<usize>], path: &[usize]) -> Result<BTreeSet<Permission>, &'static str> {
    let here = *path.last().unwrap();
    let mut deep = path.len() > DEEPEST_INHERITANCE + 1;
    let mut permissions = BTreeSet::from([Permission::ALL[here]]);
    for next in &inherits[here] {
        if path.contains(next) {
            return Err("cycle");
        }
        match naive(inherits, &[path, &[*next]].concat()) {
            Ok(more) => permissions.extend(more),
            Err("depth") => deep = true,
            Err(other) => return Err(other),
        }
    }
    if deep { Err("depth") } else { Ok(permissions) }
}

#[test]
fn a_chain_may_be_eight_long_and_no_longer() {
    let chain = |length: usize| -> Vec<Vec<usize>> {
        (0..=length).map(|n| if n < length { vec![n + 1] } else { vec![] }).collect()
    };
    assert_eq!(effective_permissions(id(0), &roles(&chain(8))).unwrap().len(), 9);
    assert_eq!(codes(effective_permissions(id(0), &roles(&chain(9)))), ["depth"]);
    assert_eq!(effective_permissions(id(1), &roles(&chain(9))).unwrap().len(), 9);
}

#[test]
fn a_cycle_is_one_however_long_and_wherever_it_is() {
    for inherits in [
        vec![vec![0]],
        vec![vec![1], vec![0]],
        vec![vec![1], vec![2], vec![3], vec![1]],
        (0..12).map(|n| vec![(n + 1) % 12]).collect(),
    ] {
        assert_eq!(codes(effective_permissions(id(0), &roles(&inherits))), ["cycle"]);
    }
}

#[test]
fn a_role_that_is_not_there_is_named() {
    let problems = effective_permissions(id(0), &roles(&[vec![7]])).unwrap_err();
    assert_eq!(problems.0.iter().map(|it| it.code).collect::<Vec<_>>(), ["reference"]);
    assert!(problems.0[0].message.contains(&id(7).to_string()), "{problems:?}");
}

#[test]
fn a_role_names_each_permission_and_each_role_once() {
    let mut role = roles(&[vec![1, 1]]).remove(&id(0)).unwrap();
    role.permissions = vec![Permission::ViewRoles; 2];
    let mut problems = Problems::default();
    role.validate(&mut problems.root());
    let paths: Vec<_> = problems.0.iter().map(|it| &*it.path).collect();
    assert_eq!(paths, ["permissions", "inherits"]);
}

#[test]
fn system_roles_have_more_the_higher_they_are() {
    let system = SystemRole::ALL.map(|it| {
        let own = Permission::ALL.iter().copied().filter(|permission| it.adds(*permission));
        let role = Role {
            name: it.to_string(),
            description: Some(it.description().to_owned()),
            permissions: own.collect(),
            inherits: it.inherits().map(SystemRole::seeded_id).into_iter().collect(),
        };
        (it.seeded_id(), role)
    });
    let system = BTreeMap::from(system);
    let effective = |it: SystemRole| -> BTreeSet<_> {
        effective_permissions(it.seeded_id(), &system).unwrap().iter().collect()
    };
    let chain = &SystemRole::ALL[..5];
    for pair in chain.windows(2) {
        let (lower, higher) = (effective(pair[0]), effective(pair[1]));
        assert!(lower.is_subset(&higher) && lower != higher, "{pair:?}");
    }
    let viewer = effective(SystemRole::Viewer);
    assert!(viewer.iter().all(|it| it.to_string().starts_with("VIEW_")));
    let everybody: BTreeSet<_> = SystemRole::ALL.iter().flat_map(|it| effective(*it)).collect();
    assert_eq!(everybody.len(), Permission::ALL.len(), "each permission can be had");
    let outside: BTreeSet<_> =
        everybody.difference(&effective(SystemRole::Owner)).copied().collect();
    let platform = effective(SystemRole::PlatformAdmin);
    assert!(outside.contains(&Permission::CreateOrganization) && outside.is_subset(&platform));
    assert!(
        SystemRole::ALL
            .iter()
            .all(|it| it.permissions().collect::<BTreeSet<_>>() == effective(*it))
    );
}

proptest! {
    #[test]
    fn effective_permissions_are_those_of_all_paths(
        inherits in (1..14_usize).prop_flat_map(|size| {
            let of_one = prop::collection::btree_set(0..size, 0..3.min(size + 1));
            prop::collection::vec(of_one, size)
        }),
        acyclic in any::<bool>(),
    ) {
        let inherits: Vec<Vec<usize>> = inherits
            .into_iter()
            .enumerate()
            .map(|(n, it)| it.into_iter().filter(|to| !acyclic || *to > n).collect())
            .collect();
        let found = effective_permissions(id(0), &roles(&inherits));
        match naive(&inherits, &[0]) {
            Ok(permissions) => prop_assert_eq!(found.unwrap(), permissions.into_iter().collect()),
            Err(code) => prop_assert_eq!(codes(found), [code]),
        }
    }
}
