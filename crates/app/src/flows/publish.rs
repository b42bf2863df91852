use model::{
    Entity, Id, Index,
    flow::FlowBundle,
    scheduler::{BookingFlow, BookingFlowStatus, BookingFlowVersion},
};
use store::{Find, Scalar, UnitOfWork};

use super::Existing;
use crate::{Result, Tenant};

impl Tenant {
    /// Adds the next version of the flow, and makes it the published one; answers its number.
    pub(super) async fn publish(
        &self,
        unit: &mut UnitOfWork,
        existing: &Existing,
        bundle: &mut FlowBundle,
    ) -> Result<u32> {
        let flow_id = bundle.snapshot.flow.id;
        let number = match existing.flow {
            Some(_) => self.last_version(flow_id).await? + 1,
            None => 1,
        };
        let version_id = self.new_id::<BookingFlowVersion>();
        let flow = &mut bundle.snapshot.flow.body;
        flow.status = BookingFlowStatus::Published;
        flow.published_version_id = Some(version_id);
        flow.has_unpublished_changes = false;
        let snapshot = bundle.snapshot.clone();
        let version = BookingFlowVersion {
            booking_flow_id: flow_id,
            number,
            checksum: snapshot.checksum(),
            snapshot,
            published_by_id: None,
            published_at: self.now(),
            note: None,
        };
        unit.insert(version_id, &version)?;
        Ok(number)
    }

    async fn last_version(&self, flow: Id<BookingFlow>) -> Result<u32> {
        const BY_NUMBER: &Index = &BookingFlowVersion::COLLECTION.indexes[0];
        let of_flow = Find::by(BY_NUMBER, [Scalar::Text(flow.to_string())]).descending().limit(1);
        let (versions, _) = self.scoped().list::<BookingFlowVersion>(of_flow).await?;
        Ok(versions.first().map_or(0, |it| it.body.number))
    }
}
