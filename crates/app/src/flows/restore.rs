use std::collections::{BTreeMap, BTreeSet, HashSet};

use model::{
    Doc, Entity, Id, ObjectId, PerTenant,
    core::{Managed, Permission},
    scheduler::{
        BookingFlow, BookingQuestion, BookingQuestionAnswer, BookingService, FlowSnapshot,
        Identified, ServiceZone,
    },
    step::{BookingFlowStep, NodeTarget, StepConfig},
};
use serde::Serialize;
use serde_json::Value;
use store::{Find, UnitOfWork};

use super::{
    draft::{Draft, get_all, list_all},
    keeper::{FlowKeeper, after},
    put,
};
use crate::{Error, Result, Tenant, audit::Change, entities::ATTEMPTS};

/// A draft that is again what a version was.
#[derive(Debug)]
pub struct Restored {
    pub flow: Doc<BookingFlow>,
    /// What belongs to the organization and is not as it was in the version.
    pub differs: Vec<Differing>,
}

/// A document of the organization that was left as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    pub collection: &'static str,
    pub id: ObjectId,
    /// What differs; empty when it is gone and the version's mention of it was left out.
    pub fields: Vec<String>,
}

impl FlowKeeper {
    /// Makes the draft what a version was: its steps, questions and answers are made, changed and
    /// deleted. Services, categories and zones belong to the organization: those that there are
    /// stay as they are, and what differs is said.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Changed`]; [`Error::Forbidden`] for whoever may not change all
    /// that a flow owns; [`Error::Duplicate`] when the version's title or
    /// slug is another flow's by now.
    pub async fn restore(&self, number: u32, expected: Option<u64>) -> Result<Restored> {
        for _ in 0..ATTEMPTS {
            let seen = self.seen(expected).await?;
            let draft = Draft::load(&self.tenant, seen).await?;
            let snapshot = self.version(number).await?.body.snapshot;
            self.may(changes_of_parts())?;
            let at = self.tenant.now();
            let mut own = self.tenant.scoped().begin(at);
            let mut differs = Vec::new();
            let body = snapshot.flow.body.clone().standing_as(&draft.flow.body);
            own.replace(&draft.flow, &body)?;
            self.put_back(&snapshot, &mut own, &mut differs).await?;
            self.tenant.drop_what_came_after(&draft, &snapshot, &mut own).await?;
            let change = Change::updated(&draft.flow, &body)
                .named("booking_flows.restore")
                .telling("version", number);
            if self.commit(own, change, at).await? {
                return Ok(Restored { flow: after(&draft.flow, body, at), differs });
            }
        }
        Err(Error::Busy)
    }
}

impl FlowKeeper {
    async fn put_back(
        &self,
        snapshot: &FlowSnapshot,
        unit: &mut UnitOfWork,
        differs: &mut Vec<Differing>,
    ) -> Result<()> {
        let tenant = &self.tenant;
        let FlowSnapshot { steps, questions, answers, categories, services, .. } = snapshot;
        let zones = tenant.zones_that_are_left(snapshot, differs).await?;
        let existing = get_all(tenant, categories.iter().map(|it| it.id).collect()).await?;
        for category in categories {
            self.put_if_gone(unit, &existing, category, differs)?;
        }
        let existing = get_all(tenant, services.iter().map(|it| it.id).collect()).await?;
        for service in services {
            let service = tenant.with_what_there_is(service, &zones).await?;
            self.put_if_gone(unit, &existing, &service, differs)?;
        }
        let existing = get_all(tenant, questions.iter().map(|it| it.id).collect()).await?;
        questions.iter().try_for_each(|it| put(unit, &existing, it))?;
        let existing = get_all(tenant, answers.iter().map(|it| it.id).collect()).await?;
        answers.iter().try_for_each(|it| put(unit, &existing, it))?;
        let existing = get_all(tenant, steps.iter().map(|it| it.id).collect()).await?;
        for step in steps {
            put(unit, &existing, &with_zones(step, &zones))?;
        }
        Ok(())
    }

    /// Makes what is gone, and says what of the rest is otherwise now.
    fn put_if_gone<E: Managed + Entity<Scope = PerTenant> + PartialEq>(
        &self,
        unit: &mut UnitOfWork,
        existing: &[Doc<E>],
        then: &Identified<E>,
        differs: &mut Vec<Differing>,
    ) -> Result<()> {
        let Some(now) = existing.iter().find(|it| it.id == then.id) else {
            let [_, create, ..] = E::PERMISSIONS;
            self.may([create])?;
            return put(unit, existing, then);
        };
        if now.body != then.body {
            let fields = differing(&then.body, &now.body);
            let (collection, id) = (E::COLLECTION.name, then.id.object_id());
            differs.push(Differing { collection, id, fields });
        }
        Ok(())
    }
}

