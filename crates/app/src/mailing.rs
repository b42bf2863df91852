//! Sends mails that are queued.

mod brand;
mod resend;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use adapters::mail::{
    Attachment, Brand, Content, MailError, Mailbox, Mailer, Message, MessageId, Template,
    next_attempt,
};
use model::{
    Doc, Id, Timestamp,
    core::{
        Email, EmailAddress, EmailAttachment, EmailRecipient, EmailStatus, Job, Organization,
        Sealed,
    },
};
use serde_json::{Map, Value, json};
use store::PlatformUnit;

use crate::{
    MailFolder, Result,
    doors::House,
    jobs::Done,
    keyring::{Field, Keyring, NotOpened},
};

/// How mails leave, and from whom they are.
#[derive(Clone)]
pub struct Mailing {
    mailer: Arc<Mailer>,
    from: EmailAddress,
}

impl Mailing {
    /// The sender's name is that of whose mail it is.
    pub fn new(mailer: Mailer, from: EmailAddress) -> Self {
        Self { mailer: Arc::new(mailer), from }
    }

    /// Where mails are that nobody gets.
    pub fn folder(&self) -> Option<&MailFolder> {
        match &*self.mailer {
            Mailer::Folder(folder) => Some(folder),
            Mailer::Smtp(_) => None,
        }
    }

    /// Sends the mail of a job. When this process ends after the mail was taken and before that is
    /// written, the mail is sent again, with the same `Message-ID`: SMTP knows no way around that.
    pub(crate) async fn send(&self, house: &House, job: &Doc<Job>) -> Result<Done> {
        let owner = job.body.organization_id;
        let at = house.environment.now();
        let over = Done { unit: house.store.platform().begin(at), again: None };
        let Some(queued) = house.email(owner, Id::new(job.body.target_id)).await? else {
            return Ok(over);
        };
        if !matches!(queued.body.status, EmailStatus::Queued | EmailStatus::Sending) {
            return Ok(over);
        }
        let brand = house.brand(owner).await?;
        let (status, attempts) = (EmailStatus::Sending, job.body.attempts);
        let body = Email { status, attempts, ..queued.body.clone() };
        house.replace_email(owner, &queued, &body, at)?.commit().await?;
        let version = queued.version + 1;
        let sending = Doc { version, updated_at: at, body, ..queued };

        let sent = self.try_to_send(house, &sending, &brand, at).await;
        let at = house.environment.now();
        let (email, again) = match sent {
            Ok(message) => (sent_as(&sending.body, &message, at), None),
            Err(error) => put_off(&sending.body, &error),
        };
        Ok(Done { unit: house.replace_email(owner, &sending, &email, at)?, again })
    }

    async fn try_to_send(
        &self,
        house: &House,
        email: &Doc<Email>,
        brand: &Brand,
        at: Timestamp,
    ) -> Result<Message, MailError> {
        let body = &email.body;
        let content = match &body.template_id {
            Some(name) => template(&house.gate.keyring, email, name)?.render(brand)?,
            None => Content {
                subject: body.subject.clone(),
                html: body.html_body.clone(),
                text: body.text_body.clone().unwrap_or_default(),
            },
        };
        let domain = self.from.as_str().rsplit('@').next().unwrap_or_default();
        let message = Message {
            id: MessageId::new(&email.id.to_string(), domain)?,
            date: SystemTime::UNIX_EPOCH + Duration::from_millis(at.millis_since(Timestamp::EPOCH)),
            from: match &body.from {
                Some(from) => mailbox(from)?,
                None => Mailbox::new(self.from.as_str(), Some(&brand.name))?,
            },
            reply_to: body.reply_to.as_ref().map(mailbox).transpose()?,
            to: mailboxes(&body.to)?,
            cc: mailboxes(&body.cc)?,
            bcc: mailboxes(&body.bcc)?,
            content,
            attachments: body.attachments.iter().map(attachment).collect::<Result<_, _>>()?,
        };
        self.mailer.send(&message).await?;
        Ok(message)
    }
}

