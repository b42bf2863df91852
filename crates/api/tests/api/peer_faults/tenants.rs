//! What is whose.

use api::Access;
use axum::http::Method;
use model::core::{Permission, SystemRole};
use serde_json::{Value, json};

use super::{Case, Found};
use crate::member::Member;

pub(super) async fn foreign_ids_in_a_body_are_nobodys(case: &Case, found: &mut Found) {
    let Case { site, owner } = case;
    let other = case.other().await;
    let flow = case.first(&other, "booking_flows").await;
    let role = json!({ "name": "Theirs", "permissions": [], "inherits": [] });
    let role = other.post(site, "roles", &role).await.json()["_id"].clone();
    let canvas =
        json!({ "nodes": [], "edges": [], "viewport": { "x": 0.0, "y": 0.0, "zoom": 1.0 } });
    for (collection, body) in [
        (
            "booking_flow_diagrams",
            json!({ "booking_flow_id": flow, "kind": "flow", "canvas_data": canvas }),
        ),
        ("roles", json!({ "name": "Ours", "permissions": [], "inherits": [role] })),
    ] {
        let before = case.told().await;
        let answer = owner.post(site, collection, &body).await;
        found.unless(answer.status == 422, format!("{collection}: {}", answer.text()));
        found.unless(case.told().await == before, format!("{collection}: something was written"));
    }
}

pub(super) async fn another_organization_is_not_there(case: &Case, found: &mut Found) {
    let Case { site, owner } = case;
    let other = case.other().await;
    let zone = case.first(&other, "service_zones").await;
    for (method, path) in [
        (Method::GET, "service_zones".to_owned()),
        (Method::GET, format!("service_zones/{zone}")),
        (Method::PATCH, format!("service_zones/{zone}")),
        (Method::DELETE, format!("service_zones/{zone}")),
    ] {
        let body = (method == Method::PATCH).then(|| json!({ "name": "Ours" }));
        let answer = site.send(owner.request(method.clone(), &other.path(&path), body.as_ref()));
        let answer = answer.await;
        found.unless(answer.status == 404, format!("{method} {path}: {}", answer.status));
    }
}

pub(super) async fn a_foreign_id_below_ones_own_is_not_there(case: &Case, found: &mut Found) {
    let Case { site, owner } = case;
    let other = case.other().await;
    for collection in ["service_zones", "schedules", "booking_flows", "booking_services"] {
        let theirs = case.first(&other, collection).await;
        for (method, body) in
            [(Method::GET, None), (Method::PATCH, Some(json!({}))), (Method::DELETE, None)]
        {
            let path = format!("{collection}/{theirs}");
            let answer = site.send(owner.request(method.clone(), &path, body.as_ref())).await;
            let nobodys = format!("{collection}/{}", "5".repeat(24));
            let request = owner.request(method.clone(), &nobodys, body.as_ref());
            let wanted = site.send(request).await;
            let mut shown = [answer.text(), wanted.text()]
                .map(|it| serde_json::from_str::<Value>(it).unwrap_or_default());
            for it in &mut shown {
                it["instance"] = Value::Null;
            }
            let same = (answer.status, &shown[0]) == (wanted.status, &shown[1]);
            found.unless(
                same && answer.status == 404,
                format!("{method} {path}: {}", answer.text()),
            );
        }
    }
}

pub(super) async fn nothing_is_shown_without_signing_in(
    Case { site, owner }: &Case,
    found: &mut Found,
) {
    let of_organization =
        api::operations().into_iter().filter(|it| it.path.contains("{organization_id}"));
    for route in of_organization {
        let path = route.path.replace("{organization_id}", &owner.organization.to_string());
        let path = path.replace("{id}", &"0".repeat(24));
        let request = axum::http::Request::builder().method(route.method).uri(&path);
        let answer = site.send(request.body(axum::body::Body::empty()).unwrap()).await;
        found.unless(answer.status == 401, format!("{}: {}", route.operation, answer.status));
    }
}

pub(super) async fn a_lower_role_sets_nothing(case: &Case, found: &mut Found) {
    let agent = Member::with(&case.site, SystemRole::Agent).await;
    for (collection, patch) in [
        ("scheduler_configs", json!({ "allowed_origins": [] })),
        ("booking_flow_steps", json!({})),
        ("booking_flows", json!({})),
    ] {
        let path = format!("{collection}/{}", case.first(&case.owner, collection).await);
        let answer = agent.patch(&case.site, &path, &patch).await;
        found.unless(answer.status == 403, format!("{collection}: {}", answer.status));
    }
}

pub(super) async fn a_right_to_read_lets_nobody_write(case: &Case, found: &mut Found) {
    let Case { site, owner } = case;
    let all = Permission::ALL.iter().map(ToString::to_string);
    let held = owner.get(site, "/api/v1/auth/me").await.json()["permissions"].clone();
    let reads =
        |it: &String| it.starts_with("VIEW_") && held.as_array().unwrap().contains(&json!(it));
    let reading: Vec<_> = all.filter(reads).collect();
    assert!(reading.len() > 10, "{reading:?}");
    let role = json!({ "name": "Reader", "permissions": reading, "inherits": [] });
    let role = owner.post(site, "roles", &role).await.json()["_id"].as_str().unwrap().to_owned();
    let reader = Member::of(site, owner.organization, vec![role.parse().unwrap()]).await;
    assert_eq!(reader.get(site, "roles").await.status, 200);
    let of_organization =
        api::operations().into_iter().filter(|it| it.path.contains("{organization_id}"));
    let reads =
        |it: &Access| matches!(it, Access::Member(it) if it.to_string().starts_with("VIEW_"));
    for route in of_organization.filter(|it| !reads(&it.access)) {
        let path = route.path.replace("{organization_id}", &owner.organization.to_string());
        let path = path.replace("{id}", &"0".repeat(24));
        let method = route.method.parse().unwrap();
        let answer = site.send(reader.request(method, &path, Some(&json!({})))).await;
        found.unless(answer.status == 403, format!("{}: {}", route.operation, answer.status));
    }
}
