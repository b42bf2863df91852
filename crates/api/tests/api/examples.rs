//! The examples of the description: what is said and answered when a sample business is used.

#[path = "examples/documents.rs"]
mod documents;
#[path = "examples/files.rs"]
mod files;
#[path = "examples/flows.rs"]
mod flows;
#[path = "examples/people.rs"]
mod people;
#[path = "examples/schema.rs"]
mod schema;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use axum::{body::Body, http::Request};
use serde_json::{Map, Value, json};

use crate::{site::Site, visits_files};

/// Every operation has one, and the description shows it. `make contract` makes them anew.
#[tokio::test]
async fn the_examples_are_what_the_api_answers() {
    let mut run = Run::new().await;
    run.visit().await;
    run.visits_file().await;
    run.people().await;
    run.documents().await;
    run.waitlist().await;
    run.system().await;
    let taken = run.finish();
    if std::env::var_os("WRKBELT_RENEW_EXAMPLES").is_some() {
        write(&taken);
    }
    let kept: BTreeSet<_> = fs::read_dir(folder()).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(kept, taken.keys().map(|it| file(it)).collect(), "renew with `make contract`");
    let openapi: Value = serde_json::from_str(&api::openapi()).unwrap();
    let described: BTreeSet<_> = operations(&openapi).map(|it| it.id).collect();
    assert_eq!(described, taken.keys().map(String::as_str).collect(), "not called by this run");
    for operation in operations(&openapi) {
        let example = &taken[operation.id];
        let kept = fs::read_to_string(file(operation.id)).unwrap();
        assert_eq!(kept, text(example), "{}: renew with `make contract`", operation.id);
        assert_eq!(operation.example(), *example, "{} is described otherwise", operation.id);
    }
}

/// What has been said and answered so far, by the ids of operations.
struct Run {
    site: Site,
    key: String,
    openapi: Value,
    taken: BTreeMap<String, Value>,
}

/// One operation as it is described.
struct Operation<'a> {
    id: &'a str,
    method: &'a str,
    path: &'a str,
    described: &'a Value,
}

impl Run {
    async fn new() -> Self {
        let site = Site::new().await;
        site.system.migrations().up(None, &mut |_| ()).await.unwrap();
        let key = site.sample("sparkle-cleaning").await;
        let openapi = serde_json::from_str(&api::openapi()).unwrap();
        Self { site, key, openapi, taken: BTreeMap::new() }
    }

