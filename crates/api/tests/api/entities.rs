//! List, get, create, replace, patch, delete: the same for every kind of document.

use axum::http::Method;
use model::core::SystemRole;
use serde_json::{Value, json};

use crate::{member::Member, site::Site};

fn zone(name: &str) -> Value {
    let slug = name.to_lowercase().replace(' ', "-");
    json!({
        "slug": slug, "content": { "title": name }, "country": "US",
        "postal_codes": ["30305"],
    })
}

async fn manager() -> (Site, Member) {
    let site = Site::new().await;
    let manager = Member::with(&site, SystemRole::Manager).await;
    (site, manager)
}

async fn made(site: &Site, member: &Member, name: &str) -> String {
    let answer = member.post(site, "service_zones", &zone(name)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_document_is_made_read_changed_and_deleted() {
    let (site, manager) = manager().await;
    let answer = manager.post(&site, "service_zones", &zone("North")).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let made = answer.json();
    let path = format!("service_zones/{}", made["_id"].as_str().unwrap());
    assert_eq!(answer.header("location"), Some(manager.path(&path).as_str()));
    assert_eq!(answer.header("etag"), Some("\"1\""));
    let read = manager.get(&site, &path).await;
    assert_eq!((read.json(), read.header("etag")), (made.clone(), Some("\"1\"")));

    let changed = manager.patch(&site, &path, &json!({ "content": { "title": "South" } })).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(changed.header("etag"), Some("\"2\""));
    assert_eq!(changed.json()["postal_codes"], made["postal_codes"]);
    let replaced = manager.put(&site, &path, &zone("East")).await;
    assert_eq!((replaced.json()["slug"].as_str(), replaced.status.as_u16()), (Some("east"), 200));
    assert_eq!(manager.get(&site, &path).await.json(), replaced.json());

    assert_eq!(manager.delete(&site, &path).await.status, 204);
    manager.get(&site, &path).await.problem(404, "not_found");
    manager.delete(&site, &path).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_change_of_what_was_changed_meanwhile_is_refused() {
    let (site, manager) = manager().await;
    let path = format!("service_zones/{}", made(&site, &manager, "North").await);
    for (method, body) in [
        (Method::PUT, Some(zone("East"))),
        (Method::PATCH, Some(json!({ "slug": "east" }))),
        (Method::DELETE, None),
    ] {
        let mut request = manager.request(method.clone(), &path, body.as_ref());
        request.headers_mut().insert("if-match", "\"7\"".parse().unwrap());
        let refused = site.send(request).await;
        refused.problem(409, "changed");
        assert_eq!(refused.header("etag"), Some("\"1\""), "{method}");
        let mut request = manager.request(method, &path, body.as_ref());
        request.headers_mut().insert("if-match", "seven".parse().unwrap());
        assert_eq!(site.send(request).await.error(422, "request.invalid").0, "If-Match");
    }
    assert_eq!(manager.get(&site, &path).await.json()["slug"], "north");
}

#[tokio::test]
async fn a_request_that_is_sent_again_has_one_effect_and_one_answer() {
    let (site, manager) = manager().await;
    let before =
        manager.get(&site, "service_zones?include_total=true").await.json()["total"].clone();
    let request = |key: &str, name: &str| {
        let mut request = manager.request(Method::POST, "service_zones", Some(&zone(name)));
        request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        request
    };
    let one = site.send(request("a", "North")).await;
    assert_eq!(one.status, 201, "{}", one.text());
    assert_eq!(site.send(request("a", "North")).await.body, one.body);
    site.send(request("a", "South")).await.problem(422, "idempotency_key.reused");
    let after =
        manager.get(&site, "service_zones?include_total=true").await.json()["total"].clone();
    assert_eq!(after.as_u64(), before.as_u64().map(|it| it + 1));
}

#[tokio::test]
async fn what_is_not_a_document_is_refused_with_its_place() {
    let (site, manager) = manager().await;
    for (body, path) in [
        (json!({ "slug": 7 }), "slug"),
        (json!({ "content": { "title": "" } }), "content.title"),
        (json!({ "colour": "red" }), "colour"),
        (json!({ "_id": "0".repeat(24) }), "_id"),
        (json!({ "version": 7 }), "version"),
    ] {
        let mut body = body;
        for (name, value) in zone("North").as_object().unwrap() {
            body.as_object_mut().unwrap().entry(name).or_insert_with(|| value.clone());
        }
        let answer = manager.post(&site, "service_zones", &body).await;
        assert_eq!(answer.error(422, "request.invalid").0, path, "{body}: {}", answer.text());
    }
    let flow = json!({
        "slug": "x", "content": { "title": "X" }, "steps": [], "status": "published",
    });
    let answer = manager.post(&site, "booking_flows", &flow).await;
    assert_eq!(answer.error(422, "request.invalid").0, "status");
    let link = json!({
        "booking_flow_id": "0".repeat(24), "slug": "x", "name": "X", "is_active": true,
    });
    let answer = manager.post(&site, "booking_flow_express_links", &link).await;
    assert_eq!(answer.error(422, "request.invalid").0, "booking_flow_id");
}

#[tokio::test]
async fn pages_follow_each_other_without_gaps() {
    let (site, manager) = manager().await;
    for n in 0..7 {
        made(&site, &manager, &format!("Zone {n}")).await;
    }
    let all = manager.get(&site, "service_zones").await.json()["data"].clone();
    let mut seen = Vec::new();
    let mut path = "service_zones?limit=3".to_owned();
    loop {
        let page = manager.get(&site, &path).await.json();
        seen.extend(page["data"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("service_zones?limit=3&after={next}");
    }
    assert_eq!(Value::from(seen), all);
    for bad in ["limit=0", "limit=201", "limit=x", "after=x", "sort=colour", "colour=red"] {
        manager.get(&site, &format!("service_zones?{bad}")).await.problem(422, "request.invalid");
    }
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_until_it_is_revoked() {
    let site = Site::new().await;
    let admin = Member::with(&site, SystemRole::Admin).await;
    let new = json!({ "name": "Website", "scopes": ["VIEW_SERVICE_ZONES"] });
    let answer = admin.post(&site, "api_keys", &new).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let made = answer.json();
    let key = made["key"].as_str().unwrap();
    let program = Member::with_key(admin.organization, key);
    assert_eq!(program.get(&site, "service_zones").await.status, 200);
    program.get(&site, "schedules").await.problem(403, "forbidden");
    program.post(&site, "service_zones", &zone("N")).await.problem(403, "forbidden");
    let id = made["_id"].as_str().unwrap();
    let listed = admin.get(&site, &format!("api_keys/{id}")).await.json();
    assert!(listed.get("secret_hash").is_none() && listed.get("key").is_none(), "{listed}");
    let beyond = json!({ "name": "More", "scopes": ["MANAGE_BILLING"] });
    assert_eq!(
        admin.post(&site, "api_keys", &beyond).await.error(422, "request.invalid").0,
        "scopes"
    );
    let revoked = admin.post(&site, &format!("api_keys/{id}/revoke"), &json!({})).await;
    assert_eq!(revoked.status, 200, "{}", revoked.text());
    program.get(&site, "service_zones").await.problem(401, "unauthenticated");
}
