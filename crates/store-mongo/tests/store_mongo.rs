//! The engine on real servers.
#![expect(clippy::unwrap_used, reason = "a test says no more than that it failed, and where")]

#[path = "store_mongo/failover.rs"]
mod failover;
#[path = "store_mongo/lost_answers.rs"]
mod lost_answers;
#[path = "store_mongo/one_member.rs"]
mod one_member;
#[path = "store_mongo/plans.rs"]
mod plans;
#[path = "store_mongo/refusals.rs"]
mod refusals;
#[path = "store_mongo/schema.rs"]
mod schema;
#[path = "store_mongo/server.rs"]
mod server;
#[path = "store_mongo/three_members.rs"]
mod three_members;
