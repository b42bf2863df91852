use std::collections::BTreeMap;

use async_trait::async_trait;
use model::{Collection, Index, ObjectId, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{Result, StoreError};

/// The whole contract of a database; `conformance` tests each promise. Every method is one round
/// trip, and an answer is given only for what is durable.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// Makes what the collections declare and is not there yet; safe to call again and from
    /// several processes at once. Called before anything else.
    async fn ensure(&self, collections: &[Collection]) -> Result<()>;

    /// The document at the key.
    async fn get(&self, key: &Key) -> Result<Option<Record>>;

    /// One page in the order of the query's index.
    async fn list(&self, query: &Query) -> Result<Page>;

    /// Events with a sequence above `after`, in order, at most `limit`.
    async fn events(&self, stream: &Key, after: u64, limit: usize) -> Result<Vec<StoredEvent>>;

    /// The events that one command appended, in order; none when it is not known.
    async fn events_of_command(&self, stream: &Key, command_id: &str) -> Result<Vec<StoredEvent>>;

    /// How many documents a query finds on all of its pages.
    async fn count(&self, query: &Query) -> Result<u64>;

    /// Documents that hold one of some ids in a declared field, by owner and id.
    async fn referrers(&self, referrers: &Referrers) -> Result<Scanned>;

    /// What is committed from now on, or was since a change that was seen before.
    ///
    /// # Errors
    /// [`StoreError::PositionLost`] when what came after the position is no longer kept.
    async fn watch(&self, after: Option<&Position>) -> Result<Box<dyn Feed>>;

    /// All documents and events as they are now, whatever is written while they are read.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>>;

    /// What is wrong below the documents: indexes that are not as the collections declare, rows
    /// and pages whose checksums do not fit. Changes nothing and needs no `ensure` before it.
    async fn inspect(&self, collections: &[Collection]) -> Result<Vec<Fault>>;

    /// Makes indexes anew from the documents, and drops those that nobody declared.
    async fn mend(&self, collections: &[Collection]) -> Result<()>;

    /// Applies all writes, in their order, or none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] names the first key that is not as expected,
    /// [`StoreError::Duplicate`] the first unique index in the way.
    async fn commit(&self, batch: Vec<Write>) -> Result<()>;
}

/// Committed changes in their order: none is missed, none comes twice.
#[async_trait]
pub trait Feed: Send {
    /// The next change; waits for it.
    async fn next(&mut self) -> Result<Change>;
}

/// A view of one instant.
#[async_trait]
pub trait Snapshot: Send {
    /// Documents of one owner, or of all, by owner (the platform first) and id.
    async fn scan(&mut self, scan: &Scan) -> Result<Scanned>;

    /// As [`Backend::events`].
    async fn events(&mut self, stream: &Key, after: u64, limit: usize) -> Result<Vec<StoredEvent>>;
}

/// Whose document it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// Nobody's: a global entity.
    Platform,
    /// An organization's.
    Organization(ObjectId),
}

/// Where a document is. There is no way to one without its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Whose it is.
    pub owner: Owner,
    /// Its collection's name.
    pub collection: &'static str,
    /// Its id. Ids are made so that no two documents of a collection have the same, whoever owns
    /// them; what happens with two that do is not said.
    pub id: ObjectId,
}

/// JSON as text, so that what nobody looks into is never parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored(String);

/// A document as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it is.
    pub key: Key,
    /// One more at every write; for a stream, the number of its events.
    pub version: u64,
    /// When it was first written.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// The document without the envelope.
    pub body: Stored,
}

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Unique among all events.
    pub id: ObjectId,
    /// 1, 2, 3 … without gaps in its stream.
    pub sequence: u64,
    /// The event's tag.
    pub event_type: String,
    /// In which version of its shape the body is written.
    pub schema_version: u16,
    /// When the server accepted it.
    pub timestamp: Timestamp,
    /// The command that caused it.
    pub command_id: String,
    /// All other fields.
    pub body: Stored,
}

