//! A command that is sent again gets the same bytes, and nothing happens.

use std::sync::Arc;

use api::Settings;
use app::{Clock, Environment, SystemDoor};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use futures_util::future::join_all;
use http_body_util::BodyExt;
use model::{Timestamp, flow::file::FlowFile};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::site::{FLOW, Site, Visit};

/// A week after the Monday of the other tests.
struct NextMonday;

impl Clock for NextMonday {
    fn now(&self) -> Timestamp {
        "2026-11-30T15:00:00Z".parse().unwrap()
    }
}

/// A server that starts a week later.
fn next_week(site: &Site) -> (Router, SystemDoor) {
    let (doors, system) = app::open(site.store.clone(), Environment::new(Arc::new(NextMonday)));
    (api::router(doors, Settings { demo: None, rate_limits: false, mailbox: None }), system)
}

/// What was sent and what came back.
struct Exchange {
    body: Value,
    status: StatusCode,
    answer: Vec<u8>,
}

async fn send(router: &Router, visit: (&str, &str), body: &Value) -> (StatusCode, Vec<u8>) {
    let (path, token) = visit;
    let request = Request::post(path)
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    (status, response.into_body().collect().await.unwrap().to_bytes().to_vec())
}

/// A whole booking with values that are refused, a pause and ways back.
async fn exchanges(site: &Site, visit: &mut Visit<'_>) -> Vec<Exchange> {
    let mut exchanges = Vec::new();
    let mut turn = 0;
    while visit.view["status"] != "completed" {
        turn += 1;
        assert!(turn < 40, "{}", visit.view);
        for command in commands(visit, turn).await {
            let body = visit.body(&command);
            let path = visit.path("/commands");
            let (status, answer) = send(&site.router, (&path, &visit.token), &body).await;
            let json: Value = serde_json::from_slice(&answer).unwrap();
            assert!(matches!(status.as_u16(), 200 | 422), "{command}: {json}");
            if json["view"].is_object() {
                visit.view = json["view"].clone();
            }
            exchanges.push(Exchange { body, status, answer });
        }
    }
    exchanges
}

async fn commands(visit: &Visit<'_>, turn: usize) -> Vec<Value> {
    let question = &visit.view["question"];
    let node = &question["node_id"];
    match visit.view["allowed"][0].as_str().unwrap() {
        "resume" => vec![json!({ "type": "resume" })],
        "submit_zip" => vec![
            json!({ "type": "submit_zip", "zip": "abc" }),
            json!({ "type": "submit_zip", "zip": "30305" }),
        ],
        "answer_question" if question["kind"] == "number" => vec![
            json!({ "type": "answer_question", "node_id": node, "value": 91 }),
            json!({ "type": "answer_question", "node_id": node, "value": 12 }),
        ],
        "answer_question" => {
            let first = &question["answers"][0]["id"];
            vec![json!({ "type": "answer_question", "node_id": node, "answer_ids": [first] })]
        }
        "view_timeslots" => {
            let offered = visit.get("/timeslots").await.json();
            let days = offered["days"].as_array().unwrap();
            let slot = days.iter().find_map(|it| it["slots"].get(0)).unwrap()["start"].clone();
            vec![
                json!({ "type": "view_timeslots", "from": "2026-11-24", "to": "2026-11-24" }),
                json!({ "type": "select_timeslot", "start": "2026-11-24T03:00:00Z" }),
                json!({ "type": "select_timeslot", "start": slot }),
            ]
        }
        "submit_customer" if turn < 6 => {
            vec![json!({ "type": "go_back" }), json!({ "type": "abandon", "reason": "price" })]
        }
        "submit_customer" => vec![
            json!({ "type": "submit_customer", "first_name": "Ada", "email": "nobody" }),
            json!({
                "type": "submit_customer", "first_name": "Ada", "last_name": "Lovelace",
                "email": "ada@example.com",
            }),
        ],
        _ => vec![json!({ "type": "confirm" })],
    }
}

async fn all_again(router: &Router, visit: &Visit<'_>, exchanges: &[Exchange], when: &str) {
    let path = visit.path("/commands");
    for Exchange { body, status, answer } in exchanges {
        let (again, bytes) = send(router, (&path, &visit.token), body).await;
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(again, *status, "{when}: {body}: {text}");
        assert_eq!(bytes, *answer, "{when}: {body}: {text}");
    }
}

