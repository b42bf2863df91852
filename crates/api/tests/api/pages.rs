//! Pages for people, and addresses where there is nothing.

use std::collections::BTreeSet;

use api::{DemoBusiness, DemoSite};
use axum::{
    body::Body,
    http::{Method, Request},
};
use model::{ObjectId, flow::file::FlowFile};
use serde_json::{Value, json};

use crate::site::{Answer, FLOW, Site};

#[tokio::test]
async fn an_address_where_nothing_is_is_a_problem() {
    let site = Site::new().await;
    for path in ["/nowhere", "/public/v1/nothing", "/public/v2/schedulers", "/assets/none.js", "//"]
    {
        site.get(path).await.problem(404, "not_found");
    }
    for path in ["/assets/..%2f..%2fCargo.toml", "/assets/pages/book.html", "/docs/..%2fpages"] {
        site.get(path).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_method_that_is_not_there_is_a_problem_that_names_the_others() {
    let site = Site::new().await;
    for (method, path, allowed) in [
        (Method::DELETE, site.sessions(), "POST"),
        (Method::GET, site.sessions(), "POST"),
        (Method::PUT, "/public/v1/sessions/000000000000000000000000".to_owned(), "GET"),
        (Method::POST, "/healthz".to_owned(), "GET"),
        (Method::POST, "/book/x".to_owned(), "GET"),
    ] {
        let request = Request::builder().method(&method).uri(&path).body(Body::empty()).unwrap();
        let answer = site.send(request).await;
        answer.problem(405, "method_not_allowed");
        assert!(answer.header("allow").is_some_and(|it| it.contains(allowed)), "{method} {path}");
    }
}

#[tokio::test]
async fn the_booking_page_shows_the_business() {
    let site = Site::new().await;
    let page = site.get(&format!("/book/{}", site.key)).await;
    html(&page, 200);
    assert!(page.text().contains(&format!("data-key=\"{}\"", site.key)));
    assert!(page.text().contains("acme &amp; sons"), "texts are escaped");
}

#[tokio::test]
async fn the_forms_of_accounts_are_what_the_api_takes() {
    let site = Site::new().await;
    let openapi: Value = serde_json::from_str(&api::openapi()).unwrap();
    let (mut forms, mut asked) = (0, 0);
    for page in ["", "/sign-in", "/setup", "/invitation", "/reset", "/verify"] {
        let page = site.get(&format!("/account{page}")).await;
        html(&page, 200);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        for form in between(page.text(), "<form ", "</form>") {
            forms += 1;
            let action = between(form, "data-action=\"", "\"")[0];
            let method = between(form, "data-method=\"", "\"").first().map_or("POST", |it| *it);
            let path = format!("/api/v1/auth/{action}");
            let operation = &openapi["paths"][path][method.to_lowercase()];
            assert!(operation.is_object(), "{method} {action}");
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let Some(name) = schema["$ref"].as_str() else { continue };
            let schema = openapi.pointer(name.trim_start_matches('#')).unwrap();
            let names = between(form, " name=\"", "\"");
            for required in schema["required"].as_array().unwrap() {
                let required = required.as_str().unwrap();
                let is_there = names.contains(&required)
                    || required == "token" && form.contains("data-with-token");
                asked += 1;
                assert!(is_there, "{action} has no {required}");
            }
        }
    }
    assert_eq!((forms, asked), (13, 20));
    html(&site.get("/account/nothing").await, 404);
}

#[tokio::test]
async fn an_unknown_booking_page_is_a_page_for_people() {
    let site = Site::new().await;
    for key in ["nobody", "pk_000000000000000000000000", "%3Cscript%3E", "%ff"] {
        let page = site.get(&format!("/book/{key}")).await;
        html(&page, 404);
        assert!(page.text().contains("Page not found"));
        assert!(!page.text().contains("<script>"), "{}", page.text());
    }
}

#[tokio::test]
async fn sample_businesses_are_shown_in_a_demonstration_only() {
    let flow = FlowFile::parse(FLOW).unwrap().build(&mut ObjectId::of).bundle;
    let business = DemoBusiness {
        name: "Sparkle <b>".to_owned(),
        slug: "sparkle".to_owned(),
        tagline: "Clean.".to_owned(),
        public_key: "pk_sparkle".to_owned(),
        phone: None,
        address_line: None,
        website: json!({}),
        flow: app::Drawing::of(&flow),
    };
    let demo = Site::demo(DemoSite { businesses: vec![business] }).await;
    let index = demo.get("/demo").await;
    html(&index, 200);
    assert!(index.text().contains("Sparkle &lt;b&gt;"));
    assert_eq!(demo.get("/").await.header("location"), Some("/demo"));
    let svg = demo.get("/demo/sparkle/flow.svg").await;
    assert_eq!((svg.status.as_u16(), svg.header("content-type")), (200, Some("image/svg+xml")));
    assert!(svg.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    html(&demo.get("/demo/nobody").await, 404);
    html(&demo.get("/demo/%ff").await, 404);
    html(&demo.get("/demo/nobody/flow.svg").await, 404);

    let site = Site::new().await;
    assert_eq!(site.get("/").await.header("location"), Some("/docs"));
    for path in ["/demo", "/demo/sparkle", "/demo/sparkle/flow.svg"] {
        html(&site.get(path).await, 404);
    }
}

#[tokio::test]
async fn files_of_the_web_build_are_kept_and_asked_for_again() {
    let site = Site::new().await;
    let page = site.get(&format!("/book/{}", site.key)).await;
    html(&page, 200);
    let page = page.text().replace("&#x2f;", "/");
    let asset = page.split('"').find(|it| it.starts_with("/assets/")).unwrap();
    for (path, cache) in [(asset, "immutable"), ("/embed.js", "max-age=300")] {
        let file = site.get(path).await;
        assert_eq!(file.status, 200, "{path}");
        assert!(file.header("cache-control").unwrap().contains(cache), "{path}");
        assert_eq!(file.header("access-control-allow-origin"), Some("*"));
        let etag = file.header("etag").unwrap();
        let request = Request::get(path).header("if-none-match", etag).body(Body::empty());
        let again = site.send(request.unwrap()).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path}");
    }
}

#[tokio::test]
async fn every_code_has_a_page_with_cause_and_mend() {
    let site = Site::new().await;
    let list = site.get("/docs/problems").await;
    html(&list, 200);
    let codes = between(list.text(), "href=\"/docs/problems/", "\"");
    let unique: BTreeSet<_> = codes.iter().collect();
    assert_eq!(codes.len(), unique.len(), "{codes:?}");
    assert!(codes.contains(&"session.stale") && codes.contains(&"command.not_here"), "{codes:?}");
    for code in codes {
        let page = site.get(&format!("/docs/problems/{code}")).await;
        html(&page, 200);
        assert_eq!(between(page.text(), "<code>", "</code>")[..1], [code]);
        let sentences = between(page.text(), "<p>", "</p>");
        assert_eq!(sentences.len(), 2, "{code}");
        for sentence in sentences {
            assert!(sentence.len() > 10 && sentence.ends_with('.'), "{code}: {sentence}");
            assert!(!sentence.contains('`'), "{code}: {sentence}");
        }
    }
}

#[tokio::test]
async fn a_code_that_is_not_there_has_a_page_that_says_so() {
    let site = Site::new().await;
    for code in ["nothing", "session", "%3Cscript%3E", "%ff"] {
        let page = site.get(&format!("/docs/problems/{code}")).await;
        html(&page, 404);
        assert!(page.text().contains("Page not found"));
    }
}

/// Every text between one text and the next other one.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.split(from).skip(1).filter_map(|it| it.split(to).next()).collect()
}

/// An HTML page that may load nothing but what its own server has.
pub(crate) fn html(page: &Answer, status: u16) {
    assert!(!page.text().contains("make build"), "the web parts are not built: run `make build`");
    assert_eq!(page.status, status, "{}", page.text());
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && policy.contains("base-uri 'none'"));
    assert!(!policy.split(';').any(|it| it.contains("script-src") && it.contains("unsafe")));
}
