use std::time::Duration;

use serde_json::Value;

use crate::{
    Id, ObjectId, Timestamp,
    flow::{CompiledFlow, FlowBundle, file::FlowFile},
    session::{
        AsStored, BookingSession, Decided, EventBody, EventHash, Input, LinkOutcome, Outcome,
        Rejection, SessionEvent, View, decide, start, start_by_link, view,
    },
};

pub(super) const FLOW: &str = include_str!("flow.yaml");

pub(super) const BEGIN: Timestamp = Timestamp::EPOCH;
pub(super) const LIFE: Duration = Duration::from_hours(72);

/// Any text makes an id, and the same text the same.
pub(super) fn id<E>(text: &str) -> Id<E> {
    let sum = |start: u64| {
        text.bytes()
            .fold(start, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
    };
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&sum(0xcbf2_9ce4_8422_2325).to_be_bytes());
    bytes[8..].copy_from_slice(&sum(1).to_be_bytes()[..4]);
    Id::new(ObjectId::from_bytes(bytes))
}

pub(super) fn compile(changes: &[(&str, &str)]) -> CompiledFlow {
    CompiledFlow::new(id("version"), bundle(changes).snapshot)
}

/// The flow with some of its text replaced.
pub(super) fn bundle(changes: &[(&str, &str)]) -> FlowBundle {
    let mut text = FLOW.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not in the flow");
        text = text.replace(from, to);
    }
    let built = FlowFile::parse(&text).unwrap().build(&mut |place| id::<()>(place).object_id());
    assert_eq!(built.findings, []);
    built.bundle
}

/// A visit so far. After every command all that must always hold of a session is checked.
pub(super) struct Scene {
    pub(super) flow: CompiledFlow,
    pub(super) session: BookingSession,
    pub(super) events: Vec<SessionEvent>,
    pub(super) now: Timestamp,
}

/// What happened before, by commands, on the flow with some of its text replaced.
pub(super) struct Given<'a> {
    pub(super) changes: &'a [(&'a str, &'a str)],
    pub(super) inputs: Vec<Input>,
}

impl Given<'_> {
    pub(super) fn on(inputs: Vec<Input>) -> Self {
        Self { changes: &[], inputs }
    }

    pub(super) fn scene(self) -> Scene {
        let mut scene = Scene::start(compile(self.changes));
        for input in self.inputs {
            let answer = scene.when(&input);
            assert!(answer.contains(char::is_uppercase), "{input:?} was refused: {answer}");
        }
        scene
    }
}

/// Given what happened, the input makes these events, or is refused with this code; what breaks
/// rules is listed as `path:code`.
#[track_caller]
pub(super) fn check(given: Given<'_>, input: &Input, expected: &str) -> Scene {
    let mut scene = given.scene();
    assert_eq!(scene.when(input), expected);
    scene
}

impl Scene {
    pub(super) fn start(flow: CompiledFlow) -> Self {
        let decided = Self::begin(&flow);
        Self::begun(flow, decided)
    }

    /// A visit that an express link begins.
    pub(super) fn start_by(flow: CompiledFlow, link: &LinkOutcome<'_>) -> Self {
        let decided = start_by_link(&flow, Self::begin(&flow), link, BEGIN);
        Self::begun(flow, decided)
    }

    fn begin(flow: &CompiledFlow) -> Vec<Decided> {
        let expires_at = BEGIN.plus(LIFE);
        let decided = start(
            flow,
            id("scheduler"),
            "hash".to_owned(),
            crate::session::Attribution::default(),
            crate::session::Device::default(),
            "en-US".to_owned(),
            expires_at,
        );
        decided.unwrap()
    }

    fn begun(flow: CompiledFlow, decided: Vec<Decided>) -> Self {
        let events = number(None, BEGIN, decided);
        let session = BookingSession::fold(&events).unwrap();
        let scene = Self { flow, session, events, now: BEGIN };
        scene.check_invariants();
        scene
    }

    /// The types of the events, or the code of the rejection.
    pub(super) fn when(&mut self, input: &Input) -> String {
        self.now = self.now.plus(Duration::from_secs(1));
        match decide(&self.flow, &self.session, input, self.now) {
            Ok(decided) => self.append(decided),
            Err(rejection) => refusal(&rejection),
        }
    }

    pub(super) fn append(&mut self, decided: Vec<Decided>) -> String {
        let before = self.session.booking_outcome.clone();
        let events = number(self.events.last(), self.now, decided);
        for event in &events {
            self.session.apply(event);
        }
        let types: Vec<_> = events.iter().map(|it| it.body.data.event_type()).collect();
        self.events.extend(events);
        assert!(is_legal(&before, &self.session.booking_outcome), "from {before:?}");
        self.check_invariants();
        types.join(" ")
    }

    pub(super) fn view(&self) -> View {
        view(&self.flow, id("session"), &self.session)
    }

