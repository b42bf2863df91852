//! What was ever stored must still be read, and is written again the same.
//!
//! Each file below `stored` holds samples of one kind of document or event. Samples are added, for
//! each new shape; none is ever changed or removed while data of its shape may exist.

use std::{fs, path::Path};

use model::{
    Entity, Problems,
    session::{BookingSession, EventBody, EventData, SessionEvent},
};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// The samples of a file.
pub(crate) fn samples(name: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stored");
    let path = folder.join(format!("{name}.json"));
    let text = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{name} has no stored sample: {error}"));
    let samples: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(!samples.is_empty(), "{name} has no stored sample");
    samples
}

fn read<T: DeserializeOwned + Serialize>(name: &str, sample: &Value) -> T {
    let text = sample.to_string();
    let read: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(serde_json::to_value(&read).unwrap(), *sample, "{name} is written otherwise");
    read
}

fn check_entity<E: Entity>() {
    let name = E::COLLECTION.name;
    for sample in samples(name) {
        let entity: E = read(name, &sample);
        let mut problems = Problems::default();
        entity.validate(&mut problems.root());
        assert_eq!(problems.into_result(), Ok(()), "{name}: {sample}");
    }
}

macro_rules! check_all {
    ($($E:path),+ $(,)?) => {
        #[test]
        fn every_stored_entity_is_read_and_written_the_same() {
            $(check_entity::<$E>();)+
        }
    };
}
model::for_each_entity!(check_all);

/// A new kind of event does not compile until it is listed here, and fails until it has a sample.
macro_rules! events {
    ($($Variant:ident $fields:tt $name:literal,)+) => {
        const EVENTS: &[&str] = &[$($name),+];

        fn file_of(data: &EventData) -> &'static str {
            match data {
                $(EventData::$Variant $fields => $name,)+
            }
        }
    };
}
events! {
    SessionStarted { .. } "session_started",
    FlowRouted { .. } "flow_routed",
    ExpressLinkApplied { .. } "express_link_applied",
    ExpressLinkDegraded { .. } "express_link_degraded",
    StepEntered { .. } "step_entered",
    StepCompleted { .. } "step_completed",
    StepLeftBackward { .. } "step_left_backward",
    ZipcodeSubmitted { .. } "zipcode_submitted",
    ZipcodeAccepted { .. } "zipcode_accepted",
    ZipcodeRejected { .. } "zipcode_rejected",
    QuestionViewed { .. } "question_viewed",
    AnswerSelected (_) "answer_selected",
    AnswerChanged { .. } "answer_changed",
    ServiceSelected { .. } "service_selected",
    ServiceCleared { .. } "service_cleared",
    DetailsSubmitted { .. } "details_submitted",
    FileAttached (_) "file_attached",
    FileRemoved { .. } "file_removed",
    TimeslotsViewed { .. } "timeslots_viewed",
    NoTimeslotsFound { .. } "no_timeslots_found",
    TimeslotHeld { .. } "timeslot_held",
    TimeslotReleased { .. } "timeslot_released",
    TimeslotExpired { .. } "timeslot_expired",
    TimeslotLost { .. } "timeslot_lost",
    CustomerSubmitted { .. } "customer_submitted",
    ConsentGiven { .. } "consent_given",
    SummaryViewed {} "summary_viewed",
    BookingSubmitted { .. } "booking_submitted",
    SessionCompleted { .. } "session_completed",
    SessionAbandoned { .. } "session_abandoned",
    SessionResumed {} "session_resumed",
    SessionExpired {} "session_expired",
    ValidationFailed { .. } "validation_failed",
}

#[test]
fn every_stored_event_is_read_and_written_the_same() {
    for name in EVENTS {
        for sample in samples(&format!("events/{name}")) {
            let event: EventBody = read(name, &sample);
            assert_eq!(file_of(&event.data), *name);
            assert_eq!(event.data.event_type(), sample["event_type"]);
            assert_eq!(event.data.event_type(), name.to_uppercase());
        }
    }
}

/// Samples of version 1 are in `events`, those of later ones in a folder of their own.
#[test]
fn every_version_of_an_event_is_read_as_the_present_one() {
    for version in 1..=SessionEvent::SCHEMA_VERSION {
        let folder =
            if version == 1 { "events".to_owned() } else { format!("events/version_{version}") };
        for name in EVENTS {
            for sample in samples(&format!("{folder}/{name}")) {
                let body = EventBody::read(&name.to_uppercase(), version, &sample.to_string());
                let body = body.unwrap_or_else(|error| panic!("{folder}/{name}: {error}"));
                assert_eq!(file_of(&body.data), *name);
            }
        }
    }
}

#[test]
fn fields_of_an_event_that_nobody_needs_may_be_absent() {
    let bare = serde_json::json!({ "event_type": "SESSION_RESUMED", "data": {} });
    let event: EventBody = read("bare", &bare);
    assert_eq!((event.step_id, event.client_timestamp, event.command_digest), (None, None, None));
}

#[test]
fn an_unknown_kind_of_event_is_an_error_that_names_it() {
    for (text, named) in [
        (r#"{ "event_type": "SESSION_DREAMT", "data": {} }"#, "SESSION_DREAMT"),
        (r#"{ "event_type": "STEP_COMPLETED", "data": {} }"#, "step_id"),
        (r#"{ "data": {} }"#, "event_type"),
    ] {
        let error = serde_json::from_str::<EventBody>(text).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn a_session_without_the_fields_that_may_be_absent_is_read() {
    let mut sample = samples("booking_sessions").remove(0);
    let state = sample["current_state"].as_object_mut().unwrap();
    let kept = ["step_id", "last_event_id", "last_sequence", "last_event_at", "last_seen_sequence"];
    state.retain(|key, _| kept.contains(&key.as_str()));
    read::<BookingSession>("session", &sample);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    /// Otherwise a session that is folded from its stored events is not the one that was stored.
    #[test]
    fn numbers_are_read_as_they_were_written(number in any::<f64>()) {
        prop_assume!(number.is_finite());
        let text = serde_json::to_string(&number).unwrap();
        let read: f64 = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read.to_bits(), number.to_bits(), "{}", text);
        let value: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(value.to_string(), text);
    }
}
