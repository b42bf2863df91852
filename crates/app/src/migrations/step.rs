use std::fmt;

use model::{
    Doc, Entity, Id, OfPlatform, Timestamp,
    data_migrations::{DataMigration, MigrationProgress},
};
use store::{PlatformUnit, Result, Store, UnitOfWork};

/// One batch of a migration, with where it begins.
pub struct Step {
    store: Store,
    unit: PlatformUnit,
    now: Timestamp,
    progress: Option<MigrationProgress>,
    at: Option<String>,
}

impl Step {
    pub(super) fn new(store: Store, now: Timestamp, progress: Option<MigrationProgress>) -> Self {
        let unit = store.platform().begin(now);
        Self { store, unit, now, progress, at: None }
    }

    /// What the steps before have done; `None` at the first.
    pub fn progress(&self) -> Option<&MigrationProgress> {
        self.progress.as_ref()
    }

    /// The cursor that the step before has left.
    pub fn cursor(&self) -> Option<&str> {
        self.progress.as_ref().map(|it| &*it.cursor)
    }

    /// For reading. What is written beside the step is fenced like the step, but not undone with
    /// it.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// When the step began.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The record that the step looks at, to be named when it fails.
    pub fn at(&mut self, record: impl fmt::Display) {
        self.at = Some(record.to_string());
    }

    /// Adds a new global document.
    ///
    /// # Errors
    /// As [`UnitOfWork::insert`].
    pub fn insert<E: Entity<Scope: OfPlatform>>(&mut self, id: Id<E>, body: &E) -> Result<()> {
        self.at(format_args!("{} {id}", E::COLLECTION.name));
        self.unit.insert(id, body)
    }

    /// Writes a global document whole.
    ///
    /// # Errors
    /// As [`UnitOfWork::replace`].
    pub fn replace<E: Entity<Scope: OfPlatform>>(&mut self, seen: &Doc<E>, body: &E) -> Result<()> {
        self.at(format_args!("{} {}", E::COLLECTION.name, seen.id));
        self.unit.replace(seen, body)
    }

    /// Removes a global document that was read at this version.
    pub fn delete<E: Entity<Scope: OfPlatform>>(&mut self, id: Id<E>, expect: u64) {
        self.at(format_args!("{} {id}", E::COLLECTION.name));
        self.unit.delete(id, expect);
    }

    /// Adds what is to be written of one organization's.
    pub fn join(&mut self, unit: UnitOfWork) {
        self.unit.join(unit);
    }

    /// The record that it was at.
    pub(super) fn place(&self) -> Option<&str> {
        self.at.as_deref()
    }

    /// Commits it with what it means for the migration.
    pub(super) async fn commit(
        mut self,
        seen: &Doc<DataMigration>,
        record: &DataMigration,
    ) -> Result<()> {
        self.unit.replace(seen, record)?;
        self.unit.commit().await
    }
}
