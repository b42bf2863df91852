//! Flow files: read, built, checked, written.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use model::{
    Id, ObjectId,
    content::Slug,
    flow::{
        CompiledFlow,
        check::{Finding, check},
        file::FlowFile,
    },
    scheduler::{PostalPattern, ServiceZone},
};

use crate::files::{build, parse};

const SAMPLES: [&str; 8] = [
    include_str!("../../../../samples/bayside-pest-control/flow.yaml"),
    include_str!("../../../../samples/copperline-garage-doors/flow.yaml"),
    include_str!("../../../../samples/hartwell-law/flow.yaml"),
    include_str!("../../../../samples/highline-solar/flow.yaml"),
    include_str!("../../../../samples/lakeview-family-clinic/flow.yaml"),
    include_str!("../../../../samples/peachtree-home-services/flow.yaml"),
    include_str!("../../../../samples/sparkle-cleaning/flow.yaml"),
    include_str!("../../../../samples/two-rivers-moving/flow.yaml"),
];

/// As the specification of the format writes files: short, in flow mappings, without quotes.
const TERSE: &str = include_str!("terse.yaml");

fn whole() -> impl Iterator<Item = &'static str> {
    SAMPLES.into_iter().chain([TERSE, include_str!("whole.yaml")])
}

fn journeys(file: &FlowFile) -> Vec<Finding> {
    let bundle = build(file).bundle;
    let zones: IndexMap<Slug, ServiceZone> =
        bundle.zones.iter().map(|it| (it.body.slug.clone(), it.body.clone())).collect();
    let flow = CompiledFlow::new(Id::new(ObjectId::from_bytes([0; 12])), bundle.snapshot);
    file.run_journeys(&flow, &zones)
}

/// All that is found, as the command line collects it.
fn findings(file: &FlowFile) -> Vec<Finding> {
    let built = build(file);
    let mut findings = built.findings;
    findings.extend(check(&built.bundle).findings);
    findings
}

#[test]
fn every_sample_is_sound_and_all_its_journeys_end_where_they_should() {
    for text in whole() {
        let file = parse(text);
        assert_eq!(build(&file).findings, [], "{}", file.flow.slug);
        let report = check(&build(&file).bundle);
        assert!(report.ok, "{}: {:?}", file.flow.slug, report.findings);
        assert_eq!(journeys(&file), [], "{}", file.flow.slug);
    }
    for text in SAMPLES {
        let file = parse(text);
        let taken: BTreeSet<_> =
            file.journeys.iter().filter_map(|it| it.expect.service.clone()).collect();
        assert!(!taken.is_empty(), "{}", file.flow.slug);
    }
}

/// The trades that the samples have beside the first three.
#[test]
fn every_service_of_the_samples_of_trades_has_a_journey_and_nothing_is_left_to_warn_of() {
    let mut kinds = BTreeSet::new();
    for text in SAMPLES {
        let file = parse(text);
        kinds.extend(file.questions.values().map(|it| format!("{:?}", it.kind)));
        if ["home-services", "consultations", "home-cleaning"].contains(&file.flow.slug.as_str()) {
            continue;
        }
        let taken: BTreeSet<_> =
            file.journeys.iter().filter_map(|it| it.expect.service.as_ref()).collect();
        assert_eq!(taken, file.services.keys().collect(), "{}", file.flow.slug);
        let report = check(&build(&file).bundle);
        assert!((30..=150).contains(&report.nodes), "{}: {}", file.flow.slug, report.nodes);
        assert_eq!(report.findings, [], "{}", file.flow.slug);
    }
    assert_eq!(kinds.len(), 6, "{kinds:?}");
}

#[test]
fn what_is_written_is_read_again_and_is_the_same() {
    for text in whole() {
        let file = parse(text);
        let yaml = serde_saphyr::to_string(&file).unwrap();
        assert_eq!(parse(&yaml), file, "{yaml}");
        let json = serde_json::to_string_pretty(&file).unwrap();
        assert_eq!(parse(&json), file);
        assert_eq!(serde_json::from_str::<FlowFile>(&json).unwrap(), file);
        assert_eq!(serde_saphyr::to_string(&parse(&yaml)).unwrap(), yaml);
    }
}

