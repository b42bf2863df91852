//! The booking domain: plain data and pure rules. No I/O, no async, no clock, no randomness.

mod entity;
mod id;
mod patch;
mod problems;
mod time;

pub mod availability;
pub mod content;
pub mod core;
pub mod data_migrations;
pub mod diagram;
pub mod flow;
pub mod integrations;
pub mod marketing;
pub mod routing;
pub mod scheduler;
pub mod session;
pub mod step;

pub use crate::{
    entity::{
        Collection, Doc, Entity, EventCollection, Global, Index, Lookup, LookupKind,
        OfOrganizations, OfPlatform, OnDelete, Only, Owners, PerTenant, Reference, Scope, Shared,
    },
    id::{BadId, Id, ObjectId, hex},
    patch::merge_patch,
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
            $crate::core::User,
            $crate::core::Membership,
            $crate::core::Role,
            $crate::core::PermissionRecord,
            $crate::core::File,
            $crate::core::Email,
            $crate::core::TemporaryLink,
            $crate::core::BrandKit,
            $crate::core::UserSession,
            $crate::core::ApiKey,
            $crate::core::AuditEntry,
            $crate::core::Job,
            $crate::core::IdempotencyKey,
            $crate::scheduler::SchedulerConfig,
            $crate::scheduler::BookingFlow,
            $crate::scheduler::BookingFlowVersion,
            $crate::step::BookingFlowStep,
            $crate::scheduler::BookingService,
            $crate::scheduler::BookingQuestion,
            $crate::scheduler::BookingQuestionAnswer,
            $crate::scheduler::BookingAnswerCategory,
            $crate::scheduler::BookingFlowRouter,
            $crate::scheduler::RouterRevision,
            $crate::scheduler::BookingFlowExpressLink,
            $crate::scheduler::BookingFlowDiagram,
            $crate::session::BookingSession,
            $crate::scheduler::Booking,
            $crate::scheduler::Customer,
            $crate::scheduler::ServiceZone,
            $crate::scheduler::Schedule,
            $crate::scheduler::SlotHold,
            $crate::marketing::WaitlistRequest,
            $crate::data_migrations::DataMigration,
            $crate::data_migrations::Lease,
        }
    };
}

macro_rules! collections {
    ($($E:path),+ $(,)?) => {
        /// Every collection there is.
        pub const COLLECTIONS: &[Collection] = &[$(<$E as Entity>::COLLECTION),+];

        /// Whose documents there may be in a collection; `None` for a collection that there is not.
        pub fn owners(collection: &str) -> Option<Owners> {
            $(if collection == <$E as Entity>::COLLECTION.name {
                return Some(<<$E as Entity>::Scope as Scope>::OWNERS);
            })+
            None
        }

        /// Whether a stored document can be read.
        ///
        /// # Errors
        /// With what is wrong: an unknown tag, a missing field, a collection that there is not.
        pub fn read(collection: &str, body: &str) -> Result<(), String> {
            $(if collection == <$E as Entity>::COLLECTION.name {
                return serde_json::from_str::<$E>(body).map(drop).map_err(|it| it.to_string());
            })+
            Err(format!("there is no collection `{collection}`"))
        }

        /// The globally unique values of a stored document; none of one that cannot be read.
        pub fn lookups(collection: &str, body: &str) -> Vec<(LookupKind, String)> {
            $(if collection == <$E as Entity>::COLLECTION.name {
                return serde_json::from_str::<$E>(body).map_or_else(|_| Vec::new(), |it| it.lookups());
            })+
            Vec::new()
        }
    };
}
for_each_entity!(collections);
