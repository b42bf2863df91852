//! The API as browsers and programs see it: every request goes through the real router.

#![expect(clippy::unwrap_used, reason = "a test says no more than that it failed, and where")]

#[path = "api/again.rs"]
mod again;
#[path = "api/auth.rs"]
mod auth;
#[path = "api/browser.rs"]
mod browser;
#[path = "api/commands.rs"]
mod commands;
#[path = "../../model/tests/model/dice.rs"]
mod dice;
#[path = "api/documents.rs"]
mod documents;
#[path = "api/entities.rs"]
mod entities;
#[path = "api/examples.rs"]
mod examples;
#[path = "api/express_links.rs"]
mod express_links;
#[path = "api/files.rs"]
mod files;
#[path = "api/flow_files.rs"]
mod flow_files;
#[path = "api/flows.rs"]
mod flows;
#[path = "api/headers.rs"]
mod headers;
#[path = "api/history.rs"]
mod history;
#[path = "api/hostile.rs"]
mod hostile;
#[path = "../../model/tests/model/legal.rs"]
mod legal;
#[path = "api/limits.rs"]
mod limits;
#[path = "api/mailbox.rs"]
mod mailbox;
#[path = "api/mails.rs"]
mod mails;
#[path = "api/matrix.rs"]
mod matrix;
#[path = "api/member.rs"]
mod member;
#[path = "api/pages.rs"]
mod pages;
#[path = "api/peer_faults.rs"]
mod peer_faults;
#[path = "api/platform.rs"]
mod platform;
#[path = "api/readiness.rs"]
mod readiness;
#[path = "api/requests.rs"]
mod requests;
#[path = "api/retries.rs"]
mod retries;
#[path = "api/routing.rs"]
mod routing;
#[path = "api/server.rs"]
mod server;
#[path = "api/simulations.rs"]
mod simulations;
#[path = "api/site.rs"]
mod site;
#[path = "api/timing.rs"]
mod timing;
#[path = "api/tokens.rs"]
mod tokens;
#[path = "api/visits_files.rs"]
mod visits_files;
#[path = "api/waitlist.rs"]
mod waitlist;
