//! The flow file: a flow with all that it owns as one YAML (or JSON) document, slugs in place of
//! ids.

mod build;
mod export;
mod journey;
mod position;
mod step;
mod tree;
mod yaml;

use std::{collections::BTreeMap, fmt};

use indexmap::IndexMap;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use build::Built;
pub use export::Written;
pub(super) use export::WrittenNode;
pub use journey::{Expectation, Given, Journey};
pub use position::Positions;
pub use step::StepEntry;
pub(super) use tree::Tree;

use crate::{
    content::{Hours, Money, Slug, TimeOfDay, Translation},
    scheduler::{
        Holidays, PostalPattern, Price, QuestionKind, ServiceStatus, ValueRules, VendorData,
        WeeklyHours,
    },
};

/// A booking flow of Wrkbelt with all that it owns. Keys are slugs (a–z, 0–9 and -), unique in
/// their map, and stand in for ids everywhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowFile {
    /// The version of this format.
    pub wrkbelt: Format,
    /// What the flow is called.
    pub flow: FlowHead,
    /// What can be booked, by slug.
    #[serde(default)]
    pub services: IndexMap<Slug, ServiceEntry>,
    /// The areas that the business goes to, by slug.
    #[serde(default)]
    pub zones: IndexMap<Slug, ZoneEntry>,
    /// When the business works, by slug.
    #[serde(default)]
    pub schedules: IndexMap<Slug, ScheduleEntry>,
    /// Headings under which answers stand together, in the order shown.
    #[serde(default)]
    pub categories: IndexMap<Slug, CategoryEntry>,
    /// What visitors are asked on the way to a service, by slug.
    #[serde(default)]
    pub questions: IndexMap<Slug, QuestionEntry>,
    /// The places of the graph, written out when one question stands at several of them. Absent:
    /// each question makes one node, each of its answers one, and each service that `next` leads
    /// to one.
    #[serde(default)]
    pub nodes: Option<IndexMap<Slug, NodeEntry>>,
    /// What leads from one node to the next, when `nodes` are written out. A question shows its
    /// answers in this order.
    #[serde(default)]
    pub edges: Vec<EdgeEntry>,
    /// What a visitor goes through, in order.
    pub steps: Vec<StepEntry>,
    /// Visits, and what must come of them: the tests of the flow.
    #[serde(default)]
    pub journeys: Vec<Journey>,
}

/// Which version of the format a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Format {
    #[serde(rename = "flow/1")]
    Flow1,
}

/// What the flow is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowHead {
    /// Unique in the organization: a file with the slug of a flow that is there replaces it.
    pub slug: Slug,
    /// What visitors read, 1 to 100 characters.
    pub title: String,
    #[serde(default)]
    pub description: Option<String>,
    /// Name of a picture of the widget's set.
    #[serde(default)]
    pub icon: Option<String>,
    /// The same texts in other languages, by BCP 47 tag such as es-MX.
    #[serde(default)]
    pub translations: BTreeMap<String, Translation>,
}

/// Something that can be booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceEntry {
    /// What visitors read, 1 to 100 characters.
    pub title: String,
    #[serde(default)]
    pub description: Option<String>,
    /// Name of a picture of the widget's set.
    #[serde(default)]
    pub icon: Option<String>,
    /// The same texts in other languages, by BCP 47 tag such as es-MX.
    #[serde(default)]
    pub translations: BTreeMap<String, Translation>,
    /// 5 to 1,440.
    pub duration_minutes: u32,
    /// What it costs, as far as one can say before the work.
    pub price: Price,
    /// What coming out costs, whatever is done then.
    #[serde(default)]
    pub dispatch_fee: Option<Money>,
    /// Where it is offered; absent is everywhere.
    #[serde(default)]
    pub zones: Vec<Slug>,
    /// When it can be had. A flow that asks for a time needs one, or `vendor`.
    #[serde(default)]
    pub schedule: Option<Slug>,
    /// What whoever comes must be able to do.
    #[serde(default)]
    pub skills: Vec<String>,
    /// The service's ids in the vendor's own system.
    #[serde(default)]
    pub vendor: Option<VendorData>,
    /// Absent: active.
    #[serde(default)]
    pub status: Option<ServiceStatus>,
}

