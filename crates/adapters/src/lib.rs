//! What is outside and no database. Knows nothing of requests, organizations or permissions.

pub mod files;
pub mod mail;
