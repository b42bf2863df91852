use super::{
    Given, Scene,
    scene::{compile, say},
};
use crate::session::{Cause, Decision, Parting, TimelineEntry, flow_version};

fn labels(scene: &Scene) -> Vec<String> {
    let of = |it| TimelineEntry::of(Some(&scene.flow), it).label;
    scene.events.iter().map(of).collect()
}

#[test]
fn a_visit_reads_like_a_story() {
    let mut inputs = say::first(4);
    inputs.extend([say::back_to_question("need"), say::answer("need", "broken"), say::abandon()]);
    let scene = Given::on(inputs).scene();
    let told = labels(&scene);
    for expected in [
        "Opened the widget",
        "Came to “Where”",
        "30305 is served",
        "Was asked “What can we help with?”",
        "Answered “What can we help with?”: “A blocked drain”",
        "The service is “Drain cleaning”",
        "Gave details: gate: yes",
        "Went back from “Who” to “What”",
        "Changed the answer to “What can we help with?” from “A blocked drain” to “It is broken”",
        "The service is not “Drain cleaning” any more",
        "Left",
    ] {
        assert!(told.iter().any(|it| it == expected), "{expected} is not in {told:#?}");
    }
    assert_eq!(flow_version(&scene.events), Some(scene.flow.version_id));
}

#[test]
fn without_its_flow_a_visit_is_told_by_ids() {
    let scene = Given::on(say::first(6)).scene();
    for event in &scene.events {
        let entry = TimelineEntry::of(None, event);
        assert!(!entry.label.is_empty());
        assert_eq!(entry.step.and_then(|it| it.title), None);
    }
}

#[test]
fn who_brought_it_about_and_when_is_said() {
    let scene = Given::on(say::first(2)).scene();
    let entries: Vec<_> = scene
        .events
        .iter()
        .scan(scene.events[0].timestamp, |previous, event| {
            let entry = TimelineEntry::of(Some(&scene.flow), event);
            let entry = entry.since(scene.events[0].timestamp, *previous);
            *previous = event.timestamp;
            Some(entry)
        })
        .collect();
    let since: Vec<_> =
        entries.iter().map(|it| (it.since_start_ms, it.since_previous_ms)).collect();
    assert_eq!(since[..4], [(0, 0), (0, 0), (0, 0), (1_000, 1_000)]);
    assert_eq!(since[since.len() - 1].0, 2_000);
    assert!(entries.iter().all(|it| it.by == Cause::Visitor && it.understood));
    assert_eq!(Cause::of("sweep 7"), Cause::Server);
    assert_eq!(Cause::of("sweep"), Cause::Visitor, "a visitor may say so");
    let step = entries[3].step.as_ref().unwrap();
    assert_eq!(step.title.as_deref(), Some("Where"));
}

fn decisions(inputs: Vec<crate::session::Input>) -> Vec<Decision> {
    let scene = Given::on(inputs).scene();
    Decision::all(Some(&scene.flow), &scene.events)
}

#[test]
fn visits_part_at_the_first_decision_that_differs() {
    let drain = decisions(say::first(6));
    let broken = decisions(say::long_way());
    let parting = Parting::of(&drain, &broken);
    assert_eq!(parting.common, 1, "the postal code");
    let answer = |it: &Option<Decision>| it.as_ref().unwrap().label.clone();
    assert_eq!(answer(&parting.a), "Answered “What can we help with?”: “A blocked drain”");
    assert_eq!(answer(&parting.b), "Answered “What can we help with?”: “It is broken”");

    let shorter = decisions(say::first(3));
    let parting = Parting::of(&shorter, &drain);
    assert_eq!((parting.common, parting.a), (shorter.len(), None));
    assert!(answer(&parting.b).starts_with("Chose "));

    let same = Parting::of(&drain, &decisions(say::first(6)));
    assert_eq!((same.common, same.a, same.b), (drain.len(), None, None));
}

#[test]
fn decisions_in_two_versions_of_a_flow_are_the_same_when_they_say_the_same() {
    let inputs = say::first(3);
    let mut other = Scene::start(compile(&[("title: Details", "title: More")]));
    for input in &inputs {
        other.when(input);
    }
    let a = decisions(inputs);
    let b = Decision::all(Some(&other.flow), &other.events);
    assert_eq!(Parting::of(&a, &b).common, a.len());
}
