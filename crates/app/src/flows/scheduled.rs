use model::{
    Doc, Entity as _, Id,
    core::Organization,
    scheduler::{BookingFlow, BookingFlowStatus, FailedPublication, ScheduledPublication},
};
use store::StoreError;

use crate::{By, Error, Result, Tenant, audit::Change, doors::House, entities::ATTEMPTS};

impl House {
    /// Lets visitors get the scheduled version of a flow when its time has come. Of any number of
    /// servers that try, one does it; what stands against it is written at the flow.
    ///
    /// # Errors
    /// When the store fails: the job comes back.
    pub(crate) async fn publish_scheduled(
        &self,
        organization: Id<Organization>,
        id: Id<BookingFlow>,
    ) -> Result<()> {
        let tenant = self.tenant(organization);
        for _ in 0..ATTEMPTS {
            // The schedule may have been taken back, or moved, since the job was made.
            let Some(seen) = tenant.scoped().get(id).await? else { return Ok(()) };
            let due = seen.body.scheduled_publication.clone().filter(|it| it.at <= tenant.now());
            let Some(due) = due else { return Ok(()) };
            if tenant.publish_due(&seen, &due).await? {
                return Ok(());
            }
        }
        Err(Error::Busy)
    }
}

impl Tenant {
    /// Whether it was written, or something else was written first.
    async fn publish_due(
        &self,
        seen: &Doc<BookingFlow>,
        due: &ScheduledPublication,
    ) -> Result<bool> {
        let at = self.now();
        let mut own = self.scoped().begin(at);
        let refused = match self.scoped().get(due.version_id).await? {
            _ if seen.body.status == BookingFlowStatus::Deleted => {
                Some("The flow is deleted.".to_owned())
            }
            None => Some("The version is not there any more.".to_owned()),
            Some(version) => match self.prove(&version.body.snapshot, &mut own).await {
                Ok(()) => None,
                Err(Error::Unsound(report)) => Some(Error::Unsound(report).to_string()),
                Err(error) => return Err(error),
            },
        };
        let version_id = due.version_id;
        let waiting = BookingFlow { scheduled_publication: None, ..seen.body.clone() };
        let (body, action) = match refused {
            None => (waiting.publishing(version_id), "publish_scheduled"),
            Some(reason) => {
                let failed_publication = Some(FailedPublication { version_id, at, reason });
                (BookingFlow { failed_publication, ..waiting }, "refuse_scheduled")
            }
        };
        own.replace(seen, &body)?;
        let mut unit = self.house().store.platform().begin(at);
        unit.join(own);
        let action = format!("{}.{action}", BookingFlow::COLLECTION.name);
        let change = Change::updated(seen, &body).named(&action);
        let log = Some(self.organization());
        match self.house().commit(unit, log, &By::system(), change, at).await {
            Ok(()) => Ok(true),
            Err(Error::Store(StoreError::Conflict(_))) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
