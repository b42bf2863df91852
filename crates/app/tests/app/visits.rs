//! A visit from its beginning to its end, and what is kept of it.

use app::{Error, SchedulerSettings, StartSession};
use model::{
    Id,
    scheduler::{Booking, BookingStatus, SchedulerConfig, SchedulerStatus},
    session::{AbandonReason, BookingSession, Outcome, Rejection, View},
    step::StepType,
};
use serde_json::json;

use crate::{flows, visitor::customer, world::World};

on_both! {
    a_visit_through_the_whole_flow_ends_with_a_booking,
    the_events_tell_the_story_without_gaps,
    a_visit_can_be_replayed_as_it_was_after_every_event,
    a_replay_notices_that_an_event_is_missing,
    what_the_visitor_changes_on_the_way_back_is_what_is_booked,
    a_finished_visit_takes_no_command_any_more,
    an_abandoned_visit_goes_on_after_a_resume_only,
    a_visit_that_began_too_long_ago_cannot_go_on,
    a_zip_outside_the_area_is_an_expected_no,
    a_start_that_is_not_valid_names_every_field,
    no_visit_begins_where_booking_is_paused,
    no_visit_begins_on_a_flow_that_is_not_published,
    nobody_has_an_unknown_public_key,
}

const STORY: [&str; 26] = [
    "SESSION_STARTED",
    "FLOW_ROUTED",
    "STEP_ENTERED",
    "ZIPCODE_SUBMITTED",
    "ZIPCODE_ACCEPTED",
    "STEP_COMPLETED",
    "STEP_ENTERED",
    "QUESTION_VIEWED",
    "ANSWER_SELECTED",
    "SERVICE_SELECTED",
    "STEP_COMPLETED",
    "STEP_ENTERED",
    "DETAILS_SUBMITTED",
    "STEP_COMPLETED",
    "STEP_ENTERED",
    "TIMESLOT_HELD",
    "STEP_COMPLETED",
    "STEP_ENTERED",
    "CUSTOMER_SUBMITTED",
    "CONSENT_GIVEN",
    "STEP_COMPLETED",
    "STEP_ENTERED",
    "SUMMARY_VIEWED",
    "BOOKING_SUBMITTED",
    "STEP_COMPLETED",
    "STEP_ENTERED",
];

async fn a_visit_through_the_whole_flow_ends_with_a_booking(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    assert_eq!(
        (ada.step(), ada.view.progress.step, ada.view.progress.of),
        (StepType::Zipcode, 1, 7)
    );
    ada.does(json!({ "type": "submit_zip", "zip": " 30305-1234 " })).await;
    ada.answers("It is not cooling").await;
    let node = ada.view.question.as_ref().unwrap().node_id;
    ada.does(json!({ "type": "answer_question", "node_id": node, "value": 14 })).await;
    let values = json!({ "notes": "  Behind the house. ", "dog": true });
    ada.does(json!({ "type": "submit_details", "values": values })).await;
    let start = ada.starts().await[0];
    ada.chooses(start).await;
    ada.introduces_themselves().await;
    world.clock.turn(30);
    ada.confirms().await;

    let shown = ada.view.booking.clone().unwrap();
    assert_eq!(ada.step(), StepType::Confirmation);
    assert_eq!((shown.status, ada.view.allowed.len()), (BookingStatus::Confirmed, 0));
    let bookings = world.all::<Booking>(tenant.organization()).await;
    let [booking] = &bookings[..] else { panic!("{} bookings", bookings.len()) };
    assert_eq!(booking.id, shown.id);
    let Booking { reference, timeslot, customer, address, answers, .. } = booking.body.clone();
    assert_eq!((reference, booking.body.booking_session_id), (shown.reference, ada.id));
    let timeslot = timeslot.unwrap();
    assert_eq!((timeslot.start, timeslot.window), (start, true));
    assert_eq!(timeslot.end.millis_since(timeslot.start), 2 * 60 * 60 * 1_000);
    assert_eq!(timeslot.time_zone, "America/New_York");
    assert_eq!((&*customer.first_name, &*customer.last_name), ("Ada", "Lovelace"));
    assert_eq!(customer.email.as_deref(), Some("ada@example.com"));
    assert_eq!(address.unwrap().postal_code, "30305");
    let answers: Vec<_> = answers.iter().map(|it| (&*it.question, &*it.answer)).collect();
    assert_eq!(
        answers,
        [
            ("What can we help with?", "It is not cooling"),
            ("How old is the system?", "14"),
            ("Notes", "Behind the house."),
            ("A dog is at home", "yes"),
        ]
    );
    let price = serde_json::to_value(booking.body.price.clone().unwrap()).unwrap();
    assert_eq!(price["amount_minor"], 8900);
    let [consent] = &booking.body.consents[..] else { panic!("no consent") };
    assert_eq!((&*consent.key, &*consent.text), ("texts", "You may text me."));
    let session = tenant.session(ada.id).await.unwrap().unwrap().body;
    assert_eq!(session.current_state.temp_selections, None);
    assert!(matches!(session.booking_outcome, Outcome::Completed { .. }));
}

