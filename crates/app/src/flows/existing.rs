use std::collections::{BTreeSet, HashMap};

use model::{
    Doc, Entity, Index, ObjectId, PerTenant,
    content::Slug,
    flow::FlowBundle,
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
    pub(super) async fn load(tenant: &Tenant, slug: &Slug) -> Result<Self> {
        const BY_SLUG: &Index = &BookingFlow::COLLECTION.indexes[1];
        let by_slug = Find::by(BY_SLUG, [Scalar::Text(slug.to_string())]);
        let (flows, _) = tenant.scoped().list::<BookingFlow>(by_slug).await?;
        let flow = flows.into_iter().find(|it| it.body.status != BookingFlowStatus::Deleted);
        let step_ids = flow.iter().flat_map(|it| it.body.steps.clone());
        let steps = get_all(tenant, step_ids.collect()).await?;
        let question_ids: BTreeSet<_> = steps
            .iter()
            .filter_map(|it| match &it.body.config {
                StepConfig::ServiceSelection(config) => Some(&config.graph.nodes),
                _ => None,
            })
            .flatten()
            .filter_map(|it| match it.target {
                NodeTarget::Question { booking_question_id } => Some(booking_question_id),
                _ => None,
            })
            .collect();
        let questions = get_all(tenant, question_ids.into_iter().collect()).await?;
        let answer_ids =
            questions.iter().flat_map(|it: &Doc<BookingQuestion>| it.body.answer_ids.clone());
        let answers = get_all(tenant, answer_ids.collect()).await?;
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

    fn places(&self) -> HashMap<String, ObjectId> {
        let mut ids = HashMap::new();
        if let Some(flow) = &self.flow {
            ids.insert("flow".to_owned(), flow.id.object_id());
        }
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for step in &self.steps {
            let name = step.body.config.step_type().name();
            let nth = seen.entry(name).or_default();
            ids.insert(format!("steps.{name}.{nth}"), step.id.object_id());
            *nth += 1;
        }
        let mut add = |kind: &str, slug: &Slug, id: ObjectId| {
            ids.insert(format!("{kind}.{slug}"), id);
        };
        self.services.iter().for_each(|it| add("services", &it.body.slug, it.id.object_id()));
        self.zones.iter().for_each(|it| add("zones", &it.body.slug, it.id.object_id()));
        self.schedules.iter().for_each(|it| add("schedules", &it.body.slug, it.id.object_id()));
        self.categories.iter().for_each(|it| add("categories", &it.body.slug, it.id.object_id()));
        self.questions.iter().for_each(|it| add("questions", &it.body.slug, it.id.object_id()));
        for answer in &self.answers {
            let question =
                self.questions.iter().find(|it| it.id == answer.body.booking_question_id);
            if let Some(question) = question {
                let place =
                    format!("questions.{}.answers.{}", question.body.slug, answer.body.slug);
                ids.insert(place, answer.id.object_id());
            }
        }
        self.graph_places(&mut ids);
        ids
    }

    fn graph_places(&self, ids: &mut HashMap<String, ObjectId>) {
        let by_id: HashMap<_, _> = ids.iter().map(|(place, id)| (*id, place.clone())).collect();
        let graphs = self.steps.iter().filter_map(|it| match &it.body.config {
            StepConfig::ServiceSelection(config) => Some(&config.graph),
            _ => None,
        });
        for graph in graphs {
            let mut nodes = HashMap::new();
            for node in &graph.nodes {
                let target = match node.target {
                    NodeTarget::Question { booking_question_id: id } => id.object_id(),
                    NodeTarget::Answer { booking_question_answer_id: id } => id.object_id(),
                    NodeTarget::Service { booking_service_id: id } => id.object_id(),
                };
                if let Some(place) = by_id.get(&target) {
                    ids.insert(format!("nodes.{place}"), node.id.object_id());
                    nodes.insert(node.id, place);
                }
            }
            for edge in &graph.edges {
                if let (Some(source), Some(target)) =
                    (nodes.get(&edge.source_node_id), nodes.get(&edge.target_node_id))
                {
                    ids.insert(format!("edges.{source}>{target}"), edge.id.object_id());
                }
            }
        }
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

    /// The flow as it is stored.
    pub(super) fn bundle(self) -> Option<FlowBundle> {
        let flow = self.flow?;
        let mut steps = identified(self.steps);
        steps.sort_by_key(|it| flow.body.steps.iter().position(|id| *id == it.id));
        Some(FlowBundle {
            snapshot: FlowSnapshot {
                flow: Identified { id: flow.id, body: flow.body },
                steps,
                questions: identified(self.questions),
                answers: identified(self.answers),
                categories: identified(self.categories),
                services: identified(self.services),
            },
            zones: identified(self.zones),
            schedules: identified(self.schedules),
        })
    }
}

fn identified<E>(docs: Vec<Doc<E>>) -> Vec<Identified<E>> {
    docs.into_iter().map(|it| Identified { id: it.id, body: it.body }).collect()
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
