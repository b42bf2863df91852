use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Id, ObjectId, Timestamp,
    availability::NotOffered,
    content::Address,
    core::File,
    scheduler::{Booking, BookingQuestionAnswer, BookingWindow, Reference, ServiceZone, SlotHold},
    session::{AbandonReason, AttachedFile},
    step::{BookingFlowStep, GraphNode},
};

/// What a visitor asks for; what happens is for the server to decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    SubmitZip {
        zip: String,
    },
    AnswerQuestion {
        node_id: Id<GraphNode>,
        /// For choices.
        #[serde(default)]
        answer_ids: Option<Vec<Id<BookingQuestionAnswer>>>,
        /// For everything else.
        #[serde(default)]
        value: Option<Value>,
    },
    /// To the question or step before, or to one that was answered already.
    GoBack {
        #[serde(default)]
        to_step_id: Option<Id<BookingFlowStep>>,
        #[serde(default)]
        to_node_id: Option<Id<GraphNode>>,
    },
    SubmitDetails {
        /// By the keys of the step's fields.
        values: BTreeMap<String, Value>,
    },
    /// One that was uploaded in this visit, to the photo question or the step where the visitor is.
    AttachFile {
        file_id: Id<File>,
    },
    RemoveFile {
        file_id: Id<File>,
    },
    ViewTimeslots {
        from: Date,
        /// Included; at most 31 days from `from`.
        to: Date,
    },
    SelectTimeslot {
        start: Timestamp,
    },
    ReleaseTimeslot {},
    SubmitCustomer {
        #[serde(default)]
        first_name: Option<String>,
        #[serde(default)]
        last_name: Option<String>,
        #[serde(default)]
        email: Option<String>,
        #[serde(default)]
        phone: Option<String>,
        #[serde(default)]
        address: Option<Address>,
        /// Keys of what is agreed to.
        #[serde(default)]
        consents: Vec<String>,
    },
    /// Books.
    Confirm {},
    Abandon {
        #[serde(default)]
        reason: Option<AbandonReason>,
    },
    /// Goes on after `abandon`.
    Resume {},
}

impl Command {
    /// Its `type`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SubmitZip { .. } => "submit_zip",
            Self::AnswerQuestion { .. } => "answer_question",
            Self::GoBack { .. } => "go_back",
            Self::SubmitDetails { .. } => "submit_details",
            Self::AttachFile { .. } => "attach_file",
            Self::RemoveFile { .. } => "remove_file",
            Self::ViewTimeslots { .. } => "view_timeslots",
            Self::SelectTimeslot { .. } => "select_timeslot",
            Self::ReleaseTimeslot {} => "release_timeslot",
            Self::SubmitCustomer { .. } => "submit_customer",
            Self::Confirm {} => "confirm",
            Self::Abandon { .. } => "abandon",
            Self::Resume {} => "resume",
        }
    }
}

/// Who books, as they typed it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerDetails {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// A command together with what the world says to it, so that deciding needs nothing else.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    SubmitZip {
        zip: String,
        /// The step's zone that holds it.
        zone: Option<Id<ServiceZone>>,
    },
    AnswerQuestion {
        node_id: Id<GraphNode>,
        answer_ids: Option<Vec<Id<BookingQuestionAnswer>>>,
        value: Option<Value>,
    },
    GoBack {
        to_step_id: Option<Id<BookingFlowStep>>,
        to_node_id: Option<Id<GraphNode>>,
    },
    SubmitDetails {
        values: BTreeMap<String, Value>,
    },
    AttachFile {
        file_id: ObjectId,
        /// As it was uploaded in this visit.
        file: Option<AttachedFile>,
    },
    RemoveFile {
        file_id: ObjectId,
    },
    ViewTimeslots {
        from: Date,
        to: Date,
        /// How many were offered.
        offered: u32,
        /// The next day with a free slot, when none was offered.
        next_available: Option<Date>,
    },
    SelectTimeslot {
        start: Timestamp,
        outcome: SlotOutcome,
    },
    ReleaseTimeslot,
    SubmitCustomer {
        customer: CustomerDetails,
        consents: Vec<String>,
    },
    Confirm {
        booking_id: Id<Booking>,
        reference: Reference,
        /// The held seats are still the visitor's.
        seats_kept: bool,
    },
    Abandon {
        reason: Option<AbandonReason>,
    },
    Resume,
}

/// Whether a timeslot can be had.
#[derive(Debug, Clone, PartialEq)]
pub enum SlotOutcome {
    /// Its seats are free and are taken with the event.
    Free(Claimed),
    Refused(NotOffered),
}

/// A timeslot and the seats that make it the visitor's.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    pub timeslot: BookingWindow,
    pub seats: Vec<Seat>,
    pub held_until: Timestamp,
}

/// One seat taken: a `slot_holds` document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    pub hold_id: Id<SlotHold>,
    pub resource_key: String,
    pub window_start: Timestamp,
    pub seat: u32,
}
