//! Servers: what they announce, what they show, and how they end.

use std::{collections::HashSet, fs, path::Path};

use serde_json::Value;

use crate::{
    http::Client,
    visitor::Visit,
    wrkbelt::{Folder, Server, ran},
};

#[test]
fn serve_announces_where_it_listens() {
    let folder = Folder::new();
    let server = folder.serve();
    let keys: Vec<_> = server.announcement.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["base_url", "event", "mailbox_url", "setup_url"]);
    let mut client = server.client();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(
            (client.get(path).status, client.get(path).json()["status"].as_str()),
            (200, Some("ok"))
        );
    }
    let openapi = ran(folder.command().arg("openapi")).stdout;
    assert_eq!(client.get("/openapi.json").text(), openapi);
    let (status, rest) = server.stop();
    assert_eq!((status.code(), &*rest), (Some(0), ""));
}

#[test]
fn what_a_stopped_server_knew_the_next_one_knows() {
    let (folder, key) = Folder::with_business(1);
    let server = folder.serve();
    let mut client = server.client();
    let mut visit = Visit::start(&mut client, &key).unwrap();
    visit.book(&mut client, 0);
    server.stop();
    let server = folder.serve();
    let answer = server
        .client()
        .call("GET", &format!("/public/v1/sessions/{}", visit.id), Some(&visit.token), None)
        .unwrap();
    assert_eq!((answer.status, answer.json()), (200, visit.view));
}

#[test]
fn without_a_mail_server_mails_go_to_a_folder() {
    let (folder, key) = Folder::with_business(1);
    let server = folder.serve();
    let mut client = server.client();
    let mut visit = Visit::start(&mut client, &key).unwrap();
    visit.book(&mut client, 0);
    let mail = wait_for_a_file(&folder.path("mail"));
    assert!(mail.contains(visit.reference().unwrap()), "{mail}");
    assert!(mail.contains("BEGIN:VCALENDAR"), "{mail}");
    assert_eq!(server.stop().0.code(), Some(0));
}

#[test]
fn a_mail_server_needs_an_address_that_mails_are_from() {
    let folder = Folder::new();
    let refused = ran(folder.command().args(["serve", "--smtp", "smtp://localhost:25"]));
    assert!(refused.failure().contains("--mail-from"), "{}", refused.failure());
}

#[test]
fn a_flag_wins_over_the_environment_which_wins_over_the_file() {
    let folder = Folder::new();
    let store = |name| format!("sqlite://{}", folder.path(name).display());
    folder.write("wrkbelt.toml", &format!("store = \"{}\"\nlimits = \"off\"\n", store("file.db")));
    let start = |change: &dyn Fn(&mut std::process::Command)| {
        let mut command = folder.command();
        change(command.arg("serve"));
        drop(Server::start(&mut command));
    };
    start(&|_| {});
    assert!(folder.path("file.db").exists());
    start(&|it| {
        it.env("WRKBELT_STORE", store("environment.db"));
    });
    assert!(folder.path("environment.db").exists());
    start(&|it| {
        it.env("WRKBELT_STORE", store("not.db")).args(["--store", &store("flag.db")]);
    });
    assert!(folder.path("flag.db").exists() && !folder.path("not.db").exists());
}

