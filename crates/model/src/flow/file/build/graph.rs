use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::Builder;
use crate::{
    Id,
    content::Slug,
    flow::file::{Next, NodeEntry, QuestionEntry, export::edge_place},
    step::{GraphEdge, GraphNode, NodeTarget, ServiceGraph},
};

impl Builder<'_> {
    /// The nodes and edges of the file when it has any; otherwise one node for each question, each
    /// answer of a single choice, and each service that a question or an answer leads to by `next`.
    pub(super) fn graph(&mut self, start: &Slug, place: &str) -> ServiceGraph {
        let file = self.file;
        if let Some(nodes) = &file.nodes {
            return self.written_out(nodes, start);
        }
        if !file.edges.is_empty() {
            self.find("graph.dangling", "edges", "Edges need `nodes` to lead from and to.");
        }
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

    fn written_out(&mut self, nodes: &IndexMap<Slug, NodeEntry>, start: &Slug) -> ServiceGraph {
        let file = self.file;
        self.refuse_next();
        let mut shown = HashSet::new();
        let mut graph = ServiceGraph {
            root_node_id: Id::new(self.id(&format!("nodes.{start}"))),
            nodes: Vec::with_capacity(nodes.len()),
            edges: Vec::with_capacity(file.edges.len()),
        };
        for (name, entry) in nodes {
            shown.extend(&entry.question);
            if let Some(target) = self.target(entry, &format!("nodes.{name}")) {
                let id = Id::new(self.id(&format!("nodes.{name}")));
                graph.nodes.push(GraphNode { id, target });
            }
        }
        let mut count = HashMap::new();
        for edge in &file.edges {
            let place = edge_place(&edge.from, &edge.to, &mut count);
            graph.edges.push(GraphEdge {
                id: Id::new(self.id(&place)),
                source_node_id: Id::new(self.id(&format!("nodes.{}", edge.from))),
                target_node_id: Id::new(self.id(&format!("nodes.{}", edge.to))),
            });
        }
        for slug in file.questions.keys().filter(|it| !shown.contains(it)) {
            let place = format!("questions.{slug}");
            self.find("graph.unreachable", &place, "No node shows this question.");
        }
        graph
    }

    fn target(&mut self, entry: &NodeEntry, place: &str) -> Option<NodeTarget> {
        match (&entry.question, &entry.answer, &entry.service) {
            (Some(question), None, None) => {
                let question = self.resolve("questions", question, &format!("{place}.question"));
                question.map(|booking_question_id| NodeTarget::Question { booking_question_id })
            }
            (Some(question), Some(answer), None) => {
                self.resolve::<()>("questions", question, &format!("{place}.question"))?;
                let entry = self.file.questions.get(question)?;
                if !entry.answers.contains_key(answer) {
                    let message = format!("`{answer}` is not among the answers of `{question}`.");
                    self.find("reference.missing", &format!("{place}.answer"), message);
                    return None;
                }
                let id = self.id(&format!("questions.{question}.answers.{answer}"));
                Some(NodeTarget::Answer { booking_question_answer_id: Id::new(id) })
            }
            (None, None, Some(service)) => {
                let service = self.resolve("services", service, &format!("{place}.service"));
                service.map(|booking_service_id| NodeTarget::Service { booking_service_id })
            }
            _ => {
                let message =
                    "A node shows a `question`, an `answer` of a `question`, or a `service`.";
                self.find("field.invalid", place, message);
                None
            }
        }
    }

    /// Where nodes are written out, edges say where they lead.
    fn refuse_next(&mut self) {
        const MESSAGE: &str =
            "The nodes are written out: `edges` say what leads where, not `next`.";
        for (slug, question) in &self.file.questions {
            let place = format!("questions.{slug}");
            if question.next.is_some() {
                self.find("graph.edge_kind", &format!("{place}.next"), MESSAGE);
            }
            for (answer, _) in question.answers.iter().filter(|(_, it)| it.next.is_some()) {
                self.find("graph.edge_kind", &format!("{place}.answers.{answer}.next"), MESSAGE);
            }
        }
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
        for (answer, _) in entry.answers.iter().filter(|(_, it)| it.next.is_some()) {
            let message = format!(
                "Several answers of “{}” can be chosen at once, so none of them can lead on: put `next` on the question.",
                entry.title
            );
            self.find("graph.edge_kind", &format!("questions.{slug}.answers.{answer}"), message);
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
