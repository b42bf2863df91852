//! Storage behind one interface.
//!
//! A [`Backend`] knows JSON documents, event streams and atomic batches, and nothing of the
//! domain: a new entity never touches one. [`Scoped`] and [`Platform`] are the typed view on top.

mod backend;
mod catalog;
pub mod conformance;
mod indexed;
pub mod memory;
mod typed;

pub use crate::{
    backend::{
        Backend, Cursor, Expected, Key, Order, Owner, Page, Query, Record, Scalar, Stored,
        StoredEvent, Write,
    },
    catalog::{Catalog, MAX_BODY},
    typed::{Find, Platform, Scoped, Store, UnitOfWork},
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
    /// No room to write.
    #[error("the store is full")]
    Full,
    /// The store did not answer, or answered with an error of its own.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
}
