use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Id, OnDelete, PerTenant, Place, Reference,
    content::{ContentConfig, Slug},
    scheduler::BookingQuestionAnswer,
};

/// Something a visitor is asked on the way to a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingQuestion {
    /// Unique in its flow.
    pub slug: Slug,
    pub content: ContentConfig,
    pub kind: QuestionKind,
    #[serde(default = "required_by_default")]
    pub is_required: bool,
    #[serde(default)]
    pub rules: ValueRules,
    /// In the order shown.
    #[serde(default)]
    pub answer_ids: Vec<Id<BookingQuestionAnswer>>,
}

fn required_by_default() -> bool {
    true
}

/// How it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// One of its answers, which decides where the path goes on.
    SingleChoice,
    /// Any number of its answers.
    MultiChoice,
    Text,
    Number,
    Date,
    Photo,
}

/// What a typed-in value must be like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValueRules {
    /// Of a number, itself included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Of a number, itself included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Of a text, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// Of a text, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// A regular expression that the whole text matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// What a number counts: `years`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

impl QuestionKind {
    /// Whether it only collects data: the path goes on the same way whatever the answer.
    pub const fn collects_data(self) -> bool {
        !matches!(self, Self::SingleChoice)
    }

    /// Whether it has answers to choose from.
    pub const fn has_answers(self) -> bool {
        matches!(self, Self::SingleChoice | Self::MultiChoice)
    }
}

impl ValueRules {
    /// Checks that the bounds are in order and the pattern can be compiled.
    pub fn validate(&self, mut place: Place<'_>) {
        let finite = [self.min, self.max].into_iter().flatten().all(f64::is_finite);
        place.at("min").require(finite, "range", "must be a finite number");
        if let (Some(min), Some(max)) = (self.min, self.max) {
            place.at("max").require(min <= max, "range", "must not be below min");
        }
        if let (Some(min), Some(max)) = (self.min_length, self.max_length) {
            place.at("max_length").require(min <= max, "range", "must not be below min_length");
        }
        if let Some(pattern) = &self.pattern {
            place.at("pattern").text(pattern, 1, 200);
            if let Err(error) = compile_pattern(pattern) {
                place.at("pattern").add("pattern", error);
            }
        }
        place.at("unit").text(self.unit.as_deref().unwrap_or_default(), 0, 20);
    }
}

/// Anchored at both ends; matching is linear in the text, whatever the pattern.
pub(crate) fn compile_pattern(pattern: &str) -> Result<regex_lite::Regex, String> {
    regex_lite::RegexBuilder::new(&format!("^(?:{pattern})$"))
        .size_limit(100_000)
        .build()
        .map_err(|error| format!("is not a regular expression: {error}"))
}

impl Entity for BookingQuestion {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "booking_questions",
        label: "booking question",
        indexes: &[],
        references: &[Reference {
            field: "answer_ids[]",
            to: "booking_question_answers",
            on_delete: OnDelete::SetNull,
        }],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        self.content.validate(place.at("content"));
        self.rules.validate(place.at("rules"));
        let holds = self.kind.has_answers() || self.answer_ids.is_empty();
        place.at("answer_ids").require(holds, "kind", "only choices have answers");
    }
}
