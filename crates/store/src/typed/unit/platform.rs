use model::{Doc, Entity, Id, OfPlatform, Timestamp};

use super::UnitOfWork;
use crate::{Expected, Owner, Platform, Result, Write, typed::key};

/// Writes of documents that belong to no organization, and of one organization's with them.
#[derive(Clone)]
#[must_use = "nothing is written before `commit`"]
pub struct PlatformUnit(UnitOfWork);

impl Platform {
    /// Collects writes of global documents.
    pub fn begin(&self, at: Timestamp) -> PlatformUnit {
        PlatformUnit(UnitOfWork::new(self.backend.clone(), Owner::Platform, at))
    }
}

impl PlatformUnit {
    /// Adds a new document.
    ///
    /// # Errors
    /// As [`UnitOfWork::insert`].
    pub fn insert<E: Entity<Scope: OfPlatform>>(&mut self, id: Id<E>, body: &E) -> Result<()> {
        self.0.put(id, 0, body)
    }

    /// Writes a document whole, in place of the one that was read.
    ///
    /// # Errors
    /// As [`UnitOfWork::replace`].
    pub fn replace<E: Entity<Scope: OfPlatform>>(&mut self, seen: &Doc<E>, body: &E) -> Result<()> {
        self.0.put(seen.id, seen.version, body)
    }

    /// Removes a document that was read at this version.
    pub fn delete<E: Entity<Scope: OfPlatform>>(&mut self, id: Id<E>, expect: u64) {
        let key = key::<E>(Owner::Platform, id.object_id());
        self.0.writes.push(Write::Delete { key, expect });
    }

    /// As [`UnitOfWork::hold`].
    pub fn hold<E: Entity<Scope: OfPlatform>>(&mut self, seen: &Doc<E>) {
        let key = key::<E>(Owner::Platform, seen.id.object_id());
        self.0.writes.push(Write::Check { key, expect: Expected::Version(seen.version) });
    }

    /// Adds all that an organization's unit would write.
    pub fn join(&mut self, unit: UnitOfWork) {
        self.0.writes.extend(unit.writes);
        self.0.referred.extend(unit.referred);
        self.0.lookups.extend(unit.lookups);
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// As [`UnitOfWork::commit`].
    pub async fn commit(self) -> Result<()> {
        self.0.commit().await
    }
}