#[test]
fn the_demo_shows_three_businesses_and_takes_bookings() {
    let folder = Folder::new();
    let server = Server::start(folder.command().args(["demo", "--limits", "off"]));
    let mut client = server.client();
    require_web_parts(&mut client);
    let base_url = server.base_url();
    let organizations = server.announcement["organizations"].as_array().unwrap().clone();
    assert_eq!(organizations.len(), 3);
    let index = page(&mut client, "/demo");
    let mut seen = HashSet::new();
    for organization in &organizations {
        let text = |name: &str| organization[name].as_str().unwrap().to_owned();
        let (slug, key) = (text("slug"), text("public_key"));
        assert!(seen.insert(text("id")) && seen.insert(slug.clone()) && seen.insert(key.clone()));
        assert_eq!(text("hosted_url"), format!("{base_url}/book/{key}"));
        let link = text("express_link_url");
        assert!(link.starts_with(&format!("{base_url}/b/{}/", text("slug"))), "{link}");
        assert!(index.contains(&format!("\"/book/{key}\"")), "{slug}");
        assert!(index.contains(&format!("\"/demo/{slug}\"")), "{slug}");
        let hosted = page(&mut client, &format!("/book/{key}"));
        let website = page(&mut client, &format!("/demo/{slug}"));
        for page in [hosted, website] {
            let script = format!("src=\"/embed.js\" data-key=\"{key}\"");
            assert!(page.contains(&script), "{slug}");
        }
        let diagram = client.get(&format!("/demo/{slug}/flow.svg"));
        assert_eq!((diagram.status, &*diagram.content_type), (200, "image/svg+xml"));
        let scheduler = client.get(&format!("/public/v1/schedulers/{key}")).json();
        assert_eq!(scheduler["organization"]["name"], organization["name"]);
        assert!(scheduler["brand"]["colors"].is_object(), "{scheduler}");
    }
    every_file_of(&mut client, &index);
    book_a_cleaning(&mut client, &organizations);

    let store = server.announcement["store"].as_str().unwrap().replace("sqlite://", "");
    assert!(std::path::Path::new(&store).exists());
    assert_eq!(server.stop().0.code(), Some(0));
    assert!(!std::path::Path::new(&store).exists(), "the data go with the process");
}

#[test]
fn a_demo_on_a_store_of_its_own_finds_it_again() {
    let folder = Folder::new();
    let store = folder.store();
    let start = || Server::start(folder.command().args(["demo", "--store", &store]));
    let first = start().announcement["organizations"].clone();
    let again = start().announcement["organizations"].clone();
    let same = |list: &Value| -> Vec<(Value, Value)> {
        let of = |it: &Value| (it["id"].clone(), it["public_key"].clone());
        list.as_array().unwrap().iter().map(of).collect()
    };
    assert_eq!(same(&first), same(&again));
}

/// The first mail in a folder, when it is there.
fn wait_for_a_file(folder: &Path) -> String {
    loop {
        let files = fs::read_dir(folder).into_iter().flatten().map(|it| it.unwrap().path());
        let mut mails = files.filter(|it| it.extension().is_some_and(|it| it == "eml"));
        if let Some(mail) = mails.next() {
            return fs::read_to_string(mail).unwrap();
        }
        std::thread::yield_now();
    }
}

/// In the smallest of the samples.
fn book_a_cleaning(client: &mut Client, organizations: &[Value]) {
    let cleaning = organizations.iter().find(|it| it["slug"] == "sparkle-cleaning").unwrap();
    let mut visit = Visit::start(client, cleaning["public_key"].as_str().unwrap()).unwrap();
    visit.send(client, serde_json::json!({ "type": "submit_zip", "zip": "97214" })).unwrap();
    while visit.step() == "service_selection" {
        let command = visit.next(client, 0).unwrap().unwrap();
        visit.send(client, command).unwrap();
    }
    let command = visit.next(client, 0).unwrap().unwrap();
    visit.send(client, command).unwrap();
    assert_eq!(visit.step(), "customer_info");
    assert!(visit.view["selections"]["timeslot"]["label"].is_string());
}

/// Whatever a page links to is there.
fn every_file_of(client: &mut Client, html: &str) {
    let links = html.split(['"', '\'']).filter(|it| it.starts_with("/assets/"));
    let links: HashSet<_> = links.chain(["/embed.js", "/docs", "/openapi.json"]).collect();
    assert!(links.len() > 3, "{links:?}");
    for link in links {
        let file = client.get(link);
        assert!(file.status == 200 && !file.body.is_empty(), "{link}");
    }
}

/// An HTML page, with its slashes as they are.
fn page(client: &mut Client, path: &str) -> String {
    let page = client.get(path);
    assert_eq!((page.status, &*page.content_type), (200, "text/html; charset=utf-8"), "{path}");
    page.text().replace("&#x2f;", "/")
}

fn require_web_parts(client: &mut Client) {
    let built = client.get("/embed.js").status == 200;
    assert!(built, "the web parts are not built: run `make build` first");
}
