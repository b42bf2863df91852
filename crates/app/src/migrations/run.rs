use model::{
    Doc,
    data_migrations::{DataMigration, Direction, MigrationStatus},
};
use store::{Result as StoreResult, StoreError};

use super::{Migration, MigrationError, Step, Stepped, Watched, hold::Hold};
use crate::Environment;

/// One migration on its way.
pub(super) struct Run<'a> {
    hold: &'a mut Hold,
    environment: &'a Environment,
    migration: &'static dyn Migration,
    record: Doc<DataMigration>,
}

/// How often a step is tried that somebody else's writes come in the way of.
const ATTEMPTS: usize = 5;

impl<'a> Run<'a> {
    /// Says that it is running, and where it goes on: at the cursor when the same was interrupted
    /// on the same way, otherwise from the start.
    pub(super) async fn begin(
        hold: &'a mut Hold,
        environment: &'a Environment,
        migration: &'static dyn Migration,
        direction: Direction,
        seen: Option<Doc<DataMigration>>,
    ) -> Result<Self, MigrationError> {
        hold.renew().await?;
        let now = environment.now();
        let checksum = migration.checksum();
        let interrupted = seen.as_ref().map(|it| &it.body).filter(|it| {
            matches!(it.status, MigrationStatus::Running | MigrationStatus::Failed)
                && it.direction == direction
                && it.checksum == checksum
        });
        let body = DataMigration {
            unique_name: migration.unique_name().to_owned(),
            description: migration.description().to_owned(),
            status: MigrationStatus::Running,
            direction,
            started_at: interrupted.map_or(now, |it| it.started_at),
            finished_at: None,
            duration_ms: None,
            applied_by: environment.process(),
            progress: interrupted.and_then(|it| it.progress.clone()),
            error: None,
            checksum,
        };
        let id = DataMigration::id_for(migration.unique_name());
        let mut unit = hold.store().platform().begin(now);
        match &seen {
            Some(seen) => unit.replace(seen, &body)?,
            None => unit.insert(id, &body)?,
        }
        unit.commit().await?;
        let version = seen.as_ref().map_or(0, |it| it.version) + 1;
        let created_at = seen.map_or(now, |it| it.created_at);
        let record = Doc { id, organization_id: None, version, created_at, updated_at: now, body };
        Ok(Self { hold, environment, migration, record })
    }

    /// Step after step; a failure is recorded.
    pub(super) async fn finish(
        mut self,
        watch: &mut (dyn FnMut(Watched<'_>) + Send),
    ) -> Result<(), MigrationError> {
        let mut attempts = 0;
        loop {
            self.hold.renew().await?;
            let now = self.environment.now();
            let progress = self.record.body.progress.clone();
            let mut step = Step::new(self.hold.store(), now, progress);
            let stepped = self.try_step(&mut step).await;
            let at = step.place().unwrap_or("its beginning").to_owned();
            let done = match stepped {
                Ok(stepped) => {
                    let after = self.after(&stepped);
                    step.commit(&self.record, &after).await.map(|()| (after, stepped.finished))
                }
                Err(error) => Err(error),
            };
            match done.map_err(MigrationError::from) {
                Ok((after, finished)) => {
                    self.record.version += 1;
                    self.record.body = after;
                    self.show(watch);
                    attempts = 0;
                    if finished {
                        return Ok(());
                    }
                }
                Err(MigrationError::Store(error)) => {
                    attempts += 1;
                    let meddled =
                        matches!(error, StoreError::Conflict(_) | StoreError::Duplicate { .. });
                    if !meddled || attempts == ATTEMPTS {
                        return Err(self.fail(at, error).await);
                    }
                }
                Err(lost) => return Err(lost),
            }
        }
    }

    async fn try_step(&self, step: &mut Step) -> StoreResult<Stepped> {
        match self.record.body.direction {
            Direction::Up => self.migration.up(step).await,
            Direction::Down => self.migration.down(step).await,
        }
    }

    /// The record as it is when the step is committed.
    fn after(&self, stepped: &Stepped) -> DataMigration {
        let before = self.record.body.clone();
        let progress = Some(stepped.progress.clone());
        if !stepped.finished {
            return DataMigration { progress, ..before };
        }
        let now = self.environment.now();
        let status = match before.direction {
            Direction::Up => MigrationStatus::Applied,
            Direction::Down => MigrationStatus::RolledBack,
        };
        let duration_ms = Some(now.millis_since(before.started_at));
        DataMigration { status, finished_at: Some(now), duration_ms, progress, ..before }
    }

    fn show(&self, watch: &mut (dyn FnMut(Watched<'_>) + Send)) {
        let DataMigration { direction, progress, .. } = &self.record.body;
        if let Some(progress) = progress {
            let unique_name = self.migration.unique_name();
            watch(Watched { unique_name, direction: *direction, progress });
        }
    }

    /// The store that refused the step may refuse this as well: then it is found running, and the
    /// next run goes on all the same.
    async fn fail(&self, at: String, reason: StoreError) -> MigrationError {
        let error = format!("at {at}: {reason}");
        let failed = DataMigration {
            status: MigrationStatus::Failed,
            error: Some(error),
            ..self.record.body.clone()
        };
        let step = Step::new(self.hold.store(), self.environment.now(), None);
        if let Err(error) = step.commit(&self.record, &failed).await {
            tracing::error!(%error, "the failure of a migration was not recorded");
        }
        MigrationError::Failed { unique_name: self.migration.unique_name(), at, reason }
    }
}
