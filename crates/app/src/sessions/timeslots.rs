use jiff::civil::Date;
use model::{Timestamp, availability::slot_label};
use schemars::JsonSchema;
use serde::Serialize;

use super::VisitorSession;
use crate::{Error, Result, availability::asked_days};

/// The timeslots that a visitor can choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Timeslots {
    /// IANA zone of all days and labels.
    pub time_zone: String,
    /// Every day that was asked for, also those without a slot.
    pub days: Vec<TimeslotsDay>,
    /// When none of them has a slot: the next day that has.
    pub next_available: Option<Date>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TimeslotsDay {
    pub date: Date,
    pub slots: Vec<TimeslotsSlot>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TimeslotsSlot {
    /// Goes into `select_timeslot`.
    pub start: Timestamp,
    pub end: Timestamp,
    /// `8–10 am`.
    pub label: String,
    pub seats_left: u32,
}

impl VisitorSession {
    /// What is offered for the chosen service from `from` to `to`, both included; by default the
    /// first fourteen days from today.
    ///
    /// # Errors
    /// [`Error::NotFound`] while no service is chosen, or it has no schedule.
    pub async fn timeslots(mut self, from: Option<Date>, to: Option<Date>) -> Result<Timeslots> {
        self.refresh().await?;
        let session = &self.session.body;
        let flow = self.tenant.compiled(session.booking_flow_version_id).await?;
        let planned = self.tenant.planned(&flow, session).await?;
        let rules = planned.as_ref().and_then(super::super::availability::Planned::rules);
        let rules = rules.ok_or(Error::NotFound("timeslot before a service is chosen"))?;
        let now = self.tenant.now();
        let (from, to) = asked_days(&rules, from, to, now)?;
        let found = self.days(&rules, from, to, now).await?;
        let zone = rules.time_zone();
        let days = found.days.into_iter().map(|day| TimeslotsDay {
            date: day.date,
            slots: day
                .offered
                .into_iter()
                .map(|it| TimeslotsSlot {
                    label: slot_label(&it.slot, &zone, rules.step.mode),
                    start: it.slot.start,
                    end: it.slot.end,
                    seats_left: it.seats_left,
                })
                .collect(),
        });
        Ok(Timeslots {
            time_zone: rules.schedule.time_zone.clone(),
            days: days.collect(),
            next_available: found.next_available,
        })
    }
}
