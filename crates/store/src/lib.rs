//! Storage behind one interface.
//!
//! A [`Backend`] knows JSON documents, event streams and atomic batches, and nothing of the
//! domain: a new entity never touches one. [`Scoped`] and [`Platform`] are the typed view on top.

mod backend;
mod catalog;
pub mod conformance;
mod fenced;
mod indexed;
pub mod memory;
mod references;
mod typed;

pub use crate::{
    backend::{
        Backend, Change, Cursor, Damaged, Expected, Fault, FaultKind, Feed, Key, Order, Owner,
        PAGE_BYTES, Page, Position, Query, Record, Referrers, Scalar, Scan, Scanned, Snapshot,
        Stored, StoredEvent, Targets, Write,
    },
    catalog::{Catalog, MAX_BODY},
    references::ids_at,
    typed::{Find, Platform, PlatformUnit, Scoped, Store, UnitOfWork},
};

/// What a store answers.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why a store did not do what was asked. Whatever it is, nothing of a batch was applied.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A document is not as the batch expected it. Load, decide and try again.
    #[error("{} {} was changed by someone else", .0.collection, .0.id)]
    Conflict(Key),
    /// A unique index already has the value.
    #[error("{collection}: another document has the same {index}")]
    Duplicate {
        /// The collection of the index.
        collection: &'static str,
        /// The name of the index.
        index: &'static str,
    },
    /// A field points at a document that is not there, or is another organization's.
    #[error("{collection} {field}: there is no {to} {id}")]
    MissingReference {
        /// The collection of the document that was written.
        collection: &'static str,
        /// The field as it was declared.
        field: &'static str,
        /// The collection it points into.
        to: &'static str,
        /// The id that was not found.
        id: model::ObjectId,
    },
    /// Breaks the entity's own rules.
    #[error("{collection}: {}", problems.0.first().map_or("not valid", |it| it.message.as_str()))]
    Invalid {
        /// The collection of the document that was written.
        collection: &'static str,
        /// All of its problems.
        problems: model::Problems,
    },
    /// A stored document that this program cannot read.
    #[error("stored {collection} {id} cannot be read: {reason}")]
    Corrupt {
        /// Where it is.
        collection: &'static str,
        /// Which it is.
        id: model::ObjectId,
        /// What is wrong with it.
        reason: String,
    },
    /// A document or an event over [`MAX_BODY`].
    #[error("{collection} {id} is too large: {bytes} bytes, {MAX_BODY} may be stored")]
    TooLarge {
        /// The collection of the document or event.
        collection: &'static str,
        /// Which it is.
        id: model::ObjectId,
        /// Of its JSON text.
        bytes: usize,
    },
    /// A delete that other documents stand in the way of.
    #[error("{collection} {id} cannot be deleted: {by} {referrer} refers to it in {field}")]
    Referenced {
        /// The collection of the document that should go.
        collection: &'static str,
        /// Which it is.
        id: model::ObjectId,
        /// The collection of one that points at it.
        by: &'static str,
        /// The field as it was declared.
        field: &'static str,
        /// That one.
        referrer: model::ObjectId,
    },
    /// The feed no longer has what came after a position, or never gave it out.
    #[error("changes since {} are no longer kept", .0.0)]
    PositionLost(Position),
    /// No room to write.
    #[error("the store is full")]
    Full,
    /// The store did not answer, or answered with an error of its own.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
}
