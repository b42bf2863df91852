use super::{Rejection, Visit};
use crate::{
    Id, Problems,
    scheduler::{ServiceZone, normalize_postal_code},
    session::EventData,
    step::{OutsideAction, StepConfig},
};

impl Visit<'_> {
    pub(super) fn submit_zip(
        &mut self,
        typed: &str,
        zone: Option<Id<ServiceZone>>,
    ) -> Result<(), Rejection> {
        let StepConfig::Zipcode(config) = &self.step().config else {
            return Err(self.not_here("submit_zip"));
        };
        let Some(zip) = normalize_postal_code(&config.country, typed) else {
            let mut problems = Problems::default();
            let sentence = match config.country.as_str() {
                "US" => "Enter a ZIP code with five digits, such as 30305.",
                _ => "Enter a valid postal code.",
            };
            problems.root().at("zip").add("postal_code", sentence);
            return Err(Rejection::Invalid(problems));
        };
        self.happens(EventData::ZipcodeSubmitted { zip: zip.clone() });
        let inside = zone.is_some() || config.zone_ids.is_empty();
        let action = config.outside_area.action;
        if !inside && action != OutsideAction::Continue {
            self.happens(EventData::ZipcodeRejected { zip, action });
            return Ok(());
        }
        self.happens(EventData::ZipcodeAccepted { zip, zone_id: zone });
        if zone != self.active.selections.zone_id {
            self.release_seats();
        }
        self.complete_step()
    }
}
