//! Migrations that are interrupted, fail, or meet each other.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use app::migrations::{MigrationError, Migrations, Watched};
use async_trait::async_trait;
use model::{
    Collection, Entity,
    core::{BrandKit, Organization, Permission, PermissionRecord, Role},
    data_migrations::{DataMigration, Direction, Lease, MigrationStatus},
};
use serde_json::{Value, json};
use store::{
    Backend, Fault, Feed, Key, Page, Position, Query, Record, Referrers, Result, Scanned, Snapshot,
    StoreError, StoredEvent, Write,
};
use tokio::task::JoinSet;

use crate::{
    migration_samples::WITH_MARK,
    migrations::{all, down, up},
    world::World,
};

on_both! {
    eight_servers_at_once_apply_each_migration_once,
    a_kill_at_any_commit_of_the_way_up_changes_nothing_in_the_end,
    a_kill_at_any_commit_of_the_way_down_changes_nothing_in_the_end,
    a_runner_that_was_too_slow_cannot_write,
    a_lease_is_what_keeps_a_late_write_out,
    a_step_that_somebody_elses_write_comes_in_the_way_of_is_made_again,
    a_lease_is_renewed_as_long_as_steps_are_made,
    a_lease_of_a_clock_that_was_wrong_is_not_waited_for,
    a_failure_is_recorded_and_stops_and_the_next_run_goes_on_there,
}

/// Longer than a lease is given for.
const TERM: i64 = 31;

/// A store whose process is killed at a commit: that one and all later ones are not answered.
struct Dying {
    inner: Arc<dyn Backend>,
    left: AtomicUsize,
    moment: Moment,
}

#[derive(Clone, Copy, Debug)]
enum Moment {
    BeforeTheCommit,
    AfterTheCommit,
}

#[async_trait]
impl Backend for Dying {
    async fn ensure(&self, collections: &[Collection]) -> Result<()> {
        self.inner.ensure(collections).await
    }

    async fn get(&self, key: &Key) -> Result<Option<Record>> {
        self.inner.get(key).await
    }

    async fn list(&self, query: &Query) -> Result<Page> {
        self.inner.list(query).await
    }

    async fn events(&self, stream: &Key, after: u64, limit: usize) -> Result<Vec<StoredEvent>> {
        self.inner.events(stream, after, limit).await
    }

    async fn events_of_command(&self, stream: &Key, command_id: &str) -> Result<Vec<StoredEvent>> {
        self.inner.events_of_command(stream, command_id).await
    }

    async fn commit(&self, batch: Vec<Write>) -> Result<()> {
        let killed = StoreError::Unavailable("killed".to_owned());
        let left =
            self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |it| it.checked_sub(1));
        match (left, self.moment) {
            (Ok(1), Moment::AfterTheCommit) => {
                self.inner.commit(batch).await?;
                Err(killed)
            }
            (Ok(1) | Err(_), _) => Err(killed),
            (Ok(_), _) => self.inner.commit(batch).await,
        }
    }

    async fn count(&self, query: &Query) -> Result<u64> {
        self.inner.count(query).await
    }

    async fn referrers(&self, referrers: &Referrers) -> Result<Scanned> {
        self.inner.referrers(referrers).await
    }

    async fn watch(&self, after: Option<&Position>) -> Result<Box<dyn Feed>> {
        self.inner.watch(after).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        self.inner.snapshot().await
    }

    async fn inspect(&self, collections: &[Collection]) -> Result<Vec<Fault>> {
        self.inner.inspect(collections).await
    }

    async fn mend(&self, collections: &[Collection]) -> Result<()> {
        self.inner.mend(collections).await
    }
}

/// A store with three organizations, two of which have a brand kit.
async fn with_organizations(world: World) -> World {
    for slug in ["acme", "other", "third"] {
        let tenant = world.organization(slug).await;
        if slug != "third" {
            let kit: BrandKit =
                serde_json::from_value(json!({ "name": slug, "colors": { "primary": "#0b5d4e" } }))
                    .unwrap();
            let now = app::Clock::now(&*world.clock);
            let mut unit = world.store.scoped(tenant.organization()).begin(now);
            let id = model::Id::new(tenant.organization().object_id());
            unit.insert(id, &kit).unwrap();
            unit.commit().await.unwrap();
        }
    }
    world
}

