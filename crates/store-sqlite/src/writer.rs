use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use model::Collection;
use rusqlite::Connection;
use store::{Result, StoreError, Write};
use tokio::sync::{mpsc, oneshot};

use crate::{Options, Shared, apply::Apply, error, error::Fault, log::Tail, open, schema};

/// Batches that one transaction takes at most.
const GROUP: usize = 128;
/// Bytes of JSON after which a transaction takes no more batches.
const GROUP_BYTES: usize = 4 * 1024 * 1024;
/// Pages of the log after which it is written back to the file.
const LOG_PAGES: i64 = 500;

/// Empties the log and shortens its file.
const GIVE_BACK: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// The part of the last transaction's time that one may wait for others to come.
const PATIENCE: u32 = 8;
/// However long the last transaction took.
const LONGEST_WAIT: Duration = Duration::from_millis(2);
const MOMENT: Duration = Duration::from_micros(50);

const SLOW: Duration = Duration::from_millis(250);

/// What is asked of the writer.
pub(crate) enum Job {
    Commit(Waiting),
    Ensure { collections: Vec<Collection>, reply: oneshot::Sender<Result<()>> },
    Mend { collections: Vec<Collection>, reply: oneshot::Sender<Result<()>> },
    MaxPages { pages: u32, reply: oneshot::Sender<Result<()>> },
    Close { reply: oneshot::Sender<()> },
}

/// A batch and its caller.
pub(crate) struct Waiting {
    pub(crate) batch: Vec<Write>,
    pub(crate) bytes: usize,
    pub(crate) reply: oneshot::Sender<Result<()>>,
}

/// The only connection that writes, on its own thread.
pub(crate) struct Writer {
    connection: Connection,
    shared: Arc<Shared>,
    keep_changes: i64,
    last: Group,
}

/// What the last transaction took.
#[derive(Default)]
struct Group {
    batches: usize,
    time: Duration,
}

impl Writer {
    pub(crate) fn new(connection: Connection, shared: Arc<Shared>, options: &Options) -> Self {
        let keep_changes = i64::from(options.keep_changes.max(1));
        Self { connection, shared, keep_changes, last: Group::default() }
    }

    /// Until nobody can ask any more and all who did are answered.
    pub(crate) fn serve(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut next = None;
        let mut closed = Vec::new();
        while let Some(job) = next.take().or_else(|| jobs.blocking_recv()) {
            match job {
                Job::Commit(first) => next = self.group(first, &mut jobs),
                Job::Ensure { collections, reply } => {
                    let _ = reply.send(self.ensure(&collections, false));
                }
                Job::Mend { collections, reply } => {
                    let _ = reply.send(self.mend(&collections));
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

    fn ensure(&mut self, collections: &[Collection], drop_extra: bool) -> Result<()> {
        schema::ensure(&mut self.connection, collections, drop_extra)?;
        let mut tables = (*self.shared.tables()).clone();
        tables.extend(collections);
        self.shared.set_tables(tables);
        Ok(())
    }

    fn mend(&mut self, collections: &[Collection]) -> Result<()> {
        self.connection.execute_batch("REINDEX").map_err(|it| error::unavailable(&it))?;
        self.ensure(collections, true)
    }

    /// Commits what is waiting; a job of another kind that came between is handed back.
    fn group(&mut self, first: Waiting, jobs: &mut mpsc::Receiver<Job>) -> Option<Job> {
        self.gather(jobs);
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
        let mut answers = self.transact(&group);
        // The log may hold the room that is missing.
        if answers.as_ref().is_err_and(Fault::is_full) && self.log(GIVE_BACK).is_ok() {
            answers = self.transact(&group);
        }
        let took = started.elapsed();
        self.last = Group { batches: group.len(), time: took };
        if took > SLOW {
            tracing::warn!(batches = group.len(), millis = took.as_millis(), "slow commit");
        }
        self.answer(group, answers);
        // Fails when another process is at it; the log only grows until the next time.
        let _ = self.write_back();
        next
    }

    /// Those who were answered last mostly come again at once: a moment's wait saves the others a
    /// whole transaction. Who is alone never waits.
    fn gather(&self, jobs: &mpsc::Receiver<Job>) {
        let until = Instant::now() + (self.last.time / PATIENCE).min(LONGEST_WAIT);
        while jobs.len() + 1 < self.last.batches && Instant::now() < until {
            std::thread::sleep(MOMENT);
        }
    }

    /// One answer for each batch, in order. Savepoints cost a fifth of the time, so they are set
    /// only when a batch was refused after it had written.
    fn transact(&mut self, group: &[Waiting]) -> Result<Vec<Result<()>>, Fault> {
        match self.attempt(group, false)? {
            Some(answers) => Ok(answers),
            None => Ok(self.attempt(group, true)?.unwrap_or_default()),
        }
    }

    /// `None` when it cannot be done without savepoints.
    fn attempt(
        &mut self,
        group: &[Waiting],
        savepoints: bool,
    ) -> Result<Option<Vec<Result<()>>>, Fault> {
        let tables = self.shared.tables();
        self.run("BEGIN IMMEDIATE")?;
        let _transaction = Rollback(&self.connection);
        let mut log = Tail::new(&self.connection, self.keep_changes)?;
        let mut answers = Vec::with_capacity(group.len());
        for Waiting { batch, .. } in group {
            if savepoints {
                self.run("SAVEPOINT batch")?;
            }
            let mut apply = Apply::new(&self.connection, &tables);
            let applied = apply.batch(batch);
            let has_written = !apply.changes.is_empty();
            if let Err(fault) = applied {
                if !fault.is_of_batch() || self.connection.is_autocommit() {
                    return Err(fault);
                }
                if savepoints {
                    self.run("ROLLBACK TO batch")?;
                } else if has_written && group.len() > 1 {
                    return Ok(None);
                } else if has_written {
                    return Ok(Some(vec![Err(fault.into())]));
                }
                answers.push(Err(fault.into()));
            } else {
                log.append(&apply.changes)?;
                answers.push(Ok(()));
            }
            if savepoints {
                self.run("RELEASE batch")?;
            }
        }
        if answers.iter().any(Result::is_ok) {
            self.run("COMMIT")?;
            self.shared.written.notify_waiters();
            self.shared.counters.transactions.fetch_add(1, Relaxed);
        }
        Ok(Some(answers))
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
