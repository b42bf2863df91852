//! What routing a page costs among 10,000 routers, beside looking at all of them one after the
//! other, and beside a router that knows nothing but literal paths.

#![expect(clippy::unwrap_used, reason = "a benchmark that fails says where")]
#![expect(clippy::print_stdout, reason = "its table is for a person")]

use std::{
    collections::BTreeSet,
    hint::black_box,
    time::{Duration, Instant},
};

use model::{
    Doc, Id, ObjectId, Timestamp,
    routing::{Asked, Page, Routers},
    scheduler::{BookingFlow, BookingFlowRouter},
};
use serde_json::{Value, json};

const ROUTERS: u32 = 10_000;
const SLICE: Duration = Duration::from_millis(300);
/// Of each kind, by turns; the middle one counts.
const SLICES: usize = 5;

struct Case {
    name: &'static str,
    criteria: fn(u32) -> Value,
    url: fn(u32) -> String,
}

const CASES: [Case; 7] = [
    Case {
        name: "literal paths",
        criteria: |n| json!({ "path": ["services", format!("s{n}"), "book"] }),
        url: |n| format!("https://example.com/services/s{n}/book"),
    },
    Case {
        name: "paths with * and **",
        criteria: |n| match n % 3 {
            0 => json!({ "path": ["areas", "*", format!("s{n}")] }),
            1 => json!({ "path": ["areas", format!("a{n}"), "**"] }),
            _ => json!({ "path": ["*", format!("s{n}"), "*", "**"] }),
        },
        url: |n| match n % 3 {
            0 => format!("https://example.com/areas/north/s{n}/"),
            1 => format!("https://example.com/areas/a{n}/book/now"),
            _ => format!("https://example.com/areas/s{n}/x/y"),
        },
    },
    Case {
        name: "one path, a parameter each",
        criteria: |n| json!({ "path": ["book"], "query_params": { "promo": { "value": n.to_string() } } }),
        url: |n| format!("https://example.com/book?promo={n}&x=1"),
    },
    Case {
        name: "one path, an optional one each",
        criteria: |n| {
            let promo = json!({ "value": n.to_string(), "required": false });
            json!({ "path": ["book"], "query_params": { "promo": promo } })
        },
        url: |n| format!("https://example.com/book?promo={n}"),
    },
    Case {
        name: "campaigns by letters",
        criteria: |n| json!({ "campaign": { "source": "google", "campaign": format!("c{n}") } }),
        url: |n| format!("https://example.com/?utm_source=Google&utm_campaign=C{n}"),
    },
    Case {
        name: "campaigns by wildcards",
        criteria: |n| json!({ "campaign": { "source": "goo*", "campaign": format!("*-{n:05}-*") } }),
        url: |n| format!("https://example.com/?utm_source=google&utm_campaign=fall-{n:05}-sale"),
    },
    Case {
        name: "one path and nothing else",
        criteria: |_| json!({ "path": ["book"] }),
        url: |_| "https://example.com/book".to_owned(),
    },
];

fn routers(criteria: fn(u32) -> Value) -> Vec<Doc<BookingFlowRouter>> {
    let doc = |n: u32| {
        let id = ObjectId::from_parts(n, [0; 5], 0);
        let body = json!({
            "name": "Router", "booking_flow_id": id, "matching_criteria": criteria(n),
            "priority_class": "standard", "is_active": true,
        });
        let at = Timestamp::from_millis(i64::from(n));
        Doc {
            id: Id::new(id),
            organization_id: None,
            version: 1,
            created_at: at,
            updated_at: at,
            body: serde_json::from_value(body).unwrap(),
        }
    };
    (0..ROUTERS).map(doc).collect()
}

/// Nanoseconds for one call.
fn measure(mut call: impl FnMut(usize)) -> f64 {
    let mut slices: Vec<_> = (0..SLICES)
        .map(|_| {
            let (begin, mut calls) = (Instant::now(), 0_u32);
            while begin.elapsed() < SLICE {
                for _ in 0..16 {
                    call(calls as usize);
                    calls += 1;
                }
            }
            begin.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
        })
        .collect();
    slices.sort_by(f64::total_cmp);
    slices[SLICES / 2]
}

fn asked<'a>(page: &'a Page, unpublished: &'a BTreeSet<Id<BookingFlow>>) -> Asked<'a> {
    Asked { page, at: Timestamp::EPOCH, scheduler: None, unpublished }
}

fn main() {
    println!("{ROUTERS} routers, ns for one URL; the linear scan explains each router, too");
    println!("{:<32} {:>8} {:>8} {:>12} {:>8}", "", "route", "parse", "linear scan", "ratio");
    let nothing = BTreeSet::new();
    for Case { name, criteria, url } in CASES {
        let docs = routers(criteria);
        let begin = Instant::now();
        let routers = Routers::compile(&docs);
        let compiled = begin.elapsed();
        let urls: Vec<_> = (0..1_024).map(|n| url(n * 7_919 % ROUTERS)).collect();
        let pages: Vec<_> = urls.iter().map(|it| Page::parse(it)).collect();
        assert!(pages.iter().all(|it| routers.route(&asked(it, &nothing)).is_some()), "{name}");
        let parse = measure(|n| {
            black_box(Page::parse(black_box(&urls[n % urls.len()])));
        });
        let route = measure(|n| {
            let page = Page::parse(black_box(&urls[n % urls.len()]));
            black_box(routers.route(&asked(&page, &nothing)));
        });
        let linear = measure(|n| {
            let page = Page::parse(black_box(&urls[n % urls.len()]));
            black_box(routers.decide(&asked(&page, &nothing)));
        });
        let ratio = linear / route;
        println!(
            "{name:<32} {route:>8.0} {parse:>8.0} {linear:>12.0} {ratio:>8.0}  (compiled in {compiled:?})"
        );
    }
    let mut floor = matchit::Router::new();
    for n in 0..ROUTERS {
        floor.insert(format!("/services/s{n}/book"), n).unwrap();
    }
    let paths: Vec<_> =
        (0..1_024).map(|n| format!("/services/s{}/book", n * 7_919 % ROUTERS)).collect();
    let bare = measure(|n| {
        black_box(floor.at(black_box(&paths[n % paths.len()])).unwrap());
    });
    println!("{:<32} {bare:>8.0}  (paths only, nothing decoded)", "matchit on literal paths");
}