/// All that migrations change, with the versions of what is written once; without ids that differ
/// from store to store.
async fn outcome(world: &World) -> Value {
    let mut kits = Vec::new();
    for organization in all::<Organization>(world).await {
        let of_one = world.all::<BrandKit>(organization.id).await;
        kits.extend(of_one.into_iter().map(|it| (it.body.name, it.version)));
    }
    let migrations = all::<DataMigration>(world).await.into_iter().map(|it| it.body);
    json!({
        "kits": kits,
        "permissions": all::<PermissionRecord>(world).await.iter()
            .map(|it| json!([it.id, it.version, it.body])).collect::<Vec<_>>(),
        "roles": all::<Role>(world).await.iter()
            .map(|it| json!([it.id, it.version, it.body])).collect::<Vec<_>>(),
        "organizations": all::<Organization>(world).await.iter()
            .map(|it| json!([it.version, it.body])).collect::<Vec<_>>(),
        "migrations": migrations.map(|it| json!([
            it.unique_name, it.checksum, it.status, it.direction,
            it.progress.map(|it| (it.done, it.total)), it.error,
        ])).collect::<Vec<_>>(),
    })
}

/// What the migrations are of another process; it is killed at its `nth` commit.
async fn dying(world: &World, nth: usize, moment: Moment) -> (Arc<Dying>, Migrations) {
    let dying = Arc::new(Dying { inner: world.backend(), left: AtomicUsize::new(nth), moment });
    let beside = world.beside_on(dying.clone()).await;
    (dying, beside.system.migrations_of(WITH_MARK))
}

impl Dying {
    fn was_killed(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }
}

/// Kills at every commit there is, on a store each, and compares what comes of it in the end.
async fn kill_everywhere(world: World, direction: Direction) {
    let fresh = async || {
        let fresh = with_organizations(world.another().await).await;
        if direction == Direction::Down {
            up(&fresh.system.migrations_of(WITH_MARK), None).await.unwrap();
        }
        fresh
    };
    let go = async |migrations: &Migrations| match direction {
        Direction::Up => up(migrations, None).await,
        Direction::Down => {
            let mut done = Vec::new();
            while !migrations.plan(direction, None).await?.is_empty() {
                done.extend(down(migrations, None).await?);
            }
            Ok(done)
        }
    };
    let uninterrupted = fresh().await;
    go(&uninterrupted.system.migrations_of(WITH_MARK)).await.unwrap();
    let expected = outcome(&uninterrupted).await;
    let mut kills = 0;
    for moment in [Moment::BeforeTheCommit, Moment::AfterTheCommit] {
        for nth in 1.. {
            let world = fresh().await;
            let (dying, migrations) = dying(&world, nth, moment).await;
            let ended = go(&migrations).await;
            if !dying.was_killed() {
                ended.unwrap();
                break;
            }
            kills += 1;
            world.clock.turn(TERM);
            go(&world.system.migrations_of(WITH_MARK)).await.unwrap();
            assert_eq!(outcome(&world).await, expected, "killed at {nth}, {moment:?}");
        }
    }
    assert!(kills >= 2 * 12, "{kills} kills only");
}

async fn a_kill_at_any_commit_of_the_way_up_changes_nothing_in_the_end(world: World) {
    kill_everywhere(world, Direction::Up).await;
}

async fn a_kill_at_any_commit_of_the_way_down_changes_nothing_in_the_end(world: World) {
    kill_everywhere(world, Direction::Down).await;
}