/// An area that the business goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneEntry {
    /// 1 to 100 characters.
    pub title: String,
    #[serde(default)]
    pub description: Option<String>,
    /// Name of a picture of the widget's set.
    #[serde(default)]
    pub icon: Option<String>,
    /// The same texts in other languages, by BCP 47 tag such as es-MX.
    #[serde(default)]
    pub translations: BTreeMap<String, Translation>,
    /// ISO 3166-1, two upper-case letters.
    pub country: String,
    /// Postal codes, or their beginnings with a `*`: `303*`.
    pub postal_codes: Vec<PostalPattern>,
    /// Of several zones that hold a postal code the lowest wins.
    #[serde(default, skip_serializing_if = "is_default")]
    pub priority: i32,
    /// What coming out there costs.
    #[serde(default)]
    pub trip_charge: Option<Money>,
    /// IANA zone; absent is the organization's.
    #[serde(default)]
    pub time_zone: Option<String>,
}

/// When the business works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleEntry {
    /// Absent: made from the slug.
    #[serde(default)]
    pub title: Option<String>,
    /// IANA zone such as `America/New_York`.
    pub time_zone: String,
    /// Spans such as 08:00-17:00 by day of the week.
    #[serde(default)]
    pub weekly_hours: WeeklyHours,
    /// When somebody arrives. Absent: appointments at exact times.
    #[serde(default)]
    pub arrival_windows: Vec<WindowEntry>,
    /// How many appointments fit.
    pub capacity: CapacityEntry,
    /// How long before an appointment it must be booked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lead_time_minutes: u32,
    /// How far ahead it can be booked, 1 to 730.
    pub horizon_days: u32,
    /// Kept free after each appointment.
    #[serde(default, skip_serializing_if = "is_default")]
    pub buffer_minutes: u32,
    /// Closed on public holidays.
    #[serde(default)]
    pub holidays: Option<Holidays>,
    /// Dates that are unlike their day of the week.
    #[serde(default)]
    pub overrides: Vec<OverrideEntry>,
}

/// When somebody arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "expected a span such as 08:00-10:00 that starts before it ends, or `{ start, duration }`"
)]
pub enum WindowEntry {
    /// Within one day: `08:00-10:00`.
    Span(Hours),
    /// One that goes on after midnight.
    Late(LateWindow),
}

/// A window that goes on after midnight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LateWindow {
    /// `22:00`.
    pub start: TimeOfDay,
    /// In minutes, 5 to 1,440.
    pub duration: u32,
}

/// How many appointments fit; every limit that is given holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CapacityEntry {
    /// At the same time, 1 to 1,000.
    pub per_window: u32,
    #[serde(default)]
    pub per_day: Option<u32>,
    /// At the same time in one zone.
    #[serde(default)]
    pub by_zone: IndexMap<Slug, u32>,
    /// At the same time of one service.
    #[serde(default)]
    pub by_service: IndexMap<Slug, u32>,
}

/// One date that is unlike its day of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OverrideEntry {
    pub date: Date,
    /// Wins over `hours`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub closed: bool,
    /// Instead of the weekday's.
    #[serde(default)]
    pub hours: Vec<Hours>,
    /// Instead of `capacity.per_window`.
    #[serde(default)]
    pub capacity: Option<u32>,
}

/// A heading under which answers stand together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryEntry {
    /// What visitors read, 1 to 100 characters.
    pub title: String,
    #[serde(default)]
    pub description: Option<String>,
    /// Name of a picture of the widget's set.
    #[serde(default)]
    pub icon: Option<String>,
    /// The same texts in other languages, by BCP 47 tag such as es-MX.
    #[serde(default)]
    pub translations: BTreeMap<String, Translation>,
    /// Lowest first. Absent: its place among the categories, from 0.
    #[serde(default)]
    pub order: Option<i32>,
}

/// Something that a visitor is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionEntry {
    /// What visitors read, 1 to 100 characters.
    pub title: String,
    #[serde(default)]
    pub description: Option<String>,
    /// Name of a picture of the widget's set.
    #[serde(default)]
    pub icon: Option<String>,
    /// The same texts in other languages, by BCP 47 tag such as es-MX.
    #[serde(default)]
    pub translations: BTreeMap<String, Translation>,
    /// How it is answered. Only the answers of a `single_choice` decide where the path goes on.
    pub kind: QuestionKind,
    /// Absent: true.
    #[serde(default = "required_by_default", skip_serializing_if = "is_required")]
    pub required: bool,
    /// What a typed-in value must be like.
    #[serde(default)]
    pub rules: ValueRules,
    /// Of a `single_choice` or `multi_choice`, in the order shown.
    #[serde(default)]
    pub answers: IndexMap<Slug, AnswerEntry>,
    /// Where a question that only collects data leads.
    #[serde(default)]
    pub next: Option<Next>,
}

