use std::collections::BTreeSet;

use model::{
    Entity, Problems,
    routing::{Asked, FindingKind, Page, Routers, VerdictCode, check},
    scheduler::BookingFlowRouter,
};
use serde_json::{Value, json};

use super::{
    Set, at, nothing,
    random::{docs, id},
};

fn router(criteria: &Value, more: &Value) -> BookingFlowRouter {
    let mut body = json!({
        "name": "Router", "booking_flow_id": id::<()>(1), "matching_criteria": criteria,
        "priority_class": "standard", "is_active": true,
    });
    let more = more.as_object().cloned().unwrap_or_default();
    body.as_object_mut().unwrap().extend(more);
    serde_json::from_value(body).unwrap()
}

/// The first is the oldest.
fn set(routers: &[(Value, Value)]) -> Set {
    let ages = 0..;
    docs(routers.iter().map(|(criteria, more)| router(criteria, more)).zip(ages).collect())
}

fn winner(routers: &[(Value, Value)], url: &str) -> Option<usize> {
    let set = set(routers);
    let page = Page::parse(url);
    let unpublished = nothing();
    let asked = Asked { page: &page, at: at(0), scheduler: None, unpublished: &unpublished };
    let routed = Routers::compile(&set).route(&asked)?;
    set.iter().position(|it| it.id == routed.router)
}

fn path(segments: &[&str]) -> (Value, Value) {
    (json!({ "path": segments }), json!({}))
}

#[test]
fn the_most_specific_path_wins() {
    let routers = [
        path(&["**"]),
        path(&["services", "**"]),
        path(&["services", "*"]),
        path(&["services", "ac"]),
        path(&["services"]),
        path(&[]),
    ];
    for (url, expected) in [
        ("/services/ac/", 3),
        ("/Services/drains", 2),
        ("/services/drains/kitchen", 1),
        ("/services", 4),
        ("/about", 0),
        ("/", 5),
    ] {
        assert_eq!(winner(&routers, url), Some(expected), "{url}");
    }
}

#[test]
fn class_goes_before_specificity_and_specificity_before_age() {
    let routers = [
        (json!({ "path": ["a"] }), json!({ "priority_class": "fallback" })),
        (json!({ "path": ["a"] }), json!({})),
        (json!({ "path": ["a"] }), json!({})),
        (json!({ "path": ["a"], "query_params": { "x": {} } }), json!({})),
        (json!({ "path": ["a"], "query_params": { "x": { "value": "1" } } }), json!({})),
        (json!({ "campaign": { "source": "news*" } }), json!({ "priority_class": "campaign" })),
    ];
    assert_eq!(winner(&routers, "/a"), Some(1), "the older of two");
    assert_eq!(winner(&routers, "/a?x=2"), Some(3));
    assert_eq!(winner(&routers, "/a?x=1"), Some(4));
    assert_eq!(winner(&routers, "/a?x=1&utm_source=NewsLetter"), Some(5));
}

#[test]
fn a_router_that_asks_for_nothing_matches_as_the_default_only() {
    let nothing = (json!({}), json!({}));
    let default = (json!({}), json!({ "is_default": true, "priority_class": "override" }));
    assert_eq!(winner(std::slice::from_ref(&nothing), "/a"), None);
    let routers = [nothing, default, path(&["a"])];
    assert_eq!(winner(&routers, "/b"), Some(1));
    assert_eq!(winner(&routers, "/a"), Some(2), "the default is behind all others");
}

#[test]
fn times_begin_included_and_end_excluded() {
    let times = json!({ "scheduling": {
        "active_from": at(10), "active_until": at(20),
    } });
    let set = set(&[(json!({ "path": ["a"] }), times)]);
    let routers = Routers::compile(&set);
    let (page, unpublished) = (Page::parse("/a"), nothing());
    let code = |millis| {
        let at = model::Timestamp::from_millis(millis);
        let asked = Asked { page: &page, at, scheduler: None, unpublished: &unpublished };
        routers.decide(&asked).verdicts[0].code
    };
    assert_eq!(code(9_999), VerdictCode::NotYet);
    assert_eq!(code(10_000), VerdictCode::Won);
    assert_eq!(code(19_999), VerdictCode::Won);
    assert_eq!(code(20_000), VerdictCode::Over);
}

#[test]
fn a_flow_that_nobody_can_get_is_passed_over() {
    let other = json!({ "booking_flow_id": id::<()>(2) });
    let set = set(&[path(&["a"]), (json!({ "path": ["*"] }), other)]);
    let routers = Routers::compile(&set);
    let (page, unpublished) = (Page::parse("/a"), BTreeSet::from([id(1)]));
    let asked = Asked { page: &page, at: at(0), scheduler: None, unpublished: &unpublished };
    let decision = routers.decide(&asked);
    assert_eq!(decision.routed.unwrap().flow, id(2));
    let codes: Vec<_> = decision.verdicts.iter().map(|it| it.code).collect();
    assert_eq!(codes, [VerdictCode::FlowNotPublished, VerdictCode::Won]);
}

#[test]
fn a_router_can_be_shadowed_by_several_together() {
    let standard = json!({ "priority_class": "override" });
    let routers = [
        (json!({ "path": ["a", "**"] }), json!({})),
        (json!({ "path": ["a"] }), standard.clone()),
        (json!({ "path": ["a", "*", "**"] }), standard),
    ];
    let found = check(&Routers::compile(&set(&routers)), at(0));
    let [finding] = &found.findings[..] else { panic!("{found:?}") };
    assert_eq!((finding.kind, finding.router_ids[0]), (FindingKind::Shadowed, id(0)));
    let found = check(&Routers::compile(&set(&routers[..2])), at(0));
    assert_eq!(found.findings, [], "/a/anything is left");
}

#[test]
fn more_pairs_than_are_compared_are_admitted() {
    let bodies = (0..1_000).map(|n| {
        let name = format!("p{n}");
        (router(&json!({ "query_params": { name: { "value": "1" } } }), &json!({})), n)
    });
    let found = check(&Routers::compile(&docs(bodies.collect())), at(0));
    assert!(!found.complete && !found.findings.is_empty());
}

#[test]
fn segments_that_no_page_has_are_refused() {
    for (segment, is_good) in
        [("..", false), ("%2e", false), ("a/b", false), ("a*", false), ("", false), ("%2A", true)]
    {
        let router = router(&json!({ "path": [segment] }), &json!({}));
        let mut problems = Problems::default();
        router.validate(&mut problems.root());
        assert_eq!(problems.into_result().is_ok(), is_good, "{segment}");
    }
    assert_eq!(winner(&[path(&["%2A"])], "/*"), Some(0));
    assert_eq!(winner(&[path(&["%2A"])], "/a"), None);
}
