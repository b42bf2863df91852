//! Batches: one write by itself, more of them in a transaction.

use std::time::Duration;

use mongodb::{
    ClientSession,
    bson::{Bson, doc, oid},
    error::{Error, UNKNOWN_TRANSACTION_COMMIT_RESULT},
    options::ReadConcern,
};
use store::{Key, Result, StoreError, Write};
use tokio::time::Instant;

use crate::{
    MongoBackend, PRIMARY,
    document::at,
    error::{Fault, is_passing, is_write_conflict},
    majority,
    steps::{self, Command, Step},
};

/// How long a batch is tried for; a new primary is elected in less.
const PATIENCE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// The mark of one write, by which it is known again when its answer was lost.
const MARK: &str = "_commit";

/// Tries again until a deadline, after pauses that grow and differ from caller to caller.
struct Attempts {
    deadline: Instant,
    pause: Duration,
}

impl Attempts {
    fn new() -> Self {
        Self { deadline: Instant::now() + PATIENCE, pause: Duration::from_millis(1) }
    }

    /// # Errors
    /// The error when there is no time left, or no use in trying again.
    async fn pause_after(&mut self, error: Error, is_worth_it: bool) -> Result<(), Fault> {
        if is_worth_it && self.pause().await { Ok(()) } else { Err(error.into()) }
    }

    /// Whether there was time left.
    async fn pause(&mut self) -> bool {
        if Instant::now() >= self.deadline {
            return false;
        }
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        tokio::time::sleep(self.pause.mul_f64(rand::random())).await;
        true
    }
}

/// What is found where a write was refused.
enum Seen {
    /// That write itself.
    Mark,
    /// Something else; 0 is nothing.
    Version(u64),
}

/// Whether it was applied cannot be told: others may have changed or removed what it left.
fn unknown(step: &Step) -> StoreError {
    let Key { collection, id, .. } = step.key;
    let reason = format!("it is not known whether a write to {collection} {id} was applied");
    StoreError::Unavailable(reason)
}

impl MongoBackend {
    pub(crate) async fn commit_batch(&self, batch: &[Write]) -> Result<()> {
        let tables = self.tables();
        tables.catalog.admit_batch(batch)?;
        let mut steps = steps::of_batch(&tables, batch)?;
        let applied = match (batch, steps.as_mut_slice()) {
            (_, []) => Ok(()),
            ([Write::Put { expect, .. }], [step]) => self.put_alone(step, *expect).await,
            _ => self.apply_together(&steps).await,
        };
        Ok(applied?)
    }

    async fn put_alone(&self, step: &mut Step, expect: u64) -> Result<(), Fault> {
        let mark = oid::ObjectId::new();
        step.mark(mark);
        let mut attempts = Attempts::new();
        let mut is_uncertain = false;
        loop {
            match self.put_once(step).await {
                Ok(()) => return Ok(()),
                Err(Fault::Failed(error)) => {
                    let passes = is_passing(&error);
                    is_uncertain |= !is_write_conflict(&error);
                    attempts.pause_after(error, passes).await?;
                }
                Err(Fault::Refused(refusal)) => match self.seen(step, mark).await? {
                    Seen::Mark => return Ok(()),
                    Seen::Version(version) if is_uncertain => {
                        // This write, or that of another, may not be on a majority yet.
                        if version > expect || !attempts.pause().await {
                            return Err(unknown(step).into());
                        }
                    }
                    Seen::Version(version) if version == expect => return Err(refusal.into()),
                    Seen::Version(_) => return Err(step.conflict()),
                },
            }
        }
    }

    async fn put_once(&self, step: &Step) -> Result<(), Fault> {
        let into = self.collection(step.into);
        let of_write = |error| Fault::of_write(&step.collection, &step.key, error);
        match &step.command {
            Command::Insert(document) => {
                into.insert_one(document).write_concern(majority()).await.map_err(of_write)?;
                Ok(())
            }
            Command::Update { filter, update } => {
                let update = into.update_one(filter.clone(), update.clone());
                let done = update.write_concern(majority()).await.map_err(of_write)?;
                step.met(done.matched_count)
            }
            _ => Ok(()),
        }
    }

    /// What a majority has where a write was refused.
    async fn seen(&self, step: &Step, mark: oid::ObjectId) -> Result<Seen, Fault> {
        let found = self.find_one(step.into, at(&step.key)).await?;
        let stored = found.as_ref();
        if stored.is_some_and(|it| it.get_object_id(MARK).is_ok_and(|it| it == mark)) {
            return Ok(Seen::Mark);
        }
        let version = stored.map_or(0, |it| it.get_i64("version").unwrap_or(0));
        Ok(Seen::Version(version.unsigned_abs()))
    }

    async fn apply_together(&self, steps: &[Step]) -> Result<(), Fault> {
        let mut attempts = Attempts::new();
        loop {
            let error = match self.transaction(steps, &mut attempts).await {
                Err(Fault::Failed(error)) => error,
                other => return other,
            };
            // An answer that stayed out is no reason to apply the batch again.
            let passes =
                is_passing(&error) && !error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT);
            attempts.pause_after(error, passes).await?;
        }
    }

    async fn transaction(&self, steps: &[Step], attempts: &mut Attempts) -> Result<(), Fault> {
        let mut session = self.client.start_session().await?;
        session
            .start_transaction()
            .read_concern(ReadConcern::snapshot())
            .write_concern(majority())
            .selection_criteria(PRIMARY)
            .await?;
        for step in steps {
            if let Err(fault) = self.apply(&mut session, step).await {
                if let Err(error) = session.abort_transaction().await {
                    tracing::debug!(%error, "a transaction was left to its timeout");
                }
                return Err(fault);
            }
        }
        loop {
            let Err(error) = session.commit_transaction().await else { return Ok(()) };
            let is_unknown = error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT);
            attempts.pause_after(error, is_unknown).await?;
        }
    }

    async fn apply(&self, session: &mut ClientSession, step: &Step) -> Result<(), Fault> {
        let into = self.collection(step.into);
        let of_write = |error| Fault::of_write(&step.collection, &step.key, error);
        match &step.command {
            Command::Insert(document) => {
                into.insert_one(document).session(session).await.map_err(of_write)?;
                Ok(())
            }
            Command::Update { filter, update } => {
                let update = into.update_one(filter.clone(), update.clone()).session(session);
                step.met(update.await.map_err(of_write)?.matched_count)
            }
            Command::Delete { filter } => {
                step.met(into.delete_one(filter.clone()).session(session).await?.deleted_count)
            }
            Command::InsertAll(documents) => {
                into.insert_many(documents).session(session).await.map_err(of_write)?;
                Ok(())
            }
            Command::DeleteAll { filter } => {
                into.delete_many(filter.clone()).session(session).await?;
                Ok(())
            }
            Command::None { filter } => {
                let found = into.find_one(filter.clone()).projection(doc! { "_id": 1 });
                let found = found.session(session).await?;
                step.met(u64::from(found.is_none()))
            }
        }
    }
}

impl Step {
    fn met(&self, documents: u64) -> Result<(), Fault> {
        if documents == 1 { Ok(()) } else { Err(self.conflict()) }
    }

    fn conflict(&self) -> Fault {
        let key: Key = self.key;
        Fault::Refused(StoreError::Conflict(key))
    }

    fn mark(&mut self, mark: oid::ObjectId) {
        match &mut self.command {
            Command::Insert(document) => {
                document.insert(MARK, mark);
            }
            Command::Update { update, .. } => {
                update.push(doc! { "$set": { MARK: Bson::from(mark) } });
            }
            _ => {}
        }
    }
}
