//! The crate as those who use it see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "model/bundles.rs"]
mod bundles;
#[path = "model/check_property.rs"]
mod check_property;
#[path = "model/check_rules.rs"]
mod check_rules;
#[path = "model/check_size.rs"]
mod check_size;
#[path = "model/check_steps.rs"]
mod check_steps;
#[path = "model/diffs.rs"]
mod diffs;
#[path = "model/export.rs"]
mod export;
#[path = "model/files.rs"]
mod files;
#[path = "model/flow_files.rs"]
mod flow_files;
#[path = "model/hostile.rs"]
mod hostile;
#[path = "model/positions.rs"]
mod positions;
#[path = "model/schema.rs"]
mod schema;
#[path = "model/sketch.rs"]
mod sketch;
#[path = "model/slow_graph.rs"]
mod slow_graph;
#[path = "model/stored.rs"]
mod stored;
#[path = "model/strict.rs"]
mod strict;
