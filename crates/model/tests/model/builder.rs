//! What a builder saves at once.

use std::{collections::BTreeSet, sync::LazyLock};

use model::{
    Doc, Id, ObjectId, Problems, Timestamp,
    flow::{
        FlowBundle,
        builder::{BuilderSave, MOST_NODES, Saved, Seen, Writes},
        check,
        file::FlowFile,
    },
    scheduler::{BookingFlow, FlowSnapshot, Identified},
    step::{ServiceGraph, StepConfig},
};
use serde_json::{Value, json};

/// One choice, one number, two services, a category.
const FLOW: &str = r#"
wrkbelt: flow/1
flow: { slug: garden, title: Book a gardener }
services:
  lawn:  { title: Lawn mowing, duration_minutes: 60, price: { kind: free, currency: USD }, schedule: week }
  hedge: { title: Hedge trimming, duration_minutes: 120, price: { kind: free, currency: USD }, schedule: week }
schedules:
  week:
    time_zone: America/Denver
    weekly_hours: { mon: ["08:00-16:00"] }
    arrival_windows: ["08:00-10:00"]
    capacity: { per_window: 2 }
    lead_time_minutes: 720
    horizon_days: 30
categories:
  green: { title: Green things }
questions:
  what:
    title: What needs doing?
    kind: single_choice
    answers:
      lawn:  { title: The lawn, category: green, service: lawn }
      hedge: { title: The hedge, next: height }
  height: { title: How tall is it?, kind: number, next: { service: hedge } }
steps:
  - { type: service_selection, title: "What can we do?", start: what }
  - { type: timeslot_selection, title: "When?" }
  - { type: customer_info, title: "Who are you?" }
  - { type: confirmation, title: See you soon }
"#;

/// The id of what stands at a place of the flow file.
pub(crate) fn at(place: &str) -> String {
    ObjectId::of(place).to_string()
}

fn docs<E>(all: Vec<Identified<E>>) -> Vec<Doc<E>> {
    all.into_iter().map(|it| doc(it)).collect()
}

fn doc<E>(it: Identified<E>) -> Doc<E> {
    let (created_at, updated_at) = (Timestamp::EPOCH, Timestamp::EPOCH);
    Doc { id: it.id, organization_id: None, version: 3, created_at, updated_at, body: it.body }
}

pub(crate) fn bundle() -> FlowBundle {
    static BUILT: LazyLock<FlowBundle> = LazyLock::new(|| {
        let built = FlowFile::parse(FLOW).unwrap().build(&mut ObjectId::of);
        assert_eq!(built.findings, []);
        built.bundle
    });
    BUILT.clone()
}

pub(crate) fn seen() -> Seen {
    let FlowBundle { snapshot, zones, schedules } = bundle();
    Seen {
        flow: doc(snapshot.flow),
        steps: docs(snapshot.steps),
        questions: docs(snapshot.questions),
        answers: docs(snapshot.answers),
        categories: docs(snapshot.categories),
        services: docs(snapshot.services),
        zones: zones.iter().map(|it| it.id.object_id()).collect(),
        schedules: schedules.iter().map(|it| it.id.object_id()).collect(),
    }
}

pub(crate) fn apply(save: &Value) -> Result<Saved, Problems> {
    let save: BuilderSave = serde_json::from_value(save.clone()).unwrap();
    let mut next = 0;
    save.apply(&seen(), &mut || {
        next += 1;
        ObjectId::from_parts(1, [7; 5], next)
    })
}

fn written<E: Clone>(before: Vec<Doc<E>>, writes: &Writes<E>) -> Vec<Identified<E>> {
    let gone: BTreeSet<_> = writes.delete.iter().collect();
    let replaced = |id: Id<E>| writes.replace.iter().find(move |it| it.id == id);
    let kept = before.into_iter().filter(|it| !gone.contains(&it.id)).map(|it| {
        let body = replaced(it.id).map_or(it.body, |it| it.body.clone());
        Identified { id: it.id, body }
    });
    kept.chain(writes.insert.iter().cloned()).collect()
}

/// The flow after the save.
pub(crate) fn after(saved: &Saved) -> FlowBundle {
    let Seen { flow, steps, questions, answers, categories, services, .. } = seen();
    let mut steps = written(steps, &saved.steps);
    steps.sort_by_key(|it| saved.flow.steps.iter().position(|id| *id == it.id));
    FlowBundle {
        snapshot: FlowSnapshot {
            flow: Identified::<BookingFlow> { id: flow.id, body: saved.flow.clone() },
            steps,
            questions: written(questions, &saved.questions),
            answers: written(answers, &saved.answers),
            categories: written(categories, &saved.categories),
            services: written(services, &saved.services),
        },
        ..bundle()
    }
}

