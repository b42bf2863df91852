use std::time::Duration;

use super::{Given, check, scene::say};
use crate::{
    availability::NotOffered,
    session::{Decided, EventData, Notice},
};

const HELD: &str = "TIMESLOT_HELD STEP_COMPLETED STEP_ENTERED";

fn here() -> Given<'static> {
    Given::on(say::first(3))
}

/// Back at the timeslots, with one held.
fn again() -> Given<'static> {
    let mut inputs = say::first(4);
    inputs.push(say::back());
    Given::on(inputs)
}

fn notice(scene: &super::Scene) -> Option<Notice> {
    scene.view().message.map(|it| it.code)
}

#[test]
fn a_free_slot_is_held_and_the_visit_goes_on() {
    let scene = check(here(), &say::slot(0), HELD);
    let selections = scene.view().selections;
    assert!(selections.timeslot.unwrap().held_until.is_some());
    assert_eq!(scene.step(), "Who");
}

#[test]
fn another_slot_gives_the_first_back() {
    let scene = check(again(), &say::slot(2), &format!("TIMESLOT_RELEASED {HELD}"));
    let released = scene.events.iter().find_map(|it| match &it.body.data {
        EventData::TimeslotReleased { seats } => Some(seats.len()),
        _ => None,
    });
    assert_eq!(released, Some(1));
    let state = scene.session.current_state.temp_selections.unwrap();
    assert_eq!(state.timeslot.unwrap().start, state.seats[0].window_start);
}

#[test]
fn a_slot_that_is_gone_is_lost_and_the_visitor_stays() {
    for reason in [NotOffered::Capacity, NotOffered::Held, NotOffered::LeadTime] {
        let scene = check(here(), &say::refused_slot(reason), "TIMESLOT_LOST");
        assert_eq!((scene.step().as_str(), notice(&scene)), ("When", Some(Notice::TimeslotLost)));
    }
    let scene = check(again(), &say::refused_slot(NotOffered::Capacity), "TIMESLOT_LOST");
    assert_eq!(scene.view().selections.timeslot, None);
}

#[test]
fn a_time_that_the_rules_never_offer_is_senseless() {
    for reason in [
        NotOffered::Closed,
        NotOffered::Holiday,
        NotOffered::Override,
        NotOffered::Horizon,
        NotOffered::Zone,
    ] {
        check(here(), &say::refused_slot(reason), "Invalid start:timeslot");
    }
}

#[test]
fn after_a_loss_another_slot_can_be_had_and_the_message_goes() {
    let mut inputs = say::first(3);
    inputs.push(say::refused_slot(NotOffered::Capacity));
    let scene = check(Given::on(inputs), &say::slot(2), HELD);
    assert_eq!(notice(&scene), None);
}

#[test]
fn a_held_slot_can_be_given_back_once() {
    let mut scene = check(again(), &crate::session::Input::ReleaseTimeslot, "TIMESLOT_RELEASED");
    assert_eq!(scene.view().selections.timeslot, None);
    assert_eq!(scene.when(&crate::session::Input::ReleaseTimeslot), "");
}

#[test]
fn looking_is_counted_and_finding_nothing_is_said() {
    let scene = check(here(), &say::days(7), "TIMESLOTS_VIEWED");
    assert_eq!((scene.session.metrics.slots_viewed, notice(&scene)), (7, None));
    let mut scene = check(here(), &say::days(0), "TIMESLOTS_VIEWED NO_TIMESLOTS_FOUND");
    assert_eq!(notice(&scene), Some(Notice::NoTimeslots));
    scene.when(&say::days(1));
    assert_eq!(notice(&scene), None);
}

#[test]
fn a_hold_that_ran_out_is_said_and_must_be_taken_again() {
    let mut scene = Given::on(say::first(5)).scene();
    scene.now = scene.now.plus(Duration::from_mins(20));
    let seats = scene.session.current_state.temp_selections.clone().unwrap().seats;
    let expired = Decided { step_id: None, data: EventData::TimeslotExpired { seats } };
    scene.append(vec![expired]);
    assert_eq!(notice(&scene), Some(Notice::TimeslotExpired));
    assert_eq!(scene.when(&say::confirm(true)), "Incomplete");
    scene.when(&say::back_to_step("timeslot_selection"));
    assert_eq!(scene.when(&say::slot(0)), HELD);
}
