//! Keeps everything in memory: the simulator, and the plainest reading of what a backend must do.

mod feed;
mod tables;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use model::Collection;

use tokio::sync::Notify;

use self::{feed::MemoryFeed, tables::Tables};
use crate::{
    Backend, Fault, Feed, Key, Page, Position, Query, Record, Referrers, Result, Scan, Scanned,
    Snapshot, StoreError, StoredEvent, Write,
};

/// A store that ends with the process.
#[derive(Debug, Default)]
pub struct MemoryBackend {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    tables: Mutex<Tables>,
    written: Notify,
}

impl MemoryBackend {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.shared.tables()
    }
}

impl Shared {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Backend for MemoryBackend {
    async fn ensure(&self, collections: &[Collection]) -> Result<()> {
        self.tables().ensure(collections)
    }

    async fn get(&self, key: &Key) -> Result<Option<Record>> {
        self.tables().get(key)
    }

    async fn list(&self, query: &Query) -> Result<Page> {
        self.tables().list(query)
    }

    async fn events(&self, stream: &Key, after: u64, limit: usize) -> Result<Vec<StoredEvent>> {
        self.tables().events(stream, after, limit)
    }

    async fn events_of_command(&self, stream: &Key, command_id: &str) -> Result<Vec<StoredEvent>> {
        let tables = self.tables();
        let events = tables.stream(stream)?.iter().filter(|it| it.command_id == command_id);
        Ok(events.cloned().collect())
    }

    async fn commit(&self, batch: Vec<Write>) -> Result<()> {
        self.tables().commit(batch)?;
        self.shared.written.notify_waiters();
        Ok(())
    }

    async fn count(&self, query: &Query) -> Result<u64> {
        self.tables().count(query)
    }

    async fn referrers(&self, referrers: &Referrers) -> Result<Scanned> {
        self.tables().referrers(referrers)
    }

    async fn watch(&self, after: Option<&Position>) -> Result<Box<dyn Feed>> {
        let seen = match after {
            None => self.tables().log.len(),
            Some(position) => {
                let lost = || StoreError::PositionLost(position.clone());
                let seen = position.0.parse().map_err(|_| lost())?;
                if seen > self.tables().log.len() {
                    return Err(lost());
                }
                seen
            }
        };
        Ok(Box::new(MemoryFeed::new(self.shared.clone(), seen)))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        Ok(Box::new(self.tables().clone()))
    }

    async fn inspect(&self, _: &[Collection]) -> Result<Vec<Fault>> {
        Ok(Vec::new())
    }

    async fn mend(&self, collections: &[Collection]) -> Result<()> {
        self.tables().ensure(collections)
    }
}

#[async_trait]
impl Snapshot for Tables {
    async fn scan(&mut self, scan: &Scan) -> Result<Scanned> {
        Tables::scan(self, scan)
    }

    async fn events(&mut self, stream: &Key, after: u64, limit: usize) -> Result<Vec<StoredEvent>> {
        Tables::events(self, stream, after, limit)
    }
}

#[cfg(test)]
crate::conformance!(async || MemoryBackend::default());
