//! A visit that an express link begins: what the link fills in is sent as the visitor would send
//! it, for as long as it fits.

mod plan;

use super::{Decided, decide_one};
use crate::{
    Id, ObjectId, Timestamp,
    flow::CompiledFlow,
    scheduler::{BookingFlowExpressLink, QuestionKind, ServiceZone},
    session::{
        BookingSession, EventBody, EventData, EventHash, Input, LinkFault, LinkFaultCode,
        SessionEvent,
    },
    step::StepConfig,
};

/// An express link with what the world says to it.
#[derive(Debug, Clone, PartialEq)]
pub enum LinkOutcome<'a> {
    /// The visit is an ordinary one. Without an id there is no such link.
    Refused { id: Option<Id<BookingFlowExpressLink>>, code: LinkFaultCode },
    Usable {
        id: Id<BookingFlowExpressLink>,
        link: &'a BookingFlowExpressLink,
        /// The flow's zone that holds the postal code.
        zone: Option<Id<ServiceZone>>,
        /// The service it leads to is not offered any more.
        is_archived: bool,
    },
}

/// The first events of a visit that came by an express link; `begun` are those of an ordinary one,
/// which this begins with and never fails to be.
pub fn start_by_link(
    flow: &CompiledFlow,
    mut begun: Vec<Decided>,
    outcome: &LinkOutcome<'_>,
    now: Timestamp,
) -> Vec<Decided> {
    let (express_link_id, prefilled, reasons) = match *outcome {
        LinkOutcome::Refused { id, code } => (id, None, vec![LinkFault::of_the_link(code)]),
        LinkOutcome::Usable { id, link, zone, is_archived } => {
            let (prefilled, faults) = plan::plan(flow, link, zone, is_archived);
            (Some(id), Some(prefilled), faults)
        }
    };
    let applied = express_link_id.zip(prefilled).map(|(express_link_id, prefilled)| {
        EventData::ExpressLinkApplied { express_link_id, prefilled: Box::new(prefilled) }
    });
    let degraded = (!reasons.is_empty())
        .then_some(EventData::ExpressLinkDegraded { express_link_id, reasons });
    let first_step = begun.iter().position(|it| it.step_id.is_some()).unwrap_or(begun.len());
    let of_the_link =
        applied.into_iter().chain(degraded).map(|data| Decided { step_id: None, data });
    begun.splice(first_step..first_step, of_the_link);
    if let Some((first, rest)) = begun.split_first()
        && let Some(mut session) = BookingSession::begin(&event(first.clone(), 1, now))
    {
        apply(&mut session, rest, now);
        begun.extend(go_on(flow, session, now));
    }
    begun
}

/// What the link brings about after `decided`, if the visit came by one.
pub(super) fn go_on_after(
    flow: &CompiledFlow,
    session: &BookingSession,
    decided: &[Decided],
    now: Timestamp,
) -> Vec<Decided> {
    let selections = session.current_state.temp_selections.as_ref();
    let goes_on = selections.and_then(|it| it.prefilled.as_ref()).is_some_and(|it| !it.is_over);
    if !goes_on || decided.is_empty() {
        return Vec::new();
    }
    let mut session = session.clone();
    apply(&mut session, decided, now);
    go_on(flow, session, now)
}

/// Ends, because each question is answered and each step completed once at most.
fn go_on(flow: &CompiledFlow, mut session: BookingSession, now: Timestamp) -> Vec<Decided> {
    let mut all = Vec::new();
    while let Some(input) = next(flow, &session, now) {
        let Ok(decided) = decide_one(flow, &session, &input, now) else { break };
        if decided.is_empty() {
            break;
        }
        apply(&mut session, &decided, now);
        all.extend(decided);
    }
    all
}

/// What the link says where the visitor is.
fn next(flow: &CompiledFlow, session: &BookingSession, now: Timestamp) -> Option<Input> {
    let active = session.active(now).ok()?;
    let prefilled = active.selections.prefilled.as_ref().filter(|it| !it.is_over)?;
    let (_, step) = flow.step(active.step_id)?;
    if session.current_state.notice.is_some() {
        return None;
    }
    let is_skipped = prefilled.skip_steps.contains(&step.id);
    match &step.config {
        StepConfig::Zipcode(_) => {
            let zip = prefilled.zip.clone()?;
            Some(Input::SubmitZip { zip, zone: prefilled.zone_id })
        }
        StepConfig::ServiceSelection(_) => {
            let node_id = session.current_state.node_id?;
            let is_answered = active.selections.answers.iter().any(|it| it.node_id == node_id);
            let question = &flow.question(node_id).filter(|_| !is_answered)?.body;
            let given = prefilled.answers.iter().find(|it| it.node_id == node_id);
            let may_be_left = question.kind != QuestionKind::SingleChoice && !question.is_required;
            let answer_ids = match given {
                Some(given) => Some(given.answer_ids.clone()),
                None if is_skipped && may_be_left => None,
                None => return None,
            };
            Some(Input::AnswerQuestion { node_id, answer_ids, value: None })
        }
        StepConfig::AdditionalDetails(config) if is_skipped => {
            let own = |key: &String| config.fields.iter().any(|it| it.key == *key);
            let values = prefilled.details.iter().filter(|(key, _)| own(key));
            let values = values.map(|(key, value)| (key.clone(), value.clone())).collect();
            Some(Input::SubmitDetails { values })
        }
        StepConfig::CustomerInfo(_) if is_skipped => {
            let customer = prefilled.customer.clone()?;
            Some(Input::SubmitCustomer { customer, consents: Vec::new() })
        }
        _ => None,
    }
}

/// What the session will be; only the ids of the events are not theirs yet.
fn apply(session: &mut BookingSession, decided: &[Decided], now: Timestamp) {
    for decided in decided {
        let sequence = session.current_state.last_sequence + 1;
        session.apply(&event(decided.clone(), sequence, now));
    }
}

fn event(decided: Decided, sequence: u64, timestamp: Timestamp) -> SessionEvent {
    let unknown = ObjectId::from_bytes([0; 12]);
    let (booking_session_id, organization_id) = (Id::new(unknown), Id::new(unknown));
    SessionEvent {
        id: unknown,
        booking_session_id,
        organization_id,
        sequence,
        schema_version: SessionEvent::SCHEMA_VERSION,
        timestamp,
        command_id: String::new(),
        hash: EventHash::beginning(organization_id, booking_session_id),
        body: EventBody {
            data: decided.data,
            step_id: decided.step_id,
            client_timestamp: None,
            command_digest: None,
            previous_hash: None,
        },
    }
}
