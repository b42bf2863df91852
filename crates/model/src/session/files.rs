use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Selections;
use crate::{
    Id, ObjectId,
    flow::{CompiledFlow, CompiledStep},
    scheduler::QuestionKind,
    step::{BookingFlowStep, GraphNode, StepConfig},
};

/// So many files where nothing else is said.
const FILES: u32 = 5;
/// Bytes of one file where nothing else is said: 10 MiB.
const BYTES: u64 = 10 * 1_024 * 1_024;

const PICTURES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];
const PICTURES_AND_PDF: [&str; 4] = ["image/jpeg", "image/png", "image/webp", "application/pdf"];

/// A file that a visitor has added, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachedFile {
    pub file_id: ObjectId,
    pub step_id: Id<BookingFlowStep>,
    /// The photo question that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<Id<GraphNode>>,
    pub filename: String,
    pub mime_type: String,
    /// In bytes.
    pub size: u64,
}

/// A place of a flow that takes files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    pub step_id: Id<BookingFlowStep>,
    pub node_id: Option<Id<GraphNode>>,
    pub max_files: u32,
    /// Of each file.
    pub max_bytes: u64,
    /// As `image/jpeg`, or `image/*`.
    pub mime_types: Vec<String>,
}

impl FilePlace {
    /// Where files can be added at a step, and at its question in the service selection.
    pub fn of(
        flow: &CompiledFlow,
        step: &CompiledStep,
        node_id: Option<Id<GraphNode>>,
    ) -> Option<Self> {
        let owned = |types: &[&str]| types.iter().map(|it| (*it).to_owned()).collect();
        match &step.config {
            StepConfig::ServiceSelection(_) => {
                let question = &flow.question(node_id?)?.body;
                (question.kind == QuestionKind::Photo).then(|| Self {
                    step_id: step.id,
                    node_id,
                    max_files: most_photos(question.rules.max),
                    max_bytes: BYTES,
                    mime_types: owned(&PICTURES),
                })
            }
            StepConfig::AdditionalDetails(config) if config.media.enabled => {
                let types = &config.media.mime_types;
                Some(Self {
                    step_id: step.id,
                    node_id: None,
                    max_files: config.media.max_files.unwrap_or(FILES),
                    max_bytes: config.media.max_bytes.unwrap_or(BYTES),
                    mime_types: if types.is_empty() {
                        owned(&PICTURES_AND_PDF)
                    } else {
                        types.clone()
                    },
                })
            }
            _ => None,
        }
    }

    /// Whether a file of this type can be added.
    pub fn takes(&self, mime_type: &str) -> bool {
        self.mime_types.iter().any(|it| match it.strip_suffix('*') {
            Some(kind) => kind.ends_with('/') && mime_type.starts_with(kind),
            None => it == mime_type,
        })
    }

    /// The files that were added there.
    pub fn files<'a>(&self, selections: &'a Selections) -> impl Iterator<Item = &'a AttachedFile> {
        let place = (self.step_id, self.node_id);
        selections.files.iter().filter(move |it| (it.step_id, it.node_id) == place)
    }
}

/// The largest `max` of a photo question is that of other steps.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 20")]
fn most_photos(max: Option<f64>) -> u32 {
    max.map_or(FILES, |it| it.clamp(1.0, 20.0) as u32)
}

impl Selections {
    /// The files that belong to what is booked: one of a question that the path does not pass any
    /// more does not.
    pub fn kept_files(&self) -> impl Iterator<Item = &AttachedFile> {
        let is_on_path = |it: &&AttachedFile| match it.node_id {
            Some(node) => self.answers.iter().any(|answer| answer.node_id == node),
            None => true,
        };
        self.files.iter().filter(is_on_path)
    }
}
