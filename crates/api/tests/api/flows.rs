//! What becomes of a flow, over HTTP.

use axum::{body::Body, http::Method};
use model::core::SystemRole;
use serde_json::{Value, json};

use crate::{
    member::Member,
    site::{Answer, Site},
};

struct Desk {
    site: Site,
    owner: Member,
    /// Path of the business's flow.
    flow: String,
}

impl Desk {
    async fn new() -> Self {
        let site = Site::new().await;
        let owner = Member::with(&site, SystemRole::Owner).await;
        let listed = owner.get(&site, "booking_flows").await.json();
        let id = listed["data"][0]["_id"].as_str().unwrap();
        Self { flow: format!("booking_flows/{id}"), site, owner }
    }

    async fn get(&self, below: &str) -> Answer {
        self.owner.get(&self.site, &format!("{}{below}", self.flow)).await
    }

    async fn post(&self, below: &str, body: Value) -> Answer {
        self.owner.post(&self.site, &format!("{}{below}", self.flow), &body).await
    }

    async fn publish(&self) -> Answer {
        self.post("/publish", json!({})).await
    }

    async fn save(&self, body: Value) -> Answer {
        self.owner.put(&self.site, &format!("{}/builder", self.flow), &body).await
    }

    async fn with(&self, header: (&'static str, &str), method: Method, below: &str) -> Answer {
        let path = format!("{}{below}", self.flow);
        let body = (method == Method::POST).then(|| json!({}));
        let mut request = self.owner.request(method, &path, body.as_ref());
        request.headers_mut().insert(header.0, header.1.parse().unwrap());
        self.site.send(request).await
    }

    /// The one of a collection with a slug.
    async fn find(&self, collection: &str, slug: &str) -> Value {
        let all = self.owner.get(&self.site, collection).await.json();
        let all = all["data"].as_array().unwrap().clone();
        all.into_iter().find(|it| it["slug"] == slug).unwrap()
    }

    async fn patch(&self, collection: &str, slug: &str, change: Value) -> Answer {
        let id = self.find(collection, slug).await["_id"].clone();
        let path = format!("{collection}/{}", id.as_str().unwrap());
        let answer = self.owner.patch(&self.site, &path, &change).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer
    }

    /// As the flow itself and its list say it.
    async fn is_ahead(&self) -> bool {
        let shown = self.get("").await.json()["has_unpublished_changes"].as_bool().unwrap();
        let list = self.owner.get(&self.site, "booking_flows").await.json();
        assert_eq!(list["data"][0]["has_unpublished_changes"], shown);
        shown
    }
}

#[tokio::test]
async fn a_flow_is_published_once_on_what_was_seen() {
    let desk = Desk::new().await;
    let tag = desk.get("").await.header("etag").unwrap().to_owned();
    let published = desk.with(("if-match", &tag), Method::POST, "/publish").await;
    assert_eq!(published.status, 200, "{}", published.text());
    let published = published.json();
    assert_eq!((&published["number"], &published["scheduled_for"]), (&json!(2), &Value::Null));
    let late = desk.with(("if-match", &tag), Method::POST, "/publish").await;
    let told = late.problem(409, "changed");
    // Another version of the same.
    assert_eq!(told["diff"], json!({ "equal": true, "changes": [] }));
    assert_eq!(late.header("etag").unwrap(), format!("\"{}\"", published["flow_version"]));
    let versions = desk.get("/versions").await.json();
    let user = desk.owner.user.unwrap().to_string();
    assert_eq!(versions["data"][0]["published_by_id"], user);
    assert_eq!(versions["data"][0]["checksum"], published["checksum"]);
    assert_eq!(versions["data"][1]["published_by_id"], Value::Null);
    assert_eq!(versions["data"].as_array().unwrap().len(), 2);
    let first = desk.get("/versions?limit=1").await.json();
    assert_eq!(first["next_cursor"], "2");
    assert_eq!(desk.get("/versions?limit=1&after=2").await.json()["data"][0]["number"], 1);
    assert_eq!(desk.get("/versions?limit=0").await.error(422, "request.invalid").0, "limit");
    desk.get("/versions?below=2").await.problem(422, "request.invalid");
    assert_eq!(desk.get("/versions/1").await.json()["number"], 1);
    for nothing in ["/versions/3", "/versions/0", "/versions/one", "/versions/99999999999"] {
        desk.get(nothing).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn what_stands_against_publishing_is_said_with_its_witness() {
    let desk = Desk::new().await;
    desk.patch("booking_services", "drain", json!({ "status": "archived" })).await;
    let report = desk.post("/validate", json!({})).await.json();
    assert_eq!(
        (&report["ok"], &report["findings"][0]["code"]),
        (&false.into(), &json!("graph.archived_service"))
    );
    let problem = desk.publish().await.problem(422, "flow.unsound");
    assert_eq!(problem["errors"][0], report["findings"][0]);
    assert!(problem["errors"][0]["witness"].is_array());
    assert!(!problem["errors"][0]["message"].as_str().unwrap().is_empty());
    assert_eq!(desk.get("/versions").await.json()["data"].as_array().unwrap().len(), 1);
    let long = json!({ "note": "x".repeat(2_001) });
    desk.patch("booking_services", "drain", json!({ "status": "active" })).await;
    assert_eq!(desk.post("/publish", long).await.error(422, "request.invalid").0, "note");
}

#[tokio::test]
async fn a_change_of_any_part_is_a_change_of_the_flow() {
    let desk = Desk::new().await;
    assert!(!desk.is_ahead().await);
    let parts = [
        ("booking_questions", "where"),
        ("booking_question_answers", "kitchen"),
        ("booking_services", "drain"),
    ];
    for (collection, slug) in parts {
        let before = desk.find(collection, slug).await["content"].clone();
        desk.patch(collection, slug, json!({ "content": { "title": "Otherwise" } })).await;
        assert!(desk.is_ahead().await, "{collection}");
        // What is as it was is no change.
        desk.patch(collection, slug, json!({ "content": before })).await;
        assert!(!desk.is_ahead().await, "{collection}");
        desk.patch(collection, slug, json!({ "content": { "title": "Otherwise" } })).await;
        assert_eq!(desk.publish().await.status, 200);
        assert!(!desk.is_ahead().await, "{collection}");
    }
    let steps = desk.owner.get(&desk.site, "booking_flow_steps").await.json();
    let step = steps["data"][0]["_id"].as_str().unwrap();
    let change = json!({ "content": { "title": "Otherwise" } });
    desk.owner.patch(&desk.site, &format!("booking_flow_steps/{step}"), &change).await;
    assert!(desk.is_ahead().await);
    let restored = desk.post("/versions/4/restore", json!({})).await;
    assert_eq!(restored.json()["differs"], json!([]), "{}", restored.text());
    assert!(!desk.is_ahead().await);
    // What belongs to nobody's path is no part.
    let other = json!({ "slug": "other", "content": { "title": "Other" } });
    assert_eq!(desk.owner.post(&desk.site, "booking_answer_categories", &other).await.status, 201);
    assert!(!desk.is_ahead().await);
    desk.patch(
        "booking_question_answers",
        "kitchen",
        json!({
            "category_id": desk.find("booking_answer_categories", "other").await["_id"],
        }),
    )
    .await;
    assert!(desk.is_ahead().await);
    desk.publish().await;
    desk.patch("booking_answer_categories", "other", json!({ "order": 7 })).await;
    assert!(desk.is_ahead().await);
}

#[tokio::test]
async fn a_schedule_is_shown_and_taken_back() {
    let desk = Desk::new().await;
    let at = "2026-12-01T08:00:00.000Z";
    let scheduled = desk.post("/publish", json!({ "at": at })).await.json();
    assert_eq!(scheduled["scheduled_for"], at);
    let flow = desk.get("").await.json();
    assert_eq!(flow["scheduled_publication"]["version_id"], scheduled["version_id"]);
    assert_eq!(desk.get("/versions").await.json()["data"][0]["scheduled_for"], at);
    let patch = json!({ "scheduled_publication": null });
    let answer = desk.owner.patch(&desk.site, &desk.flow, &patch).await;
    assert_eq!(answer.error(422, "request.invalid").0, "scheduled_publication");
    let cancelled = desk.owner.delete(&desk.site, &format!("{}/schedule", desk.flow)).await.json();
    assert_eq!(cancelled["scheduled_publication"], Value::Null);
    let again = desk.owner.delete(&desk.site, &format!("{}/schedule", desk.flow)).await;
    again.problem(409, "not_allowed");
}

#[tokio::test]
async fn what_shows_a_flow_to_visitors_keeps_it() {
    let desk = Desk::new().await;
    let refused = desk.owner.delete(&desk.site, &desk.flow).await.problem(409, "referenced");
    assert!(refused["detail"].as_str().unwrap().contains("scheduler config"), "{refused}");
    let id = desk.find("booking_services", "drain").await["_id"].clone();
    let service = format!("booking_services/{}", id.as_str().unwrap());
    desk.owner.delete(&desk.site, &service).await.problem(409, "referenced");

    let configs = desk.owner.get(&desk.site, "scheduler_configs").await.json();
    let config = format!("scheduler_configs/{}", configs["data"][0]["_id"].as_str().unwrap());
    assert_eq!(desk.owner.delete(&desk.site, &config).await.status, 204);
    let router = json!({
        "name": "Spring", "booking_flow_id": desk.get("").await.json()["_id"],
        "matching_criteria": { "path": ["spring"] }, "priority_class": "standard",
        "is_active": true, "is_default": false,
    });
    let made = desk.owner.post(&desk.site, "booking_flow_routers", &router).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let refused = desk.owner.delete(&desk.site, &desk.flow).await.problem(409, "referenced");
    assert!(refused["detail"].as_str().unwrap().contains("router"), "{refused}");
    let made = format!("booking_flow_routers/{}", made.json()["_id"].as_str().unwrap());
    assert_eq!(desk.owner.delete(&desk.site, &made).await.status, 204);
    assert_eq!(desk.owner.delete(&desk.site, &desk.flow).await.status, 204);
    desk.publish().await.problem(404, "not_found");
    let late = desk.owner.post(&desk.site, "booking_flow_routers", &router).await;
    assert_eq!(late.error(422, "request.invalid").0, "booking_flow_id");
}

#[tokio::test]
async fn a_builder_saves_everything_at_once_or_nothing() {
    let desk = Desk::new().await;
    let shown = desk.get("/builder").await;
    let builder = shown.json();
    assert_eq!(shown.header("etag").unwrap(), format!("\"{}\"", builder["flow"]["version"]));
    assert_eq!(
        (&builder["report"]["ok"], builder["steps"].as_array().unwrap().len()),
        (&true.into(), 6)
    );
    let question = desk.find("booking_questions", "where").await;
    let mut answers = question["answer_ids"].as_array().unwrap().clone();
    answers.push(json!("roof"));
    let graph = &builder["steps"][1]["config"]["graph"];
    let save = json!({
        "version": builder["flow"]["version"],
        "flow": { "content": { "description": "Any drain." } },
        "questions": { "update": [{ "_id": question["_id"], "answer_ids": answers }] },
        "answers": { "create": [{
            "_id": "roof", "booking_question_id": question["_id"], "slug": "roof",
            "content": { "title": "On the roof" }, "kind": "service_reference",
            "booking_service_id": builder["services"][0]["_id"],
        }] },
        "graph": {
            "nodes": { "create": [{ "_id": "n", "type": "answer", "booking_question_answer_id": "roof" }] },
            "edges": { "create": [{ "_id": "e", "source_node_id": graph["root_node_id"], "target_node_id": "n" }] },
        },
        "canvas_data": { "service_selection": {
            "nodes": [{ "id": "n", "position": { "x": 1.0, "y": 2.0 } }], "edges": [],
            "viewport": { "x": 0.0, "y": 0.0, "zoom": 1.0 },
        } },
    });
    let mut broken = save.clone();
    broken["answers"]["create"][0]["content"]["title"] = json!("");
    broken["graph"]["edges"]["create"][0]["target_node_id"] = json!("m");
    let problem = desk.save(broken).await.problem(422, "request.invalid");
    let paths: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, ["answers.create.0.content.title", "graph.edges.create.0.target_node_id"]);
    assert_eq!(desk.get("/builder").await.json(), builder);

    let saved = desk.save(save.clone()).await;
    assert_eq!(saved.status, 200, "{}", saved.text());
    let mut saved = saved.json();
    let ids = saved.as_object_mut().unwrap().remove("ids").unwrap();
    assert_eq!(ids.as_object().unwrap().keys().collect::<Vec<_>>(), ["e", "n", "roof"]);
    assert_eq!(saved["canvas_data"]["service_selection"]["nodes"][0]["id"], ids["n"]);
    assert_eq!((&saved["report"]["paths"], &saved["report"]["ok"]), (&json!("3"), &true.into()));
    assert_eq!(saved["flow"]["has_unpublished_changes"], true);
    assert_eq!(desk.get("/builder").await.json(), saved);
    assert_eq!(desk.find("booking_question_answers", "roof").await["_id"], ids["roof"]);
    desk.save(save).await.problem(409, "changed");
    desk.save(json!({})).await.error(422, "request.invalid");
    let log = desk.owner.get(&desk.site, "audit_log?sort=sequence").await.json();
    let log = log["data"].as_array().unwrap();
    let actions: Vec<_> = log.iter().map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["memberships.create", "booking_flows.save"]);
}

#[tokio::test]
async fn a_builder_changes_its_own_flow_only() {
    let desk = Desk::new().await;
    let other = desk.site.other_business().await;
    let lookup = desk.site.store.platform().lookup(model::LookupKind::PublicKey, &other).await;
    let stranger = Member::of(
        &desk.site,
        lookup.unwrap().unwrap().organization_id,
        vec![SystemRole::Owner.seeded_id()],
    )
    .await;
    let foreign =
        stranger.get(&desk.site, "booking_questions").await.json()["data"][0]["_id"].clone();
    let new = json!({ "slug": "second", "content": { "title": "Second" }, "steps": [] });
    let second = desk.owner.post(&desk.site, "booking_flows", &new).await.json();
    let path = format!("booking_flows/{}/builder", second["_id"].as_str().unwrap());
    let own = desk.find("booking_questions", "where").await["_id"].clone();
    let nobodys = "5555555500000000000000ff";
    let mut messages = Vec::new();
    for id in [foreign, own, json!(nobodys)] {
        let save = json!({
            "version": 1,
            "questions": { "update": [{ "_id": id, "is_required": false }], "delete": [id] },
            "flow": { "steps": [id] },
        });
        let problem =
            desk.owner.put(&desk.site, &path, &save).await.problem(422, "request.invalid");
        let text = problem["errors"].to_string();
        messages.push(text.replace(id.as_str().unwrap(), "…"));
    }
    assert_eq!(messages[0], messages[2], "another's is nobody's");
    assert_eq!(messages[1], messages[2], "another flow's is nobody's");

    let body = json!({ "name": "Builder", "scopes": ["UPDATE_BOOKING_FLOW"] });
    let key = desk.owner.post(&desk.site, "api_keys", &body).await.json();
    let program = Member::with_key(desk.owner.organization, key["key"].as_str().unwrap());
    let save = json!({ "version": 1, "questions": { "create": [{ "_id": "q" }] } });
    let refused = program.put(&desk.site, &path, &save).await.problem(403, "forbidden");
    assert!(refused["detail"].as_str().unwrap().contains("CREATE_BOOKING_QUESTION"));
    let save = json!({ "version": 1, "flow": { "content": { "title": "Third" } } });
    let saved = program.put(&desk.site, &path, &save).await;
    assert_eq!(saved.json()["flow"]["content"]["title"], "Third", "{}", saved.text());
    assert_eq!(saved.json()["services"], json!([]), "what it may not see is not shown");
}

#[tokio::test]
async fn a_flow_is_drawn_and_drawn_anew_only_when_it_changed() {
    let desk = Desk::new().await;
    for (ending, mime, begins) in
        [("svg", "image/svg+xml", "<svg"), ("mmd", "text/vnd.mermaid; charset=utf-8", "")]
    {
        let below = format!("/diagram.{ending}");
        let drawn = desk.get(&below).await;
        assert_eq!((drawn.status.as_u16(), drawn.header("content-type")), (200, Some(mime)));
        assert!(drawn.text().starts_with(begins) && drawn.text().contains("In the kitchen"));
        assert!(drawn.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
        assert_eq!(drawn.header("cache-control"), Some("private, no-cache"));
        let tag = drawn.header("etag").unwrap().to_owned();
        let same = desk.with(("if-none-match", &tag), Method::GET, &below).await;
        assert_eq!((same.status.as_u16(), &same.body[..]), (304, &b""[..]));
        assert_eq!(same.header("etag"), Some(&*tag));
        let change = json!({ "content": { "title": format!("In the {ending} attic") } });
        desk.patch("booking_question_answers", "kitchen", change).await;
        let other = desk.with(("if-none-match", &tag), Method::GET, &below).await;
        assert!(other.status == 200 && other.text().contains("attic"), "{}", other.text());
        let version = desk.get(&format!("{below}?version=1")).await;
        assert!(version.text().contains("In the kitchen"));
        let change = json!({ "content": { "title": "In the kitchen" } });
        desk.patch("booking_question_answers", "kitchen", change).await;
        assert_eq!(desk.get(&below).await.header("etag"), Some(&*tag));
        assert_eq!(version.header("etag"), Some(&*tag));
    }
    desk.get("/diagram.svg?version=9").await.problem(404, "not_found");
    desk.get("/diagram.svg?version=x").await.problem(422, "request.invalid");
    desk.get("/diagram.png").await.problem(404, "not_found");
    let request = axum::http::Request::get(desk.owner.path(&format!("{}/diagram.svg", desk.flow)));
    desk.site.send(request.body(Body::empty()).unwrap()).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn two_states_of_a_flow_are_compared() {
    let desk = Desk::new().await;
    assert_eq!(desk.get("/diff").await.json(), json!({ "equal": true, "changes": [] }));
    desk.patch("booking_services", "drain", json!({ "content": { "title": "Second" } })).await;
    desk.publish().await;
    desk.patch("booking_services", "drain", json!({ "content": { "title": "Third" } })).await;
    let titles = |diff: &Value| {
        assert_eq!(diff["changes"].as_array().unwrap().len(), 1, "{diff}");
        let change = &diff["changes"][0];
        assert_eq!(
            (&change["what"], &change["path"]),
            (&json!("service"), &json!("services.drain"))
        );
        [change["fields"][0]["before"].clone(), change["fields"][0]["after"].clone()]
    };
    let first = titles(&desk.get("/diff?from=1&to=2").await.json())[0].clone();
    for (asked, before, after) in [
        ("", json!("Second"), json!("Third")),
        ("?from=1", first.clone(), json!("Third")),
        ("?to=1", json!("Second"), first.clone()),
        ("?from=1&to=2&format=json", first, json!("Second")),
    ] {
        let diff = desk.get(&format!("/diff{asked}")).await.json();
        assert_eq!(titles(&diff), [before, after], "{asked}");
    }
    let text = desk.get("/diff?format=text").await;
    assert_eq!(text.header("content-type"), Some("text/plain; charset=utf-8"));
    assert!(text.text().starts_with("1 change: 1 changed\n\n~ changed service services.drain"));
    let picture = desk.get("/diff?format=svg").await;
    assert_eq!(picture.header("content-type"), Some("image/svg+xml"));
    assert!(picture.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    assert!(picture.text().starts_with("<svg") && picture.text().contains("Third"));

    for nothing in ["?from=9", "?to=9", "?from=0"] {
        desk.get(&format!("/diff{nothing}")).await.problem(404, "not_found");
    }
    for wrong in ["?from=one", "?format=pdf", "?since=1"] {
        desk.get(&format!("/diff{wrong}")).await.problem(422, "request.invalid");
    }
    desk.post("/unpublish", json!({})).await;
    assert_eq!(desk.get("/diff").await.error(422, "request.invalid").0, "from");
    assert_eq!(desk.get("/diff?from=2").await.status, 200);
    let request = axum::http::Request::get(desk.owner.path(&format!("{}/diff", desk.flow)));
    desk.site.send(request.body(Body::empty()).unwrap()).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn of_two_who_publish_the_loser_is_told_what_is_otherwise_now() {
    let desk = Desk::new().await;
    let tag = desk.get("").await.header("etag").unwrap().to_owned();
    desk.patch("booking_services", "drain", json!({ "content": { "title": "Second" } })).await;
    let publish = || desk.with(("if-match", &tag), Method::POST, "/publish");
    let (one, other) = tokio::join!(publish(), publish());
    let (won, lost) = if one.status == 200 { (one, other) } else { (other, one) };
    assert_eq!(won.status, 200, "{}", won.text());
    let told = lost.problem(409, "changed");
    assert_eq!(lost.header("etag").unwrap(), format!("\"{}\"", won.json()["flow_version"]));
    assert_eq!(told["diff"], desk.get("/diff?from=1&to=2").await.json());
    assert_eq!(told["diff"]["changes"][0]["fields"][0]["after"], "Second");

    // Not to who may publish flows but not see them.
    let body = json!({ "name": "Publisher", "scopes": ["PUBLISH_BOOKING_FLOW"] });
    let key = desk.owner.post(&desk.site, "api_keys", &body).await.json();
    let program = Member::with_key(desk.owner.organization, key["key"].as_str().unwrap());
    let path = format!("{}/publish", desk.flow);
    let mut request = program.request(Method::POST, &path, Some(&json!({})));
    request.headers_mut().insert("if-match", tag.parse().unwrap());
    let told = desk.site.send(request).await.problem(409, "changed");
    assert_eq!(told["diff"], Value::Null);
}
