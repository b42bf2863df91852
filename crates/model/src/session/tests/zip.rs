use super::{Given, check, scene::say};

const IN: &str = "ZIPCODE_SUBMITTED ZIPCODE_ACCEPTED STEP_COMPLETED STEP_ENTERED QUESTION_VIEWED";

fn outside(action: &str) -> [(String, String); 1] {
    [("action: stop".to_owned(), format!("action: {action}"))]
}

#[test]
fn a_code_in_a_zone_goes_on() {
    let scene = check(Given::on(vec![]), &say::zip_in(" 30305-1234 ", Some("metro")), IN);
    assert_eq!(scene.view().selections.zip.as_deref(), Some("30305"));
    assert_eq!(scene.step(), "What");
}

#[test]
fn a_code_outside_stops_waits_or_goes_on_as_the_step_says() {
    for (action, expected, message) in [
        ("stop", "ZIPCODE_SUBMITTED ZIPCODE_REJECTED", Some("out_of_area")),
        ("waitlist", "ZIPCODE_SUBMITTED ZIPCODE_REJECTED", Some("waitlist")),
        ("continue", IN, None),
    ] {
        let changes = outside(action);
        let changes = [(changes[0].0.as_str(), changes[0].1.as_str())];
        let given = Given { changes: &changes, inputs: vec![] };
        let scene = check(given, &say::zip_in("94103", None), expected);
        let shown = scene.view().message;
        let code = shown.as_ref().map(|it| serde_json::to_value(it.code).unwrap());
        assert_eq!(code, message.map(Into::into), "{action}");
        assert_eq!(shown.map(|it| it.text), message.map(|_| "Not here.".to_owned()));
    }
}

#[test]
fn a_refused_code_can_be_corrected_and_the_message_goes() {
    let scene = check(Given::on(vec![say::zip_in("94103", None)]), &say::zip(), IN);
    assert_eq!(scene.view().message, None);
}

#[test]
fn a_step_without_zones_takes_every_code() {
    let given = Given { changes: &[("zones: [metro, outer]", "zones: []")], inputs: vec![] };
    check(given, &say::zip_in("94103", None), IN);
}

#[test]
fn what_is_no_postal_code_is_refused() {
    for text in ["", "3030", "303055", "abcde", "30305\u{0}", "３０３０５"] {
        let input = say::zip_in(text, None);
        check(Given::on(vec![]), &input, "Invalid zip:postal_code");
    }
}

#[test]
fn another_zone_gives_the_timeslot_back_and_the_same_zone_keeps_it() {
    let mut there = say::first(4);
    there.push(say::back_to_step("zipcode"));
    let expected = "ZIPCODE_SUBMITTED ZIPCODE_ACCEPTED TIMESLOT_RELEASED STEP_COMPLETED \
                    STEP_ENTERED QUESTION_VIEWED";
    let moved = check(Given::on(there.clone()), &say::zip_in("30022", Some("outer")), expected);
    assert_eq!(moved.view().selections.timeslot, None);
    let stayed = check(Given::on(there), &say::zip_in("30306", Some("metro")), IN);
    assert!(stayed.view().selections.timeslot.is_some());
}