pub(crate) fn graph(bundle: &FlowBundle) -> ServiceGraph {
    bundle.snapshot.graphs().next().unwrap().clone()
}

/// Paths and codes of all that is wrong, in order.
fn refused(save: &Value) -> Vec<(String, &'static str)> {
    let problems = apply(save).unwrap_err();
    assert!(problems.0.iter().all(|it| !it.message.is_empty()));
    let mut all: Vec<_> = problems.0.into_iter().map(|it| (it.path, it.code)).collect();
    all.sort();
    all
}

fn content(title: &str) -> Value {
    json!({ "title": title })
}

/// A third answer, which asks one more question that leads to a new service.
pub(crate) fn pond() -> Value {
    json!({
        "categories": { "create": [{ "_id": "wet", "slug": "wet", "content": content("Wet things") }] },
        "services": { "create": [{
            "_id": "clean", "slug": "pond", "content": content("Pond cleaning"),
            "duration_minutes": 90, "price": { "kind": "free", "currency": "USD" },
            "schedule_id": at("schedules.week"),
        }] },
        "questions": {
            "create": [
                { "_id": "depth", "slug": "depth", "content": content("How deep is it?"), "kind": "number" },
            ],
            "update": [{
                "_id": at("questions.what"), "version": 3,
                "answer_ids": [at("questions.what.answers.lawn"), "pond", at("questions.what.answers.hedge")],
            }],
        },
        "answers": { "create": [{
            "_id": "pond", "booking_question_id": at("questions.what"), "slug": "pond",
            "content": content("The pond"), "kind": "text", "category_id": "wet",
        }] },
        "graph": {
            "nodes": { "create": [
                { "_id": "n1", "type": "answer", "booking_question_answer_id": "pond" },
                { "_id": "n2", "type": "question", "booking_question_id": "depth" },
                { "_id": "n3", "type": "service", "booking_service_id": "clean" },
            ] },
            "edges": { "create": [
                { "_id": "e1", "source_node_id": at("nodes.questions.what"), "target_node_id": "n1" },
                { "_id": "e2", "source_node_id": "n1", "target_node_id": "n2" },
                { "_id": "e3", "source_node_id": "n2", "target_node_id": "n3" },
            ] },
        },
        "canvas_data": { "service_selection": {
            "nodes": [{ "id": "n2", "position": { "x": 10.0, "y": -4.5 } }],
            "edges": [{ "id": "e2" }], "viewport": { "x": 0.0, "y": 0.0, "zoom": 1.0 },
        } },
    })
}

#[test]
fn new_parts_point_at_each_other_by_temporary_ids() {
    assert!(check::check(&bundle()).ok);
    let saved = apply(&pond()).unwrap();
    let names: Vec<_> = saved.ids.keys().map(String::as_str).collect();
    assert_eq!(names, ["clean", "depth", "e1", "e2", "e3", "n1", "n2", "n3", "pond", "wet"]);
    assert_eq!(saved.ids.values().collect::<BTreeSet<_>>().len(), 10);
    let after = after(&saved);
    let report = check::check(&after);
    assert!(report.ok, "{report:?}");
    assert_eq!(report.paths, "3");
    let graph = graph(&after);
    assert_eq!((graph.nodes.len(), graph.edges.len()), (8, 7));
    let edge = graph.edges.iter().find(|it| it.id.object_id() == saved.ids["e2"]).unwrap();
    assert_eq!(edge.source_node_id.object_id(), saved.ids["n1"]);
    assert_eq!(edge.target_node_id.object_id(), saved.ids["n2"]);
    let answer = &saved.answers.insert[0];
    assert_eq!(answer.id.object_id(), saved.ids["pond"]);
    assert_eq!(answer.body.category_id.unwrap().object_id(), saved.ids["wet"]);
    assert_eq!(saved.canvas[0].1.nodes[0].id, saved.ids["n2"]);
    assert_eq!(saved.canvas[0].1.edges[0].id, saved.ids["e2"]);
    assert!(saved.steps.delete.is_empty() && saved.questions.replace.len() == 1);
}