#[test]
fn short_forms_mean_what_they_look_like() {
    let file = parse(TERSE);
    assert_eq!(file.flow.title, "Book a visit, today");
    let steps = serde_json::to_value(&file.steps).unwrap();
    assert_eq!(steps[0]["title"], "Where are you?");
    assert_eq!(steps[0]["zones"], serde_json::json!(["inner", "outer"]));
    let date = file.schedules[0].overrides[0].date;
    assert_eq!(date.to_string(), "2026-12-24");
}

macro_rules! broken {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../../samples/broken/", $name, ".yaml")))
    };
}

#[test]
fn each_broken_sample_has_the_mistake_that_it_promises_and_no_other() {
    for ((name, text), code) in [
        (broken!("cycle"), "graph.cycle"),
        (broken!("dead-end"), "graph.dead_end"),
        (broken!("two-services"), "graph.two_services"),
        (broken!("unknown-reference"), "reference.missing"),
        (broken!("step-order"), "flow.order"),
    ] {
        let codes: Vec<_> = findings(&parse(text)).into_iter().map(|it| it.code).collect();
        assert!(!codes.is_empty() && codes.iter().all(|it| *it == code), "{name}: {codes:?}");
    }
}

/// The line and the message of what is wrong.
fn refused(text: &str) -> (u64, String) {
    let error = FlowFile::parse(text).unwrap_err();
    let (line, column) = error.location.unwrap_or_else(|| panic!("nowhere: {error}"));
    assert!(column > 0);
    assert!(error.to_string().starts_with(&format!("line {line}, column {column}: ")), "{error}");
    (line, error.message)
}

fn line_of(text: &str, part: &str) -> u64 {
    let line = text.lines().position(|it| it.contains(part) && !it.starts_with('#'));
    line.unwrap() as u64 + 1
}

#[test]
fn a_misspelled_field_is_named_with_its_line() {
    let (_, text) = broken!("misspelled-field");
    let (line, message) = refused(text);
    assert_eq!(line, line_of(text, "descripton"));
    assert!(message.contains("descripton") && message.contains("description"), "{message}");
}

#[test]
fn what_a_step_does_not_know_is_named_with_its_line() {
    for (from, to, named) in [
        ("type: summary", "type: sumary", "sumary"),
        ("title: Check and book", "titel: Check", "titel"),
        ("mode: arrival_window", "mode: whenever", "whenever"),
        ("action: stop", "action: jump", "jump"),
        ("capacity: { per_window: 3 }", "capacity: { per_window: three }", "u32"),
        ("next: age", "nxt: age", "nxt"),
    ] {
        let text = TERSE.replace(from, to);
        assert_ne!(text, TERSE, "{from}");
        let (line, message) = refused(&text);
        assert_eq!(line, line_of(&text, to), "{message}");
        assert!(message.contains(named), "{message}");
    }
}

#[test]
fn what_is_no_flow_file_is_refused() {
    for text in
        ["", "[]", "42", "wrkbelt: flow/2\nflow: {}", "wrkbelt: flow/1", "{{", "a: b: c", "\u{0}"]
    {
        assert!(FlowFile::parse(text).is_err(), "{text:?}");
    }
    let twice = TERSE.replace("  age:\n", "  need:\n");
    let (line, message) = refused(&twice);
    assert!(line > 1 && message.contains("need"), "{message}");
}

#[test]
fn postal_codes_need_no_quotes() {
    for (written, read) in [
        ("[30305, 00501, 303*, \"30306\"]", &["30305", "00501", "303*", "30306"][..]),
        ("[K1A 0B1]", &["K1A0B1"]),
    ] {
        let text = TERSE.replace("[30301, 30305, 303*]", written);
        assert_ne!(text, TERSE);
        let codes = &parse(&text).zones[&"inner".parse::<Slug>().unwrap()].postal_codes;
        let codes: Vec<_> = codes.iter().map(PostalPattern::to_string).collect();
        assert_eq!(codes, read);
    }
    let (_, message) = refused(&TERSE.replace("[30301, 30305, 303*]", "[303-05]"));
    assert!(message.contains("303-05"), "{message}");
}

