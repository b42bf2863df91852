//! Visitors who send whatever they like, as often and in whatever order they like.

#[path = "hostile/link.rs"]
mod link;

use std::time::Duration;

use jiff::civil::date;
use model::{
    Id, ObjectId, Timestamp,
    availability::NotOffered,
    content::Address,
    flow::{CompiledFlow, file::FlowFile},
    scheduler::{BookingWindow, FlowSnapshot, Reference},
    session::{
        AbandonReason, AttachedFile, Attribution, BookingSession, Claimed, CustomerDetails,
        Decided, Device, EventBody, EventData, EventHash, FieldFailure, Input, Rejection, Seat,
        SessionEvent, SlotOutcome, decide, start, sweep, view,
    },
    step::StepConfig,
};
use serde_json::{Value, json};

use crate::{dice::Dice, legal};

const FLOW: &str = include_str!("../../src/session/tests/flow.yaml");

/// Flows of every make: with and without steps that may be left out, in another order.
const FLOWS: [&[(&str, &str)]; 4] = [
    &[],
    &[("  - { type: summary, title: Check }\n", ""), ("action: stop", "action: waitlist")],
    &[
        ("  - { type: timeslot_selection, title: When, mode: arrival_window }\n", ""),
        ("action: stop", "action: continue"),
    ],
    &[
        ("phone: optional, address: optional", "phone: required, address: required"),
        ("title: Details\n", "title: Details\n    media: { enabled: true, max_files: 2 }\n"),
    ],
];

const VERSION: ObjectId = ObjectId::from_bytes([0xee; 12]);

/// A flow as it was written, and as it is used.
struct Flow {
    snapshot: FlowSnapshot,
    compiled: CompiledFlow,
}

impl Flow {
    fn new(changes: &[(&str, &str)]) -> Self {
        let text = changes.iter().fold(FLOW.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from} is not in the flow");
            text.replace(from, to)
        });
        let built = FlowFile::parse(&text).unwrap().build(&mut |place| ObjectId::of(place));
        assert_eq!(built.findings, []);
        let snapshot = built.bundle.snapshot;
        let compiled = CompiledFlow::new(Id::new(VERSION), snapshot.clone());
        Self { snapshot, compiled }
    }
}

/// One visit under attack.
struct Attack<'a> {
    flow: &'a Flow,
    dice: Dice,
    session: BookingSession,
    events: Vec<SessionEvent>,
    now: Timestamp,
    sent: Vec<Input>,
    refused: usize,
}

impl<'a> Attack<'a> {
    fn begin(flow: &'a Flow, seed: u64) -> Self {
        let mut dice = Dice::of(seed);
        let now: Timestamp = "2026-11-23T15:00:00Z".parse().unwrap();
        let decided = start(
            &flow.compiled,
            id(1),
            "hash".to_owned(),
            Attribution::default(),
            Device::default(),
            "en-US".to_owned(),
            now.plus(Duration::from_hours(72)),
        );
        let mut decided = decided.unwrap();
        if dice.one_in(4) {
            decided = link::any_link(flow, &mut dice, decided, now);
        }
        let events = number(0, now, decided);
        let session = BookingSession::fold(&events).unwrap();
        Self { flow, dice, session, events, now, sent: Vec::new(), refused: 0 }
    }

    /// One command of the visitor, or what the server does by itself.
    fn go_on(&mut self) {
        let pause = match self.dice.below(40) {
            0 => Duration::from_hours(self.dice.below(80) as u64),
            1 => Duration::from_mins(self.dice.below(90) as u64),
            _ => Duration::from_millis(self.dice.below(20_000) as u64),
        };
        self.now = self.now.plus(pause);
        if self.dice.one_in(20) {
            let decided = sweep(&self.session, Some(Duration::from_mins(30)), self.now);
            self.append(decided);
            return;
        }
        let input = match self.dice.below(10) {
            0 if !self.sent.is_empty() => self.dice.one_of(&self.sent).clone(),
            0..=5 => self.sensible().unwrap_or_else(|| self.anything()),
            _ => self.anything(),
        };
        match decide(&self.flow.compiled, &self.session, &input, self.now) {
            Ok(decided) => {
                let again = decide(&self.flow.compiled, &self.session, &input, self.now);
                assert_eq!(again.as_ref(), Ok(&decided), "deciding is not pure");
                self.append(decided);
            }
            Err(Rejection::Invalid(problems)) => {
                let fields = problems
                    .0
                    .iter()
                    .map(|it| FieldFailure { path: it.path.clone(), code: it.code.to_owned() });
                let fields: Vec<_> = fields.collect();
                assert!(!fields.is_empty());
                let command = "any".to_owned();
                let step_id = self.session.current_state.step_id;
                let data = EventData::ValidationFailed { command, fields };
                self.append(vec![Decided { step_id, data }]);
                self.refused += 1;
            }
            Err(_) => self.refused += 1,
        }
        self.sent.push(input);
    }

