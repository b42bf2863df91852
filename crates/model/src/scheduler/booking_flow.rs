use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Id, Index, OnDelete, Only, PerTenant, Place, Reference, Timestamp,
    content::{ContentConfig, Slug},
    flow::file::Journey,
    scheduler::BookingFlowVersion,
    step::BookingFlowStep,
};

/// The draft of the steps that lead a visitor to a booking; what visitors see is the published
/// [`BookingFlowVersion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingFlow {
    /// Unique in the organization among the not deleted, as is the title.
    pub slug: Slug,
    pub content: ContentConfig,
    /// In order.
    pub steps: Vec<Id<BookingFlowStep>>,
    pub status: BookingFlowStatus,
    pub published_version_id: Option<Id<BookingFlowVersion>>,
    /// Whether the draft differs from the published version. Compared anew whenever the flow is
    /// shown: what is stored here says nothing.
    #[serde(default)]
    pub has_unpublished_changes: bool,
    /// Its tests: visits, and what must come of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub journeys: Vec<Journey>,
    /// The version that becomes the published one by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_publication: Option<ScheduledPublication>,
    /// Why the last scheduled version has not become the published one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_publication: Option<FailedPublication>,
}

/// A version that is made already and waits for its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduledPublication {
    pub version_id: Id<BookingFlowVersion>,
    /// Not before.
    pub at: Timestamp,
}

/// A scheduled version that was refused when its time had come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailedPublication {
    pub version_id: Id<BookingFlowVersion>,
    /// When it was refused.
    pub at: Timestamp,
    /// A sentence.
    pub reason: String,
}

/// Where a flow stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BookingFlowStatus {
    Draft,
    Published,
    /// Kept, because sessions and bookings point at it.
    Deleted,
}

const NOT_DELETED: Only = Only::OneOf("status", &["draft", "published"]);

impl Entity for BookingFlow {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "booking_flows",
        label: "booking flow",
        indexes: &[
            Index { name: "title", fields: &["content.title"], unique: true, only: NOT_DELETED },
            Index { name: "slug", fields: &["slug"], unique: true, only: NOT_DELETED },
        ],
        references: &[
            Reference { field: "steps[]", to: "booking_flow_steps", on_delete: OnDelete::SetNull },
            Reference {
                field: "published_version_id",
                to: "booking_flow_versions",
                on_delete: OnDelete::Restrict,
            },
            Reference {
                field: "scheduled_publication.version_id",
                to: "booking_flow_versions",
                on_delete: OnDelete::Restrict,
            },
        ],
        events: None,
    };

    const SERVER_SET: &'static [(&'static str, &'static str)] = &[
        ("status", "\"draft\""),
        ("published_version_id", "null"),
        ("has_unpublished_changes", "false"),
        ("scheduled_publication", "null"),
        ("failed_publication", "null"),
    ];

    fn validate(&self, place: &mut Place<'_>) {
        self.content.validate(place.at("content"));
        place.at("journeys").range(&self.journeys.len(), &0, &1_000);
        for (n, journey) in self.journeys.iter().enumerate() {
            journey.validate(place.at(format_args!("journeys.{n}")));
        }
        let published =
            self.status != BookingFlowStatus::Published || self.published_version_id.is_some();
        place.at("published_version_id").require(
            published,
            "required",
            "a published flow has a version",
        );
    }
}

impl BookingFlow {
    /// The same flow, standing in its life where another one stands.
    #[must_use]
    pub fn standing_as(self, other: &Self) -> Self {
        Self {
            status: other.status,
            published_version_id: other.published_version_id,
            has_unpublished_changes: other.has_unpublished_changes,
            scheduled_publication: other.scheduled_publication.clone(),
            failed_publication: other.failed_publication.clone(),
            ..self
        }
    }

    /// The same flow when visitors get a version of it.
    #[must_use]
    pub fn publishing(self, version: Id<BookingFlowVersion>) -> Self {
        Self {
            status: BookingFlowStatus::Published,
            published_version_id: Some(version),
            has_unpublished_changes: false,
            failed_publication: None,
            ..self
        }
    }

    /// The version that visitors get.
    pub fn served_version(&self) -> Option<Id<BookingFlowVersion>> {
        self.published_version_id.filter(|_| self.status == BookingFlowStatus::Published)
    }
}
