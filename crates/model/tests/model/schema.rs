//! The JSON Schema of flow files, and a small reading of what such schemas say.

use model::flow::file::FlowFile;
use serde_json::Value;

use crate::files::parse;

const KEPT: &str = include_str!("../../../../docs/flow.schema.json");

const SAMPLES: [&str; 10] = [
    include_str!("../../../../samples/bayside-pest-control/flow.yaml"),
    include_str!("../../../../samples/copperline-garage-doors/flow.yaml"),
    include_str!("../../../../samples/highline-solar/flow.yaml"),
    include_str!("../../../../samples/lakeview-family-clinic/flow.yaml"),
    include_str!("../../../../samples/two-rivers-moving/flow.yaml"),
    include_str!("../../../../samples/hartwell-law/flow.yaml"),
    include_str!("../../../../samples/peachtree-home-services/flow.yaml"),
    include_str!("../../../../samples/sparkle-cleaning/flow.yaml"),
    include_str!("terse-exported.yaml"),
    include_str!("twice.yaml"),
];

/// What says nothing about whether a value fits.
const REMARKS: [&str; 7] =
    ["$schema", "title", "description", "default", "examples", "format", "$defs"];

/// Why a value does not fit; a keyword that is not known here fails the test.
fn refuse(schema: &Value, value: &Value, root: &Value, at: &str) -> Result<(), String> {
    let Value::Object(rules) = schema else {
        return if *schema == Value::Bool(true) {
            Ok(())
        } else {
            Err(format!("{at}: nothing fits"))
        };
    };
    let wrong = |why: &str| Err(format!("{at}: {why}: {value}"));
    for (keyword, rule) in rules {
        let fits = |it: &Value| refuse(it, value, root, at).is_ok();
        let count = || rule.as_array().unwrap().iter().filter(|it| fits(it)).count();
        match keyword.as_str() {
            it if REMARKS.contains(&it) => {}
            "$ref" => {
                let target = root.pointer(rule.as_str().unwrap().trim_start_matches('#'));
                refuse(target.unwrap(), value, root, at)?;
            }
            "type" => {
                let is = |kind: &str| match kind {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "number" => value.is_number(),
                    "null" => value.is_null(),
                    other => panic!("type {other}"),
                };
                let kinds = rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()]);
                if !kinds.iter().any(|it| is(it.as_str().unwrap())) {
                    return wrong("another type");
                }
            }
            "const" if value != rule => return wrong("not the one value"),
            "enum" if !rule.as_array().unwrap().contains(value) => return wrong("not among"),
            "oneOf" if count() != 1 => return wrong("not exactly one of"),
            "anyOf" if count() == 0 => return wrong("none of"),
            "allOf" => {
                for it in rule.as_array().unwrap() {
                    refuse(it, value, root, at)?;
                }
            }
            "required" if value.is_object() => {
                let missing = |it: &&Value| value.get(it.as_str().unwrap()).is_none();
                if let Some(name) = rule.as_array().unwrap().iter().find(missing) {
                    return wrong(&format!("{name} is missing"));
                }
            }
            // Held, or looked at with the fields.
            "const"
            | "enum"
            | "oneOf"
            | "anyOf"
            | "required"
            | "properties"
            | "additionalProperties"
            | "patternProperties" => {}
            "items" => {
                for (n, it) in value.as_array().into_iter().flatten().enumerate() {
                    refuse(rule, it, root, &format!("{at}.{n}"))?;
                }
            }
            "pattern" => {
                let regex = regex_lite::Regex::new(rule.as_str().unwrap()).unwrap();
                if value.as_str().is_some_and(|it| !regex.is_match(it)) {
                    return wrong("another form");
                }
            }
            "minimum" | "maximum" => {
                let (it, limit) = (value.as_f64(), rule.as_f64().unwrap());
                let over = |it: f64| if keyword == "minimum" { it < limit } else { it > limit };
                if it.is_some_and(over) {
                    return wrong("out of range");
                }
            }
            other => panic!("{at}: the keyword {other}"),
        }
    }
    fields(rules, value, root, at)
}

fn fields(
    rules: &serde_json::Map<String, Value>,
    value: &Value,
    root: &Value,
    at: &str,
) -> Result<(), String> {
    for (name, it) in value.as_object().into_iter().flatten() {
        let at = format!("{at}.{name}");
        if let Some(rule) = rules.get("properties").and_then(|rules| rules.get(name)) {
            refuse(rule, it, root, &at)?;
            continue;
        }
        let patterns = rules.get("patternProperties").and_then(Value::as_object);
        let by_pattern = patterns
            .into_iter()
            .flatten()
            .find(|(pattern, _)| regex_lite::Regex::new(pattern).unwrap().is_match(name));
        match by_pattern.map(|(_, rule)| rule).or_else(|| rules.get("additionalProperties")) {
            Some(Value::Bool(false)) => return Err(format!("{at} is not known")),
            Some(rule) => refuse(rule, it, root, &at)?,
            None => {}
        }
    }
    Ok(())
}

fn check(text: &str) -> Result<(), String> {
    let schema: Value = serde_json::from_str(KEPT).unwrap();
    let options = serde_saphyr::options! { strict_booleans: true };
    let value: Value = serde_saphyr::from_str_with_options(text, options).unwrap();
    refuse(&schema, &value, &schema, "")
}

#[test]
fn the_schema_in_the_documentation_is_the_one_of_the_format() {
    assert!(KEPT == FlowFile::schema(), "renew docs/flow.schema.json with `make contract`");
    let schema: Value = serde_json::from_str(KEPT).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

#[test]
fn every_sample_fits_the_schema_and_says_where_it_is() {
    for text in SAMPLES {
        assert_eq!(check(text), Ok(()));
        assert_eq!(check(&parse(text).to_json()), Ok(()));
    }
    for text in &SAMPLES[..8] {
        assert!(text.starts_with("# yaml-language-server: $schema=../../docs/flow.schema.json\n"));
    }
}

#[test]
fn what_the_format_refuses_does_not_fit_the_schema() {
    let text = include_str!("terse-exported.yaml");
    for (from, to) in [
        ("wrkbelt: flow/1", "wrkbelt: flow/2"),
        ("type: summary", "type: sumary"),
        ("kind: number", "kind: numbr"),
        ("title: Mow the lawn", "titel: Mow the lawn"),
        ("per_window: 3", "per_window: three"),
        ("start: need", "begin: need"),
        ("next: { service: trim }", "next: { servce: trim }"),
        ("mon: [\"08:00-17:00\"]", "mon: [\"8-17\"]"),
        ("required: false", "required: \"false\""),
        ("currency: USD", "currency: usd"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert!(check(&changed).is_err(), "{to}");
        assert!(FlowFile::parse(&changed).is_err(), "{to}");
    }
}

/// An editor shows these while somebody writes.
#[test]
fn every_field_of_the_format_is_described() {
    let schema: Value = serde_json::from_str(KEPT).unwrap();
    let entries = ["QuestionEntry", "AnswerEntry", "ServiceEntry", "ZoneEntry", "ScheduleEntry"];
    let plain = ["title", "description", "overrides", "per_day"];
    let mut seen = 0;
    for name in entries {
        for (field, rule) in schema["$defs"][name]["properties"].as_object().unwrap() {
            seen += 1;
            let is_described = rule["description"].is_string() || plain.contains(&field.as_str());
            assert!(is_described, "{name}.{field}");
        }
    }
    assert!(seen > 40);
}
