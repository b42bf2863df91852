//! What was acknowledged survives whatever breaks below the server.

#![expect(clippy::unwrap_used, reason = "a test says no more than that it failed, and where")]

#[path = "faults/audits.rs"]
mod audits;
#[path = "faults/calls.rs"]
mod calls;
#[cfg(any(feature = "unsafe-normal-sync", feature = "unsafe-no-deadlines"))]
#[path = "faults/controls.rs"]
mod controls;
#[path = "faults/floods.rs"]
mod floods;
#[path = "faults/full.rs"]
mod full;
#[path = "faults/kill.rs"]
mod kill;
#[path = "faults/power.rs"]
mod power;
#[path = "faults/slow.rs"]
mod slow;
#[path = "faults/together.rs"]
mod together;
