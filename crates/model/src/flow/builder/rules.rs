use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{MOST_BYTES, MOST_NODES, Tables, ids::Ids};
use crate::{
    Id, ObjectId, Problems,
    scheduler::AnswerKind,
    step::{BookingFlowStep, GraphNode, NodeTarget, ServiceGraph, StepConfig},
};

/// The answers of a question go with it.
pub(super) fn cascade(tables: &mut Tables, ids: &mut Ids) {
    let questions: BTreeMap<_, _> =
        tables.questions.deleted().map(|(id, path)| (id, path.to_owned())).collect();
    let of_them = tables.answers.all().filter_map(|(id, answer, _)| {
        questions.get(&answer.booking_question_id).map(|path| (id, path.clone()))
    });
    for (id, path) in of_them.collect::<Vec<_>>() {
        ids.forget(id.object_id());
        tables.answers.remove(id, path);
    }
}

/// What must hold of the flow beyond each thing's own rules. What the draft lacked before the save
/// may go on lacking: only publishing asks for all.
pub(super) fn check(tables: &Tables, problems: &mut Problems) {
    nothing_points_at_what_is_gone(tables, problems);
    what_is_new_has_its_place(tables, problems);
    names_are_unique(tables, problems);
    graphs_hold_together(tables, problems);
    it_is_not_too_large(tables, problems);
}

fn graphs(
    tables: &Tables,
) -> impl Iterator<Item = (Id<BookingFlowStep>, &ServiceGraph, Option<&str>)> {
    tables.steps.all().filter_map(|(id, step, path)| match &step.config {
        StepConfig::ServiceSelection(config) => Some((id, &config.graph, path)),
        _ => None,
    })
}

fn nodes(tables: &Tables) -> impl Iterator<Item = &GraphNode> {
    graphs(tables).flat_map(|it| &it.1.nodes)
}

fn target(node: &GraphNode) -> ObjectId {
    match node.target {
        NodeTarget::Question { booking_question_id: id } => id.object_id(),
        NodeTarget::Answer { booking_question_answer_id: id } => id.object_id(),
        NodeTarget::Service { booking_service_id: id } => id.object_id(),
    }
}

fn nothing_points_at_what_is_gone(tables: &Tables, problems: &mut Problems) {
    let standing: HashMap<_, _> = nodes(tables).map(|it| (target(it), it.id)).collect();
    let mut refuse = |path: &str, message: String| {
        problems.root().at(path).add("referenced", message);
    };
    let questions = tables.questions.deleted().map(|(id, path)| (id.object_id(), path));
    let answers = tables.answers.deleted().map(|(id, path)| (id.object_id(), path));
    let services = tables.services.deleted().map(|(id, path)| (id.object_id(), path));
    for (id, path) in questions.chain(answers).chain(services) {
        if let Some(node) = standing.get(&id) {
            refuse(path, format!("the node {node} still stands for it, or for an answer of it"));
        }
    }
    let selected: BTreeSet<_> = tables
        .answers
        .all()
        .filter_map(|(_, it, _)| match it.kind {
            AnswerKind::ServiceReference { booking_service_id } => Some(booking_service_id),
            AnswerKind::Text {} => None,
        })
        .collect();
    for (id, path) in tables.services.deleted().filter(|it| selected.contains(&it.0)) {
        refuse(path, format!("an answer still selects the service {id}"));
    }
    for (id, path) in tables.steps.deleted().filter(|it| tables.flow.steps.contains(&it.0)) {
        refuse(path, format!("the step {id} is still among flow.steps"));
    }
}

