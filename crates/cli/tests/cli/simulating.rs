//! Recorded visits, tried on a draft.

use serde_json::{Value, json};

use crate::{
    visitor::Visit,
    wrkbelt::{Folder, visits},
};

/// A folder with two visits that have booked and one that has just begun.
fn visited() -> Folder {
    let (folder, key) = Folder::with_business(9);
    let server = folder.serve();
    let mut client = server.client();
    for _ in 0..2 {
        Visit::start(&mut client, &key).unwrap().book(&mut client, 0);
    }
    Visit::start(&mut client, &key).unwrap();
    folder
}

const SIMULATE: [&str; 2] = ["flow", "simulate"];

#[test]
fn visits_are_tried_on_a_file_and_on_the_stored_draft() {
    let folder = visited();
    let of = ["--organization", "acme"];
    let flow = folder.path("flow.yaml").to_str().unwrap().to_owned();
    let same = folder.json(&[&SIMULATE[..], &[&flow], &of].concat());
    let expected = json!({
        "visits": 3, "same_end": 3, "other_end": 0, "stuck": 0, "unreadable": 0,
        "in_no_group": 0, "groups": [],
    });
    assert_eq!(same, expected);
    assert_eq!(folder.json(&[&SIMULATE[..], &["visits"], &of].concat()), expected);

    let younger = folder.write("younger.yaml", &visits(9).replace("max: 90", "max: 10"));
    let stuck = folder.json(&[&SIMULATE[..], &[&younger], &of].concat());
    assert_eq!((&stuck["same_end"], &stuck["stuck"]), (&json!(1), &json!(2)));
    let [group] = &stuck["groups"].as_array().unwrap()[..] else { panic!("{stuck}") };
    assert_eq!(group["examples"].as_array().map(Vec::len), Some(2));
    let ran = folder.run(&[&SIMULATE[..], &[&younger], &of].concat());
    assert_eq!((ran.code, &*ran.stderr), (0, ""));
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(
        lines[..4],
        [
            "2 visits: stuck",
            "    parts at “What do you need?”, question age",
            "    was   book drain (Drain cleaning)",
            "    would leave at “What do you need?”, question age: value: Enter a number from 0 to 10.",
        ]
    );
    assert_eq!(lines[5], "3 visits: 1 to the same end, 0 to another end, 2 stuck");
    let none = folder.json(&[&SIMULATE[..], &[&younger], &of, &["--to", "2020-01-01"]].concat());
    assert_eq!(none["visits"], 0);
    let all = folder.json(&[&SIMULATE[..], &[&younger], &of, &["--from", "2020-01-01"]].concat());
    assert_eq!(all["visits"], Value::from(3));
}

#[test]
fn what_cannot_be_tried_is_said_in_one_sentence() {
    let (folder, _) = Folder::with_business(1);
    for (flow, more, sentence) in [
        ("nothing", &["--organization", "acme"][..], "There is no such booking flow."),
        ("No Slug", &["--organization", "acme"], "No Slug: neither a file nor the slug of a flow"),
        ("visits", &["--organization", "nobody"], "there is no organization nobody"),
        (
            "visits",
            &["--organization", "acme", "--from", "2026-11-02", "--to", "2026-11-01"],
            "--to 2026-11-01 is before --from 2026-11-02",
        ),
    ] {
        let ran = folder.run(&[&SIMULATE[..], &[flow], more].concat());
        assert_eq!(ran.failure(), sentence);
    }
}
