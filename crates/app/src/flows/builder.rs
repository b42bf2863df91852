use std::collections::{BTreeMap, BTreeSet};

use model::{
    Doc, Entity, Id, Index, ObjectId, PerTenant,
    core::Managed,
    flow::{
        builder::{BuilderSave, Saved, Seen, Writes},
        check::{self, Report},
    },
    scheduler::{
        BookingAnswerCategory, BookingFlow, BookingFlowDiagram, BookingQuestion,
        BookingQuestionAnswer, BookingService, CanvasData, DiagramKind, Schedule, ServiceZone,
    },
    step::BookingFlowStep,
};
use serde_json::{Map, Value, json};
use store::{Find, Scalar, UnitOfWork};

use super::{
    draft::{Draft, get_all, list_all},
    keeper::{FlowKeeper, invalid_at},
};
use crate::{Error, Result, Tenant, audit::Change, entities::ATTEMPTS};

/// All that a builder shows of a flow.
pub struct Builder {
    pub flow: Doc<BookingFlow>,
    /// In the flow's order; those that it does not list come last.
    pub steps: Vec<Doc<BookingFlowStep>>,
    pub questions: Vec<Doc<BookingQuestion>>,
    pub answers: Vec<Doc<BookingQuestionAnswer>>,
    /// Of the whole organization, as are services: any may be chosen. Only the flow's own for
    /// whoever may not see the others.
    pub categories: Vec<Doc<BookingAnswerCategory>>,
    pub services: Vec<Doc<BookingService>>,
    pub canvas: Vec<(DiagramKind, CanvasData)>,
    pub report: Report,
}

/// What a save made.
pub struct BuilderSaved {
    /// What each temporary id stands for.
    pub ids: BTreeMap<String, ObjectId>,
    pub builder: Builder,
}

const BY_FLOW: &Index = &BookingFlowDiagram::COLLECTION.indexes[0];

impl FlowKeeper {
    /// The draft with all that a builder needs, and the report on it.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn builder(&self) -> Result<Builder> {
        let draft = Draft::load(&self.tenant, self.seen(None).await?).await?;
        let report = check::check(&draft.bundle());
        let mut flow = draft.flow;
        flow.body.has_unpublished_changes = self.tenant.is_ahead(&flow).await?;
        let diagrams = self.diagrams().await?;
        Ok(Builder {
            flow,
            steps: draft.steps.into_iter().chain(draft.loose_steps).collect(),
            questions: draft.questions,
            answers: draft.answers,
            categories: self.all_or(draft.categories).await?,
            services: self.all_or(draft.services).await?,
            canvas: diagrams.into_iter().map(|it| (it.body.kind, it.body.canvas_data)).collect(),
            report,
        })
    }

    /// Saves many changes at once, or none of them. The version of the flow is the lock.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all that is wrong; [`Error::Changed`]; [`Error::Forbidden`] for a
    /// kind of document that the member may not change so; [`Error::Referenced`] when something
    /// outside the flow needs what is deleted.
    pub async fn save(&self, expected: Option<u64>, save: &BuilderSave) -> Result<BuilderSaved> {
        self.may(save.needs())?;
        let version = match (expected, save.version) {
            (Some(header), Some(body)) if header != body => {
                return Err(invalid_at("version", "conflict", "is not the one of If-Match"));
            }
            (Some(version), _) | (None, Some(version)) => version,
            (None, None) => {
                let message = "must be the version of the flow that was seen, here or in If-Match";
                return Err(invalid_at("version", "required", message));
            }
        };
        for _ in 0..ATTEMPTS {
            let draft = Draft::load(&self.tenant, self.seen(Some(version)).await?).await?;
            let seen = self.tenant.what_a_save_may_name(draft, save).await?;
            let mut new_id = || self.tenant.new_id::<()>().object_id();
            let saved = save.apply(&seen, &mut new_id).map_err(Error::Invalid)?;
            let at = self.tenant.now();
            let diagrams = self.diagrams().await?;
            let mut own = self.tenant.scoped().begin(at);
            let changed = write(&mut own, &seen, &saved)?;
            self.draw(&mut own, &diagrams, &saved)?;
            let change = Change::updated(&seen.flow, &saved.flow)
                .named("booking_flows.save")
                .telling("saved", changed);
            if self.commit(own, change, at).await? {
                return Ok(BuilderSaved { ids: saved.ids, builder: self.builder().await? });
            }
        }
        Err(Error::Busy)
    }

    async fn all_or<E: Managed + Entity<Scope = PerTenant>>(
        &self,
        own: Vec<Doc<E>>,
    ) -> Result<Vec<Doc<E>>> {
        let [view, ..] = E::PERMISSIONS;
        match &self.permissions {
            Some(permissions) if !permissions.allow(view) => Ok(own),
            _ => list_all(&self.tenant, Find::all).await,
        }
    }

    async fn diagrams(&self) -> Result<Vec<Doc<BookingFlowDiagram>>> {
        let of_flow = || Find::by(BY_FLOW, [Scalar::Text(self.id.to_string())]);
        list_all(&self.tenant, of_flow).await
    }

    fn draw(
        &self,
        unit: &mut UnitOfWork,
        diagrams: &[Doc<BookingFlowDiagram>],
        saved: &Saved,
    ) -> Result<()> {
        for (kind, canvas_data) in &saved.canvas {
            let (kind, canvas_data) = (*kind, canvas_data.clone());
            let body = BookingFlowDiagram { booking_flow_id: self.id, kind, canvas_data };
            match diagrams.iter().find(|it| it.body.kind == kind) {
                Some(seen) => unit.replace(seen, &body)?,
                None => unit.insert(self.tenant.new_id(), &body)?,
            }
        }
        Ok(())
    }
}

