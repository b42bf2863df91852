use serde_json::Value;

use super::{BookingSession, CustomerDetails, EventData, Selections};
use crate::{
    Id,
    flow::CompiledFlow,
    scheduler::{AnswerSummary, Booking, BookingCustomer},
    step::StepConfig,
};

/// The booking that a `BOOKING_SUBMITTED` event makes of the session as it was before the event;
/// `None` for any other event.
pub fn booking(
    flow: &CompiledFlow,
    session_id: Id<BookingSession>,
    before: &Selections,
    event: &EventData,
) -> Option<Booking> {
    let EventData::BookingSubmitted { reference, service_id, status, timeslot, .. } = event else {
        return None;
    };
    let customer = before.customer.clone().unwrap_or_default();
    let CustomerDetails { first_name, last_name, email, phone, address } = customer;
    Some(Booking {
        booking_session_id: session_id,
        reference: reference.clone(),
        booking_service_id: *service_id,
        timeslot: timeslot.clone(),
        customer_id: None,
        customer: BookingCustomer {
            first_name: first_name.unwrap_or_default(),
            last_name: last_name.unwrap_or_default(),
            email,
            phone,
            is_new: true,
        },
        address,
        answers: answers(flow, before),
        price: flow.service(*service_id).map(|it| it.price.clone()),
        file_ids: before.kept_files().map(|it| Id::new(it.file_id)).collect(),
        status: *status,
        vendor: None,
        ics_sequence: 0,
        consents: before.consents.clone(),
    })
}

fn answers(flow: &CompiledFlow, selections: &Selections) -> Vec<AnswerSummary> {
    let of_questions = selections.answers.iter().filter_map(|given| {
        let question = flow.question(given.node_id)?.body.content.title.clone();
        Some(AnswerSummary { question, answer: answer_text(flow, given) })
    });
    let fields = flow.steps.iter().filter_map(|step| match &step.config {
        StepConfig::AdditionalDetails(config) => Some(&config.fields),
        _ => None,
    });
    let of_details = fields.flatten().filter_map(|field| {
        let answer = value_text(selections.details.get(&field.key)?);
        Some(AnswerSummary { question: field.label.clone(), answer })
    });
    of_questions.chain(of_details).collect()
}

/// An answer in words.
pub(super) fn answer_text(flow: &CompiledFlow, given: &super::GivenAnswer) -> String {
    if let Some(value) = &given.value {
        value_text(value)
    } else {
        let titles = given.answer_ids.iter().filter_map(|it| flow.answer(*it));
        titles.map(|it| it.content.title.as_str()).collect::<Vec<_>>().join(", ")
    }
}

pub(super) fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        // Only photos are several values.
        Value::Array(photos) if photos.len() == 1 => "1 photo".to_owned(),
        Value::Array(photos) => format!("{} photos", photos.len()),
        other => other.to_string(),
    }
}
