use std::time::Duration;

use serde_json::json;

use super::{
    Given, Scene,
    scene::{BEGIN, id, say},
};
use crate::{
    ObjectId,
    session::{
        BookingSession, Decided, EventData, FieldFailure, Input, Metrics, Outcome, StepProgress,
    },
};

fn happen(scene: &mut Scene, data: EventData) {
    scene.append(vec![Decided { step_id: None, data }]);
}

fn refused() -> EventData {
    let fields = vec![FieldFailure { path: "zip".to_owned(), code: "postal_code".to_owned() }];
    EventData::ValidationFailed { command: "submit_zip".to_owned(), fields }
}

#[test]
fn of_a_long_visit_the_first_event_and_the_newest_hundred_are_kept() {
    let mut scene = Given::on(vec![]).scene();
    while scene.events.len() < 500 {
        happen(&mut scene, refused());
    }
    let kept = |scene: &Scene| scene.session.booking_session_event_ids.0.clone();
    let all = |scene: &Scene| scene.events.iter().map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(kept(&scene), all(&scene));
    happen(&mut scene, refused());
    let ids = all(&scene);
    assert_eq!(kept(&scene), [&ids[..1], &ids[401..]].concat());
    happen(&mut scene, refused());
    assert_eq!(kept(&scene).len(), 102);
    assert_eq!((kept(&scene)[0], kept(&scene)[101]), (ids[0], scene.events[501].id));
}

#[test]
fn a_refused_value_is_counted_at_its_step_and_makes_no_screen_stale() {
    let mut scene = Given::on(say::first(1)).scene();
    let seen = scene.session.current_state.last_seen_sequence;
    happen(&mut scene, refused());
    assert_eq!(scene.session.current_state.last_seen_sequence, seen);
    let failures: Vec<_> =
        scene.session.step_progression.iter().map(|it| it.validation_failures).collect();
    assert_eq!(failures, [0, 1]);
}

#[test]
fn an_event_that_does_not_fit_changes_nothing_but_the_counts() {
    let strange = |n: usize| {
        let all = [
            EventData::SessionResumed {},
            EventData::SessionAbandoned { reason: None },
            EventData::SessionExpired {},
            EventData::ZipcodeAccepted { zip: "30305".to_owned(), zone_id: None },
            EventData::ServiceSelected { service_id: id("services.ac-repair") },
            EventData::SessionCompleted { booking_id: id("other") },
        ];
        all[n].clone()
    };
    for n in 0..6 {
        let mut scene = Given::on(say::first(6)).scene();
        let before = scene.session.clone();
        happen(&mut scene, strange(n));
        let BookingSession { booking_outcome, step_progression, .. } = &scene.session;
        assert_eq!(*booking_outcome, before.booking_outcome, "{:?}", strange(n));
        assert_eq!(*step_progression, before.step_progression);
        assert_eq!(scene.session.current_state.temp_selections, None);
    }
}

#[test]
fn an_active_or_abandoned_visit_can_expire_and_then_no_more_happens() {
    for inputs in [say::first(3), vec![say::abandon()]] {
        let mut scene = Given::on(inputs).scene();
        happen(&mut scene, EventData::SessionExpired {});
        assert!(matches!(scene.session.booking_outcome, Outcome::Expired { .. }));
        assert_eq!(scene.when(&say::zip()), "NotActive");
        assert_eq!(scene.when(&Input::Resume), "NotAbandoned");
        assert!(scene.view().allowed.is_empty());
    }
}

#[test]
fn events_that_do_not_begin_at_the_beginning_make_no_session() {
    let scene = Given::on(say::first(2)).scene();
    assert_eq!(BookingSession::fold(&scene.events[1..]), None);
    assert_eq!(BookingSession::fold([]), None);
}

#[test]
fn the_second_beginning_of_a_visit_is_ignored() {
    let mut scene = Given::on(say::first(2)).scene();
    let again = scene.events[0].body.data.clone();
    let answers = scene.view().selections.answers;
    happen(&mut scene, again);
    assert_eq!(scene.view().selections.answers, answers);
}

/// Another way to say it: at 501, and then at every 400 more, all but the first and the newest
/// hundred are dropped.
fn kept(ids: &[ObjectId]) -> Vec<ObjectId> {
    match ids.len() {
        all @ 0..=500 => ids[..all].to_vec(),
        more => {
            let newest = 100 + (more - 501) % 400;
            [&ids[..1], &ids[more - newest..]].concat()
        }
    }
}

#[test]
fn the_window_of_event_ids_is_bounded_and_all_counts_stay_exact() {
    let mut scene = Given::on(vec![]).scene();
    let begun = scene.events.len();
    let decided = vec![Decided { step_id: None, data: refused() }; 10_000 - begun];
    scene.append(decided);
    let ids: Vec<_> = scene.events.iter().map(|it| it.id).collect();
    let mut session = BookingSession::begin(&scene.events[0]).unwrap();
    for (n, event) in scene.events.iter().enumerate().skip(1) {
        session.apply(event);
        let count = n + 1;
        let window = &session.booking_session_event_ids.0;
        assert_eq!(*window, kept(&ids[..count]), "after {count} events");
        let expected = match count {
            499 | 500 => Some(count),
            501 | 901 => Some(101),
            601 => Some(201),
            900 => Some(500),
            _ => None,
        };
        assert!(expected.is_none_or(|it| it == window.len()), "after {count} events");
        let (count, state) = (count as u64, &session.current_state);
        assert_eq!((session.metrics.event_count, state.last_sequence), (count, count));
        assert_eq!(state.last_event_id, event.id);
    }
    assert_eq!(session, scene.session);
    assert_eq!(session.step_progression[0].validation_failures as usize, 10_000 - begun);
    let bytes = serde_json::to_string(&session).unwrap().len();
    assert!(bytes < 16_000, "{bytes} bytes");
}

#[test]
fn the_way_through_the_steps_and_the_numbers_are_exact() {
    let mut inputs: Vec<_> = say::long_way().into_iter().take(3).collect();
    inputs.extend([say::back(), say::answers("symptoms", &["leak"]), say::value("age", 14)]);
    inputs.extend([say::value("since", "2026-11-24"), say::details(&json!({ "gate": true }))]);
    inputs.extend([say::days(3), say::days(2), say::slot(0), say::back(), say::slot(1)]);
    let mut scene = Given::on(inputs).scene();
    happen(&mut scene, refused());
    scene.when(&say::customer());

    let at = |seconds| BEGIN.plus(Duration::from_secs(seconds));
    let step =
        |n: usize, first, entered, completed: Option<u64>, visits, seconds: u64, failures| {
            let step = &scene.flow.steps[n];
            StepProgress {
                step_id: step.id,
                step_type: step.config.step_type(),
                first_entered_at: at(first),
                entered_at: entered,
                completed_at: completed.map(at),
                visits,
                duration_ms: seconds * 1_000,
                validation_failures: failures,
            }
        };
    let expected = [
        step(0, 0, None, Some(1), 1, 1, 0),
        step(1, 1, None, Some(7), 1, 6, 0),
        step(2, 7, None, Some(8), 1, 1, 0),
        step(3, 8, None, Some(13), 2, 4, 0),
        step(4, 11, None, Some(14), 2, 2, 1),
        step(5, 14, Some(at(14)), None, 1, 0, 0),
    ];
    assert_eq!(scene.session.step_progression, expected);
    let metrics = Metrics {
        event_count: scene.events.len() as u64,
        duration_ms: 14_000,
        questions_answered: 5,
        back_navigations: 2,
        slots_viewed: 5,
    };
    assert_eq!(scene.session.metrics, metrics);
}
