use model::{
    Doc, Id,
    content::Slug,
    flow::FlowBundle,
    scheduler::{BookingFlow, BookingFlowStatus, FlowSnapshot, Schedule, ServiceZone},
};
use store::Find;

use super::{
    Existing,
    draft::{identified, list_all},
};
use crate::{Error, Result, Tenant};

impl Tenant {
    /// A flow with what it owns, to be written as a file: the draft, or a version of it with the
    /// zones and schedules of today.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the flow or the version.
    pub async fn export_flow(&self, slug: &Slug, version: Option<u32>) -> Result<FlowBundle> {
        self.exported(Existing::load(self, slug).await?, version).await
    }

    /// The same of a flow by its id.
    ///
    /// # Errors
    /// As [`Self::export_flow`].
    pub async fn export_flow_by_id(
        &self,
        id: Id<BookingFlow>,
        version: Option<u32>,
    ) -> Result<FlowBundle> {
        let flow = self.scoped().get(id).await?;
        let flow = flow.filter(|it| it.body.status != BookingFlowStatus::Deleted);
        self.exported(Existing::of(self, flow).await?, version).await
    }

    async fn exported(&self, existing: Existing, version: Option<u32>) -> Result<FlowBundle> {
        let draft = existing.bundle().ok_or(Error::NotFound("booking flow"))?;
        let Some(number) = version else { return Ok(draft.owned()) };
        let found = self.flow(draft.snapshot.flow.id).version(number).await?;
        self.with_today(found.body.snapshot).await
    }

    /// What was published, with the zones and schedules of today, which versions do not have.
    pub(super) async fn with_today(&self, snapshot: FlowSnapshot) -> Result<FlowBundle> {
        let zones: Vec<Doc<ServiceZone>> = list_all(self, Find::all).await?;
        let schedules: Vec<Doc<Schedule>> = list_all(self, Find::all).await?;
        let (zones, schedules) = (identified(&zones), identified(&schedules));
        Ok(FlowBundle { snapshot, zones, schedules }.owned())
    }
}
