use std::collections::BTreeMap;

use super::{
    super::{
        criteria::{Segment, Want},
        routers::Router,
    },
    Finding, FindingKind, Findings,
    draft::{Draft, Fresh},
};
use crate::Timestamp;

/// Pairs that are compared: a second's work.
const MOST_PAIRS: usize = 300_000;

/// What can tell routers apart for certain: two that differ here match no page in common.
enum Feature {
    Scheduler,
    Segment(usize),
    Parameter(String),
    Campaign(usize),
}

impl Feature {
    /// `None` when the router leaves it open.
    fn of(&self, router: &Router) -> Option<String> {
        match self {
            Self::Scheduler => router.scheduler.map(|it| it.to_string()),
            Self::Segment(n) => match router.criteria.path.as_ref()?.segments.get(*n)? {
                Segment::Literal(literal) => Some(literal.clone()),
                Segment::Any => None,
            },
            Self::Parameter(name) => match router.criteria.want(name)? {
                Want::Value(value) => Some(value.clone()),
                _ => None,
            },
            Self::Campaign(n) => {
                let glob = router.criteria.campaign[*n].as_ref()?;
                glob.is_literal().then(|| glob.as_str().to_owned())
            }
        }
    }
}

/// Of routers that only age tells apart, those that match a page in common.
pub(super) fn find(ranked: &[Router], now: Timestamp, fresh: &Fresh, findings: &mut Findings) {
    let mut pairs = 0;
    let is_level = |a: &Router, b: &Router| {
        (a.is_default, a.class, a.specificity) == (b.is_default, b.class, b.specificity)
    };
    for level in ranked.chunk_by(is_level) {
        let level = level.iter().filter(|it| it.first_time(now).is_some()).collect();
        let mut waiting: Vec<Vec<&Router>> = vec![level];
        while let Some(group) = waiting.pop() {
            match parted(&group) {
                Some(parts) => waiting.extend(parts),
                None => {
                    for (n, older) in group.iter().enumerate() {
                        for younger in &group[n + 1..] {
                            pairs += 1;
                            let full = pairs > MOST_PAIRS;
                            let tie = if full { None } else { tie(younger, older, now, fresh) };
                            if full || tie.is_some_and(|it| !findings.add(it)) {
                                findings.complete = false;
                                return;
                            }
                        }
                    }
                }
            }
        }
    }
}

/// By the first thing that tells all of them apart for certain.
fn parted<'a>(group: &[&'a Router]) -> Option<Vec<Vec<&'a Router>>> {
    let first = group.first()?;
    let segments = first.criteria.path.iter().flat_map(|it| 0..it.segments.len());
    let parameters = first.criteria.params.iter().map(|it| Feature::Parameter(it.0.clone()));
    let features = [Feature::Scheduler]
        .into_iter()
        .chain(segments.map(Feature::Segment))
        .chain(parameters)
        .chain((0..5).map(Feature::Campaign));
    for feature in features {
        let mut parts: BTreeMap<String, Vec<&Router>> = BTreeMap::new();
        let is_told = group.iter().all(|router| {
            let value = feature.of(router);
            let is_told = value.is_some();
            if let Some(value) = value {
                parts.entry(value).or_default().push(router);
            }
            is_told
        });
        if is_told && parts.len() > 1 {
            return Some(parts.into_values().collect());
        }
    }
    None
}

fn tie(younger: &Router, older: &Router, now: Timestamp, fresh: &Fresh) -> Option<Finding> {
    if !(younger.serves(older.scheduler) || older.serves(younger.scheduler)) {
        return None;
    }
    let at = younger.first_time(now)?.max(older.first_time(now)?);
    if !(younger.is_in_time(at) && older.is_in_time(at)) {
        return None;
    }
    let (a, b) = (&younger.criteria, &older.criteria);
    let length = a.length().0.max(b.length().0);
    let allows = |(least, is_open): (usize, bool)| is_open || least == length;
    if !(allows(a.length()) && allows(b.length())) {
        return None;
    }
    let draft = Draft::new(&[a, b], length, fresh).ok()?;
    let page = draft.page();
    if a.mismatch(&page).is_some() || b.mismatch(&page).is_some() {
        return None;
    }
    let message = format!(
        "“{}” and “{}” both match this page, and only because it is older the second one wins.",
        younger.name, older.name
    );
    let (router_ids, url) = (vec![younger.id, older.id], Some(draft.url()));
    Some(Finding { kind: FindingKind::Tie, router_ids, message, url, at })
}
