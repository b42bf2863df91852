//! Organizations and what belongs to them whatever they sell.

mod brand_kit;
mod organization;
mod permission;
mod role;
mod sealed;
mod system_role;

pub use brand_kit::{BrandColors, BrandKit, BrandShape, Color, DarkMode, Density, Typography};
pub use organization::{Organization, Retention, TenantSubdomain};
pub use permission::{Permission, PermissionRecord};
pub use role::{DEEPEST_INHERITANCE, Role, effective_permissions};
pub use sealed::Sealed;
pub use system_role::SystemRole;

/// An uploaded file. Only its ids exist so far.
pub enum File {}

/// A person with an account. Only their ids exist so far.
pub enum User {}