async fn the_events_tell_the_story_without_gaps(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    ada.books().await;
    let events = ada.door().await.events().await.unwrap();
    let types: Vec<_> = events.iter().map(|it| it.body.data.event_type()).collect();
    assert_eq!(types[..STORY.len()], STORY);
    assert_eq!(types[STORY.len()..], ["SESSION_COMPLETED"]);
    assert!(events.iter().map(|it| it.sequence).eq(1..=27));
    assert!(events.iter().all(|it| it.organization_id == tenant.organization()));
    assert_eq!(ada.view.sequence, 27);
    assert_eq!(tenant.session(ada.id).await.unwrap().unwrap().version, 27);
}

async fn a_visit_can_be_replayed_as_it_was_after_every_event(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    let mut drawn: Vec<(u64, View, BookingSession)> = Vec::new();
    let start = {
        ada.goes_to_the_timeslots().await;
        ada.starts().await[0]
    };
    ada.send(json!({ "type": "select_timeslot", "start": "2026-11-24T03:00:00Z" }))
        .await
        .unwrap_err();
    ada.view = ada.door().await.view().await.unwrap();
    for command in [
        json!({ "type": "select_timeslot", "start": start }),
        json!({ "type": "go_back" }),
        json!({ "type": "select_timeslot", "start": start }),
        customer(),
        json!({ "type": "confirm" }),
    ] {
        world.clock.turn(7);
        ada.does(command).await;
        let session = tenant.session(ada.id).await.unwrap().unwrap();
        drawn.push((session.version, ada.view.clone(), session.body));
    }
    let (all, _, _) = drawn[drawn.len() - 1];
    for (sequence, view, session) in drawn {
        let replayed = tenant.replay_session(ada.id, Some(sequence)).await.unwrap();
        assert_eq!(replayed.session, session);
        assert_eq!(replayed.session.current_state.last_sequence, view.sequence);
        assert_eq!(replayed.identical, (sequence == all).then_some(true));
    }
    for sequence in 1..=all {
        let replayed = tenant.replay_session(ada.id, Some(sequence)).await.unwrap();
        assert_eq!(replayed.events as u64, sequence);
        assert_eq!(replayed.session.metrics.event_count, sequence);
    }
    for at in [None, Some(all), Some(all + 1)] {
        assert_eq!(tenant.replay_session(ada.id, at).await.unwrap().identical, Some(true));
    }
    let unknown: Id<BookingSession> = "000000000000000000000000".parse().unwrap();
    let answer = tenant.replay_session(unknown, None).await;
    assert!(matches!(answer, Err(Error::NotFound(_))), "{answer:?}");
}

async fn a_replay_notices_that_an_event_is_missing(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    ada.books().await;
    for lost in [2, 16, ada.view.sequence] {
        world.meddling.lose_event(lost);
        let replayed = tenant.replay_session(ada.id, None).await.unwrap();
        assert_eq!((replayed.identical, replayed.events), (Some(false), 26), "{lost}");
    }
    world.meddling.lose_event(0);
    assert_eq!(tenant.replay_session(ada.id, None).await.unwrap().identical, Some(true));
}

async fn what_the_visitor_changes_on_the_way_back_is_what_is_booked(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    ada.goes_to_the_timeslots().await;
    let start = ada.starts().await[0];
    ada.chooses(start).await;
    let question = ada.view.selections.answers[0].node_id;
    ada.does(json!({ "type": "go_back", "to_node_id": question })).await;
    let changed = ada.answers("It is not cooling").await;
    assert_eq!(changed[..3], ["ANSWER_CHANGED", "SERVICE_CLEARED", "TIMESLOT_RELEASED"]);
    let node = ada.view.question.as_ref().unwrap().node_id;
    ada.does(json!({ "type": "answer_question", "node_id": node, "value": 3 })).await;
    assert_eq!(world.seats(&tenant).await, [], "the seat was for another service");
    ada.does(json!({ "type": "submit_details", "values": {} })).await;
    ada.chooses(start).await;
    ada.introduces_themselves().await;
    ada.confirms().await;
    let bookings = world.all::<Booking>(tenant.organization()).await;
    let answers: Vec<_> = bookings[0].body.answers.iter().map(|it| &*it.answer).collect();
    assert_eq!(answers, ["It is not cooling", "3", "no"]);
}

