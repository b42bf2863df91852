use std::sync::Arc;

use async_trait::async_trait;
use model::Collection;

use crate::{
    Backend, Expected, Fault, Feed, Key, Page, Position, Query, Record, Referrers, Result, Scanned,
    Snapshot, StoredEvent, Write,
};

/// A database that takes no batch once a document is at another version than it was: whoever has
/// lost a lease cannot write, however late they notice.
pub(crate) struct Fenced {
    inner: Arc<dyn Backend>,
    fence: Key,
    version: u64,
}

impl Fenced {
    pub(crate) fn new(inner: Arc<dyn Backend>, fence: Key, version: u64) -> Self {
        Self { inner, fence, version }
    }
}

#[async_trait]
impl Backend for Fenced {
    async fn ensure(&self, collections: &[Collection]) -> Result<()> {
        self.inner.ensure(collections).await
    }

    async fn get(&self, key: &Key) -> Result<Option<Record>> {
        self.inner.get(key).await
    }

    async fn list(&self, query: &Query) -> Result<Page> {
        self.inner.list(query).await
    }

    async fn events(&self, stream: &Key, after: u64, limit: usize) -> Result<Vec<StoredEvent>> {
        self.inner.events(stream, after, limit).await
    }

    async fn events_of_command(&self, stream: &Key, command_id: &str) -> Result<Vec<StoredEvent>> {
        self.inner.events_of_command(stream, command_id).await
    }

    async fn commit(&self, mut batch: Vec<Write>) -> Result<()> {
        let expect = Expected::Version(self.version);
        batch.insert(0, Write::Check { key: self.fence, expect });
        self.inner.commit(batch).await
    }

    async fn count(&self, query: &Query) -> Result<u64> {
        self.inner.count(query).await
    }

    async fn referrers(&self, referrers: &Referrers) -> Result<Scanned> {
        self.inner.referrers(referrers).await
    }

    async fn watch(&self, after: Option<&Position>) -> Result<Box<dyn Feed>> {
        self.inner.watch(after).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        self.inner.snapshot().await
    }

    async fn inspect(&self, collections: &[Collection]) -> Result<Vec<Fault>> {
        self.inner.inspect(collections).await
    }

    async fn mend(&self, collections: &[Collection]) -> Result<()> {
        self.inner.mend(collections).await
    }
}
