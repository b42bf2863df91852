use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Global, Id, Index, OnDelete, Only, Place, Reference, Timestamp,
    content::is_language_tag,
    core::{EmailAddress, File, Sealed},
};

/// A person with an account. Which organizations they belong to is said by their memberships.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// 1 to 100 characters.
    pub first_name: String,
    /// 1 to 100 characters.
    pub last_name: String,
    /// Unique on the platform.
    pub email: EmailAddress,
    /// Argon2id, or bcrypt until the next sign-in; absent until they choose a password.
    pub hashed_password: Option<String>,
    /// The platform's, since it follows the person through all organizations.
    pub avatar_file: Option<Id<File>>,
    pub email_verified_at: Option<Timestamp>,
    /// The second factor, when there is one.
    pub totp: Option<Totp>,
    /// SHA-256 of each recovery code that was not used.
    #[serde(default)]
    pub recovery_codes_hashed: Vec<String>,
    /// BCP 47 tag.
    pub locale: Option<String>,
    pub status: UserStatus,
    pub last_login_at: Option<Timestamp>,
    /// Whether they have the system role `platform_admin`.
    #[serde(default)]
    pub is_platform_admin: bool,
}

/// A second factor: codes that change with the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Totp {
    pub secret: Sealed,
    /// Absent until a first code was shown; only then is it asked for.
    pub confirmed_at: Option<Timestamp>,
    /// The last 30-second step of which a code was taken: none is taken twice.
    #[serde(default)]
    pub last_step: u64,
}

/// Whether somebody may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserStatus {
    /// Has no password yet.
    Invited,
    Active,
    /// Not before a platform admin allows it again.
    Suspended,
}

impl User {
    /// Ada Lovelace.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// Whether a code is asked for at sign-in.
    pub fn has_second_factor(&self) -> bool {
        self.totp.as_ref().is_some_and(|it| it.confirmed_at.is_some())
    }
}

impl Entity for User {
    type Scope = Global;

    const COLLECTION: Collection = Collection {
        name: "users",
        label: "user",
        indexes: &[Index { name: "email", fields: &["email"], unique: true, only: Only::All }],
        references: &[Reference {
            field: "avatar_file",
            to: "files",
            on_delete: OnDelete::SetNull,
        }],
        events: None,
    };

    const SERVER_SET: &'static [(&'static str, &'static str)] = &[
        ("hashed_password", "null"),
        ("email_verified_at", "null"),
        ("totp", "null"),
        ("recovery_codes_hashed", "[]"),
        ("last_login_at", "null"),
        ("is_platform_admin", "false"),
    ];

    const SECRET: &'static [&'static str] = &["hashed_password", "totp", "recovery_codes_hashed"];

    fn validate(&self, place: &mut Place<'_>) {
        place.at("first_name").text(&self.first_name, 1, 100);
        place.at("last_name").text(&self.last_name, 1, 100);
        if let Some(locale) = &self.locale {
            let tag = is_language_tag(locale);
            place.at("locale").require(tag, "language", "must be a BCP 47 tag such as en-US");
        }
    }
}
