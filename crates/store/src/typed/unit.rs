mod platform;

use std::collections::HashSet;

use model::{
    Doc, Entity, Id, Lookup, LookupKind, ObjectId, OfOrganizations, OfPlatform, Owners, Problems,
    Timestamp, core::Organization, owners,
};
use serde::Serialize;
use serde_json::Value;

pub use self::platform::PlatformUnit;
use super::{Platform, Scoped, deletion::Deletion, key};
use crate::{
    Backend, Expected, Key, Owner, Result, StoreError, Stored, StoredEvent, Targets, Write,
    references,
};

/// How often a delete is planned anew because others wrote first.
const ATTEMPTS: usize = 32;

/// Writes that happen together or not at all, each on the version it was decided on. Entities are
/// checked as they are added; what they refer to is checked with the commit.
#[derive(Clone)]
#[must_use = "nothing is written before `commit`"]
pub struct UnitOfWork {
    backend: std::sync::Arc<dyn Backend>,
    owner: Owner,
    at: Timestamp,
    writes: Vec<Write>,
    referred: Vec<Referred>,
    lookups: Vec<(Key, &'static str, LookupKind)>,
}

#[derive(Clone)]
struct Referred {
    key: Key,
    /// The document may be the platform's in place of the organization's.
    shared: bool,
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
    pub async fn insert<E: Entity<Scope: OfPlatform>>(
        &self,
        id: Id<E>,
        at: Timestamp,
        body: &E,
    ) -> Result<()> {
        let mut unit = self.begin(at);
        unit.insert(id, body)?;
        unit.commit().await
    }
}

impl UnitOfWork {
    pub(super) fn new(backend: std::sync::Arc<dyn Backend>, owner: Owner, at: Timestamp) -> Self {
        Self { backend, owner, at, writes: Vec::new(), referred: Vec::new(), lookups: Vec::new() }
    }

    /// Adds a new document.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with all that the entity's own rules say.
    pub fn insert<E: Entity<Scope: OfOrganizations>>(&mut self, id: Id<E>, body: &E) -> Result<()> {
        self.put(id, 0, body)?;
        self.claim_lookups::<E>(id.object_id(), &body.lookups(), &[])
    }

    /// Writes a document whole, in place of the one that was read.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with all that the entity's own rules say.
    pub fn replace<E: Entity<Scope: OfOrganizations>>(
        &mut self,
        seen: &Doc<E>,
        body: &E,
    ) -> Result<()> {
        self.put(seen.id, seen.version, body)?;
        self.claim_lookups::<E>(seen.id.object_id(), &body.lookups(), &seen.body.lookups())
    }

    /// Removes a document that was read at this version.
    pub fn delete<E: Entity<Scope: OfOrganizations>>(&mut self, id: Id<E>, expect: u64) {
        self.delete_any(key::<E>(self.owner, id.object_id()), expect);
    }

    pub(super) fn delete_any(&mut self, key: Key, expect: u64) {
        self.writes.push(Write::Delete { key, expect });
    }

    /// Holds the batch to a document being as it was read.
    pub fn hold<E: Entity<Scope: OfOrganizations>>(&mut self, seen: &Doc<E>) {
        let key = key::<E>(self.owner, seen.id.object_id());
        self.writes.push(Write::Check { key, expect: Expected::Version(seen.version) });
    }

