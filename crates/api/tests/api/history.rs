//! A visit as members look back at it.

use model::core::SystemRole;
use serde_json::{Value, json};
use store::{Key, Owner, Stored, StoredEvent, Write};

use crate::{member::Member, site::Site};

fn path(id: &str, rest: &str) -> String {
    format!("booking_sessions/{id}/{rest}")
}

#[tokio::test]
async fn a_visit_is_shown_as_it_was_after_every_event() {
    let site = Site::new().await;
    let mut visit = site.visit().await;
    let mut views = vec![visit.view.clone()];
    let node = visit.goes_to_the_number().await;
    views.push(visit.view.clone());
    visit.does(json!({ "type": "answer_question", "node_id": node, "value": 12 })).await;
    views.push(visit.view.clone());
    let member = Member::with(&site, SystemRole::Viewer).await;
    let document = member.get(&site, &format!("booking_sessions/{}", visit.id)).await.json();
    let now = member.get(&site, &path(&visit.id, "state")).await;
    assert_eq!(now.status, 200, "{}", now.text());
    let now = now.json();
    assert_eq!((&now["is_latest"], &now["view"]), (&json!(true), &visit.view));
    for field in ["current_state", "step_progression", "metrics", "booking_outcome"] {
        assert_eq!(now["session"][field], document[field], "{field}");
    }
    for view in &views {
        let at = path(&visit.id, &format!("state?at={}", view["sequence"]));
        let state = member.get(&site, &at).await.json();
        assert_eq!((&state["sequence"], &state["view"]), (&view["sequence"], view));
    }
    // All of it happened at one instant, by the clock of the test.
    for (at, sequence) in
        [("2026-11-23T15:00:00Z", visit.sequence()), ("2099-01-01T00:00:00Z", visit.sequence())]
    {
        let state = member.get(&site, &path(&visit.id, &format!("state?at={at}"))).await.json();
        assert_eq!(state["sequence"], sequence);
    }
    for (at, message) in [
        ("0", "must be a sequence, such as 7, or an instant, such as 2026-11-23T15:00:00Z"),
        ("yesterday", "must be a sequence, such as 7, or an instant, such as 2026-11-23T15:00:00Z"),
        ("999", &*format!("the visit has {} events", visit.sequence())),
        ("2026-11-23T14:59:59Z", "the visit had not begun yet"),
    ] {
        let answer = member.get(&site, &path(&visit.id, &format!("state?at={at}"))).await;
        let expected = ("at".to_owned(), message.to_owned());
        assert_eq!(answer.error(422, "request.invalid"), expected, "{at}");
    }
}

/// All parts, one after the other.
async fn whole(site: &Site, member: &Member, id: &str, what: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let asked = path(id, &format!("{what}?after={after}&limit={limit}"));
        let part = member.get(site, &asked).await.json();
        let data = part["data"].as_array().unwrap();
        assert!((1..=limit).contains(&data.len()), "{part}");
        all.extend(data.clone());
        match part["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return all,
        }
    }
}

#[tokio::test]
async fn events_timeline_and_screens_come_part_by_part() {
    let site = Site::new().await;
    let mut visit = site.visit().await;
    visit.goes_to_the_timeslots().await;
    let member = Member::with(&site, SystemRole::Agent).await;
    let count = usize::try_from(visit.sequence()).unwrap();
    for limit in [1, 3, 200] {
        for what in ["events", "timeline", "replay"] {
            let all = whole(&site, &member, &visit.id, what, limit).await;
            assert_eq!(all.len(), count, "{what} by {limit}");
        }
    }
    let events = whole(&site, &member, &visit.id, "events", 200).await;
    let of_visitor = visit.get("/events").await.json();
    for (raw, event) in events.iter().zip(of_visitor["data"].as_array().unwrap()) {
        let mut raw = raw.clone();
        let fields = raw.as_object_mut().unwrap();
        assert_eq!(fields.remove("understood"), Some(json!(true)));
        assert_eq!(fields.remove("hash").unwrap().as_str().unwrap().len(), 64);
        assert_eq!(raw, *event);
    }
    for two in events.windows(2) {
        assert_eq!(two[1]["previous_hash"], two[0]["hash"]);
    }
    let timeline = whole(&site, &member, &visit.id, "timeline", 200).await;
    let label = |at: usize| timeline[at]["label"].as_str().unwrap();
    assert_eq!(label(0), "Opened the widget on https://acme.example/");
    assert_eq!(label(3), "Entered the postal code 30305");
    assert_eq!(timeline[3]["step"]["title"], "Where are you?");
    assert_eq!(
        (&timeline[3]["by"], &timeline[3]["since_start_ms"]),
        (&json!("visitor"), &json!(0))
    );

    let screens = whole(&site, &member, &visit.id, "replay", 200).await;
    assert_eq!(screens[count - 1]["view"], visit.view);
    for (screen, event) in screens.iter().zip(&timeline) {
        assert_eq!(screen["event"], *event);
        assert_eq!(screen["view"]["sequence"], event["sequence"]);
    }
    for (asked, message) in [
        ("events?limit=0", "limit"),
        ("timeline?limit=201", "limit"),
        ("replay?limit=many", "query"),
        ("events?before=3", "query"),
    ] {
        let answer = member.get(&site, &path(&visit.id, asked)).await;
        assert_eq!(answer.error(422, "request.invalid").0, message, "{asked}");
    }
    let behind = member.get(&site, &path(&visit.id, "events?after=999")).await.json();
    assert_eq!(behind, json!({ "data": [] }));
}