    fn append(&mut self, decided: Vec<Decided>) {
        let events = number(self.events.len() as u64, self.now, decided);
        for event in &events {
            self.session.apply(event);
        }
        self.events.extend(events);
    }

    fn check(&self) -> Result<(), String> {
        legal::check(Id::new(VERSION), &self.flow.snapshot, &self.events, &self.session)?;
        let folded = BookingSession::fold(&self.events);
        if folded.as_ref() != Some(&self.session) {
            return Err("it is not the fold of its events".to_owned());
        }
        let text = |it: &BookingSession| serde_json::to_string(it).unwrap();
        let again = BookingSession::fold(&self.events).map(|it| text(&it));
        if again != Some(text(&self.session)) {
            return Err("two replays differ".to_owned());
        }
        Ok(())
    }

    /// What the visitor's screen would send.
    fn sensible(&mut self) -> Option<Input> {
        let screen = view(&self.flow.compiled, id(2), &self.session);
        let question = screen.question.as_ref();
        Some(match *screen.allowed.first()? {
            "resume" => Input::Resume,
            "submit_zip" => self.zip("30305"),
            "answer_question" => {
                let question = question?;
                let ids: Vec<_> = question.answers.iter().map(|it| it.id).collect();
                let answer_ids = (!ids.is_empty()).then(|| vec![*self.dice.one_of(&ids)]);
                let value = if ids.is_empty() { self.value() } else { None };
                Input::AnswerQuestion { node_id: question.node_id, answer_ids, value }
            }
            "submit_details" => details(&json!({ "gate": true })),
            "view_timeslots" => self.slot(),
            "submit_customer" => self.customer(true),
            _ => self.confirm(),
        })
    }

    fn anything(&mut self) -> Input {
        match self.dice.below(14) {
            0 => {
                let zips = ["30305", "30001", "99999", "", "no zip", "30305-1234"];
                let zip = *self.dice.one_of(&zips);
                self.zip(zip)
            }
            1 | 2 => self.answer(),
            3 => Input::GoBack { to_step_id: None, to_node_id: None },
            4 => {
                let steps: Vec<_> = self.flow.snapshot.steps.iter().map(|it| it.id).collect();
                let step = *self.dice.one_of(&steps);
                let node = self.node();
                let stranger = self.dice.one_in(5);
                Input::GoBack {
                    to_step_id: Some(if stranger { id(99) } else { step }),
                    to_node_id: self.dice.one_in(2).then_some(node),
                }
            }
            5 => details(self.dice.one_of(&[
                json!({}),
                json!({ "gate": true }),
                json!({ "gate": false, "floors": 3 }),
                json!({ "gate": true, "access": "key", "notes": "short" }),
                json!({ "gate": true, "access": "window" }),
                json!({ "gate": [true], "constructor": {} }),
            ])),
            6 => {
                let offered = u32::try_from(self.dice.below(3)).unwrap();
                let (from, to) = (date(2026, 11, 24), date(2026, 11, 30));
                Input::ViewTimeslots { from, to, offered, next_available: None }
            }
            7 => self.slot(),
            8 => Input::ReleaseTimeslot,
            9 => {
                let complete = self.dice.one_in(2);
                self.customer(complete)
            }
            10 => self.confirm(),
            11 | 12 => self.file(),
            _ if self.dice.one_in(2) => Input::Resume,
            _ => Input::Abandon { reason: Some(AbandonReason::Closed) },
        }
    }

    fn zip(&mut self, zip: &str) -> Input {
        let zones = self.flow.snapshot.steps.iter().find_map(|it| match &it.body.config {
            StepConfig::Zipcode(config) => Some(config.zone_ids.clone()),
            _ => None,
        });
        let zones = zones.unwrap_or_default();
        let inside = zip.starts_with("30") && !zones.is_empty();
        let zone = if inside { Some(*self.dice.one_of(&zones)) } else { None };
        Input::SubmitZip { zip: zip.to_owned(), zone }
    }

