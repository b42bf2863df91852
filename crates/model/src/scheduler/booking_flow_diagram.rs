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

/// Of one canvas, and as many edges. A flow has fewer.
const MOST_NODES: usize = 10_000;
/// Of one canvas as JSON.
const MOST_BYTES: usize = 512_000;

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
        let CanvasData { nodes, edges, .. } = &self.canvas_data;
        for (field, count) in [("nodes", nodes.len()), ("edges", edges.len())] {
            let few = count <= MOST_NODES;
            place.at("canvas_data").at(field).require(few, "length", "must be at most 10,000");
        }
        let bytes = serde_json::to_vec(&self.canvas_data).map_or(0, |it| it.len());
        let message = "must be at most 512 kB as JSON";
        place.at("canvas_data").require(bytes <= MOST_BYTES, "length", message);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Problems;

    fn problems(nodes: usize, edges: usize, x: f64) -> Vec<String> {
        let id = ObjectId::from_bytes([7; 12]);
        let node = CanvasNode { id, position: Position { x, y: 1.0 } };
        let canvas_data = CanvasData {
            nodes: vec![node; nodes],
            edges: vec![CanvasEdge { id }; edges],
            viewport: Viewport::default(),
        };
        let kind = DiagramKind::Flow;
        let diagram = BookingFlowDiagram { booking_flow_id: Id::new(id), kind, canvas_data };
        let mut problems = Problems::default();
        diagram.validate(&mut problems.root());
        let problems = problems.into_result().err().map_or_else(Vec::new, |it| it.0);
        problems.into_iter().map(|it| format!("{} {}", it.path, it.code)).collect()
    }

    #[test]
    fn a_canvas_has_an_end() {
        assert_eq!(problems(5_000, 5_000, 1.0), [""; 0]);
        assert_eq!(problems(10_001, 0, 1.0), ["canvas_data.nodes length", "canvas_data length"]);
        assert_eq!(problems(0, 10_000, 1.0), [""; 0]);
        assert_eq!(problems(0, 10_001, 1.0), ["canvas_data.edges length"]);
        assert_eq!(problems(7_000, 0, 1.0), [""; 0]);
        assert_eq!(problems(7_000, 0, 1.234_567_890_123_456_7e-7), ["canvas_data length"]);
    }
}
