//! Organizations from beginning to end, who is in them, and what the audit log tells of it.

use axum::http::Method;
use model::{
    COLLECTIONS,
    core::{AuditEntry, SystemRole},
};
use serde_json::{Value, json};
use store::{Find, Key, Owner, Query, Stored, Write};

use crate::{member::Member, site::Site};

async fn owned() -> (Site, Member) {
    let site = Site::new().await;
    let owner = Member::with(&site, SystemRole::Owner).await;
    (site, owner)
}

fn kit(name: &str) -> Value {
    json!({ "name": name, "colors": { "primary": "#0b5d4e" } })
}

/// The codes of what the doctor finds.
async fn findings(site: &Site) -> Vec<String> {
    let diagnosis = site.system.diagnose(Vec::new(), &mut |_| ()).await.unwrap();
    let codes = diagnosis.findings.iter().map(|it| serde_json::to_value(it.code).unwrap());
    codes.map(|it| it.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_change_is_told_once_and_in_order_however_many_come_at_once() {
    let (site, owner) = owned().await;
    let names: Vec<_> = (0..40).map(|n| format!("Kit {n}")).collect();
    let bodies: Vec<_> = names.iter().map(|it| kit(it)).collect();
    let made = bodies.iter().map(|it| owner.post(&site, "brand_kits", it));
    for answer in futures_util::future::join_all(made).await {
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    let page = owner.get(&site, "audit_log?sort=sequence&limit=200").await.json();
    let entries = page["data"].as_array().unwrap();
    let sequences: Vec<_> = entries.iter().map(|it| it["sequence"].as_u64().unwrap()).collect();
    assert_eq!(sequences, (1..=entries.len() as u64).collect::<Vec<_>>());
    let mut told: Vec<_> = entries
        .iter()
        .filter(|it| it["action"] == "brand_kits.create")
        .map(|it| it["after"]["name"].as_str().unwrap().to_owned())
        .collect();
    told.sort_by_key(|it| it[4..].parse::<u32>().unwrap());
    assert_eq!(told, names);
    assert_eq!(entries.last().unwrap()["actor"]["id"], owner.user.unwrap().to_string());
    let exported = owner.get(&site, "audit_log/export").await;
    assert_eq!(exported.header("content-type"), Some("application/x-ndjson"));
    let lines: Vec<Value> =
        exported.text().lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(lines, *entries);
    assert_eq!(findings(&site).await, [""; 0]);
}

#[tokio::test]
async fn what_was_refused_is_not_told() {
    let (site, owner) = owned().await;
    let total =
        || async { owner.get(&site, "audit_log?include_total=true").await.json()["total"].clone() };
    let before = total().await;
    owner.post(&site, "brand_kits", &json!({})).await.problem(422, "request.invalid");
    owner.delete(&site, &format!("brand_kits/{}", "0".repeat(24))).await.problem(404, "not_found");
    assert_eq!(total().await, before);
}

#[tokio::test]
async fn the_doctor_names_entries_that_were_changed_or_taken_away() {
    let (site, owner) = owned().await;
    for n in 0..4 {
        owner.post(&site, "brand_kits", &kit(&format!("Kit {n}"))).await;
    }
    let scoped = site.store.scoped(owner.organization);
    let by_sequence = || Find::<AuditEntry>::by(&COLLECTIONS[audit_log()].indexes[0], []);
    let (entries, _) = scoped.list(by_sequence()).await.unwrap();
    let key = |n: usize| Key {
        owner: Owner::Organization(owner.organization.object_id()),
        collection: "audit_log",
        id: entries[n].id.object_id(),
    };
    let changed = AuditEntry { action: "brand_kits.delete".to_owned(), ..entries[1].body.clone() };
    let change = Write::Put {
        key: key(1),
        expect: 1,
        at: entries[1].updated_at,
        body: Stored::of(&changed).unwrap(),
    };
    site.store.backend().commit(vec![change]).await.unwrap();
    assert_eq!(findings(&site).await, ["broken_audit_log"]);
    let take = Write::Delete { key: key(3), expect: 1 };
    site.store.backend().commit(vec![take]).await.unwrap();
    assert_eq!(findings(&site).await, ["broken_audit_log", "broken_audit_log"]);
}

fn audit_log() -> usize {
    COLLECTIONS.iter().position(|it| it.name == "audit_log").unwrap()
}

#[tokio::test]
async fn an_organization_that_is_deleted_leaves_nothing_behind() {
    let (site, owner) = owned().await;
    let visit = site.visit().await;
    let key = json!({ "name": "K", "scopes": ["VIEW_CUSTOMERS"] });
    let key = owner.post(&site, "api_keys", &key).await.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(owner.delete(&site, "").await.status, 404, "the path has no slash at its end");
    let path = format!("/api/v1/organizations/{}", owner.organization);
    let admin = Member::with(&site, SystemRole::Admin).await;
    admin.delete(&site, &path).await.problem(403, "forbidden");
    assert_eq!(owner.delete(&site, &path).await.status, 204);

    owner.get(&site, "brand_kits").await.problem(404, "not_found");
    let program = Member::with_key(owner.organization, &key);
    program.get(&site, "customers").await.problem(401, "unauthenticated");
    site.get(&format!("/public/v1/schedulers/{}", site.key)).await.problem(404, "not_found");
    site.works().await;
    visit.get("").await.problem(401, "session.wrong_token");
    let of = Owner::Organization(owner.organization.object_id());
    for collection in COLLECTIONS {
        let left = site.store.backend().list(&Query::by_id(of, collection.name, 1)).await.unwrap();
        assert_eq!(left.records.len(), 0, "{}", collection.name);
    }
    assert_eq!(findings(&site).await, [""; 0]);
}

#[tokio::test]
async fn nobody_gives_or_takes_more_than_they_have() {
    let (site, owner) = owned().await;
    let admin = Member::with(&site, SystemRole::Admin).await;
    let id = |answer: Value| answer["_id"].as_str().unwrap().to_owned();
    let role = json!({ "name": "Boss", "permissions": ["MANAGE_BILLING"], "inherits": [] });
    assert_eq!(
        admin.post(&site, "roles", &role).await.error(422, "request.invalid").0,
        "permissions"
    );
    let heir = json!({
        "name": "Heir", "permissions": [], "inherits": [SystemRole::Owner.seeded_id()],
    });
    let refused = admin.post(&site, "roles", &heir).await.problem(422, "request.invalid");
    assert!(refused["errors"].to_string().contains("MANAGE_BILLING"), "{refused}");
    let boss = id(owner.post(&site, "roles", &role).await.json());
    admin
        .patch(&site, &format!("roles/{boss}"), &json!({ "name": "Mine" }))
        .await
        .problem(422, "request.invalid");

    let membership = model::core::Membership::id_of(admin.organization, admin.user.unwrap());
    let mine = format!("memberships/{membership}");
    for roles in [json!([SystemRole::Owner.seeded_id()]), json!([boss])] {
        let patch = json!({ "roles": roles });
        admin.patch(&site, &mine, &patch).await.problem(422, "request.invalid");
    }
    let owners = model::core::Membership::id_of(owner.organization, owner.user.unwrap());
    let owners = format!("memberships/{owners}");
    admin.delete(&site, &owners).await.problem(409, "not_allowed");
    owner.delete(&site, &owners).await.problem(409, "not_allowed");
    let patch = json!({ "roles": [SystemRole::Viewer.seeded_id()] });
    owner.patch(&site, &owners, &patch).await.problem(409, "not_allowed");

    let system = format!("roles/{}", SystemRole::Viewer.seeded_id());
    for method in [Method::PATCH, Method::DELETE] {
        let body = (method == Method::PATCH).then(|| json!({ "permissions": [] }));
        site.send(owner.request(method, &system, body.as_ref())).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn what_is_taken_away_is_gone_with_the_next_request() {
    let (site, owner) = owned().await;
    let agent = Member::with(&site, SystemRole::Agent).await;
    assert_eq!(agent.get(&site, "customers").await.status, 200);
    let id = model::core::Membership::id_of(agent.organization, agent.user.unwrap());
    let role = json!({ "name": "None", "permissions": [], "inherits": [] });
    let role = owner.post(&site, "roles", &role).await.json()["_id"].clone();
    let patch = json!({ "roles": [role] });
    let patched = owner.patch(&site, &format!("memberships/{id}"), &patch).await;
    assert_eq!(patched.status, 200, "{}", patched.text());
    agent.get(&site, "customers").await.problem(403, "forbidden");
    let patch = json!({ "permissions": ["VIEW_CUSTOMERS"] });
    owner.patch(&site, &format!("roles/{}", role.as_str().unwrap()), &patch).await;
    assert_eq!(agent.get(&site, "customers").await.status, 200);
    assert_eq!(owner.delete(&site, &format!("memberships/{id}")).await.status, 204);
    agent.get(&site, "customers").await.problem(404, "not_found");
}

#[tokio::test]
async fn what_has_expired_is_deleted_and_nothing_else() {
    let (site, owner) = owned().await;
    let at = |text: &str| text.parse().unwrap();
    let key = |expires_at| model::core::IdempotencyKey {
        request_hash: String::new(),
        answer: None,
        sealed_answer: None,
        expires_at,
    };
    let platform = site.store.platform();
    let now = at("2026-11-23T15:00:00Z");
    let ids = ["a", "b"].map(|it| model::core::IdempotencyKey::id_of("me", it));
    platform.insert(ids[0], now, &key(at("2026-11-23T14:59:59.999Z"))).await.unwrap();
    platform.insert(ids[1], now, &key(at("2026-11-23T15:00:00Z"))).await.unwrap();
    assert_eq!(site.system.forget_expired().await.unwrap(), 1);
    assert!(platform.get(ids[0]).await.unwrap().is_none());
    assert!(platform.get(ids[1]).await.unwrap().is_some());
    assert_eq!(owner.get(&site, "brand_kits").await.status, 200, "the login goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_organizations_never_become_each_others_parents() {
    let site = Site::new().await;
    let operator = Member::operator(&site).await;
    let all = "/api/v1/platform/organizations";
    let mut ids = Vec::new();
    for slug in ["one", "two", "three"] {
        let new = json!({
            "name": "A", "tenant_subdomain": slug, "time_zone": "Europe/Paris", "locale": "fr-FR",
        });
        let made = operator.post(&site, all, &new).await.json();
        ids.push(made["_id"].as_str().unwrap().to_owned());
    }
    for _ in 0..20 {
        let of = |n: usize, parent: Value| {
            let patch = json!({ "parent_organization_id": parent });
            operator.request(Method::PATCH, &format!("{all}/{}", ids[n]), Some(&patch))
        };
        let mut asking = tokio::task::JoinSet::new();
        for n in 0..3 {
            let (router, request) = (site.router.clone(), of(n, json!(ids[(n + 1) % 3])));
            asking.spawn(async move {
                tower::ServiceExt::oneshot(router, request).await.unwrap().status()
            });
        }
        let statuses = asking.join_all().await;
        let done = statuses.iter().filter(|it| it.is_success()).count();
        let mut has_no_parent = 0;
        for id in &ids {
            let one = operator.get(&site, &format!("{all}/{id}")).await.json();
            has_no_parent += usize::from(one["parent_organization_id"].is_null());
        }
        assert_eq!(has_no_parent, 3 - done, "{statuses:?}");
        assert!(done < 3, "each is above itself");
        for n in 0..3 {
            assert_eq!(site.send(of(n, Value::Null)).await.status, 200);
        }
    }
}
