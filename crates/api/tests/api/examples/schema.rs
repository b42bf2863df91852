//! Checks values against the JSON Schema that the description uses, and no more of it: a keyword
//! that is not known here is an error, so that none is skipped.

use std::fmt::Write as _;

use regex_lite::Regex;
use serde_json::{Map, Value, json};

/// What the schemas refer to.
pub(super) struct Schemas<'a>(pub(super) &'a Value);

/// What does not fit, each with its place in the value.
type Problems = Vec<String>;

/// They say something to people, or to programs that make values.
const SILENT: [&str; 6] =
    ["title", "description", "default", "examples", "example", "contentMediaType"];

impl Schemas<'_> {
    /// All that does not fit the schema.
    pub(super) fn problems(&self, schema: &Value, value: &Value) -> Problems {
        let mut problems = Vec::new();
        self.check(schema, value, "", &mut problems);
        problems
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, problems: &mut Problems) {
        let Value::Object(keywords) = schema else {
            if *schema != Value::Bool(true) {
                problems.push(format!("{at}: nothing may be here"));
            }
            return;
        };
        for (keyword, wanted) in keywords {
            let fits = match keyword.as_str() {
                "$ref" => {
                    self.check(self.referred(wanted), value, at, problems);
                    true
                }
                "type" => is_of_type(wanted, value),
                "const" => wanted == value,
                "enum" => wanted.as_array().unwrap().contains(value),
                "allOf" => {
                    let all = wanted.as_array().unwrap();
                    for it in all {
                        self.check(it, value, at, problems);
                    }
                    true
                }
                "anyOf" => self.fitting(wanted, value) > 0,
                "oneOf" => self.fitting(wanted, value) == 1,
                "minimum" => value.as_f64().is_none_or(|it| it >= wanted.as_f64().unwrap()),
                "maximum" => value.as_f64().is_none_or(|it| it <= wanted.as_f64().unwrap()),
                "maxLength" => value
                    .as_str()
                    .is_none_or(|it| it.chars().count() as u64 <= wanted.as_u64().unwrap()),
                "pattern" => value.as_str().is_none_or(|it| matches(wanted, it)),
                "format" => has_format(wanted.as_str().unwrap(), value),
                "items" => {
                    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{at}/{n}"), problems);
                    }
                    true
                }
                "required" => {
                    let has = |it: &Value| value.get(it.as_str().unwrap()).is_some();
                    !value.is_object() || wanted.as_array().unwrap().iter().all(has)
                }
                "properties" | "patternProperties" | "additionalProperties" => true,
                silent if SILENT.contains(&silent) => true,
                unknown => panic!("this test does not know `{unknown}`"),
            };
            if !fits {
                let mut shown = value.to_string();
                shown.truncate(shown.char_indices().nth(200).map_or(shown.len(), |it| it.0));
                problems.push(format!("{at}: {keyword} {wanted}: {shown}"));
            }
        }
        for (name, member) in value.as_object().into_iter().flatten() {
            self.check_member(keywords, name, member, at, problems);
        }
    }

    fn check_member(
        &self,
        keywords: &Map<String, Value>,
        name: &str,
        member: &Value,
        at: &str,
        problems: &mut Problems,
    ) {
        let at = format!("{at}/{name}");
        let named = keywords.get("properties").and_then(|it| it.get(name));
        let like = keywords.get("patternProperties").and_then(Value::as_object);
        let like =
            like.into_iter().flatten().filter(|it| matches(&Value::from(it.0.as_str()), name));
        let mut own: Vec<_> = named.into_iter().chain(like.map(|it| it.1)).collect();
        if own.is_empty() {
            own.extend(keywords.get("additionalProperties"));
        }
        for schema in own {
            self.check(schema, member, &at, problems);
        }
    }

    fn fitting(&self, schemas: &Value, value: &Value) -> usize {
        let schemas = schemas.as_array().unwrap().iter();
        schemas.filter(|it| self.problems(it, value).is_empty()).count()
    }

    fn referred(&self, to: &Value) -> &Value {
        let path = to.as_str().unwrap().strip_prefix('#').unwrap();
        self.0.pointer(path).unwrap_or_else(|| panic!("{to} refers to nothing"))
    }
}

