//! Recorded visits, tried on a draft.

use app::{Error, Period, Tenant};
use model::{
    flow::{
        file::FlowFile,
        simulate::{End, Verdict},
    },
    session::BookingSession,
};
use serde_json::json;

use crate::{
    flows::{visits, visits_text},
    world::World,
};

on_both! {
    the_same_flow_leads_every_visit_to_the_same_end,
    a_changed_answer_moves_the_visits_that_chose_it,
    visits_are_taken_by_when_they_began_and_the_newest_first,
    visits_of_other_flows_and_organizations_are_not_tried,
    what_cannot_be_a_draft_is_refused,
}

async fn tried(tenant: &Tenant, text: &str, period: Period, most: u64) -> app::Simulation {
    let file = FlowFile::parse(text).unwrap();
    let (draft, _) = tenant.draft_of(&file).await.unwrap();
    let mut told = 0;
    let simulation =
        tenant.simulate(draft, period, most, &mut |tally| told = tally.visits).await.unwrap();
    assert_eq!(told, simulation.tally.visits);
    simulation
}

/// Two bookings of a drain, one of a repair, and one visit that is left at the details.
async fn a_morning(world: &World) -> Tenant {
    let (tenant, key) = world.business("acme", &visits(9)).await;
    for _ in 0..2 {
        world.visitor(&key).await.books().await;
        world.clock.turn(60);
    }
    let mut visitor = world.visitor(&key).await;
    visitor.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    visitor.answers("It is not cooling").await;
    let node = visitor.view.question.as_ref().unwrap().node_id;
    visitor.does(json!({ "type": "answer_question", "node_id": node, "value": 14 })).await;
    visitor.does(json!({ "type": "submit_details", "values": { "notes": "Ring" } })).await;
    let start = visitor.starts().await[0];
    visitor.chooses(start).await;
    visitor.introduces_themselves().await;
    visitor.confirms().await;
    world.clock.turn(60);
    let mut visitor = world.visitor(&key).await;
    visitor.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    visitor.answers("A blocked drain").await;
    visitor.does(json!({ "type": "abandon" })).await;
    tenant
}

async fn the_same_flow_leads_every_visit_to_the_same_end(world: World) {
    let tenant = a_morning(&world).await;
    let simulation = tried(&tenant, &visits_text(9), Period::default(), u64::MAX).await;
    let tally = &simulation.tally;
    assert!(simulation.complete && tally.groups().is_empty());
    assert_eq!((tally.visits, tally.same_end, tally.unreadable), (4, 4, 0));
    let (draft, report) = tenant.draft(&"visits".parse().unwrap()).await.unwrap();
    assert!(report.ok);
    let simulation =
        tenant.simulate(draft, Period::default(), u64::MAX, &mut |_| ()).await.unwrap();
    assert_eq!(simulation.tally.same_end, 4);
}

async fn a_changed_answer_moves_the_visits_that_chose_it(world: World) {
    let tenant = a_morning(&world).await;
    let drain = "drain:   { title: A blocked drain, service: drain }";
    let text = visits_text(9);
    assert!(text.contains(drain) && text.contains("max: 60"));
    let moved = text.replace(drain, "drain: { title: A blocked drain, service: repair }");
    let tally = tried(&tenant, &moved, Period::default(), u64::MAX).await.tally;
    assert_eq!((tally.same_end, tally.other_end, tally.stuck), (2, 2, 0));
    let [group] = &tally.groups()[..] else { panic!("{:?}", tally.groups()) };
    assert_eq!((group.verdict, group.visits, group.examples.len()), (Verdict::OtherEnd, 2, 2));
    let services = [&group.recorded, &group.simulated].map(|end| match end {
        End::Booked { service, .. } => service.as_str(),
        End::Left { .. } => "",
    });
    assert_eq!(services, ["drain", "repair"]);
    let parts = group.parts_at.as_ref().unwrap();
    assert_eq!(parts.question.as_ref().unwrap().as_str(), "need");

    let younger = text.replace("max: 60", "max: 10");
    let tally = tried(&tenant, &younger, Period::default(), u64::MAX).await.tally;
    assert_eq!((tally.same_end, tally.other_end, tally.stuck), (3, 0, 1));
    let groups = tally.groups();
    let End::Left { at, .. } = &groups[0].simulated else { panic!("{groups:?}") };
    assert_eq!(at.question.as_ref().unwrap().as_str(), "age");

    // Published, the draft is what the next visits are recorded on: nothing is moved then.
    tenant.import_flow(&FlowFile::parse(&moved).unwrap(), true).await.unwrap();
    let tally = tried(&tenant, &moved, Period::default(), u64::MAX).await.tally;
    assert_eq!((tally.same_end, tally.other_end), (2, 2));
}

async fn visits_are_taken_by_when_they_began_and_the_newest_first(world: World) {
    let tenant = a_morning(&world).await;
    let sessions = world.all::<BookingSession>(tenant.organization()).await;
    let mut began: Vec<_> = sessions.iter().map(|it| it.body.started_at).collect();
    began.sort_unstable();
    let text = visits_text(9);
    for (from, until, expected) in
        [(0, 4, 4), (1, 4, 3), (0, 1, 1), (1, 3, 2), (3, 4, 1), (2, 2, 0)]
    {
        let period = Period { from: Some(began[from]), until: began.get(until).copied() };
        let simulation = tried(&tenant, &text, period, u64::MAX).await;
        assert_eq!(simulation.tally.visits, expected, "from {from} until {until}");
        assert!(simulation.complete);
    }
    let moved = text.replace("A blocked drain, service: drain", "A blocked drain, service: repair");
    let simulation = tried(&tenant, &moved, Period::default(), 2).await;
    // The newest two are the one that was left and the repair.
    let tally = &simulation.tally;
    assert!(!simulation.complete && tally.visits == 2 && tally.same_end == 2, "{tally:?}");
}

async fn visits_of_other_flows_and_organizations_are_not_tried(world: World) {
    let tenant = a_morning(&world).await;
    let (other, key) = world.business("other", &visits(9)).await;
    world.visitor(&key).await.books().await;
    let tally = tried(&other, &visits_text(9), Period::default(), u64::MAX).await.tally;
    assert_eq!(tally.visits, 1);
    let beside = visits_text(9).replace("slug: visits, title: Book a visit", "slug: b, title: B");
    tenant.import_flow(&FlowFile::parse(&beside).unwrap(), true).await.unwrap();
    let tally = tried(&tenant, &beside, Period::default(), u64::MAX).await.tally;
    assert_eq!(tally.visits, 0);
}

async fn what_cannot_be_a_draft_is_refused(world: World) {
    let tenant = a_morning(&world).await;
    let strange = visits_text(9).replace("slug: visits", "slug: strange");
    let refused = tenant.draft_of(&FlowFile::parse(&strange).unwrap()).await;
    assert!(matches!(refused, Err(Error::NotFound("booking flow"))));
    let broken = visits_text(9).replace("zones: [metro]", "zones: [nowhere]");
    let refused = tenant.draft_of(&FlowFile::parse(&broken).unwrap()).await;
    assert!(matches!(refused, Err(Error::Unsound(_))));
}