    /// The title of the step where the visitor is.
    pub(super) fn step(&self) -> String {
        self.view().step.title
    }

    fn check_invariants(&self) {
        assert_eq!(BookingSession::fold(&self.events).as_ref(), Some(&self.session));
        let state = &self.session.current_state;
        let count = self.events.len() as u64;
        assert_eq!((state.last_sequence, self.session.metrics.event_count), (count, count));
        assert!(self.events.iter().map(|it| it.sequence).eq(1..=count));
        let json = serde_json::to_string(&self.session).unwrap();
        let read: BookingSession = serde_json::from_str(&json).unwrap();
        assert_eq!((&read, serde_json::to_string(&read).unwrap()), (&self.session, json));
        let completed = matches!(self.session.booking_outcome, Outcome::Completed { .. });
        assert_eq!(state.temp_selections.is_none(), completed);
        let view = self.view();
        assert!((1..=view.progress.of).contains(&view.progress.step), "{:?}", view.progress);
    }
}

fn number(
    before: Option<&SessionEvent>,
    at: Timestamp,
    decided: Vec<Decided>,
) -> Vec<SessionEvent> {
    let first = before.map_or(0, |it| it.sequence) + 1;
    let beginning = EventHash::beginning(id("organization"), id("session"));
    let mut previous = before.map_or(beginning, |it| it.hash);
    let mut event = |(sequence, decided): (u64, Decided)| {
        let mut event = SessionEvent {
            id: id::<()>(&format!("event {sequence}")).object_id(),
            booking_session_id: id("session"),
            organization_id: id("organization"),
            sequence,
            schema_version: SessionEvent::SCHEMA_VERSION,
            timestamp: at,
            command_id: format!("command {first}"),
            hash: previous,
            body: EventBody {
                data: decided.data,
                step_id: decided.step_id,
                client_timestamp: None,
                command_digest: None,
                previous_hash: Some(previous),
            },
        };
        event.hash = EventHash::of(&as_stored(&event, &body(&event)));
        previous = event.hash;
        event
    };
    (first..).zip(decided).map(&mut event).collect()
}

/// The text that is stored.
pub(super) fn body(event: &SessionEvent) -> String {
    serde_json::to_string(&event.body).unwrap()
}

pub(super) fn as_stored<'a>(event: &'a SessionEvent, body: &'a str) -> AsStored<'a> {
    AsStored {
        id: event.id,
        sequence: event.sequence,
        event_type: event.body.data.event_type(),
        schema_version: event.schema_version,
        timestamp: event.timestamp,
        command_id: &event.command_id,
        body,
    }
}

/// The name of the rejection, and what it says is wrong.
fn refusal(rejection: &Rejection) -> String {
    let name = format!("{rejection:?}");
    let mut text: String = name.chars().take_while(char::is_ascii_alphabetic).collect();
    if let Rejection::Invalid(problems) = rejection {
        for problem in &problems.0 {
            text.extend([" ", &problem.path, ":", problem.code]);
        }
    }
    text
}

fn is_legal(before: &Outcome, after: &Outcome) -> bool {
    use Outcome::{Abandoned, Active, Completed, Expired};
    match (before, after) {
        (Active {}, Active {} | Abandoned { .. } | Completed { .. } | Expired { .. })
        | (Abandoned { .. }, Active {} | Expired { .. }) => true,
        (before, after) => before == after,
    }
}

/// What visitors say.
pub(super) mod say {
    use std::collections::BTreeMap;

    use super::{BEGIN, Duration, Id, Input, ObjectId, Timestamp, Value, id};
    use crate::{
        availability::NotOffered,
        content::Address,
        scheduler::{BookingWindow, Reference, ServiceZone},
        session::{AttachedFile, Claimed, CustomerDetails, Seat, SlotOutcome},
    };

    pub(in super::super) fn zip_in(zip: &str, zone: Option<&str>) -> Input {
        let zone = zone.map(|it| -> Id<ServiceZone> { id(&format!("zones.{it}")) });
        Input::SubmitZip { zip: zip.to_owned(), zone }
    }

    pub(in super::super) fn zip() -> Input {
        zip_in("30305", Some("metro"))
    }

    pub(in super::super) fn answers(question: &str, answers: &[&str]) -> Input {
        let answer = |it: &&str| id(&format!("questions.{question}.answers.{it}"));
        Input::AnswerQuestion {
            node_id: id(&format!("nodes.questions.{question}")),
            answer_ids: Some(answers.iter().map(answer).collect()),
            value: None,
        }
    }

    pub(in super::super) fn answer(question: &str, it: &str) -> Input {
        answers(question, &[it])
    }

    pub(in super::super) fn value(question: &str, value: impl Into<Value>) -> Input {
        let node_id = id(&format!("nodes.questions.{question}"));
        Input::AnswerQuestion { node_id, answer_ids: None, value: Some(value.into()) }
    }

