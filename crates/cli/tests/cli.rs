//! The binary as people and programs run it, each time on a folder of its own.

#![expect(clippy::unwrap_used, reason = "a test says no more than that it failed, and where")]

#[path = "cli/archives.rs"]
mod archives;
#[path = "cli/converting.rs"]
mod converting;
#[path = "cli/failures.rs"]
mod failures;
#[path = "cli/flow_code.rs"]
mod flow_code;
#[path = "cli/flows.rs"]
mod flows;
#[path = "cli/mails.rs"]
mod mails;
#[path = "cli/migrating.rs"]
mod migrating;
#[path = "cli/routing.rs"]
mod routing;
#[path = "cli/serving.rs"]
mod serving;
#[path = "cli/sessions.rs"]
mod sessions;
#[path = "cli/simulating.rs"]
mod simulating;
#[path = "cli/together.rs"]
mod together;

use faults::{http, visitor, wrkbelt};