    /// Calls an operation that must succeed. Its first call becomes its example.
    async fn call(
        &mut self,
        operation: &str,
        in_path: &[(&str, &str)],
        token: Option<&str>,
        body: Option<Value>,
    ) -> Value {
        let found = operations(&self.openapi).find(|it| it.id == operation);
        let found = found.unwrap_or_else(|| panic!("{operation} is not described"));
        let path = in_path.iter().fold(found.path.to_owned(), |path, (name, value)| match *name {
            "?" => format!("{path}?{value}"),
            name => path.replace(&format!("{{{name}}}"), value),
        });
        let mut request = Request::builder().method(&*found.method.to_uppercase()).uri(path);
        request = match token {
            Some(token) if token.starts_with("wbl_") => {
                request.header("cookie", format!("__Host-wrkbelt={token}"))
            }
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        let form = &found.described["requestBody"]["content"]["multipart/form-data"];
        let is_form = form.is_object();
        let sent = match &body {
            Some(body) if is_form => {
                request = request.header("content-type", "multipart/form-data; boundary=cut");
                Body::from(files::form(body))
            }
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let answer = self.site.send(request.body(sent).unwrap()).await;
        assert!(answer.status.is_success(), "{operation}: {}", answer.text());
        let status = answer.status.as_u16().to_string();
        assert!(found.described["responses"][&status].is_object(), "{operation} answered {status}");
        let is_json = answer.header("content-type") == Some("application/json");
        let answer = if is_json { Some(answer.json()) } else { None };
        let example = example(body.filter(|_| !is_form), answer.clone());
        self.taken.entry(operation.to_owned()).or_insert(example);
        answer.unwrap_or_default()
    }

    async fn visit(&mut self) {
        let key = self.key.clone();
        let business = [("public_key", &*key)];
        self.call("show_scheduler", &business, None, None).await;
        let start = json!({
            "page_url": "https://sparkle.example/?utm_source=newsletter",
            "referrer": "https://search.example/",
            "locale": "en-US",
            "attribution": { "utm": { "source": "newsletter" } },
            "device": { "kind": "mobile", "os": "iOS", "browser": "Safari" },
        });
        let started = self.call("start_session", &business, None, Some(start)).await;
        let session = [("id", started["session_id"].as_str().unwrap())];
        let token = started["session_token"].as_str();
        let mut view = started["view"].clone();
        for n in 1..=3 {
            let node = &view["question"]["node_id"];
            let command = match n {
                1 => json!({ "type": "submit_zip", "zip": "97214" }),
                2 => {
                    let first = &view["question"]["answers"][0]["id"];
                    json!({ "type": "answer_question", "node_id": node, "answer_ids": [first] })
                }
                _ => json!({ "type": "answer_question", "node_id": node, "answer_ids": [] }),
            };
            let body = json!({
                "command_id": format!("visit-{n}"),
                "expected_sequence": view["sequence"],
                "command": command,
            });
            let executed = self.call("execute_command", &session, token, Some(body)).await;
            view = executed["view"].clone();
        }
        for operation in ["show_session", "list_session_events", "list_timeslots"] {
            self.call(operation, &session, token, None).await;
        }
    }

    async fn visits_file(&mut self) {
        visits_files::take_files(&self.site).await;
        let (id, token) = {
            let visit = visits_files::at_the_details(&self.site).await;
            (visit.id.clone(), visit.token.clone())
        };
        let photo = json!({ "filename": "kitchen.png" });
        self.call("add_session_file", &[("id", &*id)], Some(&token), Some(photo)).await;
    }

    async fn waitlist(&mut self) {
        let asked = json!({
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "ada@lovelace.example",
            "company_name": "Lovelace Heating",
            "company_website": "https://lovelace.example/",
            "source": "A friend",
            "consent": true,
        });
        self.call("join_waitlist", &[], None, Some(asked)).await;
    }

    async fn system(&mut self) {
        for operation in ["healthz", "readyz"] {
            self.call(operation, &[], None, None).await;
        }
    }

    /// The examples, with what is random numbered or written as always the same.
    fn finish(self) -> BTreeMap<String, Value> {
        let mut taken = self.taken;
        let mut ids = BTreeMap::new();
        for it in taken.values_mut() {
            settle(it, &mut ids);
        }
        taken
    }
}

/// Members whose values are random, and what stands for them.
const RANDOM: [(&str, &str); 17] = [
    ("last_event_hash", "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce"),
    ("avatar_url", "/files/6b0454f00000000000000001"),
    ("url", files::LINK),
    ("checksum", "4b227777d4dd1fc61c6f884f48641d02b4d121d3fd328cb08b5531fcacdabf8a"),
    ("hash", "cd0aa9856147b6c5b4ff2b7dfee5da20aa38253099ef1b4a64aced233c9afe29"),
    ("previous_hash", "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"),
    ("request_id", "73feffa4b7f6bb68"),
    ("prefix", "wb_…4b7f6bb6"),
    ("next_cursor", "eyJvZiI6InNlcnZpY2Vfem9uZXMuX2lkLjAifQ"),
    ("command_digest", "3906db6a703e8455c40117b399f5809a"),
    ("public_key", "pk_5parkl3C1ean1ngBook1ng"),
    ("session_token", "kX2vB9mQ4tR7wY1zL6nP3sD8fG5hJ0aC"),
    ("token", "pR5wT8yK2mX7cV4bN9qL1zD6fG3hJ0sA"),
    ("secret", people::SECRET),
    ("qr_code", people::QR_CODE),
    ("code", "394815"),
    ("token_hash", "b899732ce4489e12a6be4a148cc0956d7615b57262f4540568590ff3e9893e24"),
];

/// The same names have values that are always the same: pages, and codes of verdicts.
fn is_random(name: &str, text: &str) -> bool {
    match name {
        "url" => text.starts_with('/'),
        "code" => text.bytes().all(|it| it.is_ascii_digit()),
        _ => !text.is_empty() && !text.starts_with("otpauth:"),
    }
}

/// How ids begin that are made at the time of the sample business.
const SECONDS: &str = "6b0454f0";

/// An id keeps its time, and is numbered in the order of its first appearance.
fn settle(value: &mut Value, ids: &mut BTreeMap<String, usize>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|it| settle(it, ids)),
        Value::Object(members) => {
            members.values_mut().for_each(|it| settle(it, ids));
            for (name, fixed) in RANDOM {
                let Some(it) = members.get_mut(name) else { continue };
                if it.as_str().is_some_and(|it| is_random(name, it)) {
                    *it = fixed.into();
                }
            }
        }
        Value::String(text)
            if text.len() == 24 && text.bytes().all(|it| it.is_ascii_hexdigit()) =>
        {
            let next = ids.len() + 1;
            let number = ids.entry(text.clone()).or_insert(next);
            // Those that are made from what they are of have no time.
            let at = if text.starts_with(SECONDS) { SECONDS } else { "00000000" };
            *text = format!("{at}{number:016x}");
        }
        Value::String(text) if text.starts_with("otpauth:") => {
            *text = people::scanned(text);
        }
        Value::String(text) if people::is_recovery_code(text) => {
            people::RECOVERY_CODE.clone_into(text);
        }
        Value::String(text) if text.starts_with("wb_") && text.len() > 80 => {
            *text = format!("wb_{}", "6b0454f0".repeat(14));
        }
        _ => {}
    }
}

impl Operation<'_> {
    /// The example in the description, written as one of a run.
    fn example(&self) -> Value {
        let shown = |it: &Value| it["content"]["application/json"].get("example").cloned();
        let answers = self.described["responses"].as_object().unwrap().iter();
        let mut answers = answers.filter(|(status, _)| status.starts_with('2'));
        example(
            shown(&self.described["requestBody"]),
            answers.find_map(|(_, answer)| shown(answer)),
        )
    }
}

fn example(request: Option<Value>, answer: Option<Value>) -> Value {
    let parts = [("request", request), ("answer", answer)];
    let parts = parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?)));
    Value::Object(parts.collect::<Map<_, _>>())
}

fn operations(openapi: &Value) -> impl Iterator<Item = Operation<'_>> {
    openapi["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, described)| {
            let id = described["operationId"].as_str();
            let id = id.unwrap_or_else(|| panic!("{method} {path} has no operationId"));
            Operation { id, method, path, described }
        })
    })
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn file(operation: &str) -> PathBuf {
    folder().join(format!("{operation}.json"))
}

fn text(example: &Value) -> String {
    serde_json::to_string_pretty(example).unwrap() + "\n"
}

fn write(taken: &BTreeMap<String, Value>) {
    fs::remove_dir_all(folder()).unwrap();
    fs::create_dir(folder()).unwrap();
    for (operation, example) in taken {
        fs::write(file(operation), text(example)).unwrap();
    }
}
