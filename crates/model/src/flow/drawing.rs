use std::collections::HashMap;

use crate::{
    diagram::{Diagram, DiagramNode, Mark, NodeKind},
    flow::FlowBundle,
    scheduler::{AnswerKind, BookingService, Price},
    step::{NodeTarget, StepConfig},
};

/// The service-selection graph as a diagram. A service that an answer refers to is drawn as a
/// node of its own, so that every path is seen to end at a service.
pub fn draw(bundle: &FlowBundle) -> Diagram {
    let snapshot = &bundle.snapshot;
    let questions: HashMap<_, _> = snapshot.questions.iter().map(|it| (it.id, &it.body)).collect();
    let answers: HashMap<_, _> = snapshot.answers.iter().map(|it| (it.id, &it.body)).collect();
    let services: HashMap<_, _> = snapshot.services.iter().map(|it| (it.id, &it.body)).collect();
    let graph = snapshot.steps.iter().find_map(|step| match &step.body.config {
        StepConfig::ServiceSelection(config) => Some(&config.graph),
        _ => None,
    });
    let (graph_nodes, graph_edges) = graph.map_or((&[][..], &[][..]), |it| (&it.nodes, &it.edges));
    let mut nodes: Vec<DiagramNode> = Vec::with_capacity(graph_nodes.len());
    let mut referred = Vec::new();
    let mut positions = HashMap::new();
    let mut service_positions = HashMap::new();
    for (n, node) in graph_nodes.iter().enumerate() {
        positions.insert(node.id, n);
        let (kind, label, note) = match node.target {
            NodeTarget::Question { booking_question_id: id } => {
                (NodeKind::Question, questions.get(&id).map(|it| &it.content.title), None)
            }
            NodeTarget::Answer { booking_question_answer_id: id } => {
                let answer = answers.get(&id);
                if let Some(AnswerKind::ServiceReference { booking_service_id }) =
                    answer.map(|it| it.kind)
                {
                    referred.push((n, booking_service_id));
                }
                (NodeKind::Answer, answer.map(|it| &it.content.title), None)
            }
            NodeTarget::Service { booking_service_id: id } => {
                service_positions.insert(id, n);
                let service = services.get(&id);
                (NodeKind::Service, service.map(|it| &it.content.title), service.map(|it| note(it)))
            }
        };
        let label = label.cloned().unwrap_or_else(|| "missing".to_owned());
        nodes.push(DiagramNode { id: node.id.to_string(), kind, label, note, mark: Mark::Same });
    }
    let mut edges: Vec<_> = graph_edges
        .iter()
        .filter_map(|it| {
            Some((*positions.get(&it.source_node_id)?, *positions.get(&it.target_node_id)?))
        })
        .collect();
    for (answer, id) in referred {
        let position = *service_positions.entry(id).or_insert_with(|| {
            let service = services.get(&id);
            nodes.push(DiagramNode {
                id: id.to_string(),
                kind: NodeKind::Service,
                label: service.map_or_else(|| "missing".to_owned(), |it| it.content.title.clone()),
                note: service.map(|it| note(it)),
                mark: Mark::Same,
            });
            nodes.len() - 1
        });
        edges.push((answer, position));
    }
    let title = snapshot.flow.body.content.title.clone();
    Diagram { title, nodes, edges, ..Diagram::default() }
}

fn note(service: &BookingService) -> String {
    format!("{} min · {}", service.duration_minutes, price(&service.price))
}

fn price(price: &Price) -> String {
    let amount = |minor: i64, currency: &str| match currency {
        "USD" => format!("${}", major(minor)),
        other => format!("{} {other}", major(minor)),
    };
    match price {
        Price::Fixed { amount_minor, currency } => amount(*amount_minor, currency.as_str()),
        Price::From { amount_minor, currency } => {
            format!("from {}", amount(*amount_minor, currency.as_str()))
        }
        Price::Range { amount_minor, max_amount_minor, currency } => {
            let most = amount(*max_amount_minor, currency.as_str());
            format!("{}–{most}", amount(*amount_minor, currency.as_str()))
        }
        Price::Quote { .. } => "quote".to_owned(),
        Price::Free { .. } => "free".to_owned(),
    }
}

/// Whole units, with cents only where there are any.
fn major(minor: i64) -> String {
    if minor % 100 == 0 {
        (minor / 100).to_string()
    } else {
        format!("{}.{:02}", minor / 100, minor % 100)
    }
}
