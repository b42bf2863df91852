//! The rules as the specification says them, with no index, no folding and no parsing.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use model::{
    Doc, Id, Timestamp,
    routing::VerdictCode,
    scheduler::{BookingFlow, BookingFlowRouter, SchedulerConfig},
};

use super::{Set, random::Visit};

/// What a URL stands for: segments as they are meant, and the first value of each parameter.
#[derive(Debug, Clone)]
pub(crate) struct SlowPage {
    pub(crate) segments: Vec<String>,
    pub(crate) query: BTreeMap<String, String>,
}

type Router = Doc<BookingFlowRouter>;

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn path_matches(pattern: &[String], segments: &[String]) -> bool {
    match (pattern, segments) {
        ([], []) => true,
        ([last], _) if last == "**" => true,
        ([first, others @ ..], [segment, rest @ ..]) => {
            (first == "*" || same(first, segment)) && path_matches(others, rest)
        }
        _ => false,
    }
}

fn wild(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (['*', others @ ..], _) => {
            wild(others, text) || (!text.is_empty() && wild(pattern, &text[1..]))
        }
        ([a, others @ ..], [b, rest @ ..]) => a.eq_ignore_ascii_case(b) && wild(others, rest),
        _ => false,
    }
}

fn has_criteria(router: &Router) -> bool {
    let criteria = &router.body.matching_criteria;
    criteria.path.is_some() || !criteria.query_params.is_empty() || !fields(router).is_empty()
}

fn fields(router: &Router) -> Vec<(&'static str, &String)> {
    let Some(campaign) = &router.body.matching_criteria.campaign else { return Vec::new() };
    let all = [
        ("utm_source", &campaign.source),
        ("utm_medium", &campaign.medium),
        ("utm_campaign", &campaign.campaign),
        ("utm_term", &campaign.term),
        ("utm_content", &campaign.content),
    ];
    all.into_iter().filter_map(|(name, it)| Some((name, it.as_ref()?))).collect()
}

/// Why the criteria do not match.
fn differs(router: &Router, page: &SlowPage) -> Option<VerdictCode> {
    let criteria = &router.body.matching_criteria;
    if let Some(path) = &criteria.path
        && !path_matches(path, &page.segments)
    {
        return Some(VerdictCode::PathDiffers);
    }
    for (name, wanted) in &criteria.query_params {
        match (page.query.get(name), &wanted.value) {
            (None, _) if wanted.required => return Some(VerdictCode::ParameterMissing),
            (Some(value), Some(wanted)) if value != wanted => {
                return Some(VerdictCode::ParameterDiffers);
            }
            _ => {}
        }
    }
    for (name, pattern) in fields(router) {
        let pattern: Vec<_> = pattern.chars().collect();
        let value = page.query.get(name).map(|it| it.chars().collect::<Vec<_>>());
        if !value.is_some_and(|it| wild(&pattern, &it)) {
            return Some(VerdictCode::CampaignDiffers);
        }
    }
    None
}

pub(crate) fn is_in_time(router: &Router, at: Timestamp) -> bool {
    let Some(times) = &router.body.scheduling else { return true };
    times.active_from.is_none_or(|it| it <= at) && times.active_until.is_none_or(|it| it > at)
}

pub(crate) fn serves(router: &Router, scheduler: Option<Id<SchedulerConfig>>) -> bool {
    router.body.scheduler_config_id.is_none() || router.body.scheduler_config_id == scheduler
}

pub(crate) fn matches(router: &Router, page: &SlowPage) -> bool {
    router.body.is_active
        && (router.body.is_default || has_criteria(router))
        && differs(router, page).is_none()
}

/// What decides before age does; less wins.
pub(crate) fn level(router: &Router) -> impl Ord + use<> {
    let criteria = &router.body.matching_criteria;
    let path = criteria.path.clone().unwrap_or_else(|| vec!["**".to_owned()]);
    let any = path.iter().filter(|it| *it == "*").count();
    let open = path.iter().filter(|it| *it == "**").count();
    let valued = criteria.query_params.values().filter(|it| it.value.is_some()).count();
    let present = criteria.query_params.values().filter(|it| it.value.is_none() && it.required);
    (
        router.body.is_default,
        router.body.priority_class,
        Reverse(path.len() - any - open),
        Reverse(any),
        open,
        Reverse(valued),
        Reverse(present.count()),
        Reverse(fields(router).len()),
    )
}

pub(crate) fn route<'a>(
    set: &'a Set,
    page: &SlowPage,
    at: Timestamp,
    scheduler: Option<Id<SchedulerConfig>>,
    unpublished: &BTreeSet<Id<BookingFlow>>,
) -> Option<&'a Router> {
    set.iter()
        .filter(|it| is_in_time(it, at) && serves(it, scheduler) && matches(it, page))
        .filter(|it| !unpublished.contains(&it.body.booking_flow_id))
        .min_by_key(|it| (level(it), it.created_at, it.id))
}

/// The code that a router's verdict must have.
pub(crate) fn why(set: &Set, router: &Router, visit: &Visit) -> VerdictCode {
    let body = &router.body;
    if !body.is_active {
        return VerdictCode::Inactive;
    }
    if !serves(router, visit.scheduler) {
        return VerdictCode::OtherScheduler;
    }
    if !is_in_time(router, visit.at) {
        let from = body.scheduling.as_ref().and_then(|it| it.active_from);
        let is_early = from.is_some_and(|it| visit.at < it);
        return if is_early { VerdictCode::NotYet } else { VerdictCode::Over };
    }
    if !body.is_default && !has_criteria(router) {
        return VerdictCode::NoCriteria;
    }
    if let Some(code) = differs(router, &visit.page) {
        return code;
    }
    if visit.unpublished.contains(&body.booking_flow_id) {
        return VerdictCode::FlowNotPublished;
    }
    let winner = route(set, &visit.page, visit.at, visit.scheduler, &visit.unpublished).unwrap();
    if winner.id == router.id {
        return if body.is_default { VerdictCode::WonAsDefault } else { VerdictCode::Won };
    }
    if body.is_default && !winner.body.is_default {
        VerdictCode::LostAsDefault
    } else if body.priority_class != winner.body.priority_class {
        VerdictCode::LostByClass
    } else if level(router) != level(winner) {
        VerdictCode::LostBySpecificity
    } else {
        VerdictCode::LostByAge
    }
}
