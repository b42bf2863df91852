use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Collection, Entity, Global, Index, Only, Place, Timestamp, core::EmailAddress};

/// Somebody who asked to be let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitlistRequest {
    /// 1 to 100 letters of any script, spaces, hyphens and apostrophes.
    pub first_name: String,
    /// As `first_name`.
    pub last_name: String,
    /// Unique: asking twice is asking once.
    pub email: EmailAddress,
    /// 1 to 200 characters.
    pub company_name: String,
    /// `http` or `https`.
    pub company_website: String,
    /// Where they heard of it.
    pub source: Option<String>,
    #[serde(default)]
    pub status: WaitlistStatus,
    pub consent_at: Timestamp,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitlistStatus {
    #[default]
    New,
    Invited,
    Converted,
    Rejected,
}

impl Entity for WaitlistRequest {
    type Scope = Global;

    const COLLECTION: Collection = Collection {
        name: "waitlist_requests",
        label: "waitlist request",
        indexes: &[
            Index { name: "email", fields: &["email"], unique: true, only: Only::All },
            Index {
                name: "status",
                fields: &["status", "created_at"],
                unique: false,
                only: Only::All,
            },
        ],
        references: &[],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        for (field, name) in [("first_name", &self.first_name), ("last_name", &self.last_name)] {
            place.at(field).text(name, 1, 100);
            let plain =
                name.chars().all(|it| it.is_alphabetic() || is_mark(it) || " -'’".contains(it));
            let rule = "must be letters, spaces, hyphens and apostrophes";
            place.at(field).require(plain, "characters", rule);
        }
        place.at("company_name").text(&self.company_name, 1, 200);
        place.at("company_website").web_url(&self.company_website);
        place.at("source").text(self.source.as_deref().unwrap_or_default(), 0, 200);
    }
}

/// Accents that are characters of their own, as names in many scripts have them.
fn is_mark(it: char) -> bool {
    matches!(it, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}')
}
