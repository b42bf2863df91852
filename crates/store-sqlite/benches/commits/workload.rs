use model::{Collection, EventCollection, Index, ObjectId, Only, Timestamp};
use store::{Key, Owner, Stored, StoredEvent, Write};

pub(crate) const COLLECTIONS: &[Collection] = &[SESSIONS, HOLDS];

pub(crate) const SESSIONS: Collection = Collection {
    name: "sessions",
    label: "session",
    indexes: &[Index {
        name: "by_status",
        fields: &["status", "created_at"],
        unique: false,
        only: Only::All,
    }],
    references: &[],
    events: Some(EventCollection { name: "session_events", stream_field: "session_id" }),
};

pub(crate) const HOLDS: Collection =
    Collection { name: "holds", label: "hold", indexes: &[BY_RANK], references: &[], events: None };

pub(crate) const BY_RANK: Index =
    Index { name: "by_rank", fields: &["rank"], unique: false, only: Only::All };

/// Events of one batch.
pub(crate) const EVENTS: u64 = 3;
/// Batches of one stream before its writer begins another.
const BATCHES: u64 = 10;

pub(crate) fn owner(number: u32) -> Owner {
    Owner::Organization(ObjectId::from_parts(1, [0; 5], number))
}

pub(crate) fn id(writer: u32, number: u64) -> ObjectId {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[8..].copy_from_slice(&writer.to_be_bytes());
    ObjectId::from_bytes(bytes)
}

/// A visitor's answer: three events, the state that they lead to, and a document beside it.
pub(crate) fn batch(writer: u32, number: u64) -> Vec<Write> {
    let expect = number % BATCHES * EVENTS;
    let stream = Key {
        owner: owner(0),
        collection: SESSIONS.name,
        id: id(writer, number - number % BATCHES),
    };
    let hold = Key { owner: owner(0), collection: HOLDS.name, id: id(writer, number) };
    let rank = number * 64 + u64::from(writer);
    let state = format!(r#"{{"status":"active","version":{expect},"text":"{}"}}"#, "x".repeat(550));
    vec![
        append(stream, expect, EVENTS, state),
        Write::Put { key: hold, expect: 0, at: at(number), body: document(rank) },
    ]
}

pub(crate) fn append(stream: Key, expect: u64, count: u64, state: String) -> Write {
    let event = |sequence| StoredEvent {
        id: id(7, sequence),
        sequence,
        event_type: "STEP_ANSWERED".to_owned(),
        schema_version: 1,
        timestamp: at(sequence),
        command_id: format!("command-{}", sequence / EVENTS),
        body: Stored::from_json(format!(r#"{{"answer":"{}"}}"#, "y".repeat(150))),
    };
    let events = (expect + 1..=expect + count).map(event).collect();
    Write::Append { stream, expect, at: at(expect), events, state: Stored::from_json(state) }
}

pub(crate) fn document(rank: u64) -> Stored {
    Stored::from_json(format!(r#"{{"rank":{rank},"text":"{}"}}"#, "z".repeat(150)))
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + millis.cast_signed())
}
