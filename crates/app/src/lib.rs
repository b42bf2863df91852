//! What the system does, whoever asks: the HTTP API or the command line.

mod access;
mod api_keys;
mod api_token;
mod archive;
#[cfg_attr(not(test), expect(dead_code, reason = "sign-in, which uses it, comes next"))]
mod attempts;
mod audit;
mod availability;
mod cache;
mod doctor;
mod doors;
mod entities;
mod environment;
mod error;
mod files;
mod flows;
#[cfg_attr(not(test), expect(dead_code, reason = "sign-in, which uses it, comes next"))]
mod keyring;
mod logins;
pub mod migrations;
mod organizations;
#[cfg_attr(not(test), expect(dead_code, reason = "sign-in, which uses it, comes next"))]
mod passwords;
mod people;
mod platform;
#[cfg_attr(not(test), expect(dead_code, reason = "sign-in, which uses it, comes next"))]
mod recovery_codes;
mod schedulers;
mod secret_token;
mod sessions;
mod tenant;
#[cfg_attr(not(test), expect(dead_code, reason = "sign-in, which uses it, comes next"))]
mod totp;

pub use adapters::files::{S3Settings, Served, UploadError};

pub use crate::{
    access::{By, Credential, Member, Operator, Origin, Permissions, SignedIn},
    api_keys::NewApiKey,
    api_token::ApiToken,
    archive::{
        BackupKey, Checked, Dangling, Exported, Extent, NotAnArchive, SealedWriter, open_archive,
    },
    doctor::{Diagnosis, Finding, FindingCode},
    doors::{Doors, Outside, SystemDoor, open},
    entities::{Asked, Created, Creation, Listed, Managed, Readable, Retry},
    environment::{Clock, Environment, SystemClock},
    error::Error,
    files::{FileLink, Files, FilesAt, Link, MOST_BYTES, NewFile, OpenedFile},
    flows::Imported,
    keyring::{Keyring, KeyringError},
    logins::LoginToken,
    organizations::NewOrganization,
    people::NewUser,
    platform::Global,
    schedulers::{Scheduler, SchedulerSettings},
    sessions::{
        Executed, Replayed, SessionToken, StartSession, Started, Timeslots, TimeslotsDay,
        TimeslotsSlot, VisitorSession,
    },
    tenant::Tenant,
};

/// What a use case answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;
