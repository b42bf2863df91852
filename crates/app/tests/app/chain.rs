//! What happened to a stream below the server is found, and named.

use app::{Error, FindingCode, Tenant};
use model::{
    ObjectId,
    session::{BookingSession, EventHash, SessionEvent},
};
use serde_json::{Value, json};
use store::{Key, Owner, Record, Stored, StoredEvent, Write};

use crate::{flows, visitor::Visitor, world::World};

on_both! {
    every_event_names_the_one_before_it,
    a_stream_that_was_tampered_with_is_named_and_not_mended,
    a_session_from_before_the_chain_goes_on_with_one,
    an_event_of_a_newer_version_is_kept_and_its_session_waits,
    a_session_that_only_a_newer_version_can_read_waits,
    a_malformed_event_is_no_newer_one,
}

/// A stream as the store has it.
pub(crate) struct Stream {
    pub(crate) record: Record,
    pub(crate) events: Vec<StoredEvent>,
}

impl Stream {
    pub(crate) async fn of(world: &World, tenant: &Tenant, ada: &Visitor) -> Self {
        let owner = Owner::Organization(tenant.organization().object_id());
        let key = Key { owner, collection: "booking_sessions", id: ada.id.object_id() };
        let backend = world.store.backend();
        let record = backend.get(&key).await.unwrap().unwrap();
        let events = backend.events(&key, 0, 10_000).await.unwrap();
        Self { record, events }
    }

    /// Puts it in place of what is there.
    pub(crate) async fn write(mut self, world: &World) {
        let key = self.record.key;
        let backend = world.store.backend();
        let there = backend.get(&key).await.unwrap().unwrap();
        self.record.version = self.events.len() as u64;
        let delete = Write::Delete { key, expect: there.version };
        let restore = Write::Restore { record: self.record, events: self.events };
        backend.commit(vec![delete, restore]).await.unwrap();
    }

    fn renumber(&mut self) {
        for (event, sequence) in self.events.iter_mut().zip(1..) {
            event.sequence = sequence;
        }
    }

    fn change_document(&mut self, change: impl FnOnce(&mut Value)) {
        let mut value: Value = self.record.body.read().unwrap();
        change(&mut value);
        self.record.body = Stored::of(&value).unwrap();
    }

    fn change_event(&mut self, at: usize, change: impl FnOnce(&mut Value)) {
        let mut value: Value = self.events[at].body.read().unwrap();
        change(&mut value);
        self.events[at].body = Stored::of(&value).unwrap();
    }
}

async fn booked(world: &World) -> (Tenant, String, Visitor) {
    let (tenant, key) = world.business("acme", &flows::visits(3)).await;
    let mut ada = world.visitor(&key).await;
    ada.books().await;
    (tenant, key, ada)
}

/// What the doctor says of a session: the code, the sequence, and whether it can be mended.
async fn findings(world: &World, ada: &Visitor) -> Vec<(FindingCode, Option<u64>, bool)> {
    let diagnosis = world.system.diagnose(Vec::new(), &mut |_| {}).await.unwrap();
    for finding in &diagnosis.findings {
        assert_eq!(finding.collection, Some("booking_sessions"));
        assert_eq!(finding.id, Some(ada.id.object_id()), "{finding:?}");
        let sequence = finding.sequence.map(|it| it.to_string()).unwrap_or_default();
        assert!(finding.message.contains(&sequence), "{}", finding.message);
    }
    diagnosis.findings.iter().map(|it| (it.code, it.sequence, it.repair.is_some())).collect()
}

async fn every_event_names_the_one_before_it(world: World) {
    let (tenant, _, ada) = booked(&world).await;
    let events = tenant.session_events(ada.id, None).await.unwrap();
    let mut previous = EventHash::beginning(tenant.organization(), ada.id);
    for event in &events {
        assert_eq!(event.body.previous_hash, Some(previous), "{}", event.sequence);
        previous = event.hash;
    }
    let replayed = tenant.replay_session(ada.id, None).await.unwrap();
    assert_eq!((replayed.identical, &replayed.broken), (Some(true), &None));
    assert_eq!(replayed.session.current_state.last_event_hash, Some(previous));
    assert_eq!(findings(&world, &ada).await, []);
}

type Tampering = fn(&mut Stream);

