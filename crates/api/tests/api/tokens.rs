//! Who has no right to a session cannot tell it from one that does not exist.

use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::json;

use crate::site::{Answer, Site};

const NOBODY: &str = "000000000000000000000000";

async fn ask(
    site: &Site,
    method: &Method,
    path: String,
    authorization: Option<&str>,
    body: String,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    request = request.header("content-type", "application/json");
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    site.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_forged_or_foreign_token_is_answered_like_an_unknown_session() {
    let site = Site::new().await;
    let other_key = site.other_business().await;
    let ada = site.visit().await;
    let bob = site.visit().await;
    let eve = site.visit_of(&other_key).await;
    let bearer = |token: &str| format!("Bearer {token}");
    let (prefix, secret) = ada.token.split_at("wbs_".len() + 24);
    let foreign = eve.token[.."wbs_".len() + 24].to_owned();
    let attempts = [
        (&*ada.id, None),
        (&ada.id, Some(String::new())),
        (&ada.id, Some("Bearer".to_owned())),
        (&ada.id, Some(format!("Basic {}", ada.token))),
        (&ada.id, Some(bearer(""))),
        (&ada.id, Some(bearer("wbs_x"))),
        (&ada.id, Some(bearer(&bob.token))),
        (&ada.id, Some(bearer(&eve.token))),
        (&ada.id, Some(bearer(&format!("{prefix}{}", "0".repeat(43))))),
        (&ada.id, Some(bearer(&format!("{foreign}{secret}")))),
        (&eve.id, Some(bearer(&ada.token))),
        (NOBODY, Some(bearer(&ada.token))),
        (NOBODY, None),
        ("not-an-id", Some(bearer(&ada.token))),
        ("%ff", Some(bearer(&ada.token))),
    ];
    let body = ada.body(&json!({ "type": "submit_zip", "zip": "30305" })).to_string();
    for (method, rest) in [
        (Method::GET, ""),
        (Method::GET, "/events"),
        (Method::GET, "/timeslots"),
        (Method::GET, "/timeslots?from=nonsense"),
        (Method::POST, "/commands"),
    ] {
        let unknown =
            ask(&site, &method, format!("/public/v1/sessions/{NOBODY}{rest}"), None, body.clone());
        let unknown = comparable(&unknown.await);
        for (id, authorization) in &attempts {
            let path = format!("/public/v1/sessions/{id}{rest}");
            let answer = ask(&site, &method, path, authorization.as_deref(), body.clone()).await;
            answer.problem(401, "session.wrong_token");
            assert_eq!(comparable(&answer), unknown, "{method} {id}{rest} {authorization:?}");
        }
    }
    for visit in [&ada, &bob, &eve] {
        assert_eq!(visit.events().await, 3);
    }
}

#[tokio::test]
async fn a_wrong_token_is_told_before_a_wrong_body() {
    let site = Site::new().await;
    let visit = site.visit().await;
    let answer = site.post(&visit.path("/commands"), Some("wbs_x"), "nonsense").await;
    answer.problem(401, "session.wrong_token");
}

#[tokio::test]
async fn a_public_key_that_nobody_has_is_not_found() {
    let site = Site::new().await;
    for key in ["pk_000000000000000000000000", "x", "%00", "%ff", &site.key.to_uppercase()] {
        let shown = site.get(&format!("/public/v1/schedulers/{key}")).await;
        shown.problem(404, "not_found");
        let path = format!("/public/v1/schedulers/{key}/sessions");
        let body = crate::site::start().to_string();
        site.post(&path, None, body).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn no_answer_but_the_first_shows_the_token() {
    let site = Site::new().await;
    let mut visit = site.visit().await;
    visit.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
    let secret = &visit.token["wbs_".len() + 24..];
    for answer in [visit.get("").await, visit.get("/events").await] {
        assert_eq!(answer.status, 200);
        assert!(!answer.text().contains(secret));
    }
}

/// All of an answer but what says which request it was.
fn comparable(answer: &Answer) -> (Vec<(String, String)>, serde_json::Value) {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let text = |value: &axum::http::HeaderValue| value.to_str().unwrap().to_owned();
    let headers = headers
        .filter(|(name, _)| *name != "content-length")
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect();
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("instance");
    (headers, body)
}
