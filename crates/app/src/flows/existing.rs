use std::collections::{BTreeSet, HashMap, HashSet};

use model::{
    Doc, Entity, Id, Index, ObjectId, PerTenant,
    content::Slug,
    flow::{FlowBundle, file::FlowFile},
    scheduler::{
        BookingAnswerCategory, BookingFlow, BookingFlowStatus, BookingQuestion,
        BookingQuestionAnswer, BookingService, FlowSnapshot, Identified, Schedule, ServiceZone,
    },
    step::{BookingFlowStep, NodeTarget, StepConfig},
};
use store::{Find, Scalar, UnitOfWork};

use super::{
    draft::{get_all, list_all},
    put,
};
use crate::{Result, Tenant};

/// What an organization has already of what a flow file may name.
pub(super) struct Existing {
    pub(super) flow: Option<Doc<BookingFlow>>,
    steps: Vec<Doc<BookingFlowStep>>,
    questions: Vec<Doc<BookingQuestion>>,
    answers: Vec<Doc<BookingQuestionAnswer>>,
    services: Vec<Doc<BookingService>>,
    zones: Vec<Doc<ServiceZone>>,
    schedules: Vec<Doc<Schedule>>,
    categories: Vec<Doc<BookingAnswerCategory>>,
    /// By the place in a flow file.
    ids: HashMap<String, ObjectId>,
}

impl Existing {
    /// Of the flow with a slug that is not deleted, when there is one.
    pub(super) async fn load(tenant: &Tenant, slug: &Slug) -> Result<Self> {
        const BY_SLUG: &Index = &BookingFlow::COLLECTION.indexes[1];
        let by_slug = Find::by(BY_SLUG, [Scalar::Text(slug.to_string())]);
        let (flows, _) = tenant.scoped().list::<BookingFlow>(by_slug).await?;
        let flow = flows.into_iter().find(|it| it.body.status != BookingFlowStatus::Deleted);
        Self::of(tenant, flow).await
    }

    pub(super) async fn of(tenant: &Tenant, flow: Option<Doc<BookingFlow>>) -> Result<Self> {
        let step_ids = flow.as_ref().map(|it| it.body.steps.clone()).unwrap_or_default();
        let steps = get_all(tenant, step_ids).await?;
        let (question_ids, mut answer_ids) = shown(&steps);
        let mut questions = get_all(tenant, to_vec(&question_ids)).await?;
        answer_ids.extend(listed(&questions));
        let mut answers = get_all(tenant, to_vec(&answer_ids)).await?;
        // A node may show an answer of a question that stands nowhere.
        let owners = get_all(tenant, owners(&answers, &question_ids)).await?;
        let others: BTreeSet<_> = listed(&owners).difference(&answer_ids).copied().collect();
        answers.extend(get_all(tenant, to_vec(&others)).await?);
        questions.extend(owners);
        let mut existing = Self {
            flow,
            steps,
            questions,
            answers,
            services: list_all(tenant, Find::all).await?,
            zones: list_all(tenant, Find::all).await?,
            schedules: list_all(tenant, Find::all).await?,
            categories: list_all(tenant, Find::all).await?,
            ids: HashMap::new(),
        };
        existing.ids = existing.places();
        Ok(existing)
    }

    /// The id of what stands at a place of the flow file already.
    pub(super) fn id(&self, place: &str) -> Option<ObjectId> {
        self.ids.get(place).copied()
    }

    /// As an export of all of it names them.
    fn places(&self) -> HashMap<String, ObjectId> {
        if let Some(bundle) = self.bundle() {
            return FlowFile::of(&bundle).ids;
        }
        let mut ids = HashMap::new();
        let mut add = |kind: &str, slug: &Slug, id: ObjectId| {
            ids.insert(format!("{kind}.{slug}"), id);
        };
        self.services.iter().for_each(|it| add("services", &it.body.slug, it.id.object_id()));
        self.zones.iter().for_each(|it| add("zones", &it.body.slug, it.id.object_id()));
        self.schedules.iter().for_each(|it| add("schedules", &it.body.slug, it.id.object_id()));
        self.categories.iter().for_each(|it| add("categories", &it.body.slug, it.id.object_id()));
        ids
    }

    /// What only the server sets stays as it is.
    pub(super) fn keep_what_is_not_in_files(&self, bundle: &mut FlowBundle) {
        for service in &mut bundle.snapshot.services {
            let seen = self.services.iter().find(|it| it.id == service.id);
            service.body.synced_at = seen.and_then(|it| it.body.synced_at);
        }
    }

