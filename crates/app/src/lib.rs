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
mod expiry;
mod files;
mod flows;
mod gate;
mod jobs;
mod keyring;
mod logins;
mod mailing;
pub mod migrations;
mod organizations;
mod outbox;
mod passwords;
mod people;
mod platform;
mod recovery_codes;
mod reseal;
mod retries;
mod routing;
mod schedulers;
mod secret_token;
mod sessions;
mod tenant;
mod totp;
mod waitlist;

pub use adapters::files::{S3Settings, Served, UploadError};

pub use crate::{
    access::{By, Credential, Member, Operator, Origin, Permissions, SignedIn},
    api_keys::{NewApiKey, NewKey},
    api_token::ApiToken,
    archive::{
        BackupKey, Checked, Dangling, Exported, Extent, NotAnArchive, SealedWriter, open_archive,
    },
    attempts::network,
    auth::{
        FirstUser, Invitation, Invited, LogIn, LoggedIn, Me, NewMember, NewTotp, Place, Profile,
    },
    doctor::{Diagnosis, Finding, FindingCode},
    doors::{Doors, Outside, SystemDoor, open},
    entities::{Asked, Created, Creation, Listed, Managed, Readable},
    environment::{Clock, Environment, SystemClock},
    error::Error,
    files::{FileLink, Files, FilesAt, Link, MOST_BYTES, NewFile, OpenedFile, Quota},
    flows::{
        Builder, BuilderSaved, Differing, Drawing, FlowKeeper, ImportPlan, Imported, Period,
        Publish, Published, Restored, Simulation, VersionAbout,
    },
    gate::Installation,
    jobs::Worker,
    keyring::{Keyring, KeyringError},
    logins::LoginToken,
    mailing::Mailing,
    organizations::NewOrganization,
    passwords::random_password,
    people::NewUser,
    platform::Global,
    reseal::Resealed,
    retries::{Once, Request, Retry},
    routing::Resolved,
    schedulers::{Scheduler, SchedulerSettings},
    sessions::{
        At, Executed, Following, Happened, HostedLink, NoPoint, Part, RawEvent, Replayed, Screen,
        SessionState, SessionToken, StartSession, Started, Summary, Sweeper, Swept, Timeslots,
        TimeslotsDay, TimeslotsSlot, VisitorSession,
    },
    tenant::Tenant,
    waitlist::NewWaitlistRequest,
};

pub use adapters::mail::{Folder as MailFolder, Letter, Mailer, Smtp};

/// What a use case answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;
