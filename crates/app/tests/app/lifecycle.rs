//! A flow from its draft to what visitors get, and back.

use app::{Error, FlowKeeper, MailFolder, Mailer, Mailing, Publish, StartSession, Tenant, Worker};
use model::{
    Doc, Id, Timestamp,
    core::AuditEntry,
    flow::FlowDiff,
    scheduler::{
        BookingFlow, BookingFlowStatus, BookingQuestion, BookingQuestionAnswer, BookingService,
        ServiceStatus,
    },
    step::BookingFlowStep,
};
use serde_json::json;

use crate::{flows, world::World};

on_both! {
    a_version_holds_what_was_published_whatever_comes_later,
    an_unsound_draft_is_not_published,
    a_visit_stays_on_its_version_when_another_is_published,
    an_older_version_is_published_again,
    an_older_version_whose_service_is_gone_is_refused,
    a_version_becomes_the_draft_again,
    what_belongs_to_the_organization_is_not_restored_over,
    who_lost_is_told_what_visitors_get_otherwise_since,
    who_lost_to_no_publication_is_told_of_none,
    a_scheduled_version_is_published_at_its_time,
    a_schedule_is_replaced_and_taken_back,
    a_scheduled_version_of_a_deleted_flow_is_refused_where_one_sees_it,
    what_visitors_do_not_get_is_not_unpublished,
}

/// The flow of a business with two versions of the `visits` flow's draft to come.
pub(crate) async fn flow_of(world: &World, tenant: &Tenant) -> (FlowKeeper, Doc<BookingFlow>) {
    let flow = world.all::<BookingFlow>(tenant.organization()).await.remove(0);
    (tenant.flow(flow.id), flow)
}

pub(crate) async fn flow_now(world: &World, tenant: &Tenant) -> Doc<BookingFlow> {
    world.all::<BookingFlow>(tenant.organization()).await.remove(0)
}

/// Writes a document as `to` makes it, as anybody could.
pub(crate) async fn edit<E: model::Entity<Scope = model::PerTenant> + Clone>(
    world: &World,
    tenant: &Tenant,
    which: impl Fn(&E) -> bool,
    to: impl Fn(&mut E),
) -> Id<E> {
    let all = world.all::<E>(tenant.organization()).await;
    let doc = all.iter().find(|it| which(&it.body)).unwrap();
    let mut body = doc.body.clone();
    to(&mut body);
    let mut unit = world.store.scoped(tenant.organization()).begin(app::Clock::now(&*world.clock));
    unit.replace(doc, &body).unwrap();
    unit.commit().await.unwrap();
    doc.id
}

async fn rename(world: &World, tenant: &Tenant, title: &str) {
    let is_it = |it: &BookingQuestion| it.slug.as_str() == "need";
    edit(world, tenant, is_it, |it| title.clone_into(&mut it.content.title)).await;
}

pub(crate) fn worker(system: &app::SystemDoor) -> (Worker, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mails = Mailer::Folder(MailFolder::new(folder.path()));
    let mailing = Mailing::new(mails, "post@example.com".parse().unwrap());
    (system.worker(mailing), folder)
}

async fn work(world: &World) {
    let (worker, _folder) = worker(&world.system);
    while worker.work().await.unwrap() > 0 {}
}

fn later(world: &World, seconds: i64) -> Timestamp {
    Timestamp::from_millis(app::Clock::now(&*world.clock).millis() + seconds * 1_000)
}

fn at(at: Timestamp) -> Publish {
    Publish { at: Some(at), ..Publish::default() }
}

async fn actions(world: &World, tenant: &Tenant) -> Vec<String> {
    let entries = world.all::<AuditEntry>(tenant.organization()).await;
    let mut entries: Vec<_> = entries.into_iter().map(|it| it.body).collect();
    entries.sort_by_key(|it| it.sequence);
    entries.into_iter().map(|it| it.action).collect()
}

