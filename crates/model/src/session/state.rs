use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    AttachedFile, CustomerDetails, EventHash, GivenAnswer, LinkFaultCode, Prefilled, Rejection,
    Seat,
};
use crate::{
    Collection, Entity, EventCollection, Id, Index, ObjectId, OnDelete, Only, PerTenant, Place,
    Reference, Timestamp,
    scheduler::{
        Booking, BookingFlow, BookingFlowExpressLink, BookingFlowRouter, BookingFlowVersion,
        BookingService, BookingStatus, BookingWindow, Consent, SchedulerConfig, ServiceZone,
    },
    step::{BookingFlowStep, GraphNode, StepType},
};

/// A visit, as its events left it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingSession {
    pub scheduler_config_id: Id<SchedulerConfig>,
    pub booking_flow_id: Id<BookingFlow>,
    /// It stays on the version that it began with.
    pub booking_flow_version_id: Id<BookingFlowVersion>,
    pub token_hash: String,
    pub attribution: Attribution,
    pub device: Device,
    pub locale: String,
    pub started_at: Timestamp,
    /// Afterwards it cannot be gone on with.
    pub expires_at: Timestamp,
    pub current_state: CurrentState,
    pub booking_outcome: Outcome,
    pub step_progression: Vec<StepProgress>,
    pub metrics: Metrics,
    pub booking_session_event_ids: EventWindow,
}

/// Where the visitor is and what they have said so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CurrentState {
    /// Absent before the first step.
    pub step_id: Option<Id<BookingFlowStep>>,
    /// The question, inside the service selection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<Id<GraphNode>>,
    pub last_event_id: ObjectId,
    pub last_sequence: u64,
    pub last_event_at: Timestamp,
    /// Of the last event as it is stored: the head of the chain, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_event_hash: Option<EventHash>,
    /// Of the last event that a visitor could see: an older `expected_sequence` is stale.
    pub last_seen_sequence: u64,
    /// An expected "no" that the visitor has not got past yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// Removed when the session completes: the booking has it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temp_selections: Option<Selections>,
}

/// What the visitor has said so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Selections {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_id: Option<Id<ServiceZone>>,
    /// In the order of the path.
    #[serde(default)]
    pub answers: Vec<GivenAnswer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_id: Option<Id<BookingService>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub file_ids: Vec<ObjectId>,
    /// What is known of them, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<AttachedFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeslot: Option<BookingWindow>,
    /// The seats that make the timeslot theirs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<Seat>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerDetails>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<Consent>,
    /// By the express link with which the visit began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefilled: Option<Box<Prefilled>>,
}

/// Why the visitor could not go on as they wished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    OutOfArea,
    Waitlist,
    NoTimeslots,
    TimeslotLost,
    TimeslotExpired,
    LinkUnknown,
    LinkInactive,
    LinkExpired,
    LinkUsedUp,
    LinkUnpublished,
}

impl Notice {
    /// Of a fault that makes the visit an ordinary one.
    pub(super) const fn of_link(code: LinkFaultCode) -> Option<Self> {
        match code {
            LinkFaultCode::Unknown => Some(Self::LinkUnknown),
            LinkFaultCode::Inactive => Some(Self::LinkInactive),
            LinkFaultCode::Expired => Some(Self::LinkExpired),
            LinkFaultCode::UsedUp => Some(Self::LinkUsedUp),
            LinkFaultCode::Unpublished => Some(Self::LinkUnpublished),
            _ => None,
        }
    }
}

/// How the visit ended, or that it has not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    Active {},
    Completed {
        completed_at: Timestamp,
        booking_id: Id<Booking>,
        reference: crate::scheduler::Reference,
        booking_status: BookingStatus,
        selected_service_id: Id<BookingService>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        selected_timeslot: Option<BookingWindow>,
    },
    /// A resume makes it active again.
    Abandoned {
        abandoned_at: Timestamp,
        drop_off_step_id: Option<Id<BookingFlowStep>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        drop_off_node_id: Option<Id<GraphNode>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<AbandonReason>,
        recoverable: bool,
    },
    Rejected {
        rejected_at: Timestamp,
        code: String,
        detail: String,
    },
    Expired {
        expired_at: Timestamp,
    },
}

/// Why a visitor left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AbandonReason {
    Timeout,
    Closed,
    OutOfArea,
    NoTimeslots,
    Price,
    Other,
}

/// How a visitor fared at one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepProgress {
    pub step_id: Id<BookingFlowStep>,
    pub step_type: StepType,
    pub first_entered_at: Timestamp,
    /// While they are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    pub visits: u32,
    /// Of all visits that have ended.
    pub duration_ms: u64,
    pub validation_failures: u32,
}

/// The visit in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    pub event_count: u64,
    /// From the first event to the last.
    pub duration_ms: u64,
    pub questions_answered: u32,
    pub back_navigations: u32,
    pub slots_viewed: u32,
}

/// Ids of events: of a long visit the first and the newest 100.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct EventWindow(pub Vec<ObjectId>);

