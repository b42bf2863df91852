//! What two flows are said to differ in.

use model::{
    ObjectId,
    flow::{ChangeKind, FlowBundle, FlowDiff, What, draw_diff, file::FlowFile},
};
use proptest::{collection::vec, prelude::*};
use serde_json::json;

use crate::{bundles, files::parse};

const TERSE: &str = include_str!("terse.yaml");
const TWICE: &str = include_str!("twice.yaml");

/// The same place has the same id in every file.
fn of(text: &str) -> FlowBundle {
    parse(text).build(&mut ObjectId::of).bundle
}

/// With ids of its own.
fn stranger(text: &str) -> FlowBundle {
    parse(text).build(&mut |place| ObjectId::of(&format!("another {place}"))).bundle
}

fn told(diff: &FlowDiff) -> Vec<(&'static str, &'static str, &str)> {
    diff.changes.iter().map(|it| (it.kind.word(), it.what.word(), &*it.path)).collect()
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    let changed = text.replacen(from, to, 1);
    assert_ne!(changed, text, "{from}");
    changed
}

#[test]
fn each_change_is_said_where_it_is() {
    let age = "  age:\n    title: How old is it, in years?\n    kind: number\n    rules: { min: 0, max: 60 }\n    next: { service: trim }                            # or a question\n";
    let size = age.replace("  age:", "  size:").replace("age", "size");
    for (text, from, to, expected) in [
        (
            TERSE,
            "title: Is there a hedge?",
            "title: A hedge?",
            vec![("changed", "question", "questions.need")],
        ),
        (
            TERSE,
            "title: There is one,",
            "title: One,",
            vec![("changed", "answer", "questions.need.answers.yes")],
        ),
        (TERSE, "max: 60", "max: 61", vec![("changed", "question", "questions.age")]),
        (
            TERSE,
            "amount_minor: 8900",
            "amount_minor: 9900",
            vec![("changed", "service", "services.trim")],
        ),
        (TERSE, "300*", "301*", vec![("changed", "zone", "zones.outer")]),
        (TERSE, "per_window: 3", "per_window: 4", vec![("changed", "schedule", "schedules.crew")]),
        (TERSE, "title: Soon", "title: Sooner", vec![("changed", "category", "categories.soon")]),
        (TERSE, "answers: [no], expect", "answers: [no], zip: 30301, expect", vec![]),
        (TERSE, "zip: 30305", "zip: 30301", vec![("changed", "journey", "journeys.0")]),
        (TERSE, "Book a visit, today", "Book", vec![("changed", "flow", "flow")]),
        (
            TERSE,
            "next: { service: trim }",
            "next: { service: mow }",
            vec![("rewired", "question", "questions.age")],
        ),
        (
            TERSE,
            "category: soon, next: age",
            "category: soon, next: need",
            vec![("rewired", "answer", "questions.need.answers.yes")],
        ),
        (TERSE, "start: need", "start: age", vec![("rewired", "step", "steps.1")]),
        (
            TERSE,
            "service: mow }        #",
            "service: trim }        #",
            vec![("changed", "answer", "questions.need.answers.no")],
        ),
        (
            TERSE,
            "  - { type: summary, title: Check and book }\n",
            "",
            vec![("removed", "step", "steps.5")],
        ),
        (TERSE, age, &format!("{age}{size}"), vec![("added", "question", "questions.size")]),
        (
            TERSE,
            "      no:  { title: Only a lawn, service: mow }",
            "      no:  { title: Only a lawn, service: mow }\n      both: { title: Both, next: age }",
            vec![("added", "answer", "questions.need.answers.both")],
        ),
        (
            TWICE,
            "{ from: need-bush, to: age-2 }",
            "{ from: need-bush, to: age }",
            vec![("rewired", "node", "nodes.need-bush")],
        ),
        (
            TWICE,
            "  age-new-2: { question: age, answer: new }\n",
            "",
            vec![("removed", "node", "nodes.age-new-2")],
        ),
    ] {
        if expected.is_empty() {
            continue;
        }
        let after = replaced(text, from, to);
        let diff = FlowDiff::between(&of(text), &of(&after));
        let found = told(&diff);
        assert!(expected.iter().all(|it| found.contains(it)), "{to}: {found:?}");
        let twins = ["nodes.age-new-2"];
        let rest: Vec<_> = found.iter().filter(|it| !expected.contains(it)).collect();
        assert!(
            rest.iter().all(|it| twins.contains(&expected[0].2) && it.1 == "node"),
            "{to}: {rest:?}"
        );
        // With other ids the slugs say what is what.
        assert_eq!(told(&FlowDiff::between(&of(text), &stranger(&after))), found);
        // And back.
        let back = FlowDiff::between(&of(&after), &of(text));
        let words = |it: &str| match it {
            "added" => "removed",
            "removed" => "added",
            _ => "",
        };
        let opposite = |it: &&(&str, &str, &str)| words(it.0);
        assert_eq!(
            found.iter().map(|it| opposite(&it)).filter(|it| !it.is_empty()).count(),
            told(&back).iter().map(|it| opposite(&it)).filter(|it| !it.is_empty()).count(),
        );
    }
}

