//! One command has one effect and one answer, however often and from wherever it comes.

use app::{Error, Executed};
use model::{
    scheduler::Booking,
    session::{Rejection, SessionEvent},
    step::StepType,
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    flows,
    visitor::{Visitor, command, customer},
    world::World,
};

on_both! {
    a_repeated_command_answers_the_same_also_after_later_ones,
    a_repeated_command_answers_the_same_after_a_restart,
    a_command_that_comes_eight_times_at_once_has_one_effect,
    a_confirmation_that_comes_eight_times_at_once_makes_one_booking,
    another_command_under_a_used_id_is_refused,
    a_refused_value_that_is_sent_again_gets_the_same_answer,
    a_stale_command_is_refused_with_the_present_view,
    a_refused_value_does_not_make_the_next_command_stale,
    of_two_tabs_that_go_on_at_once_one_is_stale,
    a_command_in_the_wrong_step_has_no_effect,
    what_is_wrong_with_an_answer_is_named,
}

fn assert_same(first: &Executed, again: &Executed) {
    assert_eq!(first.view, again.view);
    assert_eq!(first.events, again.events);
}

/// Commands of a whole booking with the answers that they got.
async fn recorded(ada: &mut Visitor) -> Vec<(String, u64, serde_json::Value, Executed)> {
    ada.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    ada.answers("A blocked drain").await;
    ada.does(json!({ "type": "submit_details", "values": { "dog": true } })).await;
    let start = ada.starts().await[0];
    let mut recorded = Vec::new();
    for (n, json) in [
        json!({ "type": "view_timeslots", "from": "2026-11-24", "to": "2026-11-24" }),
        json!({ "type": "select_timeslot", "start": start }),
        json!({ "type": "go_back" }),
        json!({ "type": "select_timeslot", "start": start }),
        customer(),
        json!({ "type": "confirm" }),
    ]
    .into_iter()
    .enumerate()
    {
        let (id, sequence) = (format!("recorded-{n}"), ada.view.sequence);
        let executed = ada.send_as(&id, sequence, json.clone()).await.unwrap();
        ada.view.clone_from(&executed.view);
        recorded.push((id, sequence, json, executed));
    }
    recorded
}

async fn a_repeated_command_answers_the_same_also_after_later_ones(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    let recorded = recorded(&mut ada).await;
    let before = tenant.session(ada.id).await.unwrap();
    world.clock.turn(3 * 24 * 60 * 60);
    for (id, sequence, json, first) in &recorded {
        let again = ada.send_as(id, *sequence, json.clone()).await.unwrap();
        assert_same(first, &again);
    }
    assert_eq!(tenant.session(ada.id).await.unwrap(), before);
}

async fn a_repeated_command_answers_the_same_after_a_restart(world: World) {
    let (_, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    let recorded = recorded(&mut ada).await;
    let world = world.reopened().await;
    let ada = ada.in_process(&world.doors);
    for (id, sequence, json, first) in &recorded {
        let again = ada.send_as(id, *sequence, json.clone()).await.unwrap();
        assert_same(first, &again);
    }
}

/// The same command eight times at once.
async fn eight_times(ada: &Visitor, json: serde_json::Value) -> Vec<Executed> {
    let mut tasks = JoinSet::new();
    let sequence = ada.view.sequence;
    for _ in 0..8 {
        let (door, command) = (ada.door().await, command(json.clone()));
        tasks.spawn(async move { door.execute("once", sequence, &command).await.unwrap() });
    }
    tasks.join_all().await
}

async fn a_command_that_comes_eight_times_at_once_has_one_effect(world: World) {
    let (_, key) = world.business("acme", &flows::visits(1)).await;
    let ada = world.visitor(&key).await;
    let answers = eight_times(&ada, json!({ "type": "submit_zip", "zip": "30305" })).await;
    for again in &answers {
        assert_same(&answers[0], again);
    }
    let events = ada.door().await.events().await.unwrap();
    assert_eq!(of_command(&events, "once"), answers[0].events);
    assert_eq!(events.len() as u64, answers[0].view.sequence);
}

async fn a_confirmation_that_comes_eight_times_at_once_makes_one_booking(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(3)).await;
    let mut ada = world.visitor(&key).await;
    ada.goes_to_the_timeslots().await;
    let start = ada.starts().await[0];
    ada.chooses(start).await;
    ada.introduces_themselves().await;
    let answers = eight_times(&ada, json!({ "type": "confirm" })).await;
    for again in &answers {
        assert_same(&answers[0], again);
    }
    assert!(answers[0].view.booking.is_some());
    assert_eq!(world.all::<Booking>(tenant.organization()).await.len(), 1);
    assert_eq!(world.seats(&tenant).await.len(), 1);
}

