use model::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use store::{Expected, Key, Owner, Referrers, StoreError, Stored, StoredEvent, Targets, Write};

use crate::{
    error::Fault,
    log::Entries,
    referrers,
    row::{self, Document, Event, number},
    schema::Tables,
};

/// Documents that point at others are looked for by so many at once.
const SEARCHED: usize = 16;

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
    /// What was written; a refusal leaves nothing behind while there is none.
    pub(crate) changes: Entries,
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

/// The row of a document that is there.
struct Held {
    row: i64,
    version: i64,
    created_at: i64,
}

impl<'a> Apply<'a> {
    pub(crate) fn new(connection: &'a Connection, tables: &'a Tables) -> Self {
        Self { connection, tables, changes: Entries::default() }
    }

    pub(crate) fn batch(&mut self, batch: &[Write]) -> Result<(), Fault> {
        batch.iter().try_for_each(|write| self.write(write))
    }

    fn write(&mut self, write: &Write) -> Result<(), Fault> {
        match write {
            Write::Check { key, expect } => self.check(key, *expect),
            Write::Put { key, expect, at, body } => {
                self.put(key, *expect, expect.saturating_add(1), *at, body)
            }
            Write::Delete { key, expect } => self.delete(key, *expect),
            Write::Append { stream, expect, at, events, state } => {
                let version = expect.saturating_add(events.len() as u64);
                self.put(stream, *expect, version, *at, state)?;
                self.append(stream, events)
            }
            Write::Unreferenced { by, field, targets } => self.unreferenced(by, field, targets),
            Write::Restore { record, events } => {
                let document = Document {
                    version: number(record.version),
                    created_at: record.created_at.millis(),
                    updated_at: record.updated_at.millis(),
                    body: record.body.as_str(),
                };
                self.insert(&record.key, &document)?;
                if events.is_empty() { Ok(()) } else { self.append(&record.key, events) }
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

    fn put(
        &mut self,
        key: &Key,
        expect: u64,
        version: u64,
        at: Timestamp,
        body: &Stored,
    ) -> Result<(), Fault> {
        let (version, updated_at, body) = (number(version), at.millis(), body.as_str());
        let document = Document { version, created_at: updated_at, updated_at, body };
        if expect == 0 {
            return self.insert(key, &document);
        }
        let held = self.held(key)?.filter(|it| it.version == number(expect));
        let held = held.ok_or_else(|| conflict(key))?;
        self.update(key, held.row, &Document { created_at: held.created_at, ..document })
    }

    /// What is damaged is not written over: nobody could tell any more that it was.
    fn held(&self, key: &Key) -> Result<Option<Held>, Fault> {
        let (_, sql) = self.tables.table(key.collection)?;
        let place = Place::of(key);
        let mut held = self.connection.prepare_cached(&sql.held)?;
        let mut rows = held.query(params![place.owner(), place.id()])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let document = Document::read(row, 1, &place).map_err(|it| row::corrupt(key, it))?;
        let Document { version, created_at, .. } = document;
        Ok(Some(Held { row: row.get(0)?, version, created_at }))
    }

    fn insert(&mut self, key: &Key, document: &Document<'_>) -> Result<(), Fault> {
        let (collection, sql) = self.tables.table(key.collection)?;
        let place = Place::of(key);
        let inserted = self.connection.prepare_cached(&sql.insert)?.execute(params![
            place.owner(),
            place.id(),
            document.version,
            document.created_at,
            document.updated_at,
            document.checksum(&place),
            document.body,
        ]);
        match inserted {
            Ok(0) => Err(conflict(key)),
            Ok(_) => {
                self.changes.push(key, document.version.cast_unsigned());
                Ok(())
            }
            Err(error) => Err(Fault::of_write(collection, error)),
        }
    }

    fn update(&mut self, key: &Key, row: i64, document: &Document<'_>) -> Result<(), Fault> {
        let (collection, sql) = self.tables.table(key.collection)?;
        let updated = self.connection.prepare_cached(&sql.update)?.execute(params![
            row,
            document.version,
            document.updated_at,
            document.checksum(&Place::of(key)),
            document.body,
        ]);
        updated.map_err(|error| Fault::of_write(collection, error))?;
        self.changes.push(key, document.version.cast_unsigned());
        Ok(())
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
        self.changes.push(key, 0);
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
        for event in events.iter().map(Event::of) {
            insert.execute(params![
                place.owner(),
                place.id(),
                event.sequence,
                &event.id[..],
                event.tag,
                event.schema_version,
                event.timestamp,
                event.command_id,
                event.checksum(&place),
                event.body,
            ])?;
        }
        Ok(())
    }

    fn unreferenced(
        &self,
        by: &'static str,
        field: &'static str,
        targets: &Targets,
    ) -> Result<(), Fault> {
        let Some(first) = targets.ids.first() else { return Ok(()) };
        let targets = targets.clone();
        let mut search = Referrers { by, field, targets, after: None, limit: SEARCHED };
        loop {
            let found = referrers::search(self.connection, self.tables, &search)?;
            if !found.records.is_empty() {
                let Targets { owner, collection, .. } = search.targets;
                return Err(conflict(&Key { owner, collection, id: *first }));
            }
            if found.next.is_none() {
                return Ok(());
            }
            search.after = found.next;
        }
    }
}

fn conflict(key: &Key) -> Fault {
    Fault::Refused(StoreError::Conflict(*key))
}
