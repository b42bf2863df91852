use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    AbandonReason, AttachedFile, Attribution, CustomerDetails, Device, EventHash, LinkFault,
    Prefilled, Seat,
};
use crate::{
    Id, ObjectId, Timestamp,
    availability::NotOffered,
    core::Organization,
    scheduler::{
        Booking, BookingFlow, BookingFlowExpressLink, BookingFlowRouter, BookingFlowVersion,
        BookingQuestion, BookingQuestionAnswer, BookingService, BookingStatus, BookingWindow,
        Reference, SchedulerConfig, ServiceZone,
    },
    session::BookingSession,
    step::{BookingFlowStep, GraphNode, OutsideAction, StepType},
};

/// Something that happened in a visit. Never changed once written.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SessionEvent {
    #[serde(rename = "_id")]
    pub id: ObjectId,
    pub booking_session_id: Id<BookingSession>,
    pub organization_id: Id<Organization>,
    /// 1, 2, 3 … without gaps.
    pub sequence: u64,
    pub schema_version: u16,
    /// The server's, never earlier than the event before.
    pub timestamp: Timestamp,
    /// The command that caused it.
    pub command_id: String,
    /// Of the event as it is stored.
    #[serde(skip)]
    pub hash: EventHash,
    #[serde(flatten)]
    pub body: EventBody,
}

/// The part of an event that has no column of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventBody {
    #[serde(flatten)]
    pub data: EventData,
    /// Where the visitor was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_id: Option<Id<BookingFlowStep>>,
    /// What the visitor's clock said; a claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_timestamp: Option<Timestamp>,
    /// Of the command as it was sent, so that another command under its id is told apart; on the
    /// first event of a command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_digest: Option<String>,
    /// Of the event before as it is stored, or of the session for the first one. Absent in events
    /// from before there was a chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_hash: Option<EventHash>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event_type", content = "data", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EventData {
    SessionStarted {
        scheduler_config_id: Id<SchedulerConfig>,
        booking_flow_id: Id<BookingFlow>,
        booking_flow_version_id: Id<BookingFlowVersion>,
        /// SHA-256 of the session's token, in hex.
        token_hash: String,
        attribution: Attribution,
        device: Device,
        locale: String,
        expires_at: Timestamp,
    },
    FlowRouted {
        booking_flow_id: Id<BookingFlow>,
        booking_flow_version_id: Id<BookingFlowVersion>,
        /// Absent: no router matched, and the scheduler's own flow was taken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        router_id: Option<Id<BookingFlowRouter>>,
    },
    ExpressLinkApplied {
        express_link_id: Id<BookingFlowExpressLink>,
        prefilled: Box<Prefilled>,
    },
    /// The link does not do all that it was made for.
    ExpressLinkDegraded {
        /// Absent: there is no such link.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        express_link_id: Option<Id<BookingFlowExpressLink>>,
        reasons: Vec<LinkFault>,
    },
    StepEntered {
        step_id: Id<BookingFlowStep>,
        step_type: StepType,
    },
    StepCompleted {
        step_id: Id<BookingFlowStep>,
    },
    StepLeftBackward {
        step_id: Id<BookingFlowStep>,
        to_step_id: Id<BookingFlowStep>,
    },
    ZipcodeSubmitted {
        zip: String,
    },
    ZipcodeAccepted {
        zip: String,
        /// Absent: outside every zone, and the flow goes on all the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone_id: Option<Id<ServiceZone>>,
    },
    ZipcodeRejected {
        zip: String,
        action: OutsideAction,
    },
    QuestionViewed {
        node_id: Id<GraphNode>,
        question_id: Id<BookingQuestion>,
        /// The visitor came back to it.
        backward: bool,
    },
    AnswerSelected(GivenAnswer),
    /// What followed from the earlier answer is dropped with it.
    AnswerChanged {
        previous: GivenAnswer,
        answer: GivenAnswer,
    },
    ServiceSelected {
        service_id: Id<BookingService>,
    },
    ServiceCleared {
        service_id: Id<BookingService>,
    },
    DetailsSubmitted {
        values: BTreeMap<String, Value>,
    },
    FileAttached(AttachedFile),
    FileRemoved {
        file_id: ObjectId,
    },
    TimeslotsViewed {
        from: Date,
        to: Date,
        offered: u32,
    },
    NoTimeslotsFound {
        from: Date,
        to: Date,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_available: Option<Date>,
    },
    TimeslotHeld {
        timeslot: BookingWindow,
        seats: Vec<Seat>,
        held_until: Timestamp,
    },
    TimeslotReleased {
        seats: Vec<Seat>,
    },
    TimeslotExpired {
        seats: Vec<Seat>,
    },
    /// Somebody else was faster, or it is too late for it.
    TimeslotLost {
        start: Timestamp,
        reason: NotOffered,
        /// Seats that were held until then.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        seats: Vec<Seat>,
    },
    CustomerSubmitted {
        customer: CustomerDetails,
    },
    ConsentGiven {
        key: String,
        /// The words that were shown.
        text: String,
    },
    SummaryViewed {},
    BookingSubmitted {
        booking_id: Id<Booking>,
        reference: Reference,
        service_id: Id<BookingService>,
        status: BookingStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeslot: Option<BookingWindow>,
        /// Seats that are now booked for good.
        seats: Vec<Seat>,
    },
    SessionCompleted {
        booking_id: Id<Booking>,
    },
    SessionAbandoned {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<AbandonReason>,
    },
    SessionResumed {},
    SessionExpired {},
    /// A value broke a rule: which, never what it was.
    ValidationFailed {
        command: String,
        fields: Vec<FieldFailure>,
    },
}

