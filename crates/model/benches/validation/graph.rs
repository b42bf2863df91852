use std::collections::HashMap;

use model::{
    Id, ObjectId,
    content::ContentConfig,
    flow::{FlowBundle, file::FlowFile},
    scheduler::{
        AnswerKind, BookingQuestion, BookingQuestionAnswer, Identified, QuestionKind, ValueRules,
    },
    step::{GraphEdge, GraphNode, NodeTarget, ServiceGraph, StepConfig},
};

/// Each question stands at four places and has six answers: ten nodes and thirty edges.
const PLACES: usize = 4;
const ANSWERS: usize = 6;

pub(crate) struct Shape {
    pub(crate) questions: usize,
    /// Questions on a path.
    pub(crate) depth: usize,
}

fn id<E>(kind: u8, n: usize) -> Id<E> {
    Id::new(ObjectId::from_parts(u32::try_from(n).unwrap(), [kind; 5], 0))
}

impl Shape {
    /// A sound flow: every place is reached, every path ends at the one service.
    pub(crate) fn bundle(&self) -> FlowBundle {
        let file = FlowFile::parse(include_str!("flow.yaml")).unwrap();
        let mut bundle = file.build(&mut ObjectId::of).bundle;
        let service = bundle.snapshot.services[0].id;
        (bundle.snapshot.questions, bundle.snapshot.answers) = (Vec::new(), Vec::new());
        let width = self.questions.div_ceil(self.depth);
        let mut graph = ServiceGraph { root_node_id: id(1, 0), nodes: vec![], edges: vec![] };
        let place = |question: usize, n: usize| id(1, question * PLACES + n);
        let edge = |from, to, edges: &mut Vec<GraphEdge>| {
            edges.push(GraphEdge {
                id: id(3, edges.len()),
                source_node_id: from,
                target_node_id: to,
            });
        };
        for question in 0..self.questions {
            let is_last = question + width >= self.questions;
            let booking_question_id = id(4, question);
            // The root stands before all others, at one place only.
            let places = if question == 0 { 1 } else { PLACES };
            for n in 0..places {
                let target = NodeTarget::Question { booking_question_id };
                graph.nodes.push(GraphNode { id: place(question, n), target });
            }
            let mut answer_ids = Vec::new();
            for n in 0..ANSWERS {
                let number = question * ANSWERS + n;
                let (answer, node) = (id(5, number), id(2, number));
                answer_ids.push(answer);
                let target = NodeTarget::Answer { booking_question_answer_id: answer };
                graph.nodes.push(GraphNode { id: node, target });
                for at in 0..places {
                    edge(place(question, at), node, &mut graph.edges);
                }
                let kind = if is_last {
                    AnswerKind::ServiceReference { booking_service_id: service }
                } else {
                    AnswerKind::Text {}
                };
                bundle.snapshot.answers.push(Identified {
                    id: answer,
                    body: BookingQuestionAnswer {
                        booking_question_id,
                        slug: format!("a-{n}").parse().unwrap(),
                        content: ContentConfig::titled(format!("Answer {n}")),
                        kind,
                        category_id: None,
                    },
                });
                if !is_last {
                    edge(node, place(question + width, n % PLACES), &mut graph.edges);
                }
            }
            bundle.snapshot.questions.push(Identified {
                id: booking_question_id,
                body: BookingQuestion {
                    slug: format!("q-{question}").parse().unwrap(),
                    content: ContentConfig::titled(format!("Question {question}")),
                    kind: QuestionKind::SingleChoice,
                    is_required: true,
                    rules: ValueRules::default(),
                    answer_ids,
                },
            });
        }
        self.reach_the_first_row(width, &mut graph, &mut bundle);
        set(&mut bundle, graph);
        bundle
    }

    /// More answers of the first question lead to the rest of its row.
    fn reach_the_first_row(&self, width: usize, graph: &mut ServiceGraph, bundle: &mut FlowBundle) {
        for question in 1..width.min(self.questions) {
            for n in 0..PLACES {
                let number = self.questions * ANSWERS + question * PLACES + n;
                let (answer, node) = (id(5, number), id(2, number));
                let target = NodeTarget::Answer { booking_question_answer_id: answer };
                graph.nodes.push(GraphNode { id: node, target });
                for (from, to) in [(id(1, 0), node), (node, id(1, question * PLACES + n))] {
                    let edge = id(3, graph.edges.len());
                    graph.edges.push(GraphEdge {
                        id: edge,
                        source_node_id: from,
                        target_node_id: to,
                    });
                }
                bundle.snapshot.questions[0].body.answer_ids.push(answer);
                bundle.snapshot.answers.push(Identified {
                    id: answer,
                    body: BookingQuestionAnswer {
                        booking_question_id: id(4, 0),
                        slug: format!("r-{number}").parse().unwrap(),
                        content: ContentConfig::titled("More"),
                        kind: AnswerKind::Text {},
                        category_id: None,
                    },
                });
            }
        }
    }
}

fn set(bundle: &mut FlowBundle, new: ServiceGraph) {
    for step in &mut bundle.snapshot.steps {
        if let StepConfig::ServiceSelection(config) = &mut step.body.config {
            config.graph = new;
            return;
        }
    }
}

pub(crate) fn graph(bundle: &FlowBundle) -> &ServiceGraph {
    let mut graphs = bundle.snapshot.steps.iter().filter_map(|it| match &it.body.config {
        StepConfig::ServiceSelection(config) => Some(&config.graph),
        _ => None,
    });
    graphs.next().unwrap()
}

/// By positions of nodes.
pub(crate) fn edges(bundle: &FlowBundle) -> Vec<Vec<usize>> {
    let graph = graph(bundle);
    let place: HashMap<_, _> = graph.nodes.iter().enumerate().map(|(n, it)| (it.id, n)).collect();
    let mut next = vec![Vec::new(); graph.nodes.len()];
    for edge in &graph.edges {
        next[place[&edge.source_node_id]].push(place[&edge.target_node_id]);
    }
    next
}

/// Takes every path from the first node, as a search that remembers nothing does.
pub(crate) fn recursive_search(next: &[Vec<usize>]) -> u64 {
    fn paths(next: &[Vec<usize>], node: usize) -> u64 {
        if next[node].is_empty() { 1 } else { next[node].iter().map(|it| paths(next, *it)).sum() }
    }
    paths(next, 0)
}
