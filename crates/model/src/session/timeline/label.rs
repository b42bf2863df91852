use crate::{
    Id,
    availability::timeslot_label,
    flow::CompiledFlow,
    scheduler::BookingService,
    session::{
        AbandonReason, EventData, FieldFailure, GivenAnswer, LinkFaultCode,
        booking::{answer_text, value_text},
    },
    step::{BookingFlowStep, GraphNode},
};

/// What happened, in a few words. Without the flow its steps and questions have no titles.
pub(super) fn label(flow: Option<&CompiledFlow>, data: &EventData) -> String {
    match data {
        EventData::SessionStarted { attribution, .. } => match &attribution.landing_url {
            Some(url) => format!("Opened the widget on {url}"),
            None => "Opened the widget".to_owned(),
        },
        EventData::ExpressLinkApplied { .. } => "Came by an express link".to_owned(),
        EventData::ExpressLinkDegraded { reasons, .. } => {
            let reasons: Vec<_> = reasons.iter().map(|it| fault(it.code)).collect();
            format!("The express link does less than it says: {}", reasons.join(", "))
        }
        EventData::StepEntered { step_id, .. } => format!("Came to {}", step(flow, *step_id)),
        EventData::StepCompleted { step_id } => format!("Done with {}", step(flow, *step_id)),
        EventData::StepLeftBackward { step_id, to_step_id } => {
            format!("Went back from {} to {}", step(flow, *step_id), step(flow, *to_step_id))
        }
        EventData::ZipcodeSubmitted { zip } => format!("Entered the postal code {zip}"),
        EventData::ZipcodeAccepted { zip, zone_id: Some(_) } => format!("{zip} is served"),
        EventData::ZipcodeAccepted { zip, zone_id: None } => {
            format!("{zip} is in no zone, and is taken all the same")
        }
        EventData::ZipcodeRejected { zip, .. } => format!("{zip} is not served"),
        EventData::QuestionViewed { node_id, backward, .. } => {
            let how = if *backward { "Came back to" } else { "Was asked" };
            format!("{how} {}", question(flow, *node_id))
        }
        EventData::AnswerSelected(given) => {
            format!("Answered {}: {}", question(flow, given.node_id), answer(flow, given))
        }
        EventData::AnswerChanged { previous, answer: given } => format!(
            "Changed the answer to {} from {} to {}",
            question(flow, given.node_id),
            answer(flow, previous),
            answer(flow, given)
        ),
        EventData::ServiceSelected { service_id } => {
            format!("The service is {}", service(flow, *service_id))
        }
        EventData::ServiceCleared { service_id } => {
            format!("The service is not {} any more", service(flow, *service_id))
        }
        EventData::DetailsSubmitted { values } if values.is_empty() => "Gave no details".to_owned(),
        EventData::DetailsSubmitted { values } => {
            let values = values.iter().map(|(key, value)| format!("{key}: {}", value_text(value)));
            format!("Gave details: {}", values.collect::<Vec<_>>().join(", "))
        }
        EventData::FileAttached(file) => format!("Added the file {}", quoted(&file.filename)),
        EventData::FileRemoved { .. } => "Took a file away".to_owned(),
        EventData::TimeslotsViewed { from, to, offered } => {
            format!("Looked at {offered} times from {from} to {to}")
        }
        EventData::NoTimeslotsFound { from, to, .. } => {
            format!("There was no free time from {from} to {to}")
        }
        EventData::TimeslotHeld { timeslot, .. } => {
            format!("Chose {}", timeslot_label(timeslot))
        }
        EventData::TimeslotReleased { .. } => "The time was given back".to_owned(),
        EventData::TimeslotExpired { .. } => "The time was kept for too long".to_owned(),
        EventData::TimeslotLost { .. } => "The time could not be had any more".to_owned(),
        EventData::CustomerSubmitted { customer } => {
            let names = [&customer.first_name, &customer.last_name];
            let names: Vec<_> = names.into_iter().flatten().map(String::as_str).collect();
            format!("Said who they are: {}", names.join(" ")).trim_end_matches(": ").to_owned()
        }
        EventData::ConsentGiven { text, .. } => format!("Agreed: {text}"),
        EventData::BookingSubmitted { reference, service_id, .. } => {
            format!("Booked {} as {reference}", service(flow, *service_id))
        }
        EventData::SessionAbandoned { reason } => match reason {
            Some(reason) => format!("Left: {}", why(*reason)),
            None => "Left".to_owned(),
        },
        EventData::SessionResumed {} => "Came back to go on".to_owned(),
        EventData::SessionExpired {} => "The visit came to the end of its time".to_owned(),
        EventData::ValidationFailed { command, fields } => {
            let field = |it: &FieldFailure| format!("{} ({})", it.path, it.code);
            let fields: Vec<_> = fields.iter().map(field).collect();
            format!("{} was refused: {}", words(command), fields.join(", "))
        }
        other => words(other.event_type()),
    }
}

