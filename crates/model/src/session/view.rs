mod fields;
mod files;
mod messages;
mod step;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use self::{
    fields::{ViewConsent, ViewField},
    files::{ViewFile, ViewUpload},
    step::{ViewQuestion, ViewStep},
};
use super::{
    Active, BookingSession, CustomerDetails, Notice, Outcome, Selections, booking::answer_text,
    decide::question_before,
};
use crate::{
    Id, Timestamp,
    availability::timeslot_label,
    content::Money,
    flow::CompiledFlow,
    scheduler::{
        Booking, BookingQuestionAnswer, BookingService, BookingStatus, BookingWindow, Price,
        Reference,
    },
    step::{GraphNode, StepConfig, StepType},
};

/// All that the widget draws: it holds no flow logic.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct View {
    pub session_id: Id<BookingSession>,
    pub status: ViewStatus,
    /// Goes into the next command as `expected_sequence`.
    pub sequence: u64,
    pub locale: String,
    pub progress: Progress,
    pub step: ViewStep,
    /// In the service selection.
    pub question: Option<ViewQuestion>,
    /// Where data are typed in.
    pub fields: Vec<ViewField>,
    pub consents: Vec<ViewConsent>,
    /// Where files can be added.
    pub upload: Option<ViewUpload>,
    pub selections: ViewSelections,
    /// An expected "no".
    pub message: Option<Message>,
    /// Once there is one.
    pub booking: Option<ViewBooking>,
    pub can_go_back: bool,
    /// Types of the commands that make sense now.
    pub allowed: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViewStatus {
    Active,
    Completed,
    Abandoned,
    Rejected,
    Expired,
}

/// How far the visitor has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Progress {
    /// From 1.
    pub step: usize,
    pub of: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Message {
    pub code: Notice,
    /// For the visitor.
    pub text: String,
}

