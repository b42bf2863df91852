//! The booking domain: plain data and pure rules. No I/O, no async, no clock, no randomness.

mod entity;
mod id;
mod problems;
mod time;

pub mod availability;
pub mod content;
pub mod core;
pub mod diagram;
pub mod flow;
pub mod integrations;
pub mod scheduler;
pub mod session;
pub mod step;

pub use crate::{
    entity::{
        Collection, Doc, Entity, EventCollection, Global, Index, Lookup, LookupKind, OnDelete,
        Only, PerTenant, Reference, Scope,
    },
    id::{BadId, Id, ObjectId, hex},
    problems::{Place, Problem, Problems},
    time::Timestamp,
};

/// Every kind of document. What the platform does for all of them is made from this one list.
#[macro_export]
macro_rules! for_each_entity {
    ($visit:ident) => {
        $visit! {
            $crate::Lookup,
            $crate::core::Organization,
            $crate::core::BrandKit,
            $crate::scheduler::SchedulerConfig,
            $crate::scheduler::BookingFlow,
            $crate::scheduler::BookingFlowVersion,
            $crate::step::BookingFlowStep,
            $crate::scheduler::BookingService,
            $crate::scheduler::BookingQuestion,
            $crate::scheduler::BookingQuestionAnswer,
            $crate::scheduler::BookingAnswerCategory,
            $crate::scheduler::BookingFlowRouter,
            $crate::scheduler::BookingFlowExpressLink,
            $crate::scheduler::BookingFlowDiagram,
            $crate::session::BookingSession,
            $crate::scheduler::Booking,
            $crate::scheduler::Customer,
            $crate::scheduler::ServiceZone,
            $crate::scheduler::Schedule,
            $crate::scheduler::SlotHold,
        }
    };
}

macro_rules! collections {
    ($($E:path),+ $(,)?) => {
        /// Every collection there is.
        pub const COLLECTIONS: &[Collection] = &[$(<$E as Entity>::COLLECTION),+];

        /// Whether every document of a collection has an organization; `None` for a collection
        /// that there is not.
        pub fn is_per_tenant(collection: &str) -> Option<bool> {
            $(if collection == <$E as Entity>::COLLECTION.name {
                return Some(<<$E as Entity>::Scope as Scope>::PER_TENANT);
            })+
            None
        }
    };
}
for_each_entity!(collections);