#[tokio::test]
async fn all_commands_of_a_visit_answer_the_same_bytes_whenever_they_come_again() {
    let site = Site::new().await;
    let mut visit = site.visit().await;
    let exchanges = exchanges(&site, &mut visit).await;
    let refused = exchanges.iter().filter(|it| it.status == 422).count();
    assert!(exchanges.len() >= 14 && refused >= 4, "{} {refused}", exchanges.len());
    let (events, view) = (visit.events().await, visit.view.clone());

    all_again(&site.router, &visit, &exchanges, "at once").await;
    all_again(&site.beside(), &visit, &exchanges, "at another server").await;

    // The business publishes another flow, with the time that was refused.
    let changed = FLOW
        .replace("Drain cleaning", "Cleaning of drains")
        .replace("In the kitchen", "Kitchen")
        .replace("max: 90", "max: 95")
        .replace(r#"tue: ["08:00-16:00"]"#, r#"mon: ["08:00-23:45"], tue: ["08:00-16:00"]"#)
        .replace(r#"["08:00-10:00","#, r#"["22:00-23:00", "08:00-10:00","#);
    site.tenant.import_flow(&FlowFile::parse(&changed).unwrap(), true).await.unwrap();
    all_again(&site.router, &visit, &exchanges, "after another flow was published").await;
    all_again(&site.beside(), &visit, &exchanges, "there too").await;

    let (later, system) = next_week(&site);
    system.sweeper().sweep().await.unwrap();
    all_again(&later, &visit, &exchanges, "a week later").await;

    assert_eq!(visit.events().await, events, "nothing has happened");
    assert_eq!(visit.get("").await.json(), view);
}

#[tokio::test]
async fn a_visit_that_has_expired_still_answers_what_it_answered() {
    let site = Site::new().await;
    let mut visit = site.visit().await;
    let mut exchanges = Vec::new();
    for command in [
        json!({ "type": "submit_zip", "zip": "30305" }),
        json!({ "type": "abandon" }),
        json!({ "type": "resume" }),
    ] {
        let body = visit.body(&command);
        let (path, token) = (visit.path("/commands"), visit.token.clone());
        let (status, answer) = send(&site.router, (&path, &token), &body).await;
        let json: Value = serde_json::from_slice(&answer).unwrap();
        visit.view = json["view"].clone();
        exchanges.push(Exchange { body, status, answer });
    }
    let (later, system) = next_week(&site);
    assert_eq!(system.sweeper().sweep().await.unwrap().expired, 1);
    all_again(&later, &visit, &exchanges, "after it has expired").await;
    let new = visit.body(&json!({ "type": "go_back" }));
    let (status, _) = send(&later, (&visit.path("/commands"), &visit.token), &new).await;
    assert_eq!(status, 409, "what is new is not done");
}

#[tokio::test]
async fn a_command_that_comes_at_once_to_two_servers_has_one_effect_and_one_answer() {
    let site = Site::new().await;
    let mut visit = site.visit().await;
    visit.goes_to_the_timeslots().await;
    let other = site.beside();
    let before = visit.events().await;
    let body = visit.body(&json!({ "type": "go_back" }));
    let (path, token) = (visit.path("/commands"), visit.token.clone());
    let sent = (0..12).map(|n| {
        let router = if n % 2 == 0 { &site.router } else { &other };
        send(router, (&path, &token), &body)
    });
    let answers = join_all(sent).await;
    for (status, bytes) in &answers {
        assert_eq!((*status, bytes), (StatusCode::OK, &answers[0].1));
    }
    let json: Value = serde_json::from_slice(&answers[0].1).unwrap();
    let caused = json["events"].as_array().unwrap().len();
    assert_eq!(visit.events().await, before + caused);

    let mut forged = body.clone();
    forged["command"] = json!({ "type": "abandon" });
    for router in [&site.router, &other, &next_week(&site).0] {
        let (status, bytes) = send(router, (&path, &token), &forged).await;
        let problem: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("command.id_reused")));
    }
    assert_eq!(visit.events().await, before + caused);
}
