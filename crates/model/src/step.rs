//! The step types. A new one is a file like `zipcode` and one line in `StepConfig`; the compiler
//! then names every place that must answer for it.

mod additional_details;
mod confirmation;
mod customer_info;
mod service_selection;
mod summary;
mod timeslot_selection;
mod zipcode;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use additional_details::{AdditionalDetails, DetailField, DetailKind, MediaUpload};
pub use confirmation::Confirmation;
pub use customer_info::{ConsentConfig, CustomerFields, CustomerInfo, Presence};
pub use service_selection::{GraphEdge, GraphNode, NodeTarget, ServiceGraph, ServiceSelection};
pub use summary::{Deposit, Summary};
pub use timeslot_selection::{CallToBook, CallWhen, TimeslotMode, TimeslotSelection};
pub use zipcode::{OutsideAction, OutsideArea, Zipcode};

use crate::{
    Collection, Entity, Id, Index, OnDelete, Only, PerTenant, Place, Reference,
    content::ContentConfig, scheduler::BookingFlow,
};

/// One step of a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingFlowStep {
    pub booking_flow_id: Id<BookingFlow>,
    pub content: ContentConfig,
    #[serde(flatten)]
    pub config: StepConfig,
}

/// What a step asks, by its type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "step_type", content = "config", rename_all = "snake_case")]
pub enum StepConfig {
    Zipcode(Zipcode),
    ServiceSelection(ServiceSelection),
    AdditionalDetails(AdditionalDetails),
    TimeslotSelection(TimeslotSelection),
    CustomerInfo(CustomerInfo),
    Summary(Summary),
    Confirmation(Confirmation),
}

/// The tag of a [`StepConfig`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum StepType {
    Zipcode,
    ServiceSelection,
    AdditionalDetails,
    TimeslotSelection,
    CustomerInfo,
    Summary,
    Confirmation,
}

impl StepType {
    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zipcode => "zipcode",
            Self::ServiceSelection => "service_selection",
            Self::AdditionalDetails => "additional_details",
            Self::TimeslotSelection => "timeslot_selection",
            Self::CustomerInfo => "customer_info",
            Self::Summary => "summary",
            Self::Confirmation => "confirmation",
        }
    }
}

impl StepConfig {
    /// Its tag.
    pub const fn step_type(&self) -> StepType {
        match self {
            Self::Zipcode(_) => StepType::Zipcode,
            Self::ServiceSelection(_) => StepType::ServiceSelection,
            Self::AdditionalDetails(_) => StepType::AdditionalDetails,
            Self::TimeslotSelection(_) => StepType::TimeslotSelection,
            Self::CustomerInfo(_) => StepType::CustomerInfo,
            Self::Summary(_) => StepType::Summary,
            Self::Confirmation(_) => StepType::Confirmation,
        }
    }

    fn validate(&self, place: Place<'_>) {
        match self {
            Self::Zipcode(config) => config.validate(place),
            Self::ServiceSelection(_) => {}
            Self::AdditionalDetails(config) => config.validate(place),
            Self::TimeslotSelection(config) => config.validate(place),
            Self::CustomerInfo(config) => config.validate(place),
            Self::Summary(config) => config.validate(place),
            Self::Confirmation(config) => config.validate(place),
        }
    }
}

impl Entity for BookingFlowStep {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "booking_flow_steps",
        label: "booking flow step",
        indexes: &[Index {
            name: "booking_flow",
            fields: &["booking_flow_id"],
            unique: false,
            only: Only::All,
        }],
        references: &[
            Reference {
                field: "booking_flow_id",
                to: "booking_flows",
                on_delete: OnDelete::Cascade,
            },
            Reference {
                field: "config.zone_ids[]",
                to: "service_zones",
                on_delete: OnDelete::SetNull,
            },
            Reference {
                field: "config.graph.nodes[].booking_question_id",
                to: "booking_questions",
                on_delete: OnDelete::Restrict,
            },
            Reference {
                field: "config.graph.nodes[].booking_question_answer_id",
                to: "booking_question_answers",
                on_delete: OnDelete::Restrict,
            },
            Reference {
                field: "config.graph.nodes[].booking_service_id",
                to: "booking_services",
                on_delete: OnDelete::Restrict,
            },
        ],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        self.content.validate(place.at("content"));
        self.config.validate(place.at("config"));
    }
}
