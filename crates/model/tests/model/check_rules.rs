//! Each rule of a flow, broken by itself.

use model::{
    Id, ObjectId,
    flow::{
        FlowBundle,
        check::{Finding, Report, Severity, check},
    },
    scheduler::{AnswerKind, QuestionKind, ServiceStatus},
    step::{GraphEdge, GraphNode, NodeTarget, ServiceGraph, StepConfig},
};

use crate::{
    files::bundle,
    sketch::{Ask, Reply, Sketch, Spot, id},
};

/// All kinds of steps; every rule holds.
pub(crate) const FLOW: &str = include_str!("whole.yaml");

/// The only findings, as `code path`.
fn found(report: &Report) -> Vec<String> {
    report.findings.iter().map(|it| format!("{} {}", it.code, it.path)).collect()
}

#[track_caller]
fn expect_of(bundle: &FlowBundle, expected: &[&str]) -> Report {
    let report = check(bundle);
    assert_eq!(found(&report), expected);
    assert_eq!(report.ok, report.findings.iter().all(|it| it.severity == Severity::Warning));
    report
}

/// What is found in the whole flow after a change to its text.
#[track_caller]
pub(crate) fn changed(from: &str, to: &str, expected: &[&str]) -> Report {
    assert!(FLOW.contains(from), "{from}");
    expect_of(&bundle(&FLOW.replace(from, to)), expected)
}

fn graph(bundle: &mut FlowBundle) -> &mut ServiceGraph {
    let mut steps = bundle.snapshot.steps.iter_mut();
    let graph = steps.find_map(|it| match &mut it.body.config {
        StepConfig::ServiceSelection(config) => Some(&mut config.graph),
        _ => None,
    });
    graph.unwrap()
}

/// Two questions, the second under the first answer of the first; two services.
fn small() -> Sketch {
    let selects = |service| Reply { selects: Some(service), next: None };
    let leads = Reply { selects: None, next: Some(Spot::Question(1)) };
    Sketch {
        root: Spot::Question(0),
        questions: vec![
            Ask::Choice(vec![leads, selects(0)]),
            Ask::Choice(vec![selects(0), selects(1)]),
        ],
        services: 0,
        more_edges: Vec::new(),
    }
}

/// The services of [`small`] without nodes of their own.
fn small_bundle() -> FlowBundle {
    let mut with_nodes = small();
    with_nodes.services = 2;
    let mut bundle = with_nodes.bundle();
    *graph(&mut bundle) = graph(&mut small().bundle()).clone();
    bundle
}

fn edge(from: Spot, to: Spot) -> GraphEdge {
    GraphEdge { id: id(90, 0), source_node_id: from.node_id(), target_node_id: to.node_id() }
}

fn with_edge(from: Spot, to: Spot) -> FlowBundle {
    let mut bundle = small_bundle();
    graph(&mut bundle).edges.push(edge(from, to));
    bundle
}

fn only(report: &Report) -> &Finding {
    &report.findings[0]
}

#[test]
fn the_whole_flow_and_the_small_one_are_sound() {
    let report = expect_of(&bundle(FLOW), &[]);
    assert_eq!((report.paths.as_str(), report.questions.min, report.questions.max), ("4", 1, 3));
    assert_eq!((report.nodes, report.edges), (10, 9));
    let report = expect_of(&small_bundle(), &[]);
    assert_eq!(report.paths, "3");
    assert!((report.questions.mean - 1.5).abs() < 1e-9);
}

#[test]
fn a_graph_begins_at_one_question() {
    let no_root = &["graph.no_root steps.service_selection.start"];
    let mut bundle = small_bundle();
    graph(&mut bundle).root_node_id = id(99, 99);
    expect_of(&bundle, no_root);
    graph(&mut bundle).root_node_id = Spot::Answer(0, 0).node_id();
    expect_of(&bundle, no_root);
    let mut bundle = small_bundle();
    graph(&mut bundle).edges.retain(|it| it.target_node_id != Spot::Question(1).node_id());
    let report = check(&bundle);
    let roots: Vec<_> = report.findings.iter().filter(|it| it.code == "graph.many_roots").collect();
    assert_eq!(roots.len(), 1);
    assert_eq!(roots[0].ids, [Spot::Question(1).node_id().to_string()]);
}

#[test]
fn what_no_visitor_can_reach_is_reported_once_with_all_of_it() {
    let mut bundle = small_bundle();
    graph(&mut bundle).edges.retain(|it| it.target_node_id != Spot::Answer(1, 1).node_id());
    let report = expect_of(
        &bundle,
        &[
            "graph.unreachable questions.q1.answers.a1",
            "graph.single_answer questions.q1",
            "graph.service_unused services.s1",
        ],
    );
    assert_eq!(only(&report).ids, [Spot::Answer(1, 1).node_id().to_string()]);
}

