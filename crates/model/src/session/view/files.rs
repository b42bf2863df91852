use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Id, ObjectId,
    flow::{CompiledFlow, CompiledStep},
    session::{AttachedFile, FilePlace},
    step::{BookingFlowStep, GraphNode},
};

/// What can be added at the present place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ViewUpload {
    pub max_files: u32,
    /// Of each file.
    pub max_bytes: u64,
    /// As `image/jpeg`, or `image/*`.
    pub mime_types: Vec<String>,
}

/// A file that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ViewFile {
    pub id: ObjectId,
    pub filename: String,
    pub mime_type: String,
    /// In bytes.
    pub size: u64,
    pub step_id: Id<BookingFlowStep>,
    /// The photo question that it answers.
    pub node_id: Option<Id<GraphNode>>,
}

impl ViewFile {
    pub(super) fn new(file: &AttachedFile) -> Self {
        let AttachedFile { file_id, step_id, node_id, filename, mime_type, size } = file.clone();
        Self { id: file_id, filename, mime_type, size, step_id, node_id }
    }
}

pub(super) fn upload(
    flow: &CompiledFlow,
    step: Option<&CompiledStep>,
    node: Option<Id<GraphNode>>,
) -> Option<ViewUpload> {
    let FilePlace { max_files, max_bytes, mime_types, .. } = FilePlace::of(flow, step?, node)?;
    Some(ViewUpload { max_files, max_bytes, mime_types })
}
