use std::collections::{BTreeMap, VecDeque};

use num_bigint::BigUint;

use super::{Findings, Graph, Names, QuestionsAsked, Severity};
use crate::step::NodeTarget;

/// A visitor should not be asked more than so many questions.
const DEEP: usize = 12;

/// The paths that end at a service, in numbers.
#[derive(Default)]
pub(super) struct Measured {
    pub(super) paths: BigUint,
    /// By the place of the service.
    pub(super) paths_to: BTreeMap<String, BigUint>,
    /// A path on which most is asked.
    pub(super) longest: Vec<String>,
    pub(super) questions: QuestionsAsked,
}

/// Counts the paths and the questions on them; reports a cycle and a path that is too long.
/// `None` with a cycle, which has endless paths.
pub(super) fn measure(
    graph: &Graph,
    names: &Names<'_>,
    findings: &mut Findings,
) -> Option<Measured> {
    let order = match topological(graph) {
        Ok(order) => order,
        Err(left) => {
            report_cycle(graph, names, &shortest_cycle(graph, &left), findings);
            return None;
        }
    };
    let mut to = vec![ToNode::default(); graph.len()];
    to[graph.root].paths = BigUint::from(1_u32);
    to[graph.root].chance = 1.0;
    to[graph.root].min = 0;
    let mut total = ToNode::default();
    let (mut paths_to, mut longest_end) = (BTreeMap::<_, BigUint>::new(), None);
    for node in order {
        let mut here = std::mem::take(&mut to[node]);
        if graph.is_question(node) {
            here.min += 1;
            here.max += 1;
            here.expected += here.chance;
        }
        if here.max > to[node].max {
            to[node].max = here.max;
        }
        let next = &graph.next[node];
        if let Some(booking_service_id) = graph.selects[node].filter(|_| next.is_empty()) {
            if here.max > total.max {
                longest_end = Some(node);
            }
            total.join(&here, 1.0);
            let service = names.path(NodeTarget::Service { booking_service_id });
            *paths_to.entry(service).or_default() += &here.paths;
        }
        #[expect(clippy::cast_precision_loss, reason = "a node has far fewer than 2^52 edges")]
        let share = 1.0 / next.len() as f64;
        for next in next {
            let deeper = to[*next].max < here.max;
            to[*next].join(&here, share);
            if deeper {
                to[*next].longest_from = Some(node);
            }
        }
        // Kept for the longest paths only.
        to[node].longest_from = here.longest_from;
    }
    report_deep(graph, names, &to, findings);
    let min = if total.min == usize::MAX { 0 } else { total.min };
    let questions = QuestionsAsked { min, mean: total.expected, max: total.max };
    let longest = longest_end.map(|it| path_to(it, &to, graph, names)).unwrap_or_default();
    Some(Measured { paths: total.paths, paths_to, longest, questions })
}

/// The path into a node on which most is asked.
fn path_to(node: usize, to: &[ToNode], graph: &Graph, names: &Names<'_>) -> Vec<String> {
    let mut path: Vec<_> = std::iter::successors(Some(node), |it| to[*it].longest_from).collect();
    path.reverse();
    path.into_iter().map(|it| names.path(graph.targets[it])).collect()
}

/// What is known of all paths into a node.
#[derive(Clone)]
struct ToNode {
    paths: BigUint,
    min: usize,
    max: usize,
    /// How likely a visitor comes here.
    chance: f64,
    /// Questions answered until here, times `chance`.
    expected: f64,
    longest_from: Option<usize>,
}

impl Default for ToNode {
    fn default() -> Self {
        Self {
            paths: BigUint::ZERO,
            min: usize::MAX,
            max: 0,
            chance: 0.0,
            expected: 0.0,
            longest_from: None,
        }
    }
}

impl ToNode {
    fn join(&mut self, from: &Self, share: f64) {
        self.paths += &from.paths;
        self.min = self.min.min(from.min);
        self.max = self.max.max(from.max);
        self.chance += from.chance * share;
        self.expected += from.expected * share;
    }
}

