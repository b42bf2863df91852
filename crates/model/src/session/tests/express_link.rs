use serde_json::json;

use super::{
    Scene,
    scene::{FLOW, compile, id, say},
};
use crate::{
    flow::CompiledFlow,
    scheduler::{BookingFlowExpressLink, PrefilledState, ServiceZone},
    session::{CustomerDetails, EventData, Input, LinkFaultCode, LinkOutcome, Notice},
};

const BEGUN: &str = "SESSION_STARTED FLOW_ROUTED EXPRESS_LINK_APPLIED STEP_ENTERED";
const ZIP: &str = "ZIPCODE_SUBMITTED ZIPCODE_ACCEPTED STEP_COMPLETED STEP_ENTERED QUESTION_VIEWED";
const CHOSEN: &str = "ANSWER_SELECTED SERVICE_SELECTED STEP_COMPLETED STEP_ENTERED";

/// A link to the flow of these tests.
pub(super) fn link(prefilled_state: PrefilledState, skip_steps: &[&str]) -> BookingFlowExpressLink {
    let skip_steps = skip_steps.iter().map(|it| id(&format!("steps.{it}.0"))).collect();
    BookingFlowExpressLink {
        booking_flow_id: id("flow"),
        slug: "spring".parse().unwrap(),
        name: "Spring".to_owned(),
        prefilled_state,
        skip_steps,
        campaign: None,
        expires_at: None,
        max_uses: None,
        uses: 0,
        is_active: true,
    }
}

/// A state with a postal code and answers, each as `question.answer`.
pub(super) fn answering(zip: &str, answers: &[&str]) -> PrefilledState {
    let answer = |it: &&str| {
        let (question, answer) = it.split_once('.').unwrap();
        id(&format!("questions.{question}.answers.{answer}"))
    };
    PrefilledState {
        zip: (!zip.is_empty()).then(|| zip.to_owned()),
        answers: answers.iter().map(answer).collect(),
        ..PrefilledState::default()
    }
}

pub(super) fn usable(link: &BookingFlowExpressLink) -> LinkOutcome<'_> {
    let zip = link.prefilled_state.zip.as_deref().unwrap_or_default();
    let zone = match zip.trim().get(..3) {
        Some("303") => Some(id::<ServiceZone>("zones.metro")),
        _ => None,
    };
    LinkOutcome::Usable { id: id("link"), link, zone, is_archived: false }
}

fn start(link: &BookingFlowExpressLink) -> Scene {
    start_on(compile(&[]), link)
}

fn start_on(flow: CompiledFlow, link: &BookingFlowExpressLink) -> Scene {
    Scene::start_by(flow, &usable(link))
}

fn types(scene: &Scene) -> String {
    let types: Vec<_> = scene.events.iter().map(|it| it.body.data.event_type()).collect();
    types.join(" ")
}

/// What did not fit, as `code` or `code of`.
fn faults(scene: &Scene) -> Vec<String> {
    let reasons = scene.events.iter().filter_map(|it| match &it.body.data {
        EventData::ExpressLinkDegraded { reasons, .. } => Some(reasons),
        _ => None,
    });
    let said =
        |code: LinkFaultCode| serde_json::to_value(code).unwrap().as_str().unwrap().to_owned();
    reasons
        .flatten()
        .map(|it| match &it.of {
            Some(of) => format!("{} {of}", said(it.code)),
            None => said(it.code),
        })
        .collect()
}

fn question(scene: &Scene) -> String {
    scene.view().question.map(|it| it.title).unwrap_or_default()
}

#[test]
fn what_a_link_fills_in_is_sent_as_a_visitor_would_send_it() {
    let scene = start(&link(answering("30305", &["need.drain"]), &[]));
    assert_eq!(types(&scene), format!("{BEGUN} {ZIP} {CHOSEN}"));
    let view = scene.view();
    assert_eq!(scene.step(), "Details");
    assert_eq!(view.selections.zip.as_deref(), Some("30305"));
    assert_eq!(view.selections.service.unwrap().title, "Drain cleaning");
    assert_eq!(view.message, None);
}

#[test]
fn a_link_to_a_service_takes_the_shortest_way_to_it() {
    let to = |service: &str| {
        let service_id = Some(id(&format!("services.{service}")));
        link(PrefilledState { service_id, ..answering("30305", &[]) }, &[])
    };
    let scene = start(&to("drain-clean"));
    assert_eq!(scene.view().selections.service.unwrap().title, "Drain cleaning");
    let scene = start(&to("ac-repair"));
    assert_eq!((question(&scene).as_str(), faults(&scene).len()), ("What is it?", 0));
    assert_eq!(scene.view().selections.answers[0].text, "Something else");
}

