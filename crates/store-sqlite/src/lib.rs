//! The embedded engine: one file, one writer thread that commits in groups, readers beside it.

mod apply;
mod checksum;
mod error;
mod feed;
mod floor;
mod inspect;
mod lock;
mod log;
mod open;
mod read;
mod readers;
mod referrers;
mod row;
mod schema;
mod select;
mod snapshot;
mod sql;
mod stats;
mod writer;

use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
    thread::JoinHandle,
    time::Duration,
};

use async_trait::async_trait;
use model::Collection;
use rusqlite::Connection;
use store::{
    Backend, Fault, Feed, Key, Page, Position, Query, Record, Referrers, Result, Scanned, Snapshot,
    StoreError, StoredEvent, Write,
};
use tokio::sync::{Notify, mpsc, oneshot};

use self::{
    feed::SqliteFeed,
    readers::Readers,
    schema::Tables,
    snapshot::SqliteSnapshot,
    stats::Counters,
    writer::{Job, Writer},
};
pub use self::{floor::durable_rows_per_second, lock::Serving, stats::Stats};

/// What may differ between one process and another.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long to wait for another process that writes to the same file.
    pub busy_timeout: Duration,
    /// Connections that are kept for reading; more are opened when all of them are busy.
    pub readers: usize,
    /// Batches that may wait for the writer; more wait in their callers.
    pub queue: usize,
    /// Pages of 4096 bytes at which the file is full; `None` is as large as the disk.
    pub max_pages: Option<u32>,
    /// Batches whose changes are kept for those who watch; at least 1.
    pub keep_changes: u32,
}

/// A store in one SQLite file. Several processes may have it open at once.
///
/// Dropping it waits for the batches that were accepted.
#[derive(Debug)]
pub struct SqliteBackend {
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
}

/// What the writer and the readers both see.
#[derive(Debug)]
struct Shared {
    tables: RwLock<Arc<Tables>>,
    readers: Readers,
    counters: Counters,
    /// Wakes who waits for a change.
    written: Notify,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(5),
            readers: 4,
            queue: 1024,
            max_pages: None,
            keep_changes: 100_000,
        }
    }
}

impl SqliteBackend {
    /// Makes the file, and the folder that it is in, when they are not there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] in one sentence: the path cannot be opened, is no store, or was
    /// written by a newer version.
    pub fn open(path: &Path, options: &Options) -> Result<Self> {
        let connection = open::writer(path, options)?;
        let shared = Arc::new(Shared {
            tables: RwLock::default(),
            readers: Readers::new(path, options),
            counters: Counters::default(),
            written: Notify::new(),
        });
        let (jobs, waiting) = mpsc::channel(options.queue.max(1));
        let writer = Writer::new(connection, Arc::clone(&shared), options);
        let writer = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || writer.serve(waiting))
            .map_err(|error| StoreError::Unavailable(format!("cannot start a thread: {error}")))?;
        tracing::info!(path = %path.display(), "store opened");
        Ok(Self { jobs: Some(jobs), writer: Some(writer), shared })
    }

    /// Finishes what was accepted and refuses what comes after it.
    pub async fn close(&self) {
        self.shared.readers.close();
        let closed = self.ask(|reply| Job::Close { reply }).await;
        tracing::info!(finished = closed.is_ok(), "store closed");
    }

    /// What the writer did since the store was opened.
    pub fn stats(&self) -> Stats {
        self.shared.counters.read()
    }

    /// Sets [`Options::max_pages`] while the store is open; never below what the file has.
    ///
    /// # Errors
    /// When the writer does not answer.
    pub async fn set_max_pages(&self, pages: u32) -> Result<()> {
        self.ask(|reply| Job::MaxPages { pages, reply }).await?
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<T>) -> Job) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(error::stopped)?;
        jobs.send(job(reply)).await.map_err(|_| error::stopped())?;
        answer.await.map_err(|_| error::stopped())
    }
}

#[async_trait]
impl Backend for SqliteBackend {
    async fn ensure(&self, collections: &[Collection]) -> Result<()> {
        let collections = collections.to_vec();
        self.ask(|reply| Job::Ensure { collections, reply }).await?
    }

    async fn get(&self, key: &Key) -> Result<Option<Record>> {
        self.shared.read(|connection, tables| read::get(connection, tables, key))
    }

    async fn list(&self, query: &Query) -> Result<Page> {
        let (shared, query) = (Arc::clone(&self.shared), query.clone());
        blocking(move || shared.read(|it, tables| read::list(it, tables, &query))).await
    }

    async fn events(&self, stream: &Key, after: u64, limit: usize) -> Result<Vec<StoredEvent>> {
        self.shared
            .read(|connection, tables| read::events(connection, tables, stream, after, limit))
    }

    async fn events_of_command(&self, stream: &Key, command_id: &str) -> Result<Vec<StoredEvent>> {
        self.shared.read(|connection, tables| {
            read::events_of_command(connection, tables, stream, command_id)
        })
    }

    async fn count(&self, query: &Query) -> Result<u64> {
        let (shared, query) = (Arc::clone(&self.shared), query.clone());
        blocking(move || shared.read(|it, tables| read::count(it, tables, &query))).await
    }

    async fn referrers(&self, referrers: &Referrers) -> Result<Scanned> {
        let (shared, referrers) = (Arc::clone(&self.shared), referrers.clone());
        blocking(move || shared.read(|it, tables| referrers::search(it, tables, &referrers))).await
    }

    async fn watch(&self, after: Option<&Position>) -> Result<Box<dyn Feed>> {
        Ok(Box::new(SqliteFeed::new(Arc::clone(&self.shared), after)?))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        Ok(Box::new(SqliteSnapshot::new(&self.shared)?))
    }

    async fn inspect(&self, collections: &[Collection]) -> Result<Vec<Fault>> {
        let (shared, collections) = (Arc::clone(&self.shared), collections.to_vec());
        blocking(move || shared.readers.with(|it| inspect::faults(it, &collections))).await
    }

    async fn mend(&self, collections: &[Collection]) -> Result<()> {
        let collections = collections.to_vec();
        self.ask(|reply| Job::Mend { collections, reply }).await?
    }

    async fn commit(&self, batch: Vec<Write>) -> Result<()> {
        let bytes = self.shared.tables().catalog.admit_batch(&batch)?;
        if batch.is_empty() {
            return Ok(());
        }
        self.ask(|reply| Job::Commit(writer::Waiting { batch, bytes, reply })).await?
    }
}

impl Drop for SqliteBackend {
    fn drop(&mut self) {
        self.shared.readers.close();
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take() {
            // Fails only when the thread panicked, which its callers were told.
            let _ = writer.join();
        }
    }
}

impl Shared {
    fn read<T>(&self, read: impl FnOnce(&Connection, &Tables) -> Result<T>) -> Result<T> {
        let tables = self.tables();
        self.readers.with(|connection| read(connection, &tables))
    }

    fn tables(&self) -> Arc<Tables> {
        Arc::clone(&self.tables.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set_tables(&self, tables: Tables) {
        *self.tables.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tables);
    }
}

/// Reads that may take long keep no other task waiting.
async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| StoreError::Unavailable(format!("a read was given up: {error}")))?
}