/// The reachable nodes, each after all that lead to it; or the nodes that no order holds.
fn topological(graph: &Graph) -> Result<Vec<usize>, Vec<bool>> {
    let mut incoming = vec![0_usize; graph.len()];
    let reachable = || (0..graph.len()).filter(|it| graph.is_reachable(*it));
    reachable().flat_map(|node| &graph.next[node]).for_each(|to| incoming[*to] += 1);
    let mut waiting: VecDeque<_> = reachable().filter(|it| incoming[*it] == 0).collect();
    let mut order = Vec::with_capacity(graph.len());
    while let Some(node) = waiting.pop_front() {
        order.push(node);
        for to in &graph.next[node] {
            incoming[*to] -= 1;
            if incoming[*to] == 0 {
                waiting.push_back(*to);
            }
        }
    }
    let mut left = vec![false; graph.len()];
    reachable().for_each(|it| left[it] = true);
    for placed in &order {
        left[*placed] = false;
    }
    if left.contains(&true) { Err(left) } else { Ok(order) }
}

/// The shortest cycle among the nodes that are left. Looking from every node would take quadratic
/// time in a large graph, so the search stops after a fixed amount of work and then gives the
/// shortest found so far.
fn shortest_cycle(graph: &Graph, left: &[bool]) -> Vec<usize> {
    let mut work = 4_000_000_usize.saturating_sub(graph.len());
    let mut best = some_cycle(graph, left);
    let mut came_from = vec![usize::MAX; graph.len()];
    for start in (0..graph.len()).filter(|it| left[*it]) {
        let mut touched = Vec::new();
        let mut waiting = VecDeque::from([(start, 1)]);
        'search: while let Some((node, length)) = waiting.pop_front() {
            if length >= best.len() {
                break;
            }
            for to in graph.next[node].iter().filter(|it| left[**it]) {
                work = work.saturating_sub(1);
                if *to == start {
                    let back = std::iter::successors(Some(node), |it| {
                        (*it != start).then(|| came_from[*it])
                    });
                    best = back.collect();
                    best.reverse();
                    break 'search;
                }
                if came_from[*to] == usize::MAX {
                    came_from[*to] = node;
                    touched.push(*to);
                    waiting.push_back((*to, length + 1));
                }
            }
        }
        for node in touched {
            came_from[node] = usize::MAX;
        }
        if work == 0 {
            break;
        }
    }
    best
}

/// A cycle among the nodes that are left, short or not: each of them has another of them before
/// it, so that whoever goes backwards comes round.
fn some_cycle(graph: &Graph, left: &[bool]) -> Vec<usize> {
    let mut before = vec![0; graph.len()];
    for node in (0..graph.len()).filter(|it| left[*it]) {
        graph.next[node].iter().for_each(|to| before[*to] = node);
    }
    let Some(mut node) = left.iter().position(|it| *it) else { return Vec::new() };
    let mut seen = vec![false; graph.len()];
    while !std::mem::replace(&mut seen[node], true) {
        node = before[node];
    }
    let back = |it: &usize| (*it != node).then(|| before[*it]);
    let mut cycle: Vec<_> = std::iter::successors(Some(before[node]), back).collect();
    cycle.reverse();
    cycle
}

fn report_cycle(graph: &Graph, names: &Names<'_>, cycle: &[usize], findings: &mut Findings) {
    let Some(first) = cycle.first() else { return };
    let target = graph.targets[*first];
    findings.add(
        Severity::Error,
        "graph.cycle",
        names.path(target),
        format!("A visitor can go round in circles from “{}” back to it.", names.title(target)),
        cycle.iter().map(|it| graph.ids[*it].to_string()).collect(),
        cycle.iter().chain([first]).map(|it| names.path(graph.targets[*it])).collect(),
    );
}

fn report_deep(graph: &Graph, names: &Names<'_>, to: &[ToNode], findings: &mut Findings) {
    let deepest = (0..graph.len()).max_by_key(|it| (to[*it].max, usize::MAX - it));
    let Some(deepest) = deepest.filter(|it| to[*it].max > DEEP) else { return };
    findings.add(
        Severity::Warning,
        "graph.deep",
        names.path(graph.targets[deepest]),
        format!(
            "On one path a visitor answers {} questions: more than {DEEP} tire them.",
            to[deepest].max
        ),
        vec![graph.ids[deepest].to_string()],
        path_to(deepest, to, graph, names),
    );
}