#[test]
fn each_slug_must_be_there() {
    for (from, to, place) in [
        ("next: age", "next: aeg", "questions.need.answers.yes.next"),
        ("service: mow }", "service: mwo }", "questions.need.answers.no.service"),
        ("next: { service: trim }", "next: { service: tirm }", "questions.age.next"),
        ("schedule: crew }", "schedule: creww }", "services.trim.schedule"),
        ("category: soon", "category: sooon", "questions.need.answers.yes.category"),
        ("start: need", "start: nead", "steps.1.start"),
        (
            "by_zone: { outer: 1 }",
            "by_zone: { otter: 1 }",
            "schedules.spare.capacity.by_zone.otter",
        ),
    ] {
        let text = TERSE.replacen(from, to, 1);
        assert_ne!(text, TERSE, "{from}");
        let missing: Vec<_> = build(&parse(&text))
            .findings
            .into_iter()
            .filter(|it| it.code == "reference.missing")
            .map(|it| it.path)
            .collect();
        assert_eq!(missing, [place]);
    }
}

#[test]
fn what_entities_do_not_allow_is_found_at_its_place() {
    for (from, to, place) in [
        ("time_zone: America/New_York", "time_zone: Mars/Base", "schedules.crew.time_zone"),
        ("duration_minutes: 90", "duration_minutes: 0", "services.mow.duration_minutes"),
        ("[30301, 30305, 303*]", "[3030]", "zones.inner.postal_codes.0"),
        ("rules: { min: 0, max: 60 }", "rules: { min: 9, max: 1 }", "questions.age.rules.max"),
        ("title: Check and book", "title: \"\"", "steps.5.content.title"),
        ("\"10:00-12:00\"]", "\"08:00-12:00\"]", "schedules.crew.arrival_windows.1.start"),
    ] {
        let text = TERSE.replacen(from, to, 1);
        assert_ne!(text, TERSE, "{from}");
        let found: Vec<_> = build(&parse(&text)).findings.into_iter().map(|it| it.path).collect();
        assert_eq!(found, [place]);
    }
}

#[test]
fn answers_of_a_multiple_choice_lead_nowhere_by_themselves() {
    let text = TERSE.replace("kind: single_choice", "kind: multi_choice");
    let found = findings(&parse(&text));
    let found: Vec<_> = found.iter().filter(|it| it.code == "graph.edge_kind").collect();
    let places: Vec<_> = found.iter().map(|it| &*it.path).collect();
    assert_eq!(places, ["questions.need.answers.yes", "questions.need.answers.no"]);
}

#[test]
fn a_journey_fails_when_it_ends_elsewhere() {
    for (from, to, reason) in [
        ("expect: { service: mow, zone: inner }", "expect: { service: trim }", "not at trim"),
        ("zone: inner", "zone: outer", "in the zone inner, not in outer"),
        ("zip: 30305", "zip: 94103", "in no zone"),
        ("zip: 30305", "zip: 3030", "not a postal code"),
        ("answers: [no]", "answers: [maybe]", "no answer maybe"),
        ("answers: [no]", "answers: []", "no answer to need"),
        ("answers: [no]", "answers: [no, no]", "answers left"),
        ("answers: [yes, 14]", "answers: [yes, old]", "age does not take \"old\""),
        ("answers: [yes, 14]", "answers: [yes, 61]", "from 0 to 60"),
        ("zones: [inner, outer]", "zones: [outer]", "in no zone"),
    ] {
        let text = TERSE.replacen(from, to, 1);
        assert_ne!(text, TERSE, "{from}");
        let failed = journeys(&parse(&text));
        let [finding] = &failed[..] else { panic!("{to}: {failed:?}") };
        assert!(finding.message.contains(reason), "{to}: {}", finding.message);
    }
}
