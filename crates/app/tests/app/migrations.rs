//! What migrations do to a store, and which stores are refused.

use std::collections::{BTreeMap, BTreeSet};

use app::{
    Error,
    migrations::{MIGRATIONS, Migration, MigrationError, Migrations},
};
use model::{
    Doc, Entity, Id, ObjectId, OfPlatform,
    core::{Permission, PermissionRecord, Role, SystemRole, effective_permissions},
    data_migrations::{DataMigration, Direction, MigrationStatus},
};
use store::Find;

use crate::{
    migration_samples::{GROWN, WITH_MARK, WITH_OTHER_MARK},
    world::{Beside, World},
};

on_both! {
    a_new_store_gets_all_permissions_and_system_roles,
    a_second_run_changes_nothing,
    the_way_back_leaves_what_others_made,
    permissions_that_come_later_go_where_they_belong,
    the_way_goes_as_far_as_it_is_told,
    a_store_of_a_newer_version_is_refused,
    a_migration_that_has_become_another_is_refused,
    a_server_is_ready_when_all_is_applied,
}

/// What anybody may do.
type Matrix = BTreeMap<String, BTreeSet<Permission>>;

pub(crate) async fn all<E: Entity<Scope: OfPlatform>>(world: &World) -> Vec<Doc<E>> {
    let (all, next) = world.store.platform().list(Find::all().limit(1_000)).await.unwrap();
    assert_eq!(next, None, "more than a page");
    all
}

pub(crate) async fn matrix(world: &World) -> Matrix {
    let roles = all::<Role>(world).await.into_iter().map(|it| (it.id, it.body)).collect();
    let effective = |(id, role): (&Id<Role>, &Role)| {
        (role.name.clone(), effective_permissions(*id, &roles).unwrap().iter().collect())
    };
    roles.iter().map(effective).collect()
}

pub(crate) async fn migrate(world: &World) {
    up(&world.system.migrations(), None).await.unwrap();
}

pub(crate) async fn up(
    migrations: &Migrations,
    to: Option<&str>,
) -> Result<Vec<&'static str>, MigrationError> {
    migrations.up(to, &mut |_| {}).await
}

pub(crate) async fn down(
    migrations: &Migrations,
    to: Option<&str>,
) -> Result<Vec<&'static str>, MigrationError> {
    migrations.down(to, &mut |_| {}).await
}

fn names(list: &[&dyn Migration]) -> Vec<&'static str> {
    list.iter().map(|it| it.unique_name()).collect()
}

async fn statuses(world: &World) -> Vec<MigrationStatus> {
    let mut records = all::<DataMigration>(world).await;
    records.sort_by(|a, b| a.body.unique_name.cmp(&b.body.unique_name));
    records.into_iter().map(|it| it.body.status).collect()
}

/// A migration that was released must not change: it would be refused where it was applied.
#[test]
fn released_migrations_are_as_they_were() {
    let checksums: Vec<_> =
        MIGRATIONS.iter().map(|it| format!("{} {}", it.unique_name(), it.checksum())).collect();
    assert_eq!(
        checksums,
        [
            "0001_seed_permissions 88826a1317e3b71ccf96a086c7b9184b6316110da93c869fe6e150a046242203",
            "0002_seed_system_roles 2356f69b6850df6f8f1ba5b1c9d815b6e687cf8ff36d7f6e01581f4c3399d5f1",
            "0003_seed_permissions_of_people f7e1dcd472f98de128b355a5823b4b8b7d331656ab06fb92c68f833b59577f98",
            "0004_seed_system_roles_of_people 58ad5696257a7285eea5d88a1a609e7b148041a7f8cb39b969f713273e86fb88",
            "0005_seed_permission_to_resend 9d40a2d6da2a78b2794951716e0be7da7e46c30e559e5cc00b720a6ad5d0c21c",
            "0006_seed_system_roles_that_resend ff4392511e970e7b5e01648b71a3c8761aecb88112256460b05950ae0d3e464a",
        ]
    );
}

