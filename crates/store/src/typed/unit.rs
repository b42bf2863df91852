use std::collections::HashSet;

use model::{
    Doc, Entity, Global, Id, Lookup, LookupKind, ObjectId, PerTenant, Problems, Timestamp,
    core::Organization, is_per_tenant,
};
use serde::Serialize;
use serde_json::Value;

use super::{Platform, Scoped, key, references};
use crate::{Backend, Expected, Key, Owner, Result, StoreError, Stored, StoredEvent, Write};

/// Writes that happen together or not at all, each on the version it was decided on. Entities are
/// checked as they are added; what they refer to is checked with the commit.
#[must_use = "nothing is written before `commit`"]
pub struct UnitOfWork {
    backend: std::sync::Arc<dyn Backend>,
    owner: Owner,
    at: Timestamp,
    writes: Vec<Write>,
    referred: Vec<Referred>,
    lookups: Vec<(Key, &'static str, LookupKind)>,
}

struct Referred {
    key: Key,
    collection: &'static str,
    field: &'static str,
}

impl Scoped {
    /// Collects writes of this organization's documents.
    pub fn begin(&self, at: Timestamp) -> UnitOfWork {
        UnitOfWork::new(self.backend.clone(), self.owner(), at)
    }
}

impl Platform {
    /// Makes a global document.
    pub async fn insert<E: Entity<Scope = Global>>(
        &self,
        id: Id<E>,
        at: Timestamp,
        body: &E,
    ) -> Result<()> {
        let mut unit = UnitOfWork::new(self.backend.clone(), Owner::Platform, at);
        unit.put(id, 0, body)?;
        unit.commit().await
    }
}

impl UnitOfWork {
    fn new(backend: std::sync::Arc<dyn Backend>, owner: Owner, at: Timestamp) -> Self {
        Self { backend, owner, at, writes: Vec::new(), referred: Vec::new(), lookups: Vec::new() }
    }

    /// Adds a new document.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with all that the entity's own rules say.
    pub fn insert<E: Entity<Scope = PerTenant>>(&mut self, id: Id<E>, body: &E) -> Result<()> {
        self.put(id, 0, body)?;
        self.claim_lookups::<E>(id.object_id(), &body.lookups(), &[])
    }

    /// Writes a document whole, in place of the one that was read.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with all that the entity's own rules say.
    pub fn replace<E: Entity<Scope = PerTenant>>(&mut self, seen: &Doc<E>, body: &E) -> Result<()> {
        self.put(seen.id, seen.version, body)?;
        self.claim_lookups::<E>(seen.id.object_id(), &body.lookups(), &seen.body.lookups())
    }

    /// Removes a document that was read at this version.
    pub fn delete<E: Entity<Scope = PerTenant>>(&mut self, id: Id<E>, expect: u64) {
        let key = key::<E>(self.owner, id.object_id());
        self.writes.push(Write::Delete { key, expect });
    }