/// One part of a batch. `expect` is the version that must be there; 0 is nothing yet.
#[derive(Debug, Clone)]
pub enum Write {
    /// Writes nothing: holds the batch to what it was decided on.
    Check {
        /// Which document.
        key: Key,
        /// How it must be.
        expect: Expected,
    },
    /// Writes a document whole; its version becomes `expect + 1`.
    Put {
        /// Which document.
        key: Key,
        /// Its version before.
        expect: u64,
        /// The time of the write.
        at: Timestamp,
        /// The document.
        body: Stored,
    },
    /// Removes a document.
    Delete {
        /// Which document.
        key: Key,
        /// Its version before.
        expect: u64,
    },
    /// Adds events and, with them, the state they lead to: the document at the same key, whose
    /// version is the number of its events.
    Append {
        /// The stream and its document.
        stream: Key,
        /// The number of events before.
        expect: u64,
        /// The time of the write.
        at: Timestamp,
        /// At least one; their sequences go on from `expect + 1`.
        events: Vec<StoredEvent>,
        /// The fold of all events including these.
        state: Stored,
    },
    /// Writes nothing: holds when no document of a collection has one of the ids in a field.
    /// What a batch does before this counts; what others do at the same time cannot come between.
    Unreferenced {
        /// Who must not have it.
        by: &'static str,
        /// Where: dotted, `[]` goes through a list.
        field: &'static str,
        /// What they would point at.
        targets: Targets,
    },
    /// Puts back a document that was stored before, with its version, its times and all its
    /// events. There must be none at its key.
    Restore {
        /// The document.
        record: Record,
        /// From the first on; empty when its collection has none.
        events: Vec<StoredEvent>,
    },
}

/// Documents of one collection that others may point at. Those of the platform may be pointed at
/// by everybody's, those of an organization by its own only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    /// Whose documents.
    pub owner: Owner,
    /// Their collection.
    pub collection: &'static str,
    /// Which of them.
    pub ids: Vec<ObjectId>,
}

/// Who points at documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrers {
    /// The collection that is searched.
    pub by: &'static str,
    /// The field in it: dotted, `[]` goes through a list.
    pub field: &'static str,
    /// What is pointed at.
    pub targets: Targets,
    /// Where the page before ended.
    pub after: Option<(Owner, ObjectId)>,
    /// At least 1.
    pub limit: usize,
}

/// What [`Write::Check`] expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Exactly this version; 0 is nothing yet.
    Version(u64),
    /// There is one, whatever its version.
    Present,
}

/// A value in an index. Strings sort by their bytes.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Text, ids and (by their one text) timestamps of the body.
    Text(String),
    /// Whole numbers, and the envelope's timestamps as milliseconds since 1970.
    Number(i64),
    /// Truth values.
    Bool(bool),
}

/// One page of one owner's collection. Only declared indexes can be asked.
#[derive(Debug, Clone)]
pub struct Query {
    /// Whose documents.
    pub owner: Owner,
    /// Which collection.
    pub collection: &'static str,
    /// `None` orders by id.
    pub index: Option<&'static Index>,
    /// Values of the index's first fields. A partial index shows only the documents it holds.
    pub equal: Vec<Scalar>,
    /// Lowest value of the next field, itself included.
    pub from: Option<Scalar>,
    /// Highest value of the next field, itself excluded.
    pub until: Option<Scalar>,
    /// By the fields of the index, then by id.
    pub order: Order,
    /// Where the page before ended.
    pub after: Option<Cursor>,
    /// At least 1.
    pub limit: usize,
    /// Only these fields of the bodies, in this order, where they are present and not null;
    /// `None` gives them whole.
    pub fields: Option<&'static [&'static str]>,
}

/// Which end of the index comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Lowest first.
    #[default]
    Ascending,
    /// Highest first.
    Descending,
}

/// The place of a document in an index: the next page goes on behind it, whatever was inserted
/// or deleted meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// Its values of the index's fields that `equal` did not fix; `None` where it has no such
    /// field, which sorts lowest.
    pub values: Vec<Option<Scalar>>,
    /// Its id.
    pub id: ObjectId,
}

