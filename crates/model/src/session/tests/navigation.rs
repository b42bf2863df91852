use super::{Given, check, scene::say};
use crate::session::Input;

fn given(n: usize, more: &[Input]) -> Given<'static> {
    Given::on(say::first(n).into_iter().chain(more.iter().cloned()).collect())
}

#[test]
fn nothing_is_before_the_beginning() {
    let scene = check(given(0, &[]), &say::back(), "NothingBefore");
    assert!(!scene.view().can_go_back);
}

#[test]
fn one_back_is_the_step_before_or_the_question_before() {
    let left = "STEP_LEFT_BACKWARD STEP_ENTERED";
    for (n, expected, step) in [
        (1, left.to_owned(), "Where"),
        (2, format!("{left} QUESTION_VIEWED"), "What"),
        (3, left.to_owned(), "Details"),
        (4, left.to_owned(), "When"),
        (5, left.to_owned(), "Who"),
    ] {
        let scene = check(given(n, &[]), &say::back(), &expected);
        assert_eq!(scene.step(), step);
        assert_eq!(scene.session.metrics.back_navigations, 1);
    }
    let way: Vec<_> = say::long_way().into_iter().take(4).collect();
    let scene = check(Given::on(way), &say::back(), "QUESTION_VIEWED");
    assert_eq!(scene.view().question.unwrap().title, "How old is it?");
    assert_eq!(scene.session.metrics.back_navigations, 1);
}

#[test]
fn going_back_question_by_question_ends_at_the_step_before() {
    let mut scene = Given::on(say::long_way()).scene();
    let mut places = Vec::new();
    while scene.view().can_go_back {
        let answer = scene.when(&say::back());
        assert!(answer.ends_with("ENTERED") || answer.ends_with("VIEWED"), "{answer}");
        let view = scene.view();
        places.push(view.question.map_or(view.step.title, |it| it.title));
    }
    let expected = [
        "Details",
        "Since when?",
        "How old is it?",
        "What do you notice?",
        "What can we help with?",
        "Where",
    ];
    assert_eq!(places, expected);
    assert_eq!(scene.view().selections.answers.len(), 4, "nothing said is forgotten");
}

#[test]
fn any_step_before_can_be_gone_back_to_and_no_other() {
    let steps = [
        "zipcode",
        "service_selection",
        "additional_details",
        "timeslot_selection",
        "customer_info",
        "summary",
        "confirmation",
        "unheard_of",
    ];
    for n in 0..=5 {
        for (place, step) in steps.iter().enumerate() {
            let mut scene = given(n, &[]).scene();
            let answer = scene.when(&say::back_to_step(step));
            if place < n {
                assert!(answer.starts_with("STEP_LEFT_BACKWARD STEP_ENTERED"), "{step}: {answer}");
                assert_eq!(scene.view().progress.step, place + 1);
            } else {
                assert_eq!(answer, "NotVisited", "{step} from step {n}");
            }
        }
    }
}

#[test]
fn any_question_answered_before_can_be_gone_back_to_and_no_other() {
    let mut later = say::long_way();
    later.push(say::slot(0));
    let expected = "STEP_LEFT_BACKWARD STEP_ENTERED QUESTION_VIEWED";
    for question in ["need", "symptoms", "age", "since"] {
        let scene = check(Given::on(later.clone()), &say::back_to_question(question), expected);
        let asked = scene.view().question.unwrap().node_id;
        assert_eq!(Some(asked), scene.session.current_state.node_id);
    }
    for question in ["describe", "unheard-of"] {
        check(Given::on(later.clone()), &say::back_to_question(question), "NotVisited");
    }
    check(given(0, &[]), &say::back_to_question("need"), "NotVisited");
    let at_zip = given(2, &[say::back_to_step("zipcode")]);
    check(at_zip, &say::back_to_question("need"), "NotVisited");
}

#[test]
fn forward_again_comes_to_the_last_question_that_was_answered() {
    let mut inputs: Vec<_> = say::long_way().into_iter().take(4).collect();
    inputs.push(say::back_to_step("zipcode"));
    let scene = check(
        Given::on(inputs),
        &say::zip(),
        "ZIPCODE_SUBMITTED ZIPCODE_ACCEPTED STEP_COMPLETED STEP_ENTERED QUESTION_VIEWED",
    );
    assert_eq!(scene.view().question.unwrap().title, "How old is it?");
}

#[test]
fn visits_and_time_of_each_step_are_counted() {
    let scene = given(2, &[say::back_to_step("zipcode"), say::zip()]).scene();
    let steps: Vec<_> = scene
        .session
        .step_progression
        .iter()
        .map(|it| (it.visits, it.duration_ms, it.entered_at.is_some()))
        .collect();
    assert_eq!(steps, [(2, 2_000, false), (2, 1_000, true), (1, 1_000, false)]);
}
