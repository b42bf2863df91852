use serde_json::{Value, json};

use super::{Given, check, scene::say};

const DONE: &str = "DETAILS_SUBMITTED STEP_COMPLETED STEP_ENTERED";

fn here() -> Given<'static> {
    Given::on(say::first(2))
}

#[test]
fn details_are_kept_as_they_were_meant() {
    let given = json!({ "notes": " hi ", "floors": 2, "access": "bell", "gate": true });
    let scene = check(here(), &say::details(&given), DONE);
    let kept = serde_json::to_value(scene.view().selections.details).unwrap();
    assert_eq!(kept, json!({ "notes": "hi", "floors": 2, "access": "bell", "gate": true }));
}

#[test]
fn what_is_left_out_and_not_needed_is_not_kept() {
    let given = json!({ "notes": "", "floors": null, "gate": true });
    let scene = check(here(), &say::details(&given), DONE);
    assert_eq!(
        serde_json::to_value(scene.view().selections.details).unwrap(),
        json!({ "gate": true })
    );
}

#[test]
fn every_broken_rule_is_reported_at_its_field() {
    let cases: [(Value, &str); 8] = [
        (json!({}), "values.gate:required"),
        (json!({ "gate": false }), "values.gate:required"),
        (json!({ "gate": "yes" }), "values.gate:type values.gate:required"),
        (json!({ "gate": true, "notes": "eleven char" }), "values.notes:length"),
        (json!({ "gate": true, "floors": 0 }), "values.floors:range"),
        (json!({ "gate": true, "access": "window" }), "values.access:option"),
        (json!({ "gate": true, "access": 1 }), "values.access:type"),
        (json!({ "gate": true, "color": "red" }), "values.color:unknown"),
    ];
    for (values, expected) in cases {
        check(here(), &say::details(&values), &format!("Invalid {expected}"));
    }
    let all = json!({ "x": 1, "notes": 1, "floors": "1" });
    let expected = "Invalid values.x:unknown values.notes:type values.floors:type \
                    values.gate:required";
    check(here(), &say::details(&all), expected);
}

#[test]
fn two_steps_of_details_keep_what_the_other_asked() {
    let when = "{ type: timeslot_selection, title: When, mode: arrival_window }";
    let more = "{ type: additional_details, title: More, fields: [ { key: pets, kind: text, label: Pets } ] }";
    let given = Given { changes: &[(when, more)], inputs: say::first(3) };
    let mut scene = given.scene();
    assert_eq!(scene.when(&say::details(&json!({ "pets": "cat" }))), DONE);
    let kept = serde_json::to_value(scene.view().selections.details).unwrap();
    assert_eq!(kept, json!({ "gate": true, "pets": "cat" }));
}
