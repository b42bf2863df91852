//! Documents by owner and id, and views of one instant.

use async_trait::async_trait;
use futures_util::TryStreamExt;
use model::EventCollection;
use mongodb::{
    ClientSession, Collection,
    bson::{Bson, Document, RawDocumentBuf, doc},
    error::Error,
    options::{Hint, ReadConcern},
};
use store::{Key, Result, Scan, Scanned, Snapshot, StoreError, StoredEvent};

use crate::{
    MongoBackend, PRIMARY,
    document::{self, event_id, id_of, key_in, owner_of},
    error::unavailable,
    open::META,
};

/// A `find`, inside a session or not.
#[derive(Debug, Default)]
pub(crate) struct Find {
    pub(crate) filter: Document,
    pub(crate) sort: Document,
    pub(crate) hint: Option<String>,
    pub(crate) limit: usize,
}

/// Reads as of the instant of its first read.
pub(crate) struct MongoSnapshot {
    backend: MongoBackend,
    session: ClientSession,
}

impl Find {
    /// # Errors
    /// What the driver says.
    pub(crate) async fn all(
        self,
        collection: Collection<RawDocumentBuf>,
        session: Option<&mut ClientSession>,
    ) -> Result<Vec<RawDocumentBuf>, Error> {
        if self.limit == 0 {
            return Ok(Vec::new());
        }
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX);
        let find = collection.find(self.filter).sort(self.sort).limit(limit);
        let find = find.selection_criteria(PRIMARY).allow_disk_use(true);
        let find = match self.hint {
            Some(name) => find.hint(Hint::Name(name)),
            None => find,
        };
        match session {
            None => {
                let find = find.read_concern(ReadConcern::majority());
                find.await?.try_collect().await
            }
            Some(session) => {
                let mut cursor = find.session(&mut *session).await?;
                cursor.stream(session).try_collect().await
            }
        }
    }

    /// The part of a collection that a scan asks for, and one more.
    pub(crate) fn scan(scan: &Scan) -> Self {
        let mut id = Document::new();
        if let Some(owner) = scan.owner {
            id.insert("$gte", doc! { "organization_id": owner_of(owner), "id": Bson::MinKey });
            id.insert("$lte", doc! { "organization_id": owner_of(owner), "id": Bson::MaxKey });
        }
        if let Some((owner, after)) = scan.after {
            id.insert("$gt", id_of(owner, after));
        }
        let filter = if id.is_empty() {
            Document::new()
        } else {
            doc! { "_id": id }
        };
        let limit = scan.limit.saturating_add(1);
        Self { filter, sort: doc! { "_id": 1 }, limit, ..Self::default() }
    }

    pub(crate) fn events(stream: &Key, of: EventCollection, after: u64, limit: usize) -> Self {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let filter = doc! { "_id": {
            "$gt": event_id(stream, of, after),
            "$lt": event_id(stream, of, Bson::MaxKey),
        } };
        Self { filter, sort: doc! { "_id": 1 }, limit, ..Self::default() }
    }

    pub(crate) fn events_of_command(stream: &Key, of: EventCollection, command: &str) -> Self {
        let filter = doc! {
            "organization_id": owner_of(stream.owner),
            of.stream_field: document::native_id(stream.id),
            "command_id": command,
        };
        Self { filter, sort: doc! { "sequence": 1 }, limit: usize::MAX, ..Self::default() }
    }
}

/// What was found as a part of a collection, of which one more than the limit was asked for.
pub(crate) fn scanned(
    collection: &'static str,
    mut found: Vec<RawDocumentBuf>,
    limit: usize,
) -> Scanned {
    let more = found.len() > limit;
    found.truncate(limit);
    let mut part = Scanned::default();
    let key = |it: &RawDocumentBuf| key_in(collection, it.get_document("_id").ok()?);
    part.next = found.last().filter(|_| more).and_then(key).map(|it| (it.owner, it.id));
    for document in &found {
        match document::record(collection, document) {
            Some(Ok(record)) => part.records.push(record),
            Some(Err(damaged)) => part.damaged.push(damaged),
            None => tracing::warn!(collection, "a document has an id that is not from here"),
        }
    }
    part
}

/// # Errors
/// [`StoreError::Corrupt`] for an event that cannot be read.
pub(crate) fn read_events(
    stream: &Key,
    of: EventCollection,
    found: &[RawDocumentBuf],
) -> Result<Vec<StoredEvent>> {
    let read = found.iter().map(|it| document::event(of, it));
    read.collect::<Result<_, _>>().map_err(|reason| corrupt(stream, reason))
}

/// # Errors
/// [`StoreError::Corrupt`] for an event that cannot be read, or is missing before others.
pub(crate) fn read_events_after(
    stream: &Key,
    of: EventCollection,
    after: u64,
    found: &[RawDocumentBuf],
) -> Result<Vec<StoredEvent>> {
    let events = read_events(stream, of, found)?;
    match events.iter().zip(after.saturating_add(1)..).find(|(it, due)| it.sequence != *due) {
        None => Ok(events),
        Some((_, due)) => Err(corrupt(stream, format!("its event {due} is not there"))),
    }
}

fn corrupt(stream: &Key, reason: String) -> StoreError {
    StoreError::Corrupt { collection: stream.collection, id: stream.id, reason }
}

impl MongoSnapshot {
    pub(crate) async fn begin(backend: MongoBackend) -> Result<Self, Error> {
        let mut session = backend.client.start_session().snapshot(true).await?;
        // The first read fixes the instant.
        let first = Find { limit: 1, ..Find::default() };
        first.all(backend.database.collection(META), Some(&mut session)).await?;
        Ok(Self { backend, session })
    }

    /// The version of a document, and the sequences of its events.
    pub(crate) async fn sequences(
        &mut self,
        key: &Key,
        of: EventCollection,
    ) -> Result<(u64, Vec<u64>), Error> {
        let document = Find { filter: document::at(key), limit: 1, ..Find::default() };
        let collection = self.backend.raw(key.collection);
        let document = document.all(collection, Some(&mut self.session)).await?;
        let events = Find::events(key, of, 0, usize::MAX);
        let events = events.all(self.backend.raw(of.name), Some(&mut self.session)).await?;
        let version = document.first().map_or(0, |it| it.get_i64("version").unwrap_or(0));
        let sequences = events.iter().map(|it| document::sequence(it)).collect();
        Ok((version.unsigned_abs(), sequences))
    }

    async fn find(&mut self, collection: &str, find: Find) -> Result<Vec<RawDocumentBuf>> {
        let collection = self.backend.database.collection(collection);
        find.all(collection, Some(&mut self.session)).await.map_err(|error| unavailable(&error))
    }
}

#[async_trait]
impl Snapshot for MongoSnapshot {
    async fn scan(&mut self, scan: &Scan) -> Result<Scanned> {
        let tables = self.backend.tables();
        let collection = tables.catalog.collection(scan.collection)?.name;
        let found = self.find(collection, Find::scan(scan)).await?;
        Ok(scanned(collection, found, scan.limit))
    }

    async fn events(&mut self, stream: &Key, after: u64, limit: usize) -> Result<Vec<StoredEvent>> {
        let of = self.backend.tables().catalog.events(stream.collection)?;
        let found = self.find(of.name, Find::events(stream, of, after, limit)).await?;
        read_events_after(stream, of, after, &found)
    }
}