    /// Holds the batch to no document of a kind having the id in a field.
    pub fn unreferenced<By, E>(&mut self, field: &'static str, id: Id<E>)
    where
        By: Entity<Scope: OfOrganizations>,
        E: Entity<Scope: OfOrganizations>,
    {
        let targets = Targets::one::<E>(self.owner, id.object_id());
        self.writes.push(Write::Unreferenced { by: By::COLLECTION.name, field, targets });
    }

    /// Appends events to a stream and writes the state that they lead to.
    pub fn append<E: Entity<Scope: OfOrganizations>>(
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

    /// Writes all of it. Deletes take along, or are refused by, what points at the deleted
    /// documents, as each entity declares.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a document is no longer as it was read,
    /// [`StoreError::Duplicate`] when a unique value is taken, [`StoreError::MissingReference`],
    /// [`StoreError::Referenced`].
    pub async fn commit(mut self) -> Result<()> {
        let written: HashSet<Key> = self.writes.iter().filter_map(Write::key).collect();
        let held: HashSet<Key> = self.held().map(|it| it.0).collect();
        self.find_shared(&written).await?;
        let unwritten = self.referred.iter().filter(|it| !written.contains(&it.key));
        let mut batch: Vec<Write> =
            unwritten.map(|it| Write::Check { key: it.key, expect: Expected::Present }).collect();
        let deletes = self.writes.iter().any(|it| matches!(it, Write::Delete { .. }));
        let committed = if deletes {
            self.delete_and_commit(batch).await
        } else {
            batch.extend(self.writes);
            self.backend.commit(batch).await
        };
        committed.map_err(|error| match error {
            StoreError::Conflict(key) if !written.contains(&key) && !held.contains(&key) => {
                match self.referred.into_iter().find(|it| it.key == key) {
                    Some(Referred { key, collection, field, .. }) => StoreError::MissingReference {
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

    /// What the batch is held to being as it was read.
    fn held(&self) -> impl Iterator<Item = (Key, u64)> {
        self.writes.iter().filter_map(|write| match write {
            Write::Check { key, expect: Expected::Version(version) } => Some((*key, *version)),
            _ => None,
        })
    }

    /// Whoever has a shared document now must have it at the commit.
    async fn find_shared(&mut self, written: &HashSet<Key>) -> Result<()> {
        let unknown = |it: &&mut Referred| it.shared && !written.contains(&it.key);
        for Referred { key, .. } in self.referred.iter_mut().filter(unknown) {
            if self.backend.get(key).await?.is_none() {
                key.owner = Owner::Platform;
            }
        }
        Ok(())
    }

    /// Others may write what a delete touches between its planning and the commit: then it is
    /// planned anew, as long as what the caller expects is there.
    async fn delete_and_commit(&self, checks: Vec<Write>) -> Result<()> {
        let mut attempts = 0;
        loop {
            let deletion = Deletion::of(&*self.backend, model::COLLECTIONS, &self.writes).await?;
            let lookups = self.freed_lookups(&deletion).await?;
            let planned = deletion.writes(self.at)?;
            let batch = [checks.clone(), self.writes.clone(), planned, lookups].concat();
            attempts += 1;
            match self.backend.commit(batch).await {
                Err(StoreError::Conflict(key))
                    if attempts < ATTEMPTS && self.expects_present_version(&key).await? => {}
                answer => return answer,
            }
        }
    }

    /// Whether what the caller himself expects of a document holds.
    async fn expects_present_version(&self, key: &Key) -> Result<bool> {
        let mut own = self.writes.iter().filter_map(|write| match write {
            Write::Put { key, expect, .. } | Write::Delete { key, expect } => Some((key, *expect)),
            Write::Append { stream, expect, .. } => Some((stream, *expect)),
            _ => None,
        });
        let held = || self.held().find(|it| it.0 == *key).map(|it| it.1);
        let Some(expect) = own.find(|it| it.0 == key).map(|it| it.1).or_else(held) else {
            return Ok(!self.referred.iter().any(|it| it.key == *key));
        };
        let found = self.backend.get(key).await?;
        Ok(found.map_or(0, |it| it.version) == expect)
    }

    /// The unique values of what goes can be taken by others.
    async fn freed_lookups(&self, deletion: &Deletion<'_>) -> Result<Vec<Write>> {
        let mut freed = Vec::new();
        for (key, record) in deletion.doomed() {
            let found = if record.is_none() { self.backend.get(key).await? } else { None };
            let Some(record) = record.or(found.as_ref()) else { continue };
            for (kind, value) in model::lookups(key.collection, record.body.as_str()) {
                let id = Lookup::id_for(kind, &value).object_id();
                let lookup = super::key::<Lookup>(Owner::Platform, id);
                if self.writes.iter().any(|it| it.key() == Some(lookup)) {
                    continue;
                }
                let Some(found) = self.backend.get(&lookup).await? else { continue };
                if found.body.read::<Lookup>().is_ok_and(|it| it.target_id == key.id) {
                    freed.push(Write::Delete { key: lookup, expect: found.version });
                }
            }
        }
        Ok(freed)
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
            for id in references::ids_at(&document, reference.field) {
                let owners = owners(reference.to);
                let owner = match owners {
                    Some(Owners::Organizations | Owners::Both) => self.owner,
                    Some(Owners::Platform) => Owner::Platform,
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
                        shared: owners == Some(Owners::Both),
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

fn lookup_name(kind: LookupKind) -> &'static str {
    match kind {
        LookupKind::PublicKey => "public_key",
        LookupKind::TenantSubdomain => "tenant_subdomain",
        LookupKind::Membership => "user_id",
        LookupKind::ExpressLink => "slug",
    }
}
