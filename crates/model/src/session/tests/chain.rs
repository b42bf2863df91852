use std::time::Duration;

use super::{
    Given, Scene,
    scene::{as_stored, body, id, say},
};
use crate::{
    ObjectId, Timestamp,
    session::{AsStored, BrokenChain, Chain, EventHash, Link},
};

/// An event as a store has it.
#[derive(Debug, Clone)]
struct Stored {
    id: ObjectId,
    sequence: u64,
    event_type: String,
    schema_version: u16,
    timestamp: Timestamp,
    command_id: String,
    body: String,
}

impl Stored {
    fn as_stored(&self) -> AsStored<'_> {
        let Self { id, sequence, event_type, schema_version, timestamp, command_id, body } = self;
        AsStored {
            id: *id,
            sequence: *sequence,
            event_type,
            schema_version: *schema_version,
            timestamp: *timestamp,
            command_id,
            body,
        }
    }
}

fn stored(scene: &Scene) -> Vec<Stored> {
    let stored = |event| {
        let body = body(event);
        let AsStored { id, sequence, event_type, schema_version, timestamp, command_id, .. } =
            as_stored(event, &body);
        let (event_type, command_id) = (event_type.to_owned(), command_id.to_owned());
        Stored { id, sequence, event_type, schema_version, timestamp, command_id, body }
    };
    scene.events.iter().map(stored).collect()
}

fn verify(events: &[Stored], head: Option<EventHash>) -> Result<(), BrokenChain> {
    let mut chain = Chain::new(id("organization"), id("session"));
    for event in events {
        chain.add(Link::of(&event.as_stored()))?;
    }
    chain.ends_at(head)
}

/// A whole visit and the head of its chain.
fn visit() -> (Vec<Stored>, Option<EventHash>) {
    let scene = Given::on(say::first(6)).scene();
    let head = scene.session.current_state.last_event_hash;
    assert!(head.is_some());
    (stored(&scene), head)
}

fn renumber(events: &mut [Stored]) {
    for (event, sequence) in events.iter_mut().zip(1..) {
        event.sequence = sequence;
    }
}

#[test]
fn a_visit_as_it_was_written_is_sound() {
    for n in 0..=6 {
        let scene = Given::on(say::first(n)).scene();
        let head = scene.session.current_state.last_event_hash;
        assert_eq!(verify(&stored(&scene), head), Ok(()));
    }
}

#[test]
fn an_event_that_was_altered_in_any_part_is_named() {
    let (sound, head) = visit();
    let parts: [fn(&mut Stored); 8] = [
        |it| it.id = ObjectId::from_bytes([7; 12]),
        |it| it.event_type = "SESSION_RESUMED".to_owned(),
        |it| it.event_type.push('S'),
        |it| it.schema_version += 1,
        |it| it.timestamp = it.timestamp.plus(Duration::from_millis(1)),
        |it| it.command_id.push('1'),
        |it| it.body = it.body.replacen("\"data\"", " \"data\"", 1),
        // Where one text ends and the next begins is a part too.
        |it| {
            let last = it.event_type.pop().unwrap();
            it.command_id.insert(0, last);
        },
    ];
    for n in 0..sound.len() {
        for (kind, alter) in parts.iter().enumerate() {
            let mut events = sound.clone();
            alter(&mut events[n]);
            let broken = verify(&events, head).unwrap_err();
            assert_eq!(broken.sequence, n as u64 + 1, "part {kind}: {broken}");
        }
    }
}

#[test]
fn an_event_that_was_removed_is_missed_whether_or_not_others_take_its_number() {
    let (sound, head) = visit();
    for n in 0..sound.len() {
        let mut events = sound.clone();
        events.remove(n);
        let broken = verify(&events, head).unwrap_err();
        let expected = if n + 1 == sound.len() { n } else { n + 1 };
        assert_eq!(broken.sequence, expected as u64, "{broken}");
        renumber(&mut events);
        verify(&events, head).unwrap_err();
    }
}

#[test]
fn what_was_put_in_between_does_not_fit() {
    let (sound, head) = visit();
    for n in 0..=sound.len() {
        for m in 0..sound.len() {
            let mut events = sound.clone();
            events.insert(n, sound[m].clone());
            verify(&events, head).unwrap_err();
            renumber(&mut events);
            verify(&events, head).unwrap_err();
        }
    }
}

#[test]
fn events_that_were_swapped_do_not_fit() {
    let (sound, head) = visit();
    for n in 0..sound.len() {
        for m in n + 1..sound.len() {
            let mut events = sound.clone();
            events.swap(n, m);
            verify(&events, head).unwrap_err();
            renumber(&mut events);
            verify(&events, head).unwrap_err();
        }
    }
}

#[test]
fn an_end_that_was_cut_off_is_seen_by_the_head() {
    let (sound, head) = visit();
    for n in 0..sound.len() {
        let broken = verify(&sound[..n], head).unwrap_err();
        assert_eq!(broken.sequence, n as u64, "{broken}");
    }
}

#[test]
fn the_events_of_another_session_do_not_stand_in() {
    let (sound, _) = visit();
    for (organization, session) in [("organization", "other"), ("other", "session")] {
        let mut chain = Chain::new(id(organization), id(session));
        let broken = chain.add(Link::of(&sound[0].as_stored())).unwrap_err();
        assert_eq!(broken.to_string(), "event 1 is not the first of this session");
    }
}

/// The visit as it would be if the chain had begun with the event after so many.
fn begun_after(old: usize) -> (Vec<Stored>, Option<EventHash>) {
    let (mut events, _) = visit();
    let mut previous: Option<EventHash> = None;
    for (n, event) in events.iter_mut().enumerate() {
        let mut body: serde_json::Value = serde_json::from_str(&event.body).unwrap();
        body.as_object_mut().unwrap().remove("previous_hash");
        if let Some(previous) = previous.filter(|_| n >= old) {
            body["previous_hash"] = previous.to_string().into();
        }
        event.body = body.to_string();
        previous = Some(EventHash::of(&event.as_stored()));
    }
    let head = previous.filter(|_| old < events.len());
    (events, head)
}

#[test]
fn a_chain_begins_where_hashes_begin() {
    let (all, _) = visit();
    for old in 1..=all.len() {
        let (events, head) = begun_after(old);
        assert_eq!(verify(&events, head), Ok(()), "{old} old events");
        if old < all.len() {
            let mut altered = events.clone();
            altered[old - 1].command_id.push('1');
            assert_eq!(verify(&altered, head).unwrap_err().sequence, old as u64);
            verify(&events[..old], head).unwrap_err();
        }
    }
}

#[test]
fn a_chain_that_has_begun_does_not_stop() {
    let (mut events, head) = visit();
    let mut body: serde_json::Value = serde_json::from_str(&events[3].body).unwrap();
    body.as_object_mut().unwrap().remove("previous_hash");
    events[3].body = body.to_string();
    let broken = verify(&events, head).unwrap_err();
    assert_eq!(broken.to_string(), "event 4 does not name the one before it");
}

#[test]
fn a_session_from_before_the_chain_has_no_head() {
    let mut scene = Given::on(say::first(3)).scene();
    for event in &mut scene.events {
        event.body.previous_hash = None;
    }
    let folded = crate::session::BookingSession::fold(&scene.events).unwrap();
    assert_eq!(folded.current_state.last_event_hash, None);
    assert!(!serde_json::to_string(&folded).unwrap().contains("hash\":\"0"));
}
