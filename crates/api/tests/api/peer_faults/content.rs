//! What is written, and what becomes of it.

use axum::http::Method;
use serde_json::json;

use super::{Case, Found};

pub(super) async fn what_a_business_writes_is_no_script(
    Case { site, owner }: &Case,
    found: &mut Found,
) {
    let script = "</script></style><script>alert(1)</script>";
    let kit = json!({ "name": "Kit", "colors": { "primary": script } });
    let kit = owner.post(site, "brand_kits", &kit).await;
    found.unless(kit.status == 422, "a script is a colour");
    let path = format!("/api/v1/organizations/{}", owner.organization);
    let profile = owner.patch(site, &path, &json!({ "name": script })).await;
    assert_eq!(profile.status, 200, "{}", profile.text());
    let page = site.get(&format!("/book/{}", site.key)).await;
    assert_eq!(page.status, 200, "{}", page.text());
    found.unless(!page.text().contains("<script>alert"), page.text());
}

pub(super) async fn nobody_is_sent_to_a_script(Case { site, owner }: &Case, found: &mut Found) {
    let steps = owner.get(site, "booking_flow_steps?limit=200").await.json();
    let mut steps = steps["data"].as_array().unwrap().iter();
    let step = steps.find(|it| it["step_type"] == "confirmation").unwrap();
    let path = format!("booking_flow_steps/{}", step["_id"].as_str().unwrap());
    let to = |url: &str| json!({ "config": { "redirect_url": url } });
    for script in
        ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "//example.com"]
    {
        let answer = owner.patch(site, &path, &to(script)).await;
        found.unless(answer.status == 422, format!("{script} is taken"));
    }
    let taken = owner.patch(site, &path, &to("https://example.com/thanks")).await;
    assert_eq!(taken.status, 200, "{}", taken.text());
}

pub(super) async fn the_name_of_a_file_is_not_its_place(
    Case { site, owner }: &Case,
    found: &mut Found,
) {
    let said = [("directory", "logos"), ("access_level", "private")];
    for name in ["../../outside.txt", "/tmp/outside.txt", "..\\outside.txt", "logos/outside.txt"] {
        let file = (name, "text/plain", &b"a note"[..]);
        let answer = site.send(owner.form(Method::POST, "files", &said, file)).await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
    }
    let mut folders = vec![site.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let shown = path.display().to_string();
            found.unless(!shown.contains("outside"), shown);
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
}

pub(super) async fn safe_methods_change_nothing(case: &Case, found: &mut Found) {
    let Case { site, owner } = case;
    let before = case.told().await;
    for route in api::operations().iter().filter(|it| it.path.starts_with("/api/")) {
        let path = route.path.replace("{organization_id}", &owner.organization.to_string());
        let path = path.replace("{id}", &"0".repeat(24));
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            let answer = site.send(owner.request(method.clone(), &path, None)).await;
            let is_answered = answer.status.as_u16() < 500;
            found.unless(is_answered, format!("{method} {path}: {}", answer.status));
        }
    }
    found.unless(case.told().await == before, "something was written");
}

pub(super) async fn what_is_answered_with_an_error_has_no_effect(case: &Case, found: &mut Found) {
    let Case { site, owner } = case;
    let total = async || {
        let all = owner.get(site, "booking_flow_diagrams?include_total=true").await;
        all.json()["total"].clone()
    };
    let before = (total().await, case.told().await);
    let canvas =
        json!({ "nodes": [], "edges": [], "viewport": { "x": 0.0, "y": 0.0, "zoom": 1.0 } });
    let drawing =
        json!({ "booking_flow_id": "0".repeat(24), "kind": "flow", "canvas_data": canvas });
    let answer = owner.post(site, "booking_flow_diagrams", &drawing).await;
    assert!(answer.status.is_client_error(), "{}", answer.text());
    found.unless((total().await, case.told().await) == before, "something was written");
}
