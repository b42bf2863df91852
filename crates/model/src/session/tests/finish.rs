use std::time::Duration;

use super::{
    Given, Scene, check,
    scene::{BEGIN, LIFE, id, say},
};
use crate::{
    Timestamp,
    scheduler::BookingStatus,
    session::{AbandonReason, EventData, Input, Notice, Outcome, booking, sweep},
};

const BOOKED: &str = "BOOKING_SUBMITTED STEP_COMPLETED STEP_ENTERED SESSION_COMPLETED";

fn given(inputs: &[Input], more: &[Input]) -> Given<'static> {
    Given::on(inputs.iter().chain(more).cloned().collect())
}

fn status(scene: &Scene) -> String {
    let outcome = serde_json::to_value(&scene.session.booking_outcome).unwrap();
    outcome["status"].as_str().unwrap().to_owned()
}

#[test]
fn confirming_books_and_completes() {
    let scene = check(Given::on(say::first(5)), &say::confirm(true), BOOKED);
    let view = scene.view();
    assert_eq!((view.step.title.as_str(), view.allowed.len()), ("Done", 0));
    let booked = view.booking.unwrap();
    assert_eq!((booked.id, booked.status), (id("booking"), BookingStatus::Confirmed));
    assert_eq!(booked.timeslot.unwrap().start, view.selections.timeslot.unwrap().start);
    assert_eq!(view.selections.service.unwrap().title, "Drain cleaning");
}

#[test]
fn the_booking_holds_all_that_was_said() {
    let scene =
        Given::on(say::long_way().into_iter().chain([say::slot(0), say::customer()]).collect());
    let mut scene = scene.scene();
    let before = scene.session.current_state.temp_selections.clone().unwrap();
    scene.when(&say::confirm(true));
    let of = |data: &EventData| booking(&scene.flow, id("session"), &before, data);
    let made: Vec<_> = scene.events.iter().filter_map(|it| of(&it.body.data)).collect();
    let [made] = &made[..] else { panic!("{made:?}") };
    let answers: Vec<_> = made.answers.iter().map(|it| it.answer.as_str()).collect();
    assert_eq!(answers, ["It is broken", "Noise", "14", "2026-11-24", "yes"]);
    assert_eq!(made.customer.email.as_deref(), Some("ada@example.com"));
    assert_eq!((&made.timeslot, &made.address), (&before.timeslot, &Some(say::address())));
    assert_eq!((made.consents.len(), made.status), (1, BookingStatus::Confirmed));
}

#[test]
fn a_flow_without_timeslots_makes_a_request() {
    let when = "  - { type: timeslot_selection, title: When, mode: arrival_window }\n";
    let mut inputs = say::first(5);
    inputs.remove(3);
    let scene = check(Given { changes: &[(when, "")], inputs }, &say::confirm(true), BOOKED);
    let booked = scene.view().booking.unwrap();
    assert_eq!((booked.status, booked.timeslot), (BookingStatus::Requested, None));
}

#[test]
fn seats_lost_at_the_confirmation_lead_back_to_the_timeslots() {
    let expected = "STEP_LEFT_BACKWARD STEP_ENTERED TIMESLOT_LOST";
    let mut scene = check(Given::on(say::first(5)), &say::confirm(false), expected);
    let view = scene.view();
    assert_eq!((view.step.title.as_str(), view.selections.timeslot), ("When", None));
    assert_eq!(view.message.map(|it| it.code), Some(Notice::TimeslotLost));
    scene.when(&say::slot(2));
    scene.when(&say::customer());
    assert_eq!(scene.when(&say::confirm(true)), BOOKED);
}

#[test]
fn an_abandoned_visit_goes_on_where_it_was_after_a_resume() {
    for n in 0..=5 {
        let reason = Some(AbandonReason::Price);
        let mut scene =
            check(Given::on(say::first(n)), &Input::Abandon { reason }, "SESSION_ABANDONED");
        assert_eq!((status(&scene).as_str(), scene.view().allowed), ("abandoned", vec!["resume"]));
        let dropped = scene.session.current_state.step_id;
        assert!(matches!(&scene.session.booking_outcome,
            Outcome::Abandoned { drop_off_step_id, recoverable: true, .. } if *drop_off_step_id == dropped));
        assert_eq!(scene.when(&say::abandon()), "NotActive");
        assert_eq!(scene.when(&Input::Resume), "SESSION_RESUMED");
        for input in &say::first(6)[n..] {
            let answer = scene.when(input);
            assert!(answer.contains('_'), "{answer}");
        }
        assert_eq!(status(&scene), "completed");
    }
}

