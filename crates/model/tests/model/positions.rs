//! Where things are in the text of a file.

use model::flow::{
    check::check,
    file::{FlowFile, Positions, text_of},
};

use crate::files::{build, parse};

const TERSE: &str = include_str!("terse.yaml");

/// What the text has at a place.
fn at(text: &str, path: &str) -> String {
    let (line, column) = Positions::of(text).find(path);
    let line = text.lines().nth(usize::try_from(line).unwrap() - 1).unwrap();
    line.chars().skip(usize::try_from(column).unwrap() - 1).collect()
}

#[test]
fn a_place_is_where_its_key_is() {
    for (path, text) in [
        ("flow", "flow: { slug: garden"),
        ("flow.title", "title: \"Book a visit"),
        ("services.mow", "mow:  { title: Mow the lawn"),
        ("services.mow.price.amount_minor", "amount_minor: 14900"),
        ("zones.inner.postal_codes.1", "30305, 303*"),
        ("schedules.crew.arrival_windows.1.start", "\"10:00-12:00\"]"),
        ("questions.need.answers.yes", "yes: { title: There is one"),
        ("questions.need.answers.no.service", "service: mow }"),
        ("steps.0.zones.1", "outer], outside_area"),
        ("steps.service_selection.start", "start: need }"),
        ("steps.5.content.title", "title: Check and book"),
        ("journeys.1", "{ name: an old hedge"),
        // What the file does not have is where it would stand.
        ("questions.need.next", "need:"),
        ("questions.other", "questions:"),
        ("", "wrkbelt: flow/1"),
    ] {
        let found = at(TERSE, path);
        assert!(found.starts_with(text), "{path}: {found}");
    }
    let json = parse(TERSE).to_json();
    assert!(at(&json, "questions.need.answers.yes").starts_with("\"yes\": {"));
    assert!(at("no: [file", "flow").starts_with("no:"));
}

#[test]
fn every_finding_has_the_line_of_what_is_wrong() {
    for (from, to) in [
        ("next: age", "next: aeg"),
        ("service: mow }", "service: mwo }"),
        ("schedule: crew }", "schedule: creww }"),
        ("start: need", "start: nead"),
        ("by_zone: { outer: 1 }", "by_zone: { otter: 1 }"),
        ("duration_minutes: 90", "duration_minutes: 0"),
        ("rules: { min: 0, max: 60 }", "rules: { min: 9, max: 1 }"),
        ("title: Check and book", "title: \"\""),
        ("no:  { title: Only a lawn, service: mow }", "no:  { title: Only a lawn, next: need }"),
        ("no:  { title: Only a lawn, service: mow }", "no:  { title: Only a lawn }"),
    ] {
        let text = TERSE.replacen(from, to, 1);
        let line = text.lines().position(|it| it.contains(to)).unwrap() as u64 + 1;
        let built = build(&parse(&text));
        let report = check(&built.bundle).with(built.findings).located(&Positions::of(&text));
        let places: Vec<_> = report.findings.iter().map(|it| (it.code, it.line)).collect();
        let is_near = |it: &(&str, Option<u64>)| it.1 == Some(line);
        // A cycle is reported where it begins: at the question above the answer.
        let cycle = |it: &(&str, Option<u64>)| it.0 == "graph.cycle" && it.1.unwrap() < line;
        assert!(places.iter().any(|it| is_near(it) || cycle(it)), "{to}: {line} {places:?}");
        assert!(report.findings.iter().all(|it| it.line.is_some() && it.column.is_some()));
    }
}

#[test]
fn what_is_not_utf_8_is_refused_with_its_line() {
    let mut bytes = TERSE.as_bytes().to_vec();
    let place = TERSE.find("Mow the lawn").unwrap();
    bytes[place] = 0xff;
    let error = FlowFile::parse_bytes(&bytes).unwrap_err();
    let line = TERSE[..place].matches('\n').count() as u64 + 1;
    assert_eq!(error.location.unwrap().0, line);
    assert!(error.message.contains("UTF-8"));
    assert!(text_of(TERSE.as_bytes()).is_ok() && FlowFile::parse_bytes(TERSE.as_bytes()).is_ok());
}
