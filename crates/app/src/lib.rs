//! What the system does, whoever asks: the HTTP API or the command line.

mod access;
mod api_keys;
mod api_token;
mod archive;
mod attempts;
mod audit;
mod auth;

mod availability;
mod cache;
mod doctor;
mod doors;
mod entities;
mod environment;
mod error;
mod flows;
mod gate;
mod keyring;
mod logins;
pub mod migrations;
mod organizations;
mod outbox;
mod passwords;
mod people;
mod recovery_codes;
mod reseal;
mod schedulers;
mod secret_token;
mod sessions;
mod tenant;
mod totp;

pub use crate::{
    access::{By, Credential, Member, Operator, Origin, Permissions, SignedIn},
    api_keys::NewApiKey,
    api_token::ApiToken,
    archive::{
        BackupKey, Checked, Dangling, Exported, Extent, NotAnArchive, SealedWriter, open_archive,
    },
    auth::{
        FirstUser, Invitation, Invited, LogIn, LoggedIn, Me, NewMember, NewTotp, Place, Profile,
    },
    doctor::{Diagnosis, Finding, FindingCode},
    doors::{Doors, SystemDoor, open},
    entities::{Asked, Created, Creation, Listed, Managed, Readable, Retry},
    environment::{Clock, Environment, SystemClock},
    error::Error,
    flows::Imported,
    gate::Installation,
    keyring::{Keyring, KeyringError},
    logins::LoginToken,
    organizations::NewOrganization,
    passwords::random_password,
    people::NewUser,
    reseal::Resealed,
    schedulers::{Scheduler, SchedulerSettings},
    sessions::{
        Executed, Replayed, SessionToken, StartSession, Started, Timeslots, TimeslotsDay,
        TimeslotsSlot, VisitorSession,
    },
    tenant::Tenant,
};

/// What a use case answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;
