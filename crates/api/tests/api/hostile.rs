//! Visitors who send whatever they like, through the real door.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Request, header::AUTHORIZATION},
};
use model::{
    Id,
    scheduler::BookingFlowVersion,
    session::{BookingSession, Outcome},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{dice::Dice, legal, site::Site};

/// One visit under attack, and what can be taken from another.
struct Attack {
    site: Arc<Site>,
    dice: Dice,
    id: String,
    token: String,
    foreign: (String, String),
    view: Value,
    sent: Vec<String>,
    effects: usize,
}

/// Kinds of events that only the server makes: none is a command.
const OF_THE_SERVER: [&str; 8] = [
    "session_started",
    "SESSION_EXPIRED",
    "timeslot_held",
    "TIMESLOT_HELD",
    "booking_submitted",
    "SESSION_COMPLETED",
    "service_selected",
    "zipcode_accepted",
];

impl Attack {
    async fn begin(site: Arc<Site>, seed: u64) -> Self {
        let foreign = site.visit().await;
        let foreign = (foreign.id, foreign.token);
        let own = site.visit().await;
        let (id, token, view) = (own.id, own.token, own.view);
        let dice = Dice::of(seed);
        Self { site, dice, id, token, foreign, view, sent: Vec::new(), effects: 0 }
    }

    async fn go_on(&mut self) {
        let body = match self.dice.below(12) {
            // Again, now or much later.
            0 | 1 if !self.sent.is_empty() => self.dice.one_of(&self.sent).clone(),
            2 => self.forged(),
            3 => {
                let command = self.anything();
                // Dropped: what comes next does not know of it.
                self.body(&command);
                return;
            }
            4 | 5 => {
                let command = self.anything();
                self.body(&command)
            }
            _ => {
                let command = self.sensible().await;
                self.body(&command)
            }
        };
        self.sent.push(body.clone());
        self.post(body).await;
    }

    async fn post(&mut self, body: String) {
        let (id, token, is_own) = match self.dice.below(12) {
            0 => (&self.id, &self.foreign.1, false),
            1 => (&self.foreign.0, &self.token, false),
            _ => (&self.id, &self.token, true),
        };
        let request = Request::post(format!("/public/v1/sessions/{id}/commands"))
            .header("content-type", "application/json")
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::from(body.clone()))
            .unwrap();
        let answer = self.site.send(request).await;
        let status = answer.status.as_u16();
        assert!(status < 500, "{status} {body}: {}", answer.text());
        assert!(is_own || status == 401 || status == 400 || status == 422, "{status} {body}");
        assert!(is_own || answer.json().get("view").is_none(), "{}", answer.text());
        let is_forged = OF_THE_SERVER.iter().any(|it| body.contains(&format!("\"{it}\"")));
        assert!(!is_forged || matches!(status, 400 | 401 | 422), "{status} {body}");
        if let Some(view) = answer.json().get("view").filter(|_| is_own) {
            self.view = view.clone();
        }
        self.effects += usize::from(status == 200);
    }

    fn body(&mut self, command: &Value) -> String {
        let sequence = self.view["sequence"].as_u64().unwrap();
        let expected = match self.dice.below(10) {
            0 => sequence.saturating_sub(1 + self.dice.below(6) as u64),
            1 => sequence + 1 + self.dice.below(3) as u64,
            _ => sequence,
        };
        let n = if self.dice.one_in(15) { self.dice.below(4) } else { self.sent.len() + 4 };
        let command_id = format!("c-{n}");
        json!({ "command_id": command_id, "expected_sequence": expected, "command": command })
            .to_string()
    }

    /// What no client of ours would ever send.
    fn forged(&mut self) -> String {
        let sequence = self.view["sequence"].clone();
        let envelope = |command: Value| json!({ "command_id": "x", "expected_sequence": sequence, "command": command });
        match self.dice.below(8) {
            0 => "{".to_owned(),
            1 => "[]".to_owned(),
            2 => envelope(json!({ "type": self.dice.one_of(&OF_THE_SERVER) })).to_string(),
            3 => {
                let kind = self.dice.one_of(&OF_THE_SERVER);
                envelope(json!({ "type": kind, "event_type": kind, "data": {} })).to_string()
            }
            4 => {
                let mut body = envelope(json!({ "type": "confirm" }));
                body["command_id"] = json!("sweep 3");
                body.to_string()
            }
            5 => {
                let mut body = envelope(json!({ "type": "confirm", "booking_id": self.id }));
                body["sequence"] = json!(1);
                body.to_string()
            }
            6 => {
                let mut body = envelope(json!({ "type": "resume" }));
                body["expected_sequence"] = json!(-1);
                body.to_string()
            }
            _ => {
                let deep = "[".repeat(200) + &"]".repeat(200);
                format!(
                    r#"{{"command_id":"y","expected_sequence":{sequence},"command":{{"type":"submit_details","values":{{"a":{deep}}}}}}}"#
                )
            }
        }
    }

    async fn sensible(&mut self) -> Value {
        let question = &self.view["question"];
        let node = &question["node_id"];
        match self.view["allowed"][0].as_str() {
            Some("resume") => json!({ "type": "resume" }),
            Some("submit_zip") => json!({ "type": "submit_zip", "zip": "30305" }),
            Some("answer_question") if question["kind"] == "number" => {
                json!({ "type": "answer_question", "node_id": node, "value": 7 })
            }
            Some("answer_question") => {
                let answers = question["answers"].as_array().unwrap();
                let answer = &answers[self.dice.below(answers.len())]["id"];
                json!({ "type": "answer_question", "node_id": node, "answer_ids": [answer] })
            }
            Some("view_timeslots") => self.slot().await,
            Some("submit_customer") => json!({
                "type": "submit_customer", "first_name": "Ada", "last_name": "Lovelace",
                "email": "ada@example.com",
            }),
            _ => json!({ "type": "confirm" }),
        }
    }

    async fn slot(&mut self) -> Value {
        let request = Request::get(format!("/public/v1/sessions/{}/timeslots", self.id))
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .body(Body::empty())
            .unwrap();
        let offered = self.site.send(request).await.json();
        let days = offered["days"].as_array().into_iter().flatten();
        let slots: Vec<_> = days.flat_map(|it| it["slots"].as_array().unwrap()).collect();
        let start = match slots.len() {
            0 => json!("2026-11-24T13:00:00Z"),
            many => slots[self.dice.below(many.min(4))]["start"].clone(),
        };
        json!({ "type": "select_timeslot", "start": start })
    }

    fn anything(&mut self) -> Value {
        let steps = self.view["step"]["id"].clone();
        let node = match self.dice.below(3) {
            0 => json!("0123456789abcdef01234567"),
            1 => self.view["question"]["node_id"].clone(),
            _ => self.view["selections"]["answers"][0]["node_id"].clone(),
        };
        let node = if node.is_null() { json!("0123456789abcdef01234567") } else { node };
        match self.dice.below(14) {
            0 => {
                json!({ "type": "submit_zip", "zip": self.dice.one_of(&["99999", "", "ü", "30305"]) })
            }
            1 => json!({ "type": "answer_question", "node_id": node, "value": 91 }),
            2 => json!({ "type": "answer_question", "node_id": node, "answer_ids": [node] }),
            3 => json!({ "type": "go_back" }),
            4 => json!({ "type": "go_back", "to_node_id": node }),
            5 => json!({ "type": "go_back", "to_step_id": steps }),
            6 => json!({ "type": "submit_details", "values": { "x": [1, { "y": null }] } }),
            7 => json!({ "type": "view_timeslots", "from": "2026-11-24", "to": "2026-11-30" }),
            8 => json!({ "type": "view_timeslots", "from": "9999-12-01", "to": "1000-01-01" }),
            9 => json!({ "type": "select_timeslot", "start": "2026-11-24T13:00:00Z" }),
            10 => json!({ "type": "release_timeslot" }),
            11 => json!({ "type": "submit_customer", "email": "nobody", "consents": ["soul"] }),
            12 => json!({ "type": "confirm" }),
            _ => json!({ "type": "abandon", "reason": "closed" }),
        }
    }

    /// Whether it is a visit that there may be, and folds to the same whenever it is folded.
    async fn check(&self, seed: u64) -> BookingSession {
        let id: Id<BookingSession> = self.id.parse().unwrap();
        let tenant = &self.site.tenant;
        let events = tenant.session_events(id, None).await.unwrap();
        let replayed = tenant.replay_session(id, None).await.unwrap();
        assert_eq!((replayed.identical, &replayed.broken), (Some(true), &None), "seed {seed}");
        let again = tenant.replay_session(id, None).await.unwrap();
        let text = |it| serde_json::to_string(it).unwrap();
        assert_eq!(text(&replayed.session), text(&again.session), "seed {seed}");
        let version: Id<BookingFlowVersion> = replayed.session.booking_flow_version_id;
        let scoped = self.site.store.scoped(tenant.organization());
        let flow = scoped.get(version).await.unwrap().unwrap().body.snapshot;
        legal::check(version, &flow, &events, &replayed.session)
            .unwrap_or_else(|it| panic!("seed {seed}: {it}"));
        replayed.session
    }
}

