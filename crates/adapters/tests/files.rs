//! Files as they come in, are kept and go out.
#![expect(clippy::unwrap_used, reason = "a test says no more than that it failed, and where")]

#[path = "files/baggage.rs"]
mod baggage;
#[path = "files/crafted.rs"]
mod crafted;
#[path = "files/hostile.rs"]
mod hostile;
#[path = "files/kinds.rs"]
mod kinds;
#[path = "files/local.rs"]
mod local;
#[path = "files/pictures.rs"]
mod pictures;
#[path = "files/place.rs"]
mod place;
#[path = "files/promises.rs"]
mod promises;
#[path = "files/s3.rs"]
mod s3;
