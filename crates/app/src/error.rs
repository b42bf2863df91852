use model::{
    Problems,
    flow::{check::Report, file::NotAFlowFile},
    session::{Rejection, View},
};
use store::StoreError;

use crate::{archive::NotAnArchive, migrations::MigrationError};

/// Why the system did not do what was asked. Knows nothing of HTTP.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Also for what is there but belongs to somebody else.
    #[error("There is no such {0}.")]
    NotFound(&'static str),
    /// The session token is missing, wrong, or another session's.
    #[error("The session token is not valid for this session.")]
    WrongToken,
    #[error("The request is not valid.")]
    Invalid(Problems),
    /// The business takes no bookings here at the moment.
    #[error("Online booking is paused.")]
    Paused,
    /// The flow has never been published.
    #[error("The booking flow is not published.")]
    NotPublished,
    /// The command was decided on an older state; the view is the present one.
    #[error("The session has moved on since sequence {expected}.")]
    Stale { expected: u64, view: Box<View> },
    /// The command makes no sense now; the view is the present one.
    #[error("{rejection}")]
    Rejected { rejection: Rejection, view: Box<View> },
    /// The same command id came with another command.
    #[error("Another command was sent with this command_id before.")]
    CommandIdReused,
    /// Somebody else wrote first, again and again.
    #[error("Too many writers at once. Please try again.")]
    Busy,
    #[error("the flow file cannot be read: {0}")]
    NotAFlowFile(#[from] NotAFlowFile),
    /// The flow breaks rules that a published flow must keep.
    #[error("the flow is not sound: {}", first(.0))]
    Unsound(Box<Report>),
    #[error("{0}")]
    Taken(String),
    /// An archive that cannot be imported.
    #[error("the archive cannot be read: {0}")]
    Archive(#[from] NotAnArchive),
    /// What should take an archive does not.
    #[error("the archive cannot be written: {0}")]
    Unwritable(std::io::Error),
    /// The store is not as this version needs it.
    #[error(transparent)]
    Migration(MigrationError),
    /// No room to write; reading goes on.
    #[error("the store is full")]
    StoreFull,
    /// The store did not answer: whether a write has happened is not known.
    #[error("the store is unavailable: {0}")]
    StoreUnavailable(String),
    #[error(transparent)]
    Store(StoreError),
}

impl Error {
    /// A stored body that is no JSON.
    pub(crate) fn not_json(error: &serde_json::Error) -> Self {
        StoreError::Unavailable(format!("a stored document is no JSON: {error}")).into()
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::StoreFull,
            StoreError::Unavailable(reason) => Self::StoreUnavailable(reason),
            other => Self::Store(other),
        }
    }
}

impl From<MigrationError> for Error {
    fn from(error: MigrationError) -> Self {
        match error {
            MigrationError::Store(error) => error.into(),
            other => Self::Migration(other),
        }
    }
}

fn first(report: &Report) -> String {
    report.findings.first().map_or_else(String::new, |it| format!("{}: {}", it.path, it.message))
}
