mod builder;
mod compare;
mod draft;
mod drawing;
mod existing;
mod export;
mod import;
mod keeper;
mod publish;
mod restore;
mod scheduled;
mod simulate;
mod versions;

use std::sync::Arc;

use model::{
    Doc, Entity, Id, PerTenant,
    flow::{
        CompiledFlow, FlowBundle,
        check::{self, Report},
    },
    scheduler::{BookingFlow, BookingFlowVersion, Identified},
};
use store::UnitOfWork;

use self::existing::Existing;
pub use self::{
    builder::{Builder, BuilderSaved},
    drawing::Drawing,
    import::ImportPlan,
    keeper::FlowKeeper,
    publish::{Publish, Published},
    restore::{Differing, Restored},
    simulate::{Period, Simulation},
    versions::VersionAbout,
};
use crate::{Error, Result, Tenant};

/// What an import made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    pub booking_flow_id: Id<BookingFlow>,
    /// Number of the published version; `None` when it stays a draft.
    pub version: Option<u32>,
}

impl Tenant {
    /// The version that visitors get now.
    pub(crate) async fn published(&self, flow: Id<BookingFlow>) -> Result<Arc<CompiledFlow>> {
        let flow = self.scoped().get(flow).await?.ok_or(Error::NotFound("booking flow"))?;
        match flow.body.served_version() {
            Some(version) => self.compiled(version).await,
            None => Err(Error::NotPublished),
        }
    }

    /// A version, compiled. Versions never change, so they are kept.
    pub(crate) async fn compiled(&self, id: Id<BookingFlowVersion>) -> Result<Arc<CompiledFlow>> {
        let key = (self.organization(), id);
        let now = self.now();
        if let Some(flow) = self.caches().flows.get(&key, now) {
            return Ok(flow);
        }
        let version =
            self.scoped().get(id).await?.ok_or(Error::NotFound("booking flow version"))?;
        Ok(self.caches().flows.put(key, CompiledFlow::of_version(id, version.body), now))
    }

    /// The flow with the slug as it would be published now, and what a check says of it.
    pub async fn draft(&self, slug: &model::content::Slug) -> Result<(FlowBundle, Report)> {
        let existing = Existing::load(self, slug).await?;
        let bundle = existing.bundle().ok_or(Error::NotFound("booking flow"))?;
        let report = check::check(&bundle);
        Ok((bundle, report))
    }
}

/// Inserts what is new, replaces what differs, and holds the batch to the rest being as it was read.
fn put<E: Entity<Scope = PerTenant> + PartialEq>(
    unit: &mut UnitOfWork,
    existing: &[Doc<E>],
    new: &Identified<E>,
) -> Result<()> {
    match existing.iter().find(|it| it.id == new.id) {
        Some(doc) if doc.body == new.body => {
            unit.hold(doc);
            Ok(())
        }
        Some(doc) => Ok(unit.replace(doc, &new.body)?),
        None => Ok(unit.insert(new.id, &new.body)?),
    }
}
