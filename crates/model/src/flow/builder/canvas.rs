use serde_json::Value;

use super::{CanvasChanges, Item, ids::Ids, table};
use crate::{
    Entity as _, Id, ObjectId, Problems,
    scheduler::{BookingFlow, BookingFlowDiagram, CanvasData, DiagramKind},
};

/// Where things are drawn. What stands there may be gone, or may be anything that is new.
pub(super) fn read(
    flow: Id<BookingFlow>,
    changes: CanvasChanges,
    ids: &Ids,
    problems: &mut Problems,
) -> Vec<(DiagramKind, CanvasData)> {
    let kinds = [
        (DiagramKind::Flow, "flow", changes.flow),
        (DiagramKind::ServiceSelection, "service_selection", changes.service_selection),
    ];
    let mut drawn = Vec::new();
    for (kind, name, item) in kinds {
        let Some(mut item) = item else { continue };
        let path = format!("canvas_data.{name}");
        resolve(&mut item, ids, &path, problems);
        let data = table::parse::<CanvasData>(Value::Object(item), &path, problems);
        let Some(canvas_data) = data else { continue };
        let diagram = BookingFlowDiagram { booking_flow_id: flow, kind, canvas_data };
        let mut found = Problems::default();
        diagram.validate(&mut found.root());
        for mut problem in found.0 {
            problem.path = problem.path.replacen("canvas_data", &path, 1);
            problems.0.push(problem);
        }
        drawn.push((kind, diagram.canvas_data));
    }
    drawn
}

fn resolve(item: &mut Item, ids: &Ids, path: &str, problems: &mut Problems) {
    for list in ["nodes", "edges"] {
        let Some(Value::Array(items)) = item.get_mut(list) else { continue };
        for (n, drawn) in items.iter_mut().enumerate() {
            let Some(Value::String(text)) = drawn.get_mut("id") else { continue };
            if text.parse::<ObjectId>().is_ok() {
                continue;
            }
            let place = format!("{path}.{list}.{n}.id");
            let id = ids.resolve_any(text, &place, problems);
            *text = id.unwrap_or(ObjectId::from_bytes([0; 12])).to_string();
        }
    }
}