/// All that can be done to what a flow owns.
fn changes_of_parts() -> impl Iterator<Item = Permission> {
    [BookingFlowStep::PERMISSIONS, BookingQuestion::PERMISSIONS, BookingQuestionAnswer::PERMISSIONS]
        .into_iter()
        .flat_map(|[_, create, update, delete]| [create, update, delete])
}

impl Tenant {
    /// Of the zones that the version names, those that there are.
    async fn zones_that_are_left(
        &self,
        snapshot: &FlowSnapshot,
        differs: &mut Vec<Differing>,
    ) -> Result<HashSet<Id<ServiceZone>>> {
        let of_steps = snapshot.steps.iter().filter_map(|it| match &it.body.config {
            StepConfig::Zipcode(config) => Some(&config.zone_ids),
            _ => None,
        });
        let of_services = snapshot.services.iter().map(|it| &it.body.service_zone_ids);
        let named: BTreeSet<_> = of_steps.chain(of_services).flatten().copied().collect();
        let there = get_all(self, named.iter().copied().collect()).await?;
        let there: HashSet<_> = there.into_iter().map(|it| it.id).collect();
        let gone = named.into_iter().filter(|it| !there.contains(it));
        differs.extend(gone.map(|it| Differing {
            collection: ServiceZone::COLLECTION.name,
            id: it.object_id(),
            fields: Vec::new(),
        }));
        Ok(there)
    }

    /// A service that could be made anew now.
    async fn with_what_there_is(
        &self,
        service: &Identified<BookingService>,
        zones: &HashSet<Id<ServiceZone>>,
    ) -> Result<Identified<BookingService>> {
        let mut service = service.clone();
        service.body.service_zone_ids.retain(|it| zones.contains(it));
        if let Some(id) = service.body.schedule_id
            && self.scoped().get(id).await?.is_none()
        {
            service.body.schedule_id = None;
        }
        Ok(service)
    }

    async fn drop_what_came_after(
        &self,
        draft: &Draft,
        snapshot: &FlowSnapshot,
        unit: &mut UnitOfWork,
    ) -> Result<()> {
        let shared = self.stood_on_by_others(draft.flow.id).await?;
        let steps: HashSet<_> = snapshot.steps.iter().map(|it| it.id).collect();
        for step in draft.steps.iter().chain(&draft.loose_steps) {
            if !steps.contains(&step.id) {
                unit.delete(step.id, step.version);
            }
        }
        let answers: HashSet<_> = snapshot.answers.iter().map(|it| it.id).collect();
        let questions: HashSet<_> = snapshot.questions.iter().map(|it| it.id).collect();
        for answer in draft.answers.iter().filter(|it| !answers.contains(&it.id)) {
            if !shared.contains(&answer.body.booking_question_id.object_id()) {
                unit.delete(answer.id, answer.version);
            }
        }
        for question in draft.questions.iter().filter(|it| !questions.contains(&it.id)) {
            if !shared.contains(&question.id.object_id()) {
                unit.delete(question.id, question.version);
            }
        }
        Ok(())
    }

    /// The questions and answers at nodes of all other flows.
    pub(super) async fn stood_on_by_others(
        &self,
        flow: Id<BookingFlow>,
    ) -> Result<HashSet<ObjectId>> {
        let steps = list_all::<BookingFlowStep>(self, Find::all).await?;
        let mut standing = HashSet::new();
        for step in steps.iter().filter(|it| it.body.booking_flow_id != flow) {
            let StepConfig::ServiceSelection(config) = &step.body.config else { continue };
            standing.extend(config.graph.nodes.iter().filter_map(|it| match it.target {
                NodeTarget::Question { booking_question_id: id } => Some(id.object_id()),
                NodeTarget::Answer { booking_question_answer_id: id } => Some(id.object_id()),
                NodeTarget::Service { .. } => None,
            }));
        }
        Ok(standing)
    }
}

fn differing(then: &impl Serialize, now: &impl Serialize) -> Vec<String> {
    let fields = |it: Value| match it {
        Value::Object(fields) => fields.into_iter().collect::<BTreeMap<_, _>>(),
        _ => BTreeMap::new(),
    };
    let then = fields(serde_json::to_value(then).unwrap_or_default());
    let now = fields(serde_json::to_value(now).unwrap_or_default());
    let names: BTreeSet<_> = then.keys().chain(now.keys()).collect();
    names.into_iter().filter(|it| then.get(*it) != now.get(*it)).cloned().collect()
}

fn with_zones(
    step: &Identified<BookingFlowStep>,
    zones: &HashSet<Id<ServiceZone>>,
) -> Identified<BookingFlowStep> {
    let mut step = step.clone();
    if let StepConfig::Zipcode(config) = &mut step.body.config {
        config.zone_ids.retain(|it| zones.contains(it));
    }
    step
}