/// How many visits are attacked: `WRKBELT_HOSTILE_VISITS` asks for more.
#[expect(clippy::disallowed_methods, reason = "the test run says how long it may take")]
fn visits() -> u64 {
    let asked = std::env::var("WRKBELT_HOSTILE_VISITS").ok();
    asked.map_or(150, |it| it.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_comes_through_the_door_no_visit_is_in_a_state_that_there_cannot_be() {
    const AT_ONCE: u64 = 4;
    let mut attacks = JoinSet::new();
    for worker in 0..AT_ONCE {
        attacks.spawn(async move {
            let (mut booked, mut effects) = (0, 0);
            let mut site = Arc::new(Site::new().await);
            for seed in (worker..visits()).step_by(usize::try_from(AT_ONCE).unwrap()) {
                // Seats run out.
                if (seed / AT_ONCE).is_multiple_of(20) {
                    site = Arc::new(Site::new().await);
                }
                let mut attack = Attack::begin(site.clone(), seed).await;
                for _ in 0..10 + attack.dice.below(30) {
                    attack.go_on().await;
                }
                let session = attack.check(seed).await;
                booked += u64::from(matches!(session.booking_outcome, Outcome::Completed { .. }));
                effects += attack.effects;
                let foreign = attack.foreign.0.parse().unwrap();
                let foreign = site.tenant.session_events(foreign, None).await.unwrap();
                assert_eq!(foreign.len(), 3, "seed {seed}: another visit was touched");
            }
            (booked, effects)
        });
    }
    let (mut booked, mut effects) = (0, 0);
    for (of_booked, of_effects) in attacks.join_all().await {
        (booked, effects) = (booked + of_booked, effects + of_effects);
    }
    // Otherwise nothing would have been tried.
    assert!(booked * 20 > visits(), "{booked} of {} visits were booked", visits());
    assert!(effects as u64 > 5 * visits(), "{effects}");
}