async fn a_version_holds_what_was_published_whatever_comes_later(world: World) {
    let (tenant, _) = world.business("acme", &flows::visits(1)).await;
    let (flow, seen) = flow_of(&world, &tenant).await;
    rename(&world, &tenant, "What now?").await;
    let note = Some("New words".to_owned());
    let expected = Some(seen.version);
    let published = flow.publish(Publish { expected, note, at: None }).await.unwrap();
    assert_eq!((published.number, published.flow.version), (2, seen.version + 1));
    rename(&world, &tenant, "Later").await;

    let (versions, next) = flow.versions(None, 10).await.unwrap();
    let shown: Vec<_> =
        versions.iter().map(|it| (it.number, it.is_published, it.note.as_deref())).collect();
    assert_eq!((shown, next), (vec![(2, true, Some("New words")), (1, false, None)], None));
    let (first, next) = flow.versions(None, 1).await.unwrap();
    assert_eq!((first[0].number, next), (2, Some(2)));
    assert_eq!(flow.versions(next, 1).await.unwrap().0[0].number, 1);

    let version = flow.version(2).await.unwrap().body;
    let asked = |it: &model::scheduler::BookingFlowVersion| {
        let need = it.snapshot.questions.iter().find(|it| it.body.slug.as_str() == "need");
        need.unwrap().body.content.title.clone()
    };
    assert_eq!(asked(&version), "What now?");
    assert_eq!(asked(&flow.version(1).await.unwrap().body), "What can we help with?");
    assert_eq!(version.checksum, version.snapshot.checksum());
    assert_eq!(version.checksum, published.checksum);
    assert!(matches!(flow.version(3).await, Err(Error::NotFound(_))));
    let stale = Publish { expected, ..Publish::default() };
    let refused = flow.publish(stale).await.unwrap_err();
    let Error::Overtaken { current, diff } = refused else { panic!("{refused:?}") };
    assert_eq!(current, seen.version + 1);
    assert_eq!(*diff, between(&flow, Some(1), Some(2)).await);
    assert_eq!(diff.changes[0].path, "questions.need");
    assert_eq!(actions(&world, &tenant).await, ["booking_flows.publish"]);
    let long = Publish { note: Some("x".repeat(2_001)), ..Publish::default() };
    let Error::Invalid(problems) = flow.publish(long).await.unwrap_err() else { panic!() };
    assert_eq!(problems.0[0].path, "note");
}

async fn between(flow: &FlowKeeper, from: Option<u32>, to: Option<u32>) -> FlowDiff {
    let (before, after) = flow.compared(from, to).await.unwrap();
    FlowDiff::between(&before, &after)
}

fn seeing(version: u64) -> Publish {
    Publish { expected: Some(version), ..Publish::default() }
}

async fn who_lost_is_told_what_visitors_get_otherwise_since(world: World) {
    let (tenant, _) = world.business("acme", &flows::visits(1)).await;
    let (flow, seen) = flow_of(&world, &tenant).await;
    let mut saw = vec![seen.version];
    for title in ["Two", "Three"] {
        rename(&world, &tenant, title).await;
        saw.push(flow.publish(Publish::default()).await.unwrap().flow.version);
    }
    saw.push(flow.publish_version(2, Publish::default()).await.unwrap().flow.version);
    // Visitors got 1, 2, 3, and 2 again.
    for (version, from) in [(saw[0], 1), (saw[2], 3)] {
        let again = flow.publish_version(1, seeing(version)).await.unwrap_err();
        for lost in [flow.publish(seeing(version)).await.unwrap_err(), again] {
            let Error::Overtaken { current, diff } = lost else { panic!("{lost:?}") };
            assert_eq!(current, saw[3]);
            assert_eq!(*diff, between(&flow, Some(from), Some(2)).await);
            assert!(!diff.equal);
        }
    }
    // They get what they got then.
    let lost = flow.publish(seeing(saw[1])).await.unwrap_err();
    assert!(matches!(lost, Error::Changed { current } if current == saw[3]), "{lost:?}");
    // What is published first is all new.
    let hidden = flow.unpublish(None).await.unwrap().version;
    flow.publish(Publish::default()).await.unwrap();
    let lost = flow.publish(seeing(hidden)).await.unwrap_err();
    let Error::Overtaken { diff, .. } = lost else { panic!("{lost:?}") };
    assert!(diff.changes.iter().all(|it| it.kind.word() == "added"), "{diff:?}");
    assert!(diff.changes.iter().any(|it| it.path == "questions.need"), "{diff:?}");
}

