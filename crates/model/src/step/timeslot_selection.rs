use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Place;

/// Asks when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeslotSelection {
    #[serde(default)]
    pub mode: TimeslotMode,
    /// Narrows the schedule's.
    #[serde(default)]
    pub horizon_days: Option<u32>,
    /// Lengthens the schedule's.
    #[serde(default)]
    pub lead_time_minutes: Option<u32>,
    /// Shows the earliest slot on top.
    #[serde(default = "offered_by_default")]
    pub offer_first_available: bool,
    #[serde(default)]
    pub call_to_book: Option<CallToBook>,
    /// How long a chosen slot is kept, 1 to 120.
    #[serde(default = "ordinary_hold")]
    pub hold_minutes: u32,
}

/// What a slot is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeslotMode {
    /// A span in which somebody arrives.
    #[default]
    ArrivalWindow,
    /// The time of the appointment itself.
    Exact,
}

/// A number to call instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallToBook {
    pub phone: String,
    pub when: CallWhen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallWhen {
    NoSlots,
    Emergency,
}

fn offered_by_default() -> bool {
    true
}

fn ordinary_hold() -> u32 {
    10
}

impl TimeslotSelection {
    pub(super) fn validate(&self, mut place: Place<'_>) {
        if let Some(days) = self.horizon_days {
            place.at("horizon_days").range(&days, &1, &730);
        }
        if let Some(minutes) = self.lead_time_minutes {
            place.at("lead_time_minutes").range(&minutes, &0, &(90 * 1_440));
        }
        if let Some(call) = &self.call_to_book {
            place.at("call_to_book.phone").text(&call.phone, 1, 40);
        }
        place.at("hold_minutes").range(&self.hold_minutes, &1, &120);
    }
}
