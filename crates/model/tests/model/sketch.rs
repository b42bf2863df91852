//! Small flows described by what leads where, made into bundles.

use model::{
    Id, ObjectId,
    content::{ContentConfig, Slug},
    flow::FlowBundle,
    scheduler::{
        AnswerKind, BookingFlow, BookingFlowStatus, BookingQuestion, BookingQuestionAnswer,
        BookingService, FlowSnapshot, Identified, Price, QuestionKind, ServiceStatus, ValueRules,
    },
    step::{
        BookingFlowStep, Confirmation, CustomerInfo, GraphEdge, GraphNode, NodeTarget,
        ServiceGraph, ServiceSelection, StepConfig,
    },
};

/// Every entity stands at one node, so that a node is told by its entity's name.
#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    pub(crate) root: Spot,
    pub(crate) questions: Vec<Ask>,
    pub(crate) services: usize,
    /// After all the others.
    pub(crate) more_edges: Vec<(Spot, Spot)>,
}

#[derive(Debug, Clone)]
pub(crate) enum Ask {
    Choice(Vec<Reply>),
    Number(Option<Spot>),
}

#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) selects: Option<usize>,
    pub(crate) next: Option<Spot>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Spot {
    Question(usize),
    Answer(usize, usize),
    Service(usize),
}

pub(crate) fn id<E>(kind: u8, n: usize) -> Id<E> {
    let n = u32::try_from(n).unwrap();
    Id::new(ObjectId::from_parts(n, [kind; 5], 0))
}

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

impl Spot {
    /// Its place in a flow file, as findings name it.
    pub(crate) fn path(self) -> String {
        match self {
            Self::Question(n) => format!("questions.q{n}"),
            Self::Answer(n, m) => format!("questions.q{n}.answers.a{m}"),
            Self::Service(n) => format!("services.s{n}"),
        }
    }

    /// The other way round.
    pub(crate) fn named(path: &str) -> Self {
        let number = |it: &str| it[1..].parse().unwrap();
        match path.split('.').collect::<Vec<_>>()[..] {
            ["questions", question] => Self::Question(number(question)),
            ["questions", question, "answers", it] => Self::Answer(number(question), number(it)),
            ["services", it] => Self::Service(number(it)),
            _ => panic!("{path}"),
        }
    }

    /// Of the whole flow no more than 1,000 answers to a question.
    pub(crate) fn node_id(self) -> Id<GraphNode> {
        match self {
            Self::Question(n) => id(1, n),
            Self::Answer(n, m) => Id::new(answer_id(n, m, 2)),
            Self::Service(n) => id(3, n),
        }
    }

    fn target(self) -> NodeTarget {
        match self {
            Self::Question(n) => NodeTarget::Question { booking_question_id: id(4, n) },
            Self::Answer(n, m) => {
                NodeTarget::Answer { booking_question_answer_id: Id::new(answer_id(n, m, 5)) }
            }
            Self::Service(n) => NodeTarget::Service { booking_service_id: id(6, n) },
        }
    }
}

fn answer_id(question: usize, answer: usize, kind: u8) -> ObjectId {
    let [question, answer] = [question, answer].map(|it| u32::try_from(it).unwrap());
    ObjectId::from_parts(question, [kind; 5], answer)
}

impl Sketch {
    /// All nodes, in the order of the graph.
    pub(crate) fn spots(&self) -> Vec<Spot> {
        let asks = self.questions.iter().enumerate().flat_map(|(n, ask)| {
            let replies = if let Ask::Choice(replies) = ask { replies.len() } else { 0 };
            std::iter::once(Spot::Question(n)).chain((0..replies).map(move |m| Spot::Answer(n, m)))
        });
        asks.chain((0..self.services).map(Spot::Service)).collect()
    }

    /// All edges, in the order of the graph.
    pub(crate) fn edges(&self) -> Vec<(Spot, Spot)> {
        let mut edges = Vec::new();
        for (n, ask) in self.questions.iter().enumerate() {
            match ask {
                Ask::Number(next) => edges.extend(next.map(|it| (Spot::Question(n), it))),
                Ask::Choice(replies) => {
                    for (m, reply) in replies.iter().enumerate() {
                        edges.push((Spot::Question(n), Spot::Answer(n, m)));
                        edges.extend(reply.next.map(|it| (Spot::Answer(n, m), it)));
                    }
                }
            }
        }
        edges.extend(&self.more_edges);
        edges
    }

