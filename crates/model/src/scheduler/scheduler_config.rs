use std::{borrow::Cow, fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    Collection, Entity, Id, LookupKind, OnDelete, PerTenant, Place, Reference,
    content::is_language_tag, core::BrandKit, integrations::VendorCredential,
    scheduler::BookingFlow,
};

/// One widget of a business: which flow it shows and how it looks and starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchedulerConfig {
    /// 1 to 100 characters.
    pub name: String,
    /// Unique on the whole platform.
    pub public_key: PublicKey,
    /// Shown when no router matches.
    pub booking_flow_id: Id<BookingFlow>,
    pub brand_kit_id: Option<Id<BrandKit>>,
    pub vendor_credential_id: Option<Id<VendorCredential>>,
    /// Sites that may embed it, as `https://example.com`; empty is any.
    #[serde(default)]
    pub allowed_origins: Vec<String>,
    #[serde(default)]
    pub initialization: Initialization,
    #[serde(default)]
    pub session: SessionTimes,
    #[serde(default)]
    pub tracking: Tracking,
    #[serde(default)]
    pub status: SchedulerStatus,
}

/// What the embedding page carries: 8 to 64 of A–Z, a–z, 0–9, `_` and `-`. No secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct PublicKey(String);

/// How the widget starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Initialization {
    pub mode: LaunchMode,
    /// What the button says.
    #[serde(default = "ordinary_cta")]
    pub cta: String,
    #[serde(default)]
    pub position: WidgetPosition,
    #[serde(default)]
    pub auto_open: bool,
    /// CSS selector of the page's own elements that open it.
    #[serde(default)]
    pub trigger_selector: Option<String>,
    /// BCP 47 tag; absent is the organization's.
    #[serde(default)]
    pub locale: Option<String>,
    /// Offered to choose from.
    #[serde(default)]
    pub locales: Vec<String>,
}

/// Where the widget is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LaunchMode {
    /// In the page, where the script tag stands.
    Inline,
    /// Over the page, opened by the page's own buttons.
    Modal,
    /// Over the page, opened by a floating button.
    Floating,
}

/// Where the floating button is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WidgetPosition {
    #[default]
    BottomRight,
    BottomLeft,
}

/// How long sessions live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionTimes {
    /// 1 to 8,760 hours after its start a session can still be gone on with.
    #[serde(default = "ordinary_resume_ttl")]
    pub resume_ttl_hours: u32,
    /// 1 to 10,080 idle minutes make a session abandoned.
    #[serde(default = "ordinary_abandon_after")]
    pub abandon_after_minutes: u32,
}

/// Ids of the business's own analytics.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tracking {
    pub ga4_id: Option<String>,
    pub gtm_id: Option<String>,
    pub meta_pixel_id: Option<String>,
}

/// Whether it takes bookings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SchedulerStatus {
    #[default]
    Active,
    Paused,
}

fn ordinary_cta() -> String {
    "Book now".to_owned()
}

fn ordinary_resume_ttl() -> u32 {
    72
}

fn ordinary_abandon_after() -> u32 {
    30
}

impl Default for Initialization {
    fn default() -> Self {
        Self {
            mode: LaunchMode::Modal,
            cta: ordinary_cta(),
            position: WidgetPosition::default(),
            auto_open: false,
            trigger_selector: None,
            locale: None,
            locales: Vec::new(),
        }
    }
}

impl Default for SessionTimes {
    fn default() -> Self {
        Self {
            resume_ttl_hours: ordinary_resume_ttl(),
            abandon_after_minutes: ordinary_abandon_after(),
        }
    }
}

impl PublicKey {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PublicKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = |it: u8| it.is_ascii_alphanumeric() || it == b'_' || it == b'-';
        if (8..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a public key has 8 to 64 letters, digits, _ and -".to_owned())
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Entity for SchedulerConfig {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "scheduler_configs",
        label: "scheduler config",
        indexes: &[],
        references: &[
            Reference {
                field: "booking_flow_id",
                to: "booking_flows",
                on_delete: OnDelete::Restrict,
            },
            Reference { field: "brand_kit_id", to: "brand_kits", on_delete: OnDelete::SetNull },
            Reference {
                field: "vendor_credential_id",
                to: "vendor_credentials",
                on_delete: OnDelete::SetNull,
            },
        ],
        events: None,
    };

    const SERVER_SET: &'static [(&'static str, &'static str)] =
        &[("public_key", "\"pk_000000000000000000000000\"")];

    fn validate(&self, place: &mut Place<'_>) {
        place.at("name").text(&self.name, 1, 100);
        for (n, origin) in self.allowed_origins.iter().enumerate() {
            let mut place = place.at(format_args!("allowed_origins.{n}"));
            place.web_url(origin);
            let bare = origin.matches('/').count() == 2;
            place.require(bare, "origin", "must be scheme and host only, as https://example.com");
        }
        self.initialization.validate(place.at("initialization"));
        place.at("session.resume_ttl_hours").range(&self.session.resume_ttl_hours, &1, &8_760);
        place.at("session.abandon_after_minutes").range(
            &self.session.abandon_after_minutes,
            &1,
            &10_080,
        );
        for (name, id) in [
            ("tracking.ga4_id", &self.tracking.ga4_id),
            ("tracking.gtm_id", &self.tracking.gtm_id),
            ("tracking.meta_pixel_id", &self.tracking.meta_pixel_id),
        ] {
            let id = id.as_deref().unwrap_or_default();
            let plain =
                id.len() <= 40 && id.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
            place.at(name).require(plain, "characters", "must be letters, digits and - only");
        }
    }

    fn lookups(&self) -> Vec<(LookupKind, String)> {
        vec![(LookupKind::PublicKey, self.public_key.to_string())]
    }
}

impl Initialization {
    fn validate(&self, mut place: Place<'_>) {
        place.at("cta").text(&self.cta, 1, 60);
        place.at("trigger_selector").text(
            self.trigger_selector.as_deref().unwrap_or_default(),
            0,
            200,
        );
        for tag in self.locales.iter().chain(&self.locale) {
            place.at("locales").require(
                is_language_tag(tag),
                "language",
                "must be BCP 47 tags such as en-US",
            );
        }
    }
}
