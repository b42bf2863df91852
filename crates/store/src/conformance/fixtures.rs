use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use model::{Collection, EventCollection, Index, ObjectId, OnDelete, Only, Reference, Timestamp};

use crate::{Backend, Key, Owner, Query, Record, Scalar, Stored, StoredEvent, Write};

pub const COLLECTIONS: &[Collection] = &[THINGS, ACCOUNTS, SESSIONS, LINKS, NODES];

pub const THINGS: Collection = Collection {
    name: "things",
    label: "thing",
    indexes: &[BY_RANK, BY_KIND, BY_CITY, BY_DONE, BY_CREATED, BY_KIND_UPDATED],
    references: &[],
    events: None,
};

pub const ACCOUNTS: Collection = Collection {
    name: "accounts",
    label: "account",
    indexes: &[BY_HANDLE, BY_EMAIL, BY_SEAT, BY_TEAM],
    references: &[],
    events: None,
};

pub const SESSIONS: Collection = Collection {
    name: "sessions",
    label: "session",
    indexes: &[BY_STATUS],
    references: &[],
    events: Some(EventCollection { name: "session_events", stream_field: "session_id" }),
};

/// Points at things in every way that a reference can be declared.
pub const LINKS: Collection = Collection {
    name: "links",
    label: "link",
    indexes: &[BY_ONE],
    references: &[
        refers("one"),
        refers("inner.one"),
        refers("list[]"),
        refers("nodes[].thing"),
        refers("groups[].members[]"),
    ],
    events: None,
};

/// Points at itself with every consequence of a delete.
pub const NODES: Collection = Collection {
    name: "nodes",
    label: "node",
    indexes: &[BY_OWNER],
    references: &[
        Reference { field: "owner", to: "nodes", on_delete: OnDelete::Cascade },
        Reference { field: "guard", to: "nodes", on_delete: OnDelete::Restrict },
        Reference { field: "friend", to: "nodes", on_delete: OnDelete::SetNull },
        Reference { field: "friends[]", to: "nodes", on_delete: OnDelete::SetNull },
        Reference { field: "rows[].node", to: "nodes", on_delete: OnDelete::SetNull },
    ],
    events: None,
};

pub const BY_OWNER: Index = plain("by_owner", &["owner"]);
pub const BY_ONE: Index = plain("by_one", &["one"]);
pub const BY_RANK: Index = plain("by_rank", &["rank"]);
pub const BY_KIND: Index = plain("by_kind", &["kind", "rank"]);
pub const BY_CITY: Index = plain("by_city", &["address.city"]);
pub const BY_DONE: Index = plain("by_done", &["done", "rank"]);
pub const BY_CREATED: Index = plain("by_created", &["created_at"]);
pub const BY_KIND_UPDATED: Index = plain("by_kind_updated", &["kind", "updated_at"]);
pub const BY_STATUS: Index = plain("by_status", &["status"]);
pub const BY_HANDLE: Index =
    Index { name: "by_handle", fields: &["handle"], unique: true, only: Only::All };
pub const BY_EMAIL: Index =
    Index { name: "by_email", fields: &["email"], unique: true, only: Only::Present("email") };
pub const BY_SEAT: Index = Index {
    name: "by_seat",
    fields: &["seat"],
    unique: true,
    only: Only::OneOf("status", &["open", "held"]),
};
pub const BY_TEAM: Index =
    Index { name: "by_team", fields: &["team", "slot"], unique: true, only: Only::Present("team") };

const fn plain(name: &'static str, fields: &'static [&'static str]) -> Index {
    Index { name, fields, unique: false, only: Only::All }
}

const fn refers(field: &'static str) -> Reference {
    Reference { field, to: "things", on_delete: OnDelete::Restrict }
}

pub(super) fn id(number: u32) -> ObjectId {
    ObjectId::from_parts(0x6741_2a01, [1, 2, 3, 4, 5], number)
}

pub(super) fn org(number: u8) -> Owner {
    Owner::Organization(ObjectId::from_parts(1, [0, 0, 0, 0, number], 0))
}

pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + millis)
}

pub(super) fn key(collection: &Collection, number: u32) -> Key {
    Key { owner: org(1), collection: collection.name, id: id(number) }
}

