use proptest::{prelude::*, test_runner::Config};
use serde_json::{Value, json};

use super::{
    Scene,
    express_link::{answering, link, usable},
    scene::{compile, id, say},
};
use crate::{
    Id,
    flow::{CompiledFlow, Leads},
    scheduler::{BookingFlowExpressLink, BookingQuestionAnswer, BookingService, QuestionKind},
    session::{CustomerDetails, Input, Notice, Selections},
    step::{BookingFlowStep, GraphNode, StepType},
};

const FLOWS: [&[(&str, &str)]; 4] = [
    &[],
    &[
        ("text: I agree., required: true", "text: I agree."),
        ("required: true }\n  - { type: t", "required: false }\n  - { type: t"),
    ],
    &[("action: stop", "action: continue"), ("rules: { min: 0, max: 60 }", "required: false")],
    &[
        ("kind: multi_choice", "kind: multi_choice\n    required: false"),
        ("action: stop", "action: waitlist"),
    ],
];
const ZIPS: [&str; 5] = ["", "30305", " 30305-1234", "90210", "3030"];
const ANSWERS: [&str; 6] =
    ["need.broken", "need.drain", "need.unusual", "symptoms.noise", "symptoms.leak", "need.ghost"];
const SERVICES: [&str; 3] = ["ac-repair", "drain-clean", "ghost"];
const STEPS: [&str; 6] =
    ["zipcode", "service_selection", "additional_details", "customer_info", "summary", "ghost"];

/// A text for a detail, and what it is in the command; `None` is refused.
fn any_detail() -> impl Strategy<Value = (&'static str, &'static str, Option<Value>)> {
    prop::sample::select(vec![
        ("notes", "short", Some(json!("short"))),
        ("notes", "much too long a text", None),
        ("floors", "2", Some(json!(2.0))),
        ("floors", "0", None),
        ("floors", "two", None),
        ("access", "bell", Some(json!("bell"))),
        ("access", "window", None),
        ("gate", "true", Some(json!(true))),
        ("gate", "maybe", None),
        ("colour", "blue", None),
    ])
}

/// A customer, and what of them fits.
fn any_customer() -> impl Strategy<Value = Option<(CustomerDetails, CustomerDetails)>> {
    let ada = say::ada();
    let bad = CustomerDetails { email: Some("ada".to_owned()), ..ada.clone() };
    let of_bad = CustomerDetails { email: None, ..ada.clone() };
    let nameless = CustomerDetails { last_name: None, ..ada.clone() };
    prop::sample::select(vec![
        None,
        Some((ada.clone(), ada)),
        Some((bad, of_bad)),
        Some((nameless.clone(), nameless)),
    ])
}

/// A link, and with what somebody would do by hand what it does.
#[derive(Debug, Clone)]
struct Made {
    link: BookingFlowExpressLink,
    details: Vec<(String, Value)>,
    customer: Option<CustomerDetails>,
}

fn any_link() -> impl Strategy<Value = Made> {
    let answers = prop::sample::subsequence(&ANSWERS[..], 0..5).prop_shuffle();
    (
        prop::sample::select(&ZIPS[..]),
        answers,
        prop::option::of(prop::sample::select(&SERVICES[..])),
        prop::collection::vec(any_detail(), 0..4),
        any_customer(),
        prop::sample::subsequence(&STEPS[..], 0..6),
    )
        .prop_map(|(zip, answers, service, details, customer, skip)| {
            let mut state = answering(zip, if service.is_some() { &[] } else { &answers });
            state.service_id = service.map(|it| id(&format!("services.{it}")));
            let mut kept = std::collections::BTreeMap::new();
            for (key, text, value) in details {
                state.details.insert(key.to_owned(), text.to_owned());
                kept.insert(key.to_owned(), value);
            }
            let details = kept.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
            let (given, customer) = customer.unzip();
            state.customer = given;
            Made { link: link(state, &skip), details, customer }
        })
}

type Choice = (Id<GraphNode>, Id<BookingQuestionAnswer>);

/// Every way through the graph from a node on, in the order of the answers: where it ends, how many
/// questions it asks, and its choices.
fn every_way(
    flow: &CompiledFlow,
    node: Id<GraphNode>,
) -> Vec<(Id<BookingService>, usize, Vec<Choice>)> {
    let question = flow.question(node).unwrap();
    let ways: Vec<(Option<Choice>, Leads)> = match question.body.kind {
        QuestionKind::SingleChoice => {
            let answers = question.body.answer_ids.iter();
            let leads = |it| flow.after_answer(flow.choice(node, it).unwrap()).unwrap();
            answers.map(|it| (Some((node, *it)), leads(*it))).collect()
        }
        _ => vec![(None, flow.after_question(node).unwrap())],
    };
    let mut all = Vec::new();
    for (choice, leads) in ways {
        let rest = match leads {
            Leads::Service(service) => vec![(service, 0, Vec::new())],
            Leads::Question(next) => every_way(flow, next),
        };
        all.extend(rest.into_iter().map(|(service, asked, choices)| {
            (service, asked + 1, choice.into_iter().chain(choices).collect())
        }));
    }
    all
}