async fn who_lost_to_no_publication_is_told_of_none(world: World) {
    let (tenant, _) = world.business("acme", &flows::visits(1)).await;
    let (flow, seen) = flow_of(&world, &tenant).await;
    rename(&world, &tenant, "Two").await;
    let published = flow.publish(Publish::default()).await.unwrap().flow.version;
    let scheduled = flow.publish(at(later(&world, 60))).await.unwrap().flow.version;
    let lost = flow.publish(seeing(published)).await.unwrap_err();
    assert!(matches!(lost, Error::Changed { current } if current == scheduled), "{lost:?}");
    let lost = flow.publish(seeing(seen.version)).await.unwrap_err();
    assert!(matches!(lost, Error::Overtaken { .. }), "{lost:?}");
    let hidden = flow.unpublish(None).await.unwrap().version;
    let lost = flow.publish(seeing(seen.version)).await.unwrap_err();
    assert!(matches!(lost, Error::Changed { current } if current == hidden), "{lost:?}");
    let refused = flow.compared(None, None).await.unwrap_err();
    let Error::Invalid(problems) = refused else { panic!("{refused:?}") };
    assert_eq!(problems.0[0].path, "from");
}

async fn an_unsound_draft_is_not_published(world: World) {
    let (tenant, _) = world.business("acme", &flows::visits(1)).await;
    let (flow, seen) = flow_of(&world, &tenant).await;
    assert!(flow.report().await.unwrap().ok);
    let is_it = |it: &BookingService| it.slug.as_str() == "drain";
    edit(&world, &tenant, is_it, |it| it.status = ServiceStatus::Archived).await;
    let report = flow.report().await.unwrap();
    assert_eq!(report.findings[0].code, "graph.archived_service");
    let Error::Unsound(refused) = flow.publish(Publish::default()).await.unwrap_err() else {
        panic!()
    };
    assert_eq!(*refused, report);
    assert_eq!(flow_now(&world, &tenant).await, seen);
    assert_eq!(flow.versions(None, 10).await.unwrap().0.len(), 1);
}

async fn a_visit_stays_on_its_version_when_another_is_published(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(2)).await;
    let (flow, _) = flow_of(&world, &tenant).await;
    let mut ada = world.visitor(&key).await;
    rename(&world, &tenant, "What now?").await;
    flow.publish(Publish::default()).await.unwrap();
    let title = |it: &crate::visitor::Visitor| {
        it.view.question.as_ref().map(|it| it.title.clone()).unwrap()
    };
    ada.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    assert_eq!(title(&ada), "What can we help with?");
    let mut eve = world.visitor(&key).await;
    eve.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    assert_eq!(title(&eve), "What now?");
}

async fn an_older_version_is_published_again(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let (flow, _) = flow_of(&world, &tenant).await;
    rename(&world, &tenant, "What now?").await;
    flow.publish(Publish::default()).await.unwrap();
    let already = flow.publish_version(2, Publish::default()).await.unwrap_err();
    assert!(matches!(already, Error::NotAllowed(_)));
    let back = flow.publish_version(1, Publish::default()).await.unwrap();
    assert_eq!(back.number, 1);
    let mut ada = world.visitor(&key).await;
    ada.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    assert_eq!(ada.view.question.as_ref().unwrap().title, "What can we help with?");
    // The draft is still the newer one.
    let need = world.all::<BookingQuestion>(tenant.organization()).await;
    assert!(need.iter().any(|it| it.body.content.title == "What now?"));
    assert_eq!(flow.publish(Publish::default()).await.unwrap().number, 3);
    let expected = ["booking_flows.publish", "booking_flows.roll_back", "booking_flows.publish"];
    assert_eq!(actions(&world, &tenant).await, expected);
}