    /// The part of it that a bundle is put in place of: of what belongs to the organization only
    /// what the bundle has too. For a new flow, one without anything.
    pub(super) fn replaced_by(&self, new: &FlowBundle) -> FlowBundle {
        let mut before = self.bundle().unwrap_or_else(|| {
            let mut nothing = new.without_anything();
            nothing.snapshot.categories = identified(&self.categories);
            nothing.snapshot.services = identified(&self.services);
            nothing.zones = identified(&self.zones);
            nothing.schedules = identified(&self.schedules);
            nothing
        });
        keep(&mut before.snapshot.services, &new.snapshot.services);
        keep(&mut before.snapshot.categories, &new.snapshot.categories);
        keep(&mut before.zones, &new.zones);
        keep(&mut before.schedules, &new.schedules);
        before
    }

    /// Adds the writes that make the store hold the bundle, and drop what the flow had besides.
    pub(super) fn write(&self, unit: &mut UnitOfWork, bundle: FlowBundle) -> Result<()> {
        let FlowBundle { snapshot, zones, schedules } = bundle;
        let FlowSnapshot { flow, steps, questions, answers, categories, services } = snapshot;
        zones.iter().try_for_each(|it| put(unit, &self.zones, it))?;
        schedules.iter().try_for_each(|it| put(unit, &self.schedules, it))?;
        categories.iter().try_for_each(|it| put(unit, &self.categories, it))?;
        services.iter().try_for_each(|it| put(unit, &self.services, it))?;
        questions.iter().try_for_each(|it| put(unit, &self.questions, it))?;
        answers.iter().try_for_each(|it| put(unit, &self.answers, it))?;
        steps.iter().try_for_each(|it| put(unit, &self.steps, it))?;
        put(unit, self.flow.as_slice(), &flow)?;
        drop_others(unit, &self.steps, &steps);
        drop_others(unit, &self.answers, &answers);
        drop_others(unit, &self.questions, &questions);
        Ok(())
    }

    /// The flow as it is stored, with all that the organization has.
    pub(super) fn bundle(&self) -> Option<FlowBundle> {
        let flow = self.flow.as_ref()?;
        let mut steps = identified(&self.steps);
        steps.sort_by_key(|it| flow.body.steps.iter().position(|id| *id == it.id));
        Some(FlowBundle {
            snapshot: FlowSnapshot {
                flow: Identified { id: flow.id, body: flow.body.clone() },
                steps,
                questions: identified(&self.questions),
                answers: identified(&self.answers),
                categories: identified(&self.categories),
                services: identified(&self.services),
            },
            zones: identified(&self.zones),
            schedules: identified(&self.schedules),
        })
    }
}

/// The questions and the answers that the graph of the steps shows.
fn shown(
    steps: &[Doc<BookingFlowStep>],
) -> (BTreeSet<Id<BookingQuestion>>, BTreeSet<Id<BookingQuestionAnswer>>) {
    let (mut questions, mut answers) = (BTreeSet::new(), BTreeSet::new());
    for step in steps {
        let StepConfig::ServiceSelection(config) = &step.body.config else { continue };
        for node in &config.graph.nodes {
            match node.target {
                NodeTarget::Question { booking_question_id } => {
                    questions.insert(booking_question_id);
                }
                NodeTarget::Answer { booking_question_answer_id } => {
                    answers.insert(booking_question_answer_id);
                }
                NodeTarget::Service { .. } => {}
            }
        }
    }
    (questions, answers)
}

fn listed(questions: &[Doc<BookingQuestion>]) -> BTreeSet<Id<BookingQuestionAnswer>> {
    questions.iter().flat_map(|it| it.body.answer_ids.clone()).collect()
}

/// The questions of answers that are not among those known.
fn owners(
    answers: &[Doc<BookingQuestionAnswer>],
    known: &BTreeSet<Id<BookingQuestion>>,
) -> Vec<Id<BookingQuestion>> {
    let owners: BTreeSet<_> = answers.iter().map(|it| it.body.booking_question_id).collect();
    owners.difference(known).copied().collect()
}

fn to_vec<E>(ids: &BTreeSet<Id<E>>) -> Vec<Id<E>> {
    ids.iter().copied().collect()
}

fn identified<E: Clone>(docs: &[Doc<E>]) -> Vec<Identified<E>> {
    docs.iter().map(|it| Identified { id: it.id, body: it.body.clone() }).collect()
}

fn keep<E>(all: &mut Vec<Identified<E>>, of: &[Identified<E>]) {
    let ids: HashSet<_> = of.iter().map(|it| it.id).collect();
    all.retain(|it| ids.contains(&it.id));
}

fn drop_others<E: Entity<Scope = PerTenant>>(
    unit: &mut UnitOfWork,
    before: &[Doc<E>],
    now: &[Identified<E>],
) {
    for doc in before.iter().filter(|doc| now.iter().all(|it| it.id != doc.id)) {
        unit.delete(doc.id, doc.version);
    }
}
