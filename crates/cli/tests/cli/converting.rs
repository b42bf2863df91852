//! Drafts made of what a business has already.

use serde_json::json;

use crate::wrkbelt::Folder;

const LIST: &str = "name,category,price,minutes\nFull groom,Dogs,$85,90\nBath,Dogs,from $40,45\nNail trim,Cats,soon,15\n";

#[test]
fn a_list_of_services_becomes_a_flow_that_can_be_published() {
    let folder = Folder::new();
    let list = folder.write("services.csv", LIST);
    let out = folder.path("flow.yaml").to_str().unwrap().to_owned();
    let convert = ["flow", "convert", &list, "--from", "csv", "--title", "Paws", "--out", &out];
    let answer = folder.json(&convert);
    assert_eq!((&answer["taken"], &answer["out"]), (&json!(3), &json!(out)));
    assert_eq!(
        answer["notes"],
        json!([{
            "kind": "changed", "place": "line 4, column 16",
            "message": "“soon” is no price: it is said after a look.",
        }])
    );
    assert_eq!(folder.json(&["flow", "validate", &out])["ok"], true);
    let import = ["flow", "import", &out, "--publish", "--organization", "paws"];
    let imported = folder.json(&[&import[..], &["--create-organization"]].concat());
    assert_eq!(imported["version"], 1);

    let again = folder.run(&convert);
    assert!(again.failure().starts_with(&out), "{again:?}");
    let ran = folder.run(&[&convert[..], &["--force"]].concat());
    assert_eq!((ran.code, &*ran.stderr), (0, ""));
    assert!(ran.stdout.contains("changed at line 4, column 16"), "{ran:?}");
    let printed = folder.run(&convert[..7]);
    assert_eq!(printed.stdout, std::fs::read_to_string(&out).unwrap());
    assert_eq!(printed.stderr, ran.stdout);
}

#[test]
fn what_cannot_be_converted_is_said_with_its_place() {
    let folder = Folder::new();
    let list = folder.write("services.csv", "name\n\"x");
    let refused = |more: &[&str]| folder.run(&[&["flow", "convert", &list][..], more].concat());
    let sentence = format!("{list}: line 2, column 1: a quote is opened here and never closed");
    assert_eq!(refused(&["--from", "csv"]).failure(), sentence);
    let sentence = format!("{list}: line 1, column 2: this is no JSON document");
    assert_eq!(refused(&["--from", "typebot"]).failure(), sentence);
    let sentence = "there is no time zone Mars/Olympus";
    assert_eq!(refused(&["--from", "csv", "--time-zone", "Mars/Olympus"]).failure(), sentence);
}
