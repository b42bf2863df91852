use std::collections::{BTreeMap, HashMap};

use super::{ChangeKind, Comparison, What};
use crate::{
    diagram::{Diagram, Mark, NodeKind},
    flow::{FlowBundle, draw},
};

/// Both graphs in one: what is added, removed and changed is marked.
pub fn draw_diff(before: &FlowBundle, after: &FlowBundle) -> Diagram {
    let comparison = Comparison::of(before, after);
    let (was, mut picture) = (draw(before), draw(after));
    let becomes = comparison.becomes(&was, &picture);
    let changed = comparison.changed_nodes();
    for node in &mut picture.nodes {
        node.mark = if changed.contains(&node.id) { Mark::Changed } else { Mark::Added };
    }
    let mut place = Vec::with_capacity(was.nodes.len());
    for (node, now) in was.nodes.into_iter().zip(becomes) {
        if let Some(now) = now {
            if picture.nodes[now].mark == Mark::Added {
                picture.nodes[now].mark = Mark::Same;
            }
            place.push(now);
        } else {
            place.push(picture.nodes.len());
            picture.nodes.push(crate::diagram::DiagramNode { mark: Mark::Removed, ..node });
        }
    }
    let mut marks: BTreeMap<_, _> = picture.edges.iter().map(|it| (*it, Mark::Added)).collect();
    for (from, to) in was.edges {
        let edge = (place[from], place[to]);
        if let Some(mark) = marks.get_mut(&edge) {
            *mark = Mark::Same;
        } else {
            marks.insert(edge, Mark::Removed);
            picture.edges.push(edge);
        }
    }
    picture.edge_marks = marks;
    picture
}

impl Comparison<'_> {
    /// For each box before, its position after.
    fn becomes(&self, was: &Diagram, is: &Diagram) -> Vec<Option<usize>> {
        let mut by_node = HashMap::new();
        for (n, node) in self.before.written.nodes.iter().enumerate() {
            if let Some(after) = self.nodes.after(n) {
                by_node.insert(node.id.to_string(), self.after.written.nodes[after].id.to_string());
            }
        }
        let position: HashMap<_, _> =
            is.nodes.iter().enumerate().map(|(n, it)| (it.id.clone(), n)).collect();
        // A service that answers refer to is drawn without a node of its own.
        let services = |side: &super::Side<'_>, all: &Diagram| -> HashMap<String, String> {
            let nodes = side.written.nodes.iter();
            let own: HashMap<_, _> = nodes
                .map(|it| (it.id.to_string(), side.written.id(&it.place).to_string()))
                .collect();
            let drawn = all.nodes.iter().filter(|it| it.kind == NodeKind::Service);
            drawn
                .map(|it| {
                    (it.id.clone(), own.get(&it.id).cloned().unwrap_or_else(|| it.id.clone()))
                })
                .collect()
        };
        let service_before = services(&self.before, was);
        let mut by_service = HashMap::new();
        for (drawn, service) in services(&self.after, is) {
            by_service.entry(service).or_insert(drawn);
        }
        let mut taken = vec![false; is.nodes.len()];
        let by_id =
            |node: &crate::diagram::DiagramNode| position.get(by_node.get(&node.id)?).copied();
        let mut becomes: Vec<_> = was.nodes.iter().map(by_id).collect();
        becomes.iter().flatten().for_each(|it| taken[*it] = true);
        for (node, now) in was.nodes.iter().zip(&mut becomes).filter(|(_, now)| now.is_none()) {
            let drawn = || {
                let service = service_before.get(&node.id)?;
                let n = self
                    .before
                    .elements
                    .iter()
                    .position(|it| it.what == What::Service && it.id.to_string() == *service)?;
                let after = &self.after.elements[self.elements.after(n)?];
                position.get(by_service.get(&after.id.to_string())?).copied()
            };
            *now = drawn().filter(|it| !std::mem::replace(&mut taken[*it], true));
        }
        becomes
    }

    /// Ids of the boxes after whose thing or whose way on is another.
    fn changed_nodes(&self) -> std::collections::HashSet<String> {
        let mut changes = self.element_changes();
        changes.extend(super::graph::changes(self, &changes));
        let is_changed = |it: &&super::Change| {
            matches!(
                it.kind,
                ChangeKind::Changed { .. } | ChangeKind::Moved { .. } | ChangeKind::Rewired { .. }
            )
        };
        let mut ids = std::collections::HashSet::new();
        let places: std::collections::HashSet<_> =
            changes.iter().filter(is_changed).map(|it| it.path.as_str()).collect();
        for node in &self.after.written.nodes {
            if places.contains(node.place.as_str()) || places.contains(node.path.as_str()) {
                ids.insert(node.id.to_string());
            }
        }
        // And of services that are drawn without a node.
        ids.extend(changes.iter().filter(is_changed).map(|it| it.id.clone()));
        ids
    }
}
