use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use crate::{
    Id, Problems,
    flow::{CompiledFlow, Leads},
    scheduler::{
        BookingFlowExpressLink, BookingQuestionAnswer, BookingService, QuestionKind, ServiceStatus,
        ServiceZone, normalize_postal_code,
    },
    session::{
        CustomerDetails, LinkFault, LinkFaultCode, Prefilled, PrefilledAnswer,
        decide::{customer::check_customer, details::check_field},
    },
    step::{BookingFlowStep, DetailField, DetailKind, GraphNode, OutsideAction, StepConfig},
};

type Faults = Vec<LinkFault>;

/// What of a link fits the flow, and what does not.
pub(super) fn plan(
    flow: &CompiledFlow,
    link: &BookingFlowExpressLink,
    zone_id: Option<Id<ServiceZone>>,
    is_archived: bool,
) -> (Prefilled, Faults) {
    let mut faults = Vec::new();
    let state = &link.prefilled_state;
    let zip = state.zip.clone().filter(|it| zip_fits(flow, it, zone_id, &mut faults));
    let answers = match state.service_id {
        Some(service) => answers_to(flow, service, is_archived, &mut faults),
        None => answers_along(flow, &state.answers, &mut faults),
    };
    let prefilled = Prefilled {
        zone_id: zone_id.filter(|_| zip.is_some()),
        zip,
        answers,
        details: details(flow, &state.details, &mut faults),
        customer: state.customer.as_ref().map(|it| customer(flow, it, &mut faults)),
        timeslot_preference: state.timeslot_preference.clone(),
        skip_steps: known_steps(flow, &link.skip_steps, &mut faults),
        is_over: false,
    };
    (prefilled, faults)
}

/// Whether it is a postal code at all; one outside of the area is submitted, so that the visitor
/// reads why they cannot go on.
fn zip_fits(
    flow: &CompiledFlow,
    zip: &str,
    zone: Option<Id<ServiceZone>>,
    faults: &mut Faults,
) -> bool {
    let config = flow.steps.iter().find_map(|step| match &step.config {
        StepConfig::Zipcode(config) => Some(config),
        _ => None,
    });
    let Some(config) = config else { return true };
    if normalize_postal_code(&config.country, zip).is_none() {
        faults.push(LinkFault::of_the_link(LinkFaultCode::ZipInvalid));
        return false;
    }
    let stops = config.outside_area.action != OutsideAction::Continue;
    if zone.is_none() && !config.zone_ids.is_empty() && stops {
        faults.push(LinkFault::of_the_link(LinkFaultCode::ZipOutOfArea));
    }
    true
}

/// The answers in the order in which the graph asks for them, as far as they lead.
fn answers_along(
    flow: &CompiledFlow,
    ids: &[Id<BookingQuestionAnswer>],
    faults: &mut Faults,
) -> Vec<PrefilledAnswer> {
    let mut left = ids.to_vec();
    let mut planned: Vec<PrefilledAnswer> = Vec::new();
    let mut here = Some(flow.root()).filter(|_| !ids.is_empty());
    while let Some(node_id) = here
        && !left.is_empty()
        && planned.iter().all(|it| it.node_id != node_id)
        && let Some(question) = flow.question(node_id)
    {
        let kind = question.body.kind;
        let mut own: Vec<_> =
            left.iter().copied().filter(|it| question.body.answer_ids.contains(it)).collect();
        let mut leads = flow.after_question(node_id);
        if kind == QuestionKind::SingleChoice {
            own.retain(|it| flow.choice(node_id, *it).is_some());
            own.truncate(1);
            let choice = own.first().and_then(|it| flow.choice(node_id, *it));
            leads = choice.and_then(|it| flow.after_answer(it));
        }
        left.retain(|it| !own.contains(it));
        planned.push(PrefilledAnswer { node_id, answer_ids: own });
        here = match leads {
            Some(Leads::Question(next)) => Some(next),
            Some(Leads::Service(_)) | None => None,
        };
    }
    planned.retain(|it| !it.answer_ids.is_empty());
    for id in left {
        let code = match flow.answer(id) {
            Some(_) => LinkFaultCode::AnswerUnreachable,
            None => LinkFaultCode::AnswerGone,
        };
        faults.push(LinkFault::of(code, &id));
    }
    planned
}

/// The choices on the way to a service that asks the fewest questions; of several such ways, the
/// one by the answers that are shown first.
fn answers_to(
    flow: &CompiledFlow,
    service: Id<BookingService>,
    is_archived: bool,
    faults: &mut Faults,
) -> Vec<PrefilledAnswer> {
    let was_archived = |it: &BookingService| it.status == ServiceStatus::Archived;
    if is_archived || flow.service(service).is_some_and(was_archived) {
        faults.push(LinkFault::of(LinkFaultCode::ServiceArchived, &service));
        return Vec::new();
    }
    shortest_way(flow, service).unwrap_or_else(|| {
        faults.push(LinkFault::of(LinkFaultCode::ServiceUnreachable, &service));
        Vec::new()
    })
}

