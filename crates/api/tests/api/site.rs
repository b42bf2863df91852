//! A router with a business behind it, and a visitor's widget in front of it.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use api::{DemoSite, Settings};
use app::{
    Clock, Environment, Files, FilesAt, MailFolder, Mailer, Mailing, NewOrganization, Outside,
    SchedulerSettings, SystemDoor, Tenant,
};
use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Request, StatusCode},
};
use http_body_util::BodyExt;
use model::{
    Id, ObjectId, Timestamp,
    content::Address,
    core::{BrandKit, Email, EmailStatus, Job, JobKind, Organization, TenantSubdomain},
    flow::file::FlowFile,
    scheduler::{Initialization, SchedulerConfig},
};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Find, Store, memory::MemoryBackend};
use tempfile::TempDir;
use tower::ServiceExt;

/// Two questions, one service, arrival windows.
pub(crate) const FLOW: &str = r#"
wrkbelt: flow/1
flow: { slug: visits, title: Book a visit }
services:
  drain: { title: Drain cleaning, duration_minutes: 90, price: { kind: free, currency: USD }, schedule: field }
zones:
  metro: { title: Metro, country: US, postal_codes: ["30305"] }
schedules:
  field:
    time_zone: America/New_York
    weekly_hours: { tue: ["08:00-16:00"], wed: ["08:00-16:00"] }
    arrival_windows: ["08:00-10:00", "10:00-12:00"]
    capacity: { per_window: 1 }
    lead_time_minutes: 60
    horizon_days: 30
questions:
  where:
    title: Where is the drain?
    kind: single_choice
    answers:
      kitchen: { title: In the kitchen, next: age }
      bath:    { title: In the bathroom, service: drain }
  age:
    title: How old is it?
    kind: number
    rules: { min: 0, max: 90 }
    next: { service: drain }
steps:
  - { type: zipcode, title: "Where are you?", zones: [metro], outside_area: { action: stop, message: Not here yet. } }
  - { type: service_selection, title: "What do you need?", start: where }
  - { type: timeslot_selection, title: "When?", mode: arrival_window }
  - { type: customer_info, title: "Who are you?", fields: { name: required, email: required, phone: hidden, address: hidden } }
  - { type: summary, title: Check and book }
  - { type: confirmation, title: Thank you, message: See you soon. }
"#;

/// It is always Monday morning in New York.
pub(crate) struct Monday;

/// What a sample's `business.yaml` says of the business itself.
#[derive(Deserialize)]
struct Sample {
    name: String,
    slug: TenantSubdomain,
    time_zone: String,
    locale: String,
    phone: Option<String>,
    address: Option<Address>,
    brand: BrandKit,
    launch: Initialization,
}

pub(crate) struct Site {
    pub(crate) router: Router,
    pub(crate) system: SystemDoor,
    pub(crate) tenant: Tenant,
    /// The public key of the business.
    pub(crate) key: String,
    pub(crate) store: Store,
    /// Where the bytes of files are.
    pub(crate) folder: TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A visit that has begun.
pub(crate) struct Visit<'a> {
    site: &'a Site,
    pub(crate) id: String,
    pub(crate) token: String,
    /// As it is drawn.
    pub(crate) view: Value,
    sent: AtomicU32,
}

