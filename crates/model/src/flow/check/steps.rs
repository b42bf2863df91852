use std::collections::HashSet;

use super::Findings;
use crate::{ObjectId, flow::FlowBundle, scheduler::ServiceStatus, step::StepType};

/// The rules about steps, their number and order.
pub(super) fn check(bundle: &FlowBundle, findings: &mut Findings) {
    let steps: Vec<_> = bundle.snapshot.steps.iter().map(|it| it.body.config.step_type()).collect();
    let places = |wanted: StepType| {
        steps.iter().enumerate().filter(move |(_, it)| **it == wanted).map(|(n, _)| n)
    };
    for step in [StepType::ServiceSelection, StepType::CustomerInfo, StepType::Confirmation] {
        if places(step).next().is_none() {
            let message = format!("The flow has no {} step.", step.name());
            findings.error("flow.missing_step", "steps", message);
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
            findings.error("flow.duplicate_step", format!("steps.{second}"), message);
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
            findings.error("flow.order", format!("steps.{then_at}"), message);
        }
    }
    if let Some(confirmation) = places(StepType::Confirmation).next() {
        if confirmation + 1 != steps.len() {
            findings.error(
                "flow.order",
                format!("steps.{confirmation}"),
                "The confirmation step must be the last.",
            );
        }
        if let Some(summary) = places(StepType::Summary).next()
            && summary + 1 != confirmation
        {
            findings.error(
                "flow.order",
                format!("steps.{summary}"),
                "The summary step must stand directly before the confirmation.",
            );
        }
    }
}

/// The rules about services, given those that some path reaches.
pub(super) fn check_services(
    bundle: &FlowBundle,
    reachable: &HashSet<ObjectId>,
    findings: &mut Findings,
) {
    let timed = bundle
        .snapshot
        .steps
        .iter()
        .any(|it| it.body.config.step_type() == StepType::TimeslotSelection);
    for service in &bundle.snapshot.services {
        let (path, title) =
            (format!("services.{}", service.body.slug), &service.body.content.title);
        if !reachable.contains(&service.id.object_id()) {
            let message = format!("No answer leads to “{title}”.");
            findings.warning("graph.service_unused", path, message);
            continue;
        }
        if service.body.status == ServiceStatus::Archived {
            let message = format!("“{title}” is archived, but visitors can still reach it.");
            findings.error("graph.archived_service", path.clone(), message);
        }
        let bookable = service.body.schedule_id.is_some() || service.body.vendor_data.is_some();
        if timed && !bookable {
            let message = format!("“{title}” has no schedule, so no time can be chosen for it.");
            findings.error("graph.service_not_bookable", path, message);
        }
    }
}
