//! Requests that are wrong in themselves: each names the place and the rule, and has no effect.

use axum::{body::Body, http::Request};
use model::session::BookingSession;
use serde_json::{Value, json};
use store::Find;

use crate::site::{Answer, Site, Visit, start};

#[tokio::test]
async fn an_unknown_field_is_named() {
    let site = Site::new().await;
    for (path, body, place) in [
        ("", json!({ "page_url": "https://a.example/", "bogus": 1 }), "bogus"),
        ("", json!({ "page_url": "https://a.example/", "device": { "kid": 1 } }), "device.kid"),
        (
            "",
            json!({ "page_url": "https://a.example/", "attribution": { "utm": { "x": 1 } } }),
            "attribution.utm.x",
        ),
    ] {
        let answer = site.post(&(site.sessions() + path), None, body.to_string()).await;
        let (path, message) = answer.error(422, "request.invalid");
        assert_eq!(path, place);
        let field = place.rsplit('.').next().unwrap();
        assert!(message.contains(&format!("unknown field `{field}`")), "{message}");
    }
    assert_eq!(sessions(&site).await, 0);
}

#[tokio::test]
async fn a_wrong_type_is_named_with_its_place() {
    let site = Site::new().await;
    for (body, place, part) in [
        (json!({}), "", "missing field `page_url`"),
        (json!({ "page_url": 1 }), "page_url", "invalid type: integer `1`, expected a string"),
        (json!({ "page_url": "https://a.example/", "device": 1 }), "device", "integer `1`"),
        (
            json!({ "page_url": "https://a.example/", "device": { "kind": "fridge" } }),
            "device.kind",
            "fridge",
        ),
        (json!([]), "", "must be an object"),
        (json!([start()]), "", "must be an object"),
        (json!(null), "", "must be an object"),
    ] {
        let answer = site.post(&site.sessions(), None, body.to_string()).await;
        let (path, message) = answer.error(422, "request.invalid");
        assert_eq!(path, place, "{body}");
        assert!(message.contains(part), "{message}");
        assert!(!message.contains(" at line "), "{message}");
    }
    assert_eq!(sessions(&site).await, 0);
}

#[tokio::test]
async fn what_is_wrong_inside_a_command_is_named_with_its_place() {
    let site = Site::new().await;
    let visit = site.visit().await;
    for (command, place, part) in [
        (json!({ "type": "submit_zip", "zip": 5 }), "command.zip", "integer `5`"),
        (json!({ "type": "submit_zip" }), "command", "missing field `zip`"),
        (
            json!({ "type": "submit_zip", "zip": "1", "zap": 1 }),
            "command.zap",
            "unknown field `zap`",
        ),
        (json!({ "type": "confirm", "zap": 1 }), "command.zap", "unknown field `zap`"),
        (json!({ "type": "fly" }), "command.type", "unknown variant `fly`"),
        (json!({ "zip": "30305" }), "command", "missing field `type`"),
        (json!({ "type": 1 }), "command.type", "integer `1`"),
        (json!("confirm"), "command", "confirm"),
        (json!({ "type": "select_timeslot", "start": "soon" }), "command.start", "year"),
        (
            json!({ "type": "answer_question", "node_id": "x", "value": 1 }),
            "command.node_id",
            "`x` is not an id",
        ),
        (
            json!({ "type": "answer_question", "node_id": "0".repeat(24), "answer_ids": ["0".repeat(24), 7] }),
            "command.answer_ids.1",
            "integer `7`",
        ),
        (
            json!({ "type": "submit_customer", "address": { "street": 1 } }),
            "command.address.street",
            "integer `1`",
        ),
        (
            json!({ "type": "view_timeslots", "from": "2026-02-30", "to": "2026-03-01" }),
            "command.from",
            "2026-02",
        ),
    ] {
        let answer = visit.post(visit.body(&command).to_string()).await;
        let (path, message) = answer.error(422, "request.invalid");
        assert_eq!(path, place, "{command}: {message}");
        assert!(message.contains(part), "{command}: {message}");
    }
    no_effect(&visit).await;
}

