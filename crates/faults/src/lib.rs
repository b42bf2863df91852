//! Drives the built binary and breaks what it stands on: the process, its system calls, the disk.
//!
//! Nothing of it is shipped. Visitors know a server by its address only, so that they serve tests
//! of every engine.

#![expect(clippy::unwrap_used, reason = "a test says no more than that it failed, and where")]

pub mod audit;
pub mod flood;
pub mod history;
pub mod http;
pub mod run;
pub mod strace;
pub mod visitor;
pub mod visitors;
pub mod volume;
pub mod wrkbelt;