    /// Any node of the graph, or none of it.
    fn node(&mut self) -> Id<model::step::GraphNode> {
        let graph = self.flow.snapshot.steps.iter().find_map(|it| match &it.body.config {
            StepConfig::ServiceSelection(config) => Some(&config.graph.nodes),
            _ => None,
        });
        let nodes = graph.unwrap();
        if self.dice.one_in(8) { id(98) } else { self.dice.one_of(nodes).id }
    }

    fn value(&mut self) -> Option<Value> {
        let values = [
            json!(null),
            json!(14),
            json!(-1),
            json!(1e300),
            json!(true),
            json!("something"),
            json!("2026-11-24"),
            json!([1, { "a": null }]),
        ];
        let value = self.dice.one_of(&values).clone();
        if value.is_null() { None } else { Some(value) }
    }

    fn answer(&mut self) -> Input {
        let answers = &self.flow.snapshot.answers;
        let count = self.dice.below(4);
        let answer_ids = (0..count).map(|_| self.dice.one_of(answers).id).collect();
        let here = self.session.current_state.node_id;
        let node_id = here.filter(|_| !self.dice.one_in(3));
        Input::AnswerQuestion {
            node_id: node_id.unwrap_or_else(|| self.node()),
            answer_ids: Some(answer_ids).filter(|_| count > 0),
            value: if self.dice.one_in(2) { self.value() } else { None },
        }
    }

    fn slot(&mut self) -> Input {
        let hour = self.dice.below(5) as u64;
        let start = self.now.plus(Duration::from_hours(24 + hour));
        let refusals = [NotOffered::Capacity, NotOffered::Closed, NotOffered::LeadTime];
        let outcome = if self.dice.one_in(3) {
            SlotOutcome::Refused(*self.dice.one_of(&refusals))
        } else {
            let seats = (0..=self.dice.below(2)).map(|n| Seat {
                hold_id: Id::new(ObjectId::of(&format!("{} {n}", self.events.len()))),
                resource_key: "field/window".to_owned(),
                window_start: start,
                seat: u32::try_from(n).unwrap(),
            });
            let timeslot = BookingWindow {
                start,
                end: start.plus(Duration::from_hours(2)),
                time_zone: "America/New_York".to_owned(),
                window: true,
            };
            let held_until = self.now.plus(Duration::from_mins(10));
            SlotOutcome::Free(Claimed { timeslot, seats: seats.collect(), held_until })
        };
        Input::SelectTimeslot { start, outcome }
    }

    fn customer(&mut self, complete: bool) -> Input {
        let text = |it: &str| Some(it.to_owned());
        let address = Address {
            street: "1 Peachtree St".to_owned(),
            unit: None,
            city: "Atlanta".to_owned(),
            region: "GA".to_owned(),
            postal_code: "30305".to_owned(),
            country: "US".to_owned(),
        };
        let customer = CustomerDetails {
            first_name: text("Ada"),
            last_name: text("Byron").filter(|_| complete || self.dice.one_in(2)),
            email: text(if complete { "ada@example.com" } else { "nobody" }),
            phone: text("404 555 0134"),
            address: Some(address),
        };
        let all = [&["terms"][..], &["terms", "news"], &["news"], &["terms", "soul"], &[]];
        let consents = if complete { all[0] } else { *self.dice.one_of(&all) };
        let consents = consents.iter().map(|it| (*it).to_owned()).collect();
        Input::SubmitCustomer { customer, consents }
    }

    /// Adds or takes away one of a few files.
    fn file(&mut self) -> Input {
        let file_id = ObjectId::from_bytes([u8::try_from(self.dice.below(6)).unwrap(); 12]);
        if self.dice.one_in(4) {
            return Input::RemoveFile { file_id };
        }
        let file = AttachedFile {
            file_id,
            step_id: id(97),
            node_id: None,
            filename: "a.jpg".to_owned(),
            mime_type: (*self.dice.one_of(&["image/jpeg", "image/png", "text/csv"])).to_owned(),
            size: 1 << self.dice.below(26),
        };
        Input::AttachFile { file_id, file: Some(file).filter(|_| !self.dice.one_in(6)) }
    }

    fn confirm(&mut self) -> Input {
        let random = u32::try_from(self.dice.below(1 << 30)).unwrap();
        Input::Confirm {
            booking_id: Id::new(ObjectId::of(&self.events.len().to_string())),
            reference: Reference::from_random(random),
            seats_kept: !self.dice.one_in(4),
        }
    }
}

fn id<E>(n: u8) -> Id<E> {
    Id::new(ObjectId::from_bytes([n; 12]))
}