#[test]
fn names_are_in_order() {
    assert!(names(MIGRATIONS).is_sorted() && names(WITH_MARK).is_sorted());
}

async fn a_new_store_gets_all_permissions_and_system_roles(world: World) {
    assert_eq!(up(&world.system.migrations(), None).await.unwrap(), names(MIGRATIONS));
    let permissions = all::<PermissionRecord>(&world).await;
    let listed: BTreeSet<_> = permissions.iter().map(|it| it.body.name).collect();
    assert_eq!(listed, Permission::ALL.iter().copied().collect(), "the last revision is missing");
    let matrix = matrix(&world).await;
    assert_eq!(matrix.len(), SystemRole::ALL.len());
    assert!(matrix["viewer"].is_subset(&matrix["agent"]));
    let all: BTreeSet<_> = matrix.values().flatten().copied().collect();
    assert_eq!(all, listed, "somebody has each");
    for record in self::all::<DataMigration>(&world).await {
        let DataMigration { status, progress, applied_by, .. } = record.body;
        let progress = progress.unwrap();
        assert_eq!((status, progress.done), (MigrationStatus::Applied, progress.total));
        assert!(applied_by.starts_with("wrkbelt "), "{applied_by}");
    }
}

async fn a_second_run_changes_nothing(world: World) {
    migrate(&world).await;
    let before = (matrix(&world).await, all::<Role>(&world).await);
    let records = all::<DataMigration>(&world).await;
    assert_eq!(up(&world.system.migrations(), None).await.unwrap(), [""; 0]);
    assert_eq!((matrix(&world).await, all::<Role>(&world).await), before);
    assert_eq!(all::<DataMigration>(&world).await, records);
}

async fn the_way_back_leaves_what_others_made(world: World) {
    let platform = world.store.platform();
    let now = app::Clock::now(&*world.clock);
    let own = Id::<PermissionRecord>::new(ObjectId::from_parts(1, [0; 5], 1));
    let listed =
        PermissionRecord { name: Permission::ViewRoles, description: "See roles!".to_owned() };
    platform.insert(own, now, &listed).await.unwrap();
    let viewer = Id::<Role>::new(ObjectId::from_parts(1, [0; 5], 2));
    let role = Role {
        name: "viewer".to_owned(),
        description: None,
        permissions: vec![Permission::ViewBookings],
        inherits: vec![],
    };
    platform.insert(viewer, now, &role).await.unwrap();

    migrate(&world).await;
    let agent = platform.get(SystemRole::Agent.seeded_id()).await.unwrap().unwrap();
    assert_eq!(agent.body.inherits, [viewer]);
    assert_eq!(all::<PermissionRecord>(&world).await.len(), Permission::ALL.len());
    let owner = platform.get(SystemRole::Owner.seeded_id()).await.unwrap().unwrap();
    let mut changed = owner.body.clone();
    changed.permissions.push(Permission::ImpersonateUser);
    changed.inherits.clear();
    let mut unit = platform.begin(now);
    unit.replace(&owner, &changed).unwrap();
    unit.commit().await.unwrap();

    let migrations = world.system.migrations();
    for later in names(&MIGRATIONS[2..]).into_iter().rev() {
        assert_eq!(down(&migrations, None).await.unwrap(), [later]);
    }
    assert_eq!(down(&migrations, None).await.unwrap(), ["0002_seed_system_roles"]);
    let left: BTreeMap<_, _> = all::<Role>(&world)
        .await
        .into_iter()
        .map(|it| (it.body.name, it.body.permissions))
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(left["owner"], [Permission::ImpersonateUser]);
    assert_eq!(left["viewer"], role.permissions);
    assert_eq!(down(&migrations, None).await.unwrap(), ["0001_seed_permissions"]);
    let left = all::<PermissionRecord>(&world).await;
    assert_eq!(left.iter().map(|it| (it.id, &it.body)).collect::<Vec<_>>(), [(own, &listed)]);
    assert_eq!(down(&migrations, None).await.unwrap(), [""; 0]);
}

