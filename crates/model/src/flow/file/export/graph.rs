use std::collections::{BTreeSet, HashMap, hash_map::Entry};

use indexmap::IndexMap;

use super::{
    WrittenNode,
    names::{Names, Walk, unique},
};
use crate::{
    Id, ObjectId,
    content::Slug,
    flow::{
        FlowBundle,
        file::{EdgeEntry, FlowFile, Next, NodeEntry, ServiceTarget, StepEntry},
    },
    step::{GraphNode, NodeTarget, ServiceGraph, StepConfig},
};

/// Adds the graph to the file: by `next` where that says exactly it, by nodes and edges otherwise.
pub(super) fn write(
    file: &mut FlowFile,
    graph: &ServiceGraph,
    bundle: &FlowBundle,
    names: &mut Names<'_>,
    left_out: &mut Vec<String>,
) -> Vec<WrittenNode> {
    let next = Successors::of(graph);
    if next.nodes.len() < graph.nodes.len() {
        left_out.push("Several nodes have the same id; the file has one of them.".to_owned());
    }
    remember_nodes(graph, names);
    let mut short = file.clone();
    if lead_by_next(&mut short, &next, names) && says_exactly(&short, &next, names, bundle) {
        *file = short;
    } else {
        write_out(file, graph, names);
    }
    let called: HashMap<_, _> = names
        .ids
        .iter()
        .filter_map(|(place, id)| Some((place.strip_prefix("nodes.")?, *id)))
        .filter(|(name, _)| file.nodes.is_none() || !name.contains('.'))
        .map(|(name, id)| (id, name))
        .collect();
    let met = Walk::of(graph).nodes.into_iter().map(|n| &graph.nodes[n]);
    met.map(|node| {
        let place = names.place(node.target);
        let name = called.get(&node.id.object_id()).copied().unwrap_or(&place);
        let path = if file.nodes.is_some() { format!("nodes.{name}") } else { name.to_owned() };
        WrittenNode { id: node.id, path, place }
    })
    .collect()
}

/// A graph by what counts in it: what stands where, and where each leads, in order.
struct Successors {
    root: Id<GraphNode>,
    nodes: HashMap<Id<GraphNode>, NodeTarget>,
    next: HashMap<Id<GraphNode>, Vec<Id<GraphNode>>>,
}

impl Successors {
    fn of(graph: &ServiceGraph) -> Self {
        let mut next: HashMap<_, Vec<_>> = HashMap::new();
        for edge in &graph.edges {
            next.entry(edge.source_node_id).or_default().push(edge.target_node_id);
        }
        let nodes = graph.nodes.iter().map(|it| (it.id, it.target)).collect();
        Self { root: graph.root_node_id, nodes, next }
    }
}

/// The first node of each thing has the place that it would have if it were the only one.
fn remember_nodes(graph: &ServiceGraph, names: &mut Names<'_>) {
    let mut places = HashMap::new();
    for n in Walk::of(graph).nodes {
        let node = &graph.nodes[n];
        let place = names.place(node.target);
        if let Entry::Vacant(entry) = names.ids.entry(format!("nodes.{place}")) {
            entry.insert(node.id.object_id());
            places.insert(node.id, place);
        }
    }
    for edge in &graph.edges {
        if let (Some(from), Some(to)) =
            (places.get(&edge.source_node_id), places.get(&edge.target_node_id))
        {
            names.ids.entry(format!("edges.{from}>{to}")).or_insert(edge.id.object_id());
        }
    }
}

/// Writes `next` and `start` as far as they go; `false` when the graph has more than they say.
fn lead_by_next(file: &mut FlowFile, graph: &Successors, names: &Names<'_>) -> bool {
    let Some(NodeTarget::Question { booking_question_id: root }) = graph.nodes.get(&graph.root)
    else {
        return false;
    };
    start_at(file, &names.slug(*root));
    for (node, target) in &graph.nodes {
        let next = graph.next.get(node).map_or(&[][..], Vec::as_slice);
        let leads = next.iter().find_map(|it| match graph.nodes.get(it)? {
            NodeTarget::Question { booking_question_id } => {
                Some(Next::Question(names.slug(*booking_question_id)))
            }
            NodeTarget::Service { booking_service_id } => {
                Some(Next::Service(ServiceTarget { service: names.slug(*booking_service_id) }))
            }
            NodeTarget::Answer { .. } => None,
        });
        let entry = match target {
            NodeTarget::Question { booking_question_id: id } => {
                file.questions.get_mut(&names.slug(*id)).map(|it| &mut it.next)
            }
            NodeTarget::Answer { booking_question_answer_id: id } => file
                .questions
                .get_mut(&names.question_of(*id))
                .and_then(|it| it.answers.get_mut(&names.slug(*id)))
                .map(|it| &mut it.next),
            NodeTarget::Service { .. } => continue,
        };
        match entry {
            Some(entry) => *entry = leads,
            None => return false,
        }
    }
    true
}

