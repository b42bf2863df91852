mod builder;
mod draft;
mod drawing;
mod existing;
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
        file::FlowFile,
    },
    scheduler::{BookingFlow, BookingFlowVersion, Identified},
};
use store::UnitOfWork;

pub use self::{
    builder::{Builder, BuilderSaved},
    drawing::Drawing,
    keeper::FlowKeeper,
    publish::{Publish, Published},
    restore::{Differing, Restored},
    simulate::{Period, Simulation},
    versions::VersionAbout,
};
use self::{existing::Existing, publish::new_version};
use crate::{Error, Result, Tenant};

/// What an import made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    pub booking_flow_id: Id<BookingFlow>,
    /// Number of the published version; `None` when it stays a draft.
    pub version: Option<u32>,
}

impl Tenant {
    /// Stores the flow of a file with all that it owns: new, or in place of the flow with its
    /// slug. Services, zones, schedules and categories belong to the organization and are matched
    /// by slug. All of it is one batch.
    ///
    /// # Errors
    /// [`Error::Unsound`] when slugs or fields are wrong, or when it is to be published and breaks
    /// a rule; nothing is stored then.
    pub async fn import_flow(&self, file: &FlowFile, publish: bool) -> Result<Imported> {
        let existing = Existing::load(self, &file.flow.slug).await?;
        let built = file.build(&mut |place| {
            existing.id(place).unwrap_or_else(|| self.new_id::<()>().object_id())
        });
        let report = check::check(&built.bundle).with(built.findings.clone());
        if !built.findings.is_empty() || (publish && !report.ok) {
            return Err(Error::Unsound(Box::new(report)));
        }
        let mut unit = self.scoped().begin(self.now());
        let mut bundle = built.bundle;
        let mut version = None;
        if let Some(flow) = &existing.flow {
            let body = bundle.snapshot.flow.body.clone();
            bundle.snapshot.flow.body = body.standing_as(&flow.body);
        }
        if publish {
            let number = self.last_version(bundle.snapshot.flow.id).await? + 1;
            let id = self.new_id();
            unit.insert(id, &new_version(bundle.snapshot.clone(), id, number, self.now()))?;
            bundle.snapshot.flow.body = bundle.snapshot.flow.body.publishing(id);
            version = Some(number);
        }
        let booking_flow_id = bundle.snapshot.flow.id;
        existing.write(&mut unit, bundle)?;
        unit.commit().await?;
        self.caches().zones.clear();
        self.caches().schedules.clear();
        Ok(Imported { booking_flow_id, version })
    }

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

/// Inserts what is new, replaces what differs, leaves the rest alone.
fn put<E: Entity<Scope = PerTenant> + PartialEq>(
    unit: &mut UnitOfWork,
    existing: &[Doc<E>],
    new: &Identified<E>,
) -> Result<()> {
    match existing.iter().find(|it| it.id == new.id) {
        Some(doc) if doc.body == new.body => Ok(()),
        Some(doc) => Ok(unit.replace(doc, &new.body)?),
        None => Ok(unit.insert(new.id, &new.body)?),
    }
}
