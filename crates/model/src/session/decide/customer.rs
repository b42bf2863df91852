use super::{Rejection, Visit};
use crate::{
    Place, Problems,
    content::Address,
    scheduler::normalize_postal_code,
    session::{CustomerDetails, EventData},
    step::{ConsentConfig, CustomerInfo, Presence, StepConfig},
};

impl Visit<'_> {
    pub(super) fn submit_customer(
        &mut self,
        customer: &CustomerDetails,
        consents: &[String],
    ) -> Result<(), Rejection> {
        let StepConfig::CustomerInfo(config) = &self.step().config else {
            return Err(self.not_here("submit_customer"));
        };
        let mut problems = Problems::default();
        let customer = check_customer(config, customer, &mut problems.root());
        check_consents(&config.consents, consents, problems.root().at("consents"));
        problems.into_result().map_err(Rejection::Invalid)?;
        self.happens(EventData::CustomerSubmitted { customer });
        for consent in config.consents.iter().filter(|it| consents.contains(&it.key)) {
            let ConsentConfig { key, text, .. } = consent.clone();
            self.happens(EventData::ConsentGiven { key, text });
        }
        self.complete_step()
    }
}

pub(super) fn check_customer(
    config: &CustomerInfo,
    given: &CustomerDetails,
    place: &mut Place<'_>,
) -> CustomerDetails {
    let fields = &config.fields;
    let text =
        |name: &str, presence, value: &Option<String>, max, sentence, place: &mut Place<'_>| {
            let value = value.as_deref().map(str::trim).filter(|it| !it.is_empty());
            let mut place = place.at(name);
            match (presence, value) {
                (Presence::Hidden, Some(_)) => place.add("unexpected", "is not asked for"),
                (Presence::Required, None) => place.add("required", sentence),
                _ => place.text(value.unwrap_or_default(), 0, max),
            }
            value.map(str::to_owned)
        };
    let first_name =
        text("first_name", fields.name, &given.first_name, 100, "Enter your first name.", place);
    let last_name =
        text("last_name", fields.name, &given.last_name, 100, "Enter your last name.", place);
    let email = text("email", fields.email, &given.email, 254, "Enter your e-mail address.", place);
    if let Some(email) = &email
        && !crate::problems::is_email(email)
    {
        place.at("email").add("email", "Enter an e-mail address such as ada@example.com.");
    }
    let phone = text("phone", fields.phone, &given.phone, 40, "Enter your phone number.", place);
    if let Some(phone) = &phone
        && !is_phone(phone)
    {
        place
            .at("phone")
            .add("phone", "Enter a phone number with area code, such as 404 555 0134.");
    }
    let address = check_address(fields.address, given.address.as_ref(), place.at("address"));
    CustomerDetails { first_name, last_name, email, phone, address }
}

/// 7 to 15 digits, and between them what people write between digits.
fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let body = text.strip_prefix('+').unwrap_or(text);
    (7..=15).contains(&digits)
        && body.chars().all(|it| it.is_ascii_digit() || " ().-/".contains(it))
}

fn check_address(
    presence: Presence,
    given: Option<&Address>,
    mut place: Place<'_>,
) -> Option<Address> {
    let nothing = Address::default();
    // A form sends what is in it: also an address of which only the country was filled in for them.
    let given = given.filter(|it| !is_blank(it));
    let given = match (presence, given) {
        (Presence::Hidden, Some(_)) => {
            place.add("unexpected", "is not asked for");
            return None;
        }
        (Presence::Hidden | Presence::Optional, None) => return None,
        (Presence::Required, None) => &nothing,
        (_, Some(given)) => given,
    };
    let trim = |text: &str| text.trim().to_owned();
    let address = Address {
        street: trim(&given.street),
        unit: given.unit.as_deref().map(trim).filter(|it| !it.is_empty()),
        city: trim(&given.city),
        region: trim(&given.region),
        postal_code: trim(&given.postal_code),
        country: trim(&given.country),
    };
    for (name, text, sentence) in [
        ("street", &address.street, "Enter the street and number."),
        ("city", &address.city, "Enter the city."),
        ("postal_code", &address.postal_code, "Enter the postal code."),
    ] {
        place.at(name).require(!text.is_empty(), "required", sentence);
    }
    let shaped = normalize_postal_code(&address.country, &address.postal_code).is_some();
    if !address.postal_code.is_empty() {
        place.at("postal_code").require(shaped, "postal_code", "Enter a valid postal code.");
    }
    let complete =
        [&address.street, &address.city, &address.postal_code].iter().all(|it| !it.is_empty());
    if complete {
        address.validate(place);
    }
    Some(address)
}

fn is_blank(address: &Address) -> bool {
    let Address { street, unit, city, region, postal_code, country: _ } = address;
    let unit = unit.as_deref().unwrap_or_default();
    [street, city, region, postal_code, unit].iter().all(|it| it.trim().is_empty())
}

fn check_consents(known: &[ConsentConfig], given: &[String], mut place: Place<'_>) {
    let strange = given.iter().any(|key| known.iter().all(|it| it.key != *key));
    place.require(!strange, "unknown", "names a consent that this step does not ask for");
    for consent in known.iter().filter(|it| it.required && !given.contains(&it.key)) {
        place.at(&consent.key).add("required", "Please agree to this to go on.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_taken_as_people_write_them() {
        for good in ["404 555 0134", "(404) 555-0134", "+1 404.555.0134", "+49 30/123456"] {
            assert!(is_phone(good), "{good}");
        }
        for bad in ["", "555-12", "call me", "404555013x", "1234567890123456", "40+4555 0134"] {
            assert!(!is_phone(bad), "{bad}");
        }
    }
}
