use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Collection, Entity, Id, Index, OnDelete, Only, Place, Reference, Shared, Timestamp,
    core::{EmailAddress, File, Sealed},
};

/// A mail: what it says, to whom, and what became of it. An organization's, or the platform's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// `invitation`, `password_reset` …; absent for one that was written by hand.
    pub template_id: Option<String>,
    /// What the template is filled with, but for secrets.
    pub template_data: Option<Map<String, Value>>,
    /// What of it nobody but the recipient may read, such as a link's token; gone once it is sent.
    pub sealed_data: Option<Sealed>,
    pub subject: String,
    pub html_body: Option<String>,
    pub text_body: Option<String>,
    pub from: Option<EmailRecipient>,
    pub reply_to: Option<EmailRecipient>,
    /// 1 to 50.
    pub to: Vec<EmailRecipient>,
    #[serde(default)]
    pub cc: Vec<EmailRecipient>,
    #[serde(default)]
    pub bcc: Vec<EmailRecipient>,
    #[serde(default)]
    pub attachments: Vec<EmailAttachment>,
    pub status: EmailStatus,
    /// What the mail server said last.
    pub error: Option<String>,
    pub message_id: Option<String>,
    pub sent_at: Option<Timestamp>,
    #[serde(default)]
    pub attempts: u32,
}

/// Somebody in an address field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailRecipient {
    pub email: EmailAddress,
    pub name: Option<String>,
}

/// Something that goes with a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailAttachment {
    pub filename: String,
    pub mime_type: String,
    /// Where its bytes are; or else `inline`.
    pub file_id: Option<Id<File>>,
    /// The text itself, such as a calendar entry.
    pub inline: Option<String>,
}

/// How far a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmailStatus {
    Queued,
    Sending,
    Sent,
    /// Given up.
    Failed,
    /// Came back.
    Bounced,
}

impl Entity for Email {
    type Scope = Shared;

    const COLLECTION: Collection = Collection {
        name: "emails",
        label: "e-mail",
        indexes: &[
            Index {
                name: "status",
                fields: &["status", "created_at"],
                unique: false,
                only: Only::All,
            },
            Index { name: "created_at", fields: &["created_at"], unique: false, only: Only::All },
        ],
        references: &[Reference {
            field: "attachments[].file_id",
            to: "files",
            on_delete: OnDelete::Cascade,
        }],
        events: None,
    };

    const SECRET: &'static [&'static str] = &["sealed_data"];

    fn validate(&self, place: &mut Place<'_>) {
        let one_line = !self.subject.contains(['\r', '\n']);
        place.at("subject").text(&self.subject, 1, 998);
        place.at("subject").require(one_line, "characters", "must be one line");
        let few = (1..=50).contains(&self.to.len()) && self.cc.len() + self.bcc.len() <= 50;
        place.at("to").require(few, "length", "must be 1 to 50, with as many copies at most");
        for (index, attachment) in self.attachments.iter().enumerate() {
            let one = attachment.file_id.is_some() != attachment.inline.is_some();
            let rule = "must have either file_id or inline";
            place.at("attachments").at(index).require(one, "content", rule);
        }
        for (field, list) in [("to", &self.to), ("cc", &self.cc), ("bcc", &self.bcc)] {
            for (index, recipient) in list.iter().enumerate() {
                let name = recipient.name.as_deref().unwrap_or_default();
                place.at(field).at(index).at("name").text(name, 0, 200);
            }
        }
    }
}
