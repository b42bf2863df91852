//! What was done to the data of a store when the program changed.

mod data_migration;
mod lease;

pub use data_migration::{DataMigration, Direction, MigrationProgress, MigrationStatus};
pub use lease::Lease;
