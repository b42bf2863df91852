//! What a business sells, when, and how its visitors are led there.

mod booking;
mod booking_answer_category;
mod booking_flow;
mod booking_flow_diagram;
mod booking_flow_express_link;
mod booking_flow_router;
mod booking_flow_version;
mod booking_question;
mod booking_question_answer;
mod booking_service;
mod customer;
mod router_revision;
mod schedule;
mod scheduler_config;
mod service_zone;
mod slot_hold;

pub use booking::{
    AnswerSummary, Booking, BookingCustomer, BookingStatus, BookingVendor, BookingVendorState,
    BookingWindow, Consent, Reference,
};
pub use booking_answer_category::BookingAnswerCategory;
pub use booking_flow::{BookingFlow, BookingFlowStatus, FailedPublication, ScheduledPublication};
pub use booking_flow_diagram::{BookingFlowDiagram, CanvasData, DiagramKind};
pub use booking_flow_express_link::{BookingFlowExpressLink, PrefilledState};
pub use booking_flow_router::{
    BookingFlowRouter, CampaignCriteria, MatchingCriteria, PriorityClass, QueryParameter,
    RouterScheduling,
};
pub use booking_flow_version::{BookingFlowVersion, FlowSnapshot, Identified};
pub(crate) use booking_question::compile_pattern;
pub use booking_question::{BookingQuestion, QuestionKind, ValueRules};
pub use booking_question_answer::{AnswerKind, BookingQuestionAnswer};
pub use booking_service::{BookingService, Price, ServiceStatus, VendorData};
pub use customer::{Customer, CustomerConsent};
pub use router_revision::RouterRevision;
pub use schedule::{Capacity, DateOverride, GRID_MINUTES, Holidays, Schedule, WeeklyHours, Window};
pub use scheduler_config::{
    Initialization, LaunchMode, PublicKey, SchedulerConfig, SchedulerStatus, SessionTimes,
    Tracking, WidgetPosition,
};
pub use service_zone::{PostalPattern, ServiceZone, ZoneIndex, normalize_postal_code};
pub use slot_hold::{HoldState, SlotHold};
