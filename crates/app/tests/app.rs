//! The use cases, as the API and the command line ask for them: in memory and on SQLite.

#![expect(clippy::unwrap_used, reason = "a test says no more than that it failed, and where")]

#[path = "app/world.rs"]
#[macro_use]
mod world;

#[path = "app/archives.rs"]
mod archives;
#[path = "app/auth.rs"]
mod auth;
#[path = "app/chain.rs"]
mod chain;
#[path = "app/clock.rs"]
mod clock;
#[path = "app/commands.rs"]
mod commands;
#[path = "app/doctor.rs"]
mod doctor;
#[path = "app/express_links.rs"]
mod express_links;
#[path = "app/files.rs"]
mod files;
#[path = "app/flows.rs"]
mod flows;
#[path = "app/holds.rs"]
mod holds;
#[path = "app/importing.rs"]
mod importing;
#[path = "app/lifecycle.rs"]
mod lifecycle;
#[path = "app/lifecycle_races.rs"]
mod lifecycle_races;
#[path = "app/mails.rs"]
mod mails;
#[path = "app/meddling.rs"]
mod meddling;
#[path = "app/migration_faults.rs"]
mod migration_faults;
#[path = "app/migration_samples.rs"]
mod migration_samples;
#[path = "app/migrations.rs"]
mod migrations;
#[path = "app/processes.rs"]
mod processes;
#[path = "app/rbac.rs"]
mod rbac;
#[path = "app/roles.rs"]
mod roles;
#[path = "app/routing.rs"]
mod routing;
#[path = "app/seats.rs"]
mod seats;
#[expect(dead_code, reason = "the tests of the ways on which mails leave need more of it")]
#[path = "../../adapters/tests/mail/server.rs"]
mod server;
#[path = "app/simulations.rs"]
mod simulations;
#[path = "app/sweeper.rs"]
mod sweeper;
#[path = "app/tokens.rs"]
mod tokens;
#[path = "app/visitor.rs"]
mod visitor;
#[path = "app/visitors_files.rs"]
mod visitors_files;
#[path = "app/visits.rs"]
mod visits;