#[test]
fn a_change_of_a_field_says_what_it_was_and_is() {
    let after = replaced(TERSE, "amount_minor: 8900", "amount_minor: 9900");
    let diff = FlowDiff::between(&of(TERSE), &of(&after));
    assert_eq!(
        serde_json::to_value(&diff).unwrap(),
        json!({ "equal": false, "changes": [{
            "what": "service", "path": "services.trim", "title": "Trim a hedge", "change": "changed",
            "id": ObjectId::of("services.trim").to_string(),
            "fields": [{ "field": "price.amount_minor", "before": 8900, "after": 9900 }],
        }] })
    );
    assert_eq!(
        diff.to_text(),
        "1 change: 1 changed\n\n~ changed service services.trim “Trim a hedge”\n    \
         price.amount_minor: 8900 → 9900\n"
    );
}

#[test]
fn another_slug_is_the_same_thing_when_it_has_the_same_id() {
    let before = of(TERSE);
    let mut after = before.clone();
    after.snapshot.questions[0].body.slug = "hedge".parse().unwrap();
    let diff = FlowDiff::between(&before, &after);
    assert_eq!(told(&diff), [("changed", "question", "questions.hedge")]);
    let ChangeKind::Changed { fields } = &diff.changes[0].kind else { panic!() };
    assert_eq!((&*fields[0].field, &fields[0].before), ("slug", &json!("need")));
    // Of flows that share no ids it is another question.
    let after = replaced(&replaced(TERSE, "  need:", "  hedge:"), "start: need", "start: hedge");
    let diff = FlowDiff::between(&before, &stranger(&after));
    assert!(told(&diff).contains(&("removed", "question", "questions.need")), "{diff:?}");
    assert!(told(&diff).contains(&("added", "question", "questions.hedge")));
}

#[test]
fn what_stands_elsewhere_has_moved() {
    let before = of(TERSE);
    let mut after = before.clone();
    let details = after.snapshot.steps.remove(2);
    after.snapshot.steps.insert(4, details);
    let diff = FlowDiff::between(&before, &after);
    assert_eq!(told(&diff), [("moved", "step", "steps.4")]);
    assert_eq!(diff.changes[0].kind, ChangeKind::Moved { from: 3, to: 5 });
    let (yes, no) = (
        "      yes: { title: There is one, category: soon, next: age }\n",
        "      no:  { title: Only a lawn, service: mow }        # ends the path\n",
    );
    let turned = replaced(TERSE, &format!("{yes}{no}"), &format!("{no}{yes}"));
    let found = FlowDiff::between(&before, &of(&turned));
    assert_eq!(found.changes.len(), 1, "{found:?}");
    assert_eq!((found.changes[0].what, found.changes[0].kind.word()), (What::Answer, "moved"));
}

#[test]
fn the_picture_has_both_graphs_and_marks_without_colours() {
    let after = replaced(TERSE, "next: { service: trim }", "next: { service: mow }");
    let after = replaced(
        &after,
        "      no:  { title: Only a lawn, service: mow }",
        "      none: { title: Nothing, service: mow }",
    );
    let (before, after) = (of(TERSE), of(&after));
    let picture = draw_diff(&before, &after);
    let svg = picture.to_svg();
    for sign in
        ["+ ANSWER · ADDED", "− ANSWER · REMOVED", "~ QUESTION · CHANGED", "− SERVICE · REMOVED"]
    {
        assert!(svg.contains(sign), "{sign}\n{svg}");
    }
    assert!(
        svg.contains("class=\"to-service added\"") && svg.contains("class=\"to-service removed\"")
    );
    assert_eq!(svg, draw_diff(&before, &after).to_svg());
    let same = draw_diff(&before, &before).to_svg();
    assert!(!same.contains("ADDED") && !same.contains("REMOVED") && !same.contains("CHANGED"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn there_is_no_difference_exactly_when_the_exports_are_equal(
        one in vec(any::<u8>(), 0..250),
        other in vec(any::<u8>(), 0..250),
        change in (0_usize..250, any::<u8>()),
    ) {
        let mut near = one.clone();
        if let Some(byte) = near.get_mut(change.0) {
            *byte = change.1;
        }
        let before = bundles::bundle(&one);
        for other in [one.clone(), near, other] {
            let after = bundles::bundle(&other);
            let diff = FlowDiff::between(&before, &after);
            let (was, is) = (FlowFile::of(&before).file, FlowFile::of(&after).file);
            prop_assert_eq!(diff.equal, was.to_yaml() == is.to_yaml());
            prop_assert_eq!(diff.equal, diff.changes.is_empty());
            prop_assert_eq!(diff.equal, diff.to_text() == "no difference\n");
            // Built anew, with ids of its own, it is no other flow.
            let again = is.build(&mut ObjectId::of).bundle;
            prop_assert!(FlowDiff::between(&after, &again).equal);
            let picture = draw_diff(&before, &after);
            let drawn = model::flow::draw(&after);
            prop_assert!(picture.nodes.len() >= drawn.nodes.len());
            let removed = picture.nodes.iter().filter(|it| it.mark == model::diagram::Mark::Removed).count();
            prop_assert_eq!(picture.nodes.len() - removed, drawn.nodes.len());
        }
    }
}
