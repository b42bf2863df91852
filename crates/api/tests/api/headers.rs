//! The headers of answers, and who may embed a widget.

use axum::{
    body::Body,
    http::{Method, Request},
};

use crate::site::{Answer, Site, start};

#[tokio::test]
async fn every_answer_has_a_request_id_and_is_not_sniffed() {
    let site = Site::new().await;
    let visit = site.visit().await;
    let mut ids = std::collections::HashSet::new();
    let scheduler = format!("/public/v1/schedulers/{}", site.key);
    for answer in [
        site.get("/healthz").await,
        site.get("/openapi.json").await,
        site.get(&scheduler).await,
        site.get("/nowhere").await,
        site.get("/book/nobody").await,
        visit.get("").await,
        visit.post("nonsense").await,
        site.post(&site.sessions(), None, start().to_string()).await,
    ] {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("strict-origin-when-cross-origin"));
        let id = answer.header("x-request-id").unwrap();
        assert!(id.len() == 16 && ids.insert(id.to_owned()), "{id}");
    }
}

#[tokio::test]
async fn what_a_visitor_does_is_not_cached_and_what_a_business_is_for_a_minute() {
    let site = Site::new().await;
    let visit = site.visit().await;
    for answer in [visit.get("").await, visit.get("/events").await, site.get("/nowhere").await] {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let shown = site.get(&format!("/public/v1/schedulers/{}", site.key)).await;
    assert_eq!(shown.header("cache-control"), Some("public, max-age=60"));
}

#[tokio::test]
async fn a_browser_on_another_site_may_ask() {
    let site = Site::new().await;
    for (method, path) in [
        ("POST", site.sessions()),
        ("POST", "/public/v1/sessions/000000000000000000000000/commands".to_owned()),
        ("GET", format!("/public/v1/schedulers/{}", site.key)),
    ] {
        let request = Request::builder()
            .method(Method::OPTIONS)
            .uri(path)
            .header("origin", "https://acme.example")
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "authorization,content-type")
            .body(Body::empty())
            .unwrap();
        let answer = site.send(request).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        for name in ["access-control-allow-methods", "access-control-allow-headers"] {
            assert!(answer.header(name).is_some(), "{name}");
        }
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
}

#[tokio::test]
async fn a_browser_on_another_site_may_read_problems_and_when_to_come_again() {
    let site = Site::new().await;
    let visit = site.visit().await;
    for answer in [
        visit.get("").await,
        visit.post("nonsense").await,
        site.get("/public/v1/schedulers/nobody").await,
        site.get("/public/v1/sessions/000000000000000000000000").await,
        site.post(&site.sessions(), None, "x".repeat(70_000)).await,
    ] {
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{}", answer.text());
        let exposed = answer.header("access-control-expose-headers").unwrap_or_default();
        for name in ["retry-after", "x-request-id"] {
            assert!(exposed == "*" || exposed.contains(name), "{exposed}");
        }
    }
}

#[tokio::test]
async fn only_the_api_of_the_widget_is_open_to_other_sites() {
    let site = Site::new().await;
    for path in ["/healthz", "/docs", "/nowhere"] {
        assert_eq!(site.get(path).await.header("access-control-allow-origin"), None, "{path}");
    }
}

#[tokio::test]
async fn a_site_that_is_not_among_the_allowed_origins_may_not_embed() {
    let site = Site::new().await;
    assert_eq!(from(&site, Some("https://anywhere.example")).await.status, 201);
    site.configure(|it| it.allowed_origins = vec!["https://acme.example".to_owned()]).await;
    for origin in [
        "https://evil.example",
        "http://acme.example",
        "https://acme.example:8443",
        "https://acme.example.evil.example",
        "https://xacme.example",
        "null",
        "",
    ] {
        let answer = from(&site, Some(origin)).await;
        answer.problem(403, "scheduler.origin_not_allowed");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "it can be read");
    }
    for origin in [Some("https://acme.example"), Some("HTTPS://ACME.EXAMPLE"), None] {
        assert_eq!(from(&site, origin).await.status, 201, "{origin:?}");
    }
    let own_page = from(&site, Some("http://booking.example:8080")).await;
    assert_eq!(own_page.status, 201, "the hosted page is the server's own");
}

async fn from(site: &Site, origin: Option<&str>) -> Answer {
    let mut request = Request::post(site.sessions())
        .header("host", "booking.example:8080")
        .header("content-type", "application/json");
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    site.send(request.body(Body::from(start().to_string())).unwrap()).await
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_can_read_that() {
    let site = Site::new().await;
    let request = Request::get("/openapi.json").header("accept-encoding", "gzip");
    let answer = site.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert_eq!(answer.body[..2], [0x1f, 0x8b]);
    assert!(answer.body.len() < site.get("/openapi.json").await.body.len() / 3);
}
