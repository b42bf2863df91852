use std::collections::BTreeMap;

use super::Builder;
use crate::{
    Id, ObjectId,
    flow::file::StepEntry,
    scheduler::Identified,
    step::{
        AdditionalDetails, BookingFlowStep, Confirmation, CustomerInfo, ServiceSelection,
        StepConfig, Summary, TimeslotSelection, Zipcode,
    },
};

impl Builder<'_> {
    pub(super) fn steps(&mut self, flow: ObjectId) -> Vec<Identified<BookingFlowStep>> {
        let file = self.file;
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut steps = Vec::new();
        for (n, entry) in file.steps.iter().enumerate() {
            let (content, config) = (entry.content(), self.step(n, entry));
            let name = config.step_type().name();
            let nth = seen.entry(name).or_default();
            let id = Id::new(self.id(&format!("steps.{name}.{nth}")));
            *nth += 1;
            let body = BookingFlowStep { booking_flow_id: Id::new(flow), content, config };
            steps.push(Identified { id, body });
        }
        steps
    }

    fn step(&mut self, n: usize, entry: &StepEntry) -> StepConfig {
        match entry.clone() {
            StepEntry::Zipcode { country, zones, outside_area, .. } => {
                let first = zones.first().and_then(|it| self.file.zones.get(it));
                let country = country.or_else(|| first.map(|it| it.country.clone()));
                let config = Zipcode {
                    country: country.unwrap_or_else(|| "US".to_owned()),
                    zone_ids: self.resolve_all("zones", &zones, &format!("steps.{n}.zones")),
                    outside_area,
                };
                StepConfig::Zipcode(config)
            }
            StepEntry::ServiceSelection { start, .. } => {
                let graph = self.graph(&start, &format!("steps.{n}.start"));
                let config = ServiceSelection { graph };
                StepConfig::ServiceSelection(config)
            }
            StepEntry::AdditionalDetails { fields, media, .. } => {
                let config = AdditionalDetails { fields, media };
                StepConfig::AdditionalDetails(config)
            }
            StepEntry::TimeslotSelection {
                mode,
                horizon_days,
                lead_time_minutes,
                offer_first_available,
                call_to_book,
                hold_minutes,
                ..
            } => {
                let config = TimeslotSelection {
                    mode,
                    horizon_days,
                    lead_time_minutes,
                    offer_first_available: offer_first_available.unwrap_or(true),
                    call_to_book,
                    hold_minutes: hold_minutes.unwrap_or(10),
                };
                StepConfig::TimeslotSelection(config)
            }
            StepEntry::CustomerInfo { fields, lookup_existing, consents, .. } => {
                let config = CustomerInfo { fields, lookup_existing, consents };
                StepConfig::CustomerInfo(config)
            }
            StepEntry::Summary { show_price, show_dispatch_fee, terms, deposit, .. } => {
                let config = Summary {
                    show_price: show_price.unwrap_or(true),
                    show_dispatch_fee: show_dispatch_fee.unwrap_or(true),
                    terms,
                    deposit,
                };
                StepConfig::Summary(config)
            }
            StepEntry::Confirmation {
                message,
                redirect_url,
                add_to_calendar,
                show_reference,
                ..
            } => {
                let config = Confirmation {
                    message,
                    redirect_url,
                    add_to_calendar: add_to_calendar.unwrap_or(true),
                    show_reference: show_reference.unwrap_or(true),
                };
                StepConfig::Confirmation(config)
            }
        }
    }
}
