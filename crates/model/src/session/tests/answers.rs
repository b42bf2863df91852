use serde_json::json;

use super::{
    Given, Scene, check,
    scene::{id, say},
};
use crate::session::{EventData, Input};

const NEXT: &str = "ANSWER_SELECTED QUESTION_VIEWED";
const CHOSEN: &str = "ANSWER_SELECTED SERVICE_SELECTED STEP_COMPLETED STEP_ENTERED";

fn way(n: usize) -> Given<'static> {
    Given::on(say::long_way().into_iter().take(n).collect())
}

fn unusual(more: Option<Input>) -> Given<'static> {
    let inputs = [say::zip(), say::answer("need", "unusual")];
    Given::on(inputs.into_iter().chain(more).collect())
}

fn service(scene: &Scene) -> Option<String> {
    scene.view().selections.service.map(|it| it.title)
}

#[test]
fn a_choice_leads_to_its_question_or_its_service() {
    let scene = check(way(1), &say::answer("need", "broken"), NEXT);
    assert_eq!(scene.view().question.unwrap().title, "What do you notice?");
    let scene = check(way(1), &say::answer("need", "drain"), CHOSEN);
    assert_eq!(service(&scene).as_deref(), Some("Drain cleaning"));
}

#[test]
fn a_single_choice_wants_one_answer_of_its_own() {
    for (answers, expected) in [
        (&[][..], "Invalid answer_ids:required"),
        (&["broken", "drain"], "Invalid answer_ids:required"),
        (&["drain", "drain"], "Invalid answer_ids:duplicate answer_ids:required"),
        (&["nowhere"], "Invalid answer_ids:unknown"),
    ] {
        check(way(1), &say::answers("need", answers), expected);
    }
    let expected = "Invalid answer_ids:required value:unexpected";
    check(way(1), &say::value("need", "drain"), expected);
    let other = Input::AnswerQuestion {
        node_id: id("nodes.questions.need"),
        answer_ids: Some(vec![id("questions.symptoms.answers.leak")]),
        value: None,
    };
    check(way(1), &other, "Invalid answer_ids:unknown");
}

#[test]
fn a_multi_choice_wants_some_of_its_answers_each_once() {
    check(way(2), &say::answers("symptoms", &["leak", "noise"]), NEXT);
    for (answers, expected) in [
        (&[][..], "Invalid answer_ids:required"),
        (&["leak", "leak"], "Invalid answer_ids:duplicate"),
        (&["leak", "smell"], "Invalid answer_ids:unknown"),
    ] {
        check(way(2), &say::answers("symptoms", answers), expected);
    }
    let changes = [("kind: multi_choice", "kind: multi_choice\n    required: false")];
    let inputs = say::long_way().into_iter().take(2).collect();
    check(Given { changes: &changes, inputs }, &say::answers("symptoms", &[]), NEXT);
}

#[test]
fn a_number_is_a_number_within_its_bounds() {
    for good in [json!(0), json!(60), json!(14.5)] {
        check(way(3), &say::value("age", good), NEXT);
    }
    for (bad, code) in [
        (json!(-1), "range"),
        (json!(60.01), "range"),
        (json!(1e308), "range"),
        (json!("14"), "type"),
        (json!(true), "type"),
        (json!([14]), "type"),
        (json!({}), "type"),
        (json!(null), "required"),
        (json!(""), "required"),
    ] {
        check(way(3), &say::value("age", bad), &format!("Invalid value:{code}"));
    }
}

#[test]
fn a_date_is_a_day_that_there_is_and_may_be_left_out_here() {
    for good in [json!("2026-11-24"), json!(""), json!(null)] {
        check(way(4), &say::value("since", good), CHOSEN);
    }
    for bad in [json!("2026-02-30"), json!("24.11.2026"), json!("soon"), json!(20_261_124)] {
        check(way(4), &say::value("since", bad), "Invalid value:date");
    }
}

