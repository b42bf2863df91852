//! Those who ask to be let in.

use model::{core::AuditEntry, marketing::WaitlistRequest};
use serde_json::{Value, json};
use store::Find;

use crate::site::Site;

const PATH: &str = "/public/v1/waitlist";

fn asked() -> Value {
    json!({
        "first_name": "Ada", "last_name": "Lovelace", "email": "Ada@Lovelace.example",
        "company_name": "Lovelace Heating", "company_website": "https://lovelace.example/",
        "consent": true,
    })
}

#[tokio::test]
async fn asking_twice_is_asking_once_and_answered_the_same() {
    let site = Site::new().await;
    let first = site.post(PATH, None, asked().to_string()).await;
    assert_eq!(first.status, 202, "{}", first.text());
    let mut again = asked();
    again["first_name"] = "Eve".into();
    again["email"] = "ada@lovelace.EXAMPLE".into();
    let second = site.post(PATH, None, again.to_string()).await;
    assert_eq!((second.status, &second.body), (first.status, &first.body));

    let platform = site.store.platform();
    let (kept, _) = platform.list::<WaitlistRequest>(Find::all()).await.unwrap();
    let [request] = &kept[..] else { panic!("{kept:?}") };
    assert_eq!(request.body.first_name, "Ada");
    assert_eq!(request.body.email.as_str(), "ada@lovelace.example");
    let (log, _) = platform.list::<AuditEntry>(Find::all()).await.unwrap();
    let written = log.iter().filter(|it| it.body.action == "waitlist_requests.create");
    assert_eq!(written.count(), 1);
}

#[tokio::test]
async fn nobody_is_kept_who_has_not_agreed() {
    let site = Site::new().await;
    let mut without = asked();
    without["consent"] = false.into();
    let refused = site.post(PATH, None, without.to_string()).await;
    assert_eq!(refused.error(422, "request.invalid").0, "consent");
    let mut wrong = asked();
    wrong["company_website"] = "javascript:alert(1)".into();
    let refused = site.post(PATH, None, wrong.to_string()).await;
    assert_eq!(refused.error(422, "request.invalid").0, "company_website");
    let kept = site.store.platform().list::<WaitlistRequest>(Find::all()).await.unwrap();
    assert!(kept.0.is_empty(), "{kept:?}");
}