async fn eight_servers_at_once_apply_each_migration_once(world: World) {
    let world = with_organizations(world).await;
    let mut servers = JoinSet::new();
    for _ in 0..8 {
        let beside = world.beside().await;
        servers.spawn(async move {
            let migrations = beside.system.migrations_of(WITH_MARK);
            loop {
                match up(&migrations, None).await {
                    Err(MigrationError::Leased { .. } | MigrationError::LostLease) => {
                        tokio::task::yield_now().await;
                    }
                    done => {
                        migrations.check().await.unwrap();
                        break done.unwrap();
                    }
                }
            }
        });
    }
    let mut applied = servers.join_all().await.concat();
    applied.sort_unstable();
    assert_eq!(applied, WITH_MARK.iter().map(|it| it.unique_name()).collect::<Vec<_>>());
    assert_eq!(all::<PermissionRecord>(&world).await.len(), Permission::ALL.len());
    for organization in all::<Organization>(&world).await {
        assert_eq!(organization.version, 2, "{}", organization.body.name);
    }
}

/// Another process takes the lease while a step is made; nothing of the step is written.
async fn a_runner_that_was_too_slow_cannot_write(world: World) {
    let world = with_organizations(world).await;
    let migrations = world.system.migrations_of(WITH_MARK);
    up(&migrations, Some("0002_seed_system_roles")).await.unwrap();
    let mut paused = world.meddling.after_next_read("organizations");
    let mut slow = JoinSet::new();
    slow.spawn(async move { up(&migrations, None).await });
    paused.reached().await;
    let other = world.beside().await.system.migrations_of(WITH_MARK);
    let leased = up(&other, None).await.unwrap_err();
    assert!(matches!(leased, MigrationError::Leased { .. }), "{leased}");
    world.clock.turn(TERM);
    take_lease(&world).await;
    let before = outcome(&world).await;
    paused.go_on();
    let lost = slow.join_next().await.unwrap().unwrap().unwrap_err();
    assert!(matches!(lost, MigrationError::LostLease), "{lost}");
    assert_eq!(outcome(&world).await, before);
    assert!(all::<Organization>(&world).await.iter().all(|it| it.version == 1));

    world.clock.turn(TERM);
    up(&other, None).await.unwrap();
    assert!(all::<Organization>(&world).await.iter().all(|it| it.version == 2));
}

/// Writes the lease as somebody does who takes it over.
async fn take_lease(world: &World) {
    let platform = world.store.platform();
    let seen = platform.get(Lease::id_for("data_migrations")).await.unwrap().unwrap();
    let until = app::Clock::now(&*world.clock).plus(std::time::Duration::from_secs(30));
    let mut unit = platform.begin(app::Clock::now(&*world.clock));
    unit.replace(&seen, &Lease { holder: "another".to_owned(), until, ..seen.body.clone() })
        .unwrap();
    unit.commit().await.unwrap();
}

/// The same late write, once with the fence and once without: it is the fence that refuses it.
async fn a_lease_is_what_keeps_a_late_write_out(world: World) {
    up(&world.system.migrations(), Some("0001_seed_permissions")).await.unwrap();
    down(&world.system.migrations(), None).await.unwrap();
    let id = Lease::id_for("data_migrations");
    let held = world.store.platform().get(id).await.unwrap().unwrap().version;
    let fenced = world.store.fenced(id, held);
    take_lease(&world).await;
    let late = async |store: &store::Store| {
        let name = Permission::ViewRoles;
        let record = PermissionRecord { name, description: name.description() };
        let mut unit = store.platform().begin(app::Clock::now(&*world.clock));
        unit.insert(PermissionRecord::seeded_id(name), &record).unwrap();
        unit.commit().await
    };
    let refused = late(&fenced).await.unwrap_err();
    let StoreError::Conflict(key) = refused else { panic!("{refused}") };
    assert_eq!((key.collection, key.id), (Lease::COLLECTION.name, id.object_id()));
    assert_eq!(all::<PermissionRecord>(&world).await.len(), 0);
    late(&world.store).await.unwrap();
    assert_eq!(all::<PermissionRecord>(&world).await.len(), 1);
}

