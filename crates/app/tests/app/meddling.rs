//! A store that a test meddles with: it waits at one place, so that the test decides what happens
//! meanwhile, or loses an event. It also tells what was asked of it.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use async_trait::async_trait;
use model::Collection;
use store::{
    Backend, Fault, Feed, Key, Page, Position, Query, Record, Referrers, Result, Scanned, Snapshot,
    StoreError, StoredEvent, Write,
};
use tokio::sync::oneshot;

pub(crate) struct Meddling {
    inner: Arc<dyn Backend>,
    pause: Mutex<Option<Pause>>,
    lost: AtomicU64,
    keeps_jobs: AtomicBool,
    forgets_seats: AtomicBool,
    asked: Mutex<Vec<String>>,
}

struct Pause {
    collection: &'static str,
    reached: oneshot::Sender<()>,
    go_on: oneshot::Receiver<()>,
}

/// A pause that has been asked for.
pub(crate) struct Paused {
    reached: oneshot::Receiver<()>,
    go_on: oneshot::Sender<()>,
}

impl Meddling {
    pub(crate) fn new(inner: Arc<dyn Backend>) -> Self {
        Self {
            inner,
            pause: Mutex::default(),
            lost: AtomicU64::new(0),
            keeps_jobs: AtomicBool::new(false),
            forgets_seats: AtomicBool::new(false),
            asked: Mutex::default(),
        }
    }

    /// Whoever reads a document of the collection next has to wait when it has it.
    pub(crate) fn after_next_read(&self, collection: &'static str) -> Paused {
        let (reached, is_reached) = oneshot::channel();
        let (go_on, may_go_on) = oneshot::channel();
        let pause = Pause { collection, reached, go_on: may_go_on };
        *self.pause.lock().unwrap() = Some(pause);
        Paused { reached: is_reached, go_on }
    }

    /// From now on no stream has an event with this sequence; 0 brings all of them back.
    pub(crate) fn lose_event(&self, sequence: u64) {
        self.lost.store(sequence, Ordering::SeqCst);
    }

    /// As long as it does, no batch that ends a job is written, as if its process had ended before.
    pub(crate) fn keep_jobs(&self, keep: bool) {
        self.keeps_jobs.store(keep, Ordering::SeqCst);
    }

    /// From now on no seat that is taken is written, as if only looking first kept others away.
    pub(crate) fn forget_seats(&self) {
        self.forgets_seats.store(true, Ordering::SeqCst);
    }

    /// All reads and writes since it was asked last, without ids and values.
    pub(crate) fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn note(&self, asked: String) {
        self.asked.lock().unwrap().push(asked);
    }

    async fn wait(&self, key: &Key) {
        let pause = self.pause.lock().unwrap().take_if(|it| it.collection == key.collection);
        if let Some(Pause { reached, go_on, .. }) = pause {
            reached.send(()).unwrap();
            go_on.await.unwrap();
        }
    }
}

impl Paused {
    /// Until somebody waits.
    pub(crate) async fn reached(&mut self) {
        (&mut self.reached).await.unwrap();
    }

    pub(crate) fn go_on(self) {
        self.go_on.send(()).unwrap();
    }
}

#[async_trait]
impl Backend for Meddling {
    async fn ensure(&self, collections: &[Collection]) -> Result<()> {
        self.inner.ensure(collections).await
    }

    async fn get(&self, key: &Key) -> Result<Option<Record>> {
        self.note(format!("get {}", key.collection));
        let found = self.inner.get(key).await;
        self.wait(key).await;
        found
    }

    async fn list(&self, query: &Query) -> Result<Page> {
        self.note(format!("list {}", query.collection));
        self.inner.list(query).await
    }

    async fn events(&self, stream: &Key, after: u64, limit: usize) -> Result<Vec<StoredEvent>> {
        let mut events = self.inner.events(stream, after, limit).await?;
        events.retain(|it| it.sequence != self.lost.load(Ordering::SeqCst));
        Ok(events)
    }

    async fn events_of_command(&self, stream: &Key, command_id: &str) -> Result<Vec<StoredEvent>> {
        self.inner.events_of_command(stream, command_id).await
    }

    async fn commit(&self, mut batch: Vec<Write>) -> Result<()> {
        if self.forgets_seats.load(Ordering::SeqCst) {
            let is_seat =
                |it: &Write| matches!(it, Write::Put { key, .. } if key.collection == "slot_holds");
            batch.retain(|it| !is_seat(it));
        }
        let ends_a_job =
            |it: &Write| matches!(it, Write::Delete { key, .. } if key.collection == "jobs");
        if self.keeps_jobs.load(Ordering::SeqCst) && batch.iter().any(ends_a_job) {
            return Err(StoreError::Unavailable("the process has ended".to_owned()));
        }
        let writes = batch.iter().map(|it| match it {
            Write::Put { key, .. } => format!("put {}", key.collection),
            Write::Delete { key, .. } => format!("delete {}", key.collection),
            Write::Check { key, .. } => format!("check {}", key.collection),
            _ => "more".to_owned(),
        });
        self.note(writes.collect::<Vec<_>>().join(", "));
        self.inner.commit(batch).await
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
