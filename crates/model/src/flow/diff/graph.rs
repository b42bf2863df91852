use std::collections::{HashMap, HashSet};

use super::{Change, ChangeKind, Comparison, Side, What};
use crate::{
    Id,
    flow::file::WrittenNode,
    step::{GraphNode, StepConfig},
};

/// What is different in the graph, given what is said of its questions and answers already.
pub(super) fn changes(comparison: &Comparison<'_>, said: &[Change]) -> Vec<Change> {
    let (before, after) = (Edges::of(&comparison.before), Edges::of(&comparison.after));
    let mut changes = Vec::new();
    changes.extend(start(comparison, &before, &after));
    let mut nodes_seen = HashSet::new();
    for (n, node) in comparison.after.written.nodes.iter().enumerate() {
        let first = nodes_seen.insert(node.place.as_str());
        if comparison.nodes.before(n).is_none() {
            let known = |it| comparison.elements.before(it).is_some();
            if !is_implied(&comparison.after, &after, node, first, known) {
                let entry = after.names(node.id).into();
                changes.push(change(&comparison.after, node, ChangeKind::Added { entry }));
            }
        }
    }
    let mut nodes_seen = HashSet::new();
    for (n, node) in comparison.before.written.nodes.iter().enumerate() {
        let first = nodes_seen.insert(node.place.as_str());
        let Some(is) = comparison.nodes.after(n) else {
            let known = |it| comparison.elements.after(it).is_some();
            if !is_implied(&comparison.before, &before, node, first, known) {
                let entry = before.names(node.id).into();
                changes.push(change(&comparison.before, node, ChangeKind::Removed { entry }));
            }
            continue;
        };
        let now = &comparison.after.written.nodes[is];
        let (was_next, now_next) = targets(comparison, &before, &after, node.id, now.id, said);
        if was_next != now_next {
            let kind = ChangeKind::Rewired { before: was_next, after: now_next };
            changes.push(change(&comparison.after, now, kind));
        }
    }
    changes
}

/// The edges of one flow by their source, and what the nodes are called.
struct Edges<'a> {
    root: Option<Id<GraphNode>>,
    next: HashMap<Id<GraphNode>, Vec<Id<GraphNode>>>,
    led_to: HashSet<Id<GraphNode>>,
    place: HashMap<Id<GraphNode>, usize>,
    nodes: &'a [WrittenNode],
}

impl<'a> Edges<'a> {
    fn of(side: &'a Side<'_>) -> Self {
        let nodes = &side.written.nodes;
        let graph = side.bundle.snapshot.steps.iter().find_map(|it| match &it.body.config {
            StepConfig::ServiceSelection(config) => Some(&config.graph),
            _ => None,
        });
        let mut next: HashMap<_, Vec<_>> = HashMap::new();
        let mut led_to = HashSet::new();
        for edge in graph.map_or(&[][..], |it| &it.edges) {
            next.entry(edge.source_node_id).or_default().push(edge.target_node_id);
            led_to.insert(edge.target_node_id);
        }
        let place = nodes.iter().enumerate().map(|(n, it)| (it.id, n)).collect();
        Self { root: graph.map(|it| it.root_node_id), next, led_to, place, nodes }
    }

    fn next(&self, node: Id<GraphNode>) -> &[Id<GraphNode>] {
        self.next.get(&node).map_or(&[], Vec::as_slice)
    }

    fn name(&self, node: Id<GraphNode>) -> String {
        let place = self.place.get(&node);
        place.map_or_else(|| "nothing".to_owned(), |it| self.nodes[*it].path.clone())
    }

    /// What a node leads to.
    fn names(&self, node: Id<GraphNode>) -> Vec<String> {
        self.next(node).iter().map(|it| self.name(*it)).collect()
    }
}