/// What was decided, in words that are the same for the same decision of two visits; `None` for
/// what only follows from a decision or only looks.
pub(super) fn decision(flow: Option<&CompiledFlow>, data: &EventData) -> Option<String> {
    match data {
        EventData::CustomerSubmitted { .. } => Some("Said who they are".to_owned()),
        EventData::BookingSubmitted { service_id, .. } => {
            Some(format!("Booked {}", service(flow, *service_id)))
        }
        EventData::QuestionViewed { backward: true, .. }
        | EventData::StepLeftBackward { .. }
        | EventData::ZipcodeAccepted { .. }
        | EventData::ZipcodeRejected { .. }
        | EventData::AnswerSelected(_)
        | EventData::AnswerChanged { .. }
        | EventData::DetailsSubmitted { .. }
        | EventData::FileAttached(_)
        | EventData::FileRemoved { .. }
        | EventData::TimeslotHeld { .. }
        | EventData::TimeslotLost { .. }
        | EventData::ConsentGiven { .. }
        | EventData::SessionAbandoned { .. }
        | EventData::SessionResumed {}
        | EventData::SessionExpired {} => Some(label(flow, data)),
        _ => None,
    }
}

/// `SESSION_DREAMT` as people write it.
pub fn words(event_type: &str) -> String {
    let text = event_type.to_lowercase().replace('_', " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |it| it.to_uppercase().chain(letters).collect())
}

fn step(flow: Option<&CompiledFlow>, id: Id<BookingFlowStep>) -> String {
    let step = flow.and_then(|it| it.step(id));
    step.map_or_else(|| format!("the step {id}"), |(_, it)| quoted(&it.content.title))
}

fn question(flow: Option<&CompiledFlow>, node: Id<GraphNode>) -> String {
    let question = flow.and_then(|it| it.question(node));
    question.map_or_else(|| format!("the question at {node}"), |it| quoted(&it.body.content.title))
}

fn answer(flow: Option<&CompiledFlow>, given: &GivenAnswer) -> String {
    let text = match (flow, &given.value) {
        (Some(flow), _) => answer_text(flow, given),
        (None, Some(value)) => value_text(value),
        (None, None) => {
            let ids = given.answer_ids.iter().map(ToString::to_string);
            ids.collect::<Vec<_>>().join(", ")
        }
    };
    quoted(&text)
}

fn service(flow: Option<&CompiledFlow>, id: Id<BookingService>) -> String {
    let service = flow.and_then(|it| it.service(id));
    service.map_or_else(|| format!("the service {id}"), |it| quoted(&it.content.title))
}

fn quoted(text: &str) -> String {
    format!("“{text}”")
}

fn fault(code: LinkFaultCode) -> &'static str {
    match code {
        LinkFaultCode::Unknown => "there is no such link",
        LinkFaultCode::Inactive => "it is switched off",
        LinkFaultCode::Expired => "its time is over",
        LinkFaultCode::UsedUp => "it was used as often as it may be",
        LinkFaultCode::Unpublished => "its flow is not published",
        LinkFaultCode::AnswerGone => "an answer is not there any more",
        LinkFaultCode::AnswerUnreachable => "an answer is not on the way",
        LinkFaultCode::ServiceUnreachable => "nothing leads to the service",
        LinkFaultCode::ServiceArchived => "the service is not offered any more",
        LinkFaultCode::ZipInvalid => "the postal code is none",
        LinkFaultCode::ZipOutOfArea => "the postal code is not served",
        LinkFaultCode::DetailsInvalid => "details are refused",
        LinkFaultCode::CustomerInvalid => "the customer is refused",
        LinkFaultCode::StepUnknown => "a step is not there any more",
    }
}

fn why(reason: AbandonReason) -> &'static str {
    match reason {
        AbandonReason::Timeout => "nothing happened for too long",
        AbandonReason::Closed => "the widget was closed",
        AbandonReason::OutOfArea => "out of the area",
        AbandonReason::NoTimeslots => "no time that suits",
        AbandonReason::Price => "the price",
        AbandonReason::Other => "another reason",
    }
}
