use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Index, Only, PerTenant, Place,
    content::{ContentConfig, Slug},
};

/// A heading under which answers stand together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingAnswerCategory {
    /// Unique in the organization.
    pub slug: Slug,
    pub content: ContentConfig,
    /// Lowest first.
    #[serde(default)]
    pub order: i32,
}

impl Entity for BookingAnswerCategory {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "booking_answer_categories",
        label: "booking answer category",
        indexes: &[Index { name: "slug", fields: &["slug"], unique: true, only: Only::All }],
        references: &[],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        self.content.validate(place.at("content"));
    }
}