/// What a patient person with the link in their hand would send next.
fn by_hand(scene: &Scene, made: &Made) -> Option<Input> {
    let state = &made.link.prefilled_state;
    let view = scene.view();
    let step = view.step.id?;
    let skips = made.link.skip_steps.contains(&step);
    match view.step.step_type? {
        StepType::Zipcode => {
            let zip = state.zip.as_deref().filter(|it| it.trim().len() >= 5)?;
            Some(say::zip_in(zip, zip.contains("303").then_some("metro")))
        }
        StepType::ServiceSelection => {
            let question = view.question?;
            let node = question.node_id;
            let ways = every_way(&scene.flow, scene.flow.root());
            let way = ways.iter().filter(|it| Some(it.0) == state.service_id);
            let way = way.min_by_key(|it| it.1).map(|it| it.2.clone()).unwrap_or_default();
            let stands_here = |it: &Id<BookingQuestionAnswer>| {
                question.answers.iter().any(|answer| answer.id == *it)
            };
            // Where the visitor had to choose a way, the rest of the list is of another one.
            let selections = scene.session.current_state.temp_selections.as_ref()?;
            let on_list = selections.answers.iter().all(|it| {
                let kind = scene.flow.question(it.node_id).unwrap().body.kind;
                kind != QuestionKind::SingleChoice || state.answers.contains(&it.answer_ids[0])
            });
            let listed = state.answers.iter().copied().filter(|it| on_list && stands_here(it));
            let on_way = way.iter().filter(|it| it.0 == node).map(|it| it.1);
            let mut ids: Vec<_> = listed.chain(on_way).collect();
            let single = question.kind == QuestionKind::SingleChoice;
            ids.truncate(if single { 1 } else { ids.len() });
            let passes = !ids.is_empty() || (skips && !single && !question.required);
            let answer_ids = (!ids.is_empty()).then_some(ids);
            passes.then_some(Input::AnswerQuestion { node_id: node, answer_ids, value: None })
        }
        StepType::AdditionalDetails if skips => {
            Some(Input::SubmitDetails { values: made.details.iter().cloned().collect() })
        }
        StepType::CustomerInfo if skips => Some(say::customer_with(made.customer.clone()?, &[])),
        _ => None,
    }
}

fn go_by_hand(scene: &mut Scene, made: &Made) {
    while let Some(input) = by_hand(scene, made) {
        let answer = scene.when(&input);
        if answer.starts_with("Invalid") || answer.contains("REJECTED") {
            break;
        }
    }
}

type Seen = (Option<Id<BookingFlowStep>>, Option<Id<GraphNode>>, Option<Notice>, Selections);

/// All that the visitor sees of where they are.
fn place(scene: &Scene) -> Seen {
    let state = &scene.session.current_state;
    let selections = state.temp_selections.clone().unwrap();
    (state.step_id, state.node_id, state.notice, Selections { prefilled: None, ..selections })
}

/// What a visitor does where the link leaves them, so that the visit goes on to its end.
fn visitor(scene: &Scene) -> Option<Input> {
    let view = scene.view();
    let question = |title: &str| match title {
        "What can we help with?" => say::answer("need", "broken"),
        "What do you notice?" => say::answers("symptoms", &["leak"]),
        "How old is it?" => say::value("age", 9),
        "Since when?" => say::value("since", Value::Null),
        "What is it?" => say::value("describe", "something"),
        _ => say::value("picture", Value::Null),
    };
    match view.step.step_type? {
        StepType::Zipcode => Some(say::zip()),
        StepType::ServiceSelection => Some(question(&view.question?.title)),
        StepType::AdditionalDetails => Some(say::details(&json!({ "gate": true }))),
        StepType::TimeslotSelection => Some(say::slot(0)),
        StepType::CustomerInfo => Some(say::customer()),
        StepType::Summary | StepType::Confirmation => None,
    }
}

proptest! {
    #![proptest_config(Config { cases: 300, max_shrink_iters: 200, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_link_does_what_somebody_would_do_by_hand(flow in 0..FLOWS.len(), made in any_link()) {
        let mut linked = Scene::start_by(compile(FLOWS[flow]), &usable(&made.link));
        let mut hand = Scene::start(compile(FLOWS[flow]));
        go_by_hand(&mut hand, &made);
        prop_assert_eq!(place(&linked), place(&hand));
        for _ in 0..12 {
            let Some(input) = visitor(&linked) else { break };
            linked.when(&input);
            hand.when(&input);
            go_by_hand(&mut hand, &made);
            let (mut linked, mut hand) = (place(&linked), place(&hand));
            // Consents have the time at which they were given.
            linked.3.consents.clear();
            hand.3.consents.clear();
            prop_assert_eq!(linked, hand);
        }
        prop_assert_eq!(linked.step(), "Check");
    }
}
