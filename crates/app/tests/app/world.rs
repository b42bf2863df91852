//! A whole system with a clock that the test turns.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use app::{Clock, Doors, Environment, NewOrganization, SchedulerSettings, SystemDoor, Tenant};
use model::{
    Entity, Id, OfOrganizations, Timestamp, core::Organization, flow::file::FlowFile,
    scheduler::SlotHold,
};
use store::{Backend, Find, Store, memory::MemoryBackend};
use store_sqlite::{Options, SqliteBackend};
use tempfile::TempDir;

use crate::{meddling::Meddling, visitor::Visitor};

/// Makes each of the named `async fn(World)` a test in memory and on SQLite.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod in_memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::world::World::in_memory().await).await;
            })+
        }

        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::world::World::on_sqlite().await).await;
            })+
        }
    };
}

/// A Monday morning in New York.
const BEGINNING: &str = "2026-11-23T15:00:00Z";

/// Shows what it was set to.
pub(crate) struct TestClock(AtomicI64);

pub(crate) struct World {
    pub(crate) doors: Doors,
    pub(crate) system: SystemDoor,
    pub(crate) store: Store,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) meddling: Arc<Meddling>,
    /// The in-memory backend, which is its own file.
    memory: Option<Arc<dyn Backend>>,
    folder: TempDir,
}

/// Another process on the same data.
pub(crate) struct Beside {
    pub(crate) doors: Doors,
    pub(crate) system: SystemDoor,
}

/// The clock of a machine that goes wrong.
struct Wrong {
    clock: Arc<TestClock>,
    by: i64,
}

impl Clock for Wrong {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.now().millis() + self.by * 1_000)
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

impl TestClock {
    /// Forward, or backward.
    pub(crate) fn turn(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

impl World {
    pub(crate) async fn in_memory() -> Self {
        let memory: Arc<dyn Backend> = Arc::new(MemoryBackend::default());
        Self::open(TempDir::new().unwrap(), Some(memory), clock()).await
    }

    pub(crate) async fn on_sqlite() -> Self {
        Self::open(TempDir::new().unwrap(), None, clock()).await
    }

    /// The same data, as a process finds them that starts now.
    pub(crate) async fn reopened(self) -> Self {
        let Self { doors, system, store, clock, meddling, memory, folder } = self;
        drop((doors, system, store, meddling));
        Self::open(folder, memory, clock).await
    }

    /// A second process on the same data.
    pub(crate) async fn beside(&self) -> Beside {
        self.beside_on(self.backend()).await
    }

    /// A second process that reaches the data through something else.
    pub(crate) async fn beside_on(&self, backend: Arc<dyn Backend>) -> Beside {
        let store = Store::open(backend).await.unwrap();
        let (doors, system) = app::open(store, Environment::new(self.clock.clone()));
        Beside { doors, system }
    }

    /// A second process, whose clock is wrong by so many seconds.
    pub(crate) async fn beside_with_clock_wrong_by(&self, seconds: i64) -> Beside {
        let store = Store::open(self.backend()).await.unwrap();
        let clock = Arc::new(Wrong { clock: self.clock.clone(), by: seconds });
        let (doors, system) = app::open(store, Environment::new(clock));
        Beside { doors, system }
    }

    async fn open(
        folder: TempDir,
        memory: Option<Arc<dyn Backend>>,
        clock: Arc<TestClock>,
    ) -> Self {
        let meddling = Arc::new(Meddling::new(backend(&folder, memory.as_ref())));
        let store = Store::open(meddling.clone()).await.unwrap();
        let (doors, system) = app::open(store.clone(), Environment::new(clock.clone()));
        Self { doors, system, store, clock, meddling, memory, folder }
    }

    /// The data, as another process opens them.
    pub(crate) fn backend(&self) -> Arc<dyn Backend> {
        backend(&self.folder, self.memory.as_ref())
    }

    /// A new one on the same engine.
    pub(crate) async fn another(&self) -> Self {
        match self.memory {
            Some(_) => Self::in_memory().await,
            None => Self::on_sqlite().await,
        }
    }

    /// A new organization.
    pub(crate) async fn organization(&self, slug: &str) -> Tenant {
        let new = NewOrganization {
            name: slug.to_owned(),
            slug: slug.parse().unwrap(),
            time_zone: "America/New_York".to_owned(),
            locale: "en-US".to_owned(),
            phone: None,
            address: None,
        };
        self.system.enter(self.system.create_organization(new).await.unwrap())
    }

    /// A new organization whose published flow has the public key that is answered.
    pub(crate) async fn business(&self, slug: &str, flow: &FlowFile) -> (Tenant, String) {
        let tenant = self.organization(slug).await;
        let imported = tenant.import_flow(flow, true).await.unwrap();
        let settings = SchedulerSettings::default();
        let key = tenant.ensure_scheduler(imported.booking_flow_id, settings).await.unwrap();
        (tenant, key.to_string())
    }

    /// A visit that has just begun.
    pub(crate) async fn visitor(&self, public_key: &str) -> Visitor {
        Visitor::start(&self.doors, public_key).await
    }

    /// All documents of a kind that an organization has.
    pub(crate) async fn all<E: Entity<Scope: OfOrganizations>>(
        &self,
        organization: Id<Organization>,
    ) -> Vec<model::Doc<E>> {
        let (all, next) =
            self.store.scoped(organization).list(Find::all().limit(1_000)).await.unwrap();
        assert_eq!(next, None, "more than a page");
        all
    }

    /// All seats of an organization, whoever has them.
    pub(crate) async fn seats(&self, tenant: &Tenant) -> Vec<SlotHold> {
        self.all(tenant.organization()).await.into_iter().map(|it| it.body).collect()
    }
}

fn clock() -> Arc<TestClock> {
    let beginning: Timestamp = BEGINNING.parse().unwrap();
    Arc::new(TestClock(AtomicI64::new(beginning.millis())))
}

fn backend(folder: &TempDir, memory: Option<&Arc<dyn Backend>>) -> Arc<dyn Backend> {
    memory.cloned().unwrap_or_else(|| {
        let path = folder.path().join("store.db");
        Arc::new(SqliteBackend::open(&path, &Options::default()).unwrap())
    })
}