fn details(values: &Value) -> Input {
    Input::SubmitDetails { values: serde_json::from_value(values.clone()).unwrap() }
}

fn number(after: u64, at: Timestamp, decided: Vec<Decided>) -> Vec<SessionEvent> {
    let event = |(sequence, Decided { step_id, data }): (u64, Decided)| SessionEvent {
        id: ObjectId::from_parts(u32::try_from(sequence).unwrap(), [3; 5], 0),
        booking_session_id: id(2),
        organization_id: id(3),
        sequence,
        schema_version: SessionEvent::SCHEMA_VERSION,
        timestamp: at,
        command_id: after.to_string(),
        hash: EventHash::beginning(id(3), id(2)),
        body: EventBody {
            data,
            step_id,
            client_timestamp: None,
            command_digest: None,
            previous_hash: None,
        },
    };
    (after + 1..).zip(decided).map(event).collect()
}

/// How many visits are attacked: `WRKBELT_HOSTILE_VISITS` asks for more.
#[expect(clippy::disallowed_methods, reason = "the test run says how long it may take")]
fn visits() -> u64 {
    let asked = std::env::var("WRKBELT_HOSTILE_VISITS").ok();
    asked.map_or(2_000, |it| it.parse().unwrap())
}

#[test]
fn whatever_is_sent_no_visit_comes_into_a_state_that_there_cannot_be() {
    let flows: Vec<_> = FLOWS.iter().map(|it| Flow::new(it)).collect();
    let workers = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let seeds = visits();
    let (mut booked, mut refused, mut events) = (0, 0, 0);
    std::thread::scope(|scope| {
        let attacks = (0..workers).map(|worker| {
            let flows = &flows;
            scope.spawn(move || {
                let (mut booked, mut refused, mut events) = (0, 0, 0);
                for seed in (worker..seeds).step_by(usize::try_from(workers).unwrap()) {
                    let flow = &flows[usize::try_from(seed).unwrap() % flows.len()];
                    let mut attack = Attack::begin(flow, seed);
                    let commands = 5 + attack.dice.below(45);
                    for _ in 0..commands {
                        attack.go_on();
                        if seed.is_multiple_of(16) {
                            attack.check().unwrap_or_else(|it| panic!("seed {seed}: {it}"));
                        }
                    }
                    attack.check().unwrap_or_else(|it| panic!("seed {seed}: {it}"));
                    let last = attack.events.last().map(|it| it.body.data.event_type());
                    booked += u64::from(last == Some("SESSION_COMPLETED"));
                    refused += attack.refused;
                    events += attack.events.len();
                }
                (booked, refused, events)
            })
        });
        for attack in attacks.collect::<Vec<_>>() {
            let (of_booked, of_refused, of_events) = attack.join().unwrap();
            (booked, refused, events) =
                (booked + of_booked, refused + of_refused, events + of_events);
        }
    });
    // Otherwise nothing would have been tried.
    assert!(booked * 20 > seeds, "{booked} of {seeds} visits were booked");
    assert!(refused as u64 > seeds && events as u64 > 10 * seeds, "{refused} {events}");
}

/// The checker would see what must not be.
#[test]
fn a_state_that_there_cannot_be_is_seen() {
    let flow = Flow::new(FLOWS[0]);
    let (mut tried, mut seen) = (0, 0);
    for seed in 0..400 {
        let mut attack = Attack::begin(&flow, seed);
        for _ in 0..30 {
            attack.go_on();
        }
        let place = attack.dice.below(attack.events.len());
        let other = attack.dice.below(attack.events.len());
        let (a, b) = (&attack.events[place].body.data, &attack.events[other].body.data);
        if a == b
            || matches!(a, EventData::ValidationFailed { .. } | EventData::TimeslotsViewed { .. })
        {
            continue;
        }
        tried += 1;
        let mut forged = attack.events.clone();
        match attack.dice.below(3) {
            0 => drop(forged.remove(place)),
            1 => forged.swap(place, other),
            _ => forged.insert(place, forged[other].clone()),
        }
        for (event, sequence) in forged.iter_mut().zip(1..) {
            (event.sequence, event.timestamp) = (sequence, attack.now);
        }
        let session = BookingSession::fold(&forged);
        let version = Id::new(VERSION);
        let wrong =
            session.is_none_or(|it| legal::check(version, &flow.snapshot, &forged, &it).is_err());
        seen += u32::from(wrong);
    }
    assert!(tried > 200 && seen * 10 > tried * 8, "{seen} of {tried} forged visits were seen");
}
