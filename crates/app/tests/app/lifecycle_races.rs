//! Several at once: of two who change a flow one wins, and no version is half of one and half of
//! another.

use app::{Error, Publish};
use futures_util::future::join_all;
use model::{
    Id, ObjectId, Timestamp,
    core::AuditEntry,
    flow::builder::BuilderSave,
    scheduler::{BookingFlowVersion, BookingQuestion, BookingQuestionAnswer},
    step::BookingFlowStep,
};
use serde_json::json;

use crate::{
    flows,
    lifecycle::{edit, flow_now, flow_of, worker},
    world::{Beside, World},
};

on_both! {
    of_many_who_publish_at_once_one_does,
    no_version_is_half_of_an_edit,
    an_edit_between_reading_and_publishing_is_wholly_in,
    two_servers_publish_what_is_scheduled_once,
    a_save_keeps_what_others_change_meanwhile,
    a_save_on_an_old_version_changes_nothing,
    of_many_who_save_at_once_one_does,
}

async fn of_many_who_publish_at_once_one_does(world: World) {
    let (tenant, _) = world.business("acme", &flows::visits(1)).await;
    let Beside { system, .. } = world.beside().await;
    for round in 1..=5 {
        let seen = flow_now(&world, &tenant).await;
        assert!(renumber(&world, tenant.organization(), round).await);
        let there = system.enter(tenant.organization());
        let all = (0..8).map(|n| {
            let at = if n % 2 == 0 { &tenant } else { &there };
            let flow = at.flow(seen.id);
            async move {
                flow.publish(Publish { expected: Some(seen.version), ..Publish::default() }).await
            }
        });
        let all = join_all(all).await;
        let won: Vec<_> = all.iter().flatten().collect();
        assert_eq!(won.len(), 1, "{all:?}");
        for lost in all.iter().filter_map(|it| it.as_ref().err()) {
            let Error::Overtaken { current, diff } = lost else { panic!("{lost:?}") };
            assert_eq!(*current, seen.version + 1);
            let paths: Vec<_> = diff.changes.iter().map(|it| it.path.as_str()).collect();
            assert_eq!(paths, ["questions.need", "questions.need.answers.drain"]);
        }
        let now = flow_now(&world, &tenant).await;
        assert_eq!(now.body.published_version_id, Some(won[0].version_id));
        let versions = world.all::<BookingFlowVersion>(tenant.organization()).await;
        assert_eq!(versions.len(), round + 1);
    }
}

/// Writes the same number into a question and into an answer of it, as one.
async fn renumber(world: &World, organization: Id<model::core::Organization>, n: usize) -> bool {
    let questions = world.all::<BookingQuestion>(organization).await;
    let answers = world.all::<BookingQuestionAnswer>(organization).await;
    let question = questions.iter().find(|it| it.body.slug.as_str() == "need").unwrap();
    let answer = answers.iter().find(|it| it.body.slug.as_str() == "drain").unwrap();
    let mut unit = world.store.scoped(organization).begin(Timestamp::EPOCH);
    let mut body = question.body.clone();
    body.content.title = n.to_string();
    unit.replace(question, &body).unwrap();
    let mut body = answer.body.clone();
    body.content.title = n.to_string();
    unit.replace(answer, &body).unwrap();
    unit.commit().await.is_ok()
}

fn numbers(version: &BookingFlowVersion) -> (String, String) {
    let question = version.snapshot.questions.iter().find(|it| it.body.slug.as_str() == "need");
    let answer = version.snapshot.answers.iter().find(|it| it.body.slug.as_str() == "drain");
    let title = |it: &model::content::ContentConfig| it.title.clone();
    (title(&question.unwrap().body.content), title(&answer.unwrap().body.content))
}

