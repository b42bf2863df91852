//! Mails that did not arrive.

use model::core::SystemRole;
use serde_json::{Value, json};

use crate::{member::Member, site::Site};

#[tokio::test]
async fn a_mail_that_failed_is_sent_again_and_told_of() {
    let site = Site::new().await;
    let admin = Member::with(&site, SystemRole::Admin).await;
    let path = format!("emails/{}", site.failed_email().await);
    let resend = format!("{path}/resend");
    Member::with(&site, SystemRole::Manager)
        .await
        .post(&site, &resend, &json!({}))
        .await
        .problem(403, "forbidden");
    let queued = admin.post(&site, &resend, &json!({})).await;
    assert_eq!(queued.status, 200, "{}", queued.text());
    let shown = queued.json();
    assert_eq!((&shown["status"], &shown["attempts"]), (&json!("queued"), &json!(0)));
    assert_eq!((&shown["error"], queued.header("etag")), (&Value::Null, Some("\"2\"")));
    admin.post(&site, &resend, &json!({})).await.problem(409, "not_allowed");
    site.works().await;
    let sent = admin.get(&site, &path).await.json();
    assert_eq!((&sent["status"], &sent["attempts"]), (&json!("sent"), &json!(1)), "{sent}");
    admin.post(&site, &resend, &json!({})).await.problem(409, "not_allowed");
    let log = admin.get(&site, "audit_log?sort=-sequence&limit=1").await.json();
    let entry = &log["data"][0];
    assert_eq!(entry["action"], "emails.resend", "{entry}");
    assert_eq!(
        (&entry["before"]["status"], &entry["after"]["status"]),
        (&json!("failed"), &json!("queued"))
    );
    assert_eq!(entry["actor"]["id"], admin.user.unwrap().to_string());
}
