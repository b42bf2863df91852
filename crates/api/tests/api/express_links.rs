//! Express links: as an API answers them, as a page shows them, as visits begin by them.

use std::collections::BTreeSet;

use model::core::SystemRole;
use serde_json::{Value, json};

use crate::{
    member::Member,
    site::{Answer, Site},
};

const LINKS: &str = "booking_flow_express_links";

async fn manager() -> (Site, Member) {
    let site = Site::new().await;
    let manager = Member::with(&site, SystemRole::Manager).await;
    (site, manager)
}

/// Makes a link to the only service there is.
async fn link(site: &Site, manager: &Member, change: Value) -> Value {
    let first = async |path: &str| manager.get(site, path).await.json()["data"][0]["_id"].clone();
    let mut body = json!({
        "booking_flow_id": first("booking_flows").await, "slug": "spring", "name": "Spring",
        "is_active": true,
        "prefilled_state": { "zip": "30305", "service_id": first("booking_services").await },
    });
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let made = manager.post(site, LINKS, &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()
}

async fn start(site: &Site, link: &str) -> Answer {
    let body = json!({ "page_url": "https://acme.example/", "express_link": link });
    site.post(&site.sessions(), None, body.to_string()).await
}

#[tokio::test]
async fn a_visit_begins_where_the_link_leads_and_is_counted() {
    let (site, manager) = manager().await;
    let made = link(&site, &manager, json!({ "max_uses": 1 })).await;
    let begun = start(&site, "spring").await;
    assert_eq!(begun.status, 201, "{}", begun.text());
    let view = begun.json()["view"].clone();
    assert_eq!(view["step"]["type"], "timeslot_selection");
    assert_eq!(view["selections"]["service"]["title"], "Drain cleaning");
    assert_eq!(view["message"], Value::Null);
    let path = format!("{LINKS}/{}", made["_id"].as_str().unwrap());
    assert_eq!(manager.get(&site, &path).await.json()["uses"], 1);
    for (slug, code) in [("spring", "link_used_up"), ("no such \u{1f517}", "link_unknown")] {
        let begun = start(&site, slug).await;
        assert_eq!(begun.status, 201, "{}", begun.text());
        let view = begun.json()["view"].clone();
        assert_eq!(
            (&view["step"]["type"], &view["message"]["code"]),
            (&json!("zipcode"), &json!(code))
        );
    }
    assert_eq!(manager.get(&site, &path).await.json()["uses"], 1);
}

/// The dark modules of a code, by their places in units.
fn drawn(svg: &str, unit: usize) -> BTreeSet<(usize, usize)> {
    let path = svg.split("d=\"").nth(1).unwrap().split('"').next().unwrap();
    let rectangles = path.split('M').skip(1).map(|it| {
        let numbers = it.split(|it: char| !it.is_ascii_digit()).filter(|it| !it.is_empty());
        numbers.map(|it| it.parse::<usize>().unwrap() / unit).collect::<Vec<_>>()
    });
    rectangles
        .flat_map(|it| {
            let (left, top, width, height) = (it[0], it[1], it[2], it[3]);
            (top..top + height).flat_map(move |y| (left..left + width).map(move |x| (x, y)))
        })
        .collect()
}

#[tokio::test]
async fn a_link_has_an_address_and_a_code_to_print() {
    let (site, manager) = manager().await;
    let made = link(&site, &manager, json!({})).await;
    let path = format!("{LINKS}/{}", made["_id"].as_str().unwrap());
    let shown = manager.get(&site, &path).await;
    assert_eq!(shown.header("etag"), Some("\"1\""));
    let url = shown.json()["url"].as_str().unwrap().to_owned();
    assert!(url.ends_with("/b/acme/spring"), "{url}");
    let code = manager.get(&site, &format!("{path}/qr.svg")).await;
    assert_eq!((code.status.as_u16(), code.header("content-type")), (200, Some("image/svg+xml")));
    let expected = qrcode::QrCode::with_error_correction_level(&url, qrcode::EcLevel::Q).unwrap();
    let width = expected.width();
    // Around it four modules are white: what a scanner needs.
    let unit = 480_usize.div_ceil(width + 8);
    let length = unit * (width + 8);
    assert!(
        code.text().contains(&format!("width=\"{length}\" height=\"{length}\"")),
        "{}",
        code.text()
    );
    let colors = expected.to_colors();
    let dark = colors.iter().enumerate().filter(|it| *it.1 == qrcode::Color::Dark);
    let dark: BTreeSet<_> = dark.map(|(n, _)| (n % width + 4, n / width + 4)).collect();
    assert_eq!(drawn(code.text(), unit), dark);
    let stranger = Site::new().await;
    let other = Member::with(&stranger, SystemRole::Manager).await;
    other.get(&stranger, &format!("{path}/qr.svg")).await.problem(404, "not_found");
}

#[tokio::test]
async fn the_page_of_a_link_begins_its_visit() {
    let (site, manager) = manager().await;
    link(&site, &manager, json!({})).await;
    for path in ["/b/spring", "/b/acme/spring"] {
        let page = site.get(path).await;
        assert_eq!(
            (page.status.as_u16(), page.header("content-type")),
            (200, Some("text/html; charset=utf-8"))
        );
        let text = page.text();
        for part in [format!("data-key=\"{}\"", site.key), "data-link=\"spring\"".to_owned()] {
            assert!(text.contains(&part), "{path} lacks {part}");
        }
        assert!(text.contains("<h1>Book a visit</h1>") && text.contains("acme &amp; sons"));
    }
    for path in ["/b/summer", "/b/acme/summer", "/b/nobody/spring", "/b/%ff", "/b/%ff/spring"] {
        let page = site.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.text().contains("Link not found"), "{path}");
    }
}

#[tokio::test]
async fn the_page_of_a_link_that_is_over_says_so_and_offers_the_ordinary_booking() {
    for (change, sentence) in [
        (json!({ "expires_at": "2026-11-23T15:00:00Z" }), "This offer has ended"),
        (json!({ "is_active": false }), "This offer is not available at the moment"),
    ] {
        let (site, manager) = manager().await;
        link(&site, &manager, change).await;
        let text = site.get("/b/spring").await.text().to_owned();
        assert!(text.contains(&format!("<h1>{sentence}</h1>")), "{text}");
        assert!(text.contains("You can still book with acme &amp; sons here."));
        assert!(text.contains("data-key=") && !text.contains("data-link="));
    }
    let (site, manager) = manager().await;
    link(&site, &manager, json!({ "max_uses": 1 })).await;
    start(&site, "spring").await;
    assert!(site.get("/b/spring").await.text().contains("<h1>This offer has been taken up</h1>"));
}
