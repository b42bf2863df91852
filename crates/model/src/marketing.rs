//! Those who would like to use the platform.

mod waitlist_request;

pub use waitlist_request::{WaitlistRequest, WaitlistStatus};