/// Whether building the file gives the same graph.
fn says_exactly(
    file: &FlowFile,
    graph: &Successors,
    names: &Names<'_>,
    bundle: &FlowBundle,
) -> bool {
    let built = file
        .build(&mut |place| names.ids.get(place).copied().unwrap_or_else(|| ObjectId::of(place)));
    if bundle.snapshot.steps.len() != built.bundle.snapshot.steps.len() {
        return false;
    }
    let again = built.bundle.snapshot.steps.iter().find_map(|it| match &it.body.config {
        StepConfig::ServiceSelection(config) => Some(Successors::of(&config.graph)),
        _ => None,
    });
    again.is_some_and(|again| {
        again.root == graph.root && again.nodes == graph.nodes && again.next == graph.next
    })
}

/// Names every node, and writes nodes and edges.
fn write_out(file: &mut FlowFile, graph: &ServiceGraph, names: &mut Names<'_>) {
    let mut taken = BTreeSet::new();
    let mut nodes = IndexMap::new();
    let mut name_of = HashMap::new();
    let mut order = Vec::new();
    for n in Walk::of(graph).nodes {
        let node = &graph.nodes[n];
        let (wanted, entry) = named(node.target, names);
        let name = unique(&wanted, &mut taken);
        names.ids.insert(format!("nodes.{name}"), node.id.object_id());
        name_of.insert(node.id, name.clone());
        order.push(node.id);
        nodes.insert(name, entry);
    }
    // An edge may lead from or to a node that does not exist: it is named in vain again.
    let mut count_missing = 0;
    let mut name = |id: Id<GraphNode>, names: &mut Names<'_>| {
        let known = name_of.entry(id).or_insert_with(|| {
            count_missing += 1;
            unique(&Slug::missing(count_missing), &mut taken)
        });
        names.ids.entry(format!("nodes.{known}")).or_insert(id.object_id());
        known.clone()
    };
    let start = name(graph.root_node_id, names);
    let known: HashMap<_, _> = order.iter().enumerate().map(|(n, id)| (*id, n)).collect();
    let mut edges: Vec<_> = graph.edges.iter().collect();
    edges.sort_by_key(|it| known.get(&it.source_node_id).copied().unwrap_or(usize::MAX));
    let mut count: HashMap<String, usize> = HashMap::new();
    for edge in edges {
        let from = name(edge.source_node_id, names);
        let to = name(edge.target_node_id, names);
        let place = edge_place(&from, &to, &mut count);
        names.ids.insert(place, edge.id.object_id());
        file.edges.push(EdgeEntry { from, to });
    }
    file.nodes = Some(nodes);
    start_at(file, &start);
}

/// The place of an edge between two named nodes; the same edge may be there twice.
pub(in crate::flow::file) fn edge_place(
    from: &Slug,
    to: &Slug,
    count: &mut HashMap<String, usize>,
) -> String {
    let place = format!("edges.{from}>{to}");
    let nth = count.entry(place.clone()).or_default();
    *nth += 1;
    if *nth == 1 { place } else { format!("{place}#{nth}") }
}

fn named(target: NodeTarget, names: &Names<'_>) -> (Slug, NodeEntry) {
    match target {
        NodeTarget::Question { booking_question_id: id } => {
            let slug = names.slug(id);
            (slug.clone(), NodeEntry { question: Some(slug), ..NodeEntry::default() })
        }
        NodeTarget::Answer { booking_question_answer_id: id } => {
            let (question, answer) = (names.question_of(id), names.slug(id));
            let name = question.joined(&answer);
            (
                name,
                NodeEntry {
                    question: Some(question),
                    answer: Some(answer),
                    ..NodeEntry::default()
                },
            )
        }
        NodeTarget::Service { booking_service_id: id } => {
            let slug = names.slug(id);
            (slug.clone(), NodeEntry { service: Some(slug), ..NodeEntry::default() })
        }
    }
}

fn start_at(file: &mut FlowFile, at: &Slug) {
    for step in &mut file.steps {
        if let StepEntry::ServiceSelection { start, .. } = step {
            start.clone_from(at);
        }
    }
}
