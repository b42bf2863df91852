use std::collections::HashSet;

use super::{Findings, Names};
use crate::{Id, ObjectId, flow::FlowBundle, scheduler::AnswerKind, step::StepConfig};

/// Every id that a step, a question, an answer or a service holds is the id of something. What the
/// graph's nodes and edges hold is checked with the graph.
pub(super) fn check(bundle: &FlowBundle, names: &Names<'_>, findings: &mut Findings) {
    let snapshot = &bundle.snapshot;
    let zones: HashSet<_> = bundle.zones.iter().map(|it| it.id.object_id()).collect();
    let schedules: HashSet<_> = bundle.schedules.iter().map(|it| it.id.object_id()).collect();
    let categories: HashSet<_> = snapshot.categories.iter().map(|it| it.id.object_id()).collect();
    let mut require = |known: bool, path: String, id: ObjectId| {
        if !known {
            let message = format!("There is nothing with the id {id}, which is named here.");
            findings.error("reference.missing", path, message, &[Id::<()>::new(id)]);
        }
    };
    let steps: HashSet<_> = snapshot.steps.iter().map(|it| it.id).collect();
    for id in &snapshot.flow.body.steps {
        require(steps.contains(id), "steps".to_owned(), id.object_id());
    }
    for (n, step) in snapshot.steps.iter().enumerate() {
        let StepConfig::Zipcode(config) = &step.body.config else { continue };
        for zone in config.zone_ids.iter().map(|it| it.object_id()) {
            require(zones.contains(&zone), format!("steps.{n}.zones"), zone);
        }
    }
    for question in snapshot.questions.iter().map(|it| &it.body) {
        for id in question.answer_ids.iter().map(|it| it.object_id()) {
            let path = format!("questions.{}.answers", question.slug);
            require(names.answers.contains_key(&id), path, id);
        }
    }
    for answer in &snapshot.answers {
        let path = names.answer_path(&answer.body);
        let question = answer.body.booking_question_id.object_id();
        require(names.questions.contains_key(&question), path.clone(), question);
        if let AnswerKind::ServiceReference { booking_service_id: id } = answer.body.kind {
            let known = names.services.contains_key(&id.object_id());
            require(known, format!("{path}.service"), id.object_id());
        }
        if let Some(id) = answer.body.category_id.map(Id::object_id) {
            require(categories.contains(&id), format!("{path}.category"), id);
        }
    }
    for service in snapshot.services.iter().map(|it| &it.body) {
        let path = format!("services.{}", service.slug);
        if let Some(id) = service.schedule_id.map(Id::object_id) {
            require(schedules.contains(&id), format!("{path}.schedule"), id);
        }
        for id in service.service_zone_ids.iter().map(|it| it.object_id()) {
            require(zones.contains(&id), format!("{path}.zones"), id);
        }
    }
    for schedule in bundle.schedules.iter().map(|it| &it.body) {
        let path = format!("schedules.{}.capacity", schedule.slug);
        for id in schedule.capacity.by_zone.keys().map(|it| it.object_id()) {
            require(zones.contains(&id), format!("{path}.by_zone"), id);
        }
        for id in schedule.capacity.by_service.keys().map(|it| it.object_id()) {
            require(names.services.contains_key(&id), format!("{path}.by_service"), id);
        }
    }
}
