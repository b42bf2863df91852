//! The API's own description of itself.

use std::path::Path;

use serde_json::Value;

use crate::site::Site;

const PUBLIC: [(&str, &str); 8] = [
    ("/public/v1/schedulers/{public_key}", "get"),
    ("/public/v1/schedulers/{public_key}/sessions", "post"),
    ("/public/v1/sessions/{id}", "get"),
    ("/public/v1/sessions/{id}/commands", "post"),
    ("/public/v1/sessions/{id}/events", "get"),
    ("/public/v1/sessions/{id}/files", "post"),
    ("/public/v1/sessions/{id}/timeslots", "get"),
    ("/public/v1/waitlist", "post"),
];

#[test]
fn the_description_that_is_checked_in_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        checked_in == api::openapi(),
        "openapi.json is not what the API is: renew it with `make contract`"
    );
}

#[test]
fn the_permissions_that_are_checked_in_are_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../permissions.txt");
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        checked_in == api::permissions(),
        "permissions.txt is not what the API asks for: renew it with `make contract` and read it"
    );
}

#[tokio::test]
async fn the_served_description_is_the_same() {
    let served = Site::new().await.get("/openapi.json").await;
    assert_eq!(served.header("content-type"), Some("application/json"));
    assert_eq!(served.text(), api::openapi());
}

#[test]
fn every_public_route_is_described() {
    let openapi: Value = serde_json::from_str(&api::openapi()).unwrap();
    let paths = openapi["paths"].as_object().unwrap();
    let public: Vec<_> = paths.keys().filter(|it| it.starts_with("/public/")).collect();
    assert_eq!(public, PUBLIC.map(|(path, _)| path));
    for (path, method) in PUBLIC {
        let operation = &paths[path][method];
        assert!(operation["operationId"].is_string() && operation["summary"].is_string(), "{path}");
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.keys().any(|it| it.starts_with('2')), "{path}");
        let problem = &answers["default"]["content"]["application/problem+json"];
        assert!(problem["schema"].is_object(), "{path}: {answers:?}");
        let is_private = path.starts_with("/public/v1/sessions/");
        assert_eq!(operation["security"].is_array(), is_private, "{path}");
        assert_eq!(method == "post", operation["requestBody"].is_object(), "{path}");
    }
}

/// What makes nothing, is sent with what can be used once only, or is held to the version or the plan
/// that it was decided on.
const NO_KEY: [&str; 23] = [
    "accept_invitation",
    "change_password",
    "check_booking_flow_routers",
    "confirm_totp",
    "forgot_password",
    "import_booking_flow",
    "join",
    "log_in",
    "log_out",
    "publish_booking_flow",
    "publish_version_of_booking_flow",
    "reset_password",
    "resolve_route",
    "restore_version_of_booking_flow",
    "revoke_api_key",
    "set_up",
    "set_up_totp",
    "show_invitation",
    "simulate_booking_flow",
    "switch_organization",
    "unpublish_booking_flow",
    "validate_booking_flow",
    "verify_email",
];

#[test]
fn whatever_is_made_takes_an_idempotency_key() {
    let openapi: Value = serde_json::from_str(&api::openapi()).unwrap();
    let mut without = Vec::new();
    for (path, item) in openapi["paths"].as_object().unwrap() {
        let Some(post) = item.get("post").filter(|_| path.starts_with("/api/")) else { continue };
        let parameters = post["parameters"].as_array().cloned().unwrap_or_default();
        if !parameters.iter().any(|it| it["name"] == "Idempotency-Key" && it["in"] == "header") {
            without.push(post["operationId"].as_str().unwrap().to_owned());
        }
    }
    without.sort();
    assert_eq!(without, NO_KEY, "take `Named` or `Keyed`, or say above why not");
}

#[tokio::test]
async fn every_route_that_is_described_is_there() {
    let site = Site::new().await;
    for (path, method) in PUBLIC {
        let path = path.replace("{public_key}", "nobody").replace("{id}", &"0".repeat(24));
        let answer = match method {
            "get" => site.get(&path).await,
            _ => site.post(&path, None, "{}").await,
        };
        let expected = match path.split('/').nth(3) {
            Some("schedulers") => "not_found",
            Some("waitlist") => "request.invalid",
            _ => "session.wrong_token",
        };
        assert_eq!(answer.json()["code"], expected, "{path}");
    }
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    let openapi: Value = serde_json::from_str(&api::openapi()).unwrap();
    let mut references = Vec::new();
    collect(&openapi, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let found = openapi.pointer(reference.trim_start_matches('#'));
        assert!(found.is_some(), "{reference}");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            let own = object.get("$ref").and_then(Value::as_str);
            references.extend(own.map(str::to_owned));
            object.values().for_each(|it| collect(it, references));
        }
        Value::Array(list) => list.iter().for_each(|it| collect(it, references)),
        _ => {}
    }
}

/// What is answered leads to what can be done with it: each link names an operation that there is,
/// all of its parameters, and a place where the example has an id.
#[test]
fn every_list_and_new_document_leads_to_its_operations() {
    let openapi: Value = serde_json::from_str(&api::openapi()).unwrap();
    let all = || {
        let paths = openapi["paths"].as_object().unwrap().iter();
        paths.flat_map(|(path, item)| item.as_object().unwrap().values().map(move |it| (path, it)))
    };
    let mut linked = std::collections::BTreeSet::new();
    for (_, from) in all() {
        for answer in from["responses"].as_object().unwrap().values() {
            for link in answer["links"].as_object().into_iter().flat_map(|it| it.values()) {
                let to = &link["operationId"];
                let (path, _) = all().find(|(_, it)| it["operationId"] == *to).unwrap();
                let named: Vec<_> =
                    link["parameters"].as_object().unwrap().keys().map(String::as_str).collect();
                let wanted: Vec<_> =
                    path.split('{').skip(1).map(|it| it.split_once('}').unwrap().0).collect();
                assert_eq!(
                    named.iter().collect::<std::collections::BTreeSet<_>>(),
                    wanted.iter().collect(),
                    "{to}"
                );
                let place = link["parameters"]["id"].as_str().unwrap();
                let place = place.strip_prefix("$response.body#").unwrap();
                let example = &answer["content"]["application/json"]["example"];
                let id = example.pointer(place).and_then(Value::as_str);
                assert_eq!(id.map(str::len), Some(24), "{to}: {place} of {example}");
                linked.insert(to.as_str().unwrap());
            }
        }
    }
    for (path, operation) in all().filter(|it| it.0.starts_with("/api/v1/organizations/")) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(linked.contains(id) || !path.ends_with("/{id}"), "{id} is not led to");
        assert!(!linked.contains(id) || path.contains("/{id}"), "{id} is led to");
    }
}
