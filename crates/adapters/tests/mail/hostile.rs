//! Names that want to be more than names.

use adapters::mail::{Attachment, Folder, Link, MailError, Mailbox, Mailer, Template};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    brand, message,
    server::Server,
    templates::{LINK, all, booking_confirmed, invitation},
};

const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</mj-text></mj-column><mj-raw><script>alert(1)</script></mj-raw>",
    "<mj-include path=\"/etc/passwd\" />",
    "<!-- <script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<![endif]--><script>alert(1)</script>",
    "{{ 7 * 7 }}{% for x in range(9999) %}",
    "{{ brand }}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    "</title></style></head><script>alert(1)</script>",
];

/// With `text` for all that is no link.
fn everywhere(template: &Template, text: &str) -> Template {
    let mut kept = serde_json::to_value(template).unwrap();
    for (name, value) in kept["template_data"].as_object_mut().unwrap() {
        if !name.ends_with("link") {
            *value = text.into();
        }
    }
    serde_json::from_value(kept).unwrap()
}

/// All elements of a page and how many there are, as a browser would count their beginnings.
fn elements(html: &str) -> usize {
    html.match_indices('<').filter(|(at, _)| !html[at + 1..].starts_with('/')).count()
}

#[test]
fn what_is_filled_in_never_becomes_markup() {
    for plain in all() {
        let expected = elements(&plain.render(&brand()).unwrap().html.unwrap());
        for name in HOSTILE {
            let html = everywhere(&plain, name).render(&brand()).unwrap().html.unwrap();
            assert_eq!(elements(&html), expected, "{name}: {html}");
            assert!(!html.contains("<script") && !html.contains("<img"), "{name}: {html}");
            let escaped = name
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
                .replace('\'', "&#39;");
            assert!(html.contains(&escaped), "{name}: {html}");
        }
    }
}

#[test]
fn a_business_name_never_becomes_markup() {
    for logo_url in [None, Some("https://alder.example/logo.png".parse::<Link>().unwrap())] {
        let mut plain = brand();
        plain.logo_url = logo_url;
        let expected = elements(&invitation("Ada").render(&plain).unwrap().html.unwrap());
        for name in HOSTILE {
            let mut hostile = plain.clone();
            hostile.name = (*name).to_owned();
            let html = invitation("Ada").render(&hostile).unwrap().html.unwrap();
            assert_eq!(elements(&html), expected, "{name}: {html}");
            assert!(!html.contains("onerror=alert(1)>"), "{name}: {html}");
        }
    }
}

#[test]
fn a_text_says_names_as_they_are() {
    for name in HOSTILE {
        let content = invitation(name).render(&brand()).unwrap();
        assert_eq!(content.subject, format!("{name} invites you to Alder Plumbing"));
        assert!(content.text.starts_with(&format!("{name} invites you")), "{}", content.text);
    }
}

#[test]
fn a_line_break_in_a_name_is_a_space() {
    let name = "Ada\r\nBcc: eve@example.com\n\nPay here:\u{85}\0";
    let lines = |name| {
        let content = invitation(name).render(&brand()).unwrap();
        assert!(!content.subject.contains(char::is_control), "{:?}", content.subject);
        content.text.lines().count()
    };
    assert_eq!(lines(name), lines("Ada"));
    let subject = invitation(name).render(&brand()).unwrap().subject;
    assert!(subject.starts_with("Ada  Bcc: eve@example.com  Pay here:  "), "{subject:?}");
}

#[test]
fn only_web_links_are_links() {
    for url in [
        "javascript:alert(1)",
        "data:text/html,hello",
        "//alder.example",
        "/l/a",
        "https://alder.example/\" onclick=\"alert(1)",
        "https://alder.example/<b>",
        "https://alder.example/a b",
        "https://alder.example/\r\nBcc: eve@example.com",
    ] {
        assert!(url.parse::<Link>().is_err(), "{url}");
        let kept = json!({
            "template_id": "invitation",
            "template_data": { "inviter": "Ada", "link": url, "valid_for": "7 days" },
        });
        assert!(serde_json::from_value::<Template>(kept).is_err(), "{url}");
    }
    let url = "https://alder.example/l?a=1&b='2'";
    let Template::Invitation(mut invited) = invitation("Ada") else { panic!() };
    invited.link = url.parse().unwrap();
    let content = Template::Invitation(invited).render(&brand()).unwrap();
    assert!(content.text.contains(url), "{}", content.text);
    let html = content.html.unwrap();
    assert!(html.contains("href=\"https://alder.example/l?a=1&amp;b=&#39;2&#39;\""), "{html}");
}

#[tokio::test]
async fn what_would_end_a_header_is_refused() {
    let root = TempDir::new().unwrap();
    let folder = Folder::new(root.path());
    let mailer = Mailer::Folder(folder.clone());
    for subject in ["Hello\r\nBcc: eve@example.com", "Hello\nthere", "Hello\rthere", "Hello\0"] {
        let mut message = message("01", "ada@example.com");
        subject.clone_into(&mut message.content.subject);
        let refused = mailer.send(&message).await;
        assert!(matches!(refused, Err(MailError::Permanent(_))), "{subject:?}: {refused:?}");
    }
    let attached = |filename: &str, mime_type: &str| {
        let mut message = message("01", "ada@example.com");
        let (filename, mime_type) = (filename.to_owned(), mime_type.to_owned());
        message.attachments.push(Attachment { filename, mime_type, bytes: "x".into() });
        message
    };
    for (filename, mime_type) in [
        ("a\r\nBcc: eve@example.com", "text/plain"),
        ("a.txt", "text/plain\r\nBcc: eve@example.com"),
        ("a.txt", "text/plain; name=\"a\r\nBcc: eve@example.com\""),
        ("a.txt", "nonsense"),
        ("a.txt", ""),
    ] {
        let refused = mailer.send(&attached(filename, mime_type)).await;
        assert!(matches!(refused, Err(MailError::Permanent(_))), "{mime_type:?}: {refused:?}");
    }
    let mut to_nobody = message("01", "ada@example.com");
    to_nobody.to.clear();
    let refused = mailer.send(&to_nobody).await;
    assert!(matches!(refused, Err(MailError::Permanent(_))), "{refused:?}");
    assert_eq!(folder.list().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn long_and_odd_names_arrive_as_they_are() {
    let Some(mut server) = Server::start() else { return };
    let mailer = Mailer::Smtp(format!("smtp://127.0.0.1:{}", server.port).parse().unwrap());
    let long = "Ünïcödé ".repeat(60);
    let one_word = "x".repeat(400);
    for name in HOSTILE.iter().copied().chain([long.trim(), &one_word, "🛠️ Ada, Byron; \\ (x)"])
    {
        let mut message = message("01", "ada@example.com");
        message.from = Mailbox::new("office@alder.example", Some(name)).unwrap();
        message.content = booking_confirmed(name).render(&brand()).unwrap();
        message.content.subject = format!("Hello {name}");
        mailer.send(&message).await.unwrap();
        let mail = server.mail();
        assert_eq!(mail["headers"]["subject"], format!("Hello {name}"));
        let from = mail["headers"]["from"].as_str().unwrap();
        assert!(from.ends_with(" <office@alder.example>"), "{from}");
        assert_eq!(from.matches('@').count(), 1, "{from}");
        let bytes = mail["longest_line"].as_u64().unwrap();
        assert!(bytes <= 998, "{name}: a line of {bytes} bytes");
        assert_eq!(mail["to"], json!(["ada@example.com"]));
        assert!(mail["parts"][0]["text"].as_str().unwrap().contains(LINK));
    }
}
