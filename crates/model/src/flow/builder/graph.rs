use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    Changes, GraphChanges,
    ids::{self, Ids},
    table::{self, Table},
};
use crate::{
    Entity as _, Id, ObjectId, Problems, merge_patch,
    scheduler::{BookingFlow, BookingQuestion, BookingQuestionAnswer, BookingService},
    step::{BookingFlowStep, GraphEdge, GraphNode, ServiceGraph, StepConfig},
};

/// Fields of nodes and edges that hold ids, and of what.
const POINTERS: [(&str, &str); 5] = [
    ("booking_question_id", BookingQuestion::COLLECTION.label),
    ("booking_question_answer_id", BookingQuestionAnswer::COLLECTION.label),
    ("booking_service_id", BookingService::COLLECTION.label),
    ("source_node_id", ids::NODE),
    ("target_node_id", ids::NODE),
];

/// Gives ids to nodes and edges in graphs that steps bring with them, and resolves their own
/// pointers.
pub(super) fn claim_inline(
    steps: &mut Changes,
    ids: &mut Ids,
    new_id: &mut dyn FnMut() -> ObjectId,
    problems: &mut Problems,
) {
    let lists = [("nodes", ids::NODE), ("edges", ids::EDGE)];
    for_each_graph(steps, |graph, path| {
        for (list, label) in lists {
            let Some(Value::Array(items)) = graph.get_mut(list) else { continue };
            for (n, item) in items.iter_mut().enumerate() {
                let Some(Value::Object(item)) = Some(item) else { continue };
                let name = item.get("_id").cloned();
                let given = name.as_ref().and_then(|it| it.as_str()?.parse().ok());
                let id = given.unwrap_or_else(|| {
                    let path = format!("{path}.{list}.{n}._id");
                    ids.claim(name.as_ref(), label, &path, new_id, problems)
                });
                ids.know(label, id);
                item.insert("_id".to_owned(), Value::String(id.to_string()));
            }
        }
    });
    for_each_graph(steps, |graph, path| {
        if let Some(root) = graph.get_mut("root_node_id") {
            ids.resolve_in(root, ids::NODE, &format!("{path}.root_node_id"), problems);
        }
        let Some(Value::Array(edges)) = graph.get_mut("edges") else { return };
        for (n, edge) in edges.iter_mut().enumerate() {
            for field in ["source_node_id", "target_node_id"] {
                if let Some(end) = edge.get_mut(field) {
                    ids.resolve_in(end, ids::NODE, &format!("{path}.edges.{n}.{field}"), problems);
                }
            }
        }
    });
}

fn for_each_graph(steps: &mut Changes, mut visit: impl FnMut(&mut Value, &str)) {
    let lists = [("create", &mut steps.create), ("update", &mut steps.update)];
    for (list, items) in lists {
        for (n, item) in items.iter_mut().enumerate() {
            let graph = item.get_mut("config").and_then(|it| it.get_mut("graph"));
            if let Some(graph) = graph {
                visit(graph, &format!("steps.{list}.{n}.config.graph"));
            }
        }
    }
}

/// Changes the graph of the flow's service-selection step.
pub(super) fn write(
    steps: &mut Table<BookingFlowStep>,
    flow: &BookingFlow,
    changes: GraphChanges,
    ids: &mut Ids,
    problems: &mut Problems,
) {
    let GraphChanges { root_node_id, nodes, edges } = changes;
    if root_node_id.is_none() && nodes.is_empty() && edges.is_empty() {
        return;
    }
    let is_selection = |id: &&Id<BookingFlowStep>| {
        let config = steps.get(**id).map(|it| &it.config);
        matches!(config, Some(StepConfig::ServiceSelection(_)))
    };
    let step = flow.steps.iter().find(is_selection).copied();
    let config = step.and_then(|it| steps.get_mut(it)).map(|it| &mut it.config);
    let Some(StepConfig::ServiceSelection(config)) = config else {
        let message = "the flow has no service-selection step that could have a graph";
        problems.root().at("graph").add("reference", message);
        return;
    };
    let graph = &mut config.graph;
    let mut list = List { name: "graph.nodes", label: ids::NODE, ids, problems };
    let deleted = list.write(&mut graph.nodes, nodes, |it| it.id.object_id());
    let mut list = List { name: "graph.edges", label: ids::EDGE, ids, problems };
    list.write(&mut graph.edges, edges, |it| it.id.object_id());
    if let Some(root) = root_node_id {
        let id = ids.resolve(&root, ids::NODE, "graph.root_node_id", problems);
        graph.root_node_id = id.map_or(graph.root_node_id, Id::new);
    }
    nothing_left_behind(graph, &deleted, problems);
}