#[test]
fn a_cycle_is_shown_all_the_way_round() {
    let report = changed(
        "new:  { title: New, service: estimate }",
        "new:  { title: New, next: need }",
        &["graph.cycle questions.need"],
    );
    let round = [
        "questions.need",
        "questions.need.answers.unusual",
        "questions.describe",
        "questions.age",
        "questions.age.answers.new",
        "questions.need",
    ];
    assert_eq!(only(&report).witness, round);
    assert_eq!(report.paths, "0");
}

#[test]
fn a_path_that_ends_before_a_service_is_a_dead_end() {
    let report = changed(
        "old:  { title: Old, service: repair }",
        "old:  { title: Old }",
        &["graph.dead_end questions.age.answers.old"],
    );
    let way = ["need", "need.answers.unusual", "describe", "age", "age.answers.old"];
    assert_eq!(only(&report).witness, way.map(|it| format!("questions.{it}")));
    changed("    next: { service: estimate }\n", "", &["graph.dead_end questions.photos"]);
}

#[test]
fn a_path_past_two_services_is_shown() {
    let report = changed(
        "leak: { title: A leak, service: repair, category: now }",
        "leak: { title: A leak, service: repair, category: now, next: photos }",
        &["graph.two_services services.estimate"],
    );
    let way =
        ["questions.need", "questions.need.answers.leak", "questions.photos", "services.estimate"];
    assert_eq!(only(&report).witness, way);
}

#[test]
fn edges_lead_only_where_they_may() {
    let (question, answer) = (Spot::Question, Spot::Answer);
    for (from, to, at) in [
        (question(0), question(1), "questions.q0"),
        (answer(0, 0), answer(0, 1), "questions.q0.answers.a0"),
        (answer(0, 0), question(0), "questions.q0.answers.a0"),
    ] {
        let expected = format!("graph.edge_kind {at}");
        let report = expect_of(&with_edge(from, to), &[expected.as_str()]);
        assert_eq!(only(&report).witness, [from.path(), to.path()]);
    }
    let mut bundle = small_bundle();
    bundle.snapshot.questions[1].body.kind = QuestionKind::Number;
    let report = check(&bundle);
    let codes: Vec<_> = report.findings.iter().map(|it| it.code).collect();
    assert!(codes.contains(&"graph.edge_kind"), "{codes:?}");
}

#[test]
fn a_service_ends_the_path_and_data_lead_to_one_place() {
    let mut sketch = small();
    sketch.questions.push(Ask::Number(Some(Spot::Service(0))));
    sketch.services = 2;
    let Ask::Choice(replies) = &mut sketch.questions[1] else { panic!() };
    *replies = vec![
        Reply { selects: None, next: Some(Spot::Question(2)) },
        Reply { selects: None, next: Some(Spot::Service(1)) },
    ];
    expect_of(&sketch.bundle(), &[]);
    for (from, to, at) in [
        (Spot::Service(0), Spot::Question(2), "services.s0"),
        (Spot::Question(2), Spot::Service(1), "questions.q2"),
    ] {
        let mut sketch = sketch.clone();
        sketch.more_edges.push((from, to));
        expect_of(&sketch.bundle(), &[format!("graph.edge_kind {at}").as_str()]);
    }
}

#[test]
fn the_same_two_nodes_are_connected_once() {
    let twice = with_edge(Spot::Question(0), Spot::Answer(0, 0));
    expect_of(&twice, &["graph.duplicate_edge questions.q0"]);
}

#[test]
fn an_edge_needs_both_of_its_ends() {
    let report = expect_of(
        &with_edge(Spot::Answer(0, 1), Spot::Service(7)),
        &["graph.dangling questions.q0.answers.a1"],
    );
    assert_eq!(only(&report).ids, [id::<GraphEdge>(90, 0).to_string()]);
    expect_of(&with_edge(Spot::Service(7), Spot::Service(8)), &["graph.dangling "]);
}

#[test]
fn an_answer_belongs_to_its_question() {
    let strange = with_edge(Spot::Question(0), Spot::Answer(1, 0));
    expect_of(&strange, &["graph.answer_of_other_question questions.q0"]);
}

#[test]
fn a_choice_has_answers() {
    let mut bundle = small_bundle();
    graph(&mut bundle).edges.retain(|it| it.source_node_id != Spot::Question(1).node_id());
    graph(&mut bundle).nodes.truncate(4);
    let expected = [
        "graph.question_without_answers questions.q1",
        "graph.dead_end questions.q1",
        "graph.service_unused services.s1",
    ];
    expect_of(&bundle, &expected);
}