impl Clock for Monday {
    fn now(&self) -> Timestamp {
        "2026-11-23T15:00:00Z".parse().unwrap()
    }
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::with(Settings { demo: None, rate_limits: false, mailbox: None }).await
    }

    pub(crate) async fn demo(demo: DemoSite) -> Self {
        Self::with(Settings { demo: Some(demo), rate_limits: false, mailbox: None }).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let store = Store::open(Arc::new(MemoryBackend::default())).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(FilesAt::Folder(folder.path().to_owned())).unwrap();
        let outside = Outside::from(Environment::new(Arc::new(Monday))).with_files(files);
        let (doors, system) = app::open(store.clone(), outside);
        let (tenant, key) = business(&system, "acme").await;
        Self { router: api::router(doors, settings), system, tenant, key, store, folder }
    }

    /// Does the jobs that are due.
    pub(crate) async fn works(&self) {
        let folder = tempfile::tempdir().unwrap();
        self.mails_to(MailFolder::new(folder.path())).await;
    }

    /// The same with a folder for the mails.
    pub(crate) async fn mails_to(&self, folder: MailFolder) {
        let mails = Mailer::Folder(folder);
        let worker = self.system.worker(Mailing::new(mails, "post@example.com".parse().unwrap()));
        while worker.work().await.unwrap() > 0 {}
    }

    /// A mail of the business that was given up.
    pub(crate) async fn failed_email(&self) -> Id<Email> {
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../model/tests/stored");
        let samples = fs::read_to_string(samples.join("emails.json")).unwrap();
        let sample: Value = serde_json::from_str::<Vec<Value>>(&samples).unwrap().remove(0);
        let mut email: Email = serde_json::from_value(sample).unwrap();
        email.status = EmailStatus::Failed;
        email.error = Some("550 no such user".to_owned());
        (email.attempts, email.sealed_data, email.attachments) = (9, None, Vec::new());
        // Written by hand: a template would want its link.
        (email.template_id, email.text_body) = (None, Some("We come at ten.".to_owned()));
        let id = Id::new(ObjectId::from_bytes([0x55; 12]));
        let scoped = self.store.scoped(self.tenant.organization());
        let mut unit = scoped.begin("2026-11-23T15:00:00Z".parse().unwrap());
        unit.insert(id, &email).unwrap();
        unit.commit().await.unwrap();
        id
    }

    /// The token of the link in the newest mail that has one. Who has just asked for one gets it
    /// from a job, which is done here; mails that are sent lose their links.
    pub(crate) async fn mailed(&self, organization: Option<Id<Organization>>) -> String {
        let (jobs, _) = self.store.platform().list::<Job>(Find::all()).await.unwrap();
        if jobs.iter().any(|it| it.body.kind == JobKind::SendPasswordReset) {
            let mails = Mailer::Folder(MailFolder::new(self.folder.path().join("mails")));
            let from = "post@example.com".parse().unwrap();
            self.system.worker(Mailing::new(mails, from)).work().await.unwrap();
        }
        let (emails, _) = match organization {
            Some(organization) => self.store.scoped(organization).list::<Email>(Find::all()).await,
            None => self.store.platform().list::<Email>(Find::all()).await,
        }
        .unwrap();
        let newest = emails.iter().rfind(|it| it.body.sealed_data.is_some());
        let newest = newest.unwrap_or_else(|| panic!("no mail"));
        let opened = self.system.unsealed(newest).unwrap();
        assert!(!serde_json::to_string(&newest.body).unwrap().contains("#token="));
        token(opened["link"].as_str().unwrap()).to_owned()
    }

    /// A second server on the same store.
    pub(crate) fn beside(&self) -> Router {
        let environment = Environment::new(Arc::new(Monday));
        let (doors, _) = app::open(self.store.clone(), environment);
        api::router(doors, Settings { demo: None, rate_limits: false, mailbox: None })
    }

    /// Another organization with the same flow; and its public key.
    pub(crate) async fn other_business(&self) -> String {
        business(&self.system, "other").await.1
    }

    /// One of the businesses in `samples`; and its public key.
    pub(crate) async fn sample(&self, name: &str) -> String {
        let read = |file: &str| {
            let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
            fs::read_to_string(samples.join(name).join(file)).unwrap()
        };
        let sample: Sample = serde_saphyr::from_str(&read("business.yaml")).unwrap();
        let new = NewOrganization {
            name: sample.name,
            slug: sample.slug,
            time_zone: sample.time_zone,
            locale: sample.locale,
            phone: sample.phone,
            address: sample.address,
        };
        let settings =
            SchedulerSettings { brand_kit: Some(sample.brand), initialization: sample.launch };
        install(&self.system, new, &read("flow.yaml"), settings).await.1
    }

    /// The flow of a business with some of its text replaced, published anew.
    pub(crate) async fn reflow(&self, from: &str, to: &str) {
        let text = FLOW.replace(from, to);
        assert_ne!(text, FLOW);
        self.tenant.import_flow(&FlowFile::parse(&text).unwrap(), true).await.unwrap();
    }

    /// Changes how the widget of the business is set up.
    pub(crate) async fn configure(&self, change: impl FnOnce(&mut SchedulerConfig)) {
        let scoped = self.store.scoped(self.tenant.organization());
        let (configs, _) = scoped.list::<SchedulerConfig>(Find::all()).await.unwrap();
        let mut changed = configs[0].body.clone();
        change(&mut changed);
        let mut unit = scoped.begin(configs[0].updated_at);
        unit.replace(&configs[0], &changed).unwrap();
        unit.commit().await.unwrap();
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// A body that says it is JSON, with or without a session's token.
    pub(crate) async fn post(
        &self,
        path: &str,
        token: Option<&str>,
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::post(path).header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Where visits begin.
    pub(crate) fn sessions(&self) -> String {
        format!("/public/v1/schedulers/{}/sessions", self.key)
    }

    pub(crate) async fn visit(&self) -> Visit<'_> {
        self.visit_of(&self.key).await
    }

    /// A visit to the business with the public key.
    pub(crate) async fn visit_of(&self, key: &str) -> Visit<'_> {
        let path = format!("/public/v1/schedulers/{key}/sessions");
        let started = self.post(&path, None, start().to_string()).await;
        assert_eq!(started.status, 201, "{}", started.text());
        let started = started.json();
        Visit {
            site: self,
            id: started["session_id"].as_str().unwrap().to_owned(),
            token: started["session_token"].as_str().unwrap().to_owned(),
            view: started["view"].clone(),
            sent: AtomicU32::new(0),
        }
    }
}