async fn a_stream_that_was_tampered_with_is_named_and_not_mended(world: World) {
    let (tenant, _, ada) = booked(&world).await;
    let kinds: [(&str, Tampering, FindingCode, u64); 8] = [
        (
            "altered",
            |it| {
                it.change_event(6, |body| body["client_timestamp"] = json!("2026-11-23T15:00:00Z"));
            },
            FindingCode::BrokenChain,
            7,
        ),
        (
            "altered in its envelope",
            |it| it.events[3].command_id.push('x'),
            FindingCode::BrokenChain,
            4,
        ),
        (
            "the last one altered",
            |it| {
                let last = it.events.len() - 1;
                it.events[last].command_id.push('x');
            },
            FindingCode::BrokenChain,
            27,
        ),
        (
            "removed",
            |it| {
                it.events.remove(9);
                it.renumber();
            },
            FindingCode::BrokenChain,
            9,
        ),
        (
            "put in between",
            |it| {
                let mut copy = it.events[4].clone();
                copy.id = ObjectId::from_bytes([7; 12]);
                it.events.insert(12, copy);
                it.renumber();
            },
            FindingCode::BrokenChain,
            12,
        ),
        (
            "swapped",
            |it| {
                it.events.swap(14, 15);
                it.renumber();
            },
            FindingCode::BrokenChain,
            14,
        ),
        ("cut off", |it| it.events.truncate(20), FindingCode::BrokenChain, 20),
        (
            "without its hash",
            |it| {
                it.change_event(10, |body| {
                    body.as_object_mut().unwrap().remove("previous_hash");
                });
            },
            FindingCode::BrokenChain,
            11,
        ),
    ];
    for (kind, tamper, code, sequence) in kinds {
        let sound = Stream::of(&world, &tenant, &ada).await;
        assert_eq!(sound.events.len(), 27);
        let mut tampered = Stream::of(&world, &tenant, &ada).await;
        tamper(&mut tampered);
        tampered.write(&world).await;
        assert_eq!(findings(&world, &ada).await, [(code, Some(sequence), false)], "{kind}");
        let replayed = tenant.replay_session(ada.id, None).await.unwrap();
        assert_eq!(replayed.broken.map(|it| it.sequence), Some(sequence), "{kind}");
        sound.write(&world).await;
        assert_eq!(findings(&world, &ada).await, [], "{kind}: put back");
    }
}

/// The stream as a version without chains would have written it.
fn without_chain(stream: &mut Stream) {
    for at in 0..stream.events.len() {
        stream.change_event(at, |body| {
            body.as_object_mut().unwrap().remove("previous_hash");
        });
    }
    let mut session: BookingSession = stream.record.body.read().unwrap();
    session.current_state.last_event_hash = None;
    stream.record.body = Stored::of(&session).unwrap();
}

async fn a_session_from_before_the_chain_goes_on_with_one(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(3)).await;
    let mut ada = world.visitor(&key).await;
    ada.goes_to_the_timeslots().await;
    let mut old = Stream::of(&world, &tenant, &ada).await;
    without_chain(&mut old);
    let count = old.events.len();
    old.write(&world).await;
    let there = world.beside().await;
    let mut ada = ada.in_process(&there.doors);
    assert_eq!(findings(&world, &ada).await, []);

    let start = ada.starts().await[0];
    ada.chooses(start).await;
    ada.introduces_themselves().await;
    ada.confirms().await;
    assert!(ada.is_booked());
    assert_eq!(findings(&world, &ada).await, []);
    let events = tenant.session_events(ada.id, None).await.unwrap();
    let named: Vec<_> = events.iter().map(|it| it.body.previous_hash).collect();
    assert!(named[..count].iter().all(Option::is_none));
    assert_eq!(named[count], Some(events[count - 1].hash));
    assert!(named[count..].iter().all(Option::is_some));
    assert_eq!(tenant.replay_session(ada.id, None).await.unwrap().identical, Some(true));

    let mut tampered = Stream::of(&world, &tenant, &ada).await;
    tampered.events[count - 1].command_id.push('x');
    tampered.write(&world).await;
    let found = findings(&world, &ada).await;
    assert_eq!(found, [(FindingCode::BrokenChain, Some(count as u64), false)]);
}

/// Adds an event as a newer version might, to the stream and to the chain.
fn add_newer(stream: &mut Stream, event_type: &str, schema_version: u16) {
    let last = stream.events.last().unwrap();
    let previous = EventHash::of(&model::session::AsStored {
        id: last.id,
        sequence: last.sequence,
        event_type: &last.event_type,
        schema_version: last.schema_version,
        timestamp: last.timestamp,
        command_id: &last.command_id,
        body: last.body.as_str(),
    });
    let body = json!({
        "event_type": event_type, "data": { "of": "sheep" }, "previous_hash": previous,
        "sequence": 99,
    });
    let event = StoredEvent {
        id: ObjectId::from_bytes([7; 12]),
        sequence: last.sequence + 1,
        event_type: event_type.to_owned(),
        schema_version,
        timestamp: last.timestamp,
        command_id: "newer".to_owned(),
        body: Stored::of(&body).unwrap(),
    };
    stream.events.push(event);
}