/// Where the visitor came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribution {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landing_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub router_id: Option<Id<BookingFlowRouter>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub express_link_id: Option<Id<BookingFlowExpressLink>>,
    #[serde(default)]
    pub utm: Utm,
    #[serde(default)]
    pub click_ids: ClickIds,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ga_client_id: Option<String>,
}

/// `utm_*` of the page's URL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Utm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// What advertisers add to the page's URL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClickIds {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gclid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gbraid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wbraid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fbclid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub msclkid: Option<String>,
}

/// What the visitor holds in their hands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Device {
    #[serde(default)]
    pub kind: DeviceKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    #[serde(default)]
    pub is_bot: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    Mobile,
    Tablet,
    Desktop,
    #[default]
    Unknown,
}

/// A session that goes on: only [`BookingSession::active`] makes one, so that what needs an
/// active session cannot be handed a completed one.
#[derive(Debug, Clone, Copy)]
pub struct Active<'a> {
    pub session: &'a BookingSession,
    pub selections: &'a Selections,
    pub step_id: Id<BookingFlowStep>,
}

impl BookingSession {
    /// Those that go on, of one scheduler: who has been idle for longest comes first.
    pub const BY_LAST_EVENT: Index = Index {
        name: "scheduler_and_last_event",
        fields: &["scheduler_config_id", "current_state.last_event_at"],
        unique: false,
        only: Only::OneOf("booking_outcome.status", &["active"]),
    };

    /// Those that can still expire.
    pub const BY_EXPIRY: Index = Index {
        name: "expires_at",
        fields: &["expires_at"],
        unique: false,
        only: Only::OneOf("booking_outcome.status", &["active", "abandoned"]),
    };

    /// The session, if it goes on at `now`.
    pub fn active(&self, now: Timestamp) -> Result<Active<'_>, Rejection> {
        if now >= self.expires_at {
            return Err(Rejection::Expired);
        }
        match (&self.booking_outcome, &self.current_state) {
            (
                Outcome::Active {},
                CurrentState { temp_selections: Some(selections), step_id: Some(step_id), .. },
            ) => Ok(Active { session: self, selections, step_id: *step_id }),
            _ => Err(Rejection::NotActive),
        }
    }
}

impl Entity for BookingSession {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "booking_sessions",
        label: "booking session",
        indexes: &[
            Index {
                name: "status_and_created_at",
                fields: &["booking_outcome.status", "created_at"],
                unique: false,
                only: Only::All,
            },
            Index {
                name: "booking",
                fields: &["booking_outcome.booking_id"],
                unique: false,
                only: Only::Present("booking_outcome.booking_id"),
            },
            Index {
                name: "status_and_drop_off_step",
                fields: &["booking_outcome.status", "booking_outcome.drop_off_step_id"],
                unique: false,
                only: Only::All,
            },
            Self::BY_LAST_EVENT,
            Self::BY_EXPIRY,
        ],
        references: &[
            Reference {
                field: "scheduler_config_id",
                to: "scheduler_configs",
                on_delete: OnDelete::Restrict,
            },
            Reference {
                field: "booking_flow_id",
                to: "booking_flows",
                on_delete: OnDelete::Restrict,
            },
            Reference {
                field: "booking_flow_version_id",
                to: "booking_flow_versions",
                on_delete: OnDelete::Restrict,
            },
        ],
        events: Some(EventCollection {
            name: "booking_session_events",
            stream_field: "booking_session_id",
        }),
    };

    /// A session is what its events make it: there is nothing to refuse.
    fn validate(&self, _: &mut Place<'_>) {}
}

impl Attribution {
    /// Every text has at most 2,048 bytes.
    pub fn validate(&self, mut place: Place<'_>) {
        let Self { landing_url, referrer, utm, click_ids, ga_client_id, .. } = self;
        let Utm { source, medium, campaign, term, content } = utm;
        let ClickIds { gclid, gbraid, wbraid, fbclid, msclkid } = click_ids;
        for (name, text) in [
            ("landing_url", landing_url),
            ("referrer", referrer),
            ("utm.source", source),
            ("utm.medium", medium),
            ("utm.campaign", campaign),
            ("utm.term", term),
            ("utm.content", content),
            ("click_ids.gclid", gclid),
            ("click_ids.gbraid", gbraid),
            ("click_ids.wbraid", wbraid),
            ("click_ids.fbclid", fbclid),
            ("click_ids.msclkid", msclkid),
            ("ga_client_id", ga_client_id),
        ] {
            place.at(name).text(text.as_deref().unwrap_or_default(), 0, 2_048);
        }
    }
}

impl EventWindow {
    const FULL: usize = 500;
    const NEWEST: usize = 100;

    pub(super) fn push(&mut self, id: ObjectId) {
        self.0.push(id);
        if self.0.len() > Self::FULL {
            let newest = self.0.len() - Self::NEWEST;
            self.0.drain(1..newest);
        }
    }
}
