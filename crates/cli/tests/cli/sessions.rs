//! What happened in one visit, as its owner looks at it.

use serde_json::{Value, json};

use crate::{
    visitor::Visit,
    wrkbelt::{Folder, Server},
};

/// A folder with a visit that has booked, and its server.
fn booked() -> (Folder, Server, Visit) {
    let (folder, key) = Folder::with_business(1);
    let server = folder.serve();
    let mut client = server.client();
    let mut visit = Visit::start(&mut client, &key).unwrap();
    let command_id = "refused";
    let body = json!({
        "command_id": command_id, "expected_sequence": visit.sequence(),
        "command": { "type": "submit_zip", "zip": "no zip" },
    });
    assert_eq!(visit.send_body(&mut client, &body).unwrap().status, 422);
    visit.book(&mut client, 0);
    (folder, server, visit)
}

#[test]
fn the_events_of_a_visit_are_a_timeline() {
    let (folder, server, visit) = booked();
    let events = folder.json(&["session", "events", &visit.id]);
    assert_eq!(events.as_array().unwrap(), &visit.events(&mut server.client()));
    let ran = folder.run(&["session", "events", &visit.id]);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with('#'), "{}", lines[0]);
    let types: Vec<_> = lines[1..].iter().map(|it| it.split_whitespace().nth(3).unwrap()).collect();
    let listed: Vec<_> =
        events.as_array().unwrap().iter().map(|it| it["event_type"].as_str().unwrap()).collect();
    assert_eq!(types, listed);
    assert!(types.contains(&"VALIDATION_FAILED") && types.contains(&"BOOKING_SUBMITTED"));
    assert!(!ran.stdout.contains("no zip"), "a refused value is not kept");
}

#[test]
fn a_session_is_shown_as_it_is_stored() {
    let (folder, _server, visit) = booked();
    let session = folder.json(&["session", "show", &visit.id]);
    assert_eq!(session["_id"], *visit.id);
    assert_eq!(session["booking_outcome"]["status"], "completed");
    assert_eq!(session["booking_outcome"]["booking_id"], visit.view["booking"]["id"]);
    assert_eq!(session["current_state"]["last_sequence"], visit.sequence());
    let ran = folder.run(&["session", "show", &visit.id, "--organization", "acme"]);
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap(), session);
    let ran = folder.run(&["session", "show", &visit.id, "--organization", "nobody"]);
    assert_eq!(ran.failure(), "there is no organization nobody");
    let ran = folder.run(&["session", "show", "000000000000000000000000"]);
    assert_eq!(ran.failure(), "there is no session 000000000000000000000000");
}

#[test]
fn a_replay_says_whether_the_stored_session_is_the_fold_of_its_events() {
    let (folder, _server, visit) = booked();
    let line = folder.json(&["session", "replay", &visit.id, "--verify"]);
    let sequence = visit.sequence();
    assert_eq!(line, json!({ "session_id": visit.id, "events": sequence, "identical": true }));
    let ran = folder.run(&["session", "replay", &visit.id, "--verify"]);
    let verdict = "the stored session is identical to the fold of its events";
    assert_eq!((ran.code, ran.stdout), (0, format!("{sequence} events: {verdict}\n")));
}

#[test]
fn a_replay_goes_to_any_moment_of_the_visit() {
    let (folder, _server, visit) = booked();
    let mut steps = Vec::new();
    for at in [1, 3, 10, visit.sequence()] {
        let line = folder.json(&["session", "replay", &visit.id, "--at", &at.to_string()]);
        assert_eq!(line["events"], at);
        assert_eq!(line["session"]["current_state"]["last_sequence"], at);
        let last = at == visit.sequence();
        assert_eq!(line["identical"], if last { Value::Bool(true) } else { Value::Null });
        steps.push(line["session"]["current_state"]["step_id"].clone());
    }
    assert!(steps[0].is_null() && steps[1] != steps[2] && steps[2] != steps[3], "{steps:?}");
    let ran = folder.run(&["session", "replay", &visit.id, "--at", "5"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("5 events: as it was then"), "{}", ran.stdout);
}
