//! Drafts of flows, made of what a business has already: a list of its services, or a chat flow
//! of another tool. Pure, and total: any text is a draft or a reason why not.

mod csv;
mod draft;
mod money;
mod services;
mod text;
mod typebot;

use std::fmt;

use serde::Serialize;

pub use self::{services::from_csv, typebot::from_typebot};
use crate::{content::Currency, flow::file::FlowFile};

/// What a draft has that nothing says.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// Of the flow.
    pub title: String,
    /// IANA zone of the schedule.
    pub time_zone: String,
    /// Of prices that name none.
    pub currency: Currency,
}

/// A draft, and what became of its source.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    pub file: FlowFile,
    /// The file in YAML.
    pub text: String,
    pub report: ImportReport,
}

/// What became of the source: whatever is not in the draft as it was is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// How many rows or blocks are in the draft.
    pub taken: usize,
    pub notes: Vec<Note>,
}

/// Something that is not in the draft as it was in the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    pub kind: NoteKind,
    /// In the source: `line 3, column 14`, or `groups.2.blocks.0`.
    pub place: String,
    /// One sentence.
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// It is in the draft otherwise.
    Changed,
    LeftOut,
}

/// Why a text makes no draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct NotImportable {
    /// One sentence.
    pub message: String,
    /// Line and column, from 1.
    pub location: Option<(usize, usize)>,
}

/// A longer source is refused.
const LONGEST: usize = 4_000_000;

impl fmt::Display for NotImportable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.location {
            Some((line, column)) => write!(f, "line {line}, column {column}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl NotImportable {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), location: None }
    }

    fn at((line, column): (usize, usize), message: impl Into<String>) -> Self {
        Self { message: message.into(), location: Some((line, column)) }
    }

    fn if_too_long(text: &str) -> Result<(), Self> {
        if text.len() <= LONGEST {
            return Ok(());
        }
        Err(Self::new(format!("it has more than {} MB", LONGEST / 1_000_000)))
    }
}

impl ImportReport {
    fn changed(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.note(NoteKind::Changed, place.into(), message.into());
    }

    fn left_out(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.note(NoteKind::LeftOut, place.into(), message.into());
    }

    fn note(&mut self, kind: NoteKind, place: String, message: String) {
        self.notes.push(Note { kind, place, message });
    }
}
