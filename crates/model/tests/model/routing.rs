//! Routers against a model of their rules that looks at everything, one after the other.

#[path = "routing/checker.rs"]
mod checker;
#[path = "routing/random.rs"]
mod random;
#[path = "routing/rules.rs"]
mod rules;
#[path = "routing/slow.rs"]
mod slow;

use std::collections::BTreeSet;

use model::{
    Doc, Timestamp,
    routing::{Asked, Page, Routed, Routers, VerdictCode},
    scheduler::BookingFlowRouter,
};
use proptest::prelude::*;

use self::{
    random::{Visit, routers, visit},
    slow::SlowPage,
};

pub(crate) type Set = Vec<Doc<BookingFlowRouter>>;

/// Visits of one case.
const VISITS: usize = 40;

/// Cases, so that there are 100,000 visits.
const CASES: u32 = 2_500;

fn asked<'a>(page: &'a Page, visit: &'a Visit) -> Asked<'a> {
    Asked { page, at: visit.at, scheduler: visit.scheduler, unpublished: &visit.unpublished }
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn routes_are_those_of_the_slow_model(
        set in routers(8),
        visits in prop::collection::vec(visit(), VISITS),
    ) {
        let routers = Routers::compile(&set);
        for visit in &visits {
            let page = Page::parse(&visit.url);
            let expected = slow::route(&set, &visit.page, visit.at, visit.scheduler, &visit.unpublished);
            let expected = expected
                .map(|it| Routed { router: it.id, flow: it.body.booking_flow_id });
            prop_assert_eq!(routers.route(&asked(&page, visit)), expected, "{}", visit.url);
        }
    }

    #[test]
    fn explanations_are_true(set in routers(6), visit in visit()) {
        let routers = Routers::compile(&set);
        let page = Page::parse(&visit.url);
        let decision = routers.decide(&asked(&page, &visit));
        prop_assert_eq!(decision.verdicts.len(), set.len());
        for verdict in &decision.verdicts {
            let router = set.iter().find(|it| it.id == verdict.router_id).unwrap();
            let code = slow::why(&set, router, &visit);
            prop_assert_eq!(verdict.code, code, "{}: {}", visit.url, verdict.reason);
            let is_winner = matches!(code, VerdictCode::Won | VerdictCode::WonAsDefault);
            prop_assert_eq!(is_winner, decision.routed.map(|it| it.router) == Some(router.id));
            let lost = verdict.code >= VerdictCode::LostAsDefault;
            prop_assert_eq!(verdict.lost_to.is_some(), lost);
        }
    }
}

/// The slow model reads no URLs; this is how its pages are read from simple ones.
fn parts(url: &str) -> SlowPage {
    let rest = url.strip_prefix("https://example.com/").unwrap();
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let segments = path.split('/').filter(|it| !it.is_empty()).map(str::to_owned).collect();
    let pairs = query.split('&').filter(|it| !it.is_empty());
    let pairs = pairs.map(|it| it.split_once('=').unwrap_or((it, "")));
    let query = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    SlowPage { segments, query }
}

fn nothing() -> BTreeSet<model::Id<model::scheduler::BookingFlow>> {
    BTreeSet::new()
}