fn required_by_default() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_required(required: &bool) -> bool {
    *required
}

/// Whether a file may leave it out.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// One answer that a visitor may choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerEntry {
    /// What visitors read, 1 to 100 characters.
    pub title: String,
    #[serde(default)]
    pub description: Option<String>,
    /// Name of a picture of the widget's set.
    #[serde(default)]
    pub icon: Option<String>,
    /// The same texts in other languages, by BCP 47 tag such as es-MX.
    #[serde(default)]
    pub translations: BTreeMap<String, Translation>,
    /// The heading that it stands under.
    #[serde(default)]
    pub category: Option<Slug>,
    /// The question that it leads to.
    #[serde(default)]
    pub next: Option<Next>,
    /// Makes it a service reference, which ends the path.
    #[serde(default)]
    pub service: Option<Slug>,
}

/// Where a path goes on: the slug of a question, or `{ service: slug }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected the slug of a question, or `{ service: slug }`")]
pub enum Next {
    Question(Slug),
    Service(ServiceTarget),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceTarget {
    /// The service that ends the path.
    pub service: Slug,
}

/// One place of the graph: a question, an answer of a question, or a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeEntry {
    /// The question that stands here, or whose answer does.
    #[serde(default)]
    pub question: Option<Slug>,
    /// The answer that stands here, of `question`.
    #[serde(default)]
    pub answer: Option<Slug>,
    /// The service that stands here and ends the path.
    #[serde(default)]
    pub service: Option<Slug>,
}

/// Leads from one node to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EdgeEntry {
    /// A name of `nodes`.
    pub from: Slug,
    /// A name of `nodes`.
    pub to: Slug,
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

/// No flow that people can look after is larger.
const LARGEST: usize = 4 * 1024 * 1024;

/// As YAML 1.2 has it: `yes` and `no` are words, and the slugs of many answers. Aliases and depth
/// are limited far above what a flow needs.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        budget: serde_saphyr::budget! { max_depth: 32, max_aliases: 1_000, max_anchors: 1_000 },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 50_000 },
    }
}

impl FlowFile {
    /// Of YAML, or of JSON, which is YAML too.
    pub fn parse(text: &str) -> Result<Self, NotAFlowFile> {
        if text.len() > LARGEST {
            let message = format!("the file has {} bytes; at most {LARGEST} are read", text.len());
            return Err(NotAFlowFile { message, location: None });
        }
        let allowed = |it: char| !it.is_control() || matches!(it, '\n' | '\r' | '\t' | '\u{85}');
        if let Some(place) = text.find(|it| !allowed(it)) {
            let code = text[place..].chars().next().map_or(0, u32::from);
            return Err(NotAFlowFile {
                message: format!("the control character U+{code:04X} must be written as an escape"),
                location: Some(line_and_column(&text[..place])),
            });
        }
        serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
            let message = error.without_snippet().to_string();
            NotAFlowFile {
                location: error.location().map(|it| (it.line(), it.column())),
                message: message.split(" at line ").next().unwrap_or(&message).to_owned(),
            }
        })
    }

    /// The same of bytes, which must be UTF-8.
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, NotAFlowFile> {
        Self::parse(text_of(bytes)?)
    }

    /// The JSON Schema (draft 2020-12) of flow files, for editors.
    pub fn schema() -> String {
        let schema = schemars::generate::SchemaSettings::draft2020_12()
            .into_generator()
            .into_root_schema_for::<Self>();
        serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
    }

    /// In YAML, in one way only: the same file is always the same bytes.
    pub fn to_yaml(&self) -> String {
        yaml::write(&Tree::of(self))
    }

    /// In JSON, with the same fields in the same order.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(&Tree::of(self)).unwrap_or_default() + "\n"
    }
}

/// A file's bytes as text.
pub fn text_of(bytes: &[u8]) -> Result<&str, NotAFlowFile> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        NotAFlowFile {
            message: "the text is not UTF-8".to_owned(),
            location: Some(line_and_column(&before)),
        }
    })
}

/// Of what comes after a text.
fn line_and_column(before: &str) -> (u64, u64) {
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |it| it.chars().count()) + 1;
    (line as u64, column as u64)
}
