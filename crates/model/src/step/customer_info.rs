use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Place;

/// Asks who books.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerInfo {
    #[serde(default)]
    pub fields: CustomerFields,
    /// Recognise a known customer by e-mail or phone.
    #[serde(default)]
    pub lookup_existing: bool,
    #[serde(default)]
    pub consents: Vec<ConsentConfig>,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerFields {
    #[serde(default)]
    pub name: Presence,
    #[serde(default)]
    pub email: Presence,
    #[serde(default)]
    pub phone: Presence,
    #[serde(default = "hidden")]
    pub address: Presence,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    #[default]
    Required,
    Optional,
    Hidden,
}

/// Something a visitor may or must agree to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentConfig {
    /// Unique in the step.
    pub key: String,
    pub text: String,
    #[serde(default)]
    pub required: bool,
    /// Where it can be read in full.
    #[serde(default)]
    pub url: Option<String>,
}

fn hidden() -> Presence {
    Presence::Hidden
}

impl Default for CustomerFields {
    fn default() -> Self {
        Self {
            name: Presence::Required,
            email: Presence::Required,
            phone: Presence::Required,
            address: Presence::Hidden,
        }
    }
}

impl CustomerInfo {
    pub(super) fn validate(&self, mut place: Place<'_>) {
        let reachable =
            self.fields.email == Presence::Required || self.fields.phone == Presence::Required;
        place.at("fields").require(reachable, "required", "e-mail or phone must be required");
        for (n, consent) in self.consents.iter().enumerate() {
            let mut place = place.at(format_args!("consents.{n}"));
            place.at("key").text(&consent.key, 1, 64);
            place.at("text").text(&consent.text, 1, 1_000);
            if let Some(url) = &consent.url {
                place.at("url").web_url(url);
            }
            let twice = self.consents[..n].iter().any(|it| it.key == consent.key);
            place.at("key").require(!twice, "duplicate", "must be unique in the step");
        }
    }
}