    pub(crate) fn bundle(&self) -> FlowBundle {
        let flow_id = id(7, 0);
        let steps = [
            StepConfig::ServiceSelection(ServiceSelection { graph: self.graph() }),
            StepConfig::CustomerInfo(CustomerInfo::default()),
            StepConfig::Confirmation(Confirmation {
                message: String::new(),
                redirect_url: None,
                add_to_calendar: true,
                show_reference: true,
            }),
        ];
        let content = ContentConfig::titled("Step");
        let steps = steps.into_iter().enumerate().map(|(n, config)| Identified {
            id: id(8, n),
            body: BookingFlowStep { booking_flow_id: flow_id, content: content.clone(), config },
        });
        let flow = BookingFlow {
            slug: slug("flow"),
            content: ContentConfig::titled("Flow"),
            steps: Vec::new(),
            status: BookingFlowStatus::Draft,
            published_version_id: None,
            has_unpublished_changes: true,
            scheduled_publication: None,
            failed_publication: None,
            journeys: Vec::new(),
        };
        let snapshot = FlowSnapshot {
            flow: Identified { id: flow_id, body: flow },
            steps: steps.collect(),
            questions: self.questions.iter().enumerate().map(question).collect(),
            answers: self.questions.iter().enumerate().flat_map(answers).collect(),
            categories: Vec::new(),
            services: (0..self.services).map(service).collect(),
        };
        FlowBundle { snapshot, zones: Vec::new(), schedules: Vec::new() }
    }

    fn graph(&self) -> ServiceGraph {
        let node = |it: Spot| GraphNode { id: it.node_id(), target: it.target() };
        let edge = |(n, (from, to)): (usize, (Spot, Spot))| GraphEdge {
            id: id(9, n),
            source_node_id: from.node_id(),
            target_node_id: to.node_id(),
        };
        ServiceGraph {
            root_node_id: self.root.node_id(),
            nodes: self.spots().into_iter().map(node).collect(),
            edges: self.edges().into_iter().enumerate().map(edge).collect(),
        }
    }
}

fn question((n, ask): (usize, &Ask)) -> Identified<BookingQuestion> {
    let (kind, answers) = match ask {
        Ask::Choice(replies) => (QuestionKind::SingleChoice, replies.len()),
        Ask::Number(_) => (QuestionKind::Number, 0),
    };
    let body = BookingQuestion {
        slug: slug(&format!("q{n}")),
        content: ContentConfig::titled(format!("Question {n}")),
        kind,
        is_required: true,
        rules: ValueRules::default(),
        answer_ids: (0..answers).map(|m| Id::new(answer_id(n, m, 5))).collect(),
    };
    Identified { id: id(4, n), body }
}

fn answers((n, ask): (usize, &Ask)) -> Vec<Identified<BookingQuestionAnswer>> {
    let Ask::Choice(replies) = ask else { return Vec::new() };
    let answer = |(m, reply): (usize, &Reply)| Identified {
        id: Id::new(answer_id(n, m, 5)),
        body: BookingQuestionAnswer {
            booking_question_id: id(4, n),
            slug: slug(&format!("a{m}")),
            content: ContentConfig::titled(format!("Answer {m}")),
            kind: reply.selects.map_or(AnswerKind::Text {}, |it| AnswerKind::ServiceReference {
                booking_service_id: id(6, it),
            }),
            category_id: None,
        },
    };
    replies.iter().enumerate().map(answer).collect()
}

fn service(n: usize) -> Identified<BookingService> {
    let body = BookingService {
        slug: slug(&format!("s{n}")),
        content: ContentConfig::titled(format!("Service {n}")),
        duration_minutes: 60,
        price: Price::Free { currency: "USD".parse().unwrap() },
        dispatch_fee: None,
        service_zone_ids: Vec::new(),
        schedule_id: None,
        skills: Vec::new(),
        vendor_data: None,
        status: ServiceStatus::Active,
        synced_at: None,
    };
    Identified { id: id(6, n), body }
}
