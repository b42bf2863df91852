use std::time::SystemTime;

use bytes::Bytes;
use lettre::message::{MultiPart, SinglePart, header::ContentType};

use super::{Content, MailError, Mailbox, MessageId, address::one_line};

/// One mail as it is sent. Blind copies are in no header.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: MessageId,
    pub date: SystemTime,
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    pub bcc: Vec<Mailbox>,
    pub content: Content,
    pub attachments: Vec<Attachment>,
}

/// A file that goes with a mail.
#[derive(Debug, Clone)]
pub struct Attachment {
    pub filename: String,
    pub mime_type: String,
    pub bytes: Bytes,
}

impl Message {
    /// # Errors
    /// [`MailError::Permanent`]: it is to nobody, or what should be a header's value is none.
    pub(super) fn build(&self) -> Result<lettre::Message, MailError> {
        let Content { subject, html, text } = &self.content;
        one_line("a subject", subject)?;
        let mut builder = lettre::Message::builder()
            .message_id(Some(self.id.to_string()))
            .date(self.date)
            .from(self.from.to_lettre())
            .subject(subject);
        if let Some(mailbox) = &self.reply_to {
            builder = builder.reply_to(mailbox.to_lettre());
        }
        for mailbox in &self.to {
            builder = builder.to(mailbox.to_lettre());
        }
        for mailbox in &self.cc {
            builder = builder.cc(mailbox.to_lettre());
        }
        for mailbox in &self.bcc {
            builder = builder.bcc(mailbox.to_lettre());
        }
        let body = match html {
            Some(html) => MultiPart::alternative_plain_html(text.clone(), html.clone()),
            None => MultiPart::alternative().singlepart(SinglePart::plain(text.clone())),
        };
        let built = if self.attachments.is_empty() {
            builder.multipart(body)
        } else {
            let mut mixed = MultiPart::mixed().multipart(body);
            for attachment in &self.attachments {
                mixed = mixed.singlepart(attachment.build()?);
            }
            builder.multipart(mixed)
        };
        built.map_err(|error| MailError::Permanent(error.to_string()))
    }
}

impl Attachment {
    fn build(&self) -> Result<SinglePart, MailError> {
        one_line("a file name", &self.filename)?;
        let kind = ContentType::parse(&self.mime_type)
            .map_err(|error| MailError::Permanent(format!("{:?}: {error}", self.mime_type)))?;
        let named = lettre::message::Attachment::new(self.filename.clone());
        Ok(named.body(self.bytes.to_vec(), kind))
    }
}
