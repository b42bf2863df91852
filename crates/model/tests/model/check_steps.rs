//! Which steps a flow has, and in which order.

use model::flow::check::check;

use crate::{
    check_rules::{FLOW, changed},
    files::bundle,
};

#[test]
fn steps_stand_in_their_order() {
    let step = |name: &str| {
        let line = |it: &&str| it.contains(&format!("type: {name},"));
        format!("{}\n", FLOW.lines().find(line).unwrap())
    };
    let moved = |name: &str, before: &str| {
        let text = FLOW.replace(&step(name), "");
        let text = text.replace(&step(before), &(step(name) + &step(before)));
        check(&bundle(&text)).findings.into_iter().map(|it| it.code).collect::<Vec<_>>()
    };
    for (name, before) in [
        ("timeslot_selection", "zipcode"),
        ("timeslot_selection", "service_selection"),
        ("summary", "customer_info"),
        ("summary", "service_selection"),
        ("summary", "timeslot_selection"),
        ("confirmation", "summary"),
        ("confirmation", "zipcode"),
    ] {
        let codes = moved(name, before);
        assert!(
            !codes.is_empty() && codes.iter().all(|it| *it == "flow.order"),
            "{name}: {codes:?}"
        );
    }
    for (name, before) in [
        ("service_selection", "zipcode"),
        ("additional_details", "zipcode"),
        ("customer_info", "zipcode"),
        ("additional_details", "summary"),
    ] {
        let codes = moved(name, before);
        assert_eq!(codes, [""; 0], "{name} before {before}");
    }
    let last = step("confirmation");
    changed(&last, &(step("additional_details") + &last), &["flow.order steps.5"]);
}

#[test]
fn steps_that_a_flow_needs_are_there_and_once() {
    let line = |name: &str| {
        let found = FLOW.lines().find(|it| it.contains(&format!("type: {name},")));
        format!("{}\n", found.unwrap())
    };
    for name in ["customer_info", "confirmation"] {
        changed(&line(name), "", &["flow.missing_step steps"]);
    }
    let codes = |text: &str| -> Vec<_> {
        check(&bundle(text)).findings.into_iter().map(|it| it.code).collect()
    };
    let without = codes(&FLOW.replace(&line("service_selection"), ""));
    assert_eq!(without, ["flow.missing_step"]);
    for name in ["zipcode", "service_selection", "timeslot_selection", "customer_info"] {
        let found = codes(&FLOW.replace(&line(name), &line(name).repeat(2)));
        assert_eq!(found, ["flow.duplicate_step"], "{name}");
    }
    for name in ["summary", "confirmation"] {
        let found = codes(&FLOW.replace(&line(name), &line(name).repeat(2)));
        assert!(found.contains(&"flow.duplicate_step"), "{name}: {found:?}");
    }
    for name in ["zipcode", "additional_details", "timeslot_selection", "summary"] {
        assert_eq!(codes(&FLOW.replace(&line(name), "")), Vec::<&str>::new(), "{name}");
    }
    changed(&line("additional_details"), &line("additional_details").repeat(3), &[]);
}
