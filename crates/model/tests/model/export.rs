//! Bundles written as files and read again.

use std::collections::{HashMap, HashSet};

use model::{
    ObjectId,
    flow::{
        FlowBundle, draw,
        file::{FlowFile, Written},
    },
    scheduler::FlowSnapshot,
    step::{ServiceGraph, StepConfig},
};
use proptest::{collection::vec, prelude::*};

use crate::{
    bundles,
    files::{build, parse},
};

fn any_bundle() -> impl Strategy<Value = FlowBundle> {
    vec(any::<u8>(), 0..400).prop_map(|bytes| bundles::bundle(&bytes))
}

fn graph(snapshot: &FlowSnapshot) -> Option<&ServiceGraph> {
    snapshot.steps.iter().find_map(|it| match &it.body.config {
        StepConfig::ServiceSelection(config) => Some(&config.graph),
        _ => None,
    })
}

/// Where a graph leads, by ids, with the order in which each node leads on.
fn leads(graph: &ServiceGraph) -> (String, HashMap<String, String>, HashMap<String, Vec<String>>) {
    let mut next: HashMap<_, Vec<_>> = HashMap::new();
    for edge in &graph.edges {
        next.entry(edge.source_node_id.to_string())
            .or_default()
            .push(edge.target_node_id.to_string());
    }
    let nodes = graph.nodes.iter().map(|it| (it.id.to_string(), format!("{:?}", it.target)));
    (graph.root_node_id.to_string(), nodes.collect(), next)
}

fn rebuilt(written: &Written) -> FlowBundle {
    written.file.build(&mut |place| written.id(place)).bundle
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// With other ids, through YAML and through JSON.
    #[test]
    fn what_is_exported_is_exported_again_the_same(bundle in any_bundle()) {
        let written = FlowFile::of(&bundle);
        let yaml = written.file.to_yaml();
        let read = FlowFile::parse(&yaml);
        prop_assert!(read.as_ref() == Ok(&written.file), "{read:?}\n{yaml}");
        prop_assert_eq!(&parse(&written.file.to_json()), &written.file);
        let again = FlowFile::of(&build(&written.file).bundle);
        prop_assert_eq!(again.file.to_yaml(), yaml);
        prop_assert_eq!(again.file.to_json(), written.file.to_json());
        prop_assert_eq!(again.left_out, [""; 0]);
    }

    /// With its own ids it is the same flow, node by node.
    #[test]
    fn what_is_exported_is_the_same_flow(bundle in any_bundle()) {
        let written = FlowFile::of(&bundle);
        let again = rebuilt(&written);
        if let Some(was) = graph(&bundle.snapshot) {
            prop_assert_eq!(leads(graph(&again.snapshot).unwrap()), leads(was));
        }
        let ids = |bundle: &FlowBundle| {
            let mut ids = HashSet::new();
            ids.extend(bundle.snapshot.services.iter().map(|it| it.id.object_id()));
            ids.extend(bundle.snapshot.questions.iter().map(|it| it.id.object_id()));
            ids.extend(bundle.snapshot.answers.iter().map(|it| it.id.object_id()));
            ids.extend(bundle.snapshot.steps.iter().map(|it| it.id.object_id()));
            ids
        };
        prop_assert_eq!(ids(&again), ids(&bundle));
        for was in &bundle.snapshot.services {
            let is = again.snapshot.services.iter().find(|it| it.id == was.id);
            prop_assert_eq!(is, Some(was));
        }
        for was in &bundle.schedules {
            prop_assert_eq!(again.schedules.iter().find(|it| it.id == was.id), Some(was));
        }
        for was in &bundle.snapshot.answers {
            let is = again.snapshot.answers.iter().find(|it| it.id == was.id).unwrap();
            prop_assert_eq!((&is.body.content, is.body.kind, is.body.category_id),
                (&was.body.content, was.body.kind, was.body.category_id));
        }
        let configs = |bundle: &FlowBundle| -> Vec<_> {
            bundle.snapshot.steps.iter().map(|it| match &it.body.config {
                StepConfig::ServiceSelection(_) => None,
                other => Some((it.body.content.clone(), other.clone())),
            }).collect()
        };
        prop_assert_eq!(configs(&again), configs(&bundle));
        prop_assert_eq!(&again.snapshot.flow.body.journeys, &bundle.snapshot.flow.body.journeys);
    }

    /// The long form is for what the short one cannot say.
    #[test]
    fn nodes_are_written_out_only_where_they_must_be(bundle in any_bundle()) {
        let written = FlowFile::of(&bundle);
        let Some(graph) = graph(&bundle.snapshot) else { return Ok(()) };
        let twice = {
            let mut seen = HashSet::new();
            graph.nodes.iter().any(|it| !seen.insert(it.target))
        };
        if twice {
            prop_assert!(written.file.nodes.is_some());
        }
        let short = FlowFile::of(&build(&written.file).bundle);
        prop_assert_eq!(short.file.nodes.is_some(), written.file.nodes.is_some());
    }

    #[test]
    fn any_text_is_read_as_it_was_written(text in any::<String>(), other in "[ \\n:#,a-z\\-0-9]{0,40}") {
        let mut file = parse(include_str!("terse.yaml"));
        for text in [text, other] {
            file.flow.title.clone_from(&text);
            file.flow.description = Some(format!("{text}\n{text}"));
            file.services[0].skills = vec![text.clone(), "x".repeat(120)];
            file.services[0].title = text;
            let yaml = file.to_yaml();
            let read = FlowFile::parse(&yaml);
            prop_assert!(read.as_ref() == Ok(&file), "{read:?}\n{yaml}");
        }
    }
}