#[test]
fn what_is_not_mentioned_stays_as_it_is() {
    let saved = apply(&json!({})).unwrap();
    assert_eq!(saved.flow, seen().flow.body);
    assert!(saved.steps.is_empty() && saved.questions.is_empty() && saved.answers.is_empty());
    assert_eq!(after(&saved), bundle());
}

#[test]
fn a_step_brings_its_graph_with_it() {
    let place = "steps.service_selection.0";
    let save = json!({
        "flow": { "steps": ["new", at("steps.timeslot_selection.0"), at("steps.customer_info.0"),
            at("steps.confirmation.0")] },
        "steps": {
            "delete": [at(place)],
            "create": [{
                "_id": "new", "content": content("What?"), "step_type": "service_selection",
                "config": { "graph": {
                    "root_node_id": "a",
                    "nodes": [
                        { "_id": "a", "type": "question", "booking_question_id": at("questions.height") },
                        { "_id": "b", "type": "service", "booking_service_id": at("services.hedge") },
                    ],
                    "edges": [{ "_id": "c", "source_node_id": "a", "target_node_id": "b" }],
                } },
            }],
        },
    });
    let saved = apply(&save).unwrap();
    let after = after(&saved);
    let graph = graph(&after);
    assert_eq!(graph.root_node_id.object_id(), saved.ids["a"]);
    assert_eq!(graph.edges[0].target_node_id.object_id(), saved.ids["b"]);
    assert_eq!(after.snapshot.steps.len(), 4);
    assert_eq!(after.snapshot.steps[0].body.booking_flow_id, after.snapshot.flow.id);
    let report = check::check(&after);
    assert!(report.ok, "{report:?}");
}

#[test]
fn everything_that_is_wrong_is_said_at_once_with_its_place() {
    let save = json!({
        "flow": { "status": "published", "content": { "title": "" } },
        "questions": {
            "create": [
                { "_id": "x", "slug": "x", "content": content(""), "kind": "number", "version": 1 },
                { "_id": "x", "slug": "y", "content": content("Y"), "kind": "riddle" },
                { "slug": "z", "content": { "titel": "Z" }, "kind": "text" },
                { "_id": at("questions.what"), "slug": "w", "content": content("W"), "kind": "text" },
            ],
            "update": [
                { "_id": at("questions.height"), "version": 2 },
                { "_id": at("nowhere"), "is_required": false },
                { "_id": at("questions.what"), "answer_ids": ["gone", "x", at("nowhere")] },
            ],
            "delete": [at("nowhere"), "no id"],
        },
        "answers": { "update": [{ "_id": at("questions.what.answers.lawn"), "category_id": at("nowhere") }] },
        "graph": {
            "root_node_id": "nobody",
            "nodes": { "create": [{ "_id": "n", "type": "question", "booking_question_id": "q" }] },
            "edges": {
                "create": [{ "_id": "e", "source_node_id": "x", "target_node_id": at("nowhere") }],
                "delete": [at("nowhere")],
            },
        },
        "canvas_data": { "flow": { "nodes": [{ "id": "ghost", "position": { "x": 0.0, "y": 0.0 } }],
            "edges": [], "viewport": { "x": 0.0, "y": 0.0, "zoom": 99.0 } } },
    });
    let expected = [
        ("answers.update.0.category_id", "reference"),
        ("canvas_data.flow.nodes.0.id", "temporary_id"),
        ("canvas_data.flow.viewport.zoom", "range"),
        ("flow.content.title", "required"),
        ("flow.status", "server_set"),
        ("graph.edges.create.0.source_node_id", "reference"),
        ("graph.edges.create.0.target_node_id", "reference"),
        ("graph.edges.delete.0", "reference"),
        ("graph.nodes.create.0.booking_question_id", "temporary_id"),
        ("graph.root_node_id", "temporary_id"),
        ("questions.create.0", "unlisted"),
        ("questions.create.0.content.title", "required"),
        ("questions.create.0.version", "server_set"),
        ("questions.create.1._id", "unique"),
        ("questions.create.1.kind", "body"),
        ("questions.create.2._id", "required"),
        ("questions.create.2.content.titel", "body"),
        ("questions.create.3", "unlisted"),
        ("questions.create.3._id", "temporary_id"),
        ("questions.delete.0", "reference"),
        ("questions.delete.1", "reference"),
        ("questions.update.0.version", "changed"),
        ("questions.update.1._id", "reference"),
        ("questions.update.2.answer_ids.0", "temporary_id"),
        ("questions.update.2.answer_ids.1", "reference"),
        ("questions.update.2.answer_ids.2", "reference"),
    ];
    let expected = expected.map(|(path, code)| (path.to_owned(), code));
    assert_eq!(refused(&save), expected);
}

