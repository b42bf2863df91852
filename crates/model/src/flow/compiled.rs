use std::collections::HashMap;

use crate::{
    Id,
    content::ContentConfig,
    scheduler::{
        AnswerKind, BookingAnswerCategory, BookingFlow, BookingFlowVersion, BookingQuestion,
        BookingQuestionAnswer, BookingService, FlowSnapshot, Identified,
    },
    step::{BookingFlowStep, GraphNode, NodeTarget, ServiceGraph, StepConfig, StepType},
};

/// A published version, indexed: going from a node to the next takes as long as the node has
/// edges, whatever the size of the graph.
#[derive(Debug)]
pub struct CompiledFlow {
    pub flow_id: Id<BookingFlow>,
    pub version_id: Id<BookingFlowVersion>,
    pub title: String,
    /// Never empty in a published version.
    pub steps: Vec<CompiledStep>,
    root: Option<Id<GraphNode>>,
    nodes: HashMap<Id<GraphNode>, Node>,
    questions: HashMap<Id<BookingQuestion>, Identified<BookingQuestion>>,
    answers: HashMap<Id<BookingQuestionAnswer>, BookingQuestionAnswer>,
    categories: HashMap<Id<BookingAnswerCategory>, BookingAnswerCategory>,
    services: HashMap<Id<BookingService>, BookingService>,
}

/// A step without its envelope.
#[derive(Debug)]
pub struct CompiledStep {
    pub id: Id<BookingFlowStep>,
    pub content: ContentConfig,
    pub config: StepConfig,
}

/// A question where it stands in the graph.
pub type CompiledQuestion = Identified<BookingQuestion>;

#[derive(Debug)]
struct Node {
    target: NodeTarget,
    next: Vec<Id<GraphNode>>,
}

/// What follows an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leads {
    Question(Id<GraphNode>),
    Service(Id<BookingService>),
}

impl CompiledFlow {
    /// Of a stored version.
    pub fn of_version(id: Id<BookingFlowVersion>, version: BookingFlowVersion) -> Self {
        Self::new(id, version.snapshot)
    }

    /// Of any snapshot, sound or not: what leads nowhere leads to `None`.
    pub fn new(version_id: Id<BookingFlowVersion>, snapshot: FlowSnapshot) -> Self {
        let graph = snapshot.steps.iter().find_map(|step| match &step.body.config {
            StepConfig::ServiceSelection(config) => Some(&config.graph),
            _ => None,
        });
        Self {
            flow_id: snapshot.flow.id,
            version_id,
            title: snapshot.flow.body.content.title,
            root: graph.map(|it| it.root_node_id),
            nodes: graph.map(nodes).unwrap_or_default(),
            steps: snapshot
                .steps
                .into_iter()
                .map(|Identified { id, body }| CompiledStep {
                    id,
                    content: body.content,
                    config: body.config,
                })
                .collect(),
            questions: snapshot.questions.into_iter().map(|it| (it.id, it)).collect(),
            answers: snapshot.answers.into_iter().map(|it| (it.id, it.body)).collect(),
            categories: snapshot.categories.into_iter().map(|it| (it.id, it.body)).collect(),
            services: snapshot.services.into_iter().map(|it| (it.id, it.body)).collect(),
        }
    }

    /// The first node; one that does not exist when the flow has no graph.
    pub fn root(&self) -> Id<GraphNode> {
        self.root.unwrap_or(Id::new(crate::ObjectId::from_bytes([0; 12])))
    }

    /// The question at a node.
    pub fn question(&self, node: Id<GraphNode>) -> Option<&CompiledQuestion> {
        match self.nodes.get(&node)?.target {
            NodeTarget::Question { booking_question_id } => {
                self.questions.get(&booking_question_id)
            }
            _ => None,
        }
    }

    /// The answer nodes of the question at a node, in the order shown.
    pub fn choices(
        &self,
        node: Id<GraphNode>,
    ) -> impl Iterator<Item = (Id<GraphNode>, &BookingQuestionAnswer)> {
        let next = self.nodes.get(&node).map_or(&[][..], |it| &it.next);
        next.iter().filter_map(|id| {
            let NodeTarget::Answer { booking_question_answer_id } = self.nodes.get(id)?.target
            else {
                return None;
            };
            Some((*id, self.answers.get(&booking_question_answer_id)?))
        })
    }

    /// The node of an answer below the question at `node`.
    pub fn choice(
        &self,
        node: Id<GraphNode>,
        answer: Id<BookingQuestionAnswer>,
    ) -> Option<Id<GraphNode>> {
        let is_it = |id: &&Id<GraphNode>| {
            matches!(self.nodes.get(*id).map(|it| it.target),
                Some(NodeTarget::Answer { booking_question_answer_id }) if booking_question_answer_id == answer)
        };
        self.nodes.get(&node)?.next.iter().find(is_it).copied()
    }

    /// Where choosing the answer at a node leads.
    pub fn after_answer(&self, answer_node: Id<GraphNode>) -> Option<Leads> {
        let node = self.nodes.get(&answer_node)?;
        if let NodeTarget::Answer { booking_question_answer_id } = node.target
            && let AnswerKind::ServiceReference { booking_service_id } =
                self.answers.get(&booking_question_answer_id)?.kind
        {
            return Some(Leads::Service(booking_service_id));
        }
        self.first_next(node)
    }

    /// Where a question that only collects data leads.
    pub fn after_question(&self, node: Id<GraphNode>) -> Option<Leads> {
        self.first_next(self.nodes.get(&node)?)
    }

    fn first_next(&self, node: &Node) -> Option<Leads> {
        let id = node.next.first()?;
        match self.nodes.get(id)?.target {
            NodeTarget::Question { .. } => Some(Leads::Question(*id)),
            NodeTarget::Service { booking_service_id } => Some(Leads::Service(booking_service_id)),
            NodeTarget::Answer { .. } => None,
        }
    }

    /// An answer, wherever it stands.
    pub fn answer(&self, id: Id<BookingQuestionAnswer>) -> Option<&BookingQuestionAnswer> {
        self.answers.get(&id)
    }

    /// A service as it was published.
    pub fn service(&self, id: Id<BookingService>) -> Option<&BookingService> {
        self.services.get(&id)
    }

    /// The heading that an answer stands under.
    pub fn category(&self, id: Id<BookingAnswerCategory>) -> Option<&BookingAnswerCategory> {
        self.categories.get(&id)
    }

    /// The step and its place, from 0.
    pub fn step(&self, id: Id<BookingFlowStep>) -> Option<(usize, &CompiledStep)> {
        self.steps.iter().enumerate().find(|(_, it)| it.id == id)
    }

    /// The first step of a type and its place.
    pub fn step_of_type(&self, step_type: StepType) -> Option<(usize, &CompiledStep)> {
        self.steps.iter().enumerate().find(|(_, it)| it.config.step_type() == step_type)
    }
}

fn nodes(graph: &ServiceGraph) -> HashMap<Id<GraphNode>, Node> {
    let mut nodes: HashMap<_, _> = graph
        .nodes
        .iter()
        .map(|it| (it.id, Node { target: it.target, next: Vec::new() }))
        .collect();
    for edge in &graph.edges {
        if let Some(node) = nodes.get_mut(&edge.source_node_id) {
            node.next.push(edge.target_node_id);
        }
    }
    nodes
}