async fn an_older_version_whose_service_is_gone_is_refused(world: World) {
    let (tenant, _) = world.business("acme", &flows::visits(1)).await;
    let without = flows::visits_text(1)
        .replace("      drain:   { title: A blocked drain, service: drain }\n", "")
        .replace("  drain:  { title: Drain cleaning, duration_minutes: 90, price: { kind: fixed, amount_minor: 14900, currency: USD }, schedule: field }\n", "");
    let without = model::flow::file::FlowFile::parse(&without).unwrap();
    tenant.import_flow(&without, true).await.unwrap();
    let (flow, _) = flow_of(&world, &tenant).await;
    let services = world.all::<BookingService>(tenant.organization()).await;
    let drain = services.iter().find(|it| it.body.slug.as_str() == "drain").unwrap();
    let mut unit = world.store.scoped(tenant.organization()).begin(Timestamp::EPOCH);
    unit.delete(drain.id, drain.version);
    unit.commit().await.unwrap();

    let refused = flow.publish_version(1, Publish::default()).await.unwrap_err();
    let Error::Unsound(report) = refused else { panic!("{refused}") };
    assert!(report.findings.iter().any(|it| it.code == "reference.missing"), "{report:?}");

    // Restoring makes it anew.
    let restored = flow.restore(1, None).await.unwrap();
    assert_eq!(restored.differs, []);
    assert!(flow.report().await.unwrap().ok);
    flow.publish_version(1, Publish::default()).await.unwrap();
}

/// What visitors would meet, as the draft is.
async fn draft_is_as(flow: &FlowKeeper, number: u32) -> bool {
    let version = flow.version(number).await.unwrap().body;
    let published = flow.publish(Publish::default()).await.unwrap();
    let now = flow.version(published.number).await.unwrap().body;
    now.snapshot.content_checksum() == version.snapshot.content_checksum()
}

async fn a_version_becomes_the_draft_again(world: World) {
    let (tenant, _) = world.business("acme", &flows::visits(1)).await;
    let other = flows::visits_text(1)
        .replace(
            "      drain:   { title: A blocked drain, service: drain }\n",
            "      leak: { title: A leak, next: where }\n",
        )
        .replace(
            "questions:\n",
            "questions:\n  where: { title: Where is it?, kind: text, next: { service: drain } }\n",
        )
        .replace("  - { type: summary, title: Check and book }\n", "")
        .replace("title: Book a visit }", "title: Book another visit }");
    let other = model::flow::file::FlowFile::parse(&other).unwrap();
    tenant.import_flow(&other, true).await.unwrap();
    let (flow, seen) = flow_of(&world, &tenant).await;
    let restored = flow.restore(1, Some(seen.version)).await.unwrap();
    assert_eq!((restored.differs.len(), restored.flow.version), (0, seen.version + 1));
    assert_eq!(restored.flow.body.published_version_id, seen.body.published_version_id);
    let count = async |what: &str| match what {
        "steps" => world.all::<BookingFlowStep>(tenant.organization()).await.len(),
        "questions" => world.all::<BookingQuestion>(tenant.organization()).await.len(),
        _ => world.all::<BookingQuestionAnswer>(tenant.organization()).await.len(),
    };
    assert_eq!([count("steps").await, count("questions").await, count("answers").await], [7, 2, 2]);
    assert!(draft_is_as(&flow, 1).await);
    flow.restore(2, None).await.unwrap();
    assert_eq!([count("steps").await, count("questions").await, count("answers").await], [6, 3, 2]);
    assert!(draft_is_as(&flow, 2).await);
}

async fn what_belongs_to_the_organization_is_not_restored_over(world: World) {
    let (tenant, _) = world.business("acme", &flows::visits(1)).await;
    let (flow, _) = flow_of(&world, &tenant).await;
    let is_it = |it: &BookingService| it.slug.as_str() == "drain";
    let drain = edit(&world, &tenant, is_it, |it| it.duration_minutes = 45).await;
    let restored = flow.restore(1, None).await.unwrap();
    let differs: Vec<_> =
        restored.differs.iter().map(|it| (it.collection, it.id, it.fields.join(" "))).collect();
    let expected = ("booking_services", drain.object_id(), "duration_minutes".to_owned());
    assert_eq!(differs, [expected]);
    let services = world.all::<BookingService>(tenant.organization()).await;
    assert!(services.iter().any(|it| it.id == drain && it.body.duration_minutes == 45));
}

