use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Id, Place, content::is_country, scheduler::ServiceZone};

/// Asks where the work is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Zipcode {
    /// Whose postal codes are asked for: ISO 3166-1, two upper-case letters.
    pub country: String,
    /// Where the business goes; empty is everywhere.
    #[serde(default)]
    pub zone_ids: Vec<Id<ServiceZone>>,
    pub outside_area: OutsideArea,
}

/// What happens to a visitor from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutsideArea {
    pub action: OutsideAction,
    /// What the visitor reads.
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutsideAction {
    /// Goes no further, but may correct the code.
    Stop,
    /// Like `stop`; the message asks them to leave word.
    Waitlist,
    /// Goes on without a zone.
    Continue,
}

impl Zipcode {
    pub(super) fn validate(&self, mut place: Place<'_>) {
        let country = is_country(&self.country);
        place.at("country").require(
            country,
            "country",
            "must be a two-letter country code such as US",
        );
        place.at("outside_area.message").text(&self.outside_area.message, 0, 500);
    }
}