fn matches(pattern: &Value, text: &str) -> bool {
    Regex::new(pattern.as_str().unwrap()).unwrap().is_match(text)
}

fn is_of_type(wanted: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        unknown => panic!("this test does not know the type `{unknown}`"),
    };
    match wanted {
        Value::Array(any) => any.iter().any(is),
        one => is(one),
    }
}

fn has_format(name: &str, value: &Value) -> bool {
    let Some(text) = value.as_str() else {
        let below = |bits: u32| value.as_u64().is_none_or(|it| it >> bits == 0);
        return match name {
            "uint8" => below(8),
            "uint16" => below(16),
            "int32" => value.as_i64().is_none_or(|it| i32::try_from(it).is_ok()),
            "uint32" => below(32),
            _ => true,
        };
    };
    match name {
        "date-time" => text.parse::<model::Timestamp>().is_ok(),
        "date" => matches(&json!("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), text),
        "email" => text.contains('@'),
        "uri" => text.parse::<axum::http::Uri>().is_ok_and(|it| it.scheme().is_some()),
        // The name of a number's format, beside which a text may stand.
        "binary" | "double" => true,
        unknown => panic!("this test does not know the format `{unknown}`"),
    }
}

/// Each example fits the schema beside it, what is sent and what is answered.
#[test]
fn every_example_is_as_its_schema_says() {
    let openapi: Value = serde_json::from_str(&api::openapi()).unwrap();
    let schemas = Schemas(&openapi);
    let (mut checked, mut found) = (0, String::new());
    for operation in super::operations(&openapi) {
        let body = &operation.described["requestBody"]["content"]["application/json"];
        let answers = operation.described["responses"].as_object().unwrap().iter();
        let answers = answers.map(|it| &it.1["content"]["application/json"]);
        for media in answers.chain([body]) {
            let Some(example) = media.get("example") else { continue };
            checked += 1;
            for problem in schemas.problems(&media["schema"], example) {
                writeln!(found, "{}{problem}", operation.id).unwrap();
            }
        }
    }
    assert!(checked > 150, "{checked} examples");
    assert!(found.is_empty(), "{found}");
}

/// Without it the test above could not fail.
#[test]
fn a_value_that_is_otherwise_is_noticed() {
    let root = json!({ "id": { "type": "string", "pattern": "^[0-9a-f]{2}$" } });
    let schema = json!({
        "type": "object",
        "properties": {
            "id": { "$ref": "#/id" },
            "kind": { "oneOf": [{ "const": "a" }, { "type": "string", "maxLength": 1 }] },
            "count": { "type": ["integer", "null"], "minimum": 1, "maximum": 300, "format": "uint8" },
            "list": { "type": "array", "items": { "enum": ["x", "y"] } },
            "at": { "anyOf": [{ "type": "string", "format": "date-time" }, { "type": "null" }] },
        },
        "patternProperties": { "^x-": { "type": "boolean" } },
        "additionalProperties": false,
        "required": ["id"],
    });
    let schemas = Schemas(&root);
    let good = json!({
        "id": "0f", "kind": "b", "count": 7, "list": ["x"], "at": "2026-11-23T15:00:00Z",
        "x-more": true,
    });
    assert_eq!(schemas.problems(&schema, &good), Vec::<String>::new());
    for (field, bad) in [
        ("id", json!("0g")),
        ("id", json!(7)),
        ("kind", json!("a")),
        ("kind", json!("ab")),
        ("count", json!(0)),
        ("count", json!(256)),
        ("count", json!(301)),
        ("count", json!(1.5)),
        ("list", json!(["z"])),
        ("at", json!("yesterday")),
        ("x-more", json!("yes")),
        ("more", json!(1)),
    ] {
        let mut value = good.clone();
        value[field] = bad;
        let problems = schemas.problems(&schema, &value);
        assert!(
            problems.iter().any(|it| it.starts_with(&format!("/{field}"))),
            "{value}: {problems:?}"
        );
    }
    let mut without = good;
    without.as_object_mut().unwrap().remove("id");
    assert_eq!(schemas.problems(&schema, &without).len(), 1);
}
