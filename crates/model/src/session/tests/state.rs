use super::{
    Given, Scene,
    scene::{id, say},
};
use crate::session::{BookingSession, Decided, EventData, FieldFailure, Input, Outcome};

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
