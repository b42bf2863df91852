//! What was promised in one batch and is done after it.

use std::{pin::pin, time::Duration};

use futures_util::future::join_all;
use model::{
    Doc, Entity, Id, Timestamp,
    core::{Job, JobKind},
};
use store::{Find, PlatformUnit, Scalar, StoreError};

use crate::{Error, Mailing, Result, SystemDoor, doors::House};

/// Does what is due. Any number of servers may each have one: a job is taken by one of them.
pub struct Worker {
    house: House,
    mailing: Mailing,
}

/// What became of a job, and what is to be written together with that.
pub(crate) struct Done {
    pub(crate) unit: PlatformUnit,
    /// How long until it is tried again; `None` when it is over.
    pub(crate) again: Option<Duration>,
}

/// When whoever took a job has not finished it by then, it is anybody's again: longer than any job
/// takes.
const LEASE: Duration = Duration::from_mins(5);

/// How long nothing is looked for after nothing was found.
const PAUSE: Duration = Duration::from_secs(1);

/// So many jobs are done at a time.
const AT_ONCE: usize = 8;

const BY_DUE_AT: &model::Index = &Job::COLLECTION.indexes[0];

impl SystemDoor {
    /// What does the jobs of this store.
    pub fn worker(&self, mailing: Mailing) -> Worker {
        Worker { house: self.0.clone(), mailing }
    }
}

impl Worker {
    /// Works until it is asked to stop, and finishes what it has taken by then.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        loop {
            let pause = match self.work().await {
                Ok(0) => PAUSE,
                Ok(_) => Duration::ZERO,
                Err(error) => {
                    tracing::warn!(%error, "jobs cannot be looked for");
                    PAUSE
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Does a few of the jobs that are due; how many there were.
    ///
    /// # Errors
    /// When the store cannot tell which those are. A job that fails is tried again later.
    pub async fn work(&self) -> Result<usize> {
        let moment = Duration::from_millis(1);
        let text = |it: Timestamp| Scalar::Text(it.to_string());
        let until = text(self.house.environment.now().plus(moment));
        let due = Find::by(BY_DUE_AT, []).between(text(Timestamp::EPOCH), until).limit(AT_ONCE);
        let (due, _) = self.house.store.platform().list::<Job>(due).await?;
        let found = due.len();
        join_all(due.into_iter().map(|it| self.take(it))).await;
        Ok(found)
    }

    async fn take(&self, due: Doc<Job>) {
        let (job, kind) = (due.id, due.body.kind);
        match self.try_to_do(due).await {
            Ok(()) => {}
            Err(Error::Store(StoreError::Conflict(_))) => {
                tracing::debug!(%job, ?kind, "somebody else has the job");
            }
            Err(error) => tracing::warn!(%job, ?kind, %error, "a job is left for later"),
        }
    }

    async fn try_to_do(&self, due: Doc<Job>) -> Result<()> {
        let House { store, environment, .. } = &self.house;
        let at = environment.now();
        let attempts = due.body.attempts.saturating_add(1);
        let body = Job { due_at: at.plus(LEASE), attempts, ..due.body.clone() };
        let mut unit = store.platform().begin(at);
        unit.replace(&due, &body)?;
        unit.commit().await?;
        let taken = Doc { version: due.version + 1, updated_at: at, body, ..due };

        let Done { mut unit, again } = match taken.body.kind {
            JobKind::SendEmail => self.mailing.send(&self.house, &taken).await?,
            JobKind::SendPasswordReset => {
                self.house.send_password_reset(Id::new(taken.body.target_id)).await?;
                self.over()
            }
            JobKind::RemoveFile => {
                self.house.remove_file(&taken.body).await?;
                self.over()
            }
            JobKind::PurgeOrganization => {
                self.house.purge(Id::new(taken.body.target_id), |_| true).await?;
                self.over()
            }
            JobKind::PublishFlow => {
                if let Some(organization) = taken.body.organization_id {
                    let flow = Id::new(taken.body.target_id);
                    self.house.publish_scheduled(organization, flow).await?;
                }
                self.over()
            }
        };
        match again {
            None => unit.delete(taken.id, taken.version),
            Some(wait) => {
                let due_at = environment.now().plus(wait);
                unit.replace(&taken, &Job { due_at, ..taken.body.clone() })?;
            }
        }
        Ok(unit.commit().await?)
    }

    /// Nothing more is to be written.
    fn over(&self) -> Done {
        let unit = self.house.store.platform().begin(self.house.environment.now());
        Done { unit, again: None }
    }
}
