use std::path::Path;

use rusqlite::{Connection, params};
use store::{Key, Owner, Write};

/// The floor: the same rows into the same tables by hand, as SQLite takes them.
pub(crate) struct Raw(Connection);

impl Raw {
    /// `path` is a store with its tables.
    pub(crate) fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768",
        )?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self(connection))
    }

    /// One durable transaction.
    pub(crate) fn commit<'a>(
        &mut self,
        batches: impl Iterator<Item = &'a Vec<Write>>,
    ) -> rusqlite::Result<()> {
        let transaction = self.0.transaction()?;
        for batch in batches {
            for write in batch {
                apply(&transaction, write)?;
            }
            transaction
                .prepare_cached("INSERT INTO _changes (checksum, entries) VALUES (?, ?)")?
                .execute(params![i64::from(u32::MAX), &[1_u8; 90][..]])?;
        }
        transaction.commit()
    }
}

fn apply(connection: &Connection, write: &Write) -> rusqlite::Result<()> {
    match write {
        Write::Put { key, at, body, .. } => {
            put(connection, "holds", key, 0, 1, at.millis(), body.as_str())
        }
        Write::Append { stream, expect, at, events, state } => {
            let expect = expect.cast_signed();
            let version = expect + i64::try_from(events.len()).unwrap();
            put(connection, "sessions", stream, expect, version, at.millis(), state.as_str())?;
            let (owner, id) = place(stream);
            let mut insert = connection.prepare_cached(
                "INSERT INTO session_events (owner, stream, sequence, id, event_type,
                 schema_version, timestamp, command_id, checksum, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?;
            for event in events {
                insert.execute(params![
                    owner,
                    id,
                    event.sequence.cast_signed(),
                    event.id.bytes(),
                    event.event_type,
                    event.schema_version,
                    event.timestamp.millis(),
                    event.command_id,
                    i64::from(u32::MAX),
                    event.body.as_str(),
                ])?;
            }
            Ok(())
        }
        other => unreachable!("{other:?}"),
    }
}

fn put(
    connection: &Connection,
    table: &str,
    key: &Key,
    expect: i64,
    version: i64,
    at: i64,
    body: &str,
) -> rusqlite::Result<()> {
    let (owner, id) = place(key);
    let checksum = i64::from(u32::MAX);
    let written = if expect == 0 {
        let sql = format!(
            "INSERT INTO {table} (owner, id, version, created_at, updated_at, checksum, body)
             VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)"
        );
        let mut insert = connection.prepare_cached(&sql)?;
        insert.execute(params![owner, id, version, at, checksum, body])?
    } else {
        let sql = format!(
            "UPDATE {table} SET version = ?3, updated_at = ?4, checksum = ?5, body = ?6
             WHERE owner = ?1 AND id = ?2 AND version = ?7"
        );
        let mut update = connection.prepare_cached(&sql)?;
        update.execute(params![owner, id, version, at, checksum, body, expect])?
    };
    assert_eq!(written, 1, "the floor wrote something else");
    Ok(())
}

fn place(key: &Key) -> ([u8; 12], [u8; 12]) {
    let Owner::Organization(owner) = key.owner else { unreachable!("all have an organization") };
    (owner.bytes(), key.id.bytes())
}
