//! Flows as files: out, and in with a plan.

use axum::{
    body::Body,
    http::{Method, Request},
};
use model::core::SystemRole;
use serde_json::{Value, json};

use crate::{
    member::Member,
    site::{Answer, Site},
};

async fn owner() -> (Site, Member) {
    let site = Site::new().await;
    let owner = Member::with(&site, SystemRole::Owner).await;
    (site, owner)
}

async fn flow_id(site: &Site, member: &Member) -> String {
    let flows = member.get(site, "booking_flows?limit=1").await.json();
    flows["data"][0]["_id"].as_str().unwrap().to_owned()
}

async fn exported(site: &Site, member: &Member, query: &str) -> Answer {
    let id = flow_id(site, member).await;
    member.get(site, &format!("booking_flows/{id}/export{query}")).await
}

async fn import_yaml(site: &Site, member: &Member, query: &str, text: &str) -> Answer {
    import(site, member, query, "application/yaml", text).await
}

async fn import(site: &Site, member: &Member, query: &str, kind: &str, text: &str) -> Answer {
    let mut request: Request<Body> =
        member.request(Method::POST, &format!("booking_flows/import{query}"), None);
    request.headers_mut().insert("content-type", kind.parse().unwrap());
    *request.body_mut() = Body::from(text.to_owned());
    site.send(request).await
}

fn told(answer: &Answer) -> Vec<String> {
    let changes = answer.json()["diff"]["changes"].as_array().unwrap().clone();
    let told =
        |it: &Value| format!("{} {}", it["change"].as_str().unwrap(), it["path"].as_str().unwrap());
    changes.iter().map(told).collect()
}

#[tokio::test]
async fn what_is_exported_is_imported_without_a_change_and_exported_the_same() {
    let (site, owner) = owner().await;
    let yaml = exported(&site, &owner, "").await;
    assert_eq!(
        (yaml.status.as_u16(), yaml.header("content-type")),
        (200, Some("application/yaml"))
    );
    let json = exported(&site, &owner, "?format=json").await;
    assert_eq!(json.json()["wrkbelt"], "flow/1");
    for answer in [
        import_yaml(&site, &owner, "", yaml.text()).await,
        import(&site, &owner, "", "application/json", json.text()).await,
    ] {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!((told(&answer), &answer.json()["is_new"]), (vec![], &json!(false)));
        assert_eq!(answer.json()["booking_flow_id"], flow_id(&site, &owner).await.as_str());
    }
    assert_eq!(exported(&site, &owner, "").await.text(), yaml.text());
    assert_eq!(exported(&site, &owner, "?version=1").await.text(), yaml.text());
    exported(&site, &owner, "?version=99").await.problem(404, "not_found");
    for wrong in ["?format=xml", "?version=one", "?formt=json"] {
        exported(&site, &owner, wrong).await.problem(422, "request.invalid");
    }
}

/// What was made document by document, as the builder does.
#[tokio::test]
async fn what_was_made_over_http_is_exported_and_is_the_same_again() {
    let (site, owner) = owner().await;
    let id = flow_id(&site, &owner).await;
    let flow = owner.get(&site, &format!("booking_flows/{id}")).await.json();
    let steps = flow["steps"].as_array().unwrap();
    let mut selection = Value::Null;
    for step in steps {
        let path = format!("booking_flow_steps/{}", step.as_str().unwrap());
        let step = owner.get(&site, &path).await.json();
        if step["step_type"] == "service_selection" {
            selection = step;
        }
    }
    let graph = &selection["config"]["graph"];
    let question = graph["nodes"].as_array().unwrap().iter().find(|it| it["type"] == "question");
    let question_id = question.unwrap()["booking_question_id"].clone();
    let path = format!("booking_questions/{}", question_id.as_str().unwrap());
    let translated = json!({ "content": {
        "title": "yes: no?\n", "translations": { "es-MX": { "title": "#¿Qué?" } },
    } });
    assert_eq!(owner.patch(&site, &path, &translated).await.status, 200);
    // The same question once more, where nothing leads to it.
    let mut config = selection["config"].clone();
    let again = json!({
        "_id": "5555555500000000000000aa", "type": "question", "booking_question_id": question_id,
    });
    config["graph"]["nodes"].as_array_mut().unwrap().push(again);
    let path = format!("booking_flow_steps/{}", selection["_id"].as_str().unwrap());
    let answer = owner.patch(&site, &path, &json!({ "config": config })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());

    let yaml = exported(&site, &owner, "").await;
    assert!(yaml.text().contains("nodes:") && yaml.text().contains("¿Qué?"), "{}", yaml.text());
    let answer = import_yaml(&site, &owner, "", yaml.text()).await;
    assert_eq!((answer.status.as_u16(), told(&answer)), (200, vec![]), "{}", answer.text());
    assert_eq!(exported(&site, &owner, "").await.text(), yaml.text());
    let other = yaml.text().replacen("slug: visits", "slug: copy", 1);
    let other = other.replacen("title: Book a visit", "title: A copy", 1);
    let made = import_yaml(&site, &owner, "", &other).await;
    assert_eq!((made.status.as_u16(), &made.json()["is_new"]), (200, &json!(true)));
    let id = made.json()["booking_flow_id"].as_str().unwrap().to_owned();
    let copy = owner.get(&site, &format!("booking_flows/{id}/export")).await;
    assert_eq!(copy.text(), other);
}

