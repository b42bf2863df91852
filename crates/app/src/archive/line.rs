use std::borrow::Cow;

use model::{Id, ObjectId, Timestamp, core::Organization};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::{Key, Owner, Record, Stored, StoredEvent};

/// What this version writes, and the only one that it reads.
pub(super) const FORMAT: u32 = 1;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) wrkbelt_archive: u32,
    /// Absent when it has everybody's documents.
    pub(super) organization_id: Option<Id<Organization>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentLine<'a> {
    #[serde(borrow)]
    pub(super) collection: Cow<'a, str>,
    pub(super) organization_id: Option<ObjectId>,
    #[serde(rename = "_id")]
    pub(super) id: ObjectId,
    pub(super) version: u64,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    #[serde(borrow)]
    pub(super) body: &'a RawValue,
}

/// An event of the document above it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventLine<'a> {
    pub(super) sequence: u64,
    #[serde(rename = "_id")]
    pub(super) id: ObjectId,
    #[serde(borrow)]
    pub(super) event_type: Cow<'a, str>,
    pub(super) schema_version: u16,
    pub(super) timestamp: Timestamp,
    #[serde(borrow)]
    pub(super) command_id: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) body: &'a RawValue,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub(super) documents: u64,
    pub(super) events: u64,
    pub(super) sha256: String,
}

impl<'a> DocumentLine<'a> {
    pub(super) fn of(record: &'a Record) -> serde_json::Result<Self> {
        Ok(Self {
            collection: Cow::Borrowed(record.key.collection),
            organization_id: match record.key.owner {
                Owner::Platform => None,
                Owner::Organization(id) => Some(id),
            },
            id: record.key.id,
            version: record.version,
            created_at: record.created_at,
            updated_at: record.updated_at,
            body: serde_json::from_str(record.body.as_str())?,
        })
    }

    /// `collection` is the declared one of this name.
    pub(super) fn into_record(self, collection: &'static str) -> Record {
        let owner = self.organization_id.map_or(Owner::Platform, Owner::Organization);
        Record {
            key: Key { owner, collection, id: self.id },
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
            body: Stored::from_json(self.body.get().to_owned()),
        }
    }
}

impl<'a> EventLine<'a> {
    pub(super) fn of(event: &'a StoredEvent) -> serde_json::Result<Self> {
        Ok(Self {
            sequence: event.sequence,
            id: event.id,
            event_type: Cow::Borrowed(&event.event_type),
            schema_version: event.schema_version,
            timestamp: event.timestamp,
            command_id: Cow::Borrowed(&event.command_id),
            body: serde_json::from_str(event.body.as_str())?,
        })
    }

    pub(super) fn into_event(self) -> StoredEvent {
        StoredEvent {
            id: self.id,
            sequence: self.sequence,
            event_type: self.event_type.into_owned(),
            schema_version: self.schema_version,
            timestamp: self.timestamp,
            command_id: self.command_id.into_owned(),
            body: Stored::from_json(self.body.get().to_owned()),
        }
    }
}
