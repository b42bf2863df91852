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

fn escaped(letter: char) -> String {
    format!("%{:02x}", u32::from(letter))
}

/// One of the ways to write a text in a URL, as `noise` says.
fn written(text: &str, is_path: bool, noise: &mut u64) -> String {
    let mut url = String::new();
    for letter in text.chars() {
        *noise =
            noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let recased = if is_path { letter.to_ascii_uppercase() } else { letter };
        match *noise >> 61 {
            0 => url.push_str(&escaped(letter)),
            1 => url.push_str(&escaped(recased).to_uppercase()),
            2 => url.push(recased),
            _ => url.push(letter),
        }
    }
    url
}

fn segments() -> impl Strategy<Value = Vec<&'static str>> {
    vec(select(&["a", "b", "z"]), 0..=4)
}

fn pairs() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let name = select(&["p", "q", "r", "utm_source", "utm_term"]);
    vec((name, select(&["1", "2", "9", "go", "GO", "goo", "ogo1", ""])), 0..=5)
}

prop_compose! {
    pub(crate) fn visit()(
        segments in segments(),
        pairs in pairs(),
        (begin, behind) in (
            select(&["https://example.com/", "HTTP://x:8080//", "/", ""]),
            select(&["/", "//", "/./", "/y/../"]),
        ),
        (fragment, mut noise) in (select(&["", "#a?p=1"]), any::<u64>()),
        seconds in 0..70_i64,
        scheduler in option::of(0..3_u32),
        unpublished in prop::collection::btree_set(0..3_u32, 0..=1),
    ) -> Visit {
        let path: Vec<_> = segments.iter().map(|it| written(it, true, &mut noise)).collect();
        let mut url = begin.to_owned() + &path.join(behind);
        let mut query = BTreeMap::new();
        for (n, (name, value)) in pairs.iter().enumerate() {
            query.entry((*name).to_owned()).or_insert_with(|| (*value).to_owned());
            url.push(if n == 0 { '?' } else { '&' });
            url += &written(name, false, &mut noise);
            url.push('=');
            url += &written(value, false, &mut noise);
        }
        url += fragment;
        Visit {
            url,
            page: SlowPage { segments: segments.iter().map(ToString::to_string).collect(), query },
            at: at(seconds),
            scheduler: scheduler.map(id),
            unpublished: unpublished.into_iter().map(id).collect(),
        }
    }
}