async fn an_event_of_a_newer_version_is_kept_and_its_session_waits(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(3)).await;
    let newest = SessionEvent::SCHEMA_VERSION + 1;
    for (event_type, schema_version) in
        [("SESSION_DREAMT", SessionEvent::SCHEMA_VERSION), ("STEP_ENTERED", newest)]
    {
        let mut ada = world.visitor(&key).await;
        ada.does(json!({ "type": "submit_zip", "zip": "30305" })).await;
        let sequence = ada.view.sequence;
        let mut stream = Stream::of(&world, &tenant, &ada).await;
        add_newer(&mut stream, event_type, schema_version);
        let written = stream.events.clone();
        stream.write(&world).await;

        // Another server, and this one, which remembers the session as it was.
        let there = world.beside().await;
        let updating =
            |it: Option<Error>| assert!(matches!(it, Some(Error::BeingUpdated)), "{it:?}");
        updating(there.doors.session(ada.id, &ada.token).await.err());
        updating(ada.door().await.view().await.err());
        updating(ada.send(json!({ "type": "go_back" })).await.err());
        let wrong = there.doors.session(ada.id, &world.visitor(&key).await.token).await;
        assert!(matches!(wrong, Err(Error::WrongToken)), "the token is looked at first");

        world.clock.turn(4 * 24 * 60 * 60);
        world.system.sweeper().sweep().await.unwrap();
        let kept = Stream::of(&world, &tenant, &ada).await;
        assert_eq!(kept.events, written, "nobody goes on with it, and nothing is lost");

        let found = findings(&world, &ada).await;
        assert_eq!(found, [(FindingCode::UnknownEvent, Some(sequence + 1), false)]);
        let raw = tenant.raw_events(ada.id, sequence - 1, 50).await.unwrap().data;
        assert_eq!((raw[0].understood, raw[1].understood), (true, false));
        assert_eq!(
            (raw[1].sequence, &raw[1].body["data"]),
            (sequence + 1, &json!({ "of": "sheep" }))
        );
        assert_eq!(raw[1].event_type, event_type);
        assert!(!raw[1].body.contains_key("sequence"), "a body does not say where it stands");
        let state = tenant.session_state(ada.id, None).await;
        assert!(
            matches!(state, Err(Error::NotFoldable { sequence: it, .. }) if it == sequence + 1),
            "{state:?}"
        );
        let before = app::At::Sequence(sequence);
        let state = tenant.session_state(ada.id, Some(before)).await.unwrap();
        assert_eq!((state.sequence, state.is_latest), (sequence, false));
        let screens = tenant.replay_screens(ada.id, 0, 200).await.unwrap().data;
        let last = screens.last().unwrap();
        assert_eq!((last.event.understood, &last.view), (false, &None));
        assert!(screens[..screens.len() - 1].iter().all(|it| it.view.is_some()));

        // Put right, so that the next one is the only one that is found.
        let mut stream = kept;
        stream.events.pop();
        stream.write(&world).await;
        world.visitor(&key).await.books().await;
    }
}

async fn a_session_that_only_a_newer_version_can_read_waits(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(3)).await;
    let ada = world.visitor(&key).await;
    let mut stream = Stream::of(&world, &tenant, &ada).await;
    add_newer(&mut stream, "SESSION_DREAMT", SessionEvent::SCHEMA_VERSION);
    stream.change_document(|it| it["dreams"] = json!(1));
    stream.write(&world).await;
    let there = world.beside().await;
    let answer = there.doors.session(ada.id, &ada.token).await;
    assert!(matches!(answer, Err(Error::BeingUpdated)));
    let raw = tenant.raw_events(ada.id, 0, 50).await.unwrap().data;
    assert_eq!(raw.iter().filter(|it| !it.understood).count(), 1);
    world.visitor(&key).await.books().await;
}

async fn a_malformed_event_is_no_newer_one(world: World) {
    let (tenant, _, ada) = booked(&world).await;
    let mut stream = Stream::of(&world, &tenant, &ada).await;
    without_chain(&mut stream);
    stream.change_event(5, |body| body["data"] = json!({}));
    stream.write(&world).await;
    assert_eq!(findings(&world, &ada).await, [(FindingCode::UnreadableEvent, Some(6), false)]);
    let state = tenant.session_state(ada.id, None).await;
    assert!(matches!(state, Err(Error::Store(_))), "{state:?}");
}
