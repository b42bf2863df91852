use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use model::Collection;
use rusqlite::Connection;
use store::{Result, StoreError, Write};
use tokio::sync::{mpsc, oneshot};

use crate::{Shared, apply::Apply, error, error::Fault, open, schema};

/// Batches that one transaction takes at most.
const GROUP: usize = 128;
/// Bytes of JSON after which a transaction takes no more batches.
const GROUP_BYTES: usize = 4 * 1024 * 1024;
/// Pages of the log after which it is written back to the file.
const LOG_PAGES: i64 = 4_000;

const SLOW: Duration = Duration::from_millis(250);

/// What is asked of the writer.
pub(crate) enum Job {
    Commit(Waiting),
    Ensure { collections: Vec<Collection>, reply: oneshot::Sender<Result<()>> },
    MaxPages { pages: u32, reply: oneshot::Sender<Result<()>> },
    Close { reply: oneshot::Sender<()> },
}

/// A batch and its caller.
pub(crate) struct Waiting {
    pub(crate) batch: Vec<Write>,
    pub(crate) bytes: usize,
    pub(crate) reply: oneshot::Sender<Result<()>>,
}

/// What the writer did; for tests and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Batches that were applied.
    pub batches: u64,
    /// Batches that were refused, each alone.
    pub refused: u64,
    /// Transactions that were committed: each is one wait for the disk.
    pub transactions: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    batches: AtomicU64,
    refused: AtomicU64,
    transactions: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> Stats {
        Stats {
            batches: self.batches.load(Relaxed),
            refused: self.refused.load(Relaxed),
            transactions: self.transactions.load(Relaxed),
        }
    }
}

/// The only connection that writes, on its own thread.
pub(crate) struct Writer {
    connection: Connection,
    shared: Arc<Shared>,
}

impl Writer {
    pub(crate) fn new(connection: Connection, shared: Arc<Shared>) -> Self {
        Self { connection, shared }
    }

    /// Until nobody can ask any more and all who did are answered.
    pub(crate) fn serve(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut next = None;
        let mut closed = Vec::new();
        while let Some(job) = next.take().or_else(|| jobs.blocking_recv()) {
            match job {
                Job::Commit(first) => next = self.group(first, &mut jobs),
                Job::Ensure { collections, reply } => {
                    let _ = reply.send(self.ensure(&collections));
                }
                Job::MaxPages { pages, reply } => {
                    let set = open::max_pages(&self.connection, pages);
                    let _ = reply.send(set.map_err(|it| error::unavailable(&it)));
                }
                Job::Close { reply } => {
                    jobs.close();
                    closed.push(reply);
                }
            }
        }
        drop(self);
        for reply in closed {
            let _ = reply.send(());
        }
    }

    fn ensure(&mut self, collections: &[Collection]) -> Result<()> {
        schema::ensure(&mut self.connection, collections)?;
        let mut tables = (*self.shared.tables()).clone();
        tables.extend(collections);
        self.shared.set_tables(tables);
        Ok(())
    }

    /// Commits what is waiting; a job of another kind that came between is handed back.
    fn group(&mut self, first: Waiting, jobs: &mut mpsc::Receiver<Job>) -> Option<Job> {
        let mut bytes = first.bytes;
        let mut group = vec![first];
        let mut next = None;
        while group.len() < GROUP && bytes < GROUP_BYTES {
            match jobs.try_recv() {
                Ok(Job::Commit(waiting)) => {
                    bytes += waiting.bytes;
                    group.push(waiting);
                }
                Ok(other) => {
                    next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        let started = Instant::now();
        let answers = self.transact(&group);
        let took = started.elapsed();
        if took > SLOW {
            tracing::warn!(batches = group.len(), millis = took.as_millis(), "slow commit");
        }
        self.answer(group, answers);
        // Fails when another process is at it; the log only grows until the next time.
        let _ = self.write_back();
        next
    }

    /// One answer for each batch, in order.
    fn transact(&mut self, group: &[Waiting]) -> Result<Vec<Result<()>>, Fault> {
        let shared = Arc::clone(&self.shared);
        let tables = shared.tables();
        self.run("BEGIN IMMEDIATE")?;
        let transaction = Rollback(&self.connection);
        let mut position = self.position()?;
        let mut answers = Vec::with_capacity(group.len());
        for Waiting { batch, .. } in group {
            let before = position;
            self.run("SAVEPOINT batch")?;
            let mut apply =
                Apply { connection: &self.connection, tables: &tables, position: &mut position };
            match apply.batch(batch) {
                Ok(()) => answers.push(Ok(())),
                Err(fault) if fault.is_of_batch() && !self.connection.is_autocommit() => {
                    self.run("ROLLBACK TO batch")?;
                    position = before;
                    answers.push(Err(fault.into()));
                }
                Err(fault) => return Err(fault),
            }
            self.run("RELEASE batch")?;
        }
        if answers.iter().any(Result::is_ok) {
            self.connection
                .prepare_cached("UPDATE _meta SET value = ? WHERE name = 'position'")?
                .execute([position])?;
            self.run("COMMIT")?;
            self.shared.counters.transactions.fetch_add(1, Relaxed);
        }
        drop(transaction);
        Ok(answers)
    }

    fn answer(&self, group: Vec<Waiting>, answers: Result<Vec<Result<()>>, Fault>) {
        let answers = match answers {
            Ok(answers) => answers,
            Err(fault) => {
                let error = StoreError::from(fault);
                group.iter().map(|_| Err(error::again(&error))).collect()
            }
        };
        let counters = &self.shared.counters;
        for (waiting, answer) in group.into_iter().zip(answers) {
            let counter = if answer.is_ok() { &counters.batches } else { &counters.refused };
            counter.fetch_add(1, Relaxed);
            // Fails when the caller went away.
            let _ = waiting.reply.send(answer);
        }
    }

    fn position(&self) -> rusqlite::Result<i64> {
        self.connection
            .prepare_cached("SELECT value FROM _meta WHERE name = 'position'")?
            .query_row([], |row| row.get(0))
    }

    fn run(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }

    fn write_back(&self) -> rusqlite::Result<()> {
        let (pages, done) = self.log("PRAGMA wal_checkpoint(NOOP)")?;
        if pages >= LOG_PAGES && pages - done >= LOG_PAGES / 8 {
            self.log("PRAGMA wal_checkpoint(PASSIVE)")?;
        }
        Ok(())
    }

    /// Pages in the log, and how many of them are in the file.
    fn log(&self, sql: &str) -> rusqlite::Result<(i64, i64)> {
        self.connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(1)?, row.get(2)?)))
    }
}

/// Ends what was not committed, however it is left.
struct Rollback<'a>(&'a Connection);

impl Drop for Rollback<'_> {
    fn drop(&mut self) {
        if !self.0.is_autocommit() {
            // SQLite rolls back by itself where this fails.
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}
