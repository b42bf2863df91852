use adapters::mail::{Link, Template};
use model::{
    Doc, Id, Timestamp,
    core::{Email, EmailAttachment, EmailRecipient, EmailStatus, Job, JobKind, Organization},
};
use serde_json::{Map, Value};
use store::PlatformUnit;

use crate::{Error, Result, SystemDoor, doors::House, keyring::Field};

/// What of a template's data opens something to whoever has it.
const SECRET: [&str; 2] = ["link", "manage_link"];

impl House {
    /// Adds a mail to a unit, with the job that sends it: an organization's, or the platform's own.
    /// It is put into words when it is sent; until then its subject is the template's name.
    pub(crate) fn mail(
        &self,
        unit: &mut PlatformUnit,
        organization: Option<Id<Organization>>,
        to: EmailRecipient,
        template: &Template,
        at: Timestamp,
    ) -> Result<()> {
        self.mail_with(unit, organization, to, template, Vec::new(), at)
    }

    /// The same with attachments.
    pub(crate) fn mail_with(
        &self,
        unit: &mut PlatformUnit,
        organization: Option<Id<Organization>>,
        to: EmailRecipient,
        template: &Template,
        attachments: Vec<EmailAttachment>,
        at: Timestamp,
    ) -> Result<()> {
        let id = self.environment.new_id();
        let (name, mut data) = parts(template);
        let mut secret = Map::new();
        for field in SECRET {
            secret.extend(data.remove_entry(field).filter(|it| !it.1.is_null()));
        }
        let field = Field::of::<Email>(organization, id, "sealed_data");
        let sealed =
            || self.gate.keyring.seal(field, Value::from(secret.clone()).to_string().as_bytes());
        let email = Email {
            template_id: Some(name.clone()),
            template_data: Some(data),
            sealed_data: (!secret.is_empty()).then(sealed),
            subject: name,
            html_body: None,
            text_body: None,
            from: None,
            reply_to: None,
            to: vec![to],
            cc: Vec::new(),
            bcc: Vec::new(),
            attachments,
            status: EmailStatus::Queued,
            error: None,
            message_id: None,
            sent_at: None,
            attempts: 0,
        };
        match organization {
            None => unit.insert(id, &email)?,
            Some(organization) => {
                let mut own = self.store.scoped(organization).begin(at);
                own.insert(id, &email)?;
                unit.join(own);
            }
        }
        let job = Job {
            kind: JobKind::SendEmail,
            organization_id: organization,
            target_id: id.object_id(),
            due_at: at,
            attempts: 0,
        };
        Ok(unit.insert(self.environment.new_id(), &job)?)
    }

    /// What a mail says beside what its record shows.
    pub(crate) fn unsealed(&self, email: &Doc<Email>) -> Result<Map<String, Value>> {
        let Some(sealed) = &email.body.sealed_data else { return Ok(Map::new()) };
        let field = Field::of::<Email>(email.organization_id, email.id, "sealed_data");
        let opened = self.gate.keyring.open(field, sealed);
        let bytes = opened.map_err(|it| Error::Unsealed(it.to_string()))?;
        serde_json::from_slice(&bytes).map_err(|it| Error::not_json(&it))
    }

    /// A path of this server as people elsewhere reach it.
    pub(crate) fn link(&self, path: &str) -> Result<Link> {
        let url = format!("{}{path}", self.gate.public_url.trim_end_matches('/'));
        url.parse().map_err(Error::PublicUrl)
    }
}

impl SystemDoor {
    /// What a mail says beside what its record shows, for whoever sends it.
    ///
    /// # Errors
    /// [`Error::Unsealed`].
    pub fn unsealed(&self, email: &Doc<Email>) -> Result<Map<String, Value>> {
        self.0.unsealed(email)
    }
}

/// A template's name, and what it is filled with.
fn parts(template: &Template) -> (String, Map<String, Value>) {
    let Ok(Value::Object(mut whole)) = serde_json::to_value(template) else {
        return Default::default();
    };
    let name = whole["template_id"].as_str().unwrap_or_default().to_owned();
    match whole.remove("template_data") {
        Some(Value::Object(data)) => (name, data),
        _ => (name, Map::new()),
    }
}
