//! The crate as those who use it see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "model/builder.rs"]
mod builder;
#[path = "model/builder_property.rs"]
mod builder_property;
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
#[path = "model/dice.rs"]
mod dice;
#[path = "model/diffs.rs"]
mod diffs;
#[path = "model/export.rs"]
mod export;
#[path = "model/files.rs"]
mod files;
#[path = "model/flow_files.rs"]
mod flow_files;
#[path = "model/fuzzed.rs"]
mod fuzzed;
#[path = "model/hostile.rs"]
mod hostile;
#[path = "model/hostile_files.rs"]
mod hostile_files;
#[path = "model/importing.rs"]
mod importing;
#[path = "model/legal.rs"]
mod legal;
#[path = "model/positions.rs"]
mod positions;
#[path = "model/routing.rs"]
mod routing;
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
