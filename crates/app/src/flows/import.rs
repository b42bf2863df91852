use model::{
    Id,
    core::{Managed, Permission},
    flow::{
        Change, ChangeKind, FlowBundle, FlowDiff, What,
        check::{self, Report},
        file::FlowFile,
    },
    hex,
    scheduler::{
        BookingAnswerCategory, BookingFlow, BookingQuestion, BookingQuestionAnswer, BookingService,
        Schedule, ServiceZone,
    },
    step::BookingFlowStep,
};
use sha2::{Digest, Sha256};
use store::{StoreError, UnitOfWork};

use super::{Existing, Imported, publish::new_version};
use crate::{Error, Member, Result, Tenant, audit};

/// What importing a file would do.
#[derive(Debug, Clone)]
pub struct ImportPlan {
    /// There is no flow with its slug yet.
    pub is_new: bool,
    pub diff: FlowDiff,
    /// Of the file and all that it would be put in place of: another one when either changes.
    pub hash: String,
}

impl ImportPlan {
    /// Whether it changes or removes anything that is there.
    pub fn touches(&self) -> bool {
        self.diff.changes.iter().any(|it| !matches!(it.kind, ChangeKind::Added { .. }))
    }
}

struct Prepared {
    existing: Existing,
    bundle: FlowBundle,
    report: Report,
    plan: ImportPlan,
}

impl Tenant {
    /// What importing a file would do; it does nothing.
    ///
    /// # Errors
    /// [`Error::Unsound`] when slugs or fields are wrong.
    pub async fn plan_import(&self, file: &FlowFile) -> Result<ImportPlan> {
        Ok(self.prepare(file).await?.plan)
    }

    /// Stores the flow of a file with all that it owns: new, or in place of the flow with its
    /// slug. Services, zones, schedules and categories belong to the organization and are matched
    /// by slug. All of it is one batch.
    ///
    /// # Errors
    /// [`Error::Unsound`] when slugs or fields are wrong, or when it is to be published and breaks
    /// a rule; nothing is stored then.
    pub async fn import_flow(&self, file: &FlowFile, publish: bool) -> Result<Imported> {
        let prepared = self.prepare(file).await?;
        self.apply(prepared, publish).await
    }

    /// The same, as it was planned.
    ///
    /// # Errors
    /// [`Error::PlanOutdated`] when anything that it is about has changed since.
    pub async fn import_planned(
        &self,
        file: &FlowFile,
        publish: bool,
        plan: &str,
    ) -> Result<Imported> {
        let prepared = self.prepare(file).await?;
        if prepared.plan.hash != plan {
            return Err(Error::PlanOutdated);
        }
        self.apply(prepared, publish).await.map_err(outdated)
    }

    async fn prepare(&self, file: &FlowFile) -> Result<Prepared> {
        let existing = Existing::load(self, &file.flow.slug).await?;
        let built = file.build(&mut |place| {
            existing.id(place).unwrap_or_else(|| self.new_id::<()>().object_id())
        });
        let report = check::check(&built.bundle).with(built.findings.clone());
        if !built.findings.is_empty() {
            return Err(Error::Unsound(Box::new(report)));
        }
        let mut bundle = built.bundle;
        existing.keep_what_is_not_in_files(&mut bundle);
        let before = existing.replaced_by(&bundle);
        // A new flow gets other ids each time: only what it shares with others is seen before.
        let own = existing.flow.as_ref().map(|_| &before.snapshot);
        let shared = (&before.snapshot.services, &before.snapshot.categories);
        let seen = serde_json::to_string(&(own, shared, &before.zones, &before.schedules));
        let hash = Sha256::new()
            .chain_update(seen.unwrap_or_default())
            .chain_update(file.to_json())
            .finalize();
        let plan = ImportPlan {
            is_new: existing.flow.is_none(),
            diff: FlowDiff::between(&before, &bundle),
            hash: hex(&hash),
        };
        Ok(Prepared { existing, bundle, report, plan })
    }

