use model::{
    Doc, Entity, Id, Index,
    content::Slug,
    flow::FlowBundle,
    scheduler::{
        BookingFlow, BookingFlowStatus, BookingFlowVersion, Identified, Schedule, ServiceZone,
    },
};
use store::{Find, Scalar};

use super::{Existing, draft::list_all};
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
        const BY_NUMBER: &Index = &BookingFlowVersion::COLLECTION.indexes[0];
        let draft = existing.bundle().ok_or(Error::NotFound("booking flow"))?;
        let Some(number) = version else { return Ok(draft.owned()) };
        let flow = Scalar::Text(draft.snapshot.flow.id.to_string());
        let numbered = Find::by(BY_NUMBER, [flow, Scalar::Number(number.into())]);
        let (versions, _) = self.scoped().list::<BookingFlowVersion>(numbered).await?;
        let found = versions.into_iter().next().ok_or(Error::NotFound("booking flow version"))?;
        let zones: Vec<Doc<ServiceZone>> = list_all(self, Find::all).await?;
        let schedules: Vec<Doc<Schedule>> = list_all(self, Find::all).await?;
        let bundle = FlowBundle {
            snapshot: found.body.snapshot,
            zones: zones.into_iter().map(|it| Identified { id: it.id, body: it.body }).collect(),
            schedules: schedules
                .into_iter()
                .map(|it| Identified { id: it.id, body: it.body })
                .collect(),
        };
        Ok(bundle.owned())
    }
}
