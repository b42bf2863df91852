use std::{collections::VecDeque, pin::pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use rusqlite::Connection;
use store::{Change, Feed, Position, Result, StoreError};

use crate::{
    Shared, error,
    log::{self, Logged},
};

/// How long what another process wrote may go unnoticed.
const POLL: Duration = Duration::from_millis(200);

/// Rows of the log that are read at once.
const ROWS: usize = 256;

/// Reads the log of changes from a place on.
pub(crate) struct SqliteFeed {
    shared: Arc<Shared>,
    next: Place,
    /// Changes before `next` that nobody took yet.
    read: VecDeque<Change>,
}

/// A row of the log and the number of its changes that were given out.
#[derive(Debug, Clone, Copy)]
struct Place {
    row: i64,
    taken: usize,
}

impl SqliteFeed {
    pub(crate) fn new(shared: Arc<Shared>, after: Option<&Position>) -> Result<Self> {
        let next = shared.readers.with(|connection| match after {
            None => {
                let row = log::next(connection).map_err(|it| error::unavailable(&it))?;
                Ok(Place { row, taken: 0 })
            }
            Some(position) => {
                let lost = || StoreError::PositionLost(position.clone());
                let place = Place::parse(position).ok_or_else(lost)?;
                let row = rows(connection, place.row, 1)?.pop();
                let row = row.filter(|it| it.position == place.row);
                let changes = row.and_then(|it| it.changes(&shared.tables().catalog));
                let changes = changes.ok_or_else(lost)?;
                if place.taken > changes.len() { Err(lost()) } else { Ok(place) }
            }
        })?;
        Ok(Self { shared, next, read: VecDeque::new() })
    }

    /// Reads what is behind the last change that was read, if there is something.
    fn read(&mut self) -> Result<()> {
        let tables = self.shared.tables();
        let rows = self.shared.readers.with(|it| rows(it, self.next.row, ROWS))?;
        for row in rows {
            let next = row.position == self.next.row;
            let changes = next.then(|| row.changes(&tables.catalog)).flatten();
            let Some(changes) = changes else {
                // What is left to read comes first; then nothing was, and this is the answer.
                if self.read.is_empty() {
                    return Err(StoreError::PositionLost(self.next.position()));
                }
                return Ok(());
            };
            for (index, change) in changes.into_iter().enumerate().skip(self.next.taken) {
                self.next.taken = index + 1;
                let position = self.next.position();
                self.read.extend(change.map(|(key, version)| Change { position, key, version }));
            }
            self.next = Place { row: row.position + 1, taken: 0 };
        }
        Ok(())
    }
}

#[async_trait]
impl Feed for SqliteFeed {
    async fn next(&mut self) -> Result<Change> {
        let shared = Arc::clone(&self.shared);
        loop {
            let mut written = pin!(shared.written.notified());
            // From here on no write of this process goes unnoticed.
            written.as_mut().enable();
            if self.read.is_empty() {
                self.read()?;
            }
            if let Some(change) = self.read.pop_front() {
                return Ok(change);
            }
            // Passing is no error: it is time to look again.
            let _ = tokio::time::timeout(POLL, written).await;
        }
    }
}

impl Place {
    fn parse(position: &Position) -> Option<Self> {
        let (row, taken) = position.0.split_once('.')?;
        let place = Self { row: row.parse().ok()?, taken: taken.parse().ok()? };
        Some(place).filter(|it| it.taken > 0 && it.position() == *position)
    }

    fn position(self) -> Position {
        Position(format!("{}.{}", self.row, self.taken))
    }
}

fn rows(connection: &Connection, from: i64, limit: usize) -> Result<Vec<Logged>> {
    log::rows(connection, from, limit).map_err(|it| error::unavailable(&it))
}
