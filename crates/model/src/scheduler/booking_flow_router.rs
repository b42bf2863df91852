use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Id, Index, OnDelete, Only, PerTenant, Place, Reference, Timestamp,
    routing::is_dots,
    scheduler::{BookingFlow, SchedulerConfig},
};

/// Says which flow the visitor of a page gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingFlowRouter {
    /// 1 to 100 characters.
    pub name: String,
    pub description: Option<String>,
    pub booking_flow_id: Id<BookingFlow>,
    /// Absent: for every scheduler of the organization.
    pub scheduler_config_id: Option<Id<SchedulerConfig>>,
    /// Pages that must come here.
    #[serde(default)]
    pub example_urls: Vec<String>,
    #[serde(default)]
    pub matching_criteria: MatchingCriteria,
    pub priority_class: PriorityClass,
    /// Wins when nothing else matches; at most one for a scheduler.
    #[serde(default)]
    pub is_default: bool,
    pub is_active: bool,
    pub scheduling: Option<RouterScheduling>,
}

/// All that are present must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchingCriteria {
    /// Segments: literals, `*` for exactly one, `**` for any number, last only.
    pub path: Option<Vec<String>>,
    #[serde(default)]
    pub query_params: BTreeMap<String, QueryParameter>,
    pub campaign: Option<CampaignCriteria>,
}

/// What a query parameter must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryParameter {
    /// Absent: any.
    pub value: Option<String>,
    #[serde(default = "required_by_default")]
    pub required: bool,
}

fn required_by_default() -> bool {
    true
}

/// `utm_*` values, compared without case; `*` stands for anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignCriteria {
    pub source: Option<String>,
    pub medium: Option<String>,
    pub campaign: Option<String>,
    pub term: Option<String>,
    pub content: Option<String>,
}

/// First wins.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PriorityClass {
    Override,
    Campaign,
    Standard,
    Fallback,
}

/// When it takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouterScheduling {
    /// Itself included.
    pub active_from: Option<Timestamp>,
    /// Itself excluded.
    pub active_until: Option<Timestamp>,
}

impl Entity for BookingFlowRouter {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "booking_flow_routers",
        label: "booking flow router",
        indexes: &[Index {
            name: "scheduler_config",
            fields: &["scheduler_config_id"],
            unique: false,
            only: Only::All,
        }],
        references: &[
            Reference {
                field: "booking_flow_id",
                to: "booking_flows",
                on_delete: OnDelete::Restrict,
            },
            Reference {
                field: "scheduler_config_id",
                to: "scheduler_configs",
                on_delete: OnDelete::Cascade,
            },
        ],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        place.at("name").text(&self.name, 1, 100);
        place.at("description").text(self.description.as_deref().unwrap_or_default(), 0, 2_000);
        for (n, url) in self.example_urls.iter().enumerate() {
            place.at(format_args!("example_urls.{n}")).web_url(url);
        }
        self.matching_criteria.validate(place.at("matching_criteria"));
        if let Some(RouterScheduling { active_from: Some(from), active_until: Some(until) }) =
            &self.scheduling
        {
            place.at("scheduling.active_until").require(
                from < until,
                "range",
                "must be after active_from",
            );
        }
    }
}

impl MatchingCriteria {
    fn validate(&self, mut place: Place<'_>) {
        let segments = self.path.as_deref().unwrap_or_default();
        place.at("path").range(&segments.len(), &0, &32);
        for (n, segment) in segments.iter().enumerate() {
            let mut place = place.at(format_args!("path.{n}"));
            place.text(segment, 1, 200);
            place.require(!segment.contains('/'), "segment", "must be one segment, without /");
            let inner_wildcard = segment.contains('*') && segment != "*" && segment != "**";
            place.require(!inner_wildcard, "segment", "must be a literal, * or **");
            place.require(!is_dots(segment), "segment", "must be a segment that a page can have");
            let last = n + 1 == segments.len();
            place.require(segment != "**" || last, "segment", "** may stand at the end only");
        }
        place.at("query_params").range(&self.query_params.len(), &0, &50);
        for (name, parameter) in &self.query_params {
            let mut place = place.at(format_args!("query_params.{name}"));
            place.text(name, 1, 100);
            place.text(parameter.value.as_deref().unwrap_or_default(), 0, 500);
        }
        if let Some(CampaignCriteria { source, medium, campaign, term, content }) = &self.campaign {
            for (name, value) in [
                ("source", source),
                ("medium", medium),
                ("campaign", campaign),
                ("term", term),
                ("content", content),
            ] {
                let value = value.as_deref().unwrap_or_default();
                place.at(format_args!("campaign.{name}")).text(value, 0, 200);
            }
        }
    }
}
