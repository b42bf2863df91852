//! What the system does, whoever asks: the HTTP API or the command line.

mod archive;
#[cfg_attr(not(test), expect(dead_code, reason = "sign-in, which uses it, comes next"))]
mod attempts;
mod availability;
mod cache;
mod doctor;
mod doors;
mod environment;
mod error;
mod flows;
#[cfg_attr(not(test), expect(dead_code, reason = "sign-in, which uses it, comes next"))]
mod keyring;
pub mod migrations;
mod organizations;
#[cfg_attr(not(test), expect(dead_code, reason = "sign-in, which uses it, comes next"))]
mod passwords;
#[cfg_attr(not(test), expect(dead_code, reason = "sign-in, which uses it, comes next"))]
mod recovery_codes;
mod schedulers;
mod secret_token;
mod sessions;
mod tenant;
#[cfg_attr(not(test), expect(dead_code, reason = "sign-in, which uses it, comes next"))]
mod totp;

pub use crate::{
    archive::{
        BackupKey, Checked, Dangling, Exported, Extent, NotAnArchive, SealedWriter, open_archive,
    },
    doctor::{Diagnosis, Finding, FindingCode},
    doors::{Doors, SystemDoor, open},
    environment::{Clock, Environment, SystemClock},
    error::Error,
    flows::Imported,
    keyring::{Keyring, KeyringError},
    organizations::NewOrganization,
    schedulers::{Scheduler, SchedulerSettings},
    sessions::{
        Executed, Replayed, SessionToken, StartSession, Started, Timeslots, TimeslotsDay,
        TimeslotsSlot, VisitorSession,
    },
    tenant::Tenant,
};

/// What a use case answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;