#[test]
fn only_an_abandoned_visit_can_be_resumed() {
    check(Given::on(say::first(3)), &Input::Resume, "NotAbandoned");
    check(Given::on(say::first(6)), &Input::Resume, "NotAbandoned");
}

#[test]
fn nothing_can_be_done_after_the_booking() {
    let everything = [&say::first(6)[..], &[say::back(), say::abandon(), say::days(1)]].concat();
    for input in everything {
        check(Given::on(say::first(6)), &input, "NotActive");
    }
}

fn at(scene: &mut Scene, now: Timestamp, input: &Input) -> String {
    scene.now = now.minus(Duration::from_secs(1));
    scene.when(input)
}

#[test]
fn a_visit_can_be_gone_on_with_until_the_instant_at_which_it_expires() {
    let end = BEGIN.plus(LIFE);
    let last = end.minus(Duration::from_millis(1));
    for (inputs, input) in [(say::first(0), say::zip()), (vec![say::abandon()], Input::Resume)] {
        let mut scene = given(&inputs, &[]).scene();
        assert_eq!(at(&mut scene, end, &input), "Expired");
        assert!(at(&mut scene, last, &input).contains('_'));
    }
}

/// What a sweep makes of the scene, `minutes` after its last event.
fn swept(scene: &mut Scene, abandon_after: Option<Duration>, after: Duration) -> String {
    scene.now = scene.session.current_state.last_event_at.plus(after);
    let decided = sweep(&scene.session, abandon_after, scene.now);
    if decided.is_empty() { String::new() } else { scene.append(decided) }
}

#[test]
fn a_sweep_abandons_what_is_idle_and_gives_seats_back() {
    let idle = Duration::from_mins(5);
    let almost = Duration::from_millis(5 * 60 * 1_000 - 1);
    for (n, later, expected) in [
        (0, idle, "SESSION_ABANDONED"),
        (3, idle, "SESSION_ABANDONED"),
        (4, idle, "TIMESLOT_RELEASED SESSION_ABANDONED"),
        (5, Duration::from_mins(10), "TIMESLOT_EXPIRED SESSION_ABANDONED"),
    ] {
        let mut scene = given(&say::first(n), &[]).scene();
        assert_eq!(swept(&mut scene, Some(idle), almost), "");
        assert_eq!(swept(&mut scene, None, later), "");
        assert_eq!(swept(&mut scene, Some(idle), later), expected);
        let selections = scene.session.current_state.temp_selections.as_ref().unwrap();
        assert_eq!((&selections.timeslot, selections.seats.len()), (&None, 0));
        assert_eq!(swept(&mut scene, Some(idle), later), "", "once is enough");
    }
}

#[test]
fn a_sweep_expires_what_has_come_to_its_end_and_no_booking() {
    let idle = Some(Duration::from_mins(5));
    for (inputs, expected) in [
        (say::first(0), "SESSION_EXPIRED"),
        (say::first(4), "TIMESLOT_EXPIRED SESSION_EXPIRED"),
        (vec![say::abandon()], "SESSION_EXPIRED"),
        (say::first(6), ""),
    ] {
        let mut scene = given(&inputs, &[]).scene();
        assert_eq!(swept(&mut scene, idle, LIFE), expected);
        assert_eq!(swept(&mut scene, idle, LIFE), "");
    }
}

#[test]
fn who_resumes_without_the_seats_they_had_chooses_once_more() {
    let idle = Duration::from_mins(5);
    for (n, expected) in [
        (3, "SESSION_RESUMED"),
        (4, "SESSION_RESUMED STEP_LEFT_BACKWARD STEP_ENTERED TIMESLOT_EXPIRED"),
        (5, "SESSION_RESUMED STEP_LEFT_BACKWARD STEP_ENTERED TIMESLOT_EXPIRED"),
    ] {
        let mut scene = given(&say::first(n), &[]).scene();
        swept(&mut scene, Some(idle), idle);
        assert_eq!(scene.when(&Input::Resume), expected);
        assert_eq!(scene.step(), "When");
        let notice = scene.view().message.map(|it| it.code);
        assert_eq!(notice, (n > 3).then_some(Notice::TimeslotExpired));
        for input in &say::first(6)[3..] {
            scene.when(input);
        }
        assert_eq!(status(&scene), "completed");
    }
}
