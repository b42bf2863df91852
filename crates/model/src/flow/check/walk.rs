use std::collections::VecDeque;

use super::{Findings, Graph, Names, Severity};

/// Proves that every path ends at exactly one service, for all paths at once.
///
/// Walks the graph of (node, services selected so far: 0, 1, 2 or more), which is three times as
/// large, breadth first from the root: what is found first was reached by a shortest path. It
/// holds with cycles too, where there are no finitely many paths to look at.
pub(super) fn check(graph: &Graph, names: &Names<'_>, findings: &mut Findings) {
    let walk = Walk::from_root(graph);
    let mut ends_seen = vec![false; graph.len()];
    for state in &walk.order {
        let (node, services) = (state / 3, state % 3);
        let first_over = services == 2 && walk.came_from[*state].is_none_or(|from| from % 3 < 2);
        if first_over && findings.has_room("graph.two_services") {
            report(graph, names, &walk, *state, findings, "graph.two_services", |title| {
                format!("A visitor who reaches “{title}” has chosen two services.")
            });
        }
        let dead = graph.next[node].is_empty() && graph.selects[node].is_none();
        let first_dead = dead && !std::mem::replace(&mut ends_seen[node], true);
        if first_dead && findings.has_room("graph.dead_end") {
            report(graph, names, &walk, *state, findings, "graph.dead_end", |title| {
                format!(
                    "A visitor who comes to “{title}” gets stuck: the path does not end at a service."
                )
            });
        }
    }
}

struct Walk {
    /// States in the order in which they were reached.
    order: Vec<usize>,
    came_from: Vec<Option<usize>>,
}

impl Walk {
    fn from_root(graph: &Graph) -> Self {
        let mut came_from = vec![None; graph.len() * 3];
        let mut seen = vec![false; graph.len() * 3];
        let mut order = Vec::new();
        let enter = |node: usize, services: usize| {
            node * 3 + (services + usize::from(graph.selects[node].is_some())).min(2)
        };
        let start = enter(graph.root, 0);
        seen[start] = true;
        let mut waiting = VecDeque::from([start]);
        while let Some(state) = waiting.pop_front() {
            order.push(state);
            for to in &graph.next[state / 3] {
                let next = enter(*to, state % 3);
                if !seen[next] {
                    seen[next] = true;
                    came_from[next] = Some(state);
                    waiting.push_back(next);
                }
            }
        }
        Self { order, came_from }
    }

    fn path_to(&self, state: usize) -> Vec<usize> {
        let mut path: Vec<_> =
            std::iter::successors(Some(state), |it| self.came_from[*it]).map(|it| it / 3).collect();
        path.reverse();
        path
    }
}

fn report(
    graph: &Graph,
    names: &Names<'_>,
    walk: &Walk,
    state: usize,
    findings: &mut Findings,
    code: &'static str,
    message: impl Fn(&str) -> String,
) {
    let target = graph.targets[state / 3];
    findings.add(
        Severity::Error,
        code,
        names.path(target),
        message(names.title(target)),
        vec![graph.ids[state / 3].to_string()],
        walk.path_to(state).into_iter().map(|it| names.path(graph.targets[it])).collect(),
    );
}
