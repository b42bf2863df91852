use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Place, scheduler::ValueRules};

/// Asks what else whoever comes should know.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdditionalDetails {
    #[serde(default)]
    pub fields: Vec<DetailField>,
    #[serde(default)]
    pub media: MediaUpload,
}

/// One field of the form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DetailField {
    /// 1 to 64 of a–z, 0–9 and _; unique in the step.
    pub key: String,
    pub kind: DetailKind,
    pub label: String,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub rules: ValueRules,
    /// What a select offers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DetailKind {
    Text,
    Textarea,
    Number,
    Select,
    Checkbox,
}

/// Photos and documents that a visitor may add.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MediaUpload {
    #[serde(default)]
    pub enabled: bool,
    /// At most 20.
    #[serde(default)]
    pub max_files: Option<u32>,
    #[serde(default)]
    pub max_bytes: Option<u64>,
    /// As `image/jpeg`.
    #[serde(default)]
    pub mime_types: Vec<String>,
}

impl AdditionalDetails {
    pub(super) fn validate(&self, mut place: Place<'_>) {
        place.at("fields").range(&self.fields.len(), &0, &50);
        for (n, field) in self.fields.iter().enumerate() {
            let mut place = place.at(format_args!("fields.{n}"));
            field.validate(&mut place);
            let twice = self.fields[..n].iter().any(|it| it.key == field.key);
            place.at("key").require(!twice, "duplicate", "must be unique in the step");
        }
        if let Some(files) = self.media.max_files {
            place.at("media.max_files").range(&files, &1, &20);
        }
    }
}

impl DetailField {
    fn validate(&self, place: &mut Place<'_>) {
        let allowed = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
        let key = (1..=64).contains(&self.key.len()) && self.key.bytes().all(allowed);
        place.at("key").require(key, "characters", "must be 1 to 64 of a–z, 0–9 and _");
        place.at("label").text(&self.label, 1, 200);
        self.rules.validate(place.at("rules"));
        let choice = self.kind == DetailKind::Select;
        place.at("options").require(
            choice != self.options.is_empty(),
            "options",
            "a select has them, others do not",
        );
        for (n, option) in self.options.iter().enumerate() {
            place.at(format_args!("options.{n}")).text(option, 1, 100);
        }
    }
}
