//! Rows as they are stored, and whether they are as they were written.

use model::{ObjectId, Timestamp};
use rusqlite::{Row, types::FromSql};
use store::{Damaged, Key, Owner, Record, StoreError, Stored, StoredEvent};

use crate::{apply::Place, checksum::checksum};

/// The columns of [`record`].
pub(crate) const RECORD: &str = "owner, id, version, created_at, updated_at, checksum, body";

/// The columns of [`event`].
pub(crate) const EVENT: &str =
    "sequence, id, event_type, schema_version, timestamp, command_id, checksum, body";

/// How many these are.
pub(crate) const RECORD_COLUMNS: usize = 7;

const ALTERED: &str = "it is not as it was written";

/// The numbers and the body that a document's row holds.
pub(crate) struct Document<'a> {
    pub(crate) version: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) body: &'a str,
}

/// What an event's row holds beside its stream.
pub(crate) struct Event<'a> {
    pub(crate) sequence: i64,
    pub(crate) id: [u8; 12],
    pub(crate) tag: &'a str,
    pub(crate) schema_version: u16,
    pub(crate) timestamp: i64,
    pub(crate) command_id: &'a str,
    pub(crate) body: &'a str,
}

impl<'a> Document<'a> {
    pub(crate) fn checksum(&self, place: &Place) -> i64 {
        checksum(
            &[self.version, self.created_at, self.updated_at],
            &[place.owner(), place.id(), self.body.as_bytes()],
        )
    }

    /// # Errors
    /// What is wrong with the row; its columns from `first` on are those of [`RECORD`].
    pub(crate) fn read(row: &'a Row<'_>, first: usize, place: &Place) -> Result<Self, String> {
        let document = Self {
            version: column(row, first + 2)?,
            created_at: column(row, first + 3)?,
            updated_at: column(row, first + 4)?,
            body: text(row, first + 6)?,
        };
        verify(document.checksum(place), column(row, first + 5)?)?;
        Ok(document)
    }
}

impl<'a> Event<'a> {
    pub(crate) fn of(event: &'a StoredEvent) -> Self {
        Self {
            sequence: number(event.sequence),
            id: event.id.bytes(),
            tag: &event.event_type,
            schema_version: event.schema_version,
            timestamp: event.timestamp.millis(),
            command_id: &event.command_id,
            body: event.body.as_str(),
        }
    }

    pub(crate) fn checksum(&self, stream: &Place) -> i64 {
        checksum(
            &[self.sequence, i64::from(self.schema_version), self.timestamp],
            &[
                stream.owner(),
                stream.id(),
                &self.id,
                self.tag.as_bytes(),
                self.command_id.as_bytes(),
                self.body.as_bytes(),
            ],
        )
    }

    /// # Errors
    /// What is wrong with the row; its columns from `first` on are those of [`EVENT`].
    pub(crate) fn read(row: &'a Row<'_>, first: usize, stream: &Place) -> Result<Self, String> {
        let event = Self {
            sequence: column(row, first)?,
            id: column(row, first + 1)?,
            tag: text(row, first + 2)?,
            schema_version: column(row, first + 3)?,
            timestamp: column(row, first + 4)?,
            command_id: text(row, first + 5)?,
            body: text(row, first + 7)?,
        };
        verify(event.checksum(stream), column(row, first + 6)?)?;
        Ok(event)
    }

    fn to_stored(&self) -> StoredEvent {
        StoredEvent {
            id: ObjectId::from_bytes(self.id),
            sequence: self.sequence.cast_unsigned(),
            event_type: self.tag.to_owned(),
            schema_version: self.schema_version,
            timestamp: Timestamp::from_millis(self.timestamp),
            command_id: self.command_id.to_owned(),
            body: Stored::from_json(self.body.to_owned()),
        }
    }
}

/// A document of a known key.
pub(crate) fn record(row: &Row<'_>, key: Key) -> Result<Record, Damaged> {
    let document = Document::read(row, 0, &Place::of(&key));
    let document = document.map_err(|reason| Damaged { key, reason })?;
    Ok(Record {
        key,
        version: document.version.cast_unsigned(),
        created_at: Timestamp::from_millis(document.created_at),
        updated_at: Timestamp::from_millis(document.updated_at),
        body: Stored::from_json(document.body.to_owned()),
    })
}

/// An event of a known stream.
pub(crate) fn event(row: &Row<'_>, stream: &Key) -> Result<StoredEvent, StoreError> {
    let event = Event::read(row, 0, &Place::of(stream));
    let event = event.map_err(|reason| corrupt(stream, of_event(row, 0, &reason)))?;
    Ok(event.to_stored())
}

/// Where a row of documents says that it is. What cannot be an id is taken for the lowest, and
/// what cannot be an owner for the platform: the row's checksum will not fit.
pub(crate) fn key(row: &Row<'_>, collection: &'static str) -> Key {
    let id = |index| column(row, index).map(ObjectId::from_bytes);
    let owner = id(0).map_or(Owner::Platform, Owner::Organization);
    Key { owner, collection, id: id(1).unwrap_or(ObjectId::from_bytes([0; 12])) }
}

/// What is wrong with an event, for its stream.
pub(crate) fn of_event(row: &Row<'_>, first: usize, reason: &str) -> String {
    let sequence = column::<i64>(row, first).map_or_else(|_| String::new(), |it| format!(" {it}"));
    format!("its event{sequence}: {reason}")
}

pub(crate) fn corrupt(key: &Key, reason: String) -> StoreError {
    StoreError::Corrupt { collection: key.collection, id: key.id, reason }
}

/// Versions and sequences; none that is stored is negative.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(-1)
}

fn verify(computed: i64, stored: i64) -> Result<(), String> {
    if computed == stored || cfg!(feature = "unchecked") { Ok(()) } else { Err(ALTERED.to_owned()) }
}

fn column<T: FromSql>(row: &Row<'_>, index: usize) -> Result<T, String> {
    row.get(index).map_err(|_| ALTERED.to_owned())
}

fn text<'a>(row: &'a Row<'_>, index: usize) -> Result<&'a str, String> {
    let text = row.get_ref(index).ok().and_then(|it| it.as_str().ok());
    text.ok_or_else(|| ALTERED.to_owned())
}
