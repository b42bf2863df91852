use model::Collection;
use rusqlite::{Error, ErrorCode, ffi};
use store::StoreError;

use crate::sql;

/// Why a batch was not applied.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It does not fit what is stored.
    Refused(StoreError),
    /// SQLite says so.
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
    /// A unique index in the way, by its declared name.
    pub(crate) fn of_write(collection: &Collection, error: Error) -> Self {
        let Error::SqliteFailure(code, Some(message)) = &error else { return error.into() };
        if code.extended_code != ffi::SQLITE_CONSTRAINT_UNIQUE {
            return error.into();
        }
        let mut unique = collection.indexes.iter().filter(|it| it.unique);
        let index = unique.find(|it| sql::names_index(message, collection, it)).map(|it| it.name);
        let collection = collection.name;
        index.map_or_else(
            || error.into(),
            |index| Self::Refused(StoreError::Duplicate { collection, index }),
        )
    }

    /// Nothing but this one batch is at fault, and the transaction can go on without it.
    pub(crate) fn is_of_batch(&self) -> bool {
        let Self::Failed(Error::SqliteFailure(error, _)) = self else { return true };
        matches!(
            error.code,
            ErrorCode::Unknown
                | ErrorCode::TooBig
                | ErrorCode::ConstraintViolation
                | ErrorCode::TypeMismatch
        )
    }

    pub(crate) fn is_full(&self) -> bool {
        matches!(self, Self::Failed(error) if is_full(error))
    }
}

/// The index of the log is a file too, and has an error of its own for want of room.
fn is_full(error: &Error) -> bool {
    let Error::SqliteFailure(error, _) = error else { return false };
    error.code == ErrorCode::DiskFull || error.extended_code == ffi::SQLITE_IOERR_SHMSIZE
}

pub(crate) fn unavailable(error: &Error) -> StoreError {
    match error.sqlite_error_code() {
        _ if is_full(error) => StoreError::Full,
        Some(ErrorCode::DatabaseBusy) => {
            StoreError::Unavailable("another process has been writing for too long".to_owned())
        }
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// The same answer once more, for the next caller of the group.
pub(crate) fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full => StoreError::Full,
        StoreError::Unavailable(reason) => StoreError::Unavailable(reason.clone()),
        other => StoreError::Unavailable(other.to_string()),
    }
}

pub(crate) fn stopped() -> StoreError {
    StoreError::Unavailable("it was closed".to_owned())
}
