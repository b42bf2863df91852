use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use model::{
    Doc, Entity, Id, Index, PerTenant,
    flow::FlowBundle,
    scheduler::{
        BookingAnswerCategory, BookingFlow, BookingQuestion, BookingQuestionAnswer, BookingService,
        FlowSnapshot, Identified, Schedule, ServiceZone,
    },
    step::{BookingFlowStep, NodeTarget, ServiceGraph, StepConfig},
};
use store::{Find, Scalar, UnitOfWork};

use crate::{Result, Tenant};

/// A flow as it is stored, with all that its steps lead to.
pub(crate) struct Draft {
    pub(crate) flow: Doc<BookingFlow>,
    /// In the flow's order.
    pub(crate) steps: Vec<Doc<BookingFlowStep>>,
    /// Steps of the flow that are not among its `steps`.
    pub(crate) loose_steps: Vec<Doc<BookingFlowStep>>,
    pub(crate) questions: Vec<Doc<BookingQuestion>>,
    pub(crate) answers: Vec<Doc<BookingQuestionAnswer>>,
    pub(crate) categories: Vec<Doc<BookingAnswerCategory>>,
    pub(crate) services: Vec<Doc<BookingService>>,
    zones: Vec<Doc<ServiceZone>>,
    schedules: Vec<Doc<Schedule>>,
}

const BY_FLOW: &Index = &BookingFlowStep::COLLECTION.indexes[0];

/// So many documents are asked for at a time.
const AT_ONCE: usize = 32;

impl Draft {
    pub(crate) async fn load(tenant: &Tenant, flow: Doc<BookingFlow>) -> Result<Self> {
        let of_flow = || Find::by(BY_FLOW, [Scalar::Text(flow.id.to_string())]);
        let place = |it: &Doc<BookingFlowStep>| flow.body.steps.iter().position(|id| *id == it.id);
        let all = list_all(tenant, of_flow).await?;
        let (mut steps, loose_steps): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|it| place(it).is_some());
        steps.sort_by_key(place);

        let nodes = || graphs(&steps).flat_map(|it| &it.nodes).map(|it| it.target);
        let questions = nodes().filter_map(|it| match it {
            NodeTarget::Question { booking_question_id } => Some(booking_question_id),
            _ => None,
        });
        let questions = get_all(tenant, questions.collect()).await?;
        let listed = questions.iter().flat_map(|it: &Doc<BookingQuestion>| &it.body.answer_ids);
        let standing = nodes().filter_map(|it| match it {
            NodeTarget::Answer { booking_question_answer_id } => Some(booking_question_answer_id),
            _ => None,
        });
        let answers = get_all(tenant, listed.copied().chain(standing).collect()).await?;

        let snapshot = FlowSnapshot {
            flow: Identified { id: flow.id, body: flow.body.clone() },
            steps: identified(&steps),
            questions: Vec::new(),
            answers: identified(&answers),
            categories: Vec::new(),
            services: Vec::new(),
        };
        let category_ids = answers.iter().filter_map(|it| it.body.category_id);
        let services = get_all(tenant, snapshot.service_ids().collect()).await?;
        Ok(Self {
            categories: get_all(tenant, category_ids.collect()).await?,
            zones: zones(tenant, &snapshot.steps, &services).await?,
            schedules: schedules(tenant, &services).await?,
            flow,
            steps,
            loose_steps,
            questions,
            answers,
            services,
        })
    }

    /// What would be published now.
    pub(crate) fn bundle(&self) -> FlowBundle {
        FlowBundle {
            snapshot: FlowSnapshot {
                flow: Identified { id: self.flow.id, body: self.flow.body.clone() },
                steps: identified(&self.steps),
                questions: identified(&self.questions),
                answers: identified(&self.answers),
                categories: identified(&self.categories),
                services: identified(&self.services),
            },
            zones: identified(&self.zones),
            schedules: identified(&self.schedules),
        }
    }

    /// Holds a batch to every document of the snapshot but the flow itself, which is written.
    pub(crate) fn hold(&self, unit: &mut UnitOfWork) {
        self.steps.iter().for_each(|it| unit.hold(it));
        self.questions.iter().for_each(|it| unit.hold(it));
        self.answers.iter().for_each(|it| unit.hold(it));
        self.categories.iter().for_each(|it| unit.hold(it));
        self.services.iter().for_each(|it| unit.hold(it));
    }
}

fn graphs(steps: &[Doc<BookingFlowStep>]) -> impl Iterator<Item = &ServiceGraph> {
    steps.iter().filter_map(|it| match &it.body.config {
        StepConfig::ServiceSelection(config) => Some(&config.graph),
        _ => None,
    })
}

/// The zones that steps and services name and that there are.
pub(super) async fn zones(
    tenant: &Tenant,
    steps: &[Identified<BookingFlowStep>],
    services: &[Doc<BookingService>],
) -> Result<Vec<Doc<ServiceZone>>> {
    let of_steps = steps.iter().filter_map(|it| match &it.body.config {
        StepConfig::Zipcode(config) => Some(&config.zone_ids),
        _ => None,
    });
    let ids =
        of_steps.chain(services.iter().map(|it| &it.body.service_zone_ids)).flatten().copied();
    get_all(tenant, ids.collect()).await
}

/// The schedules that services name and that there are.
pub(super) async fn schedules(
    tenant: &Tenant,
    services: &[Doc<BookingService>],
) -> Result<Vec<Doc<Schedule>>> {
    get_all(tenant, services.iter().filter_map(|it| it.body.schedule_id).collect()).await
}

pub(super) fn identified<E: Clone>(docs: &[Doc<E>]) -> Vec<Identified<E>> {
    docs.iter().map(|it| Identified { id: it.id, body: it.body.clone() }).collect()
}

/// Those that there are, each once, in the order of their first mention.
pub(crate) async fn get_all<E: Entity<Scope = PerTenant>>(
    tenant: &Tenant,
    mut ids: Vec<Id<E>>,
) -> Result<Vec<Doc<E>>> {
    let mut seen = BTreeSet::new();
    ids.retain(|id| seen.insert(*id));
    let mut docs = Vec::with_capacity(ids.len());
    for ids in ids.chunks(AT_ONCE) {
        let found = try_join_all(ids.iter().map(|id| tenant.scoped().get(*id))).await?;
        docs.extend(found.into_iter().flatten());
    }
    Ok(docs)
}

/// All pages of a list.
pub(crate) async fn list_all<E: Entity<Scope = PerTenant>>(
    tenant: &Tenant,
    find: impl Fn() -> Find<E>,
) -> Result<Vec<Doc<E>>> {
    let mut docs = Vec::new();
    let mut after = None;
    loop {
        let (page, next) = tenant.scoped().list(find().after(after)).await?;
        docs.extend(page);
        match next {
            Some(next) => after = Some(next),
            None => return Ok(docs),
        }
    }
}