    pub(in super::super) fn details(values: &Value) -> Input {
        let values: BTreeMap<String, Value> = serde_json::from_value(values.clone()).unwrap();
        Input::SubmitDetails { values }
    }

    pub(in super::super) const MIMES: [&str; 3] = ["image/jpeg", "application/pdf", "text/csv"];

    pub(in super::super) fn file_id(n: u64) -> ObjectId {
        id::<()>(&format!("file {n}")).object_id()
    }

    /// An uploaded file.
    pub(in super::super) fn attach(n: u64, mime_type: &str, size: u64) -> Input {
        let file_id = file_id(n);
        let file = AttachedFile {
            file_id,
            step_id: id("nowhere"),
            node_id: None,
            filename: format!("{n}.jpg"),
            mime_type: mime_type.to_owned(),
            size,
        };
        Input::AttachFile { file_id, file: Some(file) }
    }

    pub(in super::super) fn photo(n: u64) -> Input {
        attach(n, "image/jpeg", 1_000_000)
    }

    pub(in super::super) fn remove(n: u64) -> Input {
        Input::RemoveFile { file_id: file_id(n) }
    }

    pub(in super::super) fn slot(hour: u64) -> Input {
        let start = BEGIN.plus(Duration::from_hours(100 + hour));
        let seat = Seat {
            hold_id: id(&format!("hold {hour}")),
            resource_key: "field/window".to_owned(),
            window_start: start,
            seat: 0,
        };
        let timeslot = BookingWindow {
            start,
            end: start.plus(Duration::from_hours(2)),
            time_zone: "America/New_York".to_owned(),
            window: true,
        };
        let held_until = BEGIN.plus(Duration::from_mins(10));
        let outcome = SlotOutcome::Free(Claimed { timeslot, seats: vec![seat], held_until });
        Input::SelectTimeslot { start, outcome }
    }

    pub(in super::super) fn refused_slot(reason: NotOffered) -> Input {
        Input::SelectTimeslot { start: Timestamp::EPOCH, outcome: SlotOutcome::Refused(reason) }
    }

    pub(in super::super) fn days(offered: u32) -> Input {
        let day = jiff::civil::date(1970, 1, 5);
        Input::ViewTimeslots { from: day, to: day, offered, next_available: None }
    }

    pub(in super::super) fn ada() -> CustomerDetails {
        CustomerDetails {
            first_name: Some("Ada".to_owned()),
            last_name: Some("Byron".to_owned()),
            email: Some("ada@example.com".to_owned()),
            phone: Some("404 555 0134".to_owned()),
            address: Some(address()),
        }
    }

    pub(in super::super) fn address() -> Address {
        Address {
            street: "1 Peachtree St".to_owned(),
            unit: None,
            city: "Atlanta".to_owned(),
            region: "GA".to_owned(),
            postal_code: "30305".to_owned(),
            country: "US".to_owned(),
        }
    }

    pub(in super::super) fn customer_with(customer: CustomerDetails, consents: &[&str]) -> Input {
        let consents = consents.iter().map(|it| (*it).to_owned()).collect();
        Input::SubmitCustomer { customer, consents }
    }

    pub(in super::super) fn customer() -> Input {
        customer_with(ada(), &["terms"])
    }

    pub(in super::super) fn confirm(seats_kept: bool) -> Input {
        let reference = Reference::from_random(1);
        Input::Confirm { booking_id: id("booking"), reference, seats_kept }
    }

    pub(in super::super) fn back() -> Input {
        Input::GoBack { to_step_id: None, to_node_id: None }
    }

    pub(in super::super) fn back_to_step(step: &str) -> Input {
        let to_step_id = Some(id(&format!("steps.{step}.0")));
        Input::GoBack { to_step_id, to_node_id: None }
    }

    pub(in super::super) fn back_to_question(question: &str) -> Input {
        let to_node_id = Some(id(&format!("nodes.questions.{question}")));
        Input::GoBack { to_step_id: None, to_node_id }
    }

    pub(in super::super) fn abandon() -> Input {
        Input::Abandon { reason: None }
    }

    /// The way to a booking, by the shortest answers. Of `n` commands.
    pub(in super::super) fn first(n: usize) -> Vec<Input> {
        let no_details = details(&serde_json::json!({ "gate": true }));
        let all = [zip(), answer("need", "drain"), no_details, slot(0), customer(), confirm(true)];
        all.into_iter().take(n).collect()
    }

    /// The way to the timeslots that goes through many questions.
    pub(in super::super) fn long_way() -> Vec<Input> {
        vec![
            zip(),
            answer("need", "broken"),
            answers("symptoms", &["noise"]),
            value("age", 14),
            value("since", "2026-11-24"),
            details(&serde_json::json!({ "gate": true })),
        ]
    }
}
