//! A visit: commands decided into events, events folded into the session.
//!
//! Events are the source of truth. [`decide`] and [`BookingSession::apply`] are pure and total;
//! nothing changes a session except appending what `decide` returned.

mod apply;
mod booking;
mod chain;
mod command;
mod decide;
mod event;
mod files;
mod prefilled;
mod rejection;
mod state;
mod timeline;
mod upcast;
mod view;

pub use booking::booking;
pub use chain::{AsStored, BrokenChain, Chain, EventHash, Link};
pub use command::{Claimed, Command, CustomerDetails, Input, Seat, SlotOutcome};
pub(crate) use decide::check_value;
pub use decide::{Decided, LinkOutcome, decide, start, start_by_link, sweep};
pub use event::{EventBody, EventData, FieldFailure, GivenAnswer, SessionEvent};
pub use files::{AttachedFile, FilePlace};
pub use prefilled::{LinkFault, LinkFaultCode, Prefilled, PrefilledAnswer};
pub use rejection::Rejection;
pub use state::{
    AbandonReason, Active, Attribution, BookingSession, ClickIds, CurrentState, Device, DeviceKind,
    EventWindow, Metrics, Notice, Outcome, Selections, StepProgress, Utm,
};
pub use timeline::{
    Cause, Decision, Parting, SERVER_COMMAND, TimelineEntry, TimelineStep, flow_version, words,
};
pub use upcast::NotUnderstood;
pub use view::{View, ViewBooking, ViewStatus, view};

#[cfg(test)]
mod tests;
