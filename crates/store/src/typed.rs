mod references;
mod unit;

use std::{marker::PhantomData, sync::Arc};

use model::{
    Doc, Entity, Global, Id, Index, Lookup, LookupKind, ObjectId, PerTenant, core::Organization,
};

pub use self::unit::UnitOfWork;
use crate::{
    Backend, Cursor, Key, Order, Owner, Page, Query, Record, Result, Scalar, StoreError,
    StoredEvent,
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
/// ```compile_fail,E0271
/// # use {model::{*, core::*}, store::*};
/// # async fn f(store: Store, id: Id<BrandKit>) {
/// let _ = store.platform().get(id).await;
/// # }
/// ```
#[derive(Clone)]
pub struct Store {
    backend: Arc<dyn Backend>,
}

/// The documents of one organization. Holds the owner; no method takes one.
#[derive(Clone)]
pub struct Scoped {
    backend: Arc<dyn Backend>,
    organization: Id<Organization>,
}

/// The documents that belong to no organization.
#[derive(Clone)]
pub struct Platform {
    backend: Arc<dyn Backend>,
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
        Ok(Self { backend })
    }

    /// One organization's documents.
    pub fn scoped(&self, organization: Id<Organization>) -> Scoped {
        Scoped { backend: self.backend.clone(), organization }
    }

    /// Nobody's documents.
    pub fn platform(&self) -> Platform {
        Platform { backend: self.backend.clone() }
    }
}

impl Platform {
    /// The document, if there is one.
    pub async fn get<E: Entity<Scope = Global>>(&self, id: Id<E>) -> Result<Option<Doc<E>>> {
        let record = self.backend.get(&key::<E>(Owner::Platform, id.object_id())).await?;
        record.as_ref().map(decode).transpose()
    }

    /// One page.
    pub async fn list<E: Entity<Scope = Global>>(
        &self,
        find: Find<E>,
    ) -> Result<(Vec<Doc<E>>, Option<Cursor>)> {
        decode_page(self.backend.list(&find.query(Owner::Platform)).await?)
    }

    /// Whose document has a globally unique value, and which it is.
    pub async fn lookup(&self, kind: LookupKind, value: &str) -> Result<Option<Lookup>> {
        let found = self.get(Lookup::id_for(kind, value)).await?;
        Ok(found.map(|it| it.body).filter(|it| it.kind == kind && it.value == value))
    }
}

impl Scoped {
    /// Whose documents these are.
    pub fn organization(&self) -> Id<Organization> {
        self.organization
    }

    /// The document, if the organization has it.
    pub async fn get<E: Entity<Scope = PerTenant>>(&self, id: Id<E>) -> Result<Option<Doc<E>>> {
        let record = self.backend.get(&self.key(id)).await?;
        record.as_ref().map(decode).transpose()
    }

    /// The document as the store keeps it, byte for byte.
    pub async fn raw<E: Entity<Scope = PerTenant>>(&self, id: Id<E>) -> Result<Option<Record>> {
        self.backend.get(&self.key(id)).await
    }

    /// One page.
    pub async fn list<E: Entity<Scope = PerTenant>>(
        &self,
        find: Find<E>,
    ) -> Result<(Vec<Doc<E>>, Option<Cursor>)> {
        decode_page(self.backend.list(&find.query(self.owner())).await?)
    }

    /// Events of a stream with a sequence above `after`, at most `limit`.
    pub async fn events<E: Entity<Scope = PerTenant>>(
        &self,
        stream: Id<E>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>> {
        self.backend.events(&self.key(stream), after, limit).await
    }

    /// The events that one command appended.
    pub async fn events_of_command<E: Entity<Scope = PerTenant>>(
        &self,
        stream: Id<E>,
        command_id: &str,
    ) -> Result<Vec<StoredEvent>> {
        self.backend.events_of_command(&self.key(stream), command_id).await
    }

    fn owner(&self) -> Owner {
        Owner::Organization(self.organization.object_id())
    }

    fn key<E: Entity<Scope = PerTenant>>(&self, id: Id<E>) -> Key {
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
        }
    }
}

fn key<E: Entity>(owner: Owner, id: ObjectId) -> Key {
    Key { owner, collection: E::COLLECTION.name, id }
}

fn decode_page<E: Entity>(page: Page) -> Result<(Vec<Doc<E>>, Option<Cursor>)> {
    let docs = page.records.iter().map(decode).collect::<Result<_>>()?;
    Ok((docs, page.next))
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