/// What is deleted while something still leads to it.
fn nothing_left_behind(
    graph: &ServiceGraph,
    deleted: &BTreeMap<ObjectId, String>,
    problems: &mut Problems,
) {
    for (id, path) in deleted {
        let leads = |it: &&GraphEdge| {
            it.source_node_id.object_id() == *id || it.target_node_id.object_id() == *id
        };
        let edge = graph.edges.iter().find(leads);
        let mut root = problems.root();
        let mut place = root.at(path);
        if let Some(edge) = edge {
            let message = format!("the edge {} still leads from it or to it", edge.id);
            place.add("referenced", message);
        }
        if graph.root_node_id.object_id() == *id && !graph.nodes.is_empty() {
            place.add("referenced", "is still the root of the graph");
        }
    }
}

/// Nodes or edges.
struct List<'a> {
    name: &'static str,
    label: &'static str,
    ids: &'a mut Ids,
    problems: &'a mut Problems,
}

impl List<'_> {
    /// Changes a list; answers what was deleted and where that is said.
    fn write<T: Serialize + DeserializeOwned>(
        &mut self,
        list: &mut Vec<T>,
        changes: Changes,
        id_of: impl Fn(&T) -> ObjectId,
    ) -> BTreeMap<ObjectId, String> {
        let there: BTreeSet<_> = list.iter().map(&id_of).collect();
        let mut deleted = BTreeMap::new();
        for (n, text) in changes.delete.iter().enumerate() {
            let path = format!("{}.delete.{n}", self.name);
            if let Some(id) = self.find(text, &there, &path) {
                self.ids.forget(id);
                deleted.insert(id, path);
            }
        }
        list.retain(|it| !deleted.contains_key(&id_of(it)));
        let mut places: BTreeMap<_, _> =
            list.iter().enumerate().map(|(n, it)| (id_of(it), n)).collect();
        for (n, item) in changes.create.into_iter().enumerate() {
            let path = format!("{}.create.{n}", self.name);
            list.extend(self.read::<T>(Value::Object(item), &path));
        }
        for (n, mut item) in changes.update.into_iter().enumerate() {
            let path = format!("{}.update.{n}", self.name);
            let Some(Value::String(text)) = item.remove("_id") else {
                let mut root = self.problems.root();
                root.at(format_args!("{path}._id"))
                    .add("required", "must be the id of what changes");
                continue;
            };
            let Some(id) = self.find(&text, &there, &format!("{path}._id")) else { continue };
            let Some(place) = places.remove(&id) else {
                let mut root = self.problems.root();
                root.at(format_args!("{path}._id")).add("unique", "is deleted or changed already");
                continue;
            };
            let Ok(Value::Object(mut fields)) = serde_json::to_value(&list[place]) else {
                continue;
            };
            merge_patch(&mut fields, &item);
            if let Some(changed) = self.read(Value::Object(fields), &path) {
                list[place] = changed;
            }
        }
        deleted
    }

    fn find(&mut self, text: &str, there: &BTreeSet<ObjectId>, path: &str) -> Option<ObjectId> {
        let found = text.parse().ok().filter(|it| there.contains(it));
        if found.is_none() {
            let shown: String = text.chars().take(100).collect();
            let message = format!("there is no {} {shown} here", self.label);
            self.problems.root().at(path).add("reference", message);
        }
        found
    }

    fn read<T: DeserializeOwned>(&mut self, mut item: Value, path: &str) -> Option<T> {
        for (field, label) in POINTERS {
            if let Some(value) = item.get_mut(field) {
                self.ids.resolve_in(value, label, &format!("{path}.{field}"), self.problems);
            }
        }
        table::parse(item, path, self.problems)
    }
}

impl Ids {
    /// The nodes and edges that there are.
    pub(super) fn know_graph(&mut self, graph: &ServiceGraph) {
        for GraphNode { id, .. } in &graph.nodes {
            self.know(ids::NODE, id.object_id());
        }
        for GraphEdge { id, .. } in &graph.edges {
            self.know(ids::EDGE, id.object_id());
        }
    }
}
