use model::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use store::{Expected, Key, Owner, StoreError, Stored, StoredEvent, Write};

use crate::{error::Fault, schema::Tables};

/// A key as it is stored.
#[derive(Debug)]
pub(crate) struct Place {
    owner: Option<[u8; 12]>,
    id: [u8; 12],
}

/// Applies writes inside the caller's transaction.
pub(crate) struct Apply<'a> {
    connection: &'a Connection,
    tables: &'a Tables,
    /// Of the last row that was written.
    pub(crate) position: i64,
    /// A refusal leaves nothing behind while this is not set.
    pub(crate) has_written: bool,
}

impl Place {
    pub(crate) fn of(key: &Key) -> Self {
        let owner = match key.owner {
            Owner::Platform => None,
            Owner::Organization(id) => Some(id.bytes()),
        };
        Self { owner, id: key.id.bytes() }
    }

    pub(crate) fn owner_of(owner: Owner) -> Vec<u8> {
        match owner {
            Owner::Platform => Vec::new(),
            Owner::Organization(id) => id.bytes().to_vec(),
        }
    }

    pub(crate) fn owner(&self) -> &[u8] {
        self.owner.as_ref().map_or(&[], |it| &it[..])
    }

    pub(crate) fn id(&self) -> &[u8] {
        &self.id
    }
}

/// A document to write.
struct Document<'a> {
    expect: u64,
    version: u64,
    at: Timestamp,
    body: &'a Stored,
}

impl<'a> Apply<'a> {
    pub(crate) fn new(connection: &'a Connection, tables: &'a Tables, position: i64) -> Self {
        Self { connection, tables, position, has_written: false }
    }

    pub(crate) fn batch(&mut self, batch: &[Write]) -> Result<(), Fault> {
        batch.iter().try_for_each(|write| self.write(write))
    }

    fn write(&mut self, write: &Write) -> Result<(), Fault> {
        match write {
            Write::Check { key, expect } => self.check(key, *expect),
            Write::Put { key, expect, at, body } => {
                let version = expect.saturating_add(1);
                self.put(key, &Document { expect: *expect, version, at: *at, body })
            }
            Write::Delete { key, expect } => self.delete(key, *expect),
            Write::Append { stream, expect, at, events, state } => {
                let version = expect.saturating_add(events.len() as u64);
                self.put(stream, &Document { expect: *expect, version, at: *at, body: state })?;
                self.append(stream, events)
            }
        }
    }

    fn check(&self, key: &Key, expect: Expected) -> Result<(), Fault> {
        let (_, sql) = self.tables.table(key.collection)?;
        let place = Place::of(key);
        let found: Option<i64> = self
            .connection
            .prepare_cached(&sql.version)?
            .query_row(params![place.owner(), place.id()], |row| row.get(0))
            .optional()?;
        let holds = match expect {
            Expected::Present => found.is_some(),
            Expected::Version(version) => found.unwrap_or(0) == number(version),
        };
        if holds { Ok(()) } else { Err(conflict(key)) }
    }

    fn put(&mut self, key: &Key, document: &Document<'_>) -> Result<(), Fault> {
        let (collection, sql) = self.tables.table(key.collection)?;
        let statement = if document.expect == 0 { &sql.insert } else { &sql.update };
        let place = Place::of(key);
        let parameters = params![
            place.owner(),
            place.id(),
            number(document.expect),
            number(document.version),
            document.at.millis(),
            self.next_position(),
            document.body.as_str(),
        ];
        let mut statement = self.connection.prepare_cached(statement)?;
        let written = match statement.execute(parameters) {
            Ok(written) => written,
            Err(error) => return Err(Fault::of_write(collection, error)),
        };
        self.has_written |= written == 1;
        if written == 1 { Ok(()) } else { Err(conflict(key)) }
    }

    fn delete(&mut self, key: &Key, expect: u64) -> Result<(), Fault> {
        let (_, sql) = self.tables.table(key.collection)?;
        let place = Place::of(key);
        let deleted = self.connection.prepare_cached(&sql.delete)?.execute(params![
            place.owner(),
            place.id(),
            number(expect)
        ])?;
        if deleted == 0 {
            return Err(conflict(key));
        }
        self.has_written = true;
        if let Some(events) = &sql.events {
            self.connection
                .prepare_cached(&events.delete)?
                .execute(params![place.owner(), place.id()])?;
        }
        Ok(())
    }

    fn append(&mut self, stream: &Key, events: &[StoredEvent]) -> Result<(), Fault> {
        let sql = self.tables.events(stream.collection)?;
        let place = Place::of(stream);
        let mut insert = self.connection.prepare_cached(&sql.insert)?;
        for event in events {
            insert.execute(params![
                place.owner(),
                place.id(),
                number(event.sequence),
                &event.id.bytes()[..],
                event.event_type,
                event.schema_version,
                event.timestamp.millis(),
                event.command_id,
                self.next_position(),
                event.body.as_str(),
            ])?;
        }
        Ok(())
    }

    fn next_position(&mut self) -> i64 {
        self.position += 1;
        self.position
    }
}

fn conflict(key: &Key) -> Fault {
    Fault::Refused(StoreError::Conflict(*key))
}

/// Versions and sequences; none that is stored is negative.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(-1)
}
