//! Organizations and what belongs to them whatever they sell.

mod brand_kit;
mod organization;

pub use brand_kit::{BrandColors, BrandKit, BrandShape, Color, DarkMode, Density, Typography};
pub use organization::{Organization, Retention, TenantSubdomain};

/// An uploaded file. Only its ids exist so far.
pub enum File {}

/// A person with an account. Only their ids exist so far.
pub enum User {}
