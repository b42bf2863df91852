//! Visits that are tried on another version of their flow.

use proptest::{prelude::*, test_runner::Config};
use serde_json::json;

use super::{
    Scene,
    random::{FLOWS, any_input, sensible},
    scene::{Given, bundle, say},
};
use crate::{
    flow::{
        FlowBundle,
        simulate::{Candidate, End, Simulated, Spot, Verdict, simulate},
    },
    scheduler::{ZoneIndex, normalize_postal_code},
    session::{Input, Outcome},
};

const DRAIN: &str = "drain:   { title: A blocked drain, service: drain-clean }";

/// What a visit would come to on the flow with some of its text replaced.
fn on(changes: &[(&str, &str)], visit: Vec<Input>) -> String {
    let scene = Given::on(visit).scene();
    let candidate = Candidate::new(bundle(changes));
    let Simulated { verdict, simulated, parts_at, .. } =
        simulate(&scene.flow, &candidate, &scene.events).unwrap();
    let end = match simulated {
        End::Booked { service, .. } => format!("books {service}"),
        End::Left { at, why, .. } => format!("left at {} ({why:?})", place(&at)),
    };
    let parts = parts_at.map_or_else(|| "never".to_owned(), |it| place(&it));
    format!("{verdict:?}: {end}, parts {parts}")
}

fn place(spot: &Spot) -> String {
    spot.question.as_ref().map_or_else(|| spot.step.clone(), ToString::to_string)
}

fn booked() -> Vec<Input> {
    say::first(6)
}

/// By the branch with many questions.
fn booked_the_long_way() -> Vec<Input> {
    [say::long_way(), vec![say::slot(0), say::customer(), say::confirm(true)]].concat()
}

#[test]
fn the_same_flow_leads_to_the_same_end() {
    assert_eq!(on(&[], booked()), "SameEnd: books drain-clean, parts never");
    assert_eq!(on(&[], booked_the_long_way()), "SameEnd: books ac-repair, parts never");
    assert_eq!(on(&[], say::first(3)), "SameEnd: left at When (NotSaid), parts never");
}

#[test]
fn an_answer_that_leads_elsewhere_moves_the_visits_that_chose_it() {
    let moved = [(DRAIN, "drain: { title: A blocked drain, service: ac-repair }")];
    assert_eq!(on(&moved, booked()), "OtherEnd: books ac-repair, parts need");
    assert_eq!(on(&moved, booked_the_long_way()), "SameEnd: books ac-repair, parts never");
}

#[test]
fn an_answer_is_known_again_by_its_slug_or_its_title() {
    let renamed = [(DRAIN, "clog: { title: a BLOCKED  drain, service: drain-clean }")];
    assert_eq!(on(&renamed, booked()), "SameEnd: books drain-clean, parts never");
    let retitled = [(DRAIN, "drain: { title: Water stands in the sink, service: drain-clean }")];
    assert_eq!(on(&retitled, booked()), "SameEnd: books drain-clean, parts never");
    let gone = [(DRAIN, "pipes: { title: A burst pipe, service: drain-clean }")];
    assert_eq!(on(&gone, booked()), "Stuck: left at need (AnswerGone), parts need");
}

#[test]
fn photos_are_added_again() {
    let visit = || {
        let to = [say::zip(), say::answer("need", "unusual"), say::value("describe", "a thing")];
        let photos = [say::photo(1), say::photo(2), say::value("picture", json!(null))];
        let rest = [say::details(&json!({ "gate": true })), say::slot(0), say::customer()];
        [&to[..], &photos, &rest, &[say::confirm(true)]].concat()
    };
    assert_eq!(on(&[], visit()), "SameEnd: books ac-repair, parts never");
    let photo = "kind: photo\n    required: false";
    let required = [(photo, "kind: photo")];
    assert_eq!(on(&required, visit()), "SameEnd: books ac-repair, parts never");
    let fewer = [(photo, "kind: photo\n    rules: { max: 1 }")];
    assert_eq!(on(&fewer, visit()), "Stuck: left at picture (Refused), parts picture");
}

#[test]
fn a_question_that_was_never_asked_stops_a_visit_when_it_must_be_answered() {
    let to = [(DRAIN, "drain: { title: A blocked drain, next: where }")];
    let asked = |required: bool| {
        let question = format!(
            "  where: {{ title: Which one?, kind: text, required: {required}, next: {{ service: drain-clean }} }}\n  age:\n"
        );
        on(&[to[0], ("  age:\n", &question)], booked())
    };
    assert_eq!(asked(true), "Stuck: left at where (NotSaid), parts where");
    assert_eq!(asked(false), "SameEnd: books drain-clean, parts where");
}