impl Tenant {
    /// The flow's own, what of it stands in no other flow, and what is named of the organization's.
    async fn what_a_save_may_name(&self, draft: Draft, save: &BuilderSave) -> Result<Seen> {
        let named = save.mentions();
        let Draft { flow, steps, loose_steps, mut questions, mut answers, .. } = draft;
        let unknown = |it: &&ObjectId| {
            questions.iter().all(|known| known.id.object_id() != **it)
                && answers.iter().all(|known| known.id.object_id() != **it)
        };
        let unknown: BTreeSet<_> = named.iter().filter(unknown).copied().collect();
        let mut free: Vec<Doc<BookingQuestion>> = self.named(&unknown).await?;
        let mut of_free: Vec<Doc<BookingQuestionAnswer>> = self.named(&unknown).await?;
        if !free.is_empty() || !of_free.is_empty() {
            let others = self.stood_on_by_others(flow.id).await?;
            free.retain(|it| !others.contains(&it.id.object_id()));
            let listed = free.iter().flat_map(|it| it.body.answer_ids.iter().copied());
            of_free.extend(get_all(self, listed.collect()).await?);
            of_free.retain(|it| {
                let question = it.body.booking_question_id.object_id();
                !others.contains(&it.id.object_id()) && !others.contains(&question)
            });
            questions.extend(free);
            answers.extend(of_free);
        }
        answers.sort_by_key(|it| it.id);
        answers.dedup_by_key(|it| it.id);
        let zones: Vec<Doc<ServiceZone>> = self.named(&named).await?;
        let schedules: Vec<Doc<Schedule>> = self.named(&named).await?;
        let mut categories = self.named(&named).await?;
        merge(&mut categories, draft.categories);
        let mut services = self.named(&named).await?;
        merge(&mut services, draft.services);
        Ok(Seen {
            flow,
            steps: steps.into_iter().chain(loose_steps).collect(),
            questions,
            answers,
            categories,
            services,
            zones: zones.into_iter().map(|it| it.id.object_id()).collect(),
            schedules: schedules.into_iter().map(|it| it.id.object_id()).collect(),
        })
    }

    async fn named<E: Entity<Scope = PerTenant>>(
        &self,
        ids: &BTreeSet<ObjectId>,
    ) -> Result<Vec<Doc<E>>> {
        get_all(self, ids.iter().map(|it| Id::new(*it)).collect()).await
    }
}

fn merge<E>(docs: &mut Vec<Doc<E>>, more: Vec<Doc<E>>) {
    docs.extend(more);
    docs.sort_by_key(|it| it.id);
    docs.dedup_by_key(|it| it.id);
}

/// Adds all of a save to a batch; answers what the audit log tells of it.
fn write(unit: &mut UnitOfWork, seen: &Seen, saved: &Saved) -> Result<Map<String, Value>> {
    unit.replace(&seen.flow, &saved.flow)?;
    let mut told = Map::new();
    write_kind(unit, &seen.categories, &saved.categories, &mut told)?;
    write_kind(unit, &seen.services, &saved.services, &mut told)?;
    write_kind(unit, &seen.questions, &saved.questions, &mut told)?;
    write_kind(unit, &seen.answers, &saved.answers, &mut told)?;
    write_kind(unit, &seen.steps, &saved.steps, &mut told)?;
    Ok(told)
}

fn write_kind<E: Entity<Scope = PerTenant>>(
    unit: &mut UnitOfWork,
    seen: &[Doc<E>],
    writes: &Writes<E>,
    told: &mut Map<String, Value>,
) -> Result<()> {
    let find = |id: Id<E>| seen.iter().find(move |it| it.id == id);
    writes.insert.iter().try_for_each(|it| unit.insert(it.id, &it.body))?;
    for changed in &writes.replace {
        if let Some(doc) = find(changed.id) {
            unit.replace(doc, &changed.body)?;
        }
    }
    for doc in writes.delete.iter().filter_map(|it| find(*it)) {
        unit.delete(doc.id, doc.version);
    }
    if !writes.is_empty() {
        let [created, updated, deleted] = writes.ids();
        let ids = json!({ "created": created, "updated": updated, "deleted": deleted });
        told.insert(E::COLLECTION.name.to_owned(), ids);
    }
    Ok(())
}