async fn a_finished_visit_takes_no_command_any_more(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    ada.books().await;
    for command in [
        json!({ "type": "confirm" }),
        json!({ "type": "go_back" }),
        json!({ "type": "submit_zip", "zip": "30305" }),
        json!({ "type": "abandon" }),
    ] {
        let answer = ada.send(command).await;
        let Err(Error::Rejected { rejection, view }) = answer else { panic!("{answer:?}") };
        assert_eq!(rejection, Rejection::NotActive);
        assert_eq!(view.booking, ada.view.booking);
    }
    assert_eq!(world.all::<Booking>(tenant.organization()).await.len(), 1);
    assert_eq!(ada.door().await.view().await.unwrap(), ada.view);
}

async fn an_abandoned_visit_goes_on_after_a_resume_only(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    ada.goes_to_the_timeslots().await;
    ada.does(json!({ "type": "abandon", "reason": "price" })).await;
    assert_eq!(ada.view.allowed, ["resume"]);
    let session = tenant.session(ada.id).await.unwrap().unwrap().body;
    let Outcome::Abandoned { reason, recoverable, .. } = session.booking_outcome else {
        panic!("{:?}", session.booking_outcome)
    };
    assert_eq!((reason, recoverable), (Some(AbandonReason::Price), true));
    ada.send(json!({ "type": "view_timeslots", "from": "2026-11-24", "to": "2026-11-24" }))
        .await
        .unwrap_err();
    ada.does(json!({ "type": "resume" })).await;
    assert_eq!(ada.step(), StepType::TimeslotSelection);
    let again = ada.send(json!({ "type": "resume" })).await;
    assert!(matches!(again, Err(Error::Rejected { rejection: Rejection::NotAbandoned, .. })));
}

async fn a_visit_that_began_too_long_ago_cannot_go_on(world: World) {
    let (_, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    world.clock.turn(366 * 24 * 60 * 60);
    let answer = ada.send(json!({ "type": "submit_zip", "zip": "30305" })).await;
    assert!(matches!(answer, Err(Error::Rejected { rejection: Rejection::Expired, .. })));
}

async fn a_zip_outside_the_area_is_an_expected_no(world: World) {
    let (_, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    ada.does(json!({ "type": "submit_zip", "zip": "99999" })).await;
    assert_eq!(ada.step(), StepType::Zipcode);
    assert_eq!(ada.view.message.as_ref().unwrap().text, "Not here yet.");
    ada.does(json!({ "type": "submit_zip", "zip": "30309" })).await;
    assert_eq!((ada.step(), ada.notice()), (StepType::ServiceSelection, None));
}

async fn a_start_that_is_not_valid_names_every_field(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let request = StartSession {
        page_url: "javascript:alert(1)".to_owned(),
        referrer: Some("r".repeat(2_049)),
        locale: Some("l".repeat(36)),
        ..Default::default()
    };
    let answer = world.doors.scheduler(&key).await.unwrap().start_session(request).await;
    let Err(Error::Invalid(problems)) = answer else { panic!("no problem") };
    let paths: Vec<_> = problems.0.iter().map(|it| &*it.path).collect();
    assert_eq!(paths, ["page_url", "referrer", "locale"]);
    assert_eq!(world.all::<BookingSession>(tenant.organization()).await.len(), 0);
}

async fn no_visit_begins_where_booking_is_paused(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let configs = world.all::<SchedulerConfig>(tenant.organization()).await;
    let paused = SchedulerConfig { status: SchedulerStatus::Paused, ..configs[0].body.clone() };
    let mut unit = world.store.scoped(tenant.organization()).begin(configs[0].updated_at);
    unit.replace(&configs[0], &paused).unwrap();
    unit.commit().await.unwrap();
    let answer = world.doors.scheduler(&key).await.unwrap().start_session(start()).await;
    assert!(matches!(answer, Err(Error::Paused)));
}

async fn no_visit_begins_on_a_flow_that_is_not_published(world: World) {
    let tenant = world.organization("acme").await;
    let imported = tenant.import_flow(&flows::visits(1), false).await.unwrap();
    let key = tenant
        .ensure_scheduler(imported.booking_flow_id, SchedulerSettings::default())
        .await
        .unwrap();
    let scheduler = world.doors.scheduler(&key.to_string()).await.unwrap();
    assert!(matches!(scheduler.start_session(start()).await, Err(Error::NotPublished)));
}

async fn nobody_has_an_unknown_public_key(world: World) {
    let (_, key) = world.business("acme", &flows::visits(1)).await;
    for unknown in ["", "pk_", "pk_000000000000000000000000", &key.to_uppercase(), &key[1..]] {
        let answer = world.doors.scheduler(unknown).await;
        assert!(matches!(answer, Err(Error::NotFound(_))), "{unknown}");
    }
}

fn start() -> StartSession {
    StartSession { page_url: "https://acme.example/".to_owned(), ..Default::default() }
}
