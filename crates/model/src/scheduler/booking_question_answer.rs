use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Id, Index, OnDelete, Only, PerTenant, Place, Reference,
    content::{ContentConfig, Slug},
    scheduler::{BookingAnswerCategory, BookingQuestion, BookingService},
};

/// One answer that a visitor may choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BookingQuestionAnswer {
    pub booking_question_id: Id<BookingQuestion>,
    /// Unique in its question.
    pub slug: Slug,
    pub content: ContentConfig,
    #[serde(flatten)]
    pub kind: AnswerKind,
    pub category_id: Option<Id<BookingAnswerCategory>>,
}

/// What choosing it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AnswerKind {
    /// Leads where its edge goes.
    Text {},
    /// Selects the service and ends the path.
    ServiceReference { booking_service_id: Id<BookingService> },
}

impl Entity for BookingQuestionAnswer {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "booking_question_answers",
        label: "booking question answer",
        indexes: &[Index {
            name: "booking_question",
            fields: &["booking_question_id"],
            unique: false,
            only: Only::All,
        }],
        references: &[
            Reference {
                field: "booking_question_id",
                to: "booking_questions",
                on_delete: OnDelete::Cascade,
            },
            Reference {
                field: "booking_service_id",
                to: "booking_services",
                on_delete: OnDelete::Restrict,
            },
            Reference {
                field: "category_id",
                to: "booking_answer_categories",
                on_delete: OnDelete::SetNull,
            },
        ],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        self.content.validate(place.at("content"));
    }
}
