//! Which timeslots a service can have: a pure function of rules, occupied seats and the time.

mod claims;
mod day;
mod holidays;
mod label;

use std::time::Duration;

use jiff::{ToSpan, civil::Date, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use claims::{Claim, Occupied, resource_keys};
pub use holidays::{holiday_on, knows_holidays_of};
pub use label::{slot_label, timeslot_label};

use crate::{
    Id, Timestamp,
    scheduler::{BookingService, BookingWindow, Schedule, ServiceZone},
    step::{TimeslotMode, TimeslotSelection},
};

/// What decides which slots a visitor is offered.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    pub schedule_id: Id<Schedule>,
    pub schedule: &'a Schedule,
    pub service_id: Id<BookingService>,
    pub service: &'a BookingService,
    /// Where the visitor is; absent when the flow does not ask, or they are outside all zones.
    pub zone: Option<Id<ServiceZone>>,
    pub step: &'a TimeslotSelection,
}

/// A time that might be booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    pub start: Timestamp,
    pub end: Timestamp,
}

/// A slot that is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedSlot {
    pub slot: Slot,
    /// At least 1.
    pub seats_left: u32,
    /// One seat of each must be taken to have it.
    pub claims: Vec<Claim>,
}

/// Why a slot, or a whole day, is not offered.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NotOffered {
    Closed,
    Holiday,
    Override,
    LeadTime,
    Horizon,
    Capacity,
    Held,
    Zone,
}

/// One day with what is offered, and why the rest is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    pub date: Date,
    pub offered: Vec<OfferedSlot>,
    /// Slots of the day's rules that are not offered; without a slot, the whole day.
    pub refused: Vec<(Option<Slot>, NotOffered)>,
}

impl Rules<'_> {
    /// The zone of all local times; UTC if the name is not known, which validation refuses.
    pub fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.schedule.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// The first and last day that may be offered at `now`.
    pub fn horizon(&self, now: Timestamp) -> (Date, Date) {
        let today = now.jiff().to_zoned(self.time_zone()).date();
        let days = self.step.horizon_days.unwrap_or(u32::MAX).min(self.schedule.horizon_days);
        let last = today.checked_add(i64::from(days).days()).unwrap_or(Date::MAX);
        (today, last)
    }

    /// What each day from `from` to `to` offers, both included.
    pub fn days(&self, from: Date, to: Date, now: Timestamp, occupied: &Occupied) -> Vec<Day> {
        let zone = self.time_zone();
        std::iter::successors(Some(from), |date| date.tomorrow().ok())
            .take_while(|date| *date <= to)
            .map(|date| self.day(date, &zone, now, occupied))
            .collect()
    }

    /// The offer that starts at `start`.
    ///
    /// # Errors
    /// Why it is not offered; [`NotOffered::Closed`] when the rules have no slot there at all.
    pub fn offer(
        &self,
        start: Timestamp,
        now: Timestamp,
        occupied: &Occupied,
    ) -> Result<OfferedSlot, NotOffered> {
        let zone = self.time_zone();
        let day = self.day(start.jiff().to_zoned(zone.clone()).date(), &zone, now, occupied);
        let refused = day.refused.iter().find(|(slot, _)| match slot {
            Some(slot) => slot.start == start,
            None => true,
        });
        match (day.offered.into_iter().find(|it| it.slot.start == start), refused) {
            (Some(offer), _) => Ok(offer),
            (None, Some((_, reason))) => Err(*reason),
            (None, None) => Err(NotOffered::Closed),
        }
    }

    /// The earliest instant at which a slot may start.
    fn earliest(&self, now: Timestamp) -> Timestamp {
        let minutes = self.step.lead_time_minutes.unwrap_or(0).max(self.schedule.lead_time_minutes);
        now.plus(Duration::from_mins(u64::from(minutes)))
    }
}

impl Slot {
    /// As a booking keeps it.
    pub fn window(&self, time_zone: &str, mode: TimeslotMode) -> BookingWindow {
        BookingWindow {
            start: self.start,
            end: self.end,
            time_zone: time_zone.to_owned(),
            window: mode == TimeslotMode::ArrivalWindow,
        }
    }
}

#[cfg(test)]
mod tests;
