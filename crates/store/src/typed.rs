pub(crate) mod deletion;
mod quarantine;
mod unit;

use std::{marker::PhantomData, sync::Arc};

use model::{
    Doc, Entity, Id, Index, Lookup, LookupKind, ObjectId, OfOrganizations, OfPlatform, Timestamp,
    core::Organization,
};
use serde::de::DeserializeOwned;

use self::quarantine::Quarantine;
pub use self::unit::{PlatformUnit, UnitOfWork};
use crate::{
    Backend, Cursor, Key, Order, Owner, Page, Query, Record, Referrers, Result, Scalar, StoreError,
    Stored, StoredEvent, Targets, Write, fenced::Fenced,
};

/// A database. Documents are reached through `scoped` or `platform`, which take only entities of
/// their own scope:
///
/// ```
/// # use {model::{*, core::*}, store::*};
/// # async fn f(store: Store, organization: Id<Organization>, id: Id<BrandKit>) {
/// let _ = store.scoped(organization).get(id).await;
/// # }
/// ```
/// An organization's document has no other way in:
/// ```compile_fail,E0277
/// # use {model::{*, core::*}, store::*};
/// # async fn f(store: Store, id: Id<BrandKit>) {
/// let _ = store.platform().get(id).await;
/// # }
/// ```
/// Nor has a global one:
/// ```compile_fail,E0277
/// # use {model::{*, core::*}, store::*};
/// # async fn f(store: Store, organization: Id<Organization>, id: Id<PermissionRecord>) {
/// let _ = store.scoped(organization).get(id).await;
/// # }
/// ```
/// Of shared entities each way leads to its own documents only:
/// ```
/// # use {model::{*, core::*}, store::*};
/// # async fn f(store: Store, organization: Id<Organization>, id: Id<Role>) {
/// let _ = store.scoped(organization).get(id).await;
/// let _ = store.platform().get(id).await;
/// # }
/// ```
#[derive(Clone)]
pub struct Store {
    backend: Arc<dyn Backend>,
    quarantine: Arc<Quarantine>,
}

/// The documents of one organization. Holds the owner; no method takes one.
#[derive(Clone)]
pub struct Scoped {
    backend: Arc<dyn Backend>,
    quarantine: Arc<Quarantine>,
    organization: Id<Organization>,
}

/// The documents that belong to no organization.
#[derive(Clone)]
pub struct Platform {
    backend: Arc<dyn Backend>,
    quarantine: Arc<Quarantine>,
}

/// Which documents of a collection, in which order.
pub struct Find<E> {
    index: Option<&'static Index>,
    equal: Vec<Scalar>,
    from: Option<Scalar>,
    until: Option<Scalar>,
    order: Order,
    after: Option<Cursor>,
    limit: usize,
    of: PhantomData<fn() -> E>,
}

impl Store {
    /// Makes collections and indexes that are not there yet.
    ///
    /// # Errors
    /// When the database does not answer or cannot be written.
    pub async fn open(backend: Arc<dyn Backend>) -> Result<Self> {
        backend.ensure(model::COLLECTIONS).await?;
        Ok(Self { backend, quarantine: Arc::default() })
    }

    /// The same documents, for writing only as long as a global document is at this version:
    /// every batch is checked against it, whatever is in it.
    #[must_use]
    pub fn fenced<E: Entity<Scope: OfPlatform>>(&self, id: Id<E>, version: u64) -> Self {
        let fence = key::<E>(Owner::Platform, id.object_id());
        let backend = Arc::new(Fenced::new(self.backend.clone(), fence, version));
        Self { backend, quarantine: self.quarantine.clone() }
    }

    /// One organization's documents.
    pub fn scoped(&self, organization: Id<Organization>) -> Scoped {
        let (backend, quarantine) = (self.backend.clone(), self.quarantine.clone());
        Scoped { backend, quarantine, organization }
    }

    /// Nobody's documents.
    pub fn platform(&self) -> Platform {
        Platform { backend: self.backend.clone(), quarantine: self.quarantine.clone() }
    }

    /// Deletes a document of any kind with all that this entails; for repairs.
    ///
    /// # Errors
    /// As [`UnitOfWork::commit`].
    pub async fn delete(&self, key: Key, expect: u64, at: Timestamp) -> Result<()> {
        let mut unit = UnitOfWork::new(self.backend.clone(), key.owner, at);
        unit.delete_any(key, expect);
        unit.commit().await
    }