#[test]
fn what_something_still_leads_to_is_not_deleted() {
    let one = |kind: &str, id: &str| json!({ kind: { "delete": [at(id)] } });
    for (kind, id) in [
        ("questions", "questions.height"),
        ("questions", "questions.what"),
        ("answers", "questions.what.answers.hedge"),
        ("services", "services.hedge"),
        ("services", "services.lawn"),
    ] {
        let mut found = refused(&one(kind, id));
        found.dedup();
        assert_eq!(found, [(format!("{kind}.delete.0"), "referenced")], "{id}");
    }
    let node = json!({ "graph": { "nodes": { "delete": [at("nodes.questions.height")] } } });
    assert_eq!(refused(&node), [("graph.nodes.delete.0".to_owned(), "referenced")]);
    let listed = json!({
        "flow": { "steps": [at("steps.confirmation.0")] },
        "steps": { "delete": [at("steps.confirmation.0")] },
    });
    assert_eq!(refused(&listed), [("flow.steps.0".to_owned(), "reference")]);
}

#[test]
fn what_merely_mentions_something_loses_the_mention() {
    let saved = apply(&json!({
        "categories": { "delete": [at("categories.green")] },
        "steps": { "delete": [at("steps.timeslot_selection.0")] },
    }));
    let saved = saved.unwrap();
    assert_eq!(saved.answers.replace.len(), 1);
    assert_eq!(saved.answers.replace[0].body.category_id, None);
    assert_eq!(saved.flow.steps.len(), 3);
}

#[test]
fn the_answers_of_a_question_go_with_it() {
    let nodes = ["questions.what", "questions.what.answers.lawn", "questions.what.answers.hedge"];
    let nodes = nodes.map(|it| at(&format!("nodes.{it}")));
    let edges: Vec<_> = graph(&bundle())
        .edges
        .iter()
        .filter(|it| nodes.contains(&it.source_node_id.to_string()))
        .map(|it| it.id.to_string())
        .collect();
    assert_eq!(edges.len(), 3);
    let save = json!({
        "questions": { "delete": [at("questions.what")] },
        "graph": {
            "root_node_id": at("nodes.questions.height"),
            "nodes": { "delete": nodes },
            "edges": { "delete": edges },
        },
    });
    let saved = apply(&save).unwrap();
    assert_eq!((saved.questions.delete.len(), saved.answers.delete.len()), (1, 2));
    let report = check::check(&after(&saved));
    assert!(report.ok, "{report:?}");
}

#[test]
fn names_are_unique_in_the_flow() {
    let mut save = pond();
    save["questions"]["create"][0]["slug"] = json!("height");
    save["answers"]["create"][0]["slug"] = json!("lawn");
    let expected = [("answers.create.0.slug", "unique"), ("questions.create.0.slug", "unique")];
    assert_eq!(refused(&save), expected.map(|it| (it.0.to_owned(), it.1)));
}

#[test]
fn a_graph_has_no_more_nodes_than_it_may() {
    let node = |n: usize| json!({ "_id": format!("n{n}"), "type": "question", "booking_question_id": at("questions.height") });
    let there = graph(&bundle()).nodes.len();
    let with = |more: usize| {
        let nodes: Vec<_> = (0..more).map(node).collect();
        apply(&json!({ "graph": { "nodes": { "create": nodes } } }))
    };
    assert!(with(MOST_NODES - there).is_ok());
    let problems = with(MOST_NODES - there + 1).unwrap_err();
    assert_eq!((problems.0.len(), &*problems.0[0].path), (1, "graph.nodes"));
}

#[test]
fn a_step_that_selects_nothing_has_no_graph() {
    let save = json!({
        "flow": { "steps": [at("steps.confirmation.0")] },
        "graph": { "root_node_id": at("nodes.questions.what") },
    });
    assert_eq!(refused(&save), [("graph".to_owned(), "reference")]);
    let selects = |it: &StepConfig| matches!(it, StepConfig::ServiceSelection(_));
    assert!(bundle().snapshot.steps.iter().any(|it| selects(&it.body.config)));
}
