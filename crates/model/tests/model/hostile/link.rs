use model::{
    Timestamp,
    scheduler::{BookingFlowExpressLink, PrefilledState},
    session::{CustomerDetails, Decided, LinkFaultCode, LinkOutcome, start_by_link},
    step::StepConfig,
};
use serde_json::json;

use super::{Flow, id};
use crate::dice::Dice;

/// The beginning by a link that says anything.
pub(super) fn any_link(
    flow: &Flow,
    dice: &mut Dice,
    begun: Vec<Decided>,
    now: Timestamp,
) -> Vec<Decided> {
    let Flow { snapshot, compiled } = flow;
    if dice.one_in(5) {
        let refused = LinkOutcome::Refused { id: None, code: LinkFaultCode::Expired };
        return start_by_link(compiled, begun, &refused, now);
    }
    let answers = (0..dice.below(4)).map(|_| dice.one_of(&snapshot.answers).id).collect();
    let service = dice.one_of(&snapshot.services).id;
    let details = [json!({}), json!({ "gate": "true" }), json!({ "gate": "?", "x": "true" })];
    let zones = snapshot.steps.iter().find_map(|it| match &it.body.config {
        StepConfig::Zipcode(config) => config.zone_ids.first().copied(),
        _ => None,
    });
    let zip = *dice.one_of(&[Some("30305"), Some("99999"), Some("?"), None]);
    let customer = CustomerDetails {
        first_name: Some("Ada".to_owned()),
        email: Some(dice.one_of(&["ada@example.com", "nobody"]).to_string()),
        ..CustomerDetails::default()
    };
    let link = BookingFlowExpressLink {
        booking_flow_id: snapshot.flow.id,
        slug: snapshot.flow.body.slug.clone(),
        name: "Any".to_owned(),
        prefilled_state: PrefilledState {
            zip: zip.map(str::to_owned),
            service_id: dice.one_in(2).then_some(service),
            details: serde_json::from_value(dice.one_of(&details).clone()).unwrap(),
            answers,
            customer: dice.one_in(2).then_some(customer),
            timeslot_preference: None,
        },
        skip_steps: snapshot.steps.iter().map(|it| it.id).filter(|_| dice.one_in(2)).collect(),
        campaign: None,
        expires_at: None,
        max_uses: None,
        uses: 0,
        is_active: true,
    };
    let zone = zones.filter(|_| zip == Some("30305"));
    let is_archived = dice.one_in(8);
    let outcome = LinkOutcome::Usable { id: id(96), link: &link, zone, is_archived };
    start_by_link(compiled, begun, &outcome, now)
}
