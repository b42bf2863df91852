//! Requests with an `Idempotency-Key`: however often and wherever they are sent, one effect and
//! one answer.

use std::sync::Arc;

use api::Settings;
use app::{Environment, Files, FilesAt, Installation, Outside};
use axum::{
    Router,
    body::Body,
    http::{Method, Request},
};
use http_body_util::BodyExt;
use model::{
    ObjectId,
    core::{IdempotencyKey, SystemRole},
};
use serde_json::{Value, json};
use store::Find;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::{
    member::Member,
    site::{Answer, Monday, Site},
};

/// Two servers of one installation, and who asks them.
struct World {
    site: Site,
    servers: [Router; 2],
    owner: Member,
    operator: Member,
    /// A file that is there.
    file: String,
    /// A mail that failed.
    email: String,
}

/// A request that makes something.
struct Case {
    name: &'static str,
    by: Member,
    path: String,
    body: Sent,
    /// What makes it another request.
    other: Sent,
    /// Entries of the audit logs that one of it makes.
    entries: u64,
}

#[derive(Clone)]
enum Sent {
    Json(Value),
    File(&'static str, &'static [u8]),
    Nothing,
}

fn server(site: &Site) -> Router {
    let keyring = "0b".repeat(32).parse().unwrap();
    let installation = Installation { keyring, public_url: "https://book.example.com".to_owned() };
    let files = Files::open(FilesAt::Folder(site.folder.path().to_owned())).unwrap();
    let outside = Outside::from(Environment::new(Arc::new(Monday)));
    let outside = outside.with_installation(installation).with_files(files);
    let (doors, _) = app::open(site.store.clone(), outside);
    api::router(doors, Settings { demo: None, rate_limits: false, mailbox: None })
}

impl World {
    async fn new() -> Self {
        let mut site = Site::new().await;
        let servers = [server(&site), server(&site)];
        site.router = servers[0].clone();
        let owner = Member::with(&site, SystemRole::Owner).await;
        let operator = Member::operator(&site).await;
        let file = owner.form(Method::POST, "files", &[], ("a.txt", "text/plain", b"a text"));
        let file = site.send(file).await.json()["_id"].as_str().unwrap().to_owned();
        let email = site.failed_email().await.to_string();
        Self { site, servers, owner, operator, file, email }
    }

    fn cases(&self) -> Vec<Case> {
        let (owner, operator) = (&self.owner, &self.operator);
        let case = |name, by: &Member, path: &str, body: Value, other: Value| Case {
            name,
            by: by.clone(),
            path: path.to_owned(),
            body: Sent::Json(body),
            other: Sent::Json(other),
            entries: 1,
        };
        let viewer = [SystemRole::Viewer.seeded_id()];
        let person = |email: &str| json!({ "first_name": "A", "last_name": "B", "email": email, "status": "invited" });
        let company = |email: &str| {
            let mut company = person(email);
            company["status"] = json!("new");
            company["consent_at"] = json!("2026-11-22T08:00:00.000Z");
            company["company_name"] = json!("Acme");
            company["company_website"] = json!("https://acme.example.com");
            company
        };
        let business = |slug: &str| json!({ "name": "Acme", "tenant_subdomain": slug, "time_zone": "Europe/Paris", "locale": "fr-FR" });
        let files = Case {
            body: Sent::File("b.txt", b"some text"),
            other: Sent::File("b.txt", b"some Text"),
            ..case("a file", owner, "files", Value::Null, Value::Null)
        };
        let named_otherwise = Case {
            body: Sent::File("c.txt", b"some text"),
            other: Sent::File("d.txt", b"some text"),
            ..case("a file of another name", owner, "files", Value::Null, Value::Null)
        };
        let link = Case {
            body: Sent::Nothing,
            other: Sent::Json(json!({})),
            entries: 0,
            ..case("a link", owner, &format!("files/{}/link", self.file), Value::Null, Value::Null)
        };
        let path = "/api/v1/auth/email/verification";
        let verification = Case {
            body: Sent::Nothing,
            other: Sent::Nothing,
            ..case("a verification", owner, path, Value::Null, Value::Null)
        };
        let path = format!("emails/{}/resend", self.email);
        let resent = Case {
            body: Sent::Nothing,
            other: Sent::Nothing,
            ..case("a mail again", owner, &path, Value::Null, Value::Null)
        };
        let kit = |name: &str| json!({ "name": name, "colors": { "primary": "#0b5d4e" } });
        let key = |name: &str| json!({ "name": name, "scopes": ["VIEW_ROLES"] });
        let invited = |email: &str| json!({ "email": email, "roles": viewer });
        vec![
            case("a document", owner, "brand_kits", kit("A"), kit("B")),
            case("an API key", owner, "api_keys", key("A"), key("B")),
            case("an invitation", owner, "invitations", invited("a@x.org"), invited("b@x.org")),
            files,
            named_otherwise,
            link,
            verification,
            resent,
            case(
                "a user",
                operator,
                "/api/v1/platform/users",
                person("a@x.org"),
                person("b@x.org"),
            ),
            case(
                "a request for the waitlist",
                operator,
                "/api/v1/platform/waitlist_requests",
                company("a@x.org"),
                company("b@x.org"),
            ),
            case(
                "an organization",
                operator,
                "/api/v1/platform/organizations",
                business("one"),
                business("two"),
            ),
        ]
    }

