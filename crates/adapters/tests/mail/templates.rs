//! What each template says.

use adapters::mail::{
    BookingConfirmed, EmailVerification, Invitation, NewSignIn, PasswordChanged, PasswordReset,
    Template,
};
use serde_json::json;

use crate::brand;

pub(crate) const LINK: &str = "https://alder.example/l/a?b=1";

pub(crate) fn invitation(inviter: &str) -> Template {
    Template::Invitation(Invitation {
        inviter: inviter.to_owned(),
        link: LINK.parse().unwrap(),
        valid_for: "7 days".to_owned(),
    })
}

pub(crate) fn booking_confirmed(name: &str) -> Template {
    Template::BookingConfirmed(BookingConfirmed {
        first_name: name.to_owned(),
        reference: "K7-QM4".to_owned(),
        service: "Heater repair".to_owned(),
        when: Some("Tue 24 Nov, 8–10 am (Eastern time)".to_owned()),
        address: Some("12 Elm Street, Dayton, OH 45402".to_owned()),
        manage_link: Some(LINK.parse().unwrap()),
    })
}

/// One of each.
pub(crate) fn all() -> Vec<Template> {
    let first_name = "Ada".to_owned();
    vec![
        invitation("Ada"),
        Template::PasswordReset(PasswordReset {
            first_name: first_name.clone(),
            link: LINK.parse().unwrap(),
            valid_for: "1 hour".to_owned(),
        }),
        Template::EmailVerification(EmailVerification {
            first_name: first_name.clone(),
            link: LINK.parse().unwrap(),
            valid_for: "24 hours".to_owned(),
        }),
        Template::PasswordChanged(PasswordChanged {
            first_name: first_name.clone(),
            when: "22 November 2026, 5:11 pm (Eastern time)".to_owned(),
            reset_link: LINK.parse().unwrap(),
        }),
        Template::NewSignIn(NewSignIn {
            first_name,
            when: "22 November 2026, 5:11 pm (Eastern time)".to_owned(),
            device: "Firefox on Linux".to_owned(),
            ip_address: "203.0.113.7".to_owned(),
            sessions_link: LINK.parse().unwrap(),
        }),
        booking_confirmed("Ada"),
    ]
}

#[test]
fn subjects_and_texts_read_as_they_should() {
    let said: Vec<_> = all()
        .iter()
        .map(|it| it.render(&brand()).unwrap())
        .map(|it| format!("# {}\n\n{}\n", it.subject, it.text))
        .collect();
    assert_eq!(said.join("\n"), include_str!("templates.txt"));
}

#[test]
fn pages_have_a_button_the_brand_and_nothing_of_others() {
    for template in all() {
        let html = template.render(&brand()).unwrap().html.unwrap();
        assert_eq!(html.matches("href=\"https://alder.example/l/a?b=1\"").count(), 1, "{html}");
        assert!(html.contains("background:#0b5d4e"), "{html}");
        assert!(html.contains("Alder Plumbing"), "{html}");
        assert!(html.contains("name=\"viewport\""), "{html}");
        assert!(html.contains("prefers-color-scheme: dark"), "{html}");
        assert!(html.contains("<meta name=\"color-scheme\" content=\"light dark\""), "{html}");
        for unfinished in ["{{", "{%", "<mj-"] {
            assert!(!html.contains(unfinished), "{unfinished}: {html}");
        }
        let foreign = html.replace("http://www.w3.org/", "").replace(LINK, "");
        assert!(!foreign.contains("://"), "{foreign}");
        // What is longer is cut off by some.
        assert!(html.len() < 100_000, "{} bytes", html.len());
    }
}

#[test]
fn a_logo_stands_for_the_name() {
    let mut brand = brand();
    brand.logo_url = Some("https://alder.example/logo.png".parse().unwrap());
    let html = invitation("Ada").render(&brand).unwrap().html.unwrap();
    assert!(html.contains("src=\"https://alder.example/logo.png\""), "{html}");
    assert!(html.contains("alt=\"Alder Plumbing\""), "{html}");
}

#[test]
fn what_a_booking_lacks_is_left_out() {
    let template = Template::BookingConfirmed(BookingConfirmed {
        first_name: "Ada".to_owned(),
        reference: "K7-QM4".to_owned(),
        service: "Heater repair".to_owned(),
        when: None,
        address: None,
        manage_link: None,
    });
    let content = template.render(&brand()).unwrap();
    assert_eq!(
        content.text,
        "Hello Ada,\n\nAlder Plumbing has your booking.\n\nHeater repair\nWe will be in touch to \
         agree on a time.\n\nYour reference: K7-QM4\n\nYou get this mail because you booked with \
         Alder Plumbing. To ask something, reply to it."
    );
    let html = content.html.unwrap();
    assert!(!html.contains("href"), "{html}");
    assert!(html.contains("We will be in touch"), "{html}");
}

#[test]
fn a_template_is_kept_and_read_again() {
    let kept = json!({
        "template_id": "invitation",
        "template_data": { "inviter": "Ada", "link": LINK, "valid_for": "7 days" },
    });
    assert_eq!(serde_json::to_value(invitation("Ada")).unwrap(), kept);
    for template in all() {
        let text = serde_json::to_string(&template).unwrap();
        assert_eq!(serde_json::from_str::<Template>(&text).unwrap(), template);
    }
}
