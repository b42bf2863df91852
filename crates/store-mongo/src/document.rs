//! Documents and events as they are stored.

use model::{Collection, EventCollection, ObjectId, Only};
use mongodb::bson::{
    Bson, DateTime, Document, Timestamp, doc, oid,
    raw::{RawBsonRef, RawDocument},
};
use store::{Damaged, Key, Owner, Record, Result, Scalar, StoreError, Stored, StoredEvent, ids_at};

use crate::body::{self, Parsed, TEXT};

const ENVELOPE: &[&str] = &["organization_id", "version", "created_at", "updated_at"];

/// A body as the fields of a document.
pub(crate) struct Fields(pub(crate) Document);

/// The owner as it leads every index.
pub(crate) fn owner_of(owner: Owner) -> Bson {
    match owner {
        Owner::Platform => Bson::Null,
        Owner::Organization(id) => native_id(id).into(),
    }
}

pub(crate) fn native_id(id: ObjectId) -> oid::ObjectId {
    oid::ObjectId::from_bytes(id.bytes())
}

/// Begins with the owner, so that documents lie by owner and id, and a change tells whose it is
/// even when the document is gone.
pub(crate) fn id_of(owner: Owner, id: ObjectId) -> Document {
    doc! { "organization_id": owner_of(owner), "id": native_id(id) }
}

/// The one document at a key.
pub(crate) fn at(key: &Key) -> Document {
    doc! { "_id": id_of(key.owner, key.id), "organization_id": owner_of(key.owner) }
}

/// Versions and sequences; none that is stored is negative.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(-1)
}

fn date(timestamp: model::Timestamp) -> DateTime {
    DateTime::from_millis(timestamp.millis())
}

/// A whole document, as it is inserted.
pub(crate) fn whole(record: &Record, fields: Fields) -> Document {
    let mut document = at(&record.key);
    document.insert("version", number(record.version));
    document.insert("created_at", date(record.created_at));
    document.insert("updated_at", date(record.updated_at));
    document.extend(fields.0);
    document
}

/// An update that leaves nothing of the document but where it is and when it was made.
pub(crate) fn replacement(version: u64, at: model::Timestamp, fields: Fields) -> Vec<Document> {
    let mut new = doc! { "updated_at": date(at) };
    new.extend(fields.0);
    vec![doc! { "$replaceWith": { "$mergeObjects": [
        {
            "_id": "$_id",
            "organization_id": "$organization_id",
            "version": { "$literal": number(version) },
            "created_at": "$created_at",
        },
        { "$literal": new },
    ] } }]
}

/// A document that takes a key and no unique value, not even that of being absent.
pub(crate) fn placeholder(collection: &Collection, key: &Key) -> Document {
    let mut document = at(key);
    for field in collection.indexes.iter().filter(|it| it.unique).filter_map(|it| it.fields.first())
    {
        set(&mut document, field, oid::ObjectId::new().into());
    }
    document
}

impl Fields {
    /// # Errors
    /// [`StoreError::Corrupt`] when an index holds the document and cannot hold its value.
    pub(crate) fn new(collection: &Collection, id: ObjectId, stored: &Stored) -> Result<Self> {
        let corrupt = |reason| StoreError::Corrupt { collection: collection.name, id, reason };
        let parsed = match stored.read() {
            Ok(Parsed(parsed)) => parsed,
            Err(_) if collection.indexes.is_empty() && collection.references.is_empty() => {
                return Ok(Self(doc! { TEXT: stored.as_str() }));
            }
            Err(error) => return Err(corrupt(error.to_string())),
        };
        indexable(collection, &parsed).map_err(corrupt)?;
        let keep = |fields: &mut Document| {
            for field in indexed(collection) {
                if let Some(value) = value_at_mut(fields, field) {
                    *value = key_of(value);
                }
            }
            for reference in collection.references {
                let path: Vec<_> = reference.field.split('.').collect();
                refer(fields, &path);
            }
        };
        let native = body::native(stored, &parsed, ENVELOPE, keep);
        Ok(Self(native.unwrap_or_else(|| as_text(collection, stored, &parsed))))
    }
}

/// The exact text, beside the values that are looked for.
fn as_text(collection: &Collection, stored: &Stored, parsed: &Bson) -> Document {
    let mut document = doc! { TEXT: stored.as_str() };
    for field in indexed(collection) {
        if let Some(value) = value_at(parsed, field) {
            let value = key_of(value);
            let value = if is_reference(collection, field) { id_or(value) } else { value };
            set(&mut document, field, value);
        }
    }
    for reference in collection.references {
        let ids = stored.read().map(|body| ids_at(&body, reference.field)).unwrap_or_default();
        let field = flat(reference.field);
        if !ids.is_empty() && !indexed(collection).any(|it| it == field) {
            let ids: Vec<_> = ids.into_iter().map(native_id).collect();
            set(&mut document, &field, ids.into());
        }
    }
    document
}

/// A declared path as MongoDB spells it, which goes through lists unasked.
pub(crate) fn flat(field: &str) -> String {
    field.replace("[]", "")
}

