use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Id, Index, LookupKind, OnDelete, Only, PerTenant, Place, Reference,
    Timestamp,
    content::Slug,
    scheduler::{BookingFlow, BookingQuestionAnswer, BookingService, CampaignCriteria},
    session::{CustomerDetails, LinkFaultCode, Utm},
    step::BookingFlowStep,
};

/// A link that starts a session with some of it already filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingFlowExpressLink {
    pub booking_flow_id: Id<BookingFlow>,
    /// Unique in the organization.
    pub slug: Slug,
    /// 1 to 100 characters.
    pub name: String,
    #[serde(default)]
    pub prefilled_state: PrefilledState,
    /// Passed over when their data are complete and valid.
    #[serde(default)]
    pub skip_steps: Vec<Id<BookingFlowStep>>,
    pub campaign: Option<CampaignCriteria>,
    pub expires_at: Option<Timestamp>,
    pub max_uses: Option<u32>,
    #[serde(default)]
    pub uses: u32,
    pub is_active: bool,
}

/// Applied through the same commands that a visitor would send.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrefilledState {
    pub zip: Option<String>,
    /// Instead of `answers`.
    pub service_id: Option<Id<BookingService>>,
    #[serde(default)]
    pub answers: Vec<Id<BookingQuestionAnswer>>,
    #[serde(default)]
    pub details: BTreeMap<String, String>,
    pub customer: Option<CustomerDetails>,
    /// When the visitor would rather come: `morning`, or a date.
    pub timeslot_preference: Option<String>,
}

impl BookingFlowExpressLink {
    /// With what the lookups of all links of a slug begin.
    pub fn lookup_prefix(slug: &str) -> String {
        format!("{slug}:")
    }

    /// Why it begins no visit at `now`, if it does not; its flow is not looked at.
    pub fn fault(&self, now: Timestamp) -> Option<LinkFaultCode> {
        if !self.is_active {
            return Some(LinkFaultCode::Inactive);
        }
        if self.expires_at.is_some_and(|it| it <= now) {
            return Some(LinkFaultCode::Expired);
        }
        self.max_uses.is_some_and(|it| it <= self.uses).then_some(LinkFaultCode::UsedUp)
    }

    /// Where the visit came from: what the page says of it goes before what the link says.
    pub fn attributed(&self, utm: Utm) -> Utm {
        let own = self.campaign.clone().unwrap_or_default();
        Utm {
            source: utm.source.or(own.source),
            medium: utm.medium.or(own.medium),
            campaign: utm.campaign.or(own.campaign),
            term: utm.term.or(own.term),
            content: utm.content.or(own.content),
        }
    }
}

impl Entity for BookingFlowExpressLink {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "booking_flow_express_links",
        label: "express link",
        indexes: &[Index { name: "slug", fields: &["slug"], unique: true, only: Only::All }],
        references: &[
            Reference {
                field: "booking_flow_id",
                to: "booking_flows",
                on_delete: OnDelete::Cascade,
            },
            Reference {
                field: "prefilled_state.service_id",
                to: "booking_services",
                on_delete: OnDelete::SetNull,
            },
        ],
        events: None,
    };

    const SERVER_SET: &'static [(&'static str, &'static str)] = &[("uses", "0")];

    fn lookups(&self) -> Vec<(LookupKind, String)> {
        let value = Self::lookup_prefix(self.slug.as_str()) + &self.booking_flow_id.to_string();
        vec![(LookupKind::ExpressLink, value)]
    }

    fn validate(&self, place: &mut Place<'_>) {
        place.at("name").text(&self.name, 1, 100);
        let state = &self.prefilled_state;
        place.at("prefilled_state.zip").text(state.zip.as_deref().unwrap_or_default(), 0, 12);
        let one_way = state.service_id.is_none() || state.answers.is_empty();
        place.at("prefilled_state.answers").require(
            one_way,
            "exclusive",
            "must be empty when service_id is given",
        );
        if let Some(max) = self.max_uses {
            place.at("max_uses").range(&max, &1, &u32::MAX);
            place.at("uses").range(&self.uses, &0, &max);
        }
    }
}