pub(super) fn thing(number: u32) -> Key {
    key(&THINGS, number)
}

pub(super) fn account(number: u32) -> Key {
    key(&ACCOUNTS, number)
}

pub(super) fn session(number: u32) -> Key {
    key(&SESSIONS, number)
}

pub(super) fn link(number: u32) -> Key {
    key(&LINKS, number)
}

pub(super) fn json(text: impl Into<String>) -> Stored {
    Stored::from_json(text.into())
}

pub(super) fn put(key: Key, expect: u64, body: impl Into<String>) -> Write {
    Write::Put { key, expect, at: at(0), body: json(body) }
}

pub(super) fn append(stream: Key, expect: u64, count: u64) -> Write {
    let events = (expect + 1..=expect + count).map(|it| event(it, "command")).collect();
    let state = json(format!(r#"{{"status":"open","count":{}}}"#, expect + count));
    Write::Append { stream, expect, at: at(0), events, state }
}

pub(super) fn event(sequence: u64, command: &str) -> StoredEvent {
    StoredEvent {
        id: id(u32::try_from(sequence).unwrap()),
        sequence,
        event_type: "STEP_ANSWERED".to_owned(),
        schema_version: 3,
        timestamp: at(77),
        command_id: command.to_owned(),
        body: json(r#"{"answer":"yes"}"#),
    }
}

pub(super) fn query(collection: &Collection, index: &'static Index) -> Query {
    Query { index: Some(index), ..Query::by_id(org(1), collection.name, 100) }
}

pub(super) fn text(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}

pub(super) async fn write(backend: &dyn Backend, write: Write) {
    backend.commit(vec![write]).await.unwrap();
}

pub(super) async fn fill(backend: &dyn Backend, things: &[(u32, &str)]) {
    for (number, body) in things {
        write(backend, put(thing(*number), 0, *body)).await;
    }
}

pub(super) async fn version(backend: &dyn Backend, key: Key) -> u64 {
    backend.get(&key).await.unwrap().map_or(0, |it| it.version)
}

pub(super) async fn ids(backend: &dyn Backend, query: &Query) -> Vec<u32> {
    backend.list(query).await.unwrap().records.iter().map(number).collect()
}

pub(super) fn number(record: &Record) -> u32 {
    let [.., a, b, c] = record.key.id.bytes();
    u32::from_be_bytes([0, a, b, c])
}

/// Runs all of them at once.
pub(super) async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut ended = Vec::new();
    poll_fn(|context| {
        running.retain_mut(|future| match future.as_mut().poll(context) {
            Poll::Ready(output) => {
                ended.push(output);
                false
            }
            Poll::Pending => true,
        });
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    ended
}

pub(super) async fn all_gone(backend: &dyn Backend, keys: &[Key]) {
    for key in keys {
        assert_eq!(backend.get(key).await.unwrap(), None);
    }
}

pub(super) async fn mixed(backend: &dyn Backend) {
    let things = [
        (1, r#"{"kind":"a","rank":2}"#),
        (2, r#"{"kind":"a","rank":3}"#),
        (3, r#"{"kind":"a","rank":2}"#),
        (4, r#"{"kind":"a","rank":1}"#),
        (5, r#"{"kind":"b","rank":2}"#),
        (6, r#"{"kind":"b","rank":4}"#),
        (7, r#"{"kind":null}"#),
        (8, r#"{"rank":1}"#),
    ];
    fill(backend, &things).await;
    let mut theirs = thing(9);
    theirs.owner = org(2);
    write(backend, put(theirs, 0, r#"{"kind":"a","rank":2}"#)).await;
}

pub(super) async fn walk(backend: &dyn Backend, query: &Query, limit: usize) -> Vec<u32> {
    let mut query = Query { limit, ..query.clone() };
    let mut seen = Vec::new();
    loop {
        let page = backend.list(&query).await.unwrap();
        assert!(page.records.len() <= limit);
        seen.extend(page.records.iter().map(number));
        assert!(seen.len() < 50, "the pages do not end: {seen:?}");
        match page.next {
            Some(cursor) => query.after = Some(cursor),
            None => return seen,
        }
    }
}
