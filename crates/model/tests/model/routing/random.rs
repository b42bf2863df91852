use std::collections::{BTreeMap, BTreeSet};

use model::{
    Doc, Id, ObjectId, Timestamp,
    scheduler::{
        BookingFlow, BookingFlowRouter, CampaignCriteria, MatchingCriteria, PriorityClass,
        QueryParameter, RouterScheduling, SchedulerConfig,
    },
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{Set, at, slow::SlowPage};

/// What a visitor brings.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) url: String,
    pub(crate) page: SlowPage,
    pub(crate) at: Timestamp,
    pub(crate) scheduler: Option<Id<SchedulerConfig>>,
    pub(crate) unpublished: BTreeSet<Id<BookingFlow>>,
}

pub(crate) fn id<E>(number: u32) -> Id<E> {
    Id::new(ObjectId::from_parts(number, [0; 5], 0))
}

fn path() -> impl Strategy<Value = Option<Vec<String>>> {
    let segment = select(&["a", "A", "b", "*", "*"]).prop_map(str::to_owned);
    let path = (vec(segment, 0..=3), any::<bool>()).prop_map(|(mut path, is_open)| {
        path.extend(is_open.then(|| "**".to_owned()));
        path
    });
    option::weighted(0.8, path)
}

fn parameters() -> impl Strategy<Value = BTreeMap<String, QueryParameter>> {
    let name = select(&["p", "q", "r", "utm_source"]).prop_map(str::to_owned);
    let value = option::of(select(&["1", "2", "go"]).prop_map(str::to_owned));
    let wanted = (value, any::<bool>());
    let wanted = wanted.prop_map(|(value, required)| QueryParameter { value, required });
    prop::collection::btree_map(name, wanted, 0..=3)
}

fn campaign() -> impl Strategy<Value = Option<CampaignCriteria>> {
    let pattern =
        select(&["go", "Go*", "*o", "*", "g*o", "", "*go*1", "1"]).prop_map(str::to_owned);
    let pattern = || option::weighted(0.4, pattern.clone());
    let campaign = (pattern(), pattern()).prop_map(|(source, term)| CampaignCriteria {
        source,
        term,
        ..CampaignCriteria::default()
    });
    option::weighted(0.3, campaign)
}

fn scheduling() -> impl Strategy<Value = Option<RouterScheduling>> {
    let times = (option::of(0..4_i64), option::of(2..6_i64));
    option::weighted(
        0.3,
        times.prop_map(|(from, until)| RouterScheduling {
            active_from: from.map(|it| at(it * 10)),
            active_until: until.map(|it| at(it * 10 + 5)),
        }),
    )
}

prop_compose! {
    fn router()(
        path in path(),
        query_params in parameters(),
        campaign in campaign(),
        priority_class in select(&[
            PriorityClass::Standard, PriorityClass::Standard, PriorityClass::Override,
            PriorityClass::Campaign, PriorityClass::Fallback,
        ]),
        is_default in prop::bool::weighted(0.1),
        is_active in prop::bool::weighted(0.9),
        scheduling in scheduling(),
        (flow, scheduler) in (0..3_u32, option::weighted(0.3, 0..2_u32)),
    ) -> BookingFlowRouter {
        BookingFlowRouter {
            name: "Router".to_owned(),
            description: None,
            booking_flow_id: id(flow),
            scheduler_config_id: scheduler.map(id),
            example_urls: Vec::new(),
            matching_criteria: MatchingCriteria { path, query_params, campaign },
            priority_class,
            is_default,
            is_active,
            scheduling,
        }
    }
}

/// As they are stored, some of them at the same time.
pub(crate) fn docs(bodies: Vec<(BookingFlowRouter, i64)>) -> Set {
    let doc = |(number, (body, age)): (u32, (BookingFlowRouter, i64))| Doc {
        id: id(number),
        organization_id: None,
        version: 1,
        created_at: at(age),
        updated_at: at(age),
        body,
    };
    (0..).zip(bodies).map(doc).collect()
}

pub(crate) fn routers(most: usize) -> impl Strategy<Value = Set> {
    vec((router(), 0..3_i64), 0..=most).prop_map(docs)
}

/// One of the ways to write a text in a URL.
fn written(text: String, is_path: bool) -> impl Strategy<Value = String> {
    let letters = text.chars().map(move |it| {
        let recased = if is_path { it.to_ascii_uppercase() } else { it };
        let escaped = format!("%{:02x}", u32::from(it));
        let escaped_upper = format!("%{:02X}", u32::from(recased));
        select(vec![it.to_string(), it.to_string(), recased.to_string(), escaped, escaped_upper])
    });
    letters.collect::<Vec<_>>().prop_map(|it| it.concat())
}

fn path_url() -> impl Strategy<Value = (Vec<String>, String)> {
    let segments = vec(select(&["a", "b", "z"]).prop_map(str::to_owned), 0..=4);
    segments.prop_flat_map(|segments| {
        let each = |it: &String| (written(it.clone(), true), select(&["/", "/", "//", "/./"]));
        let url = segments.iter().map(each).collect::<Vec<_>>();
        let url = (url, select(&["https://example.com/", "/", "http://x"])).prop_map(
            |(parts, mut url)| {
                let mut written = String::new();
                for (segment, behind) in &parts {
                    written += segment;
                    written += behind;
                }
                if url == "http://x" && !written.is_empty() {
                    url = "http://x/";
                }
                url.to_owned() + &written
            },
        );
        (Just(segments), url)
    })
}

fn query_url() -> impl Strategy<Value = (BTreeMap<String, String>, String)> {
    let name = select(&["p", "q", "r", "utm_source", "utm_term"]).prop_map(str::to_owned);
    let value = select(&["1", "2", "9", "go", "GO", "goo", "ogo1", ""]).prop_map(str::to_owned);
    vec((name, value), 0..=5).prop_flat_map(|pairs| {
        let mut query = BTreeMap::new();
        for (name, value) in &pairs {
            query.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let each = |(name, value): &(String, String)| {
            (written(name.clone(), false), written(value.clone(), false))
        };
        let url = pairs.iter().map(each).collect::<Vec<_>>().prop_map(|pairs| {
            let pairs: Vec<_> =
                pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            pairs.join("&")
        });
        (Just(query), url)
    })
}

prop_compose! {
    pub(crate) fn visit()(
        (segments, path) in path_url(),
        (query, asked) in query_url(),
        fragment in select(&["", "#a?p=1"]),
        seconds in 0..70_i64,
        scheduler in option::of(0..3_u32),
        unpublished in prop::collection::btree_set(0..3_u32, 0..=1),
    ) -> Visit {
        let question = if asked.is_empty() { "" } else { "?" };
        Visit {
            url: format!("{path}{question}{asked}{fragment}"),
            page: SlowPage { segments, query },
            at: at(seconds),
            scheduler: scheduler.map(id),
            unpublished: unpublished.into_iter().map(id).collect(),
        }
    }
}