#[test]
fn what_a_link_cannot_answer_the_visitor_answers_and_then_it_goes_on() {
    let made = link(answering("30305", &["symptoms.noise", "need.broken"]), &["service_selection"]);
    let mut scene = start(&made);
    assert_eq!(question(&scene), "How old is it?");
    let expected = format!("ANSWER_SELECTED QUESTION_VIEWED {CHOSEN}");
    assert_eq!(scene.when(&say::value("age", 9)), expected, "the optional question is passed over");
    assert_eq!(scene.step(), "Details");
    // Without leave to pass over the step, the visitor is asked what is optional too.
    let mut scene = start(&link(made.prefilled_state, &[]));
    assert_eq!(scene.when(&say::value("age", 9)), "ANSWER_SELECTED QUESTION_VIEWED");
}

#[test]
fn a_form_is_passed_over_when_it_may_be_and_is_complete() {
    let state = |gate: &str| {
        let details = [("gate", gate), ("floors", "2"), ("access", "bell")];
        let details = details.map(|(key, text)| (key.to_owned(), text.to_owned())).into();
        PrefilledState { details, ..answering("30305", &["need.drain"]) }
    };
    let scene = start(&link(state("true"), &["additional_details"]));
    assert_eq!(scene.step(), "When");
    let expected = json!({ "gate": true, "floors": 2.0, "access": "bell" });
    assert_eq!(json!(scene.view().selections.details), expected);
    // Not to be passed over: the form has it all, for the visitor to send.
    let scene = start(&link(state("true"), &[]));
    assert_eq!(scene.step(), "Details");
    assert_eq!(json!(scene.view().selections.details), expected);
    // Something that is required is lacking.
    let scene = start(&link(state("false"), &["additional_details"]));
    assert_eq!((scene.step().as_str(), faults(&scene).len()), ("Details", 0));
}

#[test]
fn who_books_is_filled_in_and_agrees_to_nothing_unseen() {
    let customer = Some(say::ada());
    let state = PrefilledState { customer, ..answering("30305", &["need.drain"]) };
    let made = link(state, &["customer_info"]);
    let to_customer = |scene: &mut Scene| {
        scene.when(&say::details(&json!({ "gate": true })));
        scene.when(&say::slot(0))
    };
    let mut scene = start(&made);
    assert_eq!(to_customer(&mut scene), "TIMESLOT_HELD STEP_COMPLETED STEP_ENTERED");
    assert_eq!(scene.view().selections.customer, Some(say::ada()));
    let flow = compile(&[("text: I agree., required: true", "text: I agree.")]);
    let mut scene = start_on(flow, &made);
    assert_eq!(
        to_customer(&mut scene),
        "TIMESLOT_HELD STEP_COMPLETED STEP_ENTERED CUSTOMER_SUBMITTED STEP_COMPLETED STEP_ENTERED \
         SUMMARY_VIEWED"
    );
}

#[test]
fn whoever_goes_back_decides_for_themselves() {
    let mut scene = start(&link(answering("30305", &["need.broken", "symptoms.noise"]), &[]));
    assert_eq!(question(&scene), "How old is it?");
    scene.when(&say::back_to_question("need"));
    scene.when(&say::answer("need", "unusual"));
    scene.when(&say::back_to_question("need"));
    let expected = "ANSWER_CHANGED QUESTION_VIEWED";
    assert_eq!(
        scene.when(&say::answer("need", "broken")),
        expected,
        "symptoms are asked for again"
    );
}

#[test]
fn what_does_not_fit_any_more_is_said_and_the_visitor_goes_on_from_there() {
    let ghost = id::<()>("questions.need.answers.ghost");
    let noise = id::<()>("questions.symptoms.answers.noise");
    let service = id::<()>("services.ghost");
    let with = |state: PrefilledState| link(state, &[]);
    let details = |key: &str, text: &str| PrefilledState {
        details: [(key.to_owned(), text.to_owned())].into(),
        ..answering("30305", &["need.drain"])
    };
    let customer = |it: CustomerDetails| PrefilledState {
        customer: Some(it),
        ..answering("30305", &["need.drain"])
    };
    let bad_mail = CustomerDetails { email: Some("ada".to_owned()), ..say::ada() };
    let to_ghost =
        PrefilledState { service_id: Some(id("services.ghost")), ..answering("30305", &[]) };
    let cases = [
        (with(answering("30305", &["need.ghost"])), format!("answer_gone {ghost}"), "What"),
        (
            with(answering("30305", &["symptoms.noise"])),
            format!("answer_unreachable {noise}"),
            "What",
        ),
        (
            with(answering("30305", &["need.drain", "symptoms.noise"])),
            format!("answer_unreachable {noise}"),
            "Details",
        ),
        (with(to_ghost), format!("service_unreachable {service}"), "What"),
        (with(answering("3030", &["need.drain"])), "zip_invalid".to_owned(), "Where"),
        (with(answering("90210", &["need.drain"])), "zip_out_of_area".to_owned(), "Where"),
        (with(details("notes", "much too long")), "details_invalid notes".to_owned(), "Details"),
        (with(details("floors", "two")), "details_invalid floors".to_owned(), "Details"),
        (with(details("access", "window")), "details_invalid access".to_owned(), "Details"),
        (with(details("colour", "blue")), "details_invalid colour".to_owned(), "Details"),
        (with(customer(bad_mail)), "customer_invalid email".to_owned(), "Details"),
        (
            link(answering("30305", &["need.drain"]), &["ghost"]),
            format!("step_unknown {}", id::<()>("steps.ghost.0")),
            "Details",
        ),
    ];
    for (made, fault, step) in cases {
        let scene = start(&made);
        assert_eq!((faults(&scene), scene.step().as_str()), (vec![fault], step));
    }
}

