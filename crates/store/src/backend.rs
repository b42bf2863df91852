use async_trait::async_trait;
use model::{Collection, Index, ObjectId, Timestamp};
use serde::{Serialize, de::DeserializeOwned};

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

    /// Applies all writes, in their order, or none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] names the first key that is not as expected,
    /// [`StoreError::Duplicate`] the first unique index in the way.
    async fn commit(&self, batch: Vec<Write>) -> Result<()>;
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
    /// Its id, unique in the collection.
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

/// What [`Backend::list`] answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// At most `limit`.
    pub records: Vec<Record>,
    /// Present when there may be more.
    pub next: Option<Cursor>,
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

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