pub(crate) fn is_reference(collection: &Collection, field: &str) -> bool {
    collection.references.iter().any(|it| it.field == field)
}

/// The fields of the body that an index holds or asks for.
fn indexed(collection: &Collection) -> impl Iterator<Item = &'static str> {
    let fields = collection.indexes.iter().flat_map(|it| {
        let condition = match it.only {
            Only::All => None,
            Only::Present(field) | Only::OneOf(field, _) => Some(field),
        };
        it.fields.iter().copied().chain(condition)
    });
    fields.filter(|it| !is_time(it))
}

pub(crate) fn is_time(field: &str) -> bool {
    matches!(field, "created_at" | "updated_at")
}

fn indexable(collection: &Collection, body: &Bson) -> Result<(), String> {
    for index in collection.indexes {
        let held = match index.only {
            Only::All => true,
            Only::Present(field) => value_at(body, field).is_some(),
            Only::OneOf(field, values) => {
                value_at(body, field).and_then(Bson::as_str).is_some_and(|it| values.contains(&it))
            }
        };
        let wrong = index.fields.iter().filter(|it| !is_time(it)).find(|field| {
            let value = value_at(body, field);
            value.is_some_and(|it| {
                !matches!(it, Bson::Int64(_) | Bson::String(_) | Bson::Boolean(_))
            })
        });
        if let Some(field) = wrong.filter(|_| held) {
            return Err(format!("`{field}` cannot be indexed"));
        }
    }
    Ok(())
}

/// A value as indexes sort it: truth values are numbers.
fn key_of(value: &Bson) -> Bson {
    match value {
        Bson::Boolean(truth) => Bson::Int64(i64::from(*truth)),
        other => other.clone(),
    }
}

/// A native id where the text is one in its one spelling.
fn id_or(value: Bson) -> Bson {
    let id = value.as_str().filter(|text| !text.bytes().any(|it| it.is_ascii_uppercase()));
    id.and_then(|it| it.parse::<ObjectId>().ok()).map_or(value, |it| native_id(it).into())
}

/// What a query asks a field for.
pub(crate) fn asked(collection: &Collection, field: &str, value: Option<&Scalar>) -> Bson {
    match value {
        None => Bson::Null,
        Some(value) if is_time(field) => match value {
            Scalar::Number(millis) => DateTime::from_millis(*millis).into(),
            Scalar::Bool(truth) => DateTime::from_millis(i64::from(*truth)).into(),
            // Above all dates, as text is above all numbers.
            Scalar::Text(_) => Bson::Timestamp(Timestamp { time: u32::MAX, increment: u32::MAX }),
        },
        Some(Scalar::Number(number)) => Bson::Int64(*number),
        Some(Scalar::Bool(truth)) => Bson::Int64(i64::from(*truth)),
        Some(Scalar::Text(text)) if is_reference(collection, field) => id_or(text.as_str().into()),
        Some(Scalar::Text(text)) => Bson::String(text.clone()),
    }
}

/// What a stored document answers.
pub(crate) fn answered(document: &RawDocument, field: &str) -> Option<Scalar> {
    let mut names = field.split('.');
    let first = document.get(names.next()?).ok()??;
    let value = names.try_fold(first, |value, name| value.as_document()?.get(name).ok()?)?;
    match value {
        RawBsonRef::Int64(number) => Some(Scalar::Number(number)),
        RawBsonRef::DateTime(date) => Some(Scalar::Number(date.timestamp_millis())),
        RawBsonRef::String(text) => Some(Scalar::Text(text.to_owned())),
        RawBsonRef::ObjectId(id) => Some(Scalar::Text(id.to_hex())),
        _ => None,
    }
}

fn value_at<'a>(body: &'a Bson, field: &str) -> Option<&'a Bson> {
    let value = field.split('.').try_fold(body, |value, name| value.as_document()?.get(name));
    value.filter(|it| **it != Bson::Null)
}

fn value_at_mut<'a>(fields: &'a mut Document, field: &str) -> Option<&'a mut Bson> {
    match field.split_once('.') {
        None => fields.get_mut(field),
        Some((name, rest)) => value_at_mut(fields.get_mut(name)?.as_document_mut()?, rest),
    }
}

/// Puts a value where nothing is yet.
fn set(document: &mut Document, field: &str, value: Bson) {
    match field.split_once('.') {
        None => {
            document.entry(field.to_owned()).or_insert(value);
        }
        Some((name, rest)) => {
            let inner = document.entry(name.to_owned()).or_insert_with(|| Document::new().into());
            if let Some(inner) = inner.as_document_mut() {
                set(inner, rest, value);
            }
        }
    }
}

