//! How long a chosen timeslot is kept, and what becomes of it afterwards.

use model::{
    scheduler::{Booking, HoldState},
    session::Notice,
    step::StepType,
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{flows, visitor::Visitor, world::World};

on_both! {
    a_timeslot_is_kept_until_the_hold_has_expired,
    an_expired_hold_that_somebody_took_over_leads_back_to_the_timeslots,
    an_expired_hold_that_nobody_wanted_still_books,
    choosing_another_timeslot_frees_the_one_before,
    choosing_the_same_timeslot_again_keeps_it,
    releasing_a_timeslot_frees_it,
    a_seat_that_is_taken_over_during_the_confirmation_is_not_booked_twice,
    a_confirmation_and_a_takeover_at_once_have_one_winner,
    holds_of_a_lost_visit_are_taken_over_seat_by_seat,
}

/// Longer than `hold_minutes`.
const EXPIRED: i64 = 11 * 60;

/// Two visitors with the timeslots before them, of which each has one seat.
async fn two_visitors(world: &World) -> (app::Tenant, Visitor, Visitor) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    let mut bob = world.visitor(&key).await;
    ada.goes_to_the_timeslots().await;
    bob.goes_to_the_timeslots().await;
    (tenant, ada, bob)
}

async fn a_timeslot_is_kept_until_the_hold_has_expired(world: World) {
    let (_, mut ada, mut bob) = two_visitors(&world).await;
    let start = ada.starts().await[0];
    ada.chooses(start).await;
    assert!(!bob.starts().await.contains(&start));
    world.clock.turn(EXPIRED - 70);
    bob.chooses(start).await;
    assert_eq!(
        (bob.step(), bob.notice()),
        (StepType::TimeslotSelection, Some(Notice::TimeslotLost))
    );
    world.clock.turn(70);
    assert!(bob.starts().await.contains(&start));
}

async fn an_expired_hold_that_somebody_took_over_leads_back_to_the_timeslots(world: World) {
    let (tenant, mut ada, mut bob) = two_visitors(&world).await;
    let starts = ada.starts().await;
    ada.chooses(starts[0]).await;
    ada.introduces_themselves().await;
    world.clock.turn(EXPIRED);
    bob.chooses(starts[0]).await;
    assert_eq!(bob.step(), StepType::CustomerInfo);

    let events = ada.confirms().await;
    assert!(events.contains(&"TIMESLOT_LOST".to_owned()), "{events:?}");
    assert_eq!(
        (ada.step(), ada.notice()),
        (StepType::TimeslotSelection, Some(Notice::TimeslotLost))
    );
    assert!(!ada.is_booked() && ada.view.selections.timeslot.is_none());
    assert_eq!(world.seats(&tenant).await.len(), 1, "of Bob");

    ada.chooses(starts[1]).await;
    ada.introduces_themselves().await;
    ada.confirms().await;
    bob.introduces_themselves().await;
    bob.confirms().await;
    let mut booked: Vec<_> = world.all::<Booking>(tenant.organization()).await;
    booked.sort_by_key(|it| it.body.timeslot.as_ref().map(|it| it.start));
    let booked: Vec<_> = booked.iter().map(|it| it.body.booking_session_id).collect();
    assert_eq!(booked, [bob.id, ada.id]);
}

async fn an_expired_hold_that_nobody_wanted_still_books(world: World) {
    let (tenant, mut ada, mut bob) = two_visitors(&world).await;
    let start = ada.starts().await[0];
    ada.chooses(start).await;
    ada.introduces_themselves().await;
    world.clock.turn(EXPIRED);
    ada.confirms().await;
    assert!(ada.is_booked());
    let seats = world.seats(&tenant).await;
    assert_eq!((seats.len(), seats[0].state), (1, HoldState::Booked));
    world.clock.turn(EXPIRED);
    bob.chooses(start).await;
    assert_eq!(bob.notice(), Some(Notice::TimeslotLost));
}

async fn choosing_another_timeslot_frees_the_one_before(world: World) {
    let (tenant, mut ada, mut bob) = two_visitors(&world).await;
    let starts = ada.starts().await;
    ada.chooses(starts[0]).await;
    ada.does(json!({ "type": "go_back" })).await;
    let events = ada.chooses(starts[1]).await;
    assert_eq!(events[..2], ["TIMESLOT_RELEASED", "TIMESLOT_HELD"]);
    let seats = world.seats(&tenant).await;
    assert_eq!((seats.len(), seats[0].window_start), (1, starts[1]));
    bob.chooses(starts[0]).await;
    assert_eq!(bob.step(), StepType::CustomerInfo);
}