/// What the visitor has said so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct ViewSelections {
    pub zip: Option<String>,
    pub answers: Vec<ViewGivenAnswer>,
    pub service: Option<ViewService>,
    pub details: BTreeMap<String, Value>,
    pub timeslot: Option<ViewTimeslot>,
    pub customer: Option<CustomerDetails>,
    /// Keys of what was agreed to.
    pub consents: Vec<String>,
    pub files: Vec<ViewFile>,
    /// When the visitor would rather come, by the link that they followed: `morning`, or a date.
    pub timeslot_preference: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ViewGivenAnswer {
    pub node_id: Id<GraphNode>,
    pub question: String,
    pub answer_ids: Vec<Id<BookingQuestionAnswer>>,
    pub value: Option<Value>,
    /// The answer in words.
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ViewService {
    pub id: Id<BookingService>,
    pub title: String,
    pub description: Option<String>,
    pub duration_minutes: u32,
    pub price: Price,
    pub dispatch_fee: Option<Money>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ViewTimeslot {
    pub start: Timestamp,
    pub end: Timestamp,
    pub time_zone: String,
    /// `Tue, Nov 24, 8–10 am`.
    pub label: String,
    /// Until then nobody else can have it.
    pub held_until: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ViewBooking {
    pub id: Id<Booking>,
    pub reference: Reference,
    pub status: BookingStatus,
    pub timeslot: Option<ViewTimeslot>,
}

/// What to draw for a session on its version of the flow. Pure, so that the answer to a command
/// can be given again at any time.
pub fn view(flow: &CompiledFlow, session_id: Id<BookingSession>, session: &BookingSession) -> View {
    let state = &session.current_state;
    let place = state.step_id.and_then(|it| flow.step(it)).map_or(0, |(place, _)| place);
    let active = active(session);
    let none = Selections::default();
    let selections = state.temp_selections.as_ref().unwrap_or(&none);
    let step = flow.steps.get(place);
    let config = step.map(|it| &it.config).filter(|_| active.is_some());
    let upload = files::upload(flow, step.filter(|_| active.is_some()), state.node_id);
    let takes_files = upload.is_some();
    let is_new = session
        .step_progression
        .iter()
        .all(|it| Some(it.step_id) != state.step_id || it.completed_at.is_none());
    View {
        session_id,
        status: status(&session.booking_outcome),
        sequence: state.last_sequence,
        locale: session.locale.clone(),
        progress: Progress { step: place + 1, of: flow.steps.len() },
        step: ViewStep::new(flow, step),
        question: config.and(state.node_id).and_then(|it| ViewQuestion::new(flow, it)),
        fields: config.map(fields::fields).unwrap_or_default(),
        consents: config.map(fields::consents).unwrap_or_default(),
        selections: view_selections(
            flow,
            selections,
            &session.booking_outcome,
            config.filter(|_| is_new),
        ),
        upload,
        message: state.notice.map(|it| messages::message(it, flow)),
        booking: view_booking(&session.booking_outcome),
        can_go_back: active.is_some_and(|it| can_go_back(&it, place)),
        allowed: allowed(&session.booking_outcome, active, config, place, takes_files),
    }
}

/// Without regard to the time: what a view shows does not change by waiting.
fn active(session: &BookingSession) -> Option<Active<'_>> {
    session.active(session.started_at).ok()
}

fn status(outcome: &Outcome) -> ViewStatus {
    match outcome {
        Outcome::Active {} => ViewStatus::Active,
        Outcome::Completed { .. } => ViewStatus::Completed,
        Outcome::Abandoned { .. } => ViewStatus::Abandoned,
        Outcome::Rejected { .. } => ViewStatus::Rejected,
        Outcome::Expired { .. } => ViewStatus::Expired,
    }
}

fn can_go_back(active: &Active<'_>, place: usize) -> bool {
    let here = active.session.current_state.node_id;
    place > 0 || here.is_some_and(|it| question_before(active.selections, it).is_some())
}

fn allowed(
    outcome: &Outcome,
    active: Option<Active<'_>>,
    config: Option<&StepConfig>,
    place: usize,
    takes_files: bool,
) -> Vec<&'static str> {
    let Some((active, config)) = active.zip(config) else {
        let recoverable = matches!(outcome, Outcome::Abandoned { recoverable: true, .. });
        return if recoverable { vec!["resume"] } else { Vec::new() };
    };
    let mut allowed = match config.step_type() {
        StepType::Zipcode => vec!["submit_zip"],
        StepType::ServiceSelection => vec!["answer_question"],
        StepType::AdditionalDetails => vec!["submit_details"],
        StepType::TimeslotSelection => {
            vec!["view_timeslots", "select_timeslot", "release_timeslot"]
        }
        StepType::CustomerInfo => vec!["submit_customer"],
        StepType::Summary | StepType::Confirmation => vec!["confirm"],
    };
    if takes_files {
        allowed.extend(["attach_file", "remove_file"]);
    }
    if can_go_back(&active, place) {
        allowed.push("go_back");
    }
    allowed.push("abandon");
    allowed
}

fn view_selections(
    flow: &CompiledFlow,
    selections: &Selections,
    outcome: &Outcome,
    new_step: Option<&StepConfig>,
) -> ViewSelections {
    let completed = match outcome {
        Outcome::Completed { selected_service_id, selected_timeslot, .. } => {
            (Some(*selected_service_id), selected_timeslot.as_ref())
        }
        _ => (selections.service_id, selections.timeslot.as_ref()),
    };
    let (service_id, timeslot) = completed;
    let prefilled = selections.prefilled.as_deref();
    ViewSelections {
        zip: selections.zip.clone().or_else(|| prefilled?.zip.clone()),
        answers: selections.answers.iter().map(|it| given_answer(flow, it)).collect(),
        service: service_id.and_then(|id| Some(view_service(id, flow.service(id)?))),
        details: details(selections, new_step),
        timeslot: timeslot.map(|it| view_timeslot(it, selections.held_until)),
        customer: selections.customer.clone().or_else(|| prefilled?.customer.clone()),
        consents: selections.consents.iter().map(|it| it.key.clone()).collect(),
        files: selections.files.iter().map(ViewFile::new).collect(),
        timeslot_preference: prefilled.and_then(|it| it.timeslot_preference.clone()),
    }
}

/// In a form that was not sent yet, what was filled in for the visitor is under what they said.
fn details(selections: &Selections, new_step: Option<&StepConfig>) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    if let (Some(prefilled), Some(StepConfig::AdditionalDetails(config))) =
        (&selections.prefilled, new_step)
    {
        let own = |key: &String| config.fields.iter().any(|it| it.key == *key);
        all.extend(prefilled.details.clone().into_iter().filter(|(key, _)| own(key)));
    }
    all.extend(selections.details.clone());
    all
}

fn given_answer(flow: &CompiledFlow, given: &super::GivenAnswer) -> ViewGivenAnswer {
    let question = flow.question(given.node_id).map(|it| it.body.content.title.clone());
    ViewGivenAnswer {
        node_id: given.node_id,
        question: question.unwrap_or_default(),
        answer_ids: given.answer_ids.clone(),
        value: given.value.clone(),
        text: answer_text(flow, given),
    }
}

fn view_service(id: Id<BookingService>, service: &BookingService) -> ViewService {
    ViewService {
        id,
        title: service.content.title.clone(),
        description: service.content.description.clone(),
        duration_minutes: service.duration_minutes,
        price: service.price.clone(),
        dispatch_fee: service.dispatch_fee.clone(),
    }
}

fn view_timeslot(timeslot: &BookingWindow, held_until: Option<Timestamp>) -> ViewTimeslot {
    ViewTimeslot {
        start: timeslot.start,
        end: timeslot.end,
        time_zone: timeslot.time_zone.clone(),
        label: timeslot_label(timeslot),
        held_until,
    }
}

fn view_booking(outcome: &Outcome) -> Option<ViewBooking> {
    let Outcome::Completed { booking_id, reference, booking_status, selected_timeslot, .. } =
        outcome
    else {
        return None;
    };
    Some(ViewBooking {
        id: *booking_id,
        reference: reference.clone(),
        status: *booking_status,
        timeslot: selected_timeslot.as_ref().map(|it| view_timeslot(it, None)),
    })
}