/// What stands nowhere could never be found again.
fn what_is_new_has_its_place(tables: &Tables, problems: &mut Problems) {
    let mut require = |holds: bool, path: &str, message: &str| {
        problems.root().at(path).require(holds, "unlisted", message);
    };
    for (id, _, path) in tables.steps.created() {
        let is_listed = tables.flow.steps.contains(&id);
        require(is_listed, path, "must be among flow.steps");
    }
    let standing: BTreeSet<_> = nodes(tables).map(target).collect();
    for (id, _, path) in tables.questions.created() {
        let is_listed = standing.contains(&id.object_id());
        require(is_listed, path, "must stand at a node of the graph");
    }
    for (id, answer, path) in tables.answers.created() {
        let question = tables.questions.get(answer.booking_question_id);
        let is_listed = question.is_none_or(|it| it.answer_ids.contains(&id));
        require(is_listed, path, "must be among the answer_ids of its question");
    }
}

/// Names stand in for ids in flow files. A name that two have is said of whatever the request
/// writes.
fn names_are_unique(tables: &Tables, problems: &mut Problems) {
    let standing: BTreeSet<_> = nodes(tables).map(target).collect();
    let mut names: HashMap<(Option<ObjectId>, &str), Vec<Option<&str>>> = HashMap::new();
    for (id, question, path) in tables.questions.all() {
        if standing.contains(&id.object_id()) {
            names.entry((None, question.slug.as_str())).or_default().push(path);
        }
    }
    for (id, answer, path) in tables.answers.all() {
        let question = tables.questions.get(answer.booking_question_id);
        if question.is_some_and(|it| it.answer_ids.contains(&id)) {
            let of = Some(answer.booking_question_id.object_id());
            names.entry((of, answer.slug.as_str())).or_default().push(path);
        }
    }
    let mut twice: Vec<_> = names.into_iter().filter(|it| it.1.len() > 1).collect();
    twice.sort();
    for ((of, slug), paths) in twice {
        let what = if of.is_some() { "answer of the question" } else { "question of the flow" };
        for path in paths.into_iter().flatten() {
            let message = format!("another {what} is called `{slug}` too");
            problems.root().at(format_args!("{path}.slug")).add("unique", message);
        }
    }
}

fn graphs_hold_together(tables: &Tables, problems: &mut Problems) {
    for (_, graph, path) in graphs(tables) {
        let place = path.map_or_else(|| "graph".to_owned(), |it| format!("{it}.config.graph"));
        let few = graph.nodes.len() <= MOST_NODES;
        let message = format!("must have at most {MOST_NODES} nodes");
        problems.root().at(format_args!("{place}.nodes")).require(few, "length", &message);
        let ids: BTreeSet<_> = graph.nodes.iter().map(|it| it.id).collect();
        let once = ids.len() == graph.nodes.len();
        let twice = "must not have the same _id twice";
        problems.root().at(format_args!("{place}.nodes")).require(once, "unique", twice);
        let edges: BTreeSet<_> = graph.edges.iter().map(|it| it.id).collect();
        let once = edges.len() == graph.edges.len();
        problems.root().at(format_args!("{place}.edges")).require(once, "unique", twice);
        let Some(path) = path else { continue };
        for (n, edge) in graph.edges.iter().enumerate() {
            for (field, id) in
                [("source_node_id", edge.source_node_id), ("target_node_id", edge.target_node_id)]
            {
                let place = format!("{path}.config.graph.edges.{n}.{field}");
                let known = ids.contains(&id);
                problems.root().at(place).require(known, "reference", "is no node of this graph");
            }
        }
    }
}

fn it_is_not_too_large(tables: &Tables, problems: &mut Problems) {
    fn size<'a, E: serde::Serialize + 'a>(all: impl Iterator<Item = &'a E>) -> usize {
        all.map(|it| serde_json::to_string(it).map_or(0, |it| it.len())).sum()
    }
    let bytes = size(tables.steps.all().map(|it| it.1))
        + size(tables.questions.all().map(|it| it.1))
        + size(tables.answers.all().map(|it| it.1));
    let message = format!("must have at most {MOST_BYTES} bytes with all that it owns");
    problems.root().at("flow").require(bytes <= MOST_BYTES, "length", &message);
}