#[test]
fn outside_of_the_area_the_visitor_reads_why_and_may_try_another_postal_code() {
    let mut scene = start(&link(answering("90210", &["need.drain"]), &[]));
    let message = scene.view().message.unwrap();
    assert_eq!((message.code, message.text.as_str()), (Notice::OutOfArea, "Not here."));
    assert_eq!(scene.when(&say::zip_in("90211", None)), "ZIPCODE_SUBMITTED ZIPCODE_REJECTED");
    assert_eq!(scene.when(&say::zip()), format!("{ZIP} {CHOSEN}"));
}

#[test]
fn a_service_that_is_archived_is_not_chosen() {
    let service_id = Some(id("services.drain-clean"));
    let made = link(PrefilledState { service_id, ..answering("30305", &[]) }, &[]);
    let LinkOutcome::Usable { id, link, zone, .. } = usable(&made) else { unreachable!() };
    let outcome = LinkOutcome::Usable { id, link, zone, is_archived: true };
    let scene = Scene::start_by(compile(&[]), &outcome);
    assert_eq!(scene.step(), "What");
    assert!(faults(&scene)[0].starts_with("service_archived "));
}

#[test]
fn a_link_that_cannot_be_used_begins_an_ordinary_visit_that_says_so() {
    for (code, notice) in [
        (LinkFaultCode::Unknown, Notice::LinkUnknown),
        (LinkFaultCode::Inactive, Notice::LinkInactive),
        (LinkFaultCode::Expired, Notice::LinkExpired),
        (LinkFaultCode::UsedUp, Notice::LinkUsedUp),
        (LinkFaultCode::Unpublished, Notice::LinkUnpublished),
    ] {
        let mut scene = Scene::start_by(compile(&[]), &LinkOutcome::Refused { id: None, code });
        let expected = "SESSION_STARTED FLOW_ROUTED EXPRESS_LINK_DEGRADED STEP_ENTERED";
        assert_eq!(types(&scene), expected);
        let message = scene.view().message.unwrap();
        assert_eq!(message.code, notice);
        assert!(message.text.ends_with("You can still book below."), "{}", message.text);
        scene.when(&say::zip());
        assert_eq!(scene.view().message, None);
    }
}

#[test]
fn a_link_is_applied_at_a_first_step_that_asks_too() {
    let zipcode = FLOW.split_once("  - type: zipcode").unwrap().1;
    let zipcode =
        format!("  - type: zipcode{}", zipcode.split_once("  - { type: service").unwrap().0);
    let flow = compile(&[(&zipcode, "")]);
    let scene = start_on(flow, &link(answering("30305", &["need.drain"]), &[]));
    assert_eq!(types(&scene), format!("{BEGUN} QUESTION_VIEWED {CHOSEN}"));
    assert_eq!(scene.view().selections.zip.as_deref(), Some("30305"), "it is filled in later");
}

#[test]
fn the_view_says_when_the_visitor_would_rather_come() {
    let preference = Some("2026-12-24".to_owned());
    let state = PrefilledState { timeslot_preference: preference.clone(), ..answering("", &[]) };
    assert_eq!(start(&link(state, &[])).view().selections.timeslot_preference, preference);
}

#[test]
fn an_ordinary_input_is_not_changed_by_a_link_that_has_nothing_for_it() {
    let mut scene = start(&link(answering("", &[]), &[]));
    assert_eq!(scene.when(&say::zip()), ZIP);
    assert_eq!(scene.when(&Input::Abandon { reason: None }), "SESSION_ABANDONED");
    assert_eq!(scene.when(&Input::Resume), "SESSION_RESUMED");
}