async fn choosing_the_same_timeslot_again_keeps_it(world: World) {
    let (tenant, mut ada, mut bob) = two_visitors(&world).await;
    let start = ada.starts().await[0];
    ada.chooses(start).await;
    for _ in 0..3 {
        ada.does(json!({ "type": "go_back" })).await;
        assert!(ada.starts().await.contains(&start), "one's own seat stands in nobody's way");
        world.clock.turn(60);
        ada.chooses(start).await;
    }
    assert_eq!(world.seats(&tenant).await.len(), 1);
    world.clock.turn(8 * 60);
    bob.chooses(start).await;
    assert_eq!(bob.notice(), Some(Notice::TimeslotLost), "the hold began anew");
}

async fn releasing_a_timeslot_frees_it(world: World) {
    let (tenant, mut ada, _) = two_visitors(&world).await;
    let start = ada.starts().await[0];
    assert!(ada.does(json!({ "type": "release_timeslot" })).await.is_empty());
    ada.chooses(start).await;
    ada.does(json!({ "type": "go_back" })).await;
    assert_eq!(ada.does(json!({ "type": "release_timeslot" })).await, ["TIMESLOT_RELEASED"]);
    assert_eq!(world.seats(&tenant).await, []);
    assert!(ada.view.selections.timeslot.is_none());
}

async fn a_seat_that_is_taken_over_during_the_confirmation_is_not_booked_twice(world: World) {
    let (tenant, mut ada, mut bob) = two_visitors(&world).await;
    let start = ada.starts().await[0];
    ada.chooses(start).await;
    ada.introduces_themselves().await;
    world.clock.turn(EXPIRED);

    let mut paused = world.meddling.after_next_read("slot_holds");
    let confirming = async {
        ada.confirms().await;
        ada
    };
    let taking_over = async {
        paused.reached().await;
        bob.chooses(start).await;
        bob.introduces_themselves().await;
        bob.confirms().await;
        paused.go_on();
        bob
    };
    let (ada, bob) = tokio::join!(confirming, taking_over);
    assert_eq!((bob.is_booked(), ada.is_booked()), (true, false));
    assert_eq!(
        (ada.step(), ada.notice()),
        (StepType::TimeslotSelection, Some(Notice::TimeslotLost))
    );
    assert_eq!(world.all::<Booking>(tenant.organization()).await.len(), 1);
}

async fn a_confirmation_and_a_takeover_at_once_have_one_winner(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    for round in 0..20 {
        let mut ada = world.visitor(&key).await;
        let mut bob = world.visitor(&key).await;
        ada.goes_to_the_timeslots().await;
        bob.goes_to_the_timeslots().await;
        let start = ada.starts().await[0];
        ada.chooses(start).await;
        ada.introduces_themselves().await;
        world.clock.turn(EXPIRED);
        let mut both = JoinSet::new();
        both.spawn(async move {
            ada.confirms().await;
            ada.is_booked()
        });
        both.spawn(async move {
            bob.chooses(start).await;
            if bob.step() == StepType::CustomerInfo {
                bob.introduces_themselves().await;
                bob.confirms().await;
            }
            bob.is_booked()
        });
        let booked = both.join_all().await.into_iter().filter(|it| *it).count();
        assert_eq!(booked, 1, "round {round}");
        let seats = world.seats(&tenant).await;
        assert_eq!(seats.len(), round + 1);
        assert!(seats.iter().all(|it| it.state == HoldState::Booked));
    }
}

async fn holds_of_a_lost_visit_are_taken_over_seat_by_seat(world: World) {
    let (tenant, key) = world.business("acme", &flows::appointments()).await;
    let mut ada = world.visitor(&key).await;
    let mut bob = world.visitor(&key).await;
    ada.answers("A lot").await;
    bob.answers("A little").await;
    let start = ada.starts().await[0];
    ada.chooses(start).await;
    let held = world.seats(&tenant).await.len();
    assert_eq!(held, 15, "75 minutes in steps of five");
    world.clock.turn(EXPIRED);
    let inside = bob.starts().await.into_iter().find(|it| *it > start).unwrap();
    bob.chooses(inside).await;
    assert_eq!(bob.step(), StepType::CustomerInfo);
    let seats = world.seats(&tenant).await;
    assert_eq!(seats.len(), 15, "seven of Bob, eight that are Ada's still");
    ada.does(json!({
        "type": "submit_customer",
        "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com",
    }))
    .await;
    ada.confirms().await;
    assert_eq!(ada.notice(), Some(Notice::TimeslotLost));
    let left = world.seats(&tenant).await;
    assert!(left.len() == 7 && left.iter().all(|it| it.booking_session_id == bob.id));
}