/// An answer on the visitor's path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenAnswer {
    pub node_id: Id<GraphNode>,
    pub question_id: Id<BookingQuestion>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answer_ids: Vec<Id<BookingQuestionAnswer>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// A field and the rule that it broke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldFailure {
    pub path: String,
    pub code: String,
}

impl SessionEvent {
    /// In which version of their shape events are written now. A change of shape that serde's
    /// defaults cannot bridge raises it and adds an upcaster and a stored sample.
    pub const SCHEMA_VERSION: u16 = 1;
}

impl EventData {
    /// `SESSION_STARTED`.
    pub const fn event_type(&self) -> &'static str {
        match self {
            Self::SessionStarted { .. } => "SESSION_STARTED",
            Self::FlowRouted { .. } => "FLOW_ROUTED",
            Self::ExpressLinkApplied { .. } => "EXPRESS_LINK_APPLIED",
            Self::ExpressLinkDegraded { .. } => "EXPRESS_LINK_DEGRADED",
            Self::StepEntered { .. } => "STEP_ENTERED",
            Self::StepCompleted { .. } => "STEP_COMPLETED",
            Self::StepLeftBackward { .. } => "STEP_LEFT_BACKWARD",
            Self::ZipcodeSubmitted { .. } => "ZIPCODE_SUBMITTED",
            Self::ZipcodeAccepted { .. } => "ZIPCODE_ACCEPTED",
            Self::ZipcodeRejected { .. } => "ZIPCODE_REJECTED",
            Self::QuestionViewed { .. } => "QUESTION_VIEWED",
            Self::AnswerSelected(_) => "ANSWER_SELECTED",
            Self::AnswerChanged { .. } => "ANSWER_CHANGED",
            Self::ServiceSelected { .. } => "SERVICE_SELECTED",
            Self::ServiceCleared { .. } => "SERVICE_CLEARED",
            Self::DetailsSubmitted { .. } => "DETAILS_SUBMITTED",
            Self::FileAttached(_) => "FILE_ATTACHED",
            Self::FileRemoved { .. } => "FILE_REMOVED",
            Self::TimeslotsViewed { .. } => "TIMESLOTS_VIEWED",
            Self::NoTimeslotsFound { .. } => "NO_TIMESLOTS_FOUND",
            Self::TimeslotHeld { .. } => "TIMESLOT_HELD",
            Self::TimeslotReleased { .. } => "TIMESLOT_RELEASED",
            Self::TimeslotExpired { .. } => "TIMESLOT_EXPIRED",
            Self::TimeslotLost { .. } => "TIMESLOT_LOST",
            Self::CustomerSubmitted { .. } => "CUSTOMER_SUBMITTED",
            Self::ConsentGiven { .. } => "CONSENT_GIVEN",
            Self::SummaryViewed {} => "SUMMARY_VIEWED",
            Self::BookingSubmitted { .. } => "BOOKING_SUBMITTED",
            Self::SessionCompleted { .. } => "SESSION_COMPLETED",
            Self::SessionAbandoned { .. } => "SESSION_ABANDONED",
            Self::SessionResumed {} => "SESSION_RESUMED",
            Self::SessionExpired {} => "SESSION_EXPIRED",
            Self::ValidationFailed { .. } => "VALIDATION_FAILED",
        }
    }

    /// Whether it leaves all that the visitor sees as it was: a command that did not know of it
    /// is not stale.
    pub const fn is_unseen(&self) -> bool {
        matches!(self, Self::ValidationFailed { .. })
    }
}
