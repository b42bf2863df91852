//! Rate limits by address.

use api::{ClientAddress, Settings};
use axum::{
    body::Body,
    http::{Method, Request},
};

use crate::site::{Answer, Site, start};

/// More than any burst that is allowed.
const MANY: usize = 1_500;

async fn limited() -> Site {
    Site::with(Settings { demo: None, rate_limits: true, mailbox: None }).await
}

async fn from(site: &Site, address: &str, method: Method, path: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .extension(ClientAddress(address.parse().unwrap()))
        .body(Body::from(start().to_string()))
        .unwrap();
    site.send(request).await
}

/// Sends the same request until it is refused.
async fn until_refused(site: &Site, address: &str, method: Method, path: &str) -> (usize, Answer) {
    for n in 0..MANY {
        let answer = from(site, address, method.clone(), path).await;
        if answer.status == 429 {
            return (n, answer);
        }
    }
    panic!("{MANY} requests were answered");
}

#[tokio::test]
async fn who_begins_too_many_visits_is_told_when_to_come_again() {
    let site = limited().await;
    let path = site.sessions();
    let (answered, refused) = until_refused(&site, "192.0.2.1", Method::POST, &path).await;
    assert!(answered >= 100, "{answered}: people behind one router");
    refused.problem(429, "rate_limited");
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(refused.header("access-control-allow-origin"), Some("*"));

    let other = from(&site, "192.0.2.2", Method::POST, &path).await;
    assert_eq!(other.status, 201, "another address is not concerned");
    let scheduler = format!("/public/v1/schedulers/{}", site.key);
    let show = from(&site, "192.0.2.1", Method::GET, &scheduler).await;
    assert_eq!(show.status, 200, "there is more room for everything else");
}

#[tokio::test]
async fn who_guesses_tokens_is_slowed_down() {
    let site = limited().await;
    let path = "/public/v1/sessions/000000000000000000000000";
    let (_, refused) = until_refused(&site, "2001:db8::1", Method::GET, path).await;
    refused.problem(429, "rate_limited");
}

#[tokio::test]
async fn limits_can_be_turned_off() {
    let site = Site::new().await;
    let path = "/public/v1/schedulers/nobody";
    for _ in 0..MANY {
        assert_eq!(from(&site, "192.0.2.1", Method::GET, path).await.status, 404);
    }
}
