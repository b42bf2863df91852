use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Id, Index, OnDelete, Only, Place, Reference, Shared, Timestamp, core::User,
    session::BookingSession,
};

/// An uploaded file: what is known of it. The bytes are in the file storage under `storage_key`.
/// An organization's, or a person's own, which belongs to no organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub access_level: AccessLevel,
    /// Whose; required of a private file that no visit owns.
    pub user_id: Option<Id<User>>,
    /// The visit in which it was attached.
    pub booking_session_id: Option<Id<BookingSession>>,
    /// `logos`, `attachments/2026`: for people, the storage knows only `storage_key`.
    pub directory: String,
    /// 1 to 255 bytes, without path separators and control characters.
    pub filename: String,
    /// As the content says.
    pub mime_type: String,
    /// In bytes.
    pub size: u64,
    /// Of the bytes as they are stored, in hex.
    pub sha256: Option<String>,
    /// Random: where the bytes are.
    pub storage_key: String,
    pub storage_provider: StorageProvider,
    /// The folder or bucket; required once active.
    pub storage_location: Option<String>,
    pub status: FileStatus,
    pub upload: FileUpload,
    /// When it may be removed; absent is never.
    pub ttl_for_lifecycle: Option<Timestamp>,
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

impl File {
    /// A picture that everybody may see.
    pub fn is_shown_to_all(&self) -> bool {
        self.status == FileStatus::Active
            && self.access_level == AccessLevel::Public
            && self.mime_type.starts_with("image/")
    }
}

/// Who may read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessLevel {
    /// Everybody who has its address, such as a logo.
    Public,
    /// Who may see files of its organization, by links that end soon.
    Private,
}

/// Where bytes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StorageProvider {
    /// A folder of the server.
    Local,
    /// Anything that speaks S3.
    S3,
}

/// How far an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// Its bytes are on their way.
    Pending,
    Active,
    Failed,
    /// Its bytes will be removed.
    Deleted,
}

/// How the bytes came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum FileUpload {
    /// In one request to this server.
    Direct {},
}

impl Entity for File {
    type Scope = Shared;

    const COLLECTION: Collection = Collection {
        name: "files",
        label: "file",
        indexes: &[
            Index { name: "storage_key", fields: &["storage_key"], unique: true, only: Only::All },
            Index {
                name: "status",
                fields: &["status", "created_at"],
                unique: false,
                only: Only::All,
            },
            Index {
                name: "booking_session_id",
                fields: &["booking_session_id", "created_at"],
                unique: false,
                only: Only::Present("booking_session_id"),
            },
            Index {
                name: "ttl_for_lifecycle",
                fields: &["ttl_for_lifecycle"],
                unique: false,
                only: Only::Present("ttl_for_lifecycle"),
            },
        ],
        references: &[
            Reference { field: "user_id", to: "users", on_delete: OnDelete::SetNull },
            Reference {
                field: "booking_session_id",
                to: "booking_sessions",
                on_delete: OnDelete::Cascade,
            },
        ],
        events: None,
    };

    const SERVER_SET: &'static [(&'static str, &'static str)] = &[
        ("user_id", "null"),
        ("booking_session_id", "null"),
        ("mime_type", "\"application/octet-stream\""),
        ("size", "0"),
        ("sha256", "null"),
        ("storage_key", "\"\""),
        ("storage_provider", "\"local\""),
        ("storage_location", "null"),
        ("status", "\"pending\""),
        ("upload", r#"{"mode":"direct"}"#),
        ("ttl_for_lifecycle", "null"),
    ];

    const SECRET: &'static [&'static str] = &["storage_key", "storage_location"];

    fn is_gone(&self) -> bool {
        matches!(self.status, FileStatus::Deleted)
    }

    fn validate(&self, place: &mut Place<'_>) {
        let name = &self.filename;
        let plain = !name.chars().any(|it| it.is_control() || "/\\".contains(it) || is_bidi(it));
        let holds = (1..=255).contains(&name.len()) && plain && name != "." && name != "..";
        let rule = "must be 1 to 255 bytes without path separators and control characters";
        place.at("filename").require(holds, "filename", rule);
        let segment = |it: &str| {
            !it.is_empty() && it.chars().all(|it| it.is_ascii_alphanumeric() || "-_".contains(it))
        };
        let holds = self.directory.len() <= 200 && self.directory.split('/').all(segment);
        let rule = "must be names of letters, digits, `-` and `_` with `/` between";
        place.at("directory").require(holds, "directory", rule);
        let typed = self.mime_type.split_once('/').is_some_and(|(kind, sub)| {
            [kind, sub]
                .iter()
                .all(|it| !it.is_empty() && it.chars().all(|it| it.is_ascii_graphic() && it != '/'))
        });
        place.at("mime_type").require(typed, "mime_type", "must be a type and a subtype");
        let placed = self.status != FileStatus::Active || self.storage_location.is_some();
        place.at("storage_location").require(placed, "required", "must be known once active");
        let small = self.metadata.len() <= 50
            && self.metadata.iter().all(|(key, value)| key.len() <= 100 && value.len() <= 1_000);
        place.at("metadata").require(small, "length", "must be at most 50 short texts");
    }
}

/// Characters that turn the direction of what follows, so that `gpj.exe` looks like `exe.jpg`.
fn is_bidi(it: char) -> bool {
    matches!(it, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
