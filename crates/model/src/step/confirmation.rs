use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Place;

/// Says that it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    #[serde(default)]
    pub message: String,
    /// Where the visitor goes from here.
    #[serde(default)]
    pub redirect_url: Option<String>,
    #[serde(default = "on_by_default")]
    pub add_to_calendar: bool,
    #[serde(default = "on_by_default")]
    pub show_reference: bool,
}

fn on_by_default() -> bool {
    true
}

impl Confirmation {
    pub(super) fn validate(&self, mut place: Place<'_>) {
        place.at("message").text(&self.message, 0, 2_000);
        if let Some(url) = &self.redirect_url {
            place.at("redirect_url").web_url(url);
        }
    }
}
