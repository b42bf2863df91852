//! What is not understood is refused, never dropped.

use model::{Entity, session::Command};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::stored::samples;

/// Fits nothing.
fn strange() -> Value {
    json!({ "strange": [[true]] })
}

/// The places of all objects and all values in a document, as JSON pointers.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, it)| {
                places(it, &format!("{at}/{}", key.replace('/', "~1")), all);
            });
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, it)| places(it, &format!("{at}/{n}"), all));
        }
        _ => {}
    }
}

/// Places where values of any type stand: a visitor's own, a mail's, and what was audited.
fn is_open(place: &str) -> bool {
    let last = place.rsplit('/').next().unwrap_or_default();
    let told = ["/template_data", "/before", "/after"].iter().any(|it| place.starts_with(it));
    told || place.contains("/details") || place.contains("/values") || last == "value"
}

/// Every object of the sample with one field more, and every value replaced by another.
fn accepted<T: DeserializeOwned>(sample: &Value) -> Vec<String> {
    let reads = |changed: &Value| serde_json::from_value::<T>(changed.clone()).is_ok();
    let mut all = Vec::new();
    places(sample, "", &mut all);
    let mut accepted = Vec::new();
    for place in all.iter().filter(|it| !is_open(it)) {
        let mut changed = sample.clone();
        let value = changed.pointer_mut(place).unwrap();
        if let Value::Object(fields) = value {
            fields.insert("strange".to_owned(), strange());
            if reads(&changed) {
                accepted.push(format!("a strange field at {place}"));
            }
        }
        *changed.pointer_mut(place).unwrap() = strange();
        if reads(&changed) {
            accepted.push(format!("a strange value at {place}"));
        }
    }
    accepted
}

fn check_entity<E: Entity>() -> Vec<String> {
    let name = E::COLLECTION.name;
    let all = samples(name).into_iter().flat_map(|it| accepted::<E>(&it));
    all.map(|it| format!("{name}: {it}")).collect()
}

macro_rules! check_all {
    ($($E:path),+ $(,)?) => {
        #[test]
        fn no_entity_takes_what_it_does_not_know() {
            let accepted = [$(check_entity::<$E>()),+].concat();
            assert!(accepted.is_empty(), "{}", accepted.join("\n"));
        }
    };
}
model::for_each_entity!(check_all);

const ID: &str = "67412a0101020304ffabcdef";

/// One of each, with all of its fields.
fn commands() -> Vec<Value> {
    let address = json!({
        "street": "1 Peachtree St", "unit": "4b", "city": "Atlanta", "region": "GA",
        "postal_code": "30305", "country": "US"
    });
    vec![
        json!({ "type": "submit_zip", "zip": "30305" }),
        json!({ "type": "answer_question", "node_id": ID, "answer_ids": [ID], "value": 3 }),
        json!({ "type": "go_back", "to_step_id": ID, "to_node_id": ID }),
        json!({ "type": "submit_details", "values": { "notes": "hi" } }),
        json!({ "type": "attach_file", "file_id": ID }),
        json!({ "type": "remove_file", "file_id": ID }),
        json!({ "type": "view_timeslots", "from": "2026-11-24", "to": "2026-11-25" }),
        json!({ "type": "select_timeslot", "start": "2026-11-24T13:00:00.000Z" }),
        json!({ "type": "release_timeslot" }),
        json!({
            "type": "submit_customer", "first_name": "Ada", "last_name": "Byron",
            "email": "ada@example.com", "phone": "404 555 0134", "address": address,
            "consents": ["terms"]
        }),
        json!({ "type": "confirm" }),
        json!({ "type": "abandon", "reason": "price" }),
        json!({ "type": "resume" }),
    ]
}

/// A new command does not compile until it is listed here.
fn place_of(command: &Command) -> usize {
    match command {
        Command::SubmitZip { .. } => 0,
        Command::AnswerQuestion { .. } => 1,
        Command::GoBack { .. } => 2,
        Command::SubmitDetails { .. } => 3,
        Command::AttachFile { .. } => 4,
        Command::RemoveFile { .. } => 5,
        Command::ViewTimeslots { .. } => 6,
        Command::SelectTimeslot { .. } => 7,
        Command::ReleaseTimeslot {} => 8,
        Command::SubmitCustomer { .. } => 9,
        Command::Confirm {} => 10,
        Command::Abandon { .. } => 11,
        Command::Resume {} => 12,
    }
}

#[test]
fn every_command_is_read_and_takes_nothing_that_it_does_not_know() {
    for (n, sample) in commands().into_iter().enumerate() {
        let command: Command = serde_json::from_value(sample.clone()).unwrap();
        assert_eq!((place_of(&command), command.name()), (n, sample["type"].as_str().unwrap()));
        assert_eq!(serde_json::to_value(&command).unwrap(), sample);
        assert_eq!(accepted::<Command>(&sample), [""; 0], "{sample}");
    }
}

#[test]
fn commands_without_what_they_need_are_refused() {
    for text in [
        "{}",
        "[]",
        "null",
        r#""confirm""#,
        r#"{ "type": "dance" }"#,
        r#"{ "type": "submit_zip" }"#,
        r#"{ "type": "submit_zip", "zip": 30305 }"#,
        r#"{ "type": "answer_question" }"#,
        r#"{ "type": "answer_question", "node_id": "need" }"#,
        r#"{ "type": "submit_details" }"#,
        r#"{ "type": "attach_file" }"#,
        r#"{ "type": "remove_file", "file_id": "x" }"#,
        r#"{ "type": "view_timeslots", "from": "2026-11-24" }"#,
        r#"{ "type": "view_timeslots", "from": "2026-02-30", "to": "2026-03-01" }"#,
        r#"{ "type": "select_timeslot", "start": "tomorrow" }"#,
        r#"{ "type": "abandon", "reason": "bored" }"#,
        r#"{ "type": "submit_customer", "consents": "terms" }"#,
        r#"{ "type": "confirm", "type": "confirm" }"#,
    ] {
        assert!(serde_json::from_str::<Command>(text).is_err(), "{text}");
    }
}

#[test]
fn what_may_be_left_out_of_a_command_may_be_left_out() {
    for text in [
        r#"{ "type": "answer_question", "node_id": "67412a0101020304ffabcdef" }"#,
        r#"{ "type": "go_back" }"#,
        r#"{ "type": "submit_customer" }"#,
        r#"{ "type": "abandon" }"#,
        r#"{ "type": "abandon", "reason": null }"#,
    ] {
        assert!(serde_json::from_str::<Command>(text).is_ok(), "{text}");
    }
}
