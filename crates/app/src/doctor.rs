//! Looks for what should not be in a store, and mends what can be mended.

mod audit_logs;
mod examine;
mod mend;
mod streams;

use std::collections::BTreeMap;

use model::ObjectId;
use serde::Serialize;
use store::{Fault, FaultKind, Key};

/// What was looked at and what is wrong with it.
#[derive(Debug, Serialize)]
pub struct Diagnosis {
    pub ok: bool,
    /// How many of each collection, and of events.
    pub checked: BTreeMap<&'static str, u64>,
    pub findings: Vec<Finding>,
}

/// Something that should not be.
#[derive(Debug, Serialize)]
pub struct Finding {
    pub code: FindingCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection: Option<&'static str>,
    #[serde(rename = "_id", skip_serializing_if = "Option::is_none")]
    pub id: Option<ObjectId>,
    /// Of the event in its stream, when it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// What exactly, for a person.
    pub message: String,
    /// What `--repair` does about it; absent when nothing can be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<String>,
    #[serde(skip)]
    remedy: Option<Remedy>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingCode {
    MissingIndex,
    ExtraIndex,
    /// A row whose checksum does not fit.
    DamagedRecord,
    /// The database's own structure.
    DamagedStructure,
    /// A document that this version cannot read, such as one with an unknown tag.
    UnreadableRecord,
    UnreadableEvent,
    /// An event that only a newer version understands. It is kept as it is.
    UnknownEvent,
    /// A reference to a document that is not there.
    Orphan,
    /// Events are not numbered 1 to the session's version.
    SequenceGap,
    /// An event that was altered, removed, put in between or swapped after it was appended.
    BrokenChain,
    /// A session that is not the fold of its events.
    StateDiffers,
    /// A globally unique value that does not lead to its document.
    MissingLookup,
    /// A globally unique value of a document that is not there.
    StaleLookup,
    /// An entry of an audit log that was changed, removed or put in between.
    BrokenAuditLog,
}

#[derive(Debug)]
enum Remedy {
    Indexes,
    Delete { key: Key, version: u64 },
    Empty { key: Key, field: &'static str, targets: Vec<ObjectId> },
    Refold { key: Key },
    AddLookup { id: ObjectId, lookup: model::Lookup },
}

impl Finding {
    fn new(code: FindingCode, key: Option<Key>, message: impl Into<String>) -> Self {
        Self {
            code,
            collection: key.map(|it| it.collection),
            id: key.map(|it| it.id),
            sequence: None,
            message: message.into(),
            repair: None,
            remedy: None,
        }
    }

    fn at(self, sequence: u64) -> Self {
        Self { sequence: Some(sequence), ..self }
    }

    fn mended_by(self, repair: impl Into<String>, remedy: Remedy) -> Self {
        Self { repair: Some(repair.into()), remedy: Some(remedy), ..self }
    }

    fn of(fault: Fault) -> Self {
        let Fault { kind, collection, id, detail } = fault;
        let (code, repair) = match kind {
            FaultKind::MissingIndex => (FindingCode::MissingIndex, Some("make the index")),
            FaultKind::ExtraIndex => (FindingCode::ExtraIndex, Some("drop the index")),
            FaultKind::DamagedRecord => (FindingCode::DamagedRecord, None),
            FaultKind::UnevenStream => (FindingCode::SequenceGap, None),
            FaultKind::DamagedStructure => {
                (FindingCode::DamagedStructure, Some("make the indexes anew"))
            }
        };
        Self {
            code,
            collection,
            id,
            sequence: None,
            message: detail,
            repair: repair.map(str::to_owned),
            remedy: repair.map(|_| Remedy::Indexes),
        }
    }
}
