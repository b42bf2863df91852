use super::{Next, QuestionEntry, build::Builder};
use crate::{
    Id,
    content::Slug,
    flow::check::{Finding, Severity},
    step::{GraphEdge, GraphNode, NodeTarget, ServiceGraph},
};

impl Builder<'_> {
    /// One node for each question, each answer of a single choice, and each service that a
    /// question or an answer leads to by `next`.
    pub(super) fn graph(&mut self, start: &Slug, place: &str) -> ServiceGraph {
        let file = self.file;
        let root = self.resolve::<()>("questions", start, place);
        let root_place = format!("nodes.questions.{start}");
        let root_node_id = match root {
            Some(_) => self.id(&root_place),
            None => self.id("nodes.missing"),
        };
        let mut graph = ServiceGraph {
            root_node_id: Id::new(root_node_id),
            nodes: Vec::new(),
            edges: Vec::new(),
        };
        for (slug, entry) in &file.questions {
            self.question_node(&mut graph, slug, entry);
        }
        graph
    }

    fn question_node(&mut self, graph: &mut ServiceGraph, slug: &Slug, entry: &QuestionEntry) {
        let place = format!("questions.{slug}");
        let node = format!("nodes.{place}");
        let booking_question_id = Id::new(self.id(&place));
        self.node(graph, &node, NodeTarget::Question { booking_question_id });
        if let Some(next) = &entry.next {
            self.edge_to(graph, &node, next, &format!("{place}.next"));
        }
        if entry.kind.collects_data() {
            self.refuse_leading_answers(slug, entry);
            return;
        }
        for (answer_slug, answer) in &entry.answers {
            let place = format!("{place}.answers.{answer_slug}");
            let answer_node = format!("nodes.{place}");
            let booking_question_answer_id = Id::new(self.id(&place));
            self.node(graph, &answer_node, NodeTarget::Answer { booking_question_answer_id });
            self.edge(graph, &node, &answer_node);
            if let Some(next) = &answer.next {
                self.edge_to(graph, &answer_node, next, &format!("{place}.next"));
            }
        }
    }

    fn refuse_leading_answers(&mut self, slug: &Slug, entry: &QuestionEntry) {
        for (answer, _) in
            entry.answers.iter().filter(|(_, it)| it.next.is_some() || it.service.is_some())
        {
            self.findings.push(Finding {
                code: "graph.edge_kind",
                severity: Severity::Error,
                message: format!(
                    "Several answers of “{}” can be chosen at once, so none of them can lead on: put `next` on the question.",
                    entry.title
                ),
                path: format!("questions.{slug}.answers.{answer}"),
                ids: Vec::new(),
                witness: Vec::new(),
            });
        }
    }

    fn edge_to(&mut self, graph: &mut ServiceGraph, source: &str, next: &Next, place: &str) {
        match next {
            Next::Question(slug) => {
                if self.resolve::<()>("questions", slug, place).is_some() {
                    self.edge(graph, source, &format!("nodes.questions.{slug}"));
                }
            }
            Next::Service(target) => {
                if let Some(booking_service_id) = self.resolve("services", &target.service, place) {
                    let node = format!("nodes.services.{}", target.service);
                    self.node(graph, &node, NodeTarget::Service { booking_service_id });
                    self.edge(graph, source, &node);
                }
            }
        }
    }

    fn node(&mut self, graph: &mut ServiceGraph, place: &str, target: NodeTarget) {
        if matches!(target, NodeTarget::Service { .. }) && self.ids.contains_key(place) {
            return;
        }
        let id = Id::new(self.id(place));
        graph.nodes.push(GraphNode { id, target });
    }

    fn edge(&mut self, graph: &mut ServiceGraph, source: &str, target: &str) {
        let place = format!("edges.{}>{}", &source["nodes.".len()..], &target["nodes.".len()..]);
        graph.edges.push(GraphEdge {
            id: Id::new(self.id(&place)),
            source_node_id: Id::new(self.id(source)),
            target_node_id: Id::new(self.id(target)),
        });
    }
}
