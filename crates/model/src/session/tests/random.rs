use proptest::{prelude::*, test_runner::Config};
use serde_json::{Value, json};

use super::{
    Scene,
    scene::{compile, say},
};
use crate::{availability::NotOffered, session::Input};

/// Flows of every make: with and without steps that may be left out, in another order.
pub(super) const FLOWS: [&[(&str, &str)]; 4] = [
    &[],
    &[("  - { type: summary, title: Check }\n", ""), ("action: stop", "action: waitlist")],
    &[
        ("  - { type: timeslot_selection, title: When, mode: arrival_window }\n", ""),
        ("action: stop", "action: continue"),
    ],
    &[("phone: optional, address: optional", "phone: required, address: required")],
];

const QUESTIONS: [&str; 7] =
    ["need", "symptoms", "age", "since", "describe", "picture", "unheard-of"];
const ANSWERS: [&str; 6] = ["broken", "drain", "unusual", "noise", "leak", "unheard-of"];
const STEPS: [&str; 5] =
    ["zipcode", "service_selection", "timeslot_selection", "customer_info", "unheard_of"];

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..70_i64).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[a-z ]{0,22}".prop_map(Value::from),
        Just(json!("2026-11-24")),
        Just(json!({ "a": [1, null] })),
    ]
}

pub(super) fn any_input() -> impl Strategy<Value = Input> {
    let question = || prop::sample::select(&QUESTIONS[..]);
    let zone = prop::sample::select(&[Some("metro"), Some("outer"), None][..]);
    let reasons = [NotOffered::Capacity, NotOffered::Closed, NotOffered::LeadTime];
    let details = prop::collection::btree_map("notes|floors|access|gate|x", any_value(), 0..4);
    prop_oneof![
        ("[0-9]{5}|\\PC{0,6}", zone).prop_map(|(zip, zone)| say::zip_in(&zip, zone)),
        (question(), prop::sample::subsequence(&ANSWERS[..], 0..3))
            .prop_map(|(question, answers)| say::answers(question, &answers)),
        (question(), any_value()).prop_map(|(question, value)| say::value(question, value)),
        Just(say::back()),
        question().prop_map(say::back_to_question),
        prop::sample::select(&STEPS[..]).prop_map(say::back_to_step),
        details.prop_map(|values| Input::SubmitDetails { values }),
        (0..3_u32).prop_map(say::days),
        (0..3_u64).prop_map(say::slot),
        prop::sample::select(reasons.to_vec()).prop_map(say::refused_slot),
        (0..8_u64, 0..3_usize).prop_map(|(n, kind)| say::attach(
            n,
            say::MIMES[kind],
            n * 2_000_000
        )),
        (0..8_u64).prop_map(say::remove),
        Just(Input::ReleaseTimeslot),
        prop::sample::subsequence(&["terms", "news", "soul"][..], 0..3)
            .prop_map(|consents| say::customer_with(say::ada(), &consents)),
        any::<bool>().prop_map(say::confirm),
        Just(say::abandon()),
        Just(Input::Resume),
    ]
}

/// An input that the visitor's screen would send, if `choice` says so: so that visits get on.
pub(super) fn sensible(scene: &Scene, choice: u8) -> Option<Input> {
    let view = scene.view();
    if view.allowed == ["resume"] {
        return Some(Input::Resume);
    }
    let question = || {
        let node = view.question.as_ref()?;
        let named = |it: &&str| node.node_id == super::scene::id(&format!("nodes.questions.{it}"));
        let question = QUESTIONS.iter().copied().find(named)?;
        Some(match question {
            "need" => say::answer("need", ANSWERS[usize::from(choice) % 3]),
            "symptoms" => say::answer("symptoms", "leak"),
            "describe" => say::value("describe", "something"),
            "age" => say::value("age", choice % 60),
            other => say::value(other, Value::Null),
        })
    };
    match *view.allowed.first()? {
        "submit_zip" => Some(say::zip()),
        "answer_question" => question(),
        "submit_details" => Some(say::details(&json!({ "gate": true }))),
        "view_timeslots" => Some(say::slot(u64::from(choice % 3))),
        "submit_customer" => Some(say::customer()),
        _ => Some(say::confirm(!choice.is_multiple_of(3))),
    }
}

fn name(input: &Input) -> &'static str {
    match input {
        Input::SubmitZip { .. } => "submit_zip",
        Input::AnswerQuestion { .. } => "answer_question",
        Input::GoBack { .. } => "go_back",
        Input::SubmitDetails { .. } => "submit_details",
        Input::AttachFile { .. } => "attach_file",
        Input::RemoveFile { .. } => "remove_file",
        Input::ViewTimeslots { .. } => "view_timeslots",
        Input::SelectTimeslot { .. } => "select_timeslot",
        Input::ReleaseTimeslot => "release_timeslot",
        Input::SubmitCustomer { .. } => "submit_customer",
        Input::Confirm { .. } => "confirm",
        Input::Abandon { .. } => "abandon",
        Input::Resume => "resume",
    }
}

proptest! {
    #![proptest_config(Config { cases: 400, failure_persistence: None, ..Config::default() })]

    #[test]
    fn whatever_visitors_send_the_session_stays_what_its_events_make_it(
        flow in 0..FLOWS.len(),
        steps in prop::collection::vec((any::<u8>(), any_input()), 0..30),
    ) {
        let mut scene = Scene::start(compile(FLOWS[flow]));
        for (choice, input) in steps {
            let sent = if choice < 160 { sensible(&scene, choice) } else { None };
            let sent = sent.unwrap_or(input);
            let allowed = scene.view().allowed;
            let answer = scene.when(&sent);
            let possible = allowed.contains(&name(&sent));
            prop_assert!(!possible || answer != "NotHere", "{sent:?}");
            let happened = answer.split(' ').next().is_some_and(|it| it.contains('_'));
            prop_assert!(possible || !happened, "{sent:?} made {answer}");
        }
    }
}
