//! What an import stores, keeps and drops.

use std::collections::BTreeMap;

use app::{Error, SchedulerSettings, Tenant};
use model::{
    flow::file::FlowFile,
    scheduler::{
        BookingFlow, BookingFlowVersion, BookingQuestion, BookingQuestionAnswer, BookingService,
        Schedule, ServiceZone,
    },
    step::{BookingFlowStep, StepType},
};
use serde_json::{Value, json};

use crate::{flows, world::World};

on_both! {
    an_import_stores_all_that_the_file_says,
    importing_the_same_file_again_keeps_every_id,
    every_publication_makes_one_more_version,
    a_question_that_is_gone_from_the_file_is_deleted_with_its_answers,
    an_unsound_flow_is_refused_and_nothing_is_stored,
    an_unsound_draft_can_be_stored_again_and_again,
    a_draft_does_not_change_what_visitors_get,
    a_visit_stays_on_the_version_that_it_began_with,
    a_schedule_that_changes_counts_at_once,
    two_flows_of_an_organization_share_what_has_the_same_slug,
    a_flow_keeps_its_public_key,
    two_imports_at_once_leave_a_sound_flow,
}

const COOLING: &str = "      cooling: { title: It is not cooling, next: age }\n";
const AGE: &str = "  age:\n    title: How old is the system?\n    kind: number\n    \
                   rules: { min: 0, max: 60 }\n    next: { service: repair }\n";

/// [`flows::visits`] with an answer that leads nowhere.
fn unsound() -> FlowFile {
    let text = flows::visits_text(1);
    let dead_end = text.replace("title: A blocked drain, service: drain", "title: A blocked drain");
    assert_ne!(dead_end, text);
    FlowFile::parse(&dead_end).unwrap()
}

/// [`flows::visits`] with one question less.
fn smaller() -> FlowFile {
    let text = flows::visits_text(1).replace(COOLING, "").replace(AGE, "");
    assert!(!text.contains("the system"), "{text}");
    FlowFile::parse(&text).unwrap()
}

/// All that an organization has of a flow, by id.
async fn stored(world: &World, tenant: &Tenant) -> BTreeMap<String, Value> {
    let organization = tenant.organization();
    let mut stored = BTreeMap::new();
    macro_rules! add {
        ($($entity:ty),+) => {$(
            for doc in world.all::<$entity>(organization).await {
                let name = stringify!($entity);
                stored.insert(format!("{name} {}", doc.id), serde_json::to_value(&doc.body).unwrap());
            }
        )+};
    }
    add!(BookingFlow, BookingFlowStep, BookingQuestion, BookingQuestionAnswer);
    add!(BookingService, ServiceZone, Schedule, BookingFlowVersion);
    stored
}

fn count(stored: &BTreeMap<String, Value>, entity: &str) -> usize {
    stored.keys().filter(|it| it.split(' ').next() == Some(entity)).count()
}

async fn an_import_stores_all_that_the_file_says(world: World) {
    let tenant = world.organization("acme").await;
    let imported = tenant.import_flow(&flows::visits(2), true).await.unwrap();
    assert_eq!(imported.version, Some(1));
    let stored = stored(&world, &tenant).await;
    for (entity, number) in [
        ("BookingFlow", 1),
        ("BookingFlowStep", 7),
        ("BookingQuestion", 2),
        ("BookingQuestionAnswer", 2),
        ("BookingService", 2),
        ("ServiceZone", 1),
        ("Schedule", 1),
        ("BookingFlowVersion", 1),
    ] {
        assert_eq!(count(&stored, entity), number, "{entity}");
    }
    let flow = &stored[&format!("BookingFlow {}", imported.booking_flow_id)];
    assert_eq!(
        (&flow["status"], &flow["has_unpublished_changes"]),
        (&json!("published"), &json!(false))
    );
    let (bundle, report) = tenant.draft(&"visits".parse().unwrap()).await.unwrap();
    assert!(report.ok, "{:?}", report.findings);
    assert_eq!(bundle.snapshot.steps.len(), 7);
}

