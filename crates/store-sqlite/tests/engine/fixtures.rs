use std::path::Path;

use model::{Collection, ObjectId, Timestamp};
use rusqlite::Connection;
use store::{
    Backend, Key, Owner, Stored, StoredEvent, Write,
    conformance::{COLLECTIONS, SESSIONS, THINGS},
};
use store_sqlite::{Options, SqliteBackend};

pub(crate) const OWNER: Owner = Owner::Organization(ObjectId::from_bytes([1; 12]));

pub(crate) fn id(number: u32) -> ObjectId {
    ObjectId::from_parts(1, [0; 5], number)
}

pub(crate) fn key(collection: &Collection, number: u32) -> Key {
    Key { owner: OWNER, collection: collection.name, id: id(number) }
}

pub(crate) fn thing(number: u32) -> Key {
    key(&THINGS, number)
}

pub(crate) fn session(number: u32) -> Key {
    key(&SESSIONS, number)
}

pub(crate) fn put(key: Key, expect: u64, body: &str) -> Write {
    Write::Put { key, expect, at: Timestamp::EPOCH, body: Stored::from_json(body.to_owned()) }
}

pub(crate) fn append(stream: Key, expect: u64, count: u64) -> Write {
    let event = |sequence: u64| StoredEvent {
        id: id(u32::try_from(sequence).unwrap()),
        sequence,
        event_type: "STEP_ANSWERED".to_owned(),
        schema_version: 1,
        timestamp: Timestamp::EPOCH,
        command_id: format!("command {}", sequence / 3),
        body: Stored::from_json(format!(r#"{{"answer":"{sequence}"}}"#)),
    };
    let events = (expect + 1..=expect + count).map(event).collect();
    let state = Stored::from_json(format!(r#"{{"status":"open","count":{}}}"#, expect + count));
    Write::Append { stream, expect, at: Timestamp::EPOCH, events, state }
}

pub(crate) async fn open(path: &Path) -> SqliteBackend {
    let store = SqliteBackend::open(path, &Options::default()).unwrap();
    store.ensure(COLLECTIONS).await.unwrap();
    store
}

pub(crate) async fn write(store: &SqliteBackend, write: Write) {
    store.commit(vec![write]).await.unwrap();
}

/// As a disk would that lies: past the store.
pub(crate) fn meddle(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
}
