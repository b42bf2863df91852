use model::Collection;
use mongodb::error::{
    Error, ErrorKind, RETRYABLE_WRITE_ERROR, TRANSIENT_TRANSACTION_ERROR, WriteFailure,
};
use store::{Key, StoreError};

use crate::select::BY_ID;

const NAMESPACE_EXISTS: i32 = 48;
const INDEX_NOT_FOUND: i32 = 27;
const INDEX_CONFLICTS: [i32; 2] = [85, 86];
const WRITE_CONFLICT: i32 = 112;
const DUPLICATE_KEY: i32 = 11_000;
const OUT_OF_DISK_SPACE: i32 = 14_031;
const EXCEEDED_TIME: [i32; 3] = [50, 64, 262];
const INDEX_BUILD_ABORTED: i32 = 276;
const SNAPSHOT_GONE: [i32; 2] = [239, 246];
const NO_SUCH_POSITION: [i32; 4] = [136, 260, 280, 286];

const SNAPSHOT_ADVICE: &str = "the server keeps no history as old as this snapshot: set its \
    parameter minSnapshotHistoryWindowInSeconds (300 unless it was set) to more seconds than \
    reading all takes, and try again";

/// Why a batch was not applied.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It does not fit what is stored.
    Refused(StoreError),
    /// The driver or the server says so.
    Failed(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(error) => error,
            Fault::Failed(error) => unavailable(&error),
        }
    }
}

impl Fault {
    /// A unique index in the way, by its declared name; that on the key is a conflict.
    pub(crate) fn of_write(collection: &Collection, key: &Key, error: Error) -> Self {
        let Some(name) = duplicate(&error) else { return error.into() };
        if name == BY_ID {
            return Self::Refused(StoreError::Conflict(*key));
        }
        let index = collection.indexes.iter().find(|it| it.name == name).map(|it| it.name);
        let collection = collection.name;
        index.map_or_else(
            || error.into(),
            |index| Self::Refused(StoreError::Duplicate { collection, index }),
        )
    }
}

/// The name of the unique index in the way.
fn duplicate(error: &Error) -> Option<String> {
    let (code, message) = said(error)?;
    let named = message.split_once(" index: ")?.1.split_once(" dup key")?.0;
    (code == DUPLICATE_KEY).then(|| named.to_owned())
}

/// The code and the sentence of the server.
fn said(error: &Error) -> Option<(i32, &str)> {
    match error.kind.as_ref() {
        ErrorKind::Command(it) => Some((it.code, &it.message)),
        ErrorKind::Write(WriteFailure::WriteError(it)) => Some((it.code, &it.message)),
        ErrorKind::Write(WriteFailure::WriteConcernError(it)) => Some((it.code, &it.message)),
        ErrorKind::InsertMany(it) => {
            let first = it.write_errors.as_ref().and_then(|it| it.first());
            let first = first.map(|it| (it.code, &*it.message));
            first.or(it.write_concern_error.as_ref().map(|it| (it.code, &*it.message)))
        }
        _ => None,
    }
}

fn code(error: &Error) -> Option<i32> {
    said(error).map(|it| it.0)
}

pub(crate) fn is_there_already(error: &Error) -> bool {
    code(error) == Some(NAMESPACE_EXISTS)
}

pub(crate) fn is_gone_already(error: &Error) -> bool {
    code(error) == Some(INDEX_NOT_FOUND)
}

/// An index of the same name or the same fields is otherwise than this one.
pub(crate) fn is_other_index(error: &Error) -> bool {
    code(error).is_some_and(|it| INDEX_CONFLICTS.contains(&it))
}

/// Another process that makes the same indexes came between.
pub(crate) fn was_interrupted(error: &Error) -> bool {
    code(error) == Some(INDEX_BUILD_ABORTED)
}

pub(crate) fn is_lost_position(error: &Error) -> bool {
    code(error).is_some_and(|it| NO_SUCH_POSITION.contains(&it))
}

/// The server refused what was asked, rather than being away.
pub(crate) fn is_refusal(error: &Error) -> bool {
    let refused = matches!(error.kind.as_ref(), ErrorKind::Command(_));
    refused && !error.contains_label("ResumableChangeStreamError") && !is_passing(error)
}

/// Another write came between, and this one was not applied.
pub(crate) fn is_write_conflict(error: &Error) -> bool {
    code(error) == Some(WRITE_CONFLICT)
}

/// The same may well succeed when it is tried again.
pub(crate) fn is_passing(error: &Error) -> bool {
    error.contains_label(TRANSIENT_TRANSACTION_ERROR)
        || error.contains_label(RETRYABLE_WRITE_ERROR)
        || is_write_conflict(error)
        || code(error).is_some_and(|it| EXCEEDED_TIME.contains(&it))
        || matches!(
            error.kind.as_ref(),
            ErrorKind::Io(_)
                | ErrorKind::ConnectionPoolCleared { .. }
                | ErrorKind::ServerSelection { .. }
        )
}

pub(crate) fn unavailable(error: &Error) -> StoreError {
    if code(error) == Some(OUT_OF_DISK_SPACE) {
        return StoreError::Full;
    }
    if code(error).is_some_and(|it| SNAPSHOT_GONE.contains(&it)) {
        return StoreError::Unavailable(SNAPSHOT_ADVICE.to_owned());
    }
    StoreError::Unavailable(match (error.kind.as_ref(), said(error)) {
        (ErrorKind::ServerSelection { .. }, _) => "no primary answers".to_owned(),
        (_, Some((_, message))) => message.to_owned(),
        (other, None) => other.to_string(),
    })
}