#[test]
fn a_sample_is_written_as_people_write_it() {
    let yaml = FlowFile::of(&build(&parse(include_str!("terse.yaml"))).bundle).file.to_yaml();
    assert_eq!(yaml, include_str!("terse-exported.yaml"));
    assert!(!yaml.contains("nodes:"));
}

#[test]
fn a_question_at_two_places_writes_the_nodes_out() {
    let text = include_str!("twice.yaml");
    let file = parse(text);
    let built = build(&file);
    assert_eq!(built.findings, []);
    let report = model::flow::check::check(&built.bundle);
    assert!(report.ok, "{:?}", report.findings);
    assert_eq!((report.nodes, &*report.paths), (11, "4"));
    let written = FlowFile::of(&built.bundle);
    assert_eq!(written.file.to_yaml(), text);
    assert_eq!(draw(&built.bundle).nodes.len(), 11);
}

#[test]
fn what_nodes_say_wrongly_is_found_at_its_place() {
    for (from, to, code, path) in [
        ("{ question: age }", "{ question: aeg }", "reference.missing", "nodes.age.question"),
        ("answer: old }", "answer: odl }", "reference.missing", "nodes.age-old.answer"),
        ("{ service: trim }", "{ service: tirm }", "reference.missing", "nodes.trim.service"),
        ("{ service: trim }", "{}", "field.invalid", "nodes.trim"),
        ("{ service: trim }", "{ service: trim, question: age }", "field.invalid", "nodes.trim"),
        (
            "kind: single_choice\n",
            "kind: single_choice\n    next: age\n",
            "graph.edge_kind",
            "questions.need.next",
        ),
        ("from: age-old,", "from: age-odl,", "graph.dangling", "services.mow"),
        ("start: need", "start: nead", "graph.no_root", "steps.service_selection.start"),
        (
            "  age-2: { question: age }\n  age-old-2: { question: age, answer: old }\n  age-new-2: { question: age, answer: new }\n",
            "",
            "graph.dangling",
            "questions.need.answers.bush",
        ),
    ] {
        let text = include_str!("twice.yaml").replacen(from, to, 1);
        assert_ne!(text, include_str!("twice.yaml"), "{from}");
        let built = build(&parse(&text));
        let mut found = built.findings;
        found.extend(model::flow::check::check(&built.bundle).findings);
        let found: Vec<_> = found.iter().map(|it| (it.code, &*it.path)).collect();
        assert!(found.contains(&(code, path)), "{to}: {found:?}");
    }
}

#[test]
fn what_the_bundle_does_not_have_is_named_by_its_id() {
    let mut bundle = build(&parse(include_str!("terse.yaml"))).bundle;
    let gone = bundle.schedules.remove(0);
    let yaml = FlowFile::of(&bundle).file.to_yaml();
    assert!(yaml.contains(&gone.id.to_string()), "{yaml}");
    let findings = build(&parse(&yaml)).findings;
    assert!(findings.iter().all(|it| it.code == "reference.missing") && !findings.is_empty());
}

#[test]
fn a_second_service_selection_is_said_to_be_left_out() {
    let mut bundle = build(&parse(include_str!("terse.yaml"))).bundle;
    let mut second = bundle.snapshot.steps[1].clone();
    let StepConfig::ServiceSelection(config) = &mut second.body.config else { panic!() };
    config.graph.nodes.clear();
    second.id = model::Id::new(ObjectId::from_bytes([9; 12]));
    bundle.snapshot.steps.push(second);
    let yaml = FlowFile::of(&bundle).to_yaml();
    assert!(yaml.starts_with("# Left out: The flow has several service selections"), "{yaml}");
    assert!(FlowFile::parse(&yaml).is_ok());
}