async fn importing_the_same_file_again_keeps_every_id(world: World) {
    let tenant = world.organization("acme").await;
    let first = tenant.import_flow(&flows::visits(2), false).await.unwrap();
    let before = stored(&world, &tenant).await;
    let versions = world.all::<Schedule>(tenant.organization()).await;
    let again = tenant.import_flow(&flows::visits(2), false).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(stored(&world, &tenant).await, before);
    let schedules = world.all::<Schedule>(tenant.organization()).await;
    assert_eq!(schedules, versions, "what is the same is not written again");

    tenant.import_flow(&flows::visits(3), false).await.unwrap();
    let changed = stored(&world, &tenant).await;
    assert!(changed.keys().eq(before.keys()), "only a value differs");
    assert_ne!(changed, before);
}

async fn every_publication_makes_one_more_version(world: World) {
    let tenant = world.organization("acme").await;
    for number in 1..=4 {
        let imported = tenant.import_flow(&flows::visits(number), true).await.unwrap();
        assert_eq!(imported.version, Some(number));
    }
    let mut versions = world.all::<BookingFlowVersion>(tenant.organization()).await;
    versions.sort_by_key(|it| it.body.number);
    assert!(versions.iter().map(|it| it.body.number).eq(1..=4));
    assert!(versions.iter().all(|it| it.body.checksum == it.body.snapshot.checksum()));
    let flows = world.all::<BookingFlow>(tenant.organization()).await;
    assert_eq!(flows[0].body.published_version_id, Some(versions[3].id));
}

async fn a_question_that_is_gone_from_the_file_is_deleted_with_its_answers(world: World) {
    let tenant = world.organization("acme").await;
    tenant.import_flow(&flows::visits(1), true).await.unwrap();
    let before = stored(&world, &tenant).await;
    tenant.import_flow(&smaller(), true).await.unwrap();
    let after = stored(&world, &tenant).await;
    assert_eq!((count(&after, "BookingQuestion"), count(&after, "BookingQuestionAnswer")), (1, 1));
    assert_eq!(count(&after, "BookingService"), 2, "services belong to the organization");
    let kept: Vec<_> = after.keys().filter(|it| it.starts_with("BookingQuestion")).collect();
    assert!(kept.iter().all(|it| before.contains_key(*it)));
    tenant.import_flow(&flows::visits(1), true).await.unwrap();
    let (_, report) = tenant.draft(&"visits".parse().unwrap()).await.unwrap();
    assert!(report.ok);
}

async fn an_unsound_flow_is_refused_and_nothing_is_stored(world: World) {
    let tenant = world.organization("acme").await;
    let missing = flows::visits_text(1).replace("zones: [metro]", "zones: [metro, midtown]");
    let missing = FlowFile::parse(&missing).unwrap();
    for (file, publish, code) in [
        (unsound(), true, "graph.dead_end"),
        (missing.clone(), true, "reference.missing"),
        (missing, false, "reference.missing"),
    ] {
        let answer = tenant.import_flow(&file, publish).await;
        let Err(Error::Unsound(report)) = answer else { panic!("{answer:?}") };
        assert!(report.findings.iter().any(|it| it.code == code), "{:?}", report.findings);
        assert_eq!(stored(&world, &tenant).await, BTreeMap::new());
    }
    tenant.import_flow(&flows::visits(1), true).await.unwrap();
    let before = stored(&world, &tenant).await;
    tenant.import_flow(&unsound(), true).await.unwrap_err();
    assert_eq!(stored(&world, &tenant).await, before);
}

async fn an_unsound_draft_can_be_stored_again_and_again(world: World) {
    let tenant = world.organization("acme").await;
    let lost =
        "  lost:\n    title: Nothing leads here\n    kind: text\n    next: { service: repair }\n";
    let text = flows::visits_text(1).replace("questions:\n", &format!("questions:\n{lost}"));
    let file = FlowFile::parse(&text).unwrap();
    tenant.import_flow(&file, false).await.unwrap();
    let before = stored(&world, &tenant).await;
    assert_eq!(count(&before, "BookingQuestion"), 3);
    tenant.import_flow(&file, false).await.unwrap();
    assert_eq!(stored(&world, &tenant).await, before);
    tenant.import_flow(&flows::visits(1), false).await.unwrap();
    assert_eq!(count(&stored(&world, &tenant).await, "BookingQuestion"), 2);
}

async fn a_draft_does_not_change_what_visitors_get(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let imported = tenant.import_flow(&smaller(), false).await.unwrap();
    assert_eq!(imported.version, None);
    let shown = tenant.flow(imported.booking_flow_id).builder().await.unwrap();
    assert!(shown.flow.body.has_unpublished_changes);
    let mut ada = world.visitor(&key).await;
    ada.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    assert_eq!(ada.view.question.unwrap().answers.len(), 2);
}

