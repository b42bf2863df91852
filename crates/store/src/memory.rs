//! Keeps everything in memory: the simulator, and the plainest reading of what a backend must do.

mod tables;

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use model::Collection;

use self::tables::Tables;
use crate::{Backend, Key, Page, Query, Record, Result, StoredEvent, Write};

/// A store that ends with the process.
#[derive(Debug, Default)]
pub struct MemoryBackend {
    tables: Mutex<Tables>,
}

impl MemoryBackend {
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
        let tables = self.tables();
        let events = tables.stream(stream)?.iter().filter(|it| it.sequence > after);
        Ok(events.take(limit).cloned().collect())
    }

    async fn events_of_command(&self, stream: &Key, command_id: &str) -> Result<Vec<StoredEvent>> {
        let tables = self.tables();
        let events = tables.stream(stream)?.iter().filter(|it| it.command_id == command_id);
        Ok(events.cloned().collect())
    }

    async fn commit(&self, batch: Vec<Write>) -> Result<()> {
        self.tables().commit(batch)
    }
}

#[cfg(test)]
crate::conformance!(async || MemoryBackend::default());