    async fn apply(&self, prepared: Prepared, publish: bool) -> Result<Imported> {
        let (unit, imported) = self.batch(prepared, publish).await?;
        unit.commit().await?;
        self.imported();
        Ok(imported)
    }

    async fn batch(&self, prepared: Prepared, publish: bool) -> Result<(UnitOfWork, Imported)> {
        let Prepared { existing, mut bundle, report, .. } = prepared;
        if publish && !report.ok {
            return Err(Error::Unsound(Box::new(report)));
        }
        let mut unit = self.scoped().begin(self.now());
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
        Ok((unit, Imported { booking_flow_id, version }))
    }

    fn imported(&self) {
        self.caches().zones.clear();
        self.caches().schedules.clear();
    }
}

impl Member {
    /// What importing a file would do; it does nothing.
    ///
    /// # Errors
    /// As [`Tenant::plan_import`].
    pub async fn plan_import(&self, file: &FlowFile) -> Result<ImportPlan> {
        self.tenant().plan_import(file).await
    }

    /// Stores the flow of a file as a draft, as [`Tenant::import_flow`] does; with a plan's hash
    /// only what was planned.
    ///
    /// # Errors
    /// [`Error::PlanOutdated`]; [`Error::Forbidden`] for a kind of thing that the member may not
    /// make, change or delete by itself; as [`Tenant::import_flow`].
    pub async fn import_flow(
        &self,
        file: &FlowFile,
        plan: Option<&str>,
    ) -> Result<(ImportPlan, Imported)> {
        let tenant = self.tenant();
        let prepared = tenant.prepare(file).await?;
        if plan.is_some_and(|it| it != prepared.plan.hash) {
            return Err(Error::PlanOutdated);
        }
        if prepared.plan.is_new {
            self.need(<BookingFlow as Managed>::PERMISSIONS[1])?;
        }
        for change in &prepared.plan.diff.changes {
            self.need(needed(change))?;
        }
        let planned = prepared.plan.clone();
        let (unit, imported) = tenant.batch(prepared, false).await?;
        let id: Id<BookingFlow> = imported.booking_flow_id;
        let entry = audit::Change::event("booking_flows.import").about(id);
        if !self.commit(unit, entry, tenant.now()).await? {
            return Err(Error::PlanOutdated);
        }
        tenant.imported();
        Ok((planned, imported))
    }

    fn need(&self, permission: Permission) -> Result<()> {
        if self.permissions().allow(permission) {
            Ok(())
        } else {
            Err(Error::Forbidden(permission))
        }
    }
}

/// What a member who makes the change by itself needs.
fn needed(change: &Change) -> Permission {
    let permissions = match change.what {
        What::Flow | What::Journey => return <BookingFlow as Managed>::PERMISSIONS[2],
        What::Node => return <BookingFlowStep as Managed>::PERMISSIONS[2],
        What::Step => <BookingFlowStep as Managed>::PERMISSIONS,
        What::Question => <BookingQuestion as Managed>::PERMISSIONS,
        What::Answer => <BookingQuestionAnswer as Managed>::PERMISSIONS,
        What::Service => <BookingService as Managed>::PERMISSIONS,
        What::Zone => <ServiceZone as Managed>::PERMISSIONS,
        What::Schedule => <Schedule as Managed>::PERMISSIONS,
        What::Category => <BookingAnswerCategory as Managed>::PERMISSIONS,
    };
    match change.kind {
        ChangeKind::Added { .. } => permissions[1],
        ChangeKind::Removed { .. } => permissions[3],
        ChangeKind::Rewired { .. } => <BookingFlowStep as Managed>::PERMISSIONS[2],
        ChangeKind::Changed { .. } | ChangeKind::Moved { .. } | ChangeKind::Rearranged {} => {
            permissions[2]
        }
    }
}

/// Somebody wrote between the plan and the batch.
fn outdated(error: Error) -> Error {
    match error {
        Error::Store(StoreError::Conflict(_)) => Error::PlanOutdated,
        other => other,
    }
}