#[tokio::test]
async fn the_frame_of_a_command_is_checked_too() {
    let site = Site::new().await;
    let visit = site.visit().await;
    let whole = visit.body(&json!({ "type": "submit_zip", "zip": "30305" }));
    for (field, value, part) in [
        ("expected_sequence", json!("3"), "string \"3\""),
        ("expected_sequence", json!(-1), "integer `-1`"),
        ("expected_sequence", json!(3.5), "floating point `3.5`"),
        ("expected_sequence", json!(null), "null"),
        ("command_id", json!(7), "integer `7`"),
        ("command_id", json!(""), "1 to 64 visible ASCII characters"),
        ("command_id", json!("a b"), "1 to 64 visible ASCII characters"),
        ("command_id", json!("ä"), "1 to 64 visible ASCII characters"),
        ("command_id", json!("x".repeat(65)), "1 to 64 visible ASCII characters"),
        ("zap", json!(1), "unknown field `zap`"),
    ] {
        let mut body = whole.clone();
        body[field] = value;
        let (path, message) = visit.post(body.to_string()).await.error(422, "request.invalid");
        assert_eq!(path, field);
        assert!(message.contains(part), "{message}");
    }
    no_effect(&visit).await;
}

#[tokio::test]
async fn what_is_no_json_is_refused() {
    let site = Site::new().await;
    let visit = site.visit().await;
    let twice = start().to_string() + "{}";
    let lone_surrogate = r#"{"page_url":"https://a.example/\ud800"}"#;
    let bad = |answer: Answer| {
        let problem = answer.problem(400, "request.bad_json");
        assert!(problem["detail"].as_str().unwrap().starts_with("The body is not JSON: "));
    };
    for body in ["", "{", "{'page_url':1}", "nonsense", "[1", "\"text"] {
        bad(site.post(&site.sessions(), None, body.to_owned()).await);
        bad(visit.post(body.to_owned()).await);
    }
    for body in [&*twice, lone_surrogate] {
        bad(site.post(&site.sessions(), None, body.to_owned()).await);
    }
    let binary = site.post(&site.sessions(), None, vec![0xff, 0xfe]).await;
    binary.problem(400, "request.bad_json");
    no_effect(&visit).await;
    assert_eq!(sessions(&site).await, 1);
}

#[tokio::test]
async fn deep_values_are_refused_before_they_are_looked_at() {
    let site = Site::new().await;
    let mut visit = site.visit().await;
    let node = visit.goes_to_the_number().await;
    let events = visit.events().await;
    for (levels, status) in [(60, 422), (130, 400), (10_000, 400)] {
        let value = "[".repeat(levels) + &"]".repeat(levels);
        let body = visit.body(&json!({ "type": "answer_question", "node_id": node, "value": 0 }));
        let body = body.to_string().replace("\"value\":0", &format!("\"value\":{value}"));
        assert!(body.contains("[["), "{body}");
        assert_eq!(visit.post(body).await.status, status, "{levels}");
    }
    assert_eq!(visit.events().await, events + 1, "one value was refused by the question's rules");
}