    /// Takes ids out of a reference field of any kind of document as it is now; for repairs.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is written meanwhile, or is not there.
    pub async fn empty(
        &self,
        key: Key,
        field: &str,
        ids: &[ObjectId],
        at: Timestamp,
    ) -> Result<()> {
        let record = self.backend.get(&key).await?.ok_or(StoreError::Conflict(key))?;
        let mut body = record.body.read().map_err(|it| record.corrupt(&it))?;
        deletion::empty(&mut body, field, ids);
        let (expect, body) = (record.version, Stored::of(&body)?);
        self.backend.commit(vec![Write::Put { key, expect, at, body }]).await
    }

    /// Everybody's documents, below the types: for what moves or checks a whole store.
    pub fn backend(&self) -> &Arc<dyn Backend> {
        &self.backend
    }
}

impl Platform {
    /// The document, if there is one.
    pub async fn get<E: Entity<Scope: OfPlatform>>(&self, id: Id<E>) -> Result<Option<Doc<E>>> {
        let record = self.backend.get(&key::<E>(Owner::Platform, id.object_id())).await?;
        record.as_ref().map(decode).transpose()
    }

    /// One page. A document that cannot be read is left out, and named in the log.
    pub async fn list<E: Entity<Scope: OfPlatform>>(
        &self,
        find: Find<E>,
    ) -> Result<(Vec<Doc<E>>, Option<Cursor>)> {
        Ok(self.quarantine.sort(self.backend.list(&find.query(Owner::Platform)).await?))
    }

    /// How many there are on all pages.
    pub async fn count<E: Entity<Scope: OfPlatform>>(&self, find: Find<E>) -> Result<u64> {
        self.backend.count(&find.query(Owner::Platform)).await
    }

    /// Whose document has a globally unique value, and which it is.
    pub async fn lookup(&self, kind: LookupKind, value: &str) -> Result<Option<Lookup>> {
        let found = self.get(Lookup::id_for(kind, value)).await?;
        Ok(found.map(|it| it.body).filter(|it| it.kind == kind && it.value == value))
    }
}

impl Platform {
    /// All globally unique values of a kind that begin with a text.
    pub async fn lookups(&self, kind: LookupKind, prefix: &str) -> Result<Vec<Lookup>> {
        const BY_VALUE: &Index = &Lookup::COLLECTION.indexes[0];
        let text = |it: String| Scalar::Text(it);
        // No UTF-8 text has the last code point in it, so that all that begin with the prefix are
        // before this one.
        let until = format!("{prefix}{}", char::MAX);
        let kind = serde_json::to_value(kind).ok().and_then(|it| it.as_str().map(str::to_owned));
        let find = Find::by(BY_VALUE, [text(kind.unwrap_or_default())])
            .between(text(prefix.to_owned()), text(until));
        Ok(self.list::<Lookup>(find).await?.0.into_iter().map(|it| it.body).collect())
    }
}

impl Scoped {
    /// Whose documents these are.
    pub fn organization(&self) -> Id<Organization> {
        self.organization
    }

    /// The document, if the organization has it.
    pub async fn get<E: Entity<Scope: OfOrganizations>>(
        &self,
        id: Id<E>,
    ) -> Result<Option<Doc<E>>> {
        let record = self.backend.get(&self.key(id)).await?;
        record.as_ref().map(decode).transpose()
    }

    /// The document as the store keeps it, byte for byte.
    pub async fn raw<E: Entity<Scope: OfOrganizations>>(
        &self,
        id: Id<E>,
    ) -> Result<Option<Record>> {
        self.backend.get(&self.key(id)).await
    }

    /// One page. A document that cannot be read is left out, and named in the log.
    pub async fn list<E: Entity<Scope: OfOrganizations>>(
        &self,
        find: Find<E>,
    ) -> Result<(Vec<Doc<E>>, Option<Cursor>)> {
        Ok(self.quarantine.sort(self.backend.list(&find.query(self.owner())).await?))
    }

    /// How many there are on all pages.
    pub async fn count<E: Entity<Scope: OfOrganizations>>(&self, find: Find<E>) -> Result<u64> {
        self.backend.count(&find.query(self.owner())).await
    }