fn of_command<'a>(events: &'a [SessionEvent], id: &str) -> Vec<&'a str> {
    let of_command = events.iter().filter(|it| it.command_id == id);
    of_command.map(|it| it.body.data.event_type()).collect()
}

async fn another_command_under_a_used_id_is_refused(world: World) {
    let (_, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    let used = ada.send_as("used", 3, json!({ "type": "submit_zip", "zip": "30305" })).await;
    ada.view = used.unwrap().view;
    let before = ada.door().await.view().await.unwrap();
    for (sequence, json) in [
        (3, json!({ "type": "submit_zip", "zip": "30309" })),
        (ada.view.sequence, json!({ "type": "go_back" })),
        (99, json!({ "type": "abandon" })),
    ] {
        let answer = ada.send_as("used", sequence, json).await;
        assert!(matches!(answer, Err(Error::CommandIdReused)), "{answer:?}");
    }
    assert_eq!(ada.door().await.view().await.unwrap(), before);
}

async fn a_refused_value_that_is_sent_again_gets_the_same_answer(world: World) {
    let (_, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    ada.goes_to_the_timeslots().await;
    let start = ada.starts().await[0];
    let bad_start = json!({ "type": "select_timeslot", "start": "2026-11-24T03:00:00Z" });
    let mut bad_customer = customer();
    bad_customer["email"] = json!("nobody");
    bad_customer["consents"] = json!([]);
    let mut answers = Vec::new();
    for (id, json, good) in [
        ("bad-1", bad_start, json!({ "type": "select_timeslot", "start": start })),
        ("bad-2", bad_customer, customer()),
    ] {
        let sequence = ada.view.sequence;
        let refused = refused(ada.send_as(id, sequence, json.clone()).await);
        answers.push((id, sequence, json, refused));
        ada.does(good).await;
    }
    world.clock.turn(60 * 60);
    let world = world.reopened().await;
    let ada = ada.in_process(&world.doors);
    let before = ada.door().await.view().await.unwrap();
    for (id, sequence, json, first) in answers {
        let again = refused(ada.send_as(id, sequence, json).await);
        assert_eq!(again, first);
    }
    assert_eq!(ada.door().await.view().await.unwrap(), before);
}

/// The problems and the view with which values were refused.
fn refused(answer: app::Result<Executed>) -> (Vec<String>, model::session::View) {
    let Err(Error::Rejected { rejection: Rejection::Invalid(problems), view }) = answer else {
        panic!("{answer:?}")
    };
    assert!(!problems.0.is_empty());
    let problem = |it: &model::Problem| format!("{} {} {}", it.path, it.code, it.message);
    (problems.0.iter().map(problem).collect(), *view)
}

async fn a_stale_command_is_refused_with_the_present_view(world: World) {
    let (_, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    let old = ada.view.sequence;
    ada.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    for sequence in [0, old, ada.view.sequence - 1, ada.view.sequence + 1, u64::MAX] {
        let answer = ada.send_as("late", sequence, json!({ "type": "go_back" })).await;
        let Err(Error::Stale { expected, view }) = answer else { panic!("{answer:?}") };
        assert_eq!((expected, *view), (sequence, ada.view.clone()));
    }
    ada.send_as("late", ada.view.sequence, json!({ "type": "go_back" })).await.unwrap();
}

async fn a_refused_value_does_not_make_the_next_command_stale(world: World) {
    let (_, key) = world.business("acme", &flows::visits(1)).await;
    let ada = world.visitor(&key).await;
    let drawn = ada.view.sequence;
    for n in 0..3 {
        let answer = ada
            .send_as(&format!("bad-{n}"), drawn, json!({ "type": "submit_zip", "zip": "abc" }))
            .await;
        let (problems, view) = refused(answer);
        assert!(problems[0].starts_with("zip postal_code "), "{problems:?}");
        assert_eq!(view.sequence, drawn + n + 1);
    }
    let good = ada.send_as("good", drawn, json!({ "type": "submit_zip", "zip": "30305" })).await;
    assert_eq!(good.unwrap().view.step.step_type, Some(StepType::ServiceSelection));
    let session = ada.door().await.events().await.unwrap();
    assert_eq!(of_command(&session, "bad-2"), ["VALIDATION_FAILED"]);
}

async fn of_two_tabs_that_go_on_at_once_one_is_stale(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    ada.goes_to_the_timeslots().await;
    let start = ada.starts().await[0];
    ada.chooses(start).await;
    ada.introduces_themselves().await;
    let mut tabs = JoinSet::new();
    for n in 0..8 {
        let (door, sequence) = (ada.door().await, ada.view.sequence);
        let confirm = command(json!({ "type": "confirm" }));
        tabs.spawn(async move { door.execute(&format!("tab-{n}"), sequence, &confirm).await });
    }
    let answers = tabs.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    for lost in lost {
        let Err(Error::Stale { view, .. }) = lost else { panic!("{lost:?}") };
        assert_eq!(view.booking, won[0].as_ref().unwrap().view.booking);
    }
    assert_eq!(world.all::<Booking>(tenant.organization()).await.len(), 1);
}

async fn a_command_in_the_wrong_step_has_no_effect(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    for json in [
        json!({ "type": "confirm" }),
        json!({ "type": "select_timeslot", "start": "2026-11-24T13:00:00Z" }),
        json!({ "type": "view_timeslots", "from": "2026-11-24", "to": "2026-11-24" }),
        json!({ "type": "release_timeslot" }),
        json!({ "type": "submit_details", "values": {} }),
        json!({ "type": "answer_question", "node_id": "000000000000000000000000", "value": 1 }),
        json!({ "type": "go_back" }),
        json!({ "type": "resume" }),
        customer(),
    ] {
        let text = json.to_string();
        let answer = ada.send(json).await;
        let Err(Error::Rejected { rejection, view }) = answer else { panic!("{text}: {answer:?}") };
        assert!(!matches!(rejection, Rejection::Invalid(_)), "{text}: {rejection:?}");
        assert_eq!(*view, ada.view);
    }
    assert_eq!(ada.door().await.events().await.unwrap().len(), 3);
    assert_eq!(tenant.replay_session(ada.id, None).await.unwrap().identical, Some(true));
}

async fn what_is_wrong_with_an_answer_is_named(world: World) {
    let (_, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    ada.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    ada.answers("It is not cooling").await;
    let node = ada.view.question.as_ref().unwrap().node_id;
    let stranger = "000000000000000000000000";
    for (value, ids, problem) in [
        (json!(61), json!(null), "value range"),
        (json!("old"), json!(null), "value type"),
        (json!(null), json!(null), "value required"),
        (json!(14), json!([stranger]), "answer_ids unexpected"),
    ] {
        let json = json!({ "type": "answer_question", "node_id": node, "value": value, "answer_ids": ids });
        let (problems, _) = refused(ada.send(json).await);
        assert!(problems[0].starts_with(problem), "{problems:?}");
    }
    let json = json!({ "type": "answer_question", "node_id": stranger, "value": 14 });
    let answer = ada.send(json).await;
    assert!(matches!(answer, Err(Error::Rejected { rejection: Rejection::OtherQuestion, .. })));
}
