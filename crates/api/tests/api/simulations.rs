//! Recorded visits, tried on the stored draft.

use model::{core::SystemRole, flow::file::FlowFile, scheduler::BookingFlow};
use serde_json::{Value, json};
use store::Find;

use crate::{
    member::Member,
    site::{FLOW, Site},
};

/// Three visits: two that stand at the question for a number, one that has just begun.
async fn visited() -> (Site, String) {
    let site = Site::new().await;
    for _ in 0..2 {
        site.visit().await.goes_to_the_number().await;
    }
    site.visit().await;
    let scoped = site.store.scoped(site.tenant.organization());
    let (flows, _) = scoped.list(Find::<BookingFlow>::all()).await.unwrap();
    (site, format!("booking_flows/{}/simulate", flows[0].id))
}

#[tokio::test]
async fn a_draft_is_tried_on_the_visits_of_the_flow() {
    let (site, path) = visited().await;
    let agent = Member::with(&site, SystemRole::Agent).await;
    let same = agent.post(&site, &path, &json!({})).await.json();
    assert_eq!((&same["visits"], &same["same_end"]), (&json!(3), &json!(3)));
    assert_eq!((&same["complete"], &same["groups"]), (&json!(true), &json!([])));

    let draft = FLOW.replace("bath:  ", "tub: { title: In the tub, service: drain }\n      bath: ");
    let draft =
        draft.replace("kitchen: { title: In the kitchen,", "cellar: { title: In the cellar,");
    site.tenant.import_flow(&FlowFile::parse(&draft).unwrap(), false).await.unwrap();
    let moved = agent.post(&site, &path, &json!({ "limit": 1_000 })).await.json();
    assert_eq!((&moved["same_end"], &moved["stuck"]), (&json!(1), &json!(2)));
    let group = &moved["groups"][0];
    assert_eq!((&group["visits"], &group["verdict"]), (&json!(2), &json!("stuck")));
    assert_eq!(group["parts_at"]["question"], "where");
    assert_eq!(group["simulated"]["why"], "answer_gone");
    let none = agent.post(&site, &path, &json!({ "until": "2020-01-01T00:00:00.000Z" })).await;
    assert_eq!(none.json()["visits"], 0);
    let one = agent.post(&site, &path, &json!({ "limit": 1 })).await.json();
    assert_eq!((&one["visits"], &one["complete"]), (&json!(1), &json!(false)));
}

#[tokio::test]
async fn what_cannot_be_tried_is_refused() {
    let (site, path) = visited().await;
    let agent = Member::with(&site, SystemRole::Agent).await;
    let wrong = |problem: Value| problem["errors"][0]["path"].clone();
    for (body, place) in [
        (json!({ "limit": 0 }), "limit"),
        (json!({ "limit": 1_001 }), "limit"),
        (
            json!({ "from": "2026-11-02T00:00:00.000Z", "until": "2026-11-01T00:00:00.000Z" }),
            "until",
        ),
    ] {
        let answer = agent.post(&site, &path, &body).await;
        assert_eq!(answer.status.as_u16(), 422, "{}", answer.text());
        assert_eq!(wrong(answer.json()), place);
    }
    let nowhere = "booking_flows/000000000000000000000000/simulate";
    assert_eq!(agent.post(&site, nowhere, &json!({})).await.status.as_u16(), 404);
    let viewer = Member::with(&site, SystemRole::Viewer).await;
    assert_eq!(viewer.post(&site, &path, &json!({})).await.status.as_u16(), 403);
}
