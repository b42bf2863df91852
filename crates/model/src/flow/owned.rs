use std::collections::HashSet;

use crate::{
    Id, ObjectId,
    flow::FlowBundle,
    scheduler::{AnswerKind, BookingFlow, BookingService, FlowSnapshot, Identified, Schedule},
    step::{NodeTarget, StepConfig},
};

impl FlowBundle {
    /// The flow before it had any step: what a new one is compared with.
    #[must_use]
    pub fn without_anything(&self) -> Self {
        let flow = self.snapshot.flow.clone();
        Self {
            snapshot: FlowSnapshot {
                flow: Identified {
                    body: BookingFlow { journeys: Vec::new(), ..flow.body },
                    ..flow
                },
                steps: Vec::new(),
                questions: Vec::new(),
                answers: Vec::new(),
                categories: Vec::new(),
                services: Vec::new(),
            },
            zones: Vec::new(),
            schedules: Vec::new(),
        }
    }

    /// The flow with what it needs to work, and nothing that the organization has besides.
    #[must_use]
    pub fn owned(mut self) -> Self {
        let snapshot = &mut self.snapshot;
        let mut named = Named::default();
        let mut everywhere = false;
        for step in &snapshot.steps {
            match &step.body.config {
                StepConfig::ServiceSelection(config) => {
                    config.graph.nodes.iter().for_each(|it| named.node(it.target));
                }
                StepConfig::Zipcode(config) => {
                    named.add(&config.zone_ids);
                    everywhere |= config.zone_ids.is_empty();
                }
                _ => {}
            }
        }
        let owners = snapshot.answers.iter().filter(|it| named.has(it.id));
        let owners: Vec<_> = owners.map(|it| it.body.booking_question_id).collect();
        named.add(&owners);
        snapshot.questions.retain(|it| named.has(it.id));
        snapshot.questions.iter().for_each(|it| named.add(&it.body.answer_ids));
        snapshot.answers.retain(|it| named.has(it.id));
        for answer in snapshot.answers.iter().map(|it| &it.body) {
            named.add(answer.category_id.as_slice());
            if let AnswerKind::ServiceReference { booking_service_id } = answer.kind {
                named.add(&[booking_service_id]);
            }
        }
        for journey in &snapshot.flow.body.journeys {
            let services = snapshot.services.iter();
            let services =
                services.filter(|it| journey.expect.service.as_ref() == Some(&it.body.slug));
            named.add(&services.map(|it| it.id).collect::<Vec<_>>());
            let zones = self.zones.iter();
            let zones = zones.filter(|it| journey.expect.zone.as_ref() == Some(&it.body.slug));
            named.add(&zones.map(|it| it.id).collect::<Vec<_>>());
        }
        named.with_schedules(&snapshot.services, &self.schedules);
        snapshot.services.retain(|it| named.has(it.id));
        snapshot.categories.retain(|it| named.has(it.id));
        self.schedules.retain(|it| named.has(it.id));
        // A flow that names no zone goes wherever the organization goes.
        self.zones.retain(|it| everywhere || named.has(it.id));
        self
    }
}

#[derive(Default)]
struct Named(HashSet<ObjectId>);

impl Named {
    fn add<E>(&mut self, ids: &[Id<E>]) {
        self.0.extend(ids.iter().map(|it| it.object_id()));
    }

    fn has<E>(&self, id: Id<E>) -> bool {
        self.0.contains(&id.object_id())
    }

    fn node(&mut self, target: NodeTarget) {
        match target {
            NodeTarget::Question { booking_question_id: id } => self.add(&[id]),
            NodeTarget::Answer { booking_question_answer_id: id } => self.add(&[id]),
            NodeTarget::Service { booking_service_id: id } => self.add(&[id]),
        }
    }

    /// Services have schedules, and schedules limit services: until nothing more is named.
    fn with_schedules(
        &mut self,
        services: &[Identified<BookingService>],
        schedules: &[Identified<Schedule>],
    ) {
        let mut before = usize::MAX;
        while before != self.0.len() {
            before = self.0.len();
            for service in services.iter().filter(|it| self.has(it.id)).collect::<Vec<_>>() {
                self.add(service.body.schedule_id.as_slice());
                self.add(&service.body.service_zone_ids);
            }
            for schedule in schedules.iter().filter(|it| self.has(it.id)).collect::<Vec<_>>() {
                let capacity = &schedule.body.capacity;
                self.add(&capacity.by_zone.keys().copied().collect::<Vec<_>>());
                self.add(&capacity.by_service.keys().copied().collect::<Vec<_>>());
            }
        }
    }
}
