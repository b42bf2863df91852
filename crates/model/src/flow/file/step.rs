use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_default;
use crate::{
    content::{ContentConfig, Slug, Translation},
    step::{
        CallToBook, ConsentConfig, CustomerFields, Deposit, DetailField, MediaUpload, OutsideArea,
        TimeslotMode,
    },
};

/// One step, told apart by `type`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum StepEntry {
    /// Asks where the work is.
    Zipcode {
        title: String,
        #[serde(default)]
        description: Option<String>,
        #[serde(default)]
        icon: Option<String>,
        #[serde(default)]
        translations: BTreeMap<String, Translation>,
        /// Absent: that of the zones, or US.
        #[serde(default)]
        country: Option<String>,
        /// Where the business goes; absent is everywhere.
        #[serde(default)]
        zones: Vec<Slug>,
        /// What happens to a visitor from elsewhere.
        outside_area: OutsideArea,
    },
    /// Leads to exactly one service by questions.
    ServiceSelection {
        title: String,
        #[serde(default)]
        description: Option<String>,
        #[serde(default)]
        icon: Option<String>,
        #[serde(default)]
        translations: BTreeMap<String, Translation>,
        /// The first question; a name of `nodes` when they are written out.
        start: Slug,
    },
    /// Asks what else whoever comes should know.
    AdditionalDetails {
        title: String,
        #[serde(default)]
        description: Option<String>,
        #[serde(default)]
        icon: Option<String>,
        #[serde(default)]
        translations: BTreeMap<String, Translation>,
        #[serde(default)]
        fields: Vec<DetailField>,
        #[serde(default, skip_serializing_if = "is_default")]
        media: MediaUpload,
    },
    /// Asks when.
    TimeslotSelection {
        title: String,
        #[serde(default)]
        description: Option<String>,
        #[serde(default)]
        icon: Option<String>,
        #[serde(default)]
        translations: BTreeMap<String, Translation>,
        #[serde(default, skip_serializing_if = "is_default")]
        mode: TimeslotMode,
        /// Narrows the schedule's.
        #[serde(default)]
        horizon_days: Option<u32>,
        /// Lengthens the schedule's.
        #[serde(default)]
        lead_time_minutes: Option<u32>,
        /// Shows the earliest slot on top. Absent: true.
        #[serde(default)]
        offer_first_available: Option<bool>,
        #[serde(default)]
        call_to_book: Option<CallToBook>,
        /// How long a chosen slot is kept, 1 to 120. Absent: 10.
        #[serde(default)]
        hold_minutes: Option<u32>,
    },
    /// Asks who books.
    CustomerInfo {
        title: String,
        #[serde(default)]
        description: Option<String>,
        #[serde(default)]
        icon: Option<String>,
        #[serde(default)]
        translations: BTreeMap<String, Translation>,
        #[serde(default, skip_serializing_if = "is_default")]
        fields: CustomerFields,
        /// Recognise a known customer by e-mail or phone.
        #[serde(default, skip_serializing_if = "is_default")]
        lookup_existing: bool,
        #[serde(default)]
        consents: Vec<ConsentConfig>,
    },
    /// Shows all of it once more before it is booked.
    Summary {
        title: String,
        #[serde(default)]
        description: Option<String>,
        #[serde(default)]
        icon: Option<String>,
        #[serde(default)]
        translations: BTreeMap<String, Translation>,
        /// Absent: true.
        #[serde(default)]
        show_price: Option<bool>,
        /// Absent: true.
        #[serde(default)]
        show_dispatch_fee: Option<bool>,
        #[serde(default)]
        terms: Option<String>,
        #[serde(default)]
        deposit: Option<Deposit>,
    },
    /// Says that it is done.
    Confirmation {
        title: String,
        #[serde(default)]
        description: Option<String>,
        #[serde(default)]
        icon: Option<String>,
        #[serde(default)]
        translations: BTreeMap<String, Translation>,
        #[serde(default, skip_serializing_if = "is_default")]
        message: String,
        /// Where the visitor goes from here.
        #[serde(default)]
        redirect_url: Option<String>,
        /// Absent: true.
        #[serde(default)]
        add_to_calendar: Option<bool>,
        /// Absent: true.
        #[serde(default)]
        show_reference: Option<bool>,
    },
}

impl StepEntry {
    /// What a visitor reads of it.
    pub(super) fn content(&self) -> ContentConfig {
        let (Self::Zipcode { title, description, icon, translations, .. }
        | Self::ServiceSelection { title, description, icon, translations, .. }
        | Self::AdditionalDetails { title, description, icon, translations, .. }
        | Self::TimeslotSelection { title, description, icon, translations, .. }
        | Self::CustomerInfo { title, description, icon, translations, .. }
        | Self::Summary { title, description, icon, translations, .. }
        | Self::Confirmation { title, description, icon, translations, .. }) = self;
        ContentConfig {
            title: title.clone(),
            description: description.clone(),
            icon: icon.clone(),
            translations: translations.clone(),
        }
    }
}
