//! Booking flows: read from files, proved sound, compiled for traversal, drawn.

pub mod builder;
pub mod check;
mod compiled;
mod diff;
mod drawing;
pub mod file;
pub mod import;
mod owned;
pub mod simulate;

pub use compiled::{CompiledFlow, CompiledQuestion, CompiledStep, Leads};
pub use diff::{Change, ChangeKind, FieldChange, FlowDiff, What, draw_diff};
pub use drawing::draw;

use crate::{
    Id,
    scheduler::{FlowSnapshot, Identified, Schedule, ServiceZone},
};

/// A flow with all that it owns and all that it needs to work.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowBundle {
    pub snapshot: FlowSnapshot,
    pub zones: Vec<Identified<ServiceZone>>,
    pub schedules: Vec<Identified<Schedule>>,
}

impl FlowBundle {
    /// `None` when the flow points at a zone that is not in the bundle.
    pub fn zone(&self, id: Id<ServiceZone>) -> Option<&ServiceZone> {
        self.zones.iter().find(|it| it.id == id).map(|it| &it.body)
    }
}
