//! What happened in one visit, as its owner looks at it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    visitor::Visit,
    wrkbelt::{Folder, Server, signal},
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

#[test]
fn a_replay_goes_to_any_instant_of_the_visit() {
    let (folder, server, visit) = booked();
    let events = visit.events(&mut server.client());
    let at = events[5]["timestamp"].as_str().unwrap();
    let expected = events.iter().filter(|it| it["timestamp"].as_str().unwrap() <= at).count();
    let line = folder.json(&["session", "replay", &visit.id, "--at", at]);
    assert_eq!(line["events"], expected);
    let early = folder.run(&["session", "replay", &visit.id, "--at", "2001-01-01T00:00:00Z"]);
    assert_eq!(early.failure(), "at: the visit had not begun yet");
    let wrong = folder.run(&["session", "replay", &visit.id, "--at", "noon"]);
    assert!(wrong.stderr.contains("must be a sequence, such as 7, or an instant"), "{wrong:?}");
}

/// A command that goes on, and the lines that it prints.
struct Tail {
    child: Child,
    lines: mpsc::Receiver<Value>,
}

impl Tail {
    fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let mut command = folder.command();
        command.args(["session", "tail", "--json", "--store", &folder.store()]);
        command.args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines() {
                let line = serde_json::from_str(&line.unwrap()).unwrap();
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    fn next(&self) -> Value {
        self.lines.recv_timeout(Duration::from_mins(1)).unwrap()
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_visit_is_followed_until_it_is_over() {
    let (folder, key) = Folder::with_business(1);
    let server = folder.serve();
    let mut client = server.client();
    let mut visit = Visit::start(&mut client, &key).unwrap();
    let mut tail = Tail::start(&folder, &[&visit.id]);
    let told: Vec<_> = (0..visit.sequence()).map(|_| tail.next()).collect();
    assert_eq!(told[0]["event_type"], "SESSION_STARTED");
    visit.book(&mut client, 0);
    for sequence in told.len() as u64 + 1..=visit.sequence() {
        let line = tail.next();
        assert_eq!((&line["session_id"], &line["sequence"]), (&json!(visit.id), &json!(sequence)));
        assert!(!line["label"].as_str().unwrap().is_empty());
    }
    assert!(tail.child.wait().unwrap().success());
    assert!(tail.lines.recv().is_err(), "nothing comes behind the end");

    let all = folder.run(&["session", "tail", &visit.id]);
    assert_eq!((all.code, all.stdout.lines().count() as u64), (0, visit.sequence()));
    assert!(all.stdout.contains("Booked "), "{}", all.stdout);
}

#[test]
fn all_visits_of_an_organization_are_followed() {
    let (folder, key) = Folder::with_business(1);
    let server = folder.serve();
    let mut client = server.client();
    let mut tail = Tail::start(&folder, &["--organization", "acme"]);
    // It says nothing until something happens.
    let first = loop {
        Visit::start(&mut client, &key).unwrap();
        if let Ok(line) = tail.lines.recv_timeout(Duration::from_millis(200)) {
            break line;
        }
    };
    assert_eq!((&first["sequence"], &first["event_type"]), (&json!(1), &json!("SESSION_STARTED")));
    let mut visit = Visit::start(&mut client, &key).unwrap();
    visit.book(&mut client, 0);
    let mut of_visit = Vec::new();
    while of_visit.last() != Some(&json!("SESSION_COMPLETED")) {
        let line = tail.next();
        if line["session_id"] == *visit.id {
            assert_eq!(line["sequence"], of_visit.len() as u64 + 1);
            of_visit.push(line["event_type"].clone());
        }
    }
    assert_eq!(of_visit.len() as u64, visit.sequence());
    assert!(signal("INT", tail.child.id()));
    assert!(tail.child.wait().unwrap().success());
    let refused = folder.run(&["session", "tail"]);
    assert!(refused.failure().contains("--organization"), "{refused:?}");
}

#[test]
fn two_visits_are_laid_side_by_side() {
    let (folder, server, booked) = booked();
    let mut client = server.client();
    let key = folder.add_business(1);
    let mut other = Visit::start(&mut client, &key).unwrap();
    let first = other.next(&mut client, 0).unwrap().unwrap();
    other.send(&mut client, first).unwrap();
    other.send(&mut client, json!({ "type": "abandon", "reason": "price" })).unwrap();
    let line = folder.json(&["session", "diff", &booked.id, &other.id]);
    assert_eq!(line["common"], 1, "{line}");
    assert_eq!(line["parting"]["b"]["label"], "Left: the price");
    assert_eq!(
        (&line["a"]["status"], &line["b"]["status"]),
        (&json!("completed"), &json!("abandoned"))
    );
    assert_eq!(line["a"]["metrics"]["event_count"], booked.sequence());
    let ran = folder.run(&["session", "diff", &booked.id, &other.id]);
    assert!(ran.stdout.starts_with("1 decisions in common; then they part\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("Left: the price"), "{}", ran.stdout);
    let same = folder.json(&["session", "diff", &booked.id, &booked.id]);
    assert_eq!((&same["parting"]["a"], &same["parting"]["b"]), (&Value::Null, &Value::Null));
    let absent = folder.run(&["session", "diff", &booked.id, "000000000000000000000000"]);
    assert_eq!(absent.failure(), "there is no session 000000000000000000000000");
}

#[test]
fn a_stream_that_was_cut_off_is_named() {
    let (folder, server, visit) = booked();
    drop(server);
    let database = rusqlite::Connection::open(folder.path("store.db")).unwrap();
    let cut = "DELETE FROM booking_session_events WHERE sequence = ?1 AND hex(stream) = upper(?2)";
    let last = visit.sequence().to_string();
    assert_eq!(database.execute(cut, [&last, &visit.id]).unwrap(), 1);
    drop(database);
    let ran = folder.run(&["session", "replay", &visit.id, "--verify", "--json"]);
    let last = visit.sequence() - 1;
    let what = format!("event {last} is not the last one of which its session knows");
    assert_eq!((ran.code, &ran.line()["broken"]), (1, &json!({ "sequence": last, "what": what })));
    let ran = folder.run(&["session", "replay", &visit.id, "--verify"]);
    assert!(ran.stdout.contains("NOT as they were appended"), "{}", ran.stdout);
    let ran = folder.run(&["doctor", "--json"]);
    let findings = ran.line()["findings"].clone();
    assert_eq!((ran.code, &findings[0]["_id"]), (1, &json!(visit.id)), "{findings}");
}
