//! Whether the time that an answer takes tells who has an account. That the same is read and
//! written is checked by `auth` of the app with each change; here it is measured, in the long suite.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use app::NewUser;
use axum::{body::Body, http::Request, middleware::from_fn};
use serde_json::json;

use crate::{
    browser::{Browser, PASSWORD},
    site::Site,
};

/// Of each kind.
const SAMPLES: u32 = 1_000;
/// No more often than anybody may guess at once.
const EACH: u32 = 20;
/// 0.5 is a coin; 3.9 standard deviations of one are between.
const ALLOWED: f64 = 0.55;

/// How often one of the first takes longer than one of the others, 0.5 where nothing can be told.
fn area_under_curve(first: &[Duration], others: &[Duration]) -> f64 {
    let mut others = others.to_vec();
    others.sort_unstable();
    let count = |it: usize| f64::from(u32::try_from(it).unwrap());
    let below = |it: &Duration| others.partition_point(|other| other < it);
    let up_to = |it: &Duration| others.partition_point(|other| other <= it);
    let halves: usize = first.iter().map(|it| below(it) + up_to(it)).sum();
    count(halves) / (2.0 * count(first.len()) * count(others.len()))
}

#[test]
fn what_can_be_told_apart_is_told_apart() {
    let times = |range: std::ops::Range<u64>| range.map(Duration::from_micros).collect::<Vec<_>>();
    assert!((area_under_curve(&times(0..100), &times(0..100)) - 0.5).abs() < 1e-9);
    assert!((area_under_curve(&times(100..200), &times(0..100)) - 1.0).abs() < 1e-9);
    assert!(area_under_curve(&times(0..100), &times(100..200)) < 1e-9);
    assert!(area_under_curve(&times(20..120), &times(0..100)) > ALLOWED);
}

async fn site() -> Site {
    let site = Site::new().await;
    let email = "known0@example.com".parse().unwrap();
    let hashed = site.system.hash_password(PASSWORD.to_owned().into(), &email).await.unwrap();
    for n in 0..SAMPLES / EACH {
        let new = NewUser {
            first_name: "Known".to_owned(),
            last_name: "One".to_owned(),
            email: format!("known{n}@example.com").parse().unwrap(),
            hashed_password: Some(hashed.clone()),
            is_platform_admin: false,
        };
        site.system.create_user(new).await.unwrap();
    }
    site
}

/// Asks about accounts that there are and that there are not, in turns, each from an address of its
/// own.
#[expect(clippy::print_stdout, reason = "the figure is what the test is run for")]
async fn measured(site: &Site, path: &str, status: u16) -> f64 {
    let mut times: [Vec<_>; 2] = Default::default();
    for n in 0..SAMPLES {
        let mut pair = [(0_u32, "known"), (1, "other")];
        if n % 2 == 1 {
            pair.reverse();
        }
        for (kind, name) in pair {
            let email = format!("{name}{}@example.com", n % (SAMPLES / EACH));
            let mut said = json!({ "email": email });
            if path == "login" {
                said["password"] = format!("guess {n}").into();
            }
            let mut request = Browser::default().request(axum::http::Method::POST, path, &said);
            let address = Ipv4Addr::from(0x0a00_0000 + (n * 2 + kind) * 256);
            request.extensions_mut().insert(api::ClientAddress(address.into()));
            let began = Instant::now();
            let answer = site.send(request).await;
            times[kind as usize].push(began.elapsed());
            assert_eq!(answer.status, status, "{}", answer.text());
        }
    }
    let [known, other] = times;
    let area = area_under_curve(&known, &other);
    println!("{path}: known accounts take longer {area:.3} of the time");
    area
}

#[tokio::test]
async fn the_time_of_an_answer_does_not_tell_who_has_an_account() {
    if std::env::var_os("WRKBELT_FAULTS").is_none_or(|it| it != "long") {
        println!("measured in the long suite: make test-faults");
        return;
    }
    for (path, status) in [("login", 401), ("password/forgot", 202)] {
        let area = measured(&site().await, path, status).await;
        assert!((area - 0.5).abs() <= ALLOWED - 0.5, "{path}: {area}");
    }
    // A server that looks once more at an account that there is.
    let mut site = site().await;
    let look = async |request: Request<Body>, next: axum::middleware::Next| {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        if body.windows(5).any(|it| it == b"known") {
            let _ = serde_json::to_string(&vec![json!({ "more": "work" }); 200]).unwrap();
        }
        next.run(Request::from_parts(parts, Body::from(body))).await
    };
    site.router = site.router.layer(from_fn(look));
    let area = measured(&site, "password/forgot", 202).await;
    assert!(area > ALLOWED, "what takes longer is not noticed: {area}");
}