async fn no_version_is_half_of_an_edit(world: World) {
    let (tenant, _) = world.business("acme", &flows::visits(1)).await;
    let (flow, _) = flow_of(&world, &tenant).await;
    let organization = tenant.organization();
    assert!(renumber(&world, organization, 0).await);
    let publishing = async {
        for _ in 0..20 {
            // Nobody else writes the flow itself.
            flow.publish(Publish::default()).await.unwrap();
        }
    };
    let editing = async {
        for n in 1..60 {
            renumber(&world, organization, n).await;
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(publishing, editing);
    let mut versions = world.all::<BookingFlowVersion>(organization).await;
    versions.sort_by_key(|it| it.body.number);
    assert_eq!(versions.len(), 21);
    for version in &versions[1..] {
        let (question, answer) = numbers(&version.body);
        assert_eq!(question, answer, "version {}", version.body.number);
    }
}

async fn an_edit_between_reading_and_publishing_is_wholly_in(world: World) {
    let (tenant, _) = world.business("acme", &flows::visits(1)).await;
    let (flow, _) = flow_of(&world, &tenant).await;
    let organization = tenant.organization();
    for (n, collection) in ["booking_questions", "booking_question_answers"].into_iter().enumerate()
    {
        let n = n + 1;
        let mut paused = world.meddling.after_next_read(collection);
        let publishing = flow.publish(Publish::default());
        let editing = async {
            paused.reached().await;
            assert!(renumber(&world, organization, n).await);
            paused.go_on();
        };
        let (published, ()) = tokio::join!(publishing, editing);
        let version = flow.version(published.unwrap().number).await.unwrap().body;
        assert_eq!(numbers(&version), (n.to_string(), n.to_string()), "{collection}");
    }
    // A step is named by the flow, which is written, and is held all the same.
    let mut paused = world.meddling.after_next_read("booking_questions");
    let publishing = flow.publish(Publish::default());
    let editing = async {
        paused.reached().await;
        let is_it = |it: &BookingFlowStep| it.content.title == "When?";
        edit(&world, &tenant, is_it, |it| "And when?".clone_into(&mut it.content.title)).await;
        paused.go_on();
    };
    let (published, ()) = tokio::join!(publishing, editing);
    let version = flow.version(published.unwrap().number).await.unwrap().body;
    assert!(version.snapshot.steps.iter().any(|it| it.body.content.title == "And when?"));
}

async fn two_servers_publish_what_is_scheduled_once(world: World) {
    let (tenant, _) = world.business("acme", &flows::visits(1)).await;
    let (flow, _) = flow_of(&world, &tenant).await;
    let at = Timestamp::from_millis(app::Clock::now(&*world.clock).millis() + 60_000);
    // Every schedule leaves its job: all of them come due at once.
    let mut last = None;
    for _ in 0..6 {
        last = Some(flow.publish(Publish { at: Some(at), ..Publish::default() }).await.unwrap());
    }
    world.clock.turn(60);
    let Beside { system, .. } = world.beside().await;
    let ((one, _here), (other, _there)) = (worker(&world.system), worker(&system));
    let (a, b) = tokio::join!(one.work(), other.work());
    assert!(a.unwrap() + b.unwrap() >= 6);
    let now = flow_now(&world, &tenant).await.body;
    assert_eq!(now.published_version_id, Some(last.unwrap().version_id));
    let entries = world.all::<AuditEntry>(tenant.organization()).await;
    let count = |action: &str| entries.iter().filter(|it| it.body.action == action).count();
    assert_eq!(count("booking_flows.publish_scheduled"), 1);
    assert_eq!(count("booking_flows.refuse_scheduled"), 0);
}

fn save(version: u64, question: Id<BookingQuestion>, title: &str) -> BuilderSave {
    serde_json::from_value(json!({
        "version": version,
        "questions": { "update": [{ "_id": question, "content": { "title": title } }] },
    }))
    .unwrap()
}

async fn need(
    world: &World,
    organization: Id<model::core::Organization>,
) -> model::Doc<BookingQuestion> {
    let questions = world.all::<BookingQuestion>(organization).await;
    questions.into_iter().find(|it| it.body.slug.as_str() == "need").unwrap()
}

async fn a_save_keeps_what_others_change_meanwhile(world: World) {
    let (tenant, _) = world.business("acme", &flows::visits(1)).await;
    let (flow, seen) = flow_of(&world, &tenant).await;
    let question = need(&world, tenant.organization()).await.id;
    let save = save(seen.version, question, "Saved");
    let mut paused = world.meddling.after_next_read("booking_questions");
    let saving = flow.save(None, &save);
    let editing = async {
        paused.reached().await;
        let is_it = |it: &BookingQuestion| it.slug.as_str() == "need";
        edit(&world, &tenant, is_it, |it| it.is_required = false).await;
        paused.go_on();
    };
    let (saved, ()) = tokio::join!(saving, editing);
    assert_eq!(saved.unwrap().builder.flow.version, seen.version + 1);
    let now = need(&world, tenant.organization()).await;
    assert_eq!((&*now.body.content.title, now.body.is_required), ("Saved", false));
    assert_eq!(now.version, 3);
}

async fn a_save_on_an_old_version_changes_nothing(world: World) {
    let (tenant, _) = world.business("acme", &flows::visits(1)).await;
    let (flow, seen) = flow_of(&world, &tenant).await;
    let before = need(&world, tenant.organization()).await;
    let mut paused = world.meddling.after_next_read("booking_questions");
    let saving = async { flow.save(None, &save(seen.version, before.id, "Saved")).await.err() };
    let publishing = async {
        paused.reached().await;
        flow.publish(Publish::default()).await.unwrap();
        paused.go_on();
    };
    let (refused, ()) = tokio::join!(saving, publishing);
    assert!(matches!(refused, Some(Error::Changed { current }) if current == seen.version + 1));
    assert_eq!(need(&world, tenant.organization()).await, before);
    let none = flow.save(None, &BuilderSave::default()).await.err();
    assert!(matches!(none, Some(Error::Invalid(_))), "a save says what it saw");
}

async fn of_many_who_save_at_once_one_does(world: World) {
    let (tenant, _) = world.business("acme", &flows::visits(1)).await;
    let (flow, seen) = flow_of(&world, &tenant).await;
    let question = need(&world, tenant.organization()).await.id;
    let saves: Vec<_> = (0..6)
        .map(|n| save(seen.version, question, &ObjectId::of(&n.to_string()).to_string()))
        .collect();
    let all = join_all(saves.iter().map(|it| flow.save(None, it))).await;
    let won: Vec<_> = (0..6).filter(|n| all[*n].is_ok()).collect();
    assert_eq!(won.len(), 1);
    let title = ObjectId::of(&won[0].to_string()).to_string();
    assert_eq!(need(&world, tenant.organization()).await.body.content.title, title);
    assert_eq!(flow_now(&world, &tenant).await.version, seen.version + 1);
    let entries = world.all::<AuditEntry>(tenant.organization()).await;
    assert_eq!(entries.len(), 1);
    let told = &entries[0].body.after.as_ref().unwrap()["saved"];
    assert_eq!(told["booking_questions"]["updated"], json!([question]));
}
