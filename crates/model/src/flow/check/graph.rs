use std::collections::HashMap;

use super::{Findings, Names, Severity};
use crate::{
    Id,
    scheduler::{AnswerKind, BookingQuestion, BookingService, FlowSnapshot, QuestionKind},
    step::{GraphEdge, GraphNode, NodeTarget, ServiceGraph, StepConfig},
};

/// The service-selection graph by positions instead of ids. Edges that may not be are left out,
/// each with its finding.
pub(super) struct Graph {
    pub(super) ids: Vec<Id<GraphNode>>,
    pub(super) targets: Vec<NodeTarget>,
    pub(super) next: Vec<Vec<usize>>,
    pub(super) root: usize,
    /// The service that a node selects.
    pub(super) selects: Vec<Option<Id<BookingService>>>,
    incoming: Vec<usize>,
    /// Reachable nodes in the order of their distance from the root.
    near: Vec<usize>,
    /// On a shortest path from the root; `usize::MAX` for what no path reaches.
    came_from: Vec<usize>,
    declared_edges: usize,
}

impl Graph {
    /// `None` when there is nothing to start from.
    pub(super) fn of(
        snapshot: &FlowSnapshot,
        names: &Names<'_>,
        findings: &mut Findings,
    ) -> Option<Self> {
        let graph = snapshot.steps.iter().find_map(|step| match &step.body.config {
            StepConfig::ServiceSelection(config) => Some(&config.graph),
            _ => None,
        })?;
        let positions: HashMap<_, _> =
            graph.nodes.iter().enumerate().map(|(n, node)| (node.id, n)).collect();
        let targets: Vec<_> = graph.nodes.iter().map(|it| it.target).collect();
        let shown: Vec<_> = targets.iter().map(|it| Shown::of(*it, names)).collect();
        let is_gone = |shown: Shown| match shown {
            Shown::Nothing => true,
            Shown::Service(id) => !names.services.contains_key(&id.object_id()),
            _ => false,
        };
        for (target, _) in targets.iter().zip(&shown).filter(|(_, it)| is_gone(**it)) {
            let message = "The graph shows something that does not exist.".to_owned();
            findings.error("reference.missing", names.path(*target), message, &[target.id()]);
        }
        let root = root(graph, &positions, &targets, findings)?;
        let next =
            Edges { graph, targets: &targets, shown: &shown, names }.allowed(&positions, findings);
        let mut incoming = vec![0; targets.len()];
        next.iter().flatten().for_each(|to| incoming[*to] += 1);
        let (near, came_from) = nearest(root, &next);
        Some(Self {
            ids: graph.nodes.iter().map(|it| it.id).collect(),
            selects: shown.iter().map(|it| it.selects()).collect(),
            targets,
            next,
            root,
            incoming,
            near,
            came_from,
            declared_edges: graph.edges.len(),
        })
    }

    pub(super) fn len(&self) -> usize {
        self.targets.len()
    }

    pub(super) fn edges(&self) -> usize {
        self.declared_edges
    }

    pub(super) fn is_reachable(&self, node: usize) -> bool {
        self.came_from[node] != usize::MAX
    }

    pub(super) fn is_question(&self, node: usize) -> bool {
        matches!(self.targets[node], NodeTarget::Question { .. })
    }

    /// A shortest path from the root, place by place. Nothing for what no path reaches.
    pub(super) fn witness(&self, node: usize, names: &Names<'_>) -> Vec<String> {
        if !self.is_reachable(node) {
            return Vec::new();
        }
        let back = |it: &usize| (*it != self.root).then(|| self.came_from[*it]);
        let mut path: Vec<_> = std::iter::successors(Some(node), back)
            .map(|it| names.path(self.targets[it]))
            .collect();
        path.reverse();
        path
    }

    /// The services that paths reach, each with the node where that happens first.
    pub(super) fn reachable_services(&self) -> HashMap<Id<BookingService>, usize> {
        let mut services = HashMap::new();
        for node in &self.near {
            if let Some(service) = self.selects[*node] {
                services.entry(service).or_insert(*node);
            }
        }
        services
    }

    /// The rules that look at one node at a time.
    pub(super) fn check_shape(&self, names: &Names<'_>, findings: &mut Findings) {
        self.check_roots(names, findings);
        self.check_unreachable(names, findings);
        for node in 0..self.len() {
            self.check_answers(node, names, findings);
        }
    }

    fn check_roots(&self, names: &Names<'_>, findings: &mut Findings) {
        let others = (0..self.len()).filter(|node| {
            *node != self.root && self.incoming[*node] == 0 && self.is_question(*node)
        });
        let others: Vec<_> = others.collect();
        if let Some(first) = others.first() {
            findings.add(
                Severity::Error,
                "graph.many_roots",
                names.path(self.targets[*first]),
                format!(
                    "A visit can begin at one question only, but nothing leads to “{}”.",
                    names.title(self.targets[*first])
                ),
                others.iter().map(|it| self.ids[*it].to_string()).collect(),
                [self.root, *first].map(|it| names.path(self.targets[it])).to_vec(),
            );
        }
    }