#[test]
fn what_is_said_is_held_to_the_rules_of_the_candidate() {
    let long = booked_the_long_way;
    for (from, to, visit, end) in [
        ("max: 60", "max: 10", long(), "Stuck: left at age (Refused), parts age"),
        ("\"303*\"", "\"304*\"", booked(), "Stuck: left at Where (OutOfArea), parts Where"),
        (
            "label: Floors, rules",
            "label: Floors, required: true, rules",
            booked(),
            "Stuck: left at Details (Refused), parts Details",
        ),
        (
            "text: Write to me.",
            "text: Write to me., required: true",
            booked(),
            "Stuck: left at Who (Refused), parts Who",
        ),
        (
            "address: optional",
            "address: hidden",
            booked(),
            "SameEnd: books drain-clean, parts never",
        ),
    ] {
        assert_eq!(on(&[(from, to)], visit), end, "{to}");
    }
}

#[test]
fn a_visit_that_was_turned_away_may_be_led_on() {
    let away = || vec![say::zip_in("99999", None)];
    assert_eq!(on(&[], away()), "SameEnd: left at Where (OutOfArea), parts never");
    let wider = [("\"300*\"", "\"300*\", \"999*\"")];
    assert_eq!(on(&wider, away()), "OtherEnd: left at need (NotSaid), parts Where");
}

#[test]
fn a_step_that_is_not_there_any_more_is_passed_over() {
    let step = ("  - { type: timeslot_selection, title: When, mode: arrival_window }\n", "");
    assert_eq!(on(&[step], booked()), "SameEnd: books drain-clean, parts Who");
    assert_eq!(on(&[step], say::first(3)), "Stuck: left at Who (NotSaid), parts Who");
}

#[test]
fn a_draft_that_goes_round_in_circles_ends_there() {
    let circle = [("    next: since\n", "    next: symptoms\n")];
    let end = on(&circle, booked_the_long_way());
    assert_eq!(end, "Stuck: left at symptoms (Broken), parts symptoms");
}

#[test]
fn who_leaves_at_what_need_not_be_answered_leaves_there_again() {
    let visit: Vec<_> = say::long_way().into_iter().take(4).collect();
    assert_eq!(on(&[], visit), "SameEnd: left at since (NotSaid), parts never");
}

#[test]
fn what_does_not_begin_a_visit_is_none() {
    let scene = Given::on(booked()).scene();
    let candidate = Candidate::new(bundle(&[]));
    assert_eq!(simulate(&scene.flow, &candidate, &scene.events[1..]), None);
    assert_eq!(simulate(&scene.flow, &candidate, &[]), None);
}

/// The input with the zone in which its postal code is.
fn truthful(input: Input, bundle: &FlowBundle) -> Input {
    let Input::SubmitZip { zip, .. } = input else { return input };
    let zones = ZoneIndex::new(bundle.zones.iter().map(|it| (it.id, &it.body)));
    let zone = normalize_postal_code("US", &zip).and_then(|it| zones.find("US", &it));
    Input::SubmitZip { zip, zone }
}

proptest! {
    #![proptest_config(Config { cases: 200, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_visit_ends_where_it_ended_on_its_own_flow(
        flow in 0..FLOWS.len(),
        steps in prop::collection::vec((any::<u8>(), any_input()), 0..30),
    ) {
        let bundle = bundle(FLOWS[flow]);
        let mut scene = Scene::start(super::scene::compile(FLOWS[flow]));
        for (choice, input) in steps {
            let sent = if choice < 220 { sensible(&scene, choice) } else { None };
            scene.when(&truthful(sent.unwrap_or(input), &bundle));
        }
        let simulated = simulate(&scene.flow, &Candidate::new(bundle), &scene.events).unwrap();
        prop_assert_eq!(simulated.verdict, Verdict::SameEnd);
        prop_assert_eq!(&simulated.parts_at, &None);
        prop_assert_eq!(&simulated.recorded, &simulated.simulated);
        let completed = match scene.session.booking_outcome {
            Outcome::Completed { selected_service_id: id, .. } => scene.flow.service(id),
            _ => None,
        };
        let booked = match &simulated.recorded {
            End::Booked { service, .. } => Some(service),
            End::Left { .. } => None,
        };
        prop_assert_eq!(booked, completed.map(|it| &it.slug));
    }

    /// Whatever is said, trying it on any other flow ends.
    #[test]
    fn any_visit_ends_somewhere_on_any_other_flow(
        flows in (0..FLOWS.len(), 0..FLOWS.len()),
        steps in prop::collection::vec((any::<u8>(), any_input()), 0..20),
    ) {
        let mut scene = Scene::start(super::scene::compile(FLOWS[flows.0]));
        for (choice, input) in steps {
            scene.when(&sensible(&scene, choice).filter(|_| choice < 220).unwrap_or(input));
        }
        let candidate = Candidate::new(bundle(FLOWS[flows.1]));
        let simulated = simulate(&scene.flow, &candidate, &scene.events).unwrap();
        let json = serde_json::to_value(&simulated).unwrap();
        prop_assert!(json["recorded"]["kind"].is_string(), "{}", json!(json));
        let booked = matches!(simulated.simulated, End::Booked { .. });
        let was = matches!(simulated.recorded, End::Booked { .. });
        prop_assert!(was || !booked, "nobody confirmed that");
    }
}
