use std::collections::{BTreeMap, BTreeSet};

use model::{
    Doc, Id, Timestamp,
    routing::{FindingKind, Routers, check},
    scheduler::{
        BookingFlowRouter, CampaignCriteria, MatchingCriteria, PriorityClass, QueryParameter,
        RouterScheduling, SchedulerConfig,
    },
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{
    Set, at, nothing, parts,
    random::{docs, id},
    slow::{self, SlowPage},
};

const NOW: i64 = 12;

/// Every page that matters to routers made of the texts below: those of one segment more than any
/// of them has, with a letter and a value that none of them has.
fn pages() -> Vec<SlowPage> {
    let mut paths: Vec<Vec<&str>> = vec![Vec::new()];
    for at in 0..15 {
        if let Some(path) = paths.get(at).filter(|it| it.len() < 3).cloned() {
            paths.extend(["a", "z"].map(|it| [&path[..], &[it]].concat()));
        }
    }
    let mut pages = Vec::new();
    for path in paths {
        for p in ["", "1", "9"] {
            for q in ["", "1", "9"] {
                for source in ["", "go", "GO", "g9", "9"] {
                    let query: BTreeMap<_, _> = [("p", p), ("q", q), ("utm_source", source)]
                        .into_iter()
                        .filter(|it| !it.1.is_empty())
                        .map(|(name, value)| (name.to_owned(), value.to_owned()))
                        .collect();
                    let segments = path.iter().map(ToString::to_string).collect();
                    pages.push(SlowPage { segments, query });
                }
            }
        }
    }
    pages
}

prop_compose! {
    fn router()(
        path in option::weighted(0.7, (vec(select(&["a", "*"]), 0..=2), any::<bool>())),
        query_params in prop::collection::btree_map(
            select(&["p", "q", "utm_source"]).prop_map(str::to_owned),
            (option::of(Just(())), any::<bool>()),
            0..=2,
        ),
        source in option::weighted(0.3, select(&["go", "G*", "*"])),
        priority_class in select(&[PriorityClass::Standard, PriorityClass::Campaign]),
        (is_default, is_active) in (prop::bool::weighted(0.1), prop::bool::weighted(0.95)),
        times in option::weighted(0.3, select(&[(0, 15), (15, 30), (10, 20), (0, 5)])),
        scheduler in option::weighted(0.2, 0..2_u32),
    ) -> BookingFlowRouter {
        let path = path.map(|(path, is_open)| {
            path.into_iter().chain(is_open.then_some("**")).map(str::to_owned).collect()
        });
        let query_params = query_params.into_iter().map(|(name, (valued, required))| {
            let value = if name == "utm_source" { "go" } else { "1" };
            (name, QueryParameter { value: valued.map(|()| value.to_owned()), required })
        });
        let campaign = source.map(|it| CampaignCriteria {
            source: Some(it.to_owned()),
            ..CampaignCriteria::default()
        });
        BookingFlowRouter {
            name: "Router".to_owned(),
            description: None,
            booking_flow_id: id(0),
            scheduler_config_id: scheduler.map(id),
            example_urls: Vec::new(),
            matching_criteria: MatchingCriteria {
                path,
                query_params: query_params.collect(),
                campaign,
            },
            priority_class,
            is_default,
            is_active,
            scheduling: times.map(|(from, until)| RouterScheduling {
                active_from: Some(at(from)),
                active_until: Some(at(until)),
            }),
        }
    }
}

fn schedulers() -> [Option<Id<SchedulerConfig>>; 3] {
    [None, Some(id(0)), Some(id(1))]
}

/// Times at which something changes from now on.
fn times() -> [Timestamp; 5] {
    [NOW, 15, 20, 30, 40].map(at)
}

fn never_wins(set: &Set, router: &Doc<BookingFlowRouter>, pages: &[SlowPage]) -> bool {
    let is_own = |it: &Doc<BookingFlowRouter>| it.id == router.id;
    let matched: Vec<_> = pages.iter().filter(|it| slow::matches(router, it)).collect();
    let times: Vec<_> = times().into_iter().filter(|it| slow::is_in_time(router, *it)).collect();
    let schedulers = schedulers().into_iter().filter(|it| slow::serves(router, *it));
    let schedulers: Vec<_> = schedulers.collect();
    !matched.iter().any(|page| {
        times.iter().any(|at| {
            let mut asking = schedulers.iter();
            asking.any(|it| slow::route(set, page, *at, *it, &nothing()).is_some_and(is_own))
        })
    })
}

/// Whether both match a page at the same time, and only age decides.
fn ties(one: &Doc<BookingFlowRouter>, other: &Doc<BookingFlowRouter>, page: &SlowPage) -> bool {
    let both = |test: &dyn Fn(&Doc<BookingFlowRouter>) -> bool| test(one) && test(other);
    slow::level(one) == slow::level(other)
        && both(&|it| slow::matches(it, page))
        && times().into_iter().any(|at| both(&|it| slow::is_in_time(it, at)))
        && schedulers().into_iter().any(|scheduler| both(&|it| slow::serves(it, scheduler)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_is_found_is_what_looking_at_every_page_finds(
        bodies in vec((router(), 0..3_i64), 0..=5),
    ) {
        let (set, pages) = (docs(bodies), pages());
        let found = check(&Routers::compile(&set), at(NOW));
        prop_assert!(found.complete);
        let mut tied = BTreeSet::new();
        let mut losing = BTreeSet::new();
        for finding in &found.findings {
            let ids = &finding.router_ids;
            let routers: Vec<_> =
                ids.iter().map(|id| set.iter().find(|it| it.id == *id).unwrap()).collect();
            let page = finding.url.as_deref().map(parts);
            match finding.kind {
                FindingKind::Tie => {
                    prop_assert!(ties(routers[0], routers[1], &page.unwrap()), "{finding:?}");
                    tied.insert((ids[0].min(ids[1]), ids[0].max(ids[1])));
                }
                FindingKind::Shadowed => {
                    let (at, own) = (finding.at, routers[0].body.scheduler_config_id);
                    let page = page.unwrap();
                    prop_assert!(slow::matches(routers[0], &page), "{finding:?}");
                    let winner = slow::route(&set, &page, at, own, &nothing());
                    prop_assert_eq!(winner.map(|it| it.id), Some(ids[1]), "{:?}", finding);
                    losing.insert(ids[0]);
                }
                FindingKind::Impossible => {
                    prop_assert!(!pages.iter().any(|it| slow::matches(routers[0], it)));
                    losing.insert(ids[0]);
                }
            }
        }
        for (n, one) in set.iter().enumerate() {
            for other in &set[n + 1..] {
                let expected = pages.iter().any(|page| ties(one, other, page));
                prop_assert_eq!(tied.contains(&(one.id, other.id)), expected, "{:?}", (one, other));
            }
            let takes_part = one.body.is_active
                && (one.body.is_default || one.body.matching_criteria != MatchingCriteria::default())
                && times().into_iter().any(|at| slow::is_in_time(one, at));
            let expected = takes_part && never_wins(&set, one, &pages);
            prop_assert_eq!(losing.contains(&one.id), expected, "{:?}", one);
        }
    }
}