async fn a_visit_stays_on_the_version_that_it_began_with(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut early = world.visitor(&key).await;
    early.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    assert_eq!(tenant.import_flow(&smaller(), true).await.unwrap().version, Some(2));
    let mut late = world.visitor(&key).await;
    late.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    assert_eq!(late.view.question.as_ref().unwrap().answers.len(), 1);

    let world = world.reopened().await;
    let mut early = early.in_process(&world.doors);
    early.answers("It is not cooling").await;
    let node = early.view.question.as_ref().unwrap().node_id;
    early.does(json!({ "type": "answer_question", "node_id": node, "value": 9 })).await;
    early.does(json!({ "type": "submit_details", "values": {} })).await;
    let start = early.starts().await[0];
    early.chooses(start).await;
    early.introduces_themselves().await;
    early.confirms().await;
    assert_eq!(early.view.selections.service.as_ref().unwrap().title, "AC repair");
}

async fn a_schedule_that_changes_counts_at_once(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let mut ada = world.visitor(&key).await;
    ada.goes_to_the_timeslots().await;
    let before = ada.starts().await;
    let text = flows::visits_text(1).replace("\"10:00-12:00\", ", "");
    tenant.import_flow(&FlowFile::parse(&text).unwrap(), true).await.unwrap();
    let after = ada.starts().await;
    assert!(after.len() < before.len(), "{before:?} {after:?}");
    let gone = before.iter().find(|it| !after.contains(it)).unwrap();
    ada.send(json!({ "type": "select_timeslot", "start": gone })).await.unwrap_err();
    assert_eq!(ada.step(), StepType::TimeslotSelection);
}

async fn two_flows_of_an_organization_share_what_has_the_same_slug(world: World) {
    let tenant = world.organization("acme").await;
    let first = tenant.import_flow(&flows::visits(1), true).await.unwrap();
    let text = flows::visits_text(1)
        .replace("slug: visits, title: Book a visit", "slug: more-visits, title: Book one more");
    let second = tenant.import_flow(&FlowFile::parse(&text).unwrap(), true).await.unwrap();
    assert_ne!(first.booking_flow_id, second.booking_flow_id);
    assert_eq!(second.version, Some(1));
    let stored = stored(&world, &tenant).await;
    assert_eq!((count(&stored, "BookingService"), count(&stored, "Schedule")), (2, 1));
    assert_eq!((count(&stored, "BookingFlow"), count(&stored, "BookingQuestion")), (2, 4));
    tenant.import_flow(&smaller(), true).await.unwrap();
    let (bundle, report) = tenant.draft(&"more-visits".parse().unwrap()).await.unwrap();
    assert!(report.ok && bundle.snapshot.questions.len() == 2, "the other flow is as it was");
}

async fn a_flow_keeps_its_public_key(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let imported = tenant.import_flow(&flows::visits(2), true).await.unwrap();
    let again =
        tenant.ensure_scheduler(imported.booking_flow_id, SchedulerSettings::default()).await;
    assert_eq!(again.unwrap().to_string(), key);
    let world = world.reopened().await;
    let scheduler = world.doors.scheduler(&key).await.unwrap();
    assert_eq!(scheduler.config().public_key.to_string(), key);
    assert_eq!(scheduler.title().await.unwrap(), "Book a visit");
}

async fn two_imports_at_once_leave_a_sound_flow(world: World) {
    let tenant = world.organization("acme").await;
    tenant.import_flow(&flows::visits(1), true).await.unwrap();
    let (small, large) = (smaller(), flows::visits(2));
    let (one, other) =
        tokio::join!(tenant.import_flow(&small, true), tenant.import_flow(&large, true));
    assert!(one.is_ok() || other.is_ok(), "{one:?} {other:?}");
    let done = usize::from(one.is_ok()) + usize::from(other.is_ok());
    let versions = world.all::<BookingFlowVersion>(tenant.organization()).await;
    assert_eq!(versions.len(), 1 + done);
    let (_, report) = tenant.draft(&"visits".parse().unwrap()).await.unwrap();
    assert!(report.ok, "{:?}", report.findings);
}