    /// Appends events to a stream and writes the state that they lead to.
    pub fn append<E: Entity<Scope = PerTenant>>(
        &mut self,
        id: Id<E>,
        expect: u64,
        events: Vec<StoredEvent>,
        state: &E,
    ) -> Result<()> {
        if expect == 0 {
            self.refer(state)?;
        }
        self.writes.push(Write::Append {
            stream: key::<E>(self.owner, id.object_id()),
            expect,
            at: self.at,
            events,
            state: Stored::of(state)?,
        });
        Ok(())
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a document is no longer as it was read,
    /// [`StoreError::Duplicate`] when a unique value is taken, [`StoreError::MissingReference`].
    pub async fn commit(self) -> Result<()> {
        let written: HashSet<Key> = self.writes.iter().filter_map(written).collect();
        let mut batch: Vec<Write> = self
            .referred
            .iter()
            .filter(|it| !written.contains(&it.key))
            .map(|it| Write::Check { key: it.key, expect: Expected::Present })
            .collect();
        batch.extend(self.writes);
        self.backend.commit(batch).await.map_err(|error| match error {
            StoreError::Conflict(key) if !written.contains(&key) => {
                match self.referred.into_iter().find(|it| it.key == key) {
                    Some(Referred { key, collection, field }) => StoreError::MissingReference {
                        collection,
                        field,
                        to: key.collection,
                        id: key.id,
                    },
                    None => StoreError::Conflict(key),
                }
            }
            StoreError::Conflict(key) => match self.lookups.iter().find(|it| it.0 == key) {
                Some((_, collection, kind)) => {
                    StoreError::Duplicate { collection, index: lookup_name(*kind) }
                }
                None => StoreError::Conflict(key),
            },
            other => other,
        })
    }

    fn put<E: Entity>(&mut self, id: Id<E>, expect: u64, body: &E) -> Result<()> {
        let mut problems = Problems::default();
        body.validate(&mut problems.root());
        problems
            .into_result()
            .map_err(|problems| StoreError::Invalid { collection: E::COLLECTION.name, problems })?;
        self.refer(body)?;
        let key = key::<E>(self.owner, id.object_id());
        self.writes.push(Write::Put { key, expect, at: self.at, body: Stored::of(body)? });
        Ok(())
    }

    fn refer<E: Entity>(&mut self, body: &E) -> Result<()> {
        let collection = E::COLLECTION;
        if collection.references.is_empty() {
            return Ok(());
        }
        let document = to_value(body)?;
        for reference in collection.references {
            for id in references::ids(&document, reference) {
                let owner = match is_per_tenant(reference.to) {
                    Some(true) => self.owner,
                    Some(false) => Owner::Platform,
                    None => {
                        return Err(StoreError::MissingReference {
                            collection: collection.name,
                            field: reference.field,
                            to: reference.to,
                            id,
                        });
                    }
                };
                let key = Key { owner, collection: reference.to, id };
                if !self.referred.iter().any(|it| it.key == key) {
                    self.referred.push(Referred {
                        key,
                        collection: collection.name,
                        field: reference.field,
                    });
                }
            }
        }
        Ok(())
    }

    fn claim_lookups<E: Entity>(
        &mut self,
        target_id: ObjectId,
        now: &[(LookupKind, String)],
        before: &[(LookupKind, String)],
    ) -> Result<()> {
        let Owner::Organization(organization) = self.owner else { return Ok(()) };
        let key_of = |kind, value: &str| {
            key::<Lookup>(Owner::Platform, Lookup::id_for(kind, value).object_id())
        };
        for (kind, value) in before.iter().filter(|it| !now.contains(it)) {
            self.writes.push(Write::Delete { key: key_of(*kind, value), expect: 1 });
        }
        for (kind, value) in now.iter().filter(|it| !before.contains(it)) {
            let organization_id = Id::<Organization>::new(organization);
            let lookup = Lookup { kind: *kind, value: value.clone(), organization_id, target_id };
            let key = key_of(*kind, value);
            self.lookups.push((key, E::COLLECTION.name, *kind));
            self.writes.push(Write::Put {
                key,
                expect: 0,
                at: self.at,
                body: Stored::of(&lookup)?,
            });
        }
        Ok(())
    }
}

fn to_value(body: &impl Serialize) -> Result<Value> {
    serde_json::to_value(body)
        .map_err(|error| StoreError::Unavailable(format!("cannot be written as JSON: {error}")))
}

fn written(write: &Write) -> Option<Key> {
    match write {
        Write::Put { key, .. } | Write::Delete { key, .. } => Some(*key),
        Write::Append { stream, .. } => Some(*stream),
        Write::Check { .. } => None,
    }
}

fn lookup_name(kind: LookupKind) -> &'static str {
    match kind {
        LookupKind::PublicKey => "public_key",
        LookupKind::TenantSubdomain => "tenant_subdomain",
    }
}