#[tokio::test]
async fn only_json_is_taken() {
    let site = Site::new().await;
    for content_type in
        [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("json")]
    {
        let mut request = Request::post(site.sessions());
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let request = request.body(Body::from(start().to_string())).unwrap();
        site.send(request).await.problem(415, "request.not_json");
    }
    assert_eq!(sessions(&site).await, 0);
    for content_type in ["application/json", "Application/JSON; charset=utf-8"] {
        let request = Request::post(site.sessions()).header("content-type", content_type);
        let request = request.body(Body::from(start().to_string())).unwrap();
        assert_eq!(site.send(request).await.status, 201);
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let site = Site::new().await;
    let visit = site.visit().await;
    let body = |bytes: usize| {
        let mut body = start();
        body["referrer"] = json!("");
        let rest = bytes - body.to_string().len();
        body["referrer"] = json!("x".repeat(rest));
        body.to_string()
    };
    let large = site.post(&site.sessions(), None, body(64 * 1_024 + 1)).await;
    large.problem(413, "request.too_large");
    visit.post(body(1_000_000)).await.problem(413, "request.too_large");
    let as_large_as_can_be = site.post(&site.sessions(), None, body(64 * 1_024)).await;
    assert_eq!(as_large_as_can_be.error(422, "request.invalid").0, "referrer");
    assert_eq!(sessions(&site).await, 1);
}

#[tokio::test]
async fn a_start_that_breaks_rules_names_each_of_them() {
    let site = Site::new().await;
    let body =
        json!({ "page_url": "ftp://a", "locale": "x".repeat(36), "device": { "os": "\u{0}" } });
    let answer = site.post(&site.sessions(), None, body.to_string()).await;
    let problem = answer.problem(422, "request.invalid");
    let errors = problem["errors"].as_array().unwrap();
    let places: Vec<_> = errors.iter().map(|it| (&it["path"], &it["code"])).collect();
    let expected = [("page_url", "url"), ("locale", "length"), ("device.os", "characters")];
    assert_eq!(
        places,
        expected
            .map(|(path, code)| (json!(path), json!(code)))
            .iter()
            .map(|it| (&it.0, &it.1))
            .collect::<Vec<_>>()
    );
    assert_eq!(sessions(&site).await, 0);
}

#[tokio::test]
async fn a_query_that_is_wrong_is_named() {
    let site = Site::new().await;
    let mut visit = site.visit().await;
    visit.goes_to_the_timeslots().await;
    for (query, part) in [
        ("?from=soon", "from"),
        ("?to=2026-13-01", "to"),
        ("?form=2026-11-24", "unknown field `form`"),
        ("?from=2026-11-24&to=2026-11-23", "0 to 30 days"),
        ("?from=2026-11-24&to=2026-12-25", "0 to 30 days"),
        ("?from=-009999-01-01&to=9999-12-31", "0 to 30 days"),
    ] {
        let (_, message) =
            visit.get(&format!("/timeslots{query}")).await.error(422, "request.invalid");
        assert!(message.contains(part), "{query}: {message}");
    }
    for query in ["", "?", "?from=2026-11-24", "?from=2026-11-24&to=2026-12-24"] {
        assert_eq!(visit.get(&format!("/timeslots{query}")).await.status, 200, "{query}");
    }
}

#[tokio::test]
async fn days_at_the_ends_of_time_have_no_timeslots() {
    let site = Site::new().await;
    let mut visit = site.visit().await;
    visit.goes_to_the_timeslots().await;
    for day in ["9999-12-31", "-009999-01-01", "0000-01-01", "1970-01-01"] {
        let answer = visit.get(&format!("/timeslots?from={day}&to={day}")).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["days"][0]["slots"]), (200, &json!([])));
        visit.does(json!({ "type": "view_timeslots", "from": day, "to": day })).await;
        assert_eq!(visit.view["message"]["code"], "no_timeslots");
    }
    for start in ["9999-12-30T22:00:00Z", "-009999-01-02T01:59:59Z", "1970-01-01T00:00:00Z"] {
        let body = visit.body(&json!({ "type": "select_timeslot", "start": start }));
        visit.post(body.to_string()).await.error(422, "command.invalid");
    }
}

async fn no_effect(visit: &Visit<'_>) {
    let view: Value = visit.get("").await.json();
    assert_eq!(view, visit.view);
    assert_eq!(visit.events().await as u64, visit.sequence());
}

/// How many visits have begun.
async fn sessions(site: &Site) -> usize {
    let scoped = site.store.scoped(site.tenant.organization());
    scoped.list::<BookingSession>(Find::all()).await.unwrap().0.len()
}