    fn check_unreachable(&self, names: &Names<'_>, findings: &mut Findings) {
        let lost: Vec<_> = (0..self.len()).filter(|node| !self.is_reachable(*node)).collect();
        if let Some(first) = lost.first() {
            let more = match lost.len() - 1 {
                0 => String::new(),
                n => format!(", nor {n} more"),
            };
            findings.add(
                Severity::Error,
                "graph.unreachable",
                names.path(self.targets[*first]),
                format!("No visitor can ever reach “{}”{more}.", names.title(self.targets[*first])),
                lost.iter().map(|it| self.ids[*it].to_string()).collect(),
                vec![names.path(self.targets[*first])],
            );
        }
    }

    fn check_answers(&self, node: usize, names: &Names<'_>, findings: &mut Findings) {
        let NodeTarget::Question { booking_question_id } = self.targets[node] else { return };
        let Some(question) = names.questions.get(&booking_question_id.object_id()) else { return };
        if !question.kind.has_answers() {
            return;
        }
        if question.kind.collects_data() {
            check_several(question, names, findings);
        }
        let answers = match question.kind {
            QuestionKind::SingleChoice => self.next[node].len(),
            _ => question.answer_ids.len(),
        };
        let title = &question.content.title;
        let (severity, code, message) = match answers {
            0 => (
                Severity::Error,
                "graph.question_without_answers",
                format!("“{title}” has no answers to choose from."),
            ),
            1 => (
                Severity::Warning,
                "graph.single_answer",
                format!("“{title}” has one answer only, so there is nothing to choose."),
            ),
            2..=12 => return,
            n => (
                Severity::Warning,
                "graph.wide",
                format!("“{title}” has {n} answers: more than 12 are hard to choose from."),
            ),
        };
        if findings.has_room(code) {
            let ids = vec![self.ids[node].to_string(), booking_question_id.to_string()];
            let path = names.path(self.targets[node]);
            findings.add(severity, code, path, message, ids, self.witness(node, names));
        }
    }
}

/// Several of its answers can be chosen at once, so none of them may choose a service.
fn check_several(question: &BookingQuestion, names: &Names<'_>, findings: &mut Findings) {
    for id in &question.answer_ids {
        let Some(answer) = names.answers.get(&id.object_id()) else { continue };
        if let AnswerKind::ServiceReference { .. } = answer.kind {
            findings.add(
                Severity::Error,
                "graph.edge_kind",
                names.answer_path(answer),
                format!(
                    "Several answers of “{}” can be chosen at once, so “{}” cannot choose a service.",
                    question.content.title, answer.content.title
                ),
                vec![id.to_string()],
                vec![names.answer_path(answer)],
            );
        }
    }
}

/// What of the thing at a node decides which edges may be, looked up once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// It does not exist.
    Nothing,
    Question {
        id: Id<BookingQuestion>,
        collects_data: bool,
    },
    Answer {
        of: Id<BookingQuestion>,
        selects: Option<Id<BookingService>>,
    },
    Service(Id<BookingService>),
}

impl Shown {
    fn of(target: NodeTarget, names: &Names<'_>) -> Self {
        let found = match target {
            NodeTarget::Question { booking_question_id: id } => {
                let question = names.questions.get(&id.object_id());
                question.map(|it| Self::Question { id, collects_data: it.kind.collects_data() })
            }
            NodeTarget::Answer { booking_question_answer_id: id } => {
                names.answers.get(&id.object_id()).map(|it| Self::Answer {
                    of: it.booking_question_id,
                    selects: match it.kind {
                        AnswerKind::ServiceReference { booking_service_id } => {
                            Some(booking_service_id)
                        }
                        AnswerKind::Text {} => None,
                    },
                })
            }
            // One that is gone ends the path all the same, and is reported as gone.
            NodeTarget::Service { booking_service_id } => Some(Self::Service(booking_service_id)),
        };
        found.unwrap_or(Self::Nothing)
    }

    fn selects(self) -> Option<Id<BookingService>> {
        match self {
            Self::Service(id) => Some(id),
            Self::Answer { selects, .. } => selects,
            Self::Question { .. } | Self::Nothing => None,
        }
    }
}

fn root(
    graph: &ServiceGraph,
    positions: &HashMap<Id<GraphNode>, usize>,
    targets: &[NodeTarget],
    findings: &mut Findings,
) -> Option<usize> {
    let root = positions.get(&graph.root_node_id).copied();
    let question = root.filter(|it| matches!(targets[*it], NodeTarget::Question { .. }));
    if question.is_none() {
        findings.error(
            "graph.no_root",
            "steps.service_selection.start".to_owned(),
            "The service selection does not begin at a question.".to_owned(),
            &[graph.root_node_id],
        );
    }
    question
}

