//! What the session says to commands that are well-formed.

use serde_json::json;

use crate::site::Site;

#[tokio::test]
async fn an_answer_has_all_that_the_next_interaction_needs() {
    let site = Site::new().await;
    let mut visit = site.visit().await;
    for field in [
        "session_id",
        "status",
        "sequence",
        "locale",
        "progress",
        "step",
        "question",
        "fields",
        "consents",
        "selections",
        "message",
        "booking",
        "can_go_back",
        "allowed",
    ] {
        assert!(visit.view.get(field).is_some(), "{field}");
    }
    assert_eq!(visit.view["allowed"], json!(["submit_zip", "abandon"]));
    let answer = visit.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    let keys: Vec<_> = answer.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["events", "sequence", "view"]);
    assert_eq!(answer["sequence"], answer["view"]["sequence"]);
    assert_eq!(answer["events"][0], "ZIPCODE_SUBMITTED");
    assert_eq!(visit.get("").await.json(), visit.view);
}

#[tokio::test]
async fn a_command_in_the_wrong_step_is_refused_with_the_view() {
    let site = Site::new().await;
    let visit = site.visit().await;
    for (command, code) in [
        (json!({ "type": "confirm" }), "command.not_here"),
        (json!({ "type": "select_timeslot", "start": "2026-11-24T13:00:00Z" }), "command.not_here"),
        (json!({ "type": "go_back" }), "command.nothing_before"),
        (json!({ "type": "resume" }), "session.not_abandoned"),
    ] {
        let answer = visit.post(visit.body(&command).to_string()).await;
        let problem = answer.problem(422, code);
        assert_eq!(
            (&problem["view"], &problem["sequence"]),
            (&visit.view, &visit.view["sequence"])
        );
        assert_eq!(problem["instance"], visit.path("/commands"));
    }
    assert_eq!(visit.events().await as u64, visit.sequence());
}

#[tokio::test]
async fn a_refused_value_is_named_next_to_its_field() {
    let site = Site::new().await;
    let mut visit = site.visit().await;
    let zip = visit.post(visit.body(&json!({ "type": "submit_zip", "zip": "abc" })).to_string());
    let zip = zip.await;
    let (path, message) = zip.error(422, "command.invalid");
    assert_eq!((&*path, &*message), ("zip", "Enter a ZIP code with five digits, such as 30305."));
    assert_eq!(zip.json()["view"]["step"], visit.view["step"]);
    let node = visit.goes_to_the_number().await;
    let body = visit.body(&json!({ "type": "answer_question", "node_id": node, "value": 91 }));
    let (path, message) = visit.post(body.to_string()).await.error(422, "command.invalid");
    assert_eq!((&*path, &*message), ("value", "Enter a number from 0 to 90."));
}

#[tokio::test]
async fn a_stale_command_gets_the_present_view() {
    let site = Site::new().await;
    let mut visit = site.visit().await;
    let old = visit.body(&json!({ "type": "submit_zip", "zip": "30305" }));
    visit.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    let problem = visit.post(old.to_string()).await.problem(409, "session.stale");
    assert_eq!((&problem["view"], &problem["sequence"]), (&visit.view, &visit.view["sequence"]));
}

#[tokio::test]
async fn a_repeated_command_gets_the_same_bytes() {
    let site = Site::new().await;
    let mut visit = site.visit().await;
    let body = visit.body(&json!({ "type": "submit_zip", "zip": "30305" }));
    let first = visit.post(body.to_string()).await;
    visit.view = first.json()["view"].clone();
    visit.does(json!({ "type": "go_back" })).await;
    let again = visit.post(body.to_string()).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));

    let bad = visit.body(&json!({ "type": "submit_zip", "zip": "abc" }));
    let first = visit.post(bad.to_string()).await;
    visit.view = visit.get("").await.json();
    visit.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    let again = visit.post(bad.to_string()).await;
    assert_eq!((again.status.as_u16(), &again.body), (422, &first.body));

    let mut other = body;
    other["command"]["zip"] = json!("30306");
    visit.post(other.to_string()).await.problem(422, "command.id_reused");
}

#[tokio::test]
async fn a_visit_without_a_service_has_no_timeslots() {
    let site = Site::new().await;
    let visit = site.visit().await;
    visit.get("/timeslots").await.problem(404, "not_found");
}

#[tokio::test]
async fn a_business_that_is_paused_begins_no_visit_but_ends_those_that_have_begun() {
    let site = Site::new().await;
    let mut visit = site.visit().await;
    site.configure(|it| it.status = model::scheduler::SchedulerStatus::Paused).await;
    let answer = site.post(&site.sessions(), None, crate::site::start().to_string()).await;
    answer.problem(409, "scheduler.paused");
    let shown = site.get(&format!("/public/v1/schedulers/{}", site.key)).await;
    assert_eq!((shown.status.as_u16(), &shown.json()["status"]), (200, &json!("paused")));
    visit.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
}