async fn a_scheduled_version_is_published_at_its_time(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let (flow, seen) = flow_of(&world, &tenant).await;
    rename(&world, &tenant, "What now?").await;
    let scheduled = flow.publish(at(later(&world, 3_600))).await.unwrap();
    let waiting = scheduled.flow.body.scheduled_publication.clone().unwrap();
    assert_eq!(waiting.version_id, scheduled.version_id);
    assert_eq!(scheduled.flow.body.published_version_id, seen.body.published_version_id);
    // What is scheduled is what was seen.
    rename(&world, &tenant, "Later").await;
    world.clock.turn(3_599);
    work(&world).await;
    assert_eq!(flow_now(&world, &tenant).await, scheduled.flow);
    world.clock.turn(1);
    work(&world).await;
    let now = flow_now(&world, &tenant).await.body;
    assert_eq!(now.published_version_id, Some(scheduled.version_id));
    assert_eq!((now.scheduled_publication, now.failed_publication), (None, None));
    let mut ada = world.visitor(&key).await;
    ada.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    assert_eq!(ada.view.question.as_ref().unwrap().title, "What now?");
    let expected = ["booking_flows.schedule", "booking_flows.publish_scheduled"];
    assert_eq!(actions(&world, &tenant).await, expected);
}

async fn a_schedule_is_replaced_and_taken_back(world: World) {
    let (tenant, _) = world.business("acme", &flows::visits(1)).await;
    let (flow, seen) = flow_of(&world, &tenant).await;
    rename(&world, &tenant, "Two").await;
    flow.publish(at(later(&world, 60))).await.unwrap();
    rename(&world, &tenant, "Three").await;
    let third = flow.publish(at(later(&world, 600))).await.unwrap();
    world.clock.turn(60);
    work(&world).await;
    let now = flow_now(&world, &tenant).await;
    assert_eq!(now, third.flow, "the job of the first schedule has nothing to do");
    let back = flow.publish_version(1, at(later(&world, 300))).await.unwrap_err();
    assert!(matches!(back, Error::NotAllowed(_)), "{back}");
    let sooner = flow.publish_version(2, at(later(&world, 300))).await.unwrap();
    assert_eq!(sooner.flow.body.scheduled_publication.unwrap().version_id, sooner.version_id);
    let cancelled = flow.cancel_schedule(None).await.unwrap();
    assert_eq!(cancelled.body.scheduled_publication, None);
    assert!(matches!(flow.cancel_schedule(None).await, Err(Error::NotAllowed(_))));
    world.clock.turn(3_600);
    work(&world).await;
    let now = flow_now(&world, &tenant).await;
    assert_eq!(now, cancelled);
    assert_eq!(now.body.published_version_id, seen.body.published_version_id);
}

async fn a_scheduled_version_of_a_deleted_flow_is_refused_where_one_sees_it(world: World) {
    let (tenant, _) = world.business("acme", &flows::visits(1)).await;
    let (flow, _) = flow_of(&world, &tenant).await;
    let scheduled = flow.publish(at(later(&world, 60))).await.unwrap();
    let to = |it: &mut BookingFlow| it.status = BookingFlowStatus::Deleted;
    edit(&world, &tenant, |_: &BookingFlow| true, to).await;
    world.clock.turn(60);
    work(&world).await;
    let now = flow_now(&world, &tenant).await.body;
    assert_eq!((now.status, now.scheduled_publication), (BookingFlowStatus::Deleted, None));
    let failed = now.failed_publication.unwrap();
    assert_eq!(failed.version_id, scheduled.version_id);
    assert_eq!(failed.reason, "The flow is deleted.");
    assert_eq!(actions(&world, &tenant).await.last().unwrap(), "booking_flows.refuse_scheduled");
    assert!(matches!(flow.publish(Publish::default()).await, Err(Error::NotFound(_))));
}

async fn what_visitors_do_not_get_is_not_unpublished(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let (flow, seen) = flow_of(&world, &tenant).await;
    let unpublished = flow.unpublish(Some(seen.version)).await.unwrap().body;
    assert_eq!(unpublished.status, BookingFlowStatus::Draft);
    let scheduler = world.doors.scheduler(&key).await.unwrap();
    let request =
        StartSession { page_url: "https://acme.example/".to_owned(), ..Default::default() };
    let refused = scheduler.start_session(request).await;
    assert!(matches!(refused, Err(Error::NotPublished)));
    assert!(matches!(flow.unpublish(None).await, Err(Error::NotAllowed(_))));
    flow.publish_version(1, Publish::default()).await.unwrap();
    world.visitor(&key).await;
}
