use std::time::Duration;

use adapters::files::{FileError, UploadError};
use model::{
    COLLECTIONS, Problems,
    core::Permission,
    flow::{FlowDiff, check::Report, file::NotAFlowFile},
    session::{NotUnderstood, Rejection, View},
};
use store::StoreError;

use crate::{archive::NotAnArchive, migrations::MigrationError};

/// Why the system did not do what was asked. Knows nothing of HTTP.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Also for what is there but belongs to somebody else.
    #[error("There is no such {0}.")]
    NotFound(&'static str),
    /// Nobody is signed in, or no longer.
    #[error("Sign in, or send an API key.")]
    Unauthenticated,
    #[error("This needs the permission {0}.")]
    Forbidden(Permission),
    /// The document is no longer as the caller saw it.
    #[error("It was changed by someone else: its version is {current} now.")]
    Changed { current: u64 },
    /// The same, because somebody else published it: with what visitors get otherwise since.
    #[error("Somebody else published it first: its version is {current} now.")]
    Overtaken { current: u64, diff: Box<FlowDiff> },
    /// Another document has a value that only one may have.
    #[error("Another {label} has the same {field} already.")]
    Duplicate { label: &'static str, field: &'static str },
    /// Something else needs it.
    #[error("{0}")]
    Referenced(String),
    /// The same idempotency key came with another request.
    #[error("Another request was sent with this Idempotency-Key before.")]
    IdempotencyKeyReused,
    /// The same request is being done at the moment.
    #[error("A request with this Idempotency-Key is under way: send it again when it has ended.")]
    UnderWay,
    /// Tried too often.
    #[error("Too many attempts. Please try again later.")]
    TooManyAttempts { retry_after: Duration },
    /// Also for an account that there is not.
    #[error("The e-mail address or the password is wrong.")]
    WrongCredentials,
    /// The password is right, and the account has a second factor.
    #[error("Enter the code of your authenticator app, or a recovery code.")]
    SecondFactorRequired,
    #[error("The code is wrong, or was used before.")]
    WrongCode,
    /// Wrong, expired, used or revoked.
    #[error("The link is not valid, or no longer.")]
    NotALink,
    /// A key is missing, or something was altered.
    #[error("a secret cannot be opened: {0}")]
    Unsealed(String),
    /// Links to this installation would lead nowhere.
    #[error("the public URL cannot be used: {0}")]
    PublicUrl(String),
    /// A rule that is about more than one document.
    #[error("{0}")]
    NotAllowed(&'static str),
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
    /// What happened in a session is of a newer version, and is kept as it is.
    #[error("Event {sequence} cannot be folded here: {reason}.")]
    NotFoldable { sequence: u64, reason: NotUnderstood },
    /// The same, for visitors: a server of the newer version will go on.
    #[error("Online booking is being updated. Please try again in a moment.")]
    BeingUpdated,
    /// Somebody else wrote first, again and again.
    #[error("Too many writers at once. Please try again.")]
    Busy,
    #[error("the flow file cannot be read: {0}")]
    NotAFlowFile(#[from] NotAFlowFile),
    /// The flow breaks rules that a published flow must keep.
    #[error("the flow is not sound: {}", first(.0))]
    Unsound(Box<Report>),
    /// A plan was made on what has changed since.
    #[error("What the plan is about has changed since it was made. Make another one.")]
    PlanOutdated,
    #[error("{0}")]
    Taken(String),
    /// An archive that cannot be imported.
    #[error("the archive cannot be read: {0}")]
    Archive(#[from] NotAnArchive),
    /// What should take an archive does not.
    #[error("the archive cannot be written: {0}")]
    Unwritable(std::io::Error),
    /// A file that is not taken.
    #[error("{0}")]
    Upload(UploadError),
    /// The organization keeps as many files as it may.
    #[error("There is no room for more files: delete some first.")]
    OverQuota,
    /// This process keeps no files.
    #[error("no place for files is configured")]
    NoFiles,
    #[error(transparent)]
    Files(FileError),
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
    /// Whether somebody else wrote first: the same again may succeed.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(StoreError::Conflict(_)))
    }

    /// A document of a collection has it in a field.
    pub(crate) fn referenced(by: &str, field: &str) -> Self {
        Self::Referenced(format!(
            "A {} refers to it in `{field}`: change or delete that first.",
            label(by)
        ))
    }

    /// As a visitor is told of it.
    pub(crate) fn for_visitors(self) -> Self {
        match self {
            Self::NotFoldable { .. } => Self::BeingUpdated,
            other => other,
        }
    }

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
            StoreError::Invalid { problems, .. } => Self::Invalid(problems),
            StoreError::MissingReference { field, to, id, .. } => {
                let mut problems = Problems::default();
                let message = format!("there is no {} {id}", label(to));
                problems.root().at(field.replace("[]", "")).add("reference", message);
                Self::Invalid(problems)
            }
            StoreError::Duplicate { collection, index } => {
                Self::Duplicate { label: label(collection), field: index }
            }
            StoreError::Referenced { by, field, .. } => Self::referenced(by, field),
            other => Self::Store(other),
        }
    }
}

/// `booking_flows` as sentences say it.
fn label(collection: &str) -> &'static str {
    let found = COLLECTIONS.iter().find(|it| it.name == collection);
    found.map_or("document", |it| it.label)
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
