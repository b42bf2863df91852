//! Organizations and what belongs to them whatever they sell.

mod api_key;
mod audit_entry;
mod brand_kit;
mod email;
mod email_address;
mod file;
mod idempotency_key;
mod job;
mod membership;
mod organization;
mod permission;
mod permission_set;
mod role;
mod sealed;
mod system_role;
mod temporary_link;
mod user;
mod user_session;

pub use api_key::ApiKey;
pub use audit_entry::{Actor, ActorKind, AuditEntry, AuditedEntity};
pub use brand_kit::{BrandColors, BrandKit, BrandShape, Color, DarkMode, Density, Typography};
pub use email::{Email, EmailAttachment, EmailRecipient, EmailStatus};
pub use email_address::{BadEmailAddress, EmailAddress};
pub use file::{AccessLevel, File, FileStatus, FileUpload, StorageProvider};
pub use idempotency_key::IdempotencyKey;
pub use job::{Job, JobKind};
pub use membership::{Membership, MembershipContext};
pub use organization::{BadSubdomain, Organization, Retention, TenantSubdomain};
pub use permission::{Managed, Permission, PermissionRecord};
pub use permission_set::PermissionSet;
pub use role::{DEEPEST_INHERITANCE, Role, effective_permissions};
pub use sealed::Sealed;
pub use system_role::SystemRole;
pub use temporary_link::{LinkMetadata, TemporaryLink, TemporaryLinkType};
pub use user::{Totp, User, UserStatus};
pub use user_session::UserSession;