    /// One page of a few top-level fields of the documents, for those that are large and of which
    /// little is asked.
    pub async fn list_fields<E: Entity<Scope: OfOrganizations>, T: DeserializeOwned>(
        &self,
        find: Find<E>,
        fields: &'static [&'static str],
    ) -> Result<(Vec<(Id<E>, T)>, Option<Cursor>)> {
        let query = Query { fields: Some(fields), ..find.query(self.owner()) };
        let Page { records, damaged, next } = self.backend.list(&query).await?;
        self.quarantine.put(damaged);
        let read = |it: Record| {
            let part = it.body.read().map_err(|error| it.corrupt(&error))?;
            Ok((Id::new(it.key.id), part))
        };
        Ok((records.into_iter().map(read).collect::<Result<_>>()?, next))
    }

    /// One of the organization's own documents that have the id in a field, if any has.
    pub async fn referrer<By, E>(&self, field: &'static str, id: Id<E>) -> Result<Option<Id<By>>>
    where
        By: Entity<Scope: OfOrganizations>,
        E: Entity<Scope: OfOrganizations>,
    {
        let targets = Targets::one::<E>(self.owner(), id.object_id());
        let by = By::COLLECTION.name;
        let found = self
            .backend
            .referrers(&Referrers { by, field, targets, after: None, limit: 1 })
            .await?;
        Ok(found.records.first().map(|it| Id::new(it.key.id)))
    }

    /// Events of a stream with a sequence above `after`, at most `limit`.
    pub async fn events<E: Entity<Scope: OfOrganizations>>(
        &self,
        stream: Id<E>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>> {
        self.backend.events(&self.key(stream), after, limit).await
    }

    /// The events that one command appended.
    pub async fn events_of_command<E: Entity<Scope: OfOrganizations>>(
        &self,
        stream: Id<E>,
        command_id: &str,
    ) -> Result<Vec<StoredEvent>> {
        self.backend.events_of_command(&self.key(stream), command_id).await
    }

    fn owner(&self) -> Owner {
        Owner::Organization(self.organization.object_id())
    }

    fn key<E: Entity<Scope: OfOrganizations>>(&self, id: Id<E>) -> Key {
        key::<E>(self.owner(), id.object_id())
    }
}

impl<E> Find<E> {
    /// All, by id.
    pub fn all() -> Self {
        Self {
            index: None,
            equal: Vec::new(),
            from: None,
            until: None,
            order: Order::Ascending,
            after: None,
            limit: 200,
            of: PhantomData,
        }
    }

    /// Those whose first fields of the index have these values, in the index's order.
    pub fn by(index: &'static Index, equal: impl IntoIterator<Item = Scalar>) -> Self {
        Self { index: Some(index), equal: equal.into_iter().collect(), ..Self::all() }
    }

    /// Only those whose next field of the index is from `from` (included) until `until` (excluded).
    #[must_use]
    pub fn between(self, from: Scalar, until: Scalar) -> Self {
        Self { from: Some(from), until: Some(until), ..self }
    }

    /// Highest first.
    #[must_use]
    pub fn descending(self) -> Self {
        Self { order: Order::Descending, ..self }
    }

    /// Goes on behind the page before.
    #[must_use]
    pub fn after(self, after: Option<Cursor>) -> Self {
        Self { after, ..self }
    }

    /// At most so many; 200 when not said.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self { limit, ..self }
    }
}

impl<E: Entity> Find<E> {
    fn query(self, owner: Owner) -> Query {
        Query {
            owner,
            collection: E::COLLECTION.name,
            index: self.index,
            equal: self.equal,
            from: self.from,
            until: self.until,
            order: self.order,
            after: self.after,
            limit: self.limit,
            fields: None,
        }
    }
}

impl Targets {
    fn one<E: Entity>(owner: Owner, id: ObjectId) -> Self {
        Self { owner, collection: E::COLLECTION.name, ids: vec![id] }
    }
}

fn key<E: Entity>(owner: Owner, id: ObjectId) -> Key {
    Key { owner, collection: E::COLLECTION.name, id }
}

fn decode<E: Entity>(record: &Record) -> Result<Doc<E>> {
    let body = record.body.read().map_err(|error| StoreError::Corrupt {
        collection: record.key.collection,
        id: record.key.id,
        reason: error.to_string(),
    })?;
    Ok(Doc {
        id: Id::new(record.key.id),
        organization_id: match record.key.owner {
            Owner::Platform => None,
            Owner::Organization(id) => Some(Id::new(id)),
        },
        version: record.version,
        created_at: record.created_at,
        updated_at: record.updated_at,
        body,
    })
}
