use model::{
    Doc, Id,
    core::{Email, EmailStatus, Job, JobKind},
};

use crate::{
    Error, Member, Once, Request, Result,
    audit::Change,
    retries::{Attempt, Turn},
};

impl Member {
    /// Has a mail sent again that was given up or came back.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::NotAllowed`] for one that is on its way or arrived; as
    /// [`Member::create`].
    pub async fn resend_email(
        &self,
        id: Id<Email>,
        asked: Request<Doc<Email>>,
    ) -> Result<Once<Doc<Email>>> {
        let attempt = match self.turn(asked.retry).await? {
            Turn::First(attempt) => attempt,
            Turn::Before(answer) => return Ok(Once::Before(answer)),
        };
        let queued = self.queue_again(id, &attempt, asked.answer).await;
        attempt.settle(queued).await
    }

    async fn queue_again(
        &self,
        id: Id<Email>,
        attempt: &Attempt,
        answer: fn(&Doc<Email>) -> String,
    ) -> Result<Doc<Email>> {
        let tenant = self.tenant();
        let not_found = || Error::NotFound("e-mail");
        let seen = tenant.scoped().get(id).await?.ok_or_else(not_found)?;
        if !matches!(seen.body.status, EmailStatus::Failed | EmailStatus::Bounced) {
            return Err(Error::NotAllowed("Only a mail that failed or came back is sent again."));
        }
        let at = tenant.now();
        let body =
            Email { status: EmailStatus::Queued, error: None, attempts: 0, ..seen.body.clone() };
        let mut own = tenant.scoped().begin(at);
        own.replace(&seen, &body)?;
        let mut unit = tenant.house().store.platform().begin(at);
        unit.join(own);
        let organization_id = Some(tenant.organization());
        let target_id = id.object_id();
        let kind = JobKind::SendEmail;
        let job = Job { kind, organization_id, target_id, due_at: at, attempts: 0 };
        unit.insert(tenant.new_id(), &job)?;
        let change = Change::updated(&seen, &body).named("emails.resend");
        let queued = Doc { version: seen.version + 1, updated_at: at, body, ..seen };
        attempt.remember(&mut unit, || answer(&queued), at)?;
        tenant.house().commit(unit, organization_id, self.by(), change, at).await?;
        Ok(queued)
    }
}