#[tokio::test]
async fn a_plan_does_nothing_and_is_held_to() {
    let (site, owner) = owner().await;
    let before = exported(&site, &owner, "").await.text().to_owned();
    let changed = before.replacen("title: Book a visit", "title: Book two visits", 1);
    let plan = import_yaml(&site, &owner, "?dry_run=true", &changed).await;
    assert_eq!(told(&plan), ["changed flow"]);
    assert_eq!(plan.json()["booking_flow_id"], Value::Null);
    assert_eq!(exported(&site, &owner, "").await.text(), before);

    let hash = plan.json()["hash"].as_str().unwrap().to_owned();
    let zone = owner.get(&site, "service_zones?limit=1").await.json()["data"][0].clone();
    let path = format!("service_zones/{}", zone["_id"].as_str().unwrap());
    owner.patch(&site, &path, &json!({ "priority": 7 })).await;
    let query = format!("?plan={hash}");
    let late = import_yaml(&site, &owner, &query, &changed).await;
    late.problem(409, "flow.plan_outdated");
    owner.patch(&site, &path, &json!({ "priority": zone["priority"] })).await;
    let done = import_yaml(&site, &owner, &query, &changed).await;
    assert_eq!((done.status.as_u16(), told(&done)), (200, vec!["changed flow".to_owned()]));
    assert_eq!(exported(&site, &owner, "").await.text(), changed);
    let log = owner.get(&site, "audit_log?sort=-sequence&limit=1").await.json();
    assert_eq!(log["data"][0]["action"], "booking_flows.import");
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said_with_its_line_and_has_no_effect() {
    let (site, owner) = owner().await;
    let before = exported(&site, &owner, "").await.text().to_owned();
    let text = before.replacen("wrkbelt: flow/1", "wrkbelt: flow/1\nstrange: 1", 1);
    let problem = import_yaml(&site, &owner, "", &text).await.problem(422, "flow.unreadable");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("line 2, column") && detail.contains("strange"), "{detail}");
    let text = before.replacen("zones: [metro]", "zones: [midtown]", 1);
    assert_ne!(text, before);
    let problem = import_yaml(&site, &owner, "", &text).await.problem(422, "flow.unsound");
    let error = &problem["errors"][0];
    assert_eq!(error["code"], "reference.missing");
    let line = 1 + text.lines().position(|it| it.contains("midtown")).unwrap();
    assert_eq!(error["line"], line, "{error}");
    let large = format!("{before}# {}", "x".repeat(3 * 1024 * 1024));
    assert_eq!(import_yaml(&site, &owner, "", &large).await.status, 413);
    assert_eq!(exported(&site, &owner, "").await.text(), before);
}

/// Whoever may change flows only, changes nothing else by a file.
#[tokio::test]
async fn an_import_needs_what_each_of_its_changes_needs() {
    let (site, owner) = owner().await;
    let scopes = ["VIEW_BOOKING_FLOWS", "UPDATE_BOOKING_FLOW"];
    let key = json!({ "name": "flows", "scopes": scopes, "expires_at": null });
    let made = owner.post(&site, "api_keys", &key).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let key = Member::with_key(owner.organization, made.json()["key"].as_str().unwrap());
    let before = exported(&site, &key, "").await.text().to_owned();
    let flow = before.replacen("title: Book a visit", "title: Book two visits", 1);
    assert_eq!(import_yaml(&site, &key, "", &flow).await.status, 200);
    for (from, to, needed) in [
        ("duration_minutes: ", "duration_minutes: 1", "UPDATE_BOOKING_SERVICE"),
        ("  - { type: summary", "  #- { type: summary", "DELETE_BOOKING_FLOW_STEP"),
        ("per_window: ", "per_window: 1", "UPDATE_SCHEDULE"),
        ("slug: visits", "slug: others", "CREATE_BOOKING_FLOW"),
    ] {
        let text = flow.replacen(from, to, 1);
        assert_ne!(text, flow, "{from}");
        let refused = import_yaml(&site, &key, "", &text).await.problem(403, "forbidden");
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains(needed), "{to}: {detail}");
    }
    assert_eq!(exported(&site, &key, "").await.text(), flow);
    let agent = Member::with(&site, SystemRole::Agent).await;
    import_yaml(&site, &agent, "", &flow).await.problem(403, "forbidden");
    let stranger = Member::of(&site, owner.organization, vec![]).await;
    import_yaml(&site, &stranger, "", &flow).await.problem(404, "not_found");
}
