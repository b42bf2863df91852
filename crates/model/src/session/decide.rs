mod answers;
mod customer;
mod details;
mod express_link;
mod files;
mod finish;
mod navigation;
mod timeslots;
mod zipcode;

pub(crate) use details::check_value;
pub use express_link::{LinkOutcome, start_by_link};
pub use finish::sweep;
pub(super) use navigation::question_before;

use super::{Active, Attribution, BookingSession, Device, EventData, Input, Rejection};
use crate::{
    Id, Timestamp,
    flow::{CompiledFlow, CompiledStep},
    scheduler::SchedulerConfig,
    step::{BookingFlowStep, StepType},
};

/// An event that is to be, and where the visitor is then.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    pub step_id: Option<Id<BookingFlowStep>>,
    pub data: EventData,
}

/// What happens when a visitor who is in `session`, on its version of the flow, asks for
/// `input` at `now`. Pure: the same answer every time.
///
/// # Errors
/// Why nothing happens.
pub fn decide(
    flow: &CompiledFlow,
    session: &BookingSession,
    input: &Input,
    now: Timestamp,
) -> Result<Vec<Decided>, Rejection> {
    let mut decided = decide_one(flow, session, input, now)?;
    let by_link = express_link::go_on_after(flow, session, &decided, now);
    decided.extend(by_link);
    Ok(decided)
}

/// Without what an express link brings about afterwards.
fn decide_one(
    flow: &CompiledFlow,
    session: &BookingSession,
    input: &Input,
    now: Timestamp,
) -> Result<Vec<Decided>, Rejection> {
    if *input == Input::Resume {
        return finish::resume(flow, session, now);
    }
    let mut visit = Visit::new(flow, session.active(now)?)?;
    match input {
        Input::SubmitZip { zip, zone } => visit.submit_zip(zip, *zone)?,
        Input::AnswerQuestion { node_id, answer_ids, value } => {
            visit.answer(*node_id, answer_ids.as_deref(), value.as_ref())?;
        }
        Input::GoBack { to_step_id, to_node_id } => visit.go_back(*to_step_id, *to_node_id)?,
        Input::SubmitDetails { values } => visit.submit_details(values)?,
        Input::AttachFile { file_id, file } => visit.attach_file(*file_id, file.as_ref())?,
        Input::RemoveFile { file_id } => visit.remove_file(*file_id)?,
        Input::ViewTimeslots { from, to, offered, next_available } => {
            visit.view_timeslots(*from, *to, *offered, *next_available)?;
        }
        Input::SelectTimeslot { start, outcome } => visit.select_timeslot(*start, outcome)?,
        Input::ReleaseTimeslot => visit.release_timeslot()?,
        Input::SubmitCustomer { customer, consents } => {
            visit.submit_customer(customer, consents)?;
        }
        Input::Confirm { booking_id, reference, seats_kept } => {
            visit.confirm(*booking_id, reference, *seats_kept)?;
        }
        Input::Abandon { reason } => visit.happens(EventData::SessionAbandoned { reason: *reason }),
        Input::Resume => {}
    }
    Ok(visit.events)
}

/// The first events of a visit to a flow that has steps.
///
/// # Errors
/// [`Rejection::BrokenFlow`] for a flow without steps.
pub fn start(
    flow: &CompiledFlow,
    scheduler_config_id: Id<SchedulerConfig>,
    token_hash: String,
    attribution: Attribution,
    device: Device,
    locale: String,
    expires_at: Timestamp,
) -> Result<Vec<Decided>, Rejection> {
    let first = flow.steps.first().ok_or(Rejection::BrokenFlow)?;
    let router_id = attribution.router_id;
    let started = EventData::SessionStarted {
        scheduler_config_id,
        booking_flow_id: flow.flow_id,
        booking_flow_version_id: flow.version_id,
        token_hash,
        attribution,
        device,
        locale,
        expires_at,
    };
    let routed = EventData::FlowRouted {
        booking_flow_id: flow.flow_id,
        booking_flow_version_id: flow.version_id,
        router_id,
    };
    let mut events = vec![
        Decided { step_id: None, data: started },
        Decided { step_id: None, data: routed },
        Decided {
            step_id: Some(first.id),
            data: EventData::StepEntered { step_id: first.id, step_type: first.config.step_type() },
        },
    ];
    if first.config.step_type() == StepType::ServiceSelection {
        let viewed = question_viewed(flow, flow.root(), false)?;
        events.push(Decided { step_id: Some(first.id), data: viewed });
    }
    Ok(events)
}

fn question_viewed(
    flow: &CompiledFlow,
    node_id: Id<crate::step::GraphNode>,
    backward: bool,
) -> Result<EventData, Rejection> {
    let question_id = flow.question(node_id).ok_or(Rejection::BrokenFlow)?.id;
    Ok(EventData::QuestionViewed { node_id, question_id, backward })
}

/// One decision: what is known, and the events so far.
struct Visit<'a> {
    flow: &'a CompiledFlow,
    active: Active<'a>,
    /// Place of the step where the visitor is, moving on with the events.
    at: usize,
    events: Vec<Decided>,
}

impl<'a> Visit<'a> {
    fn new(flow: &'a CompiledFlow, active: Active<'a>) -> Result<Self, Rejection> {
        let (at, _) = flow.step(active.step_id).ok_or(Rejection::BrokenFlow)?;
        Ok(Self { flow, active, at, events: Vec::new() })
    }

    fn step(&self) -> &'a CompiledStep {
        &self.flow.steps[self.at]
    }

    fn not_here(&self, command: &'static str) -> Rejection {
        Rejection::NotHere { command, step: self.step().config.step_type() }
    }

    fn happens(&mut self, data: EventData) {
        self.events.push(Decided { step_id: Some(self.step().id), data });
    }
}
