use serde_json::json;

use super::{Given, scene::say};
use crate::session::Input;

fn every_command() -> [(&'static str, Input); 11] {
    [
        ("submit_zip", say::zip()),
        ("answer_question", say::answer("need", "drain")),
        ("go_back", say::back()),
        ("submit_details", say::details(&json!({ "gate": true }))),
        ("view_timeslots", say::days(3)),
        ("select_timeslot", say::slot(0)),
        ("release_timeslot", Input::ReleaseTimeslot),
        ("submit_customer", say::customer()),
        ("confirm", say::confirm(true)),
        ("abandon", say::abandon()),
        ("resume", Input::Resume),
    ]
}

#[test]
fn what_the_view_allows_is_taken_and_all_else_is_not() {
    for n in 0..=5 {
        for (name, input) in every_command() {
            let mut scene = Given::on(say::first(n)).scene();
            let allowed = scene.view().allowed.contains(&name);
            let before = scene.session.clone();
            let answer = scene.when(&input);
            let expected = match name {
                _ if allowed => &answer,
                "go_back" => "NothingBefore",
                "resume" => "NotAbandoned",
                _ => "NotHere",
            };
            assert_eq!(answer, expected, "{name} at step {n}");
            assert!(allowed || scene.session == before);
            assert!(!allowed || !answer.contains('.'), "{name} at step {n}: {answer}");
        }
    }
}

#[test]
fn before_the_first_step_nothing_is_possible() {
    let mut scene = Given::on(vec![]).scene();
    scene.events.truncate(1);
    scene.session = crate::session::BookingSession::fold(&scene.events).unwrap();
    assert_eq!(scene.when(&say::zip()), "NotActive");
    assert!(scene.view().allowed.is_empty());
}

#[test]
fn a_flow_that_lost_the_step_is_broken_and_nothing_panics() {
    let mut scene = Given::on(say::first(2)).scene();
    scene.flow.steps.clear();
    assert_eq!(scene.when(&say::details(&json!({}))), "BrokenFlow");
}
