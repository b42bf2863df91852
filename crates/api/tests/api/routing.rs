//! Where pages lead, as members and visitors find it.

use model::core::SystemRole;
use serde_json::{Value, json};

use crate::{
    member::Member,
    site::{Site, start},
};

async fn flow(site: &Site, member: &Member) -> Value {
    member.get(site, "booking_flows?limit=1").await.json()["data"][0]["_id"].clone()
}

fn router(flow: &Value, path: &[&str]) -> Value {
    json!({
        "name": "Ads", "booking_flow_id": flow, "matching_criteria": { "path": path },
        "priority_class": "campaign", "is_active": true,
    })
}

#[tokio::test]
async fn a_page_is_resolved_as_visitors_are_routed() {
    let site = Site::new().await;
    let manager = Member::with(&site, SystemRole::Manager).await;
    let flow = flow(&site, &manager).await;
    let made = manager.post(&site, "booking_flow_routers", &router(&flow, &["ads", "*"])).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["_id"].clone();

    let page = json!({ "url": "https://acme.example/ads/x" });
    let resolved = manager.post(&site, "booking_flow_routers/resolve", &page).await;
    assert_eq!(resolved.status, 200, "{}", resolved.text());
    let resolved = resolved.json();
    assert_eq!((&resolved["router_id"], &resolved["booking_flow_id"]), (&id, &flow));
    assert_eq!(resolved["routers"][0]["code"], "won");

    let mut begin = start();
    begin["page_url"] = page["url"].clone();
    let started = site.post(&site.sessions(), None, begin.to_string()).await;
    assert_eq!(started.status, 201, "{}", started.text());
    let session = started.json()["session_id"].as_str().unwrap().to_owned();
    let session = manager.get(&site, &format!("booking_sessions/{session}")).await.json();
    assert_eq!(session["attribution"]["router_id"], id);

    let other = json!({ "url": "https://acme.example/", "at": "2026-11-23T15:00:00Z" });
    let resolved = manager.post(&site, "booking_flow_routers/resolve", &other).await.json();
    assert_eq!(
        (&resolved["router_id"], &resolved["booking_flow_id"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(resolved["routers"][0]["code"], "path_differs");
    let found = manager.post(&site, "booking_flow_routers/check", &json!({})).await.json();
    assert_eq!(found, json!({ "complete": true, "findings": [] }));
}

#[tokio::test]
async fn what_is_wrong_with_a_router_is_named_and_has_no_effect() {
    let site = Site::new().await;
    let manager = Member::with(&site, SystemRole::Manager).await;
    let flow = flow(&site, &manager).await;
    let mut body = router(&flow, &["ads"]);
    body["example_urls"] = json!(["https://acme.example/ads", "https://acme.example/other"]);
    let refused = manager.post(&site, "booking_flow_routers", &body).await;
    let (path, message) = refused.error(422, "request.invalid");
    assert_eq!((&*path, &*message), ("example_urls.1", "goes to no router"));
    let refused = manager.post(&site, "booking_flow_routers/resolve", &json!({ "url": "x" })).await;
    assert_eq!(refused.error(422, "request.invalid").0, "url");
    let listed = manager.get(&site, "booking_flow_routers").await.json();
    assert_eq!(listed["data"], json!([]));
}
