//! The crate as those who use it see it.

#[path = "model/check_property.rs"]
mod check_property;
#[path = "model/sketch.rs"]
mod sketch;
#[path = "model/slow_graph.rs"]
mod slow_graph;
