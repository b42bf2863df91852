//! The log of changes: a row for each batch that wrote something, in the order of the commits.

use model::ObjectId;
use rusqlite::Connection;
use store::{Catalog, Key, Owner};

use crate::checksum::checksum;

pub(crate) const CREATE: &str = "CREATE TABLE _changes (
    position INTEGER PRIMARY KEY,
    checksum INTEGER NOT NULL,
    entries BLOB NOT NULL
) STRICT";

const LAST: &str = "SELECT ifnull(max(position), 0) FROM _changes";

/// What one batch changes: the length of the collection's name, the name, the length of the
/// owner, the owner, the id and the version, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Entries(Vec<u8>);

/// The end of the log, inside a transaction that writes.
pub(crate) struct Tail<'a> {
    connection: &'a Connection,
    position: i64,
    keep: i64,
}

impl Entries {
    pub(crate) fn push(&mut self, key: &Key, version: u64) {
        let entries = &mut self.0;
        let owner = match key.owner {
            Owner::Platform => None,
            Owner::Organization(id) => Some(id.bytes()),
        };
        let owner = owner.as_ref().map_or(&[][..], |it| &it[..]);
        for part in [key.collection.as_bytes(), owner] {
            entries.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
            entries.extend_from_slice(part);
        }
        entries.extend_from_slice(&key.id.bytes());
        entries.extend_from_slice(&version.to_le_bytes());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A row of the log.
pub(crate) struct Logged {
    pub(crate) position: i64,
    /// `None` when they are not as they were written.
    entries: Option<Vec<u8>>,
}

/// At most `limit` rows, the first at `from` or behind it.
pub(crate) fn rows(
    connection: &Connection,
    from: i64,
    limit: usize,
) -> rusqlite::Result<Vec<Logged>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = connection.prepare_cached(
        "SELECT position, checksum, entries FROM _changes WHERE position >= ?1
         ORDER BY position LIMIT ?2",
    )?;
    let rows = rows.query_map([from, limit], |row| {
        let (position, entries) = (row.get(0)?, row.get::<_, Vec<u8>>(2).ok());
        let written = |it: &Vec<u8>| row.get(1) == Ok(checksum(&[position], &[it]));
        Ok(Logged { position, entries: entries.filter(written) })
    })?;
    rows.collect()
}

impl Logged {
    pub(crate) fn is_whole(&self) -> bool {
        self.entries.is_some()
    }

    /// In their order; `None` stands for one in a collection that this process was not told of.
    pub(crate) fn changes(&self, catalog: &Catalog) -> Option<Vec<Option<(Key, u64)>>> {
        let mut rest = self.entries.as_deref()?;
        let mut changes = Vec::new();
        while !rest.is_empty() {
            let name = std::str::from_utf8(part(&mut rest)?).ok()?;
            let owner = match part(&mut rest)? {
                [] => Owner::Platform,
                id => Owner::Organization(ObjectId::from_bytes(id.try_into().ok()?)),
            };
            let id = ObjectId::from_bytes(chunk(&mut rest)?);
            let version = u64::from_le_bytes(chunk(&mut rest)?);
            let collection = catalog.collection(name).ok();
            changes.push(collection.map(|it| (Key { owner, collection: it.name, id }, version)));
        }
        Some(changes)
    }
}

/// Where the next change comes to stand.
pub(crate) fn next(connection: &Connection) -> rusqlite::Result<i64> {
    let last: i64 = connection.prepare_cached(LAST)?.query_row([], |row| row.get(0))?;
    Ok(last + 1)
}

impl<'a> Tail<'a> {
    pub(crate) fn new(connection: &'a Connection, keep: i64) -> rusqlite::Result<Self> {
        Ok(Self { connection, position: next(connection)?, keep })
    }

    pub(crate) fn append(&mut self, entries: &Entries) -> rusqlite::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let checksum = checksum(&[self.position], &[&entries.0]);
        self.connection.prepare_cached("INSERT INTO _changes VALUES (?, ?, ?)")?.execute((
            self.position,
            checksum,
            &entries.0,
        ))?;
        self.position += 1;
        if self.position % (self.keep / 8).clamp(1, 1_000) == 0 {
            self.connection
                .prepare_cached("DELETE FROM _changes WHERE position < ?")?
                .execute([self.position - self.keep])?;
        }
        Ok(())
    }
}

fn part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, behind) = rest.split_first()?;
    let (part, behind) = behind.split_at_checked(usize::from(*length))?;
    *rest = behind;
    Some(part)
}

fn chunk<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (chunk, behind) = rest.split_first_chunk::<N>()?;
    *rest = behind;
    Some(*chunk)
}
