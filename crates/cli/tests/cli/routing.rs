//! Where pages lead, as whoever has the machine asks.

use crate::wrkbelt::{Folder, Server};

#[test]
fn a_page_is_routed_for_people_and_for_programs() {
    let (folder, key) = Folder::with_business(1);
    let url = "https://acme.example/services/ac";
    let line = folder.json(&["route", url, "--scheduler", &key, "--at", "2026-11-23T15:00:00Z"]);
    assert_eq!(line["at"], "2026-11-23T15:00:00.000Z");
    assert_eq!((line["router_id"].is_null(), line["booking_flow_id"].is_string()), (true, true));
    assert_eq!(folder.json(&["route", url])["scheduler_config_id"], line["scheduler_config_id"]);
    let ran = folder.run(&["route", url, "--organization", "acme"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("by the scheduler’s own flow"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("There are no routers.\n"), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_routed_is_said() {
    let (folder, _) = Folder::with_business(1);
    let url = "https://acme.example/";
    let ran = folder.run(&["route", "acme"]);
    assert_eq!(ran.failure(), "acme is no http or https URL");
    let ran = folder.run(&["route", url, "--scheduler", "pk_nobody0"]);
    assert_eq!(ran.failure(), "there is no scheduler pk_nobody0");
    let ran = folder.run(&["route", url, "--organization", "nobody"]);
    assert_eq!(ran.failure(), "there is no organization nobody");
}

#[test]
fn the_routers_of_the_demo_are_explained() {
    let folder = Folder::new();
    let store = folder.store();
    Server::start(folder.command().args(["demo", "--store", &store])).stop();
    let url = "https://peachtree.example/services/ac?utm_source=Newsletter&utm_campaign=Spring-1";
    let asked = ["route", url];
    assert_eq!(folder.run(&asked).failure(), "say which one with --organization");
    let asked = [&asked[..], &["--organization", "peachtree-home-services"]].concat();
    let line = folder.json(&asked);
    let codes: Vec<_> = line["routers"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert_eq!(codes, ["won", "lost_by_class"]);
    assert_eq!(line["router_id"], line["routers"][0]["router_id"]);
    let table = folder.run(&asked).stdout;
    assert!(table.contains("by “Spring newsletter”"), "{table}");
    let loser = table.lines().find(|it| it.starts_with("Pages of our services")).unwrap();
    assert!(loser.contains("“Spring newsletter” is for a campaign"), "{loser}");
}
