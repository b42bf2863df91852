use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Global, Id, Index, ObjectId, OnDelete, Only, Place, Reference, Timestamp,
    core::{Organization, Permission, User},
};

/// A link that lets whoever has it do one thing, for a while. The token is never stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemporaryLink {
    pub link_type: TemporaryLinkType,
    /// A path of this server, to which the token is added behind `#`.
    pub target_url: String,
    /// SHA-256 of the token, in hex.
    pub token_hash: String,
    pub expires_at: Timestamp,
    /// Whether it was used as often as it may.
    pub is_used: bool,
    pub max_uses: u32,
    pub current_uses: u32,
    #[serde(default)]
    pub metadata: LinkMetadata,
    /// For whom it is.
    pub user_id: Option<Id<User>>,
    pub organization_id: Option<Id<Organization>>,
    /// Absent for what the server made by itself.
    pub created_by_id: Option<Id<User>>,
}

/// What using a link needs and carries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkMetadata {
    #[serde(default)]
    pub required_permissions: Vec<Permission>,
    #[serde(default)]
    pub additional_data: BTreeMap<String, String>,
}

/// What a link is for; it opens nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TemporaryLinkType {
    ResetPassword,
    Invitation,
    EmailVerification,
    /// The first account of a platform without any.
    PrivilegedAccess,
    BookingManage,
    SessionResume,
    FileDownload,
}

impl TemporaryLink {
    /// The only id that a link with this token can have.
    pub fn id_of(token_hash: &str) -> Id<Self> {
        Id::new(ObjectId::of(&format!("temporary_links:{token_hash}")))
    }

    /// Whether it can be used at that time, for that.
    pub fn opens(&self, link_type: TemporaryLinkType, at: Timestamp) -> bool {
        self.link_type == link_type && at < self.expires_at && self.current_uses < self.max_uses
    }

    /// The same after one more use.
    #[must_use]
    pub fn used(&self) -> Self {
        let current_uses = self.current_uses.saturating_add(1);
        Self { current_uses, is_used: current_uses >= self.max_uses, ..self.clone() }
    }
}

impl Entity for TemporaryLink {
    type Scope = Global;

    const COLLECTION: Collection = Collection {
        name: "temporary_links",
        label: "link",
        indexes: &[
            Index { name: "token_hash", fields: &["token_hash"], unique: true, only: Only::All },
            Index { name: "expires_at", fields: &["expires_at"], unique: false, only: Only::All },
            Index {
                // Not by `organization_id`: an engine may have the owner under that name.
                name: "organization",
                fields: &["metadata.additional_data.organization", "link_type", "created_at"],
                unique: false,
                only: Only::Present("metadata.additional_data.organization"),
            },
            Index {
                name: "user_id",
                fields: &["user_id", "link_type"],
                unique: false,
                only: Only::Present("user_id"),
            },
        ],
        references: &[
            Reference { field: "user_id", to: "users", on_delete: OnDelete::Cascade },
            Reference {
                field: "organization_id",
                to: "organizations",
                on_delete: OnDelete::Cascade,
            },
            Reference { field: "created_by_id", to: "users", on_delete: OnDelete::SetNull },
        ],
        events: None,
    };

    const SECRET: &'static [&'static str] = &["token_hash"];

    fn validate(&self, place: &mut Place<'_>) {
        let path = &self.target_url;
        let inside = path.starts_with('/')
            && !path.starts_with("//")
            && path.len() <= 2_048
            && !path.contains(['\\', '#'])
            && !path.chars().any(|it| it.is_control() || it.is_whitespace());
        place.at("target_url").require(inside, "url", "must be a path of this server");
        place.at("max_uses").range(&self.max_uses, &1, &1_000_000);
        let counted = self.current_uses <= self.max_uses;
        place.at("current_uses").require(counted, "range", "must not be above max_uses");
    }
}
