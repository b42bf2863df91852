use jiff::{
    SignedDuration,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::{Day, NotOffered, Occupied, OfferedSlot, Rules, Slot, holiday_on};
use crate::{Timestamp, content::Hours, scheduler::GRID_MINUTES, step::TimeslotMode};

impl Rules<'_> {
    pub(super) fn day(
        &self,
        date: Date,
        zone: &TimeZone,
        now: Timestamp,
        occupied: &Occupied,
    ) -> Day {
        let mut day = Day { date, offered: Vec::new(), refused: Vec::new() };
        let hours = match self.hours_on(date) {
            Ok(hours) => hours,
            Err(reason) => {
                day.refused.push((None, reason));
                return day;
            }
        };
        let (first, last) = self.horizon(now);
        let earliest = self.earliest(now);
        for (start, minutes) in self.starts(hours) {
            let Some(slot) = slot(date, start, minutes, zone) else { continue };
            let reason = if date < first || date > last {
                Err(NotOffered::Horizon)
            } else if slot.start < earliest {
                Err(NotOffered::LeadTime)
            } else if !self.serves_zone() {
                Err(NotOffered::Zone)
            } else {
                self.seats(&slot, date, occupied)
            };
            match reason {
                Ok(offer) => day.offered.push(offer),
                Err(reason) => day.refused.push((Some(slot), reason)),
            }
        }
        day
    }

    fn hours_on(&self, date: Date) -> Result<&[Hours], NotOffered> {
        if let Some(day) = self.schedule.overrides.iter().find(|it| it.date == date) {
            if day.closed {
                return Err(NotOffered::Override);
            }
            if !day.hours.is_empty() {
                return Ok(&day.hours);
            }
        } else if let Some(holidays) = &self.schedule.holidays
            && holiday_on(&holidays.country, date).is_some()
        {
            return Err(NotOffered::Holiday);
        }
        match self.schedule.weekly_hours.on(date.weekday()) {
            [] => Err(NotOffered::Closed),
            hours => Ok(hours),
        }
    }

    fn serves_zone(&self) -> bool {
        let zones = &self.service.service_zone_ids;
        zones.is_empty() || self.zone.is_none_or(|it| zones.contains(&it))
    }

    /// Where slots begin on a day with these hours, and how many minutes they take.
    fn starts(&self, hours: &[Hours]) -> Vec<(u16, u32)> {
        match self.step.mode {
            TimeslotMode::ArrivalWindow => {
                let inside = |start: u32, end: u32| {
                    hours.iter().any(|it| {
                        u32::from(it.start.minutes()) <= start && end <= u32::from(it.end.minutes())
                    })
                };
                let windows = self.schedule.arrival_windows.iter();
                let mut starts: Vec<_> = windows
                    .filter(|it| {
                        let start = u32::from(it.start.minutes());
                        inside(start, start + it.duration)
                    })
                    .map(|it| (it.start.minutes(), it.duration))
                    .collect();
                starts.sort_unstable();
                starts
            }
            TimeslotMode::Exact => {
                let minutes = self.service.duration_minutes.next_multiple_of(GRID_MINUTES);
                hours.iter().flat_map(|it| exact_starts(*it, minutes)).collect()
            }
        }
    }
}

/// Appointments begin every half hour, short ones every quarter of one.
fn exact_starts(hours: Hours, minutes: u32) -> impl Iterator<Item = (u16, u32)> {
    let step = if minutes < 30 { 15 } else { 30 };
    let last = u32::from(hours.end.minutes()).checked_sub(minutes);
    let first = hours.start.minutes();
    last.into_iter()
        .flat_map(move |last| (u32::from(first)..=last).step_by(step))
        .filter_map(move |start| Some((u16::try_from(start).ok()?, minutes)))
}

/// Local times become instants: one that does not exist moves forward by the gap, one that exists
/// twice is its first occurrence. `None` for a window that a change of clocks leaves empty.
fn slot(date: Date, start: u16, minutes: u32, zone: &TimeZone) -> Option<Slot> {
    let midnight = date.to_datetime(jiff::civil::Time::midnight());
    let instant = |minutes: u32| -> Option<Timestamp> {
        let local: DateTime =
            midnight.checked_add(SignedDuration::from_mins(i64::from(minutes))).ok()?;
        zone.to_ambiguous_timestamp(local).compatible().ok().map(Timestamp::from)
    };
    let start = u32::from(start);
    let slot = Slot { start: instant(start)?, end: instant(start + minutes)? };
    (slot.start < slot.end).then_some(slot)
}

impl Rules<'_> {
    fn seats(
        &self,
        slot: &Slot,
        date: Date,
        occupied: &Occupied,
    ) -> Result<OfferedSlot, NotOffered> {
        let claims = self.claims(slot, date);
        let mut seats_left = u32::MAX;
        for claim in &claims {
            let taken = occupied.taken(claim);
            seats_left = seats_left.min(claim.capacity.saturating_sub(taken.seats));
            if seats_left == 0 {
                return Err(if taken.held > 0 { NotOffered::Held } else { NotOffered::Capacity });
            }
        }
        Ok(OfferedSlot { slot: slot.clone(), seats_left, claims })
    }

    /// How many appointments fit at the same time on `date`.
    pub(super) fn per_window(&self, date: Date) -> u32 {
        let day = self.schedule.overrides.iter().find(|it| it.date == date);
        day.and_then(|it| it.capacity).unwrap_or(self.schedule.capacity.per_window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_appointments_end_within_the_hours() {
        let hours = "09:00-11:00".parse().unwrap();
        assert_eq!(exact_starts(hours, 60).map(|it| it.0 / 30).collect::<Vec<_>>(), [18, 19, 20]);
        assert_eq!(exact_starts(hours, 15).count(), 8);
        assert_eq!(exact_starts(hours, 125).count(), 0);
    }
}
