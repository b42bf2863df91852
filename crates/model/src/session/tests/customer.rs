use super::{Given, Scene, check, scene::say};
use crate::{
    content::Address,
    session::{CustomerDetails, Input},
};

const DONE: &str = "CUSTOMER_SUBMITTED CONSENT_GIVEN STEP_COMPLETED STEP_ENTERED SUMMARY_VIEWED";

fn here() -> Given<'static> {
    Given::on(say::first(4))
}

/// What comes of it when a field is asked for like that.
fn submitted(field: &str, presence: &str, customer: CustomerDetails) -> String {
    let asked = "fields: { name: required, email: required, phone: optional, address: optional }";
    let was = if matches!(field, "name" | "email") { "required" } else { "optional" };
    let other = if field == "email" { "phone: optional" } else { "" };
    let changed = asked
        .replace(&format!("{field}: {was}"), &format!("{field}: {presence}"))
        .replace(if other.is_empty() { "\0" } else { other }, "phone: required");
    let given = Given { changes: &[(asked, &changed)], inputs: say::first(4) };
    given.scene().when(&say::customer_with(customer, &["terms"]))
}

fn kept(scene: &Scene) -> CustomerDetails {
    scene.view().selections.customer.unwrap()
}

#[test]
fn who_books_is_kept_without_surrounding_blanks() {
    let given = CustomerDetails { first_name: Some("  Ada ".to_owned()), ..say::ada() };
    let scene = check(here(), &say::customer_with(given, &["terms"]), DONE);
    assert_eq!(kept(&scene), say::ada());
}

#[test]
fn a_required_field_is_needed_an_optional_one_not_and_a_hidden_one_not_taken() {
    let without = |field: &str| {
        let mut customer = say::ada();
        match field {
            "name" => (customer.first_name, customer.last_name) = (Some(String::new()), None),
            "email" => customer.email = Some(" ".to_owned()),
            "phone" => customer.phone = None,
            _ => customer.address = None,
        }
        customer
    };
    for (field, missing, unexpected) in [
        (
            "name",
            "first_name:required last_name:required",
            "first_name:unexpected last_name:unexpected",
        ),
        ("email", "email:required", "email:unexpected"),
        ("phone", "phone:required", "phone:unexpected"),
        (
            "address",
            "address.street:required address.city:required address.postal_code:required",
            "address:unexpected",
        ),
    ] {
        let invalid = |problems: &str| format!("Invalid {problems}");
        assert_eq!(submitted(field, "required", say::ada()), DONE, "{field}");
        assert_eq!(submitted(field, "required", without(field)), invalid(missing));
        assert_eq!(submitted(field, "optional", say::ada()), DONE, "{field}");
        assert_eq!(submitted(field, "optional", without(field)), DONE, "{field}");
        assert_eq!(submitted(field, "hidden", without(field)), DONE, "{field}");
        assert_eq!(submitted(field, "hidden", say::ada()), invalid(unexpected));
    }
}

#[test]
fn an_address_of_which_only_the_country_is_known_is_none() {
    let blank = Address { country: "US".to_owned(), ..Address::default() };
    let given = || CustomerDetails { address: Some(blank.clone()), ..say::ada() };
    assert_eq!(submitted("address", "optional", given()), DONE);
    assert_eq!(submitted("address", "hidden", given()), DONE);
    let required = submitted("address", "required", given());
    assert!(required.starts_with("Invalid address.street:required"), "{required}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let text = |it: &str| Some(it.to_owned());
    let address = |change: fn(&mut Address)| {
        let mut address = say::address();
        change(&mut address);
        CustomerDetails { address: Some(address), ..say::ada() }
    };
    for (customer, problems) in [
        (CustomerDetails { email: text("ada"), ..say::ada() }, "email:email"),
        (CustomerDetails { phone: text("12"), ..say::ada() }, "phone:phone"),
        (CustomerDetails { first_name: Some("x".repeat(101)), ..say::ada() }, "first_name:length"),
        (CustomerDetails { last_name: text("a\u{1b}b"), ..say::ada() }, "last_name:characters"),
        (address(|it| it.street = " ".to_owned()), "address.street:required"),
        (address(|it| it.postal_code = "1".to_owned()), "address.postal_code:postal_code"),
        (address(|it| it.country = "Atlantis".to_owned()), "address.country:country"),
    ] {
        check(here(), &say::customer_with(customer, &["terms"]), &format!("Invalid {problems}"));
    }
}

#[test]
fn consents_are_kept_with_the_words_that_were_shown() {
    let all = say::customer_with(say::ada(), &["news", "terms"]);
    let expected = DONE.replace("CONSENT_GIVEN", "CONSENT_GIVEN CONSENT_GIVEN");
    let scene = check(here(), &all, &expected);
    let selections = scene.session.current_state.temp_selections.as_ref().unwrap();
    let texts: Vec<_> = selections.consents.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts, ["I agree.", "Write to me."]);
}

#[test]
fn a_required_consent_is_needed_and_an_unknown_one_refused() {
    for (consents, problems) in [
        (&[][..], "consents.terms:required"),
        (&["news"], "consents.terms:required"),
        (&["terms", "soul"], "consents:unknown"),
    ] {
        let input = say::customer_with(say::ada(), consents);
        check(here(), &input, &format!("Invalid {problems}"));
    }
}

#[test]
fn a_consent_that_is_not_given_again_is_gone() {
    let mut inputs = say::first(4);
    inputs.extend([say::customer_with(say::ada(), &["news", "terms"]), say::back()]);
    let scene = check(Given::on(inputs), &say::customer(), DONE);
    assert_eq!(scene.view().selections.consents, ["terms"]);
}

#[test]
fn a_flow_without_summary_goes_to_the_confirmation_and_books_there() {
    let changes = [("  - { type: summary, title: Check }\n", "")];
    let expected = "CUSTOMER_SUBMITTED CONSENT_GIVEN STEP_COMPLETED STEP_ENTERED";
    let given = Given { changes: &changes, inputs: say::first(4) };
    let mut scene = check(given, &say::customer(), expected);
    assert_eq!(scene.view().allowed, ["confirm", "go_back", "abandon"]);
    let confirm: Input = say::confirm(true);
    assert_eq!(scene.when(&confirm), "BOOKING_SUBMITTED SESSION_COMPLETED");
}