#[test]
fn a_reachable_service_is_active_and_has_a_schedule() {
    let mut archived = bundle(FLOW);
    let services = &mut archived.snapshot.services;
    for service in services {
        service.body.status = ServiceStatus::Archived;
    }
    let expected =
        ["graph.archived_service services.repair", "graph.archived_service services.estimate"];
    expect_of(&archived, &expected);
    let unscheduled = ", schedule: field }\nzones";
    changed(unscheduled, " }\nzones", &["graph.service_not_bookable services.estimate"]);
    let when = "  - { type: timeslot_selection, title: When }\n";
    let text = FLOW.replace(unscheduled, " }\nzones").replace(when, "");
    expect_of(&bundle(&text), &[]);
}

#[test]
fn whatever_is_named_must_be_there() {
    let gone = ObjectId::from_bytes([0xee; 12]);
    let check_change = |change: fn(&mut FlowBundle, ObjectId), place: &str| {
        let mut bundle = bundle(FLOW);
        change(&mut bundle, gone);
        let found = found(&check(&bundle));
        let expected = format!("reference.missing {place}");
        assert!(found.contains(&expected), "{expected} is not in {found:?}");
    };
    check_change(|it, _| it.zones.clear(), "steps.0.zones");
    check_change(|it, _| it.schedules.clear(), "services.repair.schedule");
    check_change(|it, _| it.snapshot.categories.clear(), "questions.need.answers.leak.category");
    check_change(|it, _| it.zones.clear(), "services.estimate.zones");
    check_change(
        |it, gone| it.snapshot.questions[0].body.answer_ids.push(Id::new(gone)),
        "questions.need.answers",
    );
    check_change(
        |it, gone| {
            let booking_service_id = Id::new(gone);
            it.snapshot.answers[0].body.kind = AnswerKind::ServiceReference { booking_service_id };
        },
        "questions.need.answers.leak.service",
    );
    for (target, kind) in [
        (NodeTarget::Question { booking_question_id: Id::new(gone) }, "questions"),
        (NodeTarget::Answer { booking_question_answer_id: Id::new(gone) }, "answers"),
        (NodeTarget::Service { booking_service_id: Id::new(gone) }, "services"),
    ] {
        let mut bundle = bundle(FLOW);
        graph(&mut bundle).nodes.push(GraphNode { id: id(91, 0), target });
        let expected = format!("reference.missing {kind}.{gone}");
        assert!(found(&check(&bundle)).contains(&expected), "{expected}");
    }
}

/// A question with so many answers, all to one service; and questions in a row.
fn shaped(answers: usize, in_a_row: usize) -> Report {
    let reply = |next| vec![Reply { selects: None, next: Some(next) }; 2];
    let mut questions: Vec<_> =
        (1..in_a_row).map(|n| Ask::Choice(reply(Spot::Question(n)))).collect();
    questions
        .push(Ask::Choice(vec![Reply { selects: None, next: Some(Spot::Service(0)) }; answers]));
    let root = Spot::Question(0);
    check(&Sketch { root, questions, services: 1, more_edges: Vec::new() }.bundle())
}

#[test]
fn what_only_tires_visitors_is_a_warning() {
    for (answers, in_a_row, expected) in [
        (2, 12, &[][..]),
        (12, 1, &[]),
        (1, 1, &["graph.single_answer questions.q0"]),
        (13, 1, &["graph.wide questions.q0"]),
        (2, 13, &["graph.deep questions.q12"]),
    ] {
        let report = shaped(answers, in_a_row);
        assert!(report.ok);
        assert_eq!(found(&report), expected);
        assert_eq!(report.questions.max, in_a_row);
    }
    let deep = shaped(2, 15);
    let way = &only(&deep).witness;
    assert_eq!((way.len(), way[0].as_str()), (29, "questions.q0"));
}

#[test]
fn a_service_that_nothing_leads_to_is_a_warning() {
    let spare = "  spare: { title: Spare, duration_minutes: 60, price: { kind: free, currency: USD } }\nzones";
    let report =
        changed("zones:\n", &format!("{spare}:\n"), &["graph.service_unused services.spare"]);
    assert!(report.ok);
}

