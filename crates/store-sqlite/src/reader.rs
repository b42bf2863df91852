use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use model::{ObjectId, Timestamp};
use rusqlite::{Connection, Error, OptionalExtension, Row, params, params_from_iter};
use store::{Cursor, Key, Owner, Page, Query, Record, Result, Stored, StoredEvent};

use crate::{Options, Shared, apply::Place, error, open, select};

/// Connections that only read; each is one caller's at a time.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    busy_timeout: Duration,
    keep: usize,
    /// `None` when closed.
    idle: Mutex<Option<Vec<Connection>>>,
}

impl Readers {
    pub(crate) fn new(path: &Path, options: &Options) -> Self {
        Self {
            path: path.to_owned(),
            busy_timeout: options.busy_timeout,
            keep: options.readers,
            idle: Mutex::new(Some(Vec::new())),
        }
    }

    /// The writer's connection must be the last one, for it alone can clear the log away.
    pub(crate) fn close(&self) {
        drop(self.idle().take());
    }

    fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = self.idle().as_mut().ok_or_else(error::stopped)?.pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                open::reader(&self.path, self.busy_timeout).map_err(|it| error::unavailable(&it))?
            }
        };
        let answer = read(&connection);
        if let Some(idle) = self.idle().as_mut().filter(|it| it.len() < self.keep) {
            idle.push(connection);
        }
        answer
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Option<Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn get(shared: &Shared, key: &Key) -> Result<Option<Record>> {
    let tables = shared.tables();
    let (collection, sql) = tables.table(key.collection)?;
    let place = Place::of(key);
    shared.readers.with(|connection| {
        let found = || {
            connection
                .prepare_cached(&sql.get)?
                .query_row(params![place.owner(), place.id()], |row| {
                    record(row, key.owner, collection.name)
                })
                .optional()
        };
        found().map_err(|it| error::unavailable(&it))
    })
}

pub(crate) fn list(shared: &Shared, query: &Query) -> Result<Page> {
    let tables = shared.tables();
    let collection = tables.catalog.admit_query(query)?;
    let select = select::page(collection, query);
    let mut records = shared.readers.with(|connection| {
        let found = || {
            connection
                .prepare_cached(&select.sql)?
                .query_map(params_from_iter(&select.parameters), |row| {
                    record(row, query.owner, collection.name)
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        found().map_err(|it| error::unavailable(&it))
    })?;
    let more = records.len() > query.limit;
    records.truncate(query.limit);
    let next = records.last().filter(|_| more).map(|last| Cursor::at(last, query)).transpose()?;
    Ok(Page { records, next })
}

pub(crate) fn events(
    shared: &Shared,
    stream: &Key,
    after: u64,
    limit: usize,
) -> Result<Vec<StoredEvent>> {
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let tables = shared.tables();
    let sql = tables.events(stream.collection)?;
    let place = Place::of(stream);
    stream_events(shared, &sql.after, params![place.owner(), place.id(), after, limit])
}

pub(crate) fn events_of_command(
    shared: &Shared,
    stream: &Key,
    command_id: &str,
) -> Result<Vec<StoredEvent>> {
    let tables = shared.tables();
    let sql = tables.events(stream.collection)?;
    let place = Place::of(stream);
    stream_events(shared, &sql.of_command, params![place.owner(), place.id(), command_id])
}

fn stream_events(
    shared: &Shared,
    sql: &str,
    parameters: &[&dyn rusqlite::ToSql],
) -> Result<Vec<StoredEvent>> {
    shared.readers.with(|connection| {
        let found = || {
            connection
                .prepare_cached(sql)?
                .query_map(parameters, event)?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        found().map_err(|it| error::unavailable(&it))
    })
}

fn record(row: &Row<'_>, owner: Owner, collection: &'static str) -> rusqlite::Result<Record> {
    Ok(Record {
        key: Key { owner, collection, id: ObjectId::from_bytes(row.get(0)?) },
        version: count(row, 1)?,
        created_at: Timestamp::from_millis(row.get(2)?),
        updated_at: Timestamp::from_millis(row.get(3)?),
        body: Stored::from_json(row.get(4)?),
    })
}

fn event(row: &Row<'_>) -> rusqlite::Result<StoredEvent> {
    Ok(StoredEvent {
        id: ObjectId::from_bytes(row.get(0)?),
        sequence: count(row, 1)?,
        event_type: row.get(2)?,
        schema_version: row.get(3)?,
        timestamp: Timestamp::from_millis(row.get(4)?),
        command_id: row.get(5)?,
        body: Stored::from_json(row.get(6)?),
    })
}

fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| Error::IntegralValueOutOfRange(column, number))
}
