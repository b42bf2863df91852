//! The page of mails that nobody gets.

use std::fs;

use api::Settings;
use app::{MailFolder, NewUser};
use tempfile::TempDir;

use crate::{pages::html, site::Site};

/// A mail as strangers write them.
const HOSTILE: &str = "From: Eve <eve@example.com>\r\n\
    To: \"<i>\" <ada@example.com>\r\n\
    Subject: <script>alert(1)</script>\r\n\
    Date: Mon, 23 Nov 2026 15:00:00 +0000\r\n\
    Content-Type: text/html; charset=utf-8\r\n\r\n\
    <html><head></head><body><script>alert(2)</script>Hello</body></html>\r\n";

async fn site() -> (Site, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mailbox = Some(MailFolder::new(folder.path()));
    (Site::with(Settings { demo: None, rate_limits: false, mailbox }).await, folder)
}

/// Where the mails of the list are, from the top.
async fn links(site: &Site) -> Vec<String> {
    let list = site.get("/mailbox").await;
    html(&list, 200);
    let text = list.text().replace("&#x2f;", "/");
    let links = text.split("href=\"").skip(1).filter_map(|it| it.split('"').next());
    links.filter(|it| it.starts_with("/mailbox/")).map(str::to_owned).collect()
}

#[tokio::test]
async fn somebody_finds_their_mail_and_follows_its_link() {
    let (site, folder) = site().await;
    assert_eq!(links(&site).await, Vec::<String>::new());
    let new = NewUser {
        first_name: "Ada".to_owned(),
        last_name: "Lovelace".to_owned(),
        email: "ada@example.com".parse().unwrap(),
        hashed_password: None,
        is_platform_admin: false,
    };
    site.system.create_user(new).await.unwrap();
    let forgot = r#"{"email":"ada@example.com"}"#;
    assert_eq!(site.post("/api/v1/auth/password/forgot", None, forgot).await.status, 202);
    site.mails_to(MailFolder::new(folder.path())).await;

    let list = site.get("/mailbox").await;
    assert!(
        list.text().contains("ada@example.com") && list.text().contains("2026-11-23T15:00:00Z")
    );
    let links = links(&site).await;
    let [link] = &links[..] else { panic!("{links:?}") };
    let mail = site.get(link).await;
    html(&mail, 200);
    assert!(
        mail.text().replace("&#x2f;", "/").contains("/account/reset#token="),
        "{}",
        mail.text()
    );
    let frame = site.get(&format!("{link}/html")).await;
    html(&frame, 200);
    assert!(frame.text().contains("<head><base target=\"_top\">"), "{}", frame.text());
    assert!(frame.text().contains("/account/reset#token="), "{}", frame.text());
}

#[tokio::test]
async fn what_a_stranger_wrote_does_nothing() {
    let (site, folder) = site().await;
    for id in ["01", "03", "02"] {
        fs::write(folder.path().join(format!("{id}.eml")), HOSTILE).unwrap();
    }
    assert_eq!(links(&site).await, ["/mailbox/03", "/mailbox/02", "/mailbox/01"]);
    for path in ["/mailbox", "/mailbox/01"] {
        let page = site.get(path).await;
        html(&page, 200);
        assert!(!page.text().contains("<script") && !page.text().contains("<i>"), "{path}");
        assert!(!page.header("content-security-policy").unwrap().contains("script-src"));
    }
    let page = site.get("/mailbox/01").await;
    assert!(page.text().contains(" sandbox=\"allow-top-navigation-by-user-activation\">"));
    let frame = site.get("/mailbox/01/html").await;
    assert!(frame.text().contains("alert(2)"), "as it was sent");
    let policy = frame.header("content-security-policy").unwrap();
    assert!(policy.ends_with("; sandbox allow-top-navigation-by-user-activation"), "{policy}");
    assert!(!policy.contains("script-src"), "{policy}");
}

#[tokio::test]
async fn there_is_nothing_else() {
    let (with, folder) = site().await;
    let text_only = HOSTILE.replace("text/html", "text/plain");
    fs::write(folder.path().join("01.eml"), text_only).unwrap();
    html(&with.get("/mailbox/01").await, 200);
    for path in ["/mailbox/01/html", "/mailbox/02", "/mailbox/..%2f01", "/mailbox/%ff"] {
        html(&with.get(path).await, 404);
    }
    let without = Site::new().await;
    for path in ["/mailbox", "/mailbox/01", "/mailbox/01/html"] {
        html(&without.get(path).await, 404);
    }
}