async fn a_step_that_somebody_elses_write_comes_in_the_way_of_is_made_again(world: World) {
    let world = with_organizations(world).await;
    let migrations = world.system.migrations_of(WITH_MARK);
    up(&migrations, Some("0006_seed_system_roles_that_resend")).await.unwrap();
    let mut paused = world.meddling.after_next_read("organizations");
    let mut runner = JoinSet::new();
    runner.spawn(async move { up(&migrations, None).await });
    paused.reached().await;
    rename(&world, 0, "renamed").await;
    paused.go_on();
    assert_eq!(runner.join_next().await.unwrap().unwrap().unwrap(), ["9999_mark"]);
    let names: Vec<_> =
        all::<Organization>(&world).await.into_iter().map(|it| it.body.name).collect();
    assert_eq!(names, ["renamed!", "other!", "third!"]);
}

/// Gives the nth organization another name, as a user does.
async fn rename(world: &World, nth: usize, to: &str) {
    let seen = all::<Organization>(world).await.swap_remove(nth);
    let mut unit = world.store.platform().begin(app::Clock::now(&*world.clock));
    unit.replace(&seen, &Organization { name: to.to_owned(), ..seen.body.clone() }).unwrap();
    unit.commit().await.unwrap();
}

async fn a_lease_is_renewed_as_long_as_steps_are_made(world: World) {
    let world = with_organizations(world).await;
    let clock = world.clock.clone();
    let mut steps = 0;
    let mut watch = |_: Watched<'_>| {
        steps += 1;
        clock.turn(20);
    };
    world.system.migrations_of(WITH_MARK).up(None, &mut watch).await.unwrap();
    assert!(steps > 5, "{steps}");
    let lease =
        world.store.platform().get(Lease::id_for("data_migrations")).await.unwrap().unwrap();
    assert!(lease.version > 5, "{}", lease.version);
    assert_eq!(lease.body.until, app::Clock::now(&*world.clock), "it was given back");
}

async fn a_lease_of_a_clock_that_was_wrong_is_not_waited_for(world: World) {
    const YEAR: i64 = 365 * 24 * 3_600;
    up(&world.system.migrations(), None).await.unwrap();
    world.clock.turn(YEAR);
    take_lease(&world).await;
    world.clock.turn(-YEAR);
    let migrations = world.system.migrations_of(WITH_MARK);
    assert_eq!(up(&migrations, None).await.unwrap(), ["9999_mark"]);
}

async fn a_failure_is_recorded_and_stops_and_the_next_run_goes_on_there(world: World) {
    let world = with_organizations(world).await;
    let platform = world.store.platform();
    let organizations = all::<Organization>(&world).await;
    let (first, second) = (&organizations[0], &organizations[1]);
    rename(&world, 1, &"x".repeat(100)).await;
    let migrations = world.system.migrations_of(WITH_MARK);
    for _ in 0..2 {
        let failed = up(&migrations, None).await.unwrap_err().to_string();
        let at = format!("migration 9999_mark failed at organizations {}: ", second.id);
        assert!(failed.starts_with(&at), "{failed}");
        let record = platform.get(DataMigration::id_for("9999_mark")).await.unwrap().unwrap().body;
        assert_eq!(record.status, MigrationStatus::Failed);
        assert!(record.error.unwrap().contains(&second.id.to_string()));
        assert_eq!(record.progress.unwrap().done, 1);
        assert!(matches!(migrations.check().await, Err(MigrationError::Pending(_))));
    }
    rename(&world, 1, "other").await;
    let mut done = Vec::new();
    let mut watch = |it: Watched<'_>| done.push(it.progress.done);
    assert_eq!(migrations.up(None, &mut watch).await.unwrap(), ["9999_mark"]);
    assert_eq!(done, [2, 3], "it goes on behind the first");
    let names: Vec<_> =
        all::<Organization>(&world).await.into_iter().map(|it| it.body.name).collect();
    assert_eq!(names, ["acme!", "other!", "third!"]);
    let first = platform.get(first.id).await.unwrap().unwrap();
    assert_eq!(first.version, 2, "what was done before the failure is not done again");
    migrations.check().await.unwrap();
}
