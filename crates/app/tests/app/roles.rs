//! Roles of organizations beside those of the system.

use model::{
    Id, ObjectId,
    core::{Permission, Role, SystemRole},
};
use store::{Scoped, StoreError};

use crate::{migrations::migrate, world::World};

on_both! {
    a_role_inherits_from_the_organizations_own_and_from_system_roles,
    a_role_inherits_from_no_other_organizations_role,
    names_are_unique_in_each_scope,
}

fn role(name: &str, inherits: &[Id<Role>]) -> Role {
    Role {
        name: name.to_owned(),
        description: None,
        permissions: vec![Permission::ViewBookings],
        inherits: inherits.to_vec(),
    }
}

fn id(n: u32) -> Id<Role> {
    Id::new(ObjectId::from_parts(1, [0; 5], n))
}

async fn insert(
    world: &World,
    scoped: &Scoped,
    n: u32,
    name: &str,
    inherits: &[Id<Role>],
) -> store::Result<()> {
    let mut unit = scoped.begin(app::Clock::now(&*world.clock));
    unit.insert(id(n), &role(name, inherits))?;
    unit.commit().await
}

async fn a_role_inherits_from_the_organizations_own_and_from_system_roles(world: World) {
    migrate(&world).await;
    let acme = world.store.scoped(world.organization("acme").await.organization());
    insert(&world, &acme, 1, "dispatcher", &[SystemRole::Agent.seeded_id()]).await.unwrap();
    let both = [id(1), SystemRole::Viewer.seeded_id()];
    insert(&world, &acme, 2, "night dispatcher", &both).await.unwrap();
    assert_eq!(acme.get(id(2)).await.unwrap().unwrap().body.inherits, both);
    assert_eq!(acme.get(SystemRole::Viewer.seeded_id()).await.unwrap(), None);
    assert_eq!(world.store.platform().get(id(2)).await.unwrap(), None);
}

async fn a_role_inherits_from_no_other_organizations_role(world: World) {
    migrate(&world).await;
    let acme = world.store.scoped(world.organization("acme").await.organization());
    let other = world.store.scoped(world.organization("other").await.organization());
    insert(&world, &acme, 1, "dispatcher", &[]).await.unwrap();
    for missing in [id(1), id(7)] {
        let refused = insert(&world, &other, 2, "dispatcher", &[missing]).await;
        let Err(StoreError::MissingReference { field: "inherits[]", to: "roles", id, .. }) =
            refused
        else {
            panic!("{refused:?}")
        };
        assert_eq!(id, missing.object_id());
    }
    let mut unit = world.store.platform().begin(app::Clock::now(&*world.clock));
    unit.insert(id(3), &role("system", &[id(1)])).unwrap();
    let refused = unit.commit().await;
    assert!(matches!(refused, Err(StoreError::MissingReference { .. })), "{refused:?}");
}

async fn names_are_unique_in_each_scope(world: World) {
    migrate(&world).await;
    let acme = world.store.scoped(world.organization("acme").await.organization());
    let other = world.store.scoped(world.organization("other").await.organization());
    insert(&world, &acme, 1, "owner", &[]).await.unwrap();
    insert(&world, &other, 2, "owner", &[]).await.unwrap();
    let again = insert(&world, &acme, 3, "owner", &[]).await;
    assert!(matches!(again, Err(StoreError::Duplicate { .. })), "{again:?}");
}