/// Bytes of bodies behind which a page ends, however many documents were asked for: 4 MiB.
pub const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// What [`Backend::list`] answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// At most `limit`, together with the damaged ones; fewer where they are more than
    /// [`PAGE_BYTES`] together.
    pub records: Vec<Record>,
    /// Documents that are there and cannot be read. They stand in nobody's way.
    pub damaged: Vec<Damaged>,
    /// Present when there may be more.
    pub next: Option<Cursor>,
}

/// A stored document that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Which.
    pub key: Key,
    /// What is wrong with it.
    pub reason: String,
}

/// Which part of a collection a snapshot reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Which collection.
    pub collection: &'static str,
    /// `None` is everybody's.
    pub owner: Option<Owner>,
    /// Where the part before ended.
    pub after: Option<(Owner, ObjectId)>,
    /// At least 1.
    pub limit: usize,
}

/// Documents by owner and id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scanned {
    /// At most as many as asked for, together with the damaged ones.
    pub records: Vec<Record>,
    /// Documents that are there and cannot be read.
    pub damaged: Vec<Damaged>,
    /// Present when there may be more.
    pub next: Option<(Owner, ObjectId)>,
}

/// A document that was written or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it is among all changes.
    pub position: Position,
    /// Which document.
    pub key: Key,
    /// Its version after the change; 0 when it was deleted. Of a stream, the number of its events.
    pub version: u64,
}

/// The place of a change among all. What it says is the engine's own affair.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Position(pub String);

/// Something that [`Backend::inspect`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind of fault.
    pub kind: FaultKind,
    /// The collection, when it is of one.
    pub collection: Option<&'static str>,
    /// The document, when it is one.
    pub id: Option<ObjectId>,
    /// What exactly, for a person.
    pub detail: String,
}

/// What can be wrong below the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// A declared index is not there, or is not as declared.
    MissingIndex,
    /// An index that nobody declared.
    ExtraIndex,
    /// A document or an event that is not as it was written.
    DamagedRecord,
    /// The events of a stream are not 1, 2, 3 … up to its version.
    UnevenStream,
    /// The engine's own structure: a page, a table, an index that does not fit its table.
    DamagedStructure,
}

impl Write {
    /// The document that it writes.
    pub fn key(&self) -> Option<Key> {
        match self {
            Self::Put { key, .. } | Self::Delete { key, .. } => Some(*key),
            Self::Append { stream, .. } => Some(*stream),
            Self::Restore { record, .. } => Some(record.key),
            Self::Check { .. } | Self::Unreferenced { .. } => None,
        }
    }
}

impl Query {
    /// The documents of an owner in the order of their ids.
    pub fn by_id(owner: Owner, collection: &'static str, limit: usize) -> Self {
        Self {
            owner,
            collection,
            index: None,
            equal: Vec::new(),
            from: None,
            until: None,
            order: Order::Ascending,
            after: None,
            limit,
            fields: None,
        }
    }
}

impl Stored {
    /// The caller vouches for `json`: minified, one JSON value.
    pub fn from_json(json: String) -> Self {
        Self(json)
    }

    /// # Errors
    /// [`StoreError::Unavailable`] for a value that JSON cannot hold, such as a map with keys
    /// that are no strings.
    pub fn of(value: &impl Serialize) -> Result<Self> {
        serde_json::to_string(value)
            .map(Self)
            .map_err(|error| StoreError::Unavailable(format!("cannot be written as JSON: {error}")))
    }

    /// # Errors
    /// What serde says of it, which names the place.
    pub fn read<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.0)
    }

    /// The object with only these of its fields, in this order, where they are present and not
    /// null; each value keeps its spelling.
    ///
    /// # Errors
    /// What serde says of it; a body that is no object is one.
    pub fn only(&self, fields: &[&str]) -> serde_json::Result<Self> {
        let all: BTreeMap<String, &RawValue> = serde_json::from_str(&self.0)?;
        let held = fields.iter().filter_map(|it| Some((*it, *all.get(*it)?)));
        let mut json = String::from("{");
        for (name, value) in held.filter(|it| it.1.get() != "null") {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(&serde_json::to_string(name)?);
            json.push(':');
            json.push_str(value.get());
        }
        json.push('}');
        Ok(Self(json))
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
