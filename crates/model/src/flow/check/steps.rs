use super::{Findings, Graph, Names, Severity, texts};
use crate::{flow::FlowBundle, scheduler::ServiceStatus, step::StepType};

/// The rules about steps, their number and order.
pub(super) fn check(bundle: &FlowBundle, findings: &mut Findings) {
    let steps: Vec<_> = bundle.snapshot.steps.iter().map(|it| it.body.config.step_type()).collect();
    let id = |n: usize| bundle.snapshot.steps[n].id;
    let places = |wanted: StepType| {
        steps.iter().enumerate().filter(move |(_, it)| **it == wanted).map(|(n, _)| n)
    };
    for step in [StepType::ServiceSelection, StepType::CustomerInfo, StepType::Confirmation] {
        if places(step).next().is_none() {
            let message = format!("The flow has no {} step.", step.name());
            let flow = [bundle.snapshot.flow.id];
            findings.error("flow.missing_step", "steps".to_owned(), message, &flow);
        }
    }
    for step in [
        StepType::Zipcode,
        StepType::ServiceSelection,
        StepType::TimeslotSelection,
        StepType::CustomerInfo,
        StepType::Summary,
        StepType::Confirmation,
    ] {
        if let Some(second) = places(step).nth(1) {
            let message = format!("The flow has more than one {} step.", step.name());
            let ids: Vec<_> = places(step).map(id).collect();
            findings.error("flow.duplicate_step", format!("steps.{second}"), message, &ids);
        }
    }
    for (first, then) in [
        (StepType::Zipcode, StepType::TimeslotSelection),
        (StepType::ServiceSelection, StepType::TimeslotSelection),
        (StepType::ServiceSelection, StepType::Summary),
        (StepType::CustomerInfo, StepType::Summary),
    ] {
        if let (Some(first_at), Some(then_at)) = (places(first).next(), places(then).next())
            && then_at < first_at
        {
            let message =
                format!("The {} step must come after the {} step.", then.name(), first.name());
            let ids = [id(then_at), id(first_at)];
            findings.error("flow.order", format!("steps.{then_at}"), message, &ids);
        }
    }
    if let Some(confirmation) = places(StepType::Confirmation).next() {
        if confirmation + 1 != steps.len() {
            findings.error(
                "flow.order",
                format!("steps.{confirmation}"),
                "The confirmation step must be the last.".to_owned(),
                &[id(confirmation)],
            );
        }
        if let Some(summary) = places(StepType::Summary).next()
            && summary + 1 != confirmation
        {
            findings.error(
                "flow.order",
                format!("steps.{summary}"),
                "The summary step must stand directly before the confirmation.".to_owned(),
                &[id(summary), id(confirmation)],
            );
        }
    }
}

/// The rules about services, given where paths reach them.
pub(super) fn check_services(
    bundle: &FlowBundle,
    graph: &Graph,
    names: &Names<'_>,
    findings: &mut Findings,
) {
    let reached = graph.reachable_services();
    let timed = bundle
        .snapshot
        .steps
        .iter()
        .any(|it| it.body.config.step_type() == StepType::TimeslotSelection);
    for service in &bundle.snapshot.services {
        let title = &service.body.content.title;
        let mut add = |severity, code, message| {
            if findings.has_room(code) {
                let path = format!("services.{}", service.body.slug);
                let node = reached.get(&service.id);
                let witness = node.map(|it| graph.witness(*it, names)).unwrap_or_default();
                findings.add(severity, code, path, message, texts(&[service.id]), witness);
            }
        };
        if !reached.contains_key(&service.id) {
            let message = format!("No answer leads to “{title}”.");
            add(Severity::Warning, "graph.service_unused", message);
            continue;
        }
        if service.body.status == ServiceStatus::Archived {
            let message = format!("“{title}” is archived, but visitors can still reach it.");
            add(Severity::Error, "graph.archived_service", message);
        }
        let bookable = service.body.schedule_id.is_some() || service.body.vendor_data.is_some();
        if timed && !bookable {
            let message = format!("“{title}” has no schedule, so no time can be chosen for it.");
            add(Severity::Error, "graph.service_not_bookable", message);
        }
    }
}
