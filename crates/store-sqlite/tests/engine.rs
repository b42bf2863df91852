//! The embedded engine: what every backend promises, and what only a file can get wrong.

#![expect(clippy::unwrap_used, reason = "a test says no more than that it failed, and where")]

#[path = "engine/fixtures.rs"]
mod fixtures;
#[path = "engine/random.rs"]
mod random;

#[path = "engine/agrees_with_memory.rs"]
mod agrees_with_memory;
#[path = "engine/conformance.rs"]
mod conformance;
#[path = "engine/damage.rs"]
mod damage;
#[path = "engine/feed.rs"]
mod feed;
#[path = "engine/file.rs"]
mod file;
#[path = "engine/flips.rs"]
mod flips;
#[path = "engine/full_disk.rs"]
mod full_disk;
#[path = "engine/groups.rs"]
mod groups;
#[path = "engine/refusals.rs"]
mod refusals;
