use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::Connection;
use store::{Key, Result, Scan, Scanned, Snapshot, StoredEvent};

use crate::{Shared, blocking, error, read, schema::Tables};

/// A connection of its own with an open transaction: the log is kept for as long as it reads.
pub(crate) struct SqliteSnapshot {
    connection: Arc<Mutex<Connection>>,
    tables: Arc<Tables>,
}

impl SqliteSnapshot {
    pub(crate) fn new(shared: &Shared) -> Result<Self> {
        let connection = shared.readers.take()?;
        // A transaction sees what was there at its first read.
        connection
            .execute_batch("BEGIN; SELECT count(*) FROM _meta")
            .map_err(|it| error::unavailable(&it))?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), tables: shared.tables() })
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection, &Tables) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (connection, tables) = (Arc::clone(&self.connection), Arc::clone(&self.tables));
        blocking(move || read(&connection.lock().unwrap_or_else(PoisonError::into_inner), &tables))
            .await
    }
}

#[async_trait]
impl Snapshot for SqliteSnapshot {
    async fn scan(&mut self, scan: &Scan) -> Result<Scanned> {
        let scan = scan.clone();
        self.read(move |connection, tables| read::scan(connection, tables, &scan)).await
    }

    async fn events(&mut self, stream: &Key, after: u64, limit: usize) -> Result<Vec<StoredEvent>> {
        let stream = *stream;
        self.read(move |connection, tables| read::events(connection, tables, &stream, after, limit))
            .await
    }
}
