//! What each write of a batch does to the database.

use model::{Collection, ObjectId};
use mongodb::bson::{Bson, Document, doc, oid};
use store::{Expected, Key, Owner, Record, Referrers, Result, StoreError, Targets, Write};

use crate::{
    document::{
        self, Fields, at, event_id, flat, native_id, number, owner_of, placeholder, replacement,
        whole, whole_event,
    },
    schema::Tables,
};

/// One command, and the document that is named when it is refused.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) collection: Collection,
    /// Where the command goes: the collection or its events.
    pub(crate) into: &'static str,
    pub(crate) key: Key,
    pub(crate) command: Command,
}

#[derive(Debug)]
pub(crate) enum Command {
    /// There must be none yet.
    Insert(Document),
    /// There must be exactly one.
    Update { filter: Document, update: Vec<Document> },
    /// There must be exactly one.
    Delete { filter: Document },
    /// Events that go on from the stream's version.
    InsertAll(Vec<Document>),
    /// However many there are.
    DeleteAll { filter: Document },
    /// There must be none.
    None { filter: Document },
}

/// # Errors
/// When a collection is not known or a value cannot be indexed.
pub(crate) fn of_batch(tables: &Tables, batch: &[Write]) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for write in batch {
        of_write(tables, write, &mut steps)?;
    }
    Ok(steps)
}

fn of_write(tables: &Tables, write: &Write, steps: &mut Vec<Step>) -> Result<()> {
    let mut step = |key: &Key, command| {
        let collection = *tables.catalog.collection(key.collection)?;
        steps.push(Step { collection, into: collection.name, key: *key, command });
        Ok::<_, StoreError>(())
    };
    match write {
        Write::Check { key, expect: Expected::Version(0) } => {
            let document = placeholder(tables.catalog.collection(key.collection)?, key);
            step(key, Command::Insert(document))?;
            step(key, Command::Delete { filter: at(key) })
        }
        Write::Check { key, expect } => {
            let mut filter = at(key);
            if let Expected::Version(version) = expect {
                filter.insert("version", number(*version));
            }
            // A write, so that it meets those of others to the same document.
            let update = vec![doc! { "$set": { "_checked": oid::ObjectId::new() } }];
            step(key, Command::Update { filter, update })
        }
        Write::Put { key, expect, at, body } => {
            let version = expect.saturating_add(1);
            let record =
                Record { key: *key, version, created_at: *at, updated_at: *at, body: body.clone() };
            step(key, put(tables, &record, *expect)?)
        }
        Write::Delete { key, expect } => {
            let mut filter = at(key);
            filter.insert("version", number(*expect));
            step(key, Command::Delete { filter })?;
            let Some(events) = tables.catalog.collection(key.collection)?.events else {
                return Ok(());
            };
            let collection = *tables.catalog.collection(key.collection)?;
            let filter = events_of(key, &collection)?;
            steps.push(Step {
                collection,
                into: events.name,
                key: *key,
                command: Command::DeleteAll { filter },
            });
            Ok(())
        }
        Write::Append { stream, expect, at, events, state } => {
            let version = expect.saturating_add(events.len() as u64);
            let record = Record {
                key: *stream,
                version,
                created_at: *at,
                updated_at: *at,
                body: state.clone(),
            };
            step(stream, put(tables, &record, *expect)?)?;
            steps.push(append(tables, stream, events)?);
            Ok(())
        }
        Write::Unreferenced { by, field, targets } => {
            let referrers =
                Referrers { by, field, targets: targets.clone(), after: None, limit: 1 };
            let collection = *tables.catalog.collection(by)?;
            let Targets { owner, collection: to, ids } = targets;
            let id = ids.first().copied().unwrap_or(ObjectId::from_bytes([0; 12]));
            let key = Key { owner: *owner, collection: to, id };
            let command = Command::None { filter: referring(&referrers) };
            steps.push(Step { collection, into: collection.name, key, command });
            Ok(())
        }
        Write::Restore { record, events } => {
            step(&record.key, put(tables, record, 0)?)?;
            if !events.is_empty() {
                steps.push(append(tables, &record.key, events)?);
            }
            Ok(())
        }
    }
}

fn put(tables: &Tables, record: &Record, expect: u64) -> Result<Command> {
    let Record { key, version, updated_at, body, .. } = record;
    let fields = Fields::new(tables.catalog.collection(key.collection)?, key.id, body)?;
    if expect == 0 {
        return Ok(Command::Insert(whole(record, fields)));
    }
    let mut filter = at(key);
    filter.insert("version", number(expect));
    Ok(Command::Update { filter, update: replacement(*version, *updated_at, fields) })
}

fn append(tables: &Tables, stream: &Key, events: &[store::StoredEvent]) -> Result<Step> {
    let collection = *tables.catalog.collection(stream.collection)?;
    let into = tables.catalog.events(stream.collection)?;
    let documents = events.iter().map(|it| whole_event(stream, into, it)).collect();
    Ok(Step { collection, into: into.name, key: *stream, command: Command::InsertAll(documents) })
}

fn events_of(stream: &Key, collection: &Collection) -> Result<Document> {
    let Some(events) = collection.events else {
        return Err(StoreError::Unavailable(format!("`{}` has no events", collection.name)));
    };
    Ok(doc! {
        "_id": {
            "$gt": event_id(stream, events, Bson::MinKey),
            "$lt": event_id(stream, events, Bson::MaxKey),
        },
        "organization_id": owner_of(stream.owner),
    })
}

/// Documents that hold one of the ids, whether they were written as references or not.
pub(crate) fn referring(referrers: &Referrers) -> Document {
    let Referrers { field, targets, after, .. } = referrers;
    let native = targets.ids.iter().map(|it| native_id(*it).into());
    let text = targets.ids.iter().map(|it| it.to_string().into());
    let ids: Vec<Bson> = native.chain(text).collect();
    let mut filter = doc! { flat(field): { "$in": ids } };
    if targets.owner != Owner::Platform {
        filter.insert("organization_id", owner_of(targets.owner));
    }
    if let Some((owner, id)) = after {
        filter.insert("_id", doc! { "$gt": document::id_of(*owner, *id) });
    }
    filter
}