/// In a file without written out nodes it is the question or the answer that leads elsewhere.
fn change(side: &Side<'_>, node: &WrittenNode, kind: ChangeKind) -> Change {
    let shown = side.places.get(&node.place).map(|it| &side.elements[*it]);
    let by_next = matches!(kind, ChangeKind::Rewired { .. }) && side.written.file.nodes.is_none();
    Change {
        what: shown.filter(|_| by_next).map_or(What::Node, |it| it.what),
        path: node.path.clone(),
        id: node.id.to_string(),
        title: shown.map_or_else(|| node.place.clone(), |it| it.title.clone()),
        kind,
    }
}

/// Whether a node comes or goes with what it shows, or with what leads to it.
fn is_implied(
    side: &Side<'_>,
    edges: &Edges<'_>,
    node: &WrittenNode,
    first: bool,
    known: impl Fn(usize) -> bool,
) -> bool {
    let Some(shown) = side.places.get(&node.place).copied() else { return false };
    let led_to = edges.led_to.contains(&node.id);
    first && (!known(shown) || (side.elements[shown].what == What::Service && led_to))
}

/// What a node led to and what it leads to, both as they are called now, without answers that
/// are said to have come, gone or moved.
fn targets(
    comparison: &Comparison<'_>,
    before: &Edges<'_>,
    after: &Edges<'_>,
    was: Id<GraphNode>,
    is: Id<GraphNode>,
    said: &[Change],
) -> (Vec<String>, Vec<String>) {
    let now = |id: &Id<GraphNode>| {
        let place = before.place.get(id)?;
        comparison.nodes.after(*place).map(|it| after.nodes[it].id)
    };
    let old: Vec<_> = before.next(was).iter().map(|it| (now(it), *it)).collect();
    let kept: HashSet<_> = old.iter().filter_map(|it| it.0).collect();
    let is_answer = |name: &str| name.contains(".answers.");
    let place_of = |edges: &Edges<'_>, id: &Id<GraphNode>| {
        edges.place.get(id).map(|it| edges.nodes[*it].place.clone()).unwrap_or_default()
    };
    let mut old_names: Vec<_> = old
        .iter()
        .filter(|(now, it)| now.is_some() || !is_answer(&place_of(before, it)))
        .map(|(now, it)| now.map_or_else(|| before.name(*it), |it| after.name(it)))
        .collect();
    let mut new_names: Vec<_> = after
        .next(is)
        .iter()
        .filter(|it| {
            kept.contains(it) || !is_answer(&place_of(after, it)) || is_old(comparison, after, it)
        })
        .map(|it| after.name(*it))
        .collect();
    let question = place_of(after, &is);
    let answers = format!("{question}.answers.");
    let is_moved =
        |it: &Change| matches!(it.kind, ChangeKind::Moved { .. }) && it.path.starts_with(&answers);
    if said.iter().any(is_moved) {
        old_names.sort_unstable();
        new_names.sort_unstable();
    }
    (old_names, new_names)
}

/// Whether a node was there before, wherever it was led to from.
fn is_old(comparison: &Comparison<'_>, after: &Edges<'_>, id: &Id<GraphNode>) -> bool {
    after.place.get(id).is_some_and(|it| comparison.nodes.before(*it).is_some())
}

/// Another first question.
fn start(comparison: &Comparison<'_>, before: &Edges<'_>, after: &Edges<'_>) -> Option<Change> {
    let (was, is) = (before.root?, after.root?);
    let now = before.place.get(&was).and_then(|it| comparison.nodes.after(*it));
    let same = match (now, after.place.get(&is)) {
        (Some(now), Some(is)) => now == *is,
        (None, None) => !before.place.contains_key(&was),
        _ => false,
    };
    let step = comparison
        .after
        .bundle
        .snapshot
        .steps
        .iter()
        .position(|it| matches!(it.body.config, StepConfig::ServiceSelection(_)))?;
    let path = format!("steps.{step}");
    let (n, step) = comparison.after.elements.iter().enumerate().find(|(_, it)| it.path == path)?;
    comparison.elements.before(n)?;
    let (was, is) = (vec![before.name(was)], vec![after.name(is)]);
    (!same).then(|| step.change(ChangeKind::Rewired { before: was, after: is }))
}
