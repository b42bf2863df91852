//! The distributed engine: a MongoDB replica set, or a sharded cluster.
//!
//! Correctness comes from unique indexes and version checks; transactions only group. All that is
//! answered is durable on a majority, whatever the URL says.

mod body;
mod commit;
mod document;
mod error;
mod feed;
mod inspect;
mod open;
mod scan;
mod schema;
mod select;
mod steps;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use model::Collection;
use mongodb::{
    Client, Database,
    bson::{Document, RawDocumentBuf},
    error::Error,
    options::{Acknowledgment, Hint, ReadConcern, ReadPreference, SelectionCriteria, WriteConcern},
};
use store::{
    Backend, Fault, Feed, Key, Page, Position, Query, Record, Referrers, Result, Scanned, Snapshot,
    StoreError, StoredEvent, Write,
};

use self::{
    error::unavailable,
    feed::MongoFeed,
    open::Empty,
    scan::{Find, MongoSnapshot, read_events, read_events_after, scanned},
    schema::{Tables, reference_index},
};

const PRIMARY: SelectionCriteria = SelectionCriteria::ReadPreference(ReadPreference::Primary);

/// How long a write waits for a majority before it is tried again.
const REPLICATION: Duration = Duration::from_secs(10);

/// A store in one database of MongoDB. Several processes may have it open at once.
#[derive(Debug, Clone)]
pub struct MongoBackend {
    client: Client,
    database: Database,
    tables: Arc<RwLock<Arc<Tables>>>,
}

/// On the disks of a majority.
fn majority() -> WriteConcern {
    WriteConcern::builder().w(Acknowledgment::Majority).journal(true).w_timeout(REPLICATION).build()
}

impl MongoBackend {
    /// Opens the database that the URL names, and makes it a store when it is empty.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] in one sentence: nobody answers, the credentials are wrong, the
    /// server is no replica set, or the database is of something else or of a newer version.
    pub async fn open(url: &str) -> Result<Self> {
        Self::connect(url, Empty::Claimed).await
    }

    /// Opens the store that the URL names, and changes nothing when there is none.
    ///
    /// # Errors
    /// As [`open`](Self::open), and when the database is empty.
    pub async fn open_existing(url: &str) -> Result<Self> {
        Self::connect(url, Empty::Refused).await
    }

    async fn connect(url: &str, empty: Empty) -> Result<Self> {
        let (client, database) = open::open(url, empty).await?;
        Ok(Self { client, database, tables: Arc::default() })
    }

    fn tables(&self) -> Arc<Tables> {
        Arc::clone(&self.tables.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn collection(&self, name: &str) -> mongodb::Collection<Document> {
        self.database.collection(name)
    }

    fn raw(&self, name: &str) -> mongodb::Collection<RawDocumentBuf> {
        self.database.collection(name)
    }

    async fn find_one(
        &self,
        collection: &str,
        filter: Document,
    ) -> Result<Option<RawDocumentBuf>, Error> {
        self.raw(collection)
            .find_one(filter)
            .selection_criteria(PRIMARY)
            .read_concern(ReadConcern::majority())
            .await
    }

    async fn find(&self, collection: &str, find: Find) -> Result<Vec<RawDocumentBuf>> {
        find.all(self.raw(collection), None).await.map_err(|error| unavailable(&error))
    }
}

#[async_trait]
impl Backend for MongoBackend {
    async fn ensure(&self, collections: &[Collection]) -> Result<()> {
        self.make(collections).await.map_err(|error| unavailable(&error))?;
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        let known = Arc::make_mut(&mut tables);
        known.catalog.extend(collections);
        known.names.extend(collections.iter().map(|it| it.name));
        Ok(())
    }

    async fn get(&self, key: &Key) -> Result<Option<Record>> {
        let collection = self.tables().catalog.collection(key.collection)?.name;
        let found = self.find_one(collection, document::at(key)).await;
        let found = found.map_err(|error| unavailable(&error))?;
        let record = found.and_then(|it| document::record(collection, &it)).transpose();
        record.map_err(|it| StoreError::Corrupt { collection, id: key.id, reason: it.reason })
    }

    async fn list(&self, query: &Query) -> Result<Page> {
        let Some(select) = select::select(&self.tables().catalog, query)? else {
            return Ok(Page::default());
        };
        self.page(query, select).await
    }

    async fn events(&self, stream: &Key, after: u64, limit: usize) -> Result<Vec<StoredEvent>> {
        let of = self.tables().catalog.events(stream.collection)?;
        let found = self.find(of.name, Find::events(stream, of, after, limit)).await?;
        read_events_after(stream, of, after, &found)
    }

    async fn events_of_command(&self, stream: &Key, command_id: &str) -> Result<Vec<StoredEvent>> {
        let of = self.tables().catalog.events(stream.collection)?;
        let find = Find::events_of_command(stream, of, command_id);
        read_events(stream, of, &self.find(of.name, find).await?)
    }

    async fn count(&self, query: &Query) -> Result<u64> {
        let (filter, index) = select::all(&self.tables().catalog, query)?;
        self.collection(query.collection)
            .count_documents(filter)
            .hint(Hint::Name(index.to_owned()))
            .selection_criteria(PRIMARY)
            .read_concern(ReadConcern::majority())
            .await
            .map_err(|error| unavailable(&error))
    }

    async fn referrers(&self, referrers: &Referrers) -> Result<Scanned> {
        let tables = self.tables();
        let collection = tables.catalog.collection(referrers.by)?;
        let is_declared = document::is_reference(collection, referrers.field)
            && referrers.targets.owner != store::Owner::Platform;
        let find = Find {
            filter: steps::referring(referrers),
            sort: mongodb::bson::doc! { "_id": 1 },
            hint: is_declared.then(|| reference_index(collection, referrers.field)),
            limit: referrers.limit.saturating_add(1),
        };
        let found = self.find(collection.name, find).await?;
        Ok(scanned(collection.name, found, referrers.limit))
    }

    async fn watch(&self, after: Option<&Position>) -> Result<Box<dyn Feed>> {
        let collections = self.tables().names.iter().copied().collect();
        Ok(Box::new(MongoFeed::open(self.database.clone(), collections, after).await?))
    }

    /// As of now, for as long as the server keeps its history: 300 seconds, unless its parameter
    /// `minSnapshotHistoryWindowInSeconds` says otherwise. Reading on after that is
    /// [`StoreError::Unavailable`].
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        let snapshot = MongoSnapshot::begin(self.clone()).await;
        Ok(Box::new(snapshot.map_err(|error| unavailable(&error))?))
    }

    async fn inspect(&self, collections: &[Collection]) -> Result<Vec<Fault>> {
        self.faults(collections).await.map_err(|error| unavailable(&error))
    }

    async fn mend(&self, collections: &[Collection]) -> Result<()> {
        self.make_anew(collections).await.map_err(|error| unavailable(&error))
    }

    async fn commit(&self, batch: Vec<Write>) -> Result<()> {
        self.commit_batch(&batch).await
    }
}