    /// Entries of the organization's audit log and the platform's.
    async fn entries(&self) -> u64 {
        let mut all = 0;
        for (by, path) in
            [(&self.owner, "audit_log"), (&self.operator, "/api/v1/platform/audit_log")]
        {
            let page = by.get(&self.site, &format!("{path}?include_total=true")).await;
            all += page.json()["total"].as_u64().unwrap();
        }
        all
    }

    async fn records(&self) -> Vec<IdempotencyKey> {
        let (all, _) = self.site.store.platform().list(Find::all()).await.unwrap();
        all.into_iter().map(|it| it.body).collect()
    }
}

impl Case {
    fn request(&self, sent: &Sent, key: &str) -> Request<Body> {
        let post = Method::POST;
        let mut request = match sent {
            Sent::Json(body) => self.by.request(post, &self.path, Some(body)),
            Sent::File(name, bytes) => {
                self.by.form(post, &self.path, &[], (name, "text/plain", bytes))
            }
            Sent::Nothing => self.by.request(post, &self.path, None),
        };
        request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        request
    }
}

async fn send(router: Router, request: Request<Body>) -> Answer {
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { status: parts.status, headers: parts.headers, body }
}

/// All that says what was made.
fn shown(answer: &Answer) -> (u16, String, [Option<String>; 3]) {
    let headers = ["location", "etag", "content-type"];
    let headers = headers.map(|it| answer.header(it).map(str::to_owned));
    (answer.status.as_u16(), answer.text().to_owned(), headers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_made_has_one_effect_and_one_answer() {
    let world = World::new().await;
    for case in world.cases() {
        let (name, before) = (case.name, world.entries().await);
        let mut sending = JoinSet::new();
        for n in 0..12 {
            let request = case.request(&case.body, name);
            sending.spawn(send(world.servers[n % 2].clone(), request));
        }
        let answers = sending.join_all().await;
        let (done, under_way): (Vec<_>, Vec<_>) =
            answers.iter().partition(|it| it.status.is_success());
        assert!(!done.is_empty(), "{name}: {}", answers[0].text());
        for answer in under_way {
            answer.problem(409, "idempotency_key.under_way");
            assert_eq!(answer.header("retry-after"), Some("1"), "{name}");
        }
        let first = shown(done[0]);
        for answer in done {
            assert_eq!(shown(answer), first, "{name}");
        }
        for server in &world.servers {
            let again = send(server.clone(), case.request(&case.body, name)).await;
            assert_eq!(shown(&again), first, "{name}");
        }
        assert_eq!(world.entries().await, before + case.entries, "{name}");
        // Without a body there is no other request to the same path.
        if !matches!(case.other, Sent::Nothing) && case.entries > 0 {
            let refused = world.site.send(case.request(&case.other, name)).await;
            refused.problem(422, "idempotency_key.reused");
            assert_eq!(world.entries().await, before + case.entries, "{name}");
        }
    }
    world.site.works().await;
    let files = world.owner.get(&world.site, "files?include_total=true").await.json();
    assert_eq!(files["total"], 3, "{files}");
}

#[tokio::test]
async fn an_answer_with_a_secret_is_kept_sealed() {
    let world = World::new().await;
    let cases = world.cases();
    for name in ["an API key", "a link"] {
        let case = cases.iter().find(|it| it.name == name).unwrap();
        let answer = world.site.send(case.request(&case.body, name)).await.json();
        let secret = answer["key"].as_str().or(answer["url"].as_str()).unwrap();
        let secret = &secret[secret.len() - 40..];
        for record in world.records().await {
            assert_eq!((record.answer, record.sealed_answer.is_some()), (None, true), "{name}");
        }
        for collection in ["idempotency_keys", "api_keys", "audit_log"] {
            let exported = world.site.store.backend().snapshot().await.unwrap();
            let mut exported = exported;
            let scan = store::Scan { collection, owner: None, after: None, limit: 1_000 };
            for record in exported.scan(&scan).await.unwrap().records {
                assert!(!record.body.as_str().contains(secret), "{collection} tells {name}");
            }
        }
    }
}

#[tokio::test]
async fn a_key_is_its_callers_own() {
    let world = World::new().await;
    let cases = world.cases();
    let case = cases.iter().find(|it| it.name == "a document").unwrap();
    let made = world.site.send(case.request(&case.body, "k")).await.json();
    let admin = Member::with(&world.site, SystemRole::Admin).await;
    let others = Case {
        by: admin,
        path: case.path.clone(),
        body: case.other.clone(),
        other: Sent::Nothing,
        ..*case
    };
    let other = world.site.send(others.request(&others.body, "k")).await;
    assert_eq!(other.status, 201, "{}", other.text());
    assert_ne!(other.json()["_id"], made["_id"]);
    let path = format!("files/{}/link", world.file);
    let elsewhere = Case { path, by: case.by.clone(), ..others };
    let refused = world.site.send(elsewhere.request(&Sent::Nothing, "k")).await;
    refused.problem(422, "idempotency_key.reused");
}

#[tokio::test]
async fn a_key_whose_time_is_over_is_new() {
    let world = World::new().await;
    let cases = world.cases();
    let case = cases.iter().find(|it| it.name == "a document").unwrap();
    let platform = world.site.store.platform();
    let made = world.site.send(case.request(&case.body, "k")).await.json();
    let (all, _) = platform.list::<IdempotencyKey>(Find::all()).await.unwrap();
    let now = world.site.tenant.profile().await.unwrap().created_at;
    assert_eq!(all[0].body.expires_at.millis_since(now), 7 * 24 * 3_600 * 1_000);
    // It is not deleted yet.
    let mut unit = platform.begin(now);
    unit.replace(&all[0], &IdempotencyKey { expires_at: now, ..all[0].body.clone() }).unwrap();
    unit.commit().await.unwrap();
    let other = world.site.send(case.request(&case.other, "k")).await;
    assert_eq!(other.status, 201, "{}", other.text());
    assert_ne!(other.json()["_id"], made["_id"]);
    let again = world.site.send(case.request(&case.other, "k")).await;
    assert_eq!(again.body, other.body);
}

#[tokio::test]
async fn what_failed_is_not_remembered() {
    let world = World::new().await;
    let cases = world.cases();
    let case = cases.iter().find(|it| it.name == "a document").unwrap();
    let refused = Case {
        body: Sent::Json(json!({ "name": "" })),
        by: case.by.clone(),
        path: case.path.clone(),
        other: Sent::Nothing,
        ..*case
    };
    world.site.send(refused.request(&refused.body, "k")).await.error(422, "request.invalid");
    assert!(world.records().await.is_empty());
    assert_eq!(world.site.send(case.request(&case.body, "k")).await.status, 201);
    let id: ObjectId = "0".repeat(24).parse().unwrap();
    let path = format!("files/{id}/link");
    let unknown =
        Case { path, by: case.by.clone(), body: Sent::Nothing, other: Sent::Nothing, ..*case };
    world.site.send(unknown.request(&unknown.body, "l")).await.problem(404, "not_found");
    assert_eq!(world.records().await.len(), 1);
}
