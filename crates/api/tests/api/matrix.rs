//! Who gets what: every operation, asked by everybody, about what is theirs, what is another
//! organization's and what is not there. What must come of it is said in `permissions.txt`.
//!
//! A route that is new is asked like all others. Its body is made of the stored samples of its
//! collection or of its example; where neither succeeds, [`BODIES`] has one or [`UNREACHED`] says
//! why it has none.

#[path = "matrix/callers.rs"]
mod callers;
#[path = "matrix/cells.rs"]
mod cells;
#[path = "matrix/controls.rs"]
mod controls;
#[path = "matrix/policy.rs"]
mod policy;
#[path = "matrix/references.rs"]
mod references;
#[path = "matrix/world.rs"]
mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    body::Body,
    http::{Request, header::HOST},
};
use serde_json::Value;

use self::{
    callers::Caller,
    policy::{Operation, Policy, Who},
    world::{Documents, Side, documents, put_back},
};
use crate::site::{Answer, Site};

/// Bodies of operations that neither a stored sample nor the example makes succeed.
/// Ids are as the first organization has them.
const BODIES: [(&str, &str); 4] = [
    ("create_booking_flow_router", ROUTER),
    ("replace_booking_flow_router", ROUTER),
    ("save_booking_flow_builder", r#"{ "version": 1 }"#),
    ("update_booking_flow_router", r#"{ "name": "Anew", "example_urls": [] }"#),
];
/// The samples are defaults, of which there can be one, or their examples lead elsewhere.
const ROUTER: &str = r#"{
    "name": "Ads", "booking_flow_id": "666666660003000102030408",
    "scheduler_config_id": "666666660002000102030407",
    "matching_criteria": { "path": ["ads"] }, "priority_class": "campaign", "is_active": true
}"#;

/// Operations that nobody succeeds with here, and why. They are asked all the same; that what is
/// theirs is not there is no finding.
const UNREACHED: [(&str, &str); 35] = [
    ("accept_invitation", TOKEN),
    ("add_session_file", BYTES),
    ("cancel_booking_flow_schedule", FLOW),
    ("change_avatar", BYTES),
    ("change_password", PASSWORD),
    ("confirm_totp", PASSWORD),
    ("create_membership", "its user must be of the parent organization: see the examples"),
    ("delete_file", BYTES),
    ("diff_booking_flow", FLOW),
    ("disable_totp", PASSWORD),
    ("end_login", "its session is made by signing in: see `auth`"),
    ("execute_command", "a command fits one moment of a visit: `commands` and `tokens` do them"),
    ("get_version_of_booking_flow", FLOW),
    ("get_user", "the user of the sample is no member: see the examples"),
    (
        "import_booking_flow",
        "what it needs is what each change in the file needs: see `flow_files`",
    ),
    ("invite", "the roles of the sample are no system roles: see `auth`"),
    ("join", TOKEN),
    ("link_file", BYTES),
    ("log_in", PASSWORD),
    ("publish_booking_flow", FLOW),
    ("publish_version_of_booking_flow", FLOW),
    ("replace_file", BYTES),
    ("replace_platform_user", "an address stays what it is"),
    ("resend_email", "the mails of the samples are on their way: see `mails`"),
    ("reset_password", TOKEN),
    ("restore_version_of_booking_flow", FLOW),
    ("serve_file", BYTES),
    ("set_up", TOKEN),
    ("show_invitation", TOKEN),
    ("switch_organization", "the organization of the example is not theirs: see `auth`"),
    ("unpublish_booking_flow", FLOW),
    ("update_file", BYTES),
    ("update_platform_user", "the avatar of the sample is an organization's file"),
    ("upload_file", BYTES),
    ("verify_email", TOKEN),
];
const TOKEN: &str = "the token of a link is in a mail only: see `auth`";
const PASSWORD: &str = "the accounts here have no password that anybody knows: see `auth`";
const FLOW: &str = "the flow of the samples is an empty draft without versions: see `flows`";
const BYTES: &str = "the files of the samples have no bytes: see `files`";

/// Names in paths that are no collections, and the collections that their ids are of.
const COLLECTIONS: [(&str, &str); 2] =
    [("sessions", "booking_sessions"), ("invitations", "temporary_links")];

/// Nobody has this one.
const NOBODYS: &str = "5555555500000000000000ff";

pub(crate) struct Matrix {
    site: Site,
    policy: Policy,
    own: Side,
    other: Side,
    callers: Vec<Arc<Caller>>,
    /// Keys that may do one thing each.
    keys: BTreeMap<String, Arc<Caller>>,
    openapi: Value,
    before: Documents,
    findings: Vec<String>,
}

#[tokio::test]
async fn everybody_gets_what_the_policy_says_and_nothing_else() {
    let mut matrix = Matrix::new().await;
    matrix.every_operation(|_| true).await;
    assert!(matrix.findings.is_empty(), "{}", matrix.findings.join("\n"));
}

fn is_unreached(operation: &Operation) -> bool {
    UNREACHED.iter().any(|it| it.0 == operation.id)
}

#[test]
fn routes_description_and_policy_are_the_same_operations() {
    let policy: BTreeSet<_> = Policy::read().operations.into_iter().map(|it| it.id).collect();
    let routes: BTreeSet<_> = api::operations().into_iter().map(|it| it.operation).collect();
    assert_eq!(policy, routes, "renew permissions.txt with `make contract`");
    let openapi: Value = serde_json::from_str(&api::openapi()).unwrap();
    let paths = openapi["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|it| it.as_object().unwrap().values());
    let described = operations.map(|it| it["operationId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(routes, described);
}

impl Matrix {
    pub(crate) async fn new() -> Self {
        let site = Site::new().await;
        site.system.migrations().up(None, &mut |_| ()).await.unwrap();
        let mut own = Self::side(&site, &site.key, "canary-own", "66666666").await;
        let other_key = site.other_business().await;
        let mut other = Self::side(&site, &other_key, "canary-other", "77777777").await;
        let (backend, mut marked) = (site.store.backend().clone(), 0);
        let at = "2026-11-23T14:00:00Z".parse().unwrap();
        own.fill(&*backend, at, &mut marked).await;
        other.fill(&*backend, at, &mut marked).await;
        let policy = Policy::read();
        let callers = callers::all(&site, &policy, &own, &other).await;
        let keys = callers::keys(&site, &policy, &own, &callers).await;
        let openapi = serde_json::from_str(&api::openapi()).unwrap();
        let mut matrix = Self {
            site,
            policy,
            own,
            other,
            callers: callers.into_iter().map(Arc::new).collect(),
            keys,
            openapi,
            before: Documents::new(),
            findings: Vec::new(),
        };
        matrix.first_uses().await;
        matrix.before = documents(&*backend).await;
        matrix
    }

    async fn side(site: &Site, key: &str, mark: &'static str, digits: &'static str) -> Side {
        let mut visit = site.visit_of(key).await;
        visit.goes_to_the_timeslots().await;
        let visit = (visit.id, visit.token);
        let lookup = site.store.platform().lookup(model::LookupKind::PublicKey, key).await;
        let organization = lookup.unwrap().unwrap().organization_id;
        Side::new(organization, mark, digits, key.to_owned(), visit)
    }

    /// The first use of a key is written down: it is not what a refused request writes.
    async fn first_uses(&self) {
        for caller in self.callers.iter().chain(self.keys.values()) {
            let path = format!("/api/v1/organizations/{}/roles", self.own.organization);
            self.ask(caller, "GET", &path, None).await;
        }
    }

    /// All cells of the operations that are asked for.
    pub(crate) async fn every_operation(&mut self, wanted: impl Fn(&Operation) -> bool) {
        let operations = self.policy.operations.clone();
        for operation in operations.iter().filter(|it| wanted(it)) {
            let body = self.body(operation).await;
            let key = match &operation.who {
                Who::Member(permission) => self.keys.get(permission),
                _ => None,
            };
            let callers: Vec<_> = self.callers.iter().chain(key).cloned().collect();
            for caller in callers {
                self.cells(operation, &caller, body.as_ref()).await;
            }
            if let Some(body) =
                body.filter(|it| it.is_object() && !operation.is_safe() && !is_unreached(operation))
            {
                self.references(operation, &body).await;
            }
        }
    }

    fn caller(&self, name: &str) -> &Caller {
        self.callers.iter().find(|it| it.name == name).unwrap()
    }

    /// What makes the operation succeed; afterwards everything is as it was.
    async fn body(&mut self, operation: &Operation) -> Option<Value> {
        let candidates = self.candidates(operation);
        for name in ["owner", "the platform’s admin", "the visitor"] {
            for body in &candidates {
                let (organization, id) = self.own_target(operation);
                let path = Self::path(operation, &organization, &id, &self.own);
                let answer =
                    self.ask(self.caller(name), &operation.method, &path, body.as_ref()).await;
                put_back(&**self.site.store.backend(), &self.before).await;
                if answer.status.is_success() {
                    return body.clone();
                }
            }
        }
        if !is_unreached(operation) {
            self.findings.push(format!(
                "nobody succeeds with {}: add a body to BODIES in tests/api/matrix.rs, or the \
                 reason why not to UNREACHED",
                operation.id
            ));
        }
        candidates.into_iter().next().flatten()
    }

    fn candidates(&self, operation: &Operation) -> Vec<Option<Value>> {
        let Some(fields) = self.fields(operation) else { return vec![None] };
        let given = BODIES.iter().filter(|it| it.0 == operation.id);
        let given = given.map(|it| serde_json::from_str(it.1).unwrap());
        let collection = operation.collection();
        let mut marked = 1_000_000;
        let samples = world::samples(collection);
        let samples = samples.iter().map(|it| self.own.own(collection, it, &mut marked));
        let samples = samples.map(|mut it| {
            it.as_object_mut().unwrap().retain(|name, _| fields.contains(name));
            it
        });
        let path = format!("{}/examples/{}.json", env!("CARGO_MANIFEST_DIR"), operation.id);
        let example = std::fs::read_to_string(path).ok();
        let example = example
            .and_then(|it| serde_json::from_str::<Value>(&it).unwrap().get("request").cloned());
        let example = example.into_iter().map(|mut it| {
            let mut to_own = |text: &mut String| {
                if world::is_id(text) {
                    *text = self.own.own_id(text);
                }
            };
            world::each_text(&mut it, &mut to_own);
            it
        });
        let empty = serde_json::json!({});
        given.chain(samples).chain(example).chain([empty]).map(Some).collect()
    }

    /// The members of the body that an operation takes.
    fn fields(&self, operation: &Operation) -> Option<BTreeSet<String>> {
        let described = &self.openapi["paths"][&operation.path][operation.method.to_lowercase()];
        let body = described.get("requestBody")?;
        let mut fields = BTreeSet::new();
        self.members(&body["content"]["application/json"]["schema"], &mut fields);
        Some(fields)
    }

    fn members(&self, schema: &Value, fields: &mut BTreeSet<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            self.members(self.openapi.pointer(&reference[1..]).unwrap(), fields);
        }
        let properties = schema["properties"].as_object();
        fields.extend(properties.into_iter().flatten().map(|it| it.0.clone()));
        for several in ["oneOf", "anyOf", "allOf"] {
            let forms = schema[several].as_array();
            forms.into_iter().flatten().for_each(|it| self.members(it, fields));
        }
    }

    fn path(operation: &Operation, organization: &str, id: &str, of: &Side) -> String {
        let path = operation
            .path
            .replace("{organization_id}", organization)
            .replace("{id}", id)
            .replace("{number}", "1")
            .replace("{public_key}", &of.public_key)
            .replace("{file}", &format!("{organization}{}", of.targets["files"]));
        assert!(!path.contains('{'), "say in tests/api/matrix.rs what stands for {path}");
        path
    }

    fn own_target(&self, operation: &Operation) -> (String, String) {
        (self.own.organization.to_string(), Self::target(operation, &self.own))
    }

    fn target(operation: &Operation, side: &Side) -> String {
        if !operation.has("id") {
            return NOBODYS.to_owned();
        }
        let name = operation.collection();
        let alias = COLLECTIONS.iter().find(|it| it.0 == name).map_or(name, |it| it.1);
        let is_platforms = operation.path.starts_with("/api/v1/platform/audit_log");
        let alias = if is_platforms { "platform_audit_log" } else { alias };
        let found = side.targets.get(alias);
        let hint = "say in COLLECTIONS of tests/api/matrix.rs which collection it is";
        found.unwrap_or_else(|| panic!("{}: {name}: {hint}", operation.path)).to_string()
    }

    async fn ask(&self, caller: &Caller, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(HOST, "localhost");
        if let Some((name, value)) = &caller.header {
            request = request.header(*name, value);
        }
        let body = match body {
            None => Body::empty(),
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
        };
        self.site.send(request.body(body).unwrap()).await
    }
}
