use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Id,
    scheduler::{BookingQuestion, BookingQuestionAnswer, BookingService},
};

/// Leads to exactly one service by questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceSelection {
    pub graph: ServiceGraph,
}

/// Nodes and edges apart; [`crate::flow::check`] says what must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceGraph {
    pub root_node_id: Id<GraphNode>,
    pub nodes: Vec<GraphNode>,
    pub edges: Vec<GraphEdge>,
}

/// A place in the graph. The same question may stand at several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GraphNode {
    #[serde(rename = "_id")]
    pub id: Id<GraphNode>,
    #[serde(flatten)]
    pub target: NodeTarget,
}

/// What stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum NodeTarget {
    Question { booking_question_id: Id<BookingQuestion> },
    Answer { booking_question_answer_id: Id<BookingQuestionAnswer> },
    Service { booking_service_id: Id<BookingService> },
}

impl NodeTarget {
    /// Of whatever it is.
    pub const fn id(self) -> Id<()> {
        match self {
            Self::Question { booking_question_id: id } => Id::new(id.object_id()),
            Self::Answer { booking_question_answer_id: id } => Id::new(id.object_id()),
            Self::Service { booking_service_id: id } => Id::new(id.object_id()),
        }
    }
}

/// Leads from one node to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphEdge {
    #[serde(rename = "_id")]
    pub id: Id<GraphEdge>,
    pub source_node_id: Id<GraphNode>,
    pub target_node_id: Id<GraphNode>,
}