#[test]
fn a_text_keeps_to_its_length_and_pattern() {
    check(unusual(None), &say::value("describe", " a blue thing "), NEXT);
    for (bad, expected) in [
        (json!("ab"), "value:length"),
        (json!("a very very long thing"), "value:length"),
        (json!("A Thing"), "value:pattern"),
        (json!("blue\u{7}thing"), "value:characters value:pattern"),
        (json!("   "), "value:required"),
        (json!(3), "value:type"),
    ] {
        check(unusual(None), &say::value("describe", bad), &format!("Invalid {expected}"));
    }
}

#[test]
fn a_photo_can_be_passed_over_but_not_be_a_text() {
    let described = || unusual(Some(say::value("describe", "a blue thing")));
    check(described(), &say::value("picture", json!(null)), CHOSEN);
    check(described(), &say::value("picture", "x.jpg"), "Invalid value:photo");
}

#[test]
fn a_question_that_wants_a_value_takes_no_answers() {
    let input = Input::AnswerQuestion {
        node_id: id("nodes.questions.age"),
        answer_ids: Some(vec![id("questions.need.answers.drain")]),
        value: Some(json!(3)),
    };
    check(way(3), &input, "Invalid answer_ids:unexpected");
}

#[test]
fn only_the_question_that_is_asked_can_be_answered() {
    for question in ["need", "symptoms", "since", "unheard-of"] {
        check(way(3), &say::answer(question, "drain"), "OtherQuestion");
    }
}

#[test]
fn another_answer_drops_all_that_followed_from_the_first() {
    let mut inputs = say::long_way();
    inputs.extend([say::slot(0), say::back_to_question("age")]);
    let expected = "ANSWER_CHANGED SERVICE_CLEARED TIMESLOT_RELEASED QUESTION_VIEWED";
    let mut scene = check(Given::on(inputs), &say::value("age", 15), expected);
    let selections = scene.view().selections;
    assert_eq!((service(&scene), selections.timeslot), (None, None));
    let texts: Vec<_> = selections.answers.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts, ["It is broken", "Noise", "15"]);
    assert_eq!(scene.when(&say::value("since", json!(null))), CHOSEN);
}

#[test]
fn another_answer_that_ends_at_another_service_clears_the_first() {
    let mut inputs = say::long_way();
    inputs.extend([say::slot(0), say::back_to_question("need")]);
    let expected = "ANSWER_CHANGED SERVICE_CLEARED TIMESLOT_RELEASED SERVICE_SELECTED \
                    STEP_COMPLETED STEP_ENTERED";
    let scene = check(Given::on(inputs), &say::answer("need", "drain"), expected);
    assert_eq!(service(&scene).as_deref(), Some("Drain cleaning"));
    assert_eq!(scene.view().selections.answers.len(), 1);
}

#[test]
fn another_answer_that_ends_at_the_same_service_keeps_it_and_its_time() {
    let mut inputs = say::long_way();
    inputs.extend([say::slot(0), say::back_to_question("since")]);
    let expected = "ANSWER_CHANGED SERVICE_SELECTED STEP_COMPLETED STEP_ENTERED";
    let scene = check(Given::on(inputs), &say::value("since", "2025-01-01"), expected);
    assert!(scene.view().selections.timeslot.is_some());
}

#[test]
fn the_same_answer_again_keeps_what_followed() {
    let mut inputs = say::long_way();
    inputs.extend([say::slot(0), say::back_to_question("need")]);
    let scene = check(Given::on(inputs), &say::answer("need", "broken"), NEXT);
    assert_eq!(scene.view().selections.answers.len(), 4);
    assert_eq!(service(&scene).as_deref(), Some("AC repair"));
    assert!(scene.view().selections.timeslot.is_some());
}

#[test]
fn the_changed_answer_remembers_the_one_before() {
    let mut inputs: Vec<_> = say::long_way().into_iter().take(4).collect();
    inputs.push(say::back_to_question("age"));
    let scene = check(Given::on(inputs), &say::value("age", 20), "ANSWER_CHANGED QUESTION_VIEWED");
    let changed = scene.events.iter().find_map(|it| match &it.body.data {
        EventData::AnswerChanged { previous, answer } => Some((&previous.value, &answer.value)),
        _ => None,
    });
    assert_eq!(changed, Some((&Some(json!(14)), &Some(json!(20)))));
}