/// The declared edges, and what stands at their ends.
struct Edges<'a> {
    graph: &'a ServiceGraph,
    targets: &'a [NodeTarget],
    shown: &'a [Shown],
    names: &'a Names<'a>,
}

impl Edges<'_> {
    /// What each node leads to, in order, without what may not be.
    fn allowed(
        &self,
        positions: &HashMap<Id<GraphNode>, usize>,
        findings: &mut Findings,
    ) -> Vec<Vec<usize>> {
        let mut declared = vec![Vec::new(); self.targets.len()];
        // Edges of one node mostly stand together.
        let mut last = None;
        for edge in &self.graph.edges {
            let source = match last {
                Some((id, place)) if id == edge.source_node_id => Some(place),
                _ => positions.get(&edge.source_node_id).copied(),
            };
            last = source.map(|it| (edge.source_node_id, it));
            let target = positions.get(&edge.target_node_id).copied();
            match (source, target) {
                (Some(source), Some(target)) => declared[source].push(target),
                _ => self.report_dangling(edge, source.or(target), findings),
            }
        }
        let mut seen_from = vec![usize::MAX; self.targets.len()];
        for (source, next) in declared.iter_mut().enumerate() {
            let mut already = 0;
            next.retain(|target| {
                let problem = if std::mem::replace(&mut seen_from[*target], source) == source {
                    Some(("graph.duplicate_edge", "The same two nodes are connected twice"))
                } else {
                    refuse(self.shown[source], self.shown[*target], already)
                };
                already += usize::from(problem.is_none());
                if let Some((code, sentence)) = problem {
                    self.report(code, sentence, [source, *target], findings);
                }
                problem.is_none()
            });
        }
        declared
    }

    fn report_dangling(&self, edge: &GraphEdge, end: Option<usize>, findings: &mut Findings) {
        if !findings.has_room("graph.dangling") {
            return;
        }
        let path = end.map(|it| self.names.path(self.targets[it])).unwrap_or_default();
        findings.add(
            Severity::Error,
            "graph.dangling",
            path.clone(),
            "An edge leads from or to a node that does not exist.".to_owned(),
            vec![edge.id.to_string()],
            vec![path],
        );
    }

    fn report(
        &self,
        code: &'static str,
        sentence: &str,
        ends: [usize; 2],
        findings: &mut Findings,
    ) {
        if !findings.has_room(code) {
            return;
        }
        let [source, target] = ends.map(|it| self.targets[it]);
        let titles = [source, target].map(|it| self.names.title(it));
        findings.add(
            Severity::Error,
            code,
            self.names.path(source),
            format!("{sentence}: “{}” → “{}”.", titles[0], titles[1]),
            ends.iter().map(|it| self.graph.nodes[*it].id.to_string()).collect(),
            vec![self.names.path(source), self.names.path(target)],
        );
    }
}

/// Why an edge may not be, given how many its source has already.
fn refuse(source: Shown, target: Shown, already: usize) -> Option<(&'static str, &'static str)> {
    const KIND: &str = "graph.edge_kind";
    match (source, target) {
        (Shown::Question { id, .. }, Shown::Answer { of, .. }) if of != id => {
            Some(("graph.answer_of_other_question", "The answer belongs to another question"))
        }
        (Shown::Question { collects_data: true, .. }, Shown::Answer { .. }) => {
            Some((KIND, "A question that only collects data leads to a question or a service"))
        }
        (
            Shown::Question { collects_data: false, .. },
            Shown::Question { .. } | Shown::Service(_),
        ) => Some((KIND, "A question with a choice leads on through its answers")),
        (Shown::Question { .. }, Shown::Question { .. } | Shown::Service(_)) if already > 0 => {
            Some((KIND, "A question that only collects data leads to exactly one place"))
        }
        (Shown::Answer { .. }, Shown::Answer { .. }) => {
            Some((KIND, "An answer leads to a question or a service"))
        }
        (Shown::Answer { .. }, _) if already > 0 => {
            Some((KIND, "An answer leads to one place only"))
        }
        (Shown::Service(_), _) => Some((KIND, "A service ends the path")),
        // What does not exist is reported as that.
        _ => None,
    }
}

/// Breadth first: reachable nodes nearest first, and from where each was reached first.
fn nearest(root: usize, next: &[Vec<usize>]) -> (Vec<usize>, Vec<usize>) {
    let mut came_from = vec![usize::MAX; next.len()];
    let mut near = vec![root];
    came_from[root] = root;
    let mut at = 0;
    while let Some(node) = near.get(at).copied() {
        at += 1;
        for to in &next[node] {
            if came_from[*to] == usize::MAX {
                came_from[*to] = node;
                near.push(*to);
            }
        }
    }
    (near, came_from)
}
