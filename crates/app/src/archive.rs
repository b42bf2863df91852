//! A whole store, or one organization of it, as one file that every engine reads and writes.
//!
//! Lines of JSON: a head, each document by collection, owner and id with the events of a stream
//! behind it, and an end with the counts and the SHA-256 of all lines before. What is exported
//! from one engine and imported into another is exported from there as the same bytes.

mod import;
mod line;
mod read;
mod seal;
mod write;

pub use self::{
    import::{Checked, Dangling},
    seal::{BackupKey, SealedWriter, open_archive},
    write::Exported,
};

/// Which documents an archive has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All but what only the running servers need.
    Everything,
    /// One organization's, and itself.
    Organization(model::Id<model::core::Organization>),
}

/// Why an archive cannot be read: one sentence.
#[derive(Debug, thiserror::Error)]
pub enum NotAnArchive {
    /// A line that is not as it should be.
    #[error("line {line}: {reason}")]
    Line {
        /// From 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// Its documents do not go together.
    #[error("{0}")]
    Content(String),
    /// It ends before its end.
    #[error("it is cut off: the line with the counts and the checksum is missing")]
    Truncated,
    /// It was altered after it was written.
    #[error("its checksum does not fit: it was altered or damaged")]
    Altered,
    /// It is sealed and no key was given.
    #[error("it is sealed: say with which key")]
    Sealed,
    /// A key was given for what anybody could have written.
    #[error("it is not sealed, and a key was given: without one it is taken as it is")]
    NotSealed,
    /// It was sealed with another key.
    #[error("it was sealed with another key")]
    WrongKey,
    /// It cannot be opened or read.
    #[error("{0}")]
    Unreadable(#[from] std::io::Error),
}

/// Collections that say what running servers do at the moment, and nothing that outlives them.
const FLEETING: &[&str] = &["leases"];

fn kept() -> impl Iterator<Item = &'static model::Collection> {
    model::COLLECTIONS.iter().filter(|it| !FLEETING.contains(&it.name))
}
