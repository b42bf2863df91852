use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Id, Index, ObjectId, OnDelete, Only, PerTenant, Place, Reference,
    scheduler::BookingFlow,
};

/// Where the builder drew things. Apart from the things themselves, so that moving one changes
/// no flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingFlowDiagram {
    pub booking_flow_id: Id<BookingFlow>,
    pub kind: DiagramKind,
    pub canvas_data: CanvasData,
}

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiagramKind {
    /// The steps.
    Flow,
    /// The graph of the service-selection step.
    ServiceSelection,
}

/// Positions in canvas pixels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CanvasData {
    pub nodes: Vec<CanvasNode>,
    pub edges: Vec<CanvasEdge>,
    pub viewport: Viewport,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CanvasNode {
    pub id: ObjectId,
    pub position: Position,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub x: f64,
    pub y: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CanvasEdge {
    pub id: ObjectId,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Viewport {
    pub x: f64,
    pub y: f64,
    pub zoom: f64,
}

impl Default for Viewport {
    fn default() -> Self {
        Self { x: 0.0, y: 0.0, zoom: 1.0 }
    }
}

impl Entity for BookingFlowDiagram {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "booking_flow_diagrams",
        label: "booking flow diagram",
        indexes: &[Index {
            name: "flow_and_kind",
            fields: &["booking_flow_id", "kind"],
            unique: true,
            only: Only::All,
        }],
        references: &[Reference {
            field: "booking_flow_id",
            to: "booking_flows",
            on_delete: OnDelete::Cascade,
        }],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        for (n, node) in self.canvas_data.nodes.iter().enumerate() {
            let finite = node.position.x.is_finite() && node.position.y.is_finite();
            place.at(format_args!("canvas_data.nodes.{n}.position")).require(
                finite,
                "range",
                "must be finite",
            );
        }
        place.at("canvas_data.viewport.zoom").range(&self.canvas_data.viewport.zoom, &0.05, &10.0);
    }
}