/// Makes the ids at a declared path native.
fn refer(fields: &mut Document, path: &[&str]) {
    let Some((first, rest)) = path.split_first() else { return };
    let (name, through_list) = first.strip_suffix("[]").map_or((*first, false), |it| (it, true));
    let Some(value) = fields.get_mut(name) else { return };
    let items = match value {
        Bson::Array(items) if through_list => items.as_mut_slice(),
        other => std::slice::from_mut(other),
    };
    for item in items {
        match item.as_document_mut().filter(|_| !rest.is_empty()) {
            Some(inner) => refer(inner, rest),
            None if rest.is_empty() => *item = id_or(std::mem::replace(item, Bson::Null)),
            None => {}
        }
    }
}

fn owner_in(id: &RawDocument) -> Option<Owner> {
    match id.get("organization_id").ok()?? {
        RawBsonRef::Null => Some(Owner::Platform),
        RawBsonRef::ObjectId(id) => Some(Owner::Organization(ObjectId::from_bytes(id.bytes()))),
        _ => None,
    }
}

/// The key that a stored `_id` spells.
pub(crate) fn key_in(collection: &'static str, id: &RawDocument) -> Option<Key> {
    let owner = owner_in(id)?;
    let id = ObjectId::from_bytes(id.get_object_id("id").ok()?.bytes());
    Some(Key { owner, collection, id })
}

/// A stored document, or what is wrong with it; `None` for one that nobody can name.
pub(crate) fn record(
    collection: &'static str,
    document: &RawDocument,
) -> Option<Result<Record, Damaged>> {
    let key = key_in(collection, document.get_document("_id").ok()?)?;
    let read = || {
        let version = document.get_i64("version").map_err(|it| it.to_string())?;
        let time = |field| {
            let date = document.get_datetime(field).map_err(|it| it.to_string())?;
            Ok::<_, String>(model::Timestamp::from_millis(date.timestamp_millis()))
        };
        let (created_at, updated_at) = (time("created_at")?, time("updated_at")?);
        let version = u64::try_from(version).map_err(|it| it.to_string())?;
        let body = body::read(document, ENVELOPE)?;
        Ok(Record { key, version, created_at, updated_at, body })
    };
    Some(read().map_err(|reason| Damaged { key, reason }))
}

/// Where an event is: by stream and sequence.
pub(crate) fn event_id(
    stream: &Key,
    events: EventCollection,
    sequence: impl Into<Bson>,
) -> Document {
    doc! {
        "organization_id": owner_of(stream.owner),
        events.stream_field: native_id(stream.id),
        "sequence": sequence.into(),
    }
}

/// The sequence of a stored event by its place; 0 is that of none.
pub(crate) fn sequence(document: &RawDocument) -> u64 {
    let id = document.get_document("_id");
    id.and_then(|it| it.get_i64("sequence")).unwrap_or(0).unsigned_abs()
}

/// Whose event it is by its place; `None` for one that nobody can name.
pub(crate) fn stream_of(
    collection: &'static str,
    events: EventCollection,
    document: &RawDocument,
) -> Option<Key> {
    let place = document.get_document("_id").ok()?;
    let id = ObjectId::from_bytes(place.get_object_id(events.stream_field).ok()?.bytes());
    Some(Key { owner: owner_in(place)?, collection, id })
}

fn event_envelope(events: EventCollection) -> [&'static str; 8] {
    [
        "organization_id",
        events.stream_field,
        "sequence",
        "event_id",
        "event_type",
        "schema_version",
        "timestamp",
        "command_id",
    ]
}

pub(crate) fn whole_event(stream: &Key, events: EventCollection, event: &StoredEvent) -> Document {
    let mut document = doc! {
        "_id": event_id(stream, events, number(event.sequence)),
        "organization_id": owner_of(stream.owner),
        events.stream_field: native_id(stream.id),
        "sequence": number(event.sequence),
        "event_id": native_id(event.id),
        "event_type": &event.event_type,
        "schema_version": i32::from(event.schema_version),
        "timestamp": date(event.timestamp),
        "command_id": &event.command_id,
    };
    let parsed = event.body.read().ok();
    let native = parsed.and_then(|Parsed(parsed)| {
        body::native(&event.body, &parsed, &event_envelope(events), |_| {})
    });
    document.extend(native.unwrap_or_else(|| doc! { TEXT: event.body.as_str() }));
    document
}

/// # Errors
/// A sentence about what is not as it was written.
pub(crate) fn event(
    events: EventCollection,
    document: &RawDocument,
) -> Result<StoredEvent, String> {
    let read = || {
        Ok::<_, mongodb::bson::error::Error>(StoredEvent {
            id: ObjectId::from_bytes(document.get_object_id("event_id")?.bytes()),
            sequence: document.get_i64("sequence")?.unsigned_abs(),
            event_type: document.get_str("event_type")?.to_owned(),
            schema_version: u16::try_from(document.get_i32("schema_version")?).unwrap_or(u16::MAX),
            timestamp: model::Timestamp::from_millis(
                document.get_datetime("timestamp")?.timestamp_millis(),
            ),
            command_id: document.get_str("command_id")?.to_owned(),
            body: Stored::from_json(String::new()),
        })
    };
    let event = read().map_err(|error| error.to_string())?;
    Ok(StoredEvent { body: body::read(document, &event_envelope(events))?, ..event })
}