/// A question that was reached, and how.
struct Reached {
    node_id: Id<GraphNode>,
    /// The place of the question before among those reached, and its answer if it is a choice.
    from: Option<(usize, Option<Id<BookingQuestionAnswer>>)>,
}

fn shortest_way(flow: &CompiledFlow, service: Id<BookingService>) -> Option<Vec<PrefilledAnswer>> {
    let mut reached = vec![Reached { node_id: flow.root(), from: None }];
    let mut known = HashSet::from([flow.root()]);
    let mut at = 0;
    while let Some(node_id) = reached.get(at).map(|it| it.node_id) {
        for (answer, leads) in ways_on(flow, node_id) {
            match leads {
                Leads::Service(it) if it == service => {
                    return Some(way_back(&reached, (at, answer)));
                }
                Leads::Question(next) if known.insert(next) => {
                    reached.push(Reached { node_id: next, from: Some((at, answer)) });
                }
                _ => {}
            }
        }
        at += 1;
    }
    None
}

/// Where a question can lead, in the order of its answers.
fn ways_on(
    flow: &CompiledFlow,
    node_id: Id<GraphNode>,
) -> Vec<(Option<Id<BookingQuestionAnswer>>, Leads)> {
    let Some(question) = flow.question(node_id) else { return Vec::new() };
    if question.body.kind != QuestionKind::SingleChoice {
        return flow.after_question(node_id).map(|leads| (None, leads)).into_iter().collect();
    }
    let answers = question.body.answer_ids.iter();
    answers
        .filter_map(|it| Some((Some(*it), flow.after_answer(flow.choice(node_id, *it)?)?)))
        .collect()
}

/// The choices that lead to a question's answer, from the first on.
fn way_back(
    reached: &[Reached],
    last: (usize, Option<Id<BookingQuestionAnswer>>),
) -> Vec<PrefilledAnswer> {
    let mut planned = Vec::new();
    let mut from = Some(last);
    while let Some((at, answer)) = from
        && let Some(question) = reached.get(at)
    {
        let node_id = question.node_id;
        planned.extend(answer.map(|it| PrefilledAnswer { node_id, answer_ids: vec![it] }));
        from = question.from;
    }
    planned.reverse();
    planned
}

/// Those whose values the fields take, as the fields want them.
fn details(
    flow: &CompiledFlow,
    given: &BTreeMap<String, String>,
    faults: &mut Faults,
) -> BTreeMap<String, Value> {
    let fields = flow.steps.iter().flat_map(|step| match &step.config {
        StepConfig::AdditionalDetails(config) => &config.fields[..],
        _ => &[],
    });
    let fields: Vec<_> = fields.collect();
    let mut kept = BTreeMap::new();
    for (key, text) in given {
        let field = fields.iter().find(|it| it.key == *key);
        match field.and_then(|it| detail(it, text)) {
            Some(value) => {
                kept.insert(key.clone(), value);
            }
            None => faults.push(LinkFault::of(LinkFaultCode::DetailsInvalid, &key)),
        }
    }
    kept
}

fn detail(field: &DetailField, text: &str) -> Option<Value> {
    let typed = match field.kind {
        DetailKind::Number => text.trim().parse::<f64>().map(Value::from).ok()?,
        DetailKind::Checkbox => Value::Bool(text.trim().parse().ok()?),
        DetailKind::Text | DetailKind::Textarea | DetailKind::Select => Value::from(text),
    };
    let mut problems = Problems::default();
    // What is ticked need not be.
    let field = DetailField { required: false, ..field.clone() };
    let value = check_field(&field, Some(&typed), problems.root());
    value.filter(|_| problems.into_result().is_ok())
}

/// Without what the step does not ask for or would refuse; what is lacking is asked for.
fn customer(flow: &CompiledFlow, given: &CustomerDetails, faults: &mut Faults) -> CustomerDetails {
    let config = flow.steps.iter().find_map(|step| match &step.config {
        StepConfig::CustomerInfo(config) => Some(config),
        _ => None,
    });
    let mut kept = given.clone();
    let Some(config) = config else { return CustomerDetails::default() };
    let mut problems = Problems::default();
    check_customer(config, given, &mut problems.root());
    let broken = problems.0.iter().filter(|it| it.code != "required");
    let broken: BTreeSet<_> = broken.filter_map(|it| it.path.split('.').next()).collect();
    for name in broken {
        match name {
            "first_name" => kept.first_name = None,
            "last_name" => kept.last_name = None,
            "email" => kept.email = None,
            "phone" => kept.phone = None,
            _ => kept.address = None,
        }
        faults.push(LinkFault::of(LinkFaultCode::CustomerInvalid, &name));
    }
    kept
}

fn known_steps(
    flow: &CompiledFlow,
    steps: &[Id<BookingFlowStep>],
    faults: &mut Faults,
) -> Vec<Id<BookingFlowStep>> {
    let (known, unknown): (Vec<_>, Vec<_>) =
        steps.iter().copied().partition(|it| flow.step(*it).is_some());
    faults.extend(unknown.into_iter().map(|it| LinkFault::of(LinkFaultCode::StepUnknown, &it)));
    known
}