/// The template with all that it is filled with, secrets too.
fn template(keyring: &Keyring, email: &Doc<Email>, name: &str) -> Result<Template, MailError> {
    let mut data = email.body.template_data.clone().unwrap_or_default();
    if let Some(sealed) = &email.body.sealed_data {
        let field = Field::of(email.organization_id, email.id, "sealed_data");
        data.extend(opened(keyring, field, sealed)?);
    }
    let template = json!({ "template_id": name, "template_data": data });
    serde_json::from_value(template).map_err(|error| MailError::Permanent(error.to_string()))
}

fn opened(
    keyring: &Keyring,
    field: Field,
    sealed: &Sealed,
) -> Result<Map<String, Value>, MailError> {
    let opened = keyring.open(field, sealed).map_err(|error| match error {
        // A key that is new may have reached other servers and not yet this one.
        NotOpened::UnknownKey(_) => MailError::Temporary(error.to_string()),
        NotOpened::Altered => MailError::Permanent(error.to_string()),
    })?;
    serde_json::from_slice(&opened).map_err(|error| MailError::Permanent(error.to_string()))
}

/// Without what nobody but the recipient may read: of a mail with secrets only the subject is kept.
fn sent_as(email: &Email, message: &Message, at: Timestamp) -> Email {
    let Content { subject, html, text } = message.content.clone();
    let is_secret = email.sealed_data.is_some();
    Email {
        subject,
        html_body: html.filter(|_| !is_secret),
        text_body: Some(text).filter(|_| !is_secret),
        sealed_data: None,
        status: EmailStatus::Sent,
        error: None,
        message_id: Some(message.id.to_string()),
        sent_at: Some(at),
        ..email.clone()
    }
}

/// The mail after an attempt that failed, and how long until the next one.
fn put_off(email: &Email, error: &MailError) -> (Email, Option<Duration>) {
    let again = match error {
        MailError::Temporary(_) => next_attempt(email.attempts),
        MailError::Permanent(_) => None,
    };
    let status = if again.is_some() { EmailStatus::Queued } else { EmailStatus::Failed };
    (Email { status, error: Some(error.to_string()), ..email.clone() }, again)
}

fn mailbox(recipient: &EmailRecipient) -> Result<Mailbox, MailError> {
    Mailbox::new(recipient.email.as_str(), recipient.name.as_deref())
}

fn mailboxes(recipients: &[EmailRecipient]) -> Result<Vec<Mailbox>, MailError> {
    recipients.iter().map(mailbox).collect()
}

fn attachment(attachment: &EmailAttachment) -> Result<Attachment, MailError> {
    let EmailAttachment { filename, mime_type, inline, .. } = attachment;
    let Some(text) = inline else {
        let reason = format!("{filename:?} is a stored file, which mails cannot have yet");
        return Err(MailError::Permanent(reason));
    };
    let (filename, mime_type) = (filename.clone(), mime_type.clone());
    Ok(Attachment { filename, mime_type, bytes: text.clone().into() })
}

impl House {
    async fn email(
        &self,
        owner: Option<Id<Organization>>,
        id: Id<Email>,
    ) -> Result<Option<Doc<Email>>> {
        Ok(match owner {
            None => self.store.platform().get(id).await?,
            Some(organization) => self.store.scoped(organization).get(id).await?,
        })
    }

    fn replace_email(
        &self,
        owner: Option<Id<Organization>>,
        seen: &Doc<Email>,
        email: &Email,
        at: Timestamp,
    ) -> Result<PlatformUnit> {
        let mut unit = self.store.platform().begin(at);
        match owner {
            None => unit.replace(seen, email)?,
            Some(organization) => {
                let mut own = self.store.scoped(organization).begin(at);
                own.replace(seen, email)?;
                unit.join(own);
            }
        }
        Ok(unit)
    }
}