/// What a link has behind `#token=`.
pub(crate) fn token(link: &str) -> &str {
    link.split_once("#token=").unwrap().1
}

/// What a widget says when a visit begins.
pub(crate) fn start() -> Value {
    json!({ "page_url": "https://acme.example/" })
}

async fn business(system: &SystemDoor, slug: &str) -> (Tenant, String) {
    let new = NewOrganization {
        name: format!("{slug} & sons"),
        slug: slug.parse().unwrap(),
        time_zone: "America/New_York".to_owned(),
        locale: "en-US".to_owned(),
        phone: Some("+14045550134".to_owned()),
        address: None,
    };
    install(system, new, FLOW, SchedulerSettings::default()).await
}

async fn install(
    system: &SystemDoor,
    new: NewOrganization,
    flow: &str,
    settings: SchedulerSettings,
) -> (Tenant, String) {
    let tenant = system.enter(system.create_organization(new).await.unwrap());
    let flow = FlowFile::parse(flow).unwrap();
    let imported = tenant.import_flow(&flow, true).await.unwrap();
    let key = tenant.ensure_scheduler(imported.booking_flow_id, settings).await.unwrap();
    (tenant, key.to_string())
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|it| it.to_str().unwrap())
    }

    /// A problem as RFC 9457 has it, with this status and code.
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let problem = self.json();
        assert_eq!((&problem["code"], &problem["status"]), (&code.into(), &status.into()));
        assert_eq!(problem["type"], format!("/docs/problems/{code}"));
        for sentence in ["title", "detail"] {
            assert!(!problem[sentence].as_str().unwrap().is_empty(), "{problem}");
        }
        assert!(problem["instance"].as_str().unwrap().starts_with('/'), "{problem}");
        problem
    }

    /// The one error of a problem: its path and its message.
    pub(crate) fn error(&self, status: u16, code: &str) -> (String, String) {
        let problem = self.problem(status, code);
        let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("{problem}"));
        assert_eq!(errors.len(), 1, "{problem}");
        let text = |name: &str| errors[0][name].as_str().unwrap().to_owned();
        (text("path"), text("message"))
    }
}

impl Visit<'_> {
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/public/v1/sessions/{}{rest}", self.id)
    }

    pub(crate) fn sequence(&self) -> u64 {
        self.view["sequence"].as_u64().unwrap()
    }

    /// The body of a command under a new id.
    pub(crate) fn body(&self, command: &Value) -> Value {
        let n = self.sent.fetch_add(1, Ordering::Relaxed);
        json!({
            "command_id": format!("c-{n}"), "expected_sequence": self.sequence(),
            "command": command,
        })
    }

    /// Sends a body as it is to the commands.
    pub(crate) async fn post(&self, body: impl Into<Body>) -> Answer {
        self.site.post(&self.path("/commands"), Some(&self.token), body).await
    }

    pub(crate) async fn get(&self, rest: &str) -> Answer {
        let request = Request::get(self.path(rest))
            .header("authorization", format!("Bearer {}", self.token))
            .body(Body::empty())
            .unwrap();
        self.site.send(request).await
    }

    /// A command that must succeed.
    pub(crate) async fn does(&mut self, command: Value) -> Value {
        let answer = self.post(self.body(&command).to_string()).await;
        assert_eq!(answer.status, 200, "{command}: {}", answer.text());
        self.view = answer.json()["view"].clone();
        answer.json()
    }

    /// How many events the visit has.
    pub(crate) async fn events(&self) -> usize {
        self.get("/events").await.json()["data"].as_array().unwrap().len()
    }

    /// To the question for a number.
    pub(crate) async fn goes_to_the_number(&mut self) -> Value {
        self.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
        let question = self.view["question"].clone();
        let (node, kitchen) = (&question["node_id"], &question["answers"][0]["id"]);
        self.does(json!({ "type": "answer_question", "node_id": node, "answer_ids": [kitchen] }))
            .await;
        self.view["question"]["node_id"].clone()
    }

    pub(crate) async fn goes_to_the_timeslots(&mut self) {
        let node = self.goes_to_the_number().await;
        self.does(json!({ "type": "answer_question", "node_id": node, "value": 12 })).await;
        assert_eq!(self.view["step"]["type"], "timeslot_selection");
    }
}
