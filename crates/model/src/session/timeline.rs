//! What happened in a visit, in words.

mod label;

use schemars::JsonSchema;
use serde::Serialize;

pub use self::label::words;
use self::label::{decision, label};
use super::{EventData, SessionEvent};
use crate::{
    Id, ObjectId, Timestamp,
    flow::CompiledFlow,
    step::{BookingFlowStep, StepType},
};

/// One event for people to read.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TimelineEntry {
    #[serde(rename = "_id")]
    pub id: ObjectId,
    pub sequence: u64,
    pub event_type: String,
    /// What happened, in a few words.
    pub label: String,
    pub timestamp: Timestamp,
    /// Since the first event.
    pub since_start_ms: u64,
    /// Since the event before; 0 for the first.
    pub since_previous_ms: u64,
    pub by: Cause,
    pub command_id: String,
    /// Where the visitor was.
    pub step: Option<TimelineStep>,
    /// Whether this version knows what the event says.
    pub understood: bool,
}

/// Who brought an event about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    Visitor,
    /// By itself, because nobody went on.
    Server,
}

/// A step of the flow, as it is called there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TimelineStep {
    pub id: Id<BookingFlowStep>,
    #[serde(rename = "type")]
    pub step_type: Option<StepType>,
    /// Absent when the flow cannot be read.
    pub title: Option<String>,
}

/// Ids of the server's own commands begin with it: no visitor can send one with a space in it.
pub const SERVER_COMMAND: &str = "sweep ";

impl TimelineEntry {
    /// The entry of an event that is understood. `flow` is the visit's version.
    pub fn of(flow: Option<&CompiledFlow>, event: &SessionEvent) -> Self {
        Self {
            id: event.id,
            sequence: event.sequence,
            event_type: event.body.data.event_type().to_owned(),
            label: label(flow, &event.body.data),
            timestamp: event.timestamp,
            since_start_ms: 0,
            since_previous_ms: 0,
            by: Cause::of(&event.command_id),
            command_id: event.command_id.clone(),
            step: event.body.step_id.map(|id| TimelineStep::of(flow, id)),
            understood: true,
        }
    }

    /// The same with the time that has passed.
    #[must_use]
    pub fn since(self, start: Timestamp, previous: Timestamp) -> Self {
        Self {
            since_start_ms: self.timestamp.millis_since(start),
            since_previous_ms: self.timestamp.millis_since(previous),
            ..self
        }
    }
}

impl Cause {
    /// By the id of the command.
    pub fn of(command_id: &str) -> Self {
        if command_id.starts_with(SERVER_COMMAND) { Self::Server } else { Self::Visitor }
    }
}

impl TimelineStep {
    fn of(flow: Option<&CompiledFlow>, id: Id<BookingFlowStep>) -> Self {
        let step = flow.and_then(|it| it.step(id)).map(|it| it.1);
        Self {
            id,
            step_type: step.map(|it| it.config.step_type()),
            title: step.map(|it| it.content.title.clone()),
        }
    }
}

/// Something that a visitor decided, or that was decided for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    pub sequence: u64,
    pub label: String,
    pub since_start_ms: u64,
}

/// Where two visits part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parting {
    /// How many decisions they have in common, from the first on.
    pub common: usize,
    /// The first that differs; absent when there are no more.
    pub a: Option<Decision>,
    pub b: Option<Decision>,
}

impl Decision {
    /// All decisions of a visit, in their order.
    pub fn all(flow: Option<&CompiledFlow>, events: &[SessionEvent]) -> Vec<Self> {
        let start = events.first().map_or(Timestamp::EPOCH, |it| it.timestamp);
        let decided = |event: &SessionEvent| {
            Some(Self {
                sequence: event.sequence,
                label: decision(flow, &event.body.data)?,
                since_start_ms: event.timestamp.millis_since(start),
            })
        };
        events.iter().filter_map(decided).collect()
    }
}

impl Parting {
    /// Decisions are the same when they say the same: also in two versions of a flow.
    pub fn of(a: &[Decision], b: &[Decision]) -> Self {
        let common = a.iter().zip(b).take_while(|(a, b)| a.label == b.label).count();
        Self { common, a: a.get(common).cloned(), b: b.get(common).cloned() }
    }
}

/// The version of the flow that a visit is on, as its events say.
pub fn flow_version(events: &[SessionEvent]) -> Option<Id<crate::scheduler::BookingFlowVersion>> {
    events.iter().rev().find_map(|it| match &it.body.data {
        EventData::FlowRouted { booking_flow_version_id, .. }
        | EventData::SessionStarted { booking_flow_version_id, .. } => {
            Some(*booking_flow_version_id)
        }
        _ => None,
    })
}