#[test]
fn a_service_that_cannot_be_booked_is_shown_by_the_shortest_way() {
    for (code, to) in [
        ("graph.archived_service", ", schedule: field, status: archived }"),
        ("graph.service_not_bookable", " }"),
    ] {
        let bundle = bundle(&FLOW.replacen(", schedule: field }", to, 1));
        let report = expect_of(&bundle, &[&format!("{code} services.repair")]);
        assert_eq!(only(&report).witness, ["questions.need", "questions.need.answers.leak"]);
        assert_eq!(only(&report).ids, [bundle.snapshot.services[0].id.to_string()]);
    }
}

#[test]
fn a_question_with_too_few_or_too_many_answers_is_shown_by_the_way_to_it() {
    let old = "      old:  { title: Old, service: repair }\n";
    let many: Vec<_> = (0..12).map(|n| old.replace("old: ", &format!("old-{n}:"))).collect();
    let many = many.concat();
    for (to, code) in [("", "graph.single_answer"), (&*many, "graph.wide")] {
        let report = changed(old, to, &[&format!("{code} questions.age")]);
        let way = ["need", "need.answers.unusual", "describe", "age"];
        assert_eq!(only(&report).witness, way.map(|it| format!("questions.{it}")));
        assert_eq!(only(&report).ids.len(), 2);
    }
}

/// Whoever draws the flow can mark what is meant.
#[test]
fn every_finding_has_the_ids_of_what_it_is_about() {
    let mut seen = std::collections::BTreeSet::new();
    for (from, to) in [
        ("  - { type: customer_info, title: Who }\n", ""),
        (
            "  - { type: summary, title: Check }\n",
            "  - { type: summary, title: Check }\n  - { type: summary, title: Again }\n",
        ),
        (
            "  - { type: confirmation, title: Done }",
            "  - { type: confirmation, title: Done }\n  - { type: additional_details, title: More }",
        ),
        ("service: repair, category: now }", "next: need }"),
        (
            "      leak: { title: A leak, service: repair, category: now }",
            "      leak: { title: A leak }",
        ),
        ("start: need", "start: age"),
        (
            "    answers:\n      old:  { title: Old, service: repair }\n      new:  { title: New, service: estimate }\n",
            "",
        ),
        (", schedule: field }", " }"),
    ] {
        assert!(FLOW.contains(from), "{from}");
        for finding in check(&bundle(&FLOW.replacen(from, to, 1))).findings {
            assert!(!finding.ids.is_empty(), "{finding:?}");
            assert!(finding.ids.iter().all(|it| it.parse::<ObjectId>().is_ok()), "{finding:?}");
            seen.insert(finding.code);
        }
    }
    assert!(seen.len() >= 8, "{seen:?}");
}

/// Puts the id of nothing somewhere.
type Spoil = fn(&mut FlowBundle, ObjectId);

#[test]
fn an_id_that_leads_nowhere_is_found_wherever_it_stands() {
    let nothing = ObjectId::from_bytes([0xee; 12]);
    let spoils: [(&str, Spoil); 9] = [
        ("steps", |it, id| it.snapshot.flow.body.steps.push(Id::new(id))),
        ("steps.0.zones", |it, id| {
            let StepConfig::Zipcode(config) = &mut it.snapshot.steps[0].body.config else {
                panic!()
            };
            config.zone_ids.push(Id::new(id));
        }),
        ("questions.need.answers", |it, id| {
            it.snapshot.questions[0].body.answer_ids.push(Id::new(id));
        }),
        ("questions.need.answers.leak.category", |it, id| {
            it.snapshot.answers[0].body.category_id = Some(Id::new(id));
        }),
        ("questions.need.answers.leak.service", |it, id| {
            it.snapshot.answers[0].body.kind =
                AnswerKind::ServiceReference { booking_service_id: Id::new(id) };
        }),
        ("services.repair.schedule", |it, id| {
            it.snapshot.services[0].body.schedule_id = Some(Id::new(id));
        }),
        ("services.repair.zones", |it, id| {
            it.snapshot.services[0].body.service_zone_ids.push(Id::new(id));
        }),
        ("schedules.field.capacity.by_zone", |it, id| {
            it.schedules[0].body.capacity.by_zone.insert(Id::new(id), 1);
        }),
        ("schedules.field.capacity.by_service", |it, id| {
            it.schedules[0].body.capacity.by_service.insert(Id::new(id), 1);
        }),
    ];
    for (path, spoil) in spoils {
        let mut bundle = bundle(FLOW);
        spoil(&mut bundle, nothing);
        let report = check(&bundle);
        let found = report.findings.iter().find(|it| it.code == "reference.missing");
        let found = found.unwrap_or_else(|| panic!("{path}: {:?}", report.findings));
        assert_eq!((&*found.path, &found.ids), (path, &vec![nothing.to_string()]));
    }
}