async fn permissions_that_come_later_go_where_they_belong(world: World) {
    let grown = world.system.migrations_of(GROWN);
    let first = names(&GROWN[..2]);
    assert_eq!(up(&grown, Some(first[1])).await.unwrap(), first);
    let before = matrix(&world).await;
    up(&grown, None).await.unwrap();
    let after = matrix(&world).await;
    assert_ne!(before, after);
    assert_eq!(
        down(&grown, Some(first[1])).await.unwrap(),
        ["0004_seed_system_roles", "0003_seed_permissions"]
    );
    assert_eq!(matrix(&world).await, before);
    up(&grown, None).await.unwrap();

    let at_once = World::in_memory().await;
    migrate(&at_once).await;
    assert_eq!(matrix(&world).await, matrix(&at_once).await);
    assert_eq!(matrix(&world).await, after);
}

async fn the_way_goes_as_far_as_it_is_told(world: World) {
    let migrations = world.system.migrations_of(WITH_MARK);
    let plan = async |direction, to| names(&migrations.plan(direction, to).await.unwrap());
    assert_eq!(plan(Direction::Up, None).await, names(WITH_MARK));
    assert_eq!(plan(Direction::Down, None).await, [""; 0]);
    up(&migrations, Some("0002_seed_system_roles")).await.unwrap();
    assert_eq!(statuses(&world).await, [MigrationStatus::Applied; 2]);
    up(&migrations, None).await.unwrap();
    assert_eq!(plan(Direction::Down, None).await, ["9999_mark"]);
    let after_first = plan(Direction::Down, Some("0001_seed_permissions")).await;
    assert_eq!(after_first, names(WITH_MARK)[1..].iter().rev().copied().collect::<Vec<_>>());
    let unknown = up(&migrations, Some("0000")).await.unwrap_err();
    assert_eq!(unknown.to_string(), "there is no migration 0000");
    assert_eq!(statuses(&world).await, [MigrationStatus::Applied; WITH_MARK.len()]);
}

async fn a_store_of_a_newer_version_is_refused(world: World) {
    let newer = world.system.migrations_of(WITH_MARK);
    up(&newer, None).await.unwrap();
    let older = world.system.migrations();
    for refused in [
        older.check().await.unwrap_err(),
        up(&older, None).await.unwrap_err(),
        down(&older, None).await.unwrap_err(),
    ] {
        assert_eq!(
            refused.to_string(),
            "this store was migrated by a newer version of Wrkbelt (migration 9999_mark): use that \
             version or a newer one"
        );
    }
    let status = older.status().await.unwrap();
    let known = status.iter().map(|it| it.is_known);
    assert!(known.eq(WITH_MARK.iter().map(|it| it.unique_name() != "9999_mark")), "{status:?}");
    down(&newer, None).await.unwrap();
    older.check().await.unwrap();
}

async fn a_migration_that_has_become_another_is_refused(world: World) {
    up(&world.system.migrations_of(WITH_MARK), None).await.unwrap();
    let other = world.system.migrations_of(WITH_OTHER_MARK);
    for refused in [other.check().await, up(&other, None).await.map(|_| ())] {
        assert!(matches!(refused, Err(MigrationError::Changed("9999_mark"))), "{refused:?}");
    }
    down(&world.system.migrations_of(WITH_MARK), None).await.unwrap();
    up(&other, None).await.unwrap();
}

async fn a_server_is_ready_when_all_is_applied(world: World) {
    let Beside { doors, .. } = world.beside().await;
    let refused = doors.is_ready().await.unwrap_err();
    let Error::Migration(MigrationError::Pending(pending)) = &refused else { panic!("{refused}") };
    assert_eq!(*pending, names(MIGRATIONS));
    assert!(refused.to_string().ends_with("run `wrkbelt migrate up`"), "{refused}");
    migrate(&world).await;
    doors.is_ready().await.unwrap();
    up(&world.system.migrations_of(WITH_MARK), None).await.unwrap();
    assert!(doors.is_ready().await.unwrap_err().to_string().contains("9999_mark"));
}