#[tokio::test]
async fn who_may_only_look_does_not_replay_and_others_see_nothing() {
    let site = Site::new().await;
    let visit = site.visit().await;
    let viewer = Member::with(&site, SystemRole::Viewer).await;
    assert_eq!(viewer.get(&site, &path(&visit.id, "timeline")).await.status, 200);
    viewer.get(&site, &path(&visit.id, "replay")).await.problem(403, "forbidden");
    let others = site.visit_of(&site.other_business().await).await.id;
    let agent = Member::with(&site, SystemRole::Agent).await;
    for what in ["state", "events", "timeline", "replay"] {
        for id in [&*others, "000000000000000000000000", "nobody"] {
            agent.get(&site, &path(id, what)).await.problem(404, "not_found");
        }
    }
}

#[tokio::test]
async fn what_only_a_newer_version_understands_is_served_as_it_is() {
    let site = Site::new().await;
    let visit = site.visit().await;
    let id = visit.id.parse().unwrap();
    let owner = Owner::Organization(site.tenant.organization().object_id());
    let stream = Key { owner, collection: "booking_sessions", id };
    let backend = site.store.backend();
    let record = backend.get(&stream).await.unwrap().unwrap();
    let last = backend.events(&stream, 0, 50).await.unwrap().pop().unwrap();
    let newer = StoredEvent {
        id: model::ObjectId::from_bytes([7; 12]),
        sequence: last.sequence + 1,
        event_type: "SESSION_DREAMT".to_owned(),
        body: Stored::of(&json!({ "event_type": "SESSION_DREAMT", "data": { "of": "sheep" } }))
            .unwrap(),
        ..last
    };
    let append = Write::Append {
        stream,
        expect: record.version,
        at: record.updated_at,
        events: vec![newer],
        state: record.body,
    };
    backend.commit(vec![append]).await.unwrap();

    let answer = visit.get("").await;
    answer.problem(503, "session.being_updated");
    assert_eq!(answer.header("retry-after"), Some("5"));
    let command = visit.body(&json!({ "type": "submit_zip", "zip": "30305" }));
    visit.post(command.to_string()).await.problem(503, "session.being_updated");
    let member = Member::with(&site, SystemRole::Agent).await;
    let problem = member.get(&site, &path(&visit.id, "state")).await;
    let problem = problem.problem(409, "session.not_foldable");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("Event 4 ") && detail.contains("SESSION_DREAMT"), "{detail}");
    let events = member.get(&site, &path(&visit.id, "events?after=3")).await.json();
    let event = &events["data"][0];
    assert_eq!((&event["understood"], &event["data"]), (&json!(false), &json!({ "of": "sheep" })));
    let timeline = member.get(&site, &path(&visit.id, "timeline?after=3")).await.json();
    assert_eq!(timeline["data"][0]["label"], "Session dreamt");
    let screens = member.get(&site, &path(&visit.id, "replay")).await.json();
    assert_eq!(screens["data"][2]["view"], visit.view);
    assert_eq!(screens["data"][3]["view"], Value::Null);
    assert_eq!(site.visit().await.get("").await.status, 200, "others go on");
}
