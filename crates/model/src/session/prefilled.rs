use std::{collections::BTreeMap, ops::Not};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::CustomerDetails;
use crate::{
    Id,
    scheduler::{BookingQuestionAnswer, ServiceZone},
    step::{BookingFlowStep, GraphNode},
};

/// What an express link fills in, as far as it fits the flow.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prefilled {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
    /// The zone that had the postal code when the visit began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_id: Option<Id<ServiceZone>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<PrefilledAnswer>,
    /// As the fields want them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerDetails>,
    /// When the visitor would rather come: `morning`, or a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeslot_preference: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip_steps: Vec<Id<BookingFlowStep>>,
    /// The visitor went back: from then on only they decide.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub is_over: bool,
}

/// The answer to a question where it stands in the graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrefilledAnswer {
    pub node_id: Id<GraphNode>,
    pub answer_ids: Vec<Id<BookingQuestionAnswer>>,
}

/// Why an express link does not do all that it was made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkFault {
    pub code: LinkFaultCode,
    /// The id or the key of what does not fit; never a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkFaultCode {
    /// The business has no such link.
    Unknown,
    Inactive,
    Expired,
    UsedUp,
    /// Its flow is not published, or no longer.
    Unpublished,
    /// The flow has no such answer any more.
    AnswerGone,
    /// The answer is not on the way that the others lead.
    AnswerUnreachable,
    ServiceUnreachable,
    ServiceArchived,
    ZipInvalid,
    ZipOutOfArea,
    DetailsInvalid,
    CustomerInvalid,
    StepUnknown,
}

impl LinkFaultCode {
    /// Whether it makes the visit an ordinary one.
    pub const fn is_of_the_link(self) -> bool {
        matches!(
            self,
            Self::Unknown | Self::Inactive | Self::Expired | Self::UsedUp | Self::Unpublished
        )
    }
}

impl LinkFault {
    /// A fault of the link as a whole.
    pub const fn of_the_link(code: LinkFaultCode) -> Self {
        Self { code, of: None }
    }

    pub(super) fn of(code: LinkFaultCode, of: &impl ToString) -> Self {
        Self { code, of: Some(of.to_string()) }
    }
}
