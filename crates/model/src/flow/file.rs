//! The flow file: a flow with all that it owns as one YAML (or JSON) document, slugs in place of
//! ids.

mod build;
mod graph;
mod journey;
mod rules;

use std::fmt;

use indexmap::IndexMap;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use build::Built;
pub use journey::{Expectation, Journey};

use crate::{
    content::{Hours, Money, Slug},
    scheduler::{Holidays, PostalPattern, Price, QuestionKind, ValueRules, WeeklyHours},
    step::{
        CallToBook, ConsentConfig, CustomerFields, Deposit, DetailField, MediaUpload, OutsideArea,
        TimeslotMode,
    },
};

/// The whole document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowFile {
    /// The format.
    pub wrkbelt: Format,
    pub flow: FlowHead,
    #[serde(default)]
    pub services: IndexMap<Slug, ServiceEntry>,
    #[serde(default)]
    pub zones: IndexMap<Slug, ZoneEntry>,
    #[serde(default)]
    pub schedules: IndexMap<Slug, ScheduleEntry>,
    #[serde(default)]
    pub categories: IndexMap<Slug, CategoryEntry>,
    #[serde(default)]
    pub questions: IndexMap<Slug, QuestionEntry>,
    pub steps: Vec<StepEntry>,
    #[serde(default)]
    pub journeys: Vec<Journey>,
}

/// Which version of the format a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Format {
    #[serde(rename = "flow/1")]
    Flow1,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowHead {
    pub slug: Slug,
    pub title: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub icon: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceEntry {
    pub title: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub icon: Option<String>,
    pub duration_minutes: u32,
    pub price: Price,
    #[serde(default)]
    pub dispatch_fee: Option<Money>,
    #[serde(default)]
    pub zones: Vec<Slug>,
    #[serde(default)]
    pub schedule: Option<Slug>,
    #[serde(default)]
    pub skills: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneEntry {
    pub title: String,
    pub country: String,
    pub postal_codes: Vec<PostalPattern>,
    #[serde(default)]
    pub priority: i32,
    #[serde(default)]
    pub trip_charge: Option<Money>,
    #[serde(default)]
    pub time_zone: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleEntry {
    /// Absent: made from the slug.
    #[serde(default)]
    pub title: Option<String>,
    pub time_zone: String,
    #[serde(default)]
    pub weekly_hours: WeeklyHours,
    /// As spans of the day.
    #[serde(default)]
    pub arrival_windows: Vec<Hours>,
    pub capacity: CapacityEntry,
    #[serde(default)]
    pub lead_time_minutes: u32,
    pub horizon_days: u32,
    #[serde(default)]
    pub buffer_minutes: u32,
    #[serde(default)]
    pub holidays: Option<Holidays>,
    #[serde(default)]
    pub overrides: Vec<OverrideEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CapacityEntry {
    pub per_window: u32,
    #[serde(default)]
    pub per_day: Option<u32>,
    #[serde(default)]
    pub by_zone: IndexMap<Slug, u32>,
    #[serde(default)]
    pub by_service: IndexMap<Slug, u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OverrideEntry {
    pub date: Date,
    #[serde(default)]
    pub closed: bool,
    #[serde(default)]
    pub hours: Vec<Hours>,
    #[serde(default)]
    pub capacity: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryEntry {
    pub title: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub icon: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionEntry {
    pub title: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub icon: Option<String>,
    pub kind: QuestionKind,
    #[serde(default = "required_by_default")]
    pub required: bool,
    #[serde(default)]
    pub rules: ValueRules,
    #[serde(default)]
    pub answers: IndexMap<Slug, AnswerEntry>,
    /// Where a question that only collects data leads.
    #[serde(default)]
    pub next: Option<Next>,
}

fn required_by_default() -> bool {
    true
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerEntry {
    pub title: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub icon: Option<String>,
    #[serde(default)]
    pub category: Option<Slug>,
    #[serde(default)]
    pub next: Option<Next>,
    /// Makes it a service reference, which ends the path.
    #[serde(default)]
    pub service: Option<Slug>,
}

/// Where a path goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected the slug of a question, or `{ service: slug }`")]
pub enum Next {
    Question(Slug),
    Service(ServiceTarget),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceTarget {
    pub service: Slug,
}

/// One step, told apart by `type`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum StepEntry {
    Zipcode {
        title: String,
        #[serde(default)]
        description: Option<String>,
        /// Absent: that of the zones, or US.
        #[serde(default)]
        country: Option<String>,
        #[serde(default)]
        zones: Vec<Slug>,
        outside_area: OutsideArea,
    },
    ServiceSelection {
        title: String,
        #[serde(default)]
        description: Option<String>,
        /// The first question.
        start: Slug,
    },
    AdditionalDetails {
        title: String,
        #[serde(default)]
        description: Option<String>,
        #[serde(default)]
        fields: Vec<DetailField>,
        #[serde(default)]
        media: MediaUpload,
    },
    TimeslotSelection {
        title: String,
        #[serde(default)]
        description: Option<String>,
        #[serde(default)]
        mode: TimeslotMode,
        #[serde(default)]
        horizon_days: Option<u32>,
        #[serde(default)]
        lead_time_minutes: Option<u32>,
        #[serde(default)]
        offer_first_available: Option<bool>,
        #[serde(default)]
        call_to_book: Option<CallToBook>,
        #[serde(default)]
        hold_minutes: Option<u32>,
    },
    CustomerInfo {
        title: String,
        #[serde(default)]
        description: Option<String>,
        #[serde(default)]
        fields: CustomerFields,
        #[serde(default)]
        lookup_existing: bool,
        #[serde(default)]
        consents: Vec<ConsentConfig>,
    },
    Summary {
        title: String,
        #[serde(default)]
        description: Option<String>,
        #[serde(default)]
        show_price: Option<bool>,
        #[serde(default)]
        show_dispatch_fee: Option<bool>,
        #[serde(default)]
        terms: Option<String>,
        #[serde(default)]
        deposit: Option<Deposit>,
    },
    Confirmation {
        title: String,
        #[serde(default)]
        description: Option<String>,
        #[serde(default)]
        message: String,
        #[serde(default)]
        redirect_url: Option<String>,
        #[serde(default)]
        add_to_calendar: Option<bool>,
        #[serde(default)]
        show_reference: Option<bool>,
    },
}

/// Why a text is not a flow file, with line and column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct NotAFlowFile {
    /// One sentence.
    pub message: String,
    /// Line and column, from 1.
    pub location: Option<(u64, u64)>,
}

impl fmt::Display for NotAFlowFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.location {
            Some((line, column)) => write!(f, "line {line}, column {column}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl FlowFile {
    /// Of YAML, or of JSON, which is YAML too.
    pub fn parse(text: &str) -> Result<Self, NotAFlowFile> {
        // As YAML 1.2 has it: `yes` and `no` are words, and the slugs of many answers.
        let options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
        serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let message = error.without_snippet().to_string();
            NotAFlowFile {
                location: error.location().map(|it| (it.line(), it.column())),
                message: message.split(" at line ").next().unwrap_or(&message).to_owned(),
            }
        })
    }
}
