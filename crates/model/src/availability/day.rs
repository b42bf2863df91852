use std::time::Duration;

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
        for slot in self.slots(date, hours, zone) {
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
        match self.schedule.overrides.iter().find(|it| it.date == date) {
            Some(day) if day.closed => return Err(NotOffered::Override),
            Some(day) if !day.hours.is_empty() => return Ok(&day.hours),
            _ => {}
        }
        if let Some(holidays) = &self.schedule.holidays
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

    /// The slots of a day with these hours, in order, no two with one start: where clocks go
    /// forward, a local time that does not exist gives way to the one that it would move to.
    fn slots(&self, date: Date, hours: &[Hours], zone: &TimeZone) -> Vec<Slot> {
        let slot = |(start, minutes)| match self.step.mode {
            TimeslotMode::ArrivalWindow => window(date, start, minutes, zone),
            TimeslotMode::Exact => appointment(date, start, minutes, hours, zone),
        };
        let mut slots: Vec<_> = self.starts(hours).into_iter().filter_map(slot).collect();
        slots.retain(|it| it.start.jiff().to_zoned(zone.clone()).date() == date);
        slots.sort_by_key(|it| it.start);
        slots.dedup_by(|later, kept| {
            let same = later.start == kept.start;
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        slots
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

/// Keeps its local times. `None` for one that a change of clocks leaves empty; one that it would
/// make twice as long or longer keeps its length.
fn window(date: Date, start: u16, minutes: u32, zone: &TimeZone) -> Option<Slot> {
    let from = u32::from(start);
    let (start, end) = (instant(date, from, zone)?, instant(date, from + minutes, zone)?);
    let length = Duration::from_mins(u64::from(minutes));
    let doubled = end >= start.plus(length * 2);
    let slot = Slot { start, end: if doubled { start.plus(length) } else { end } };
    (slot.start < slot.end).then_some(slot)
}

/// Lasts as long as the work does, whatever the clocks do meanwhile. `None` for one that would
/// then not end within the hours.
fn appointment(
    date: Date,
    start: u16,
    minutes: u32,
    hours: &[Hours],
    zone: &TimeZone,
) -> Option<Slot> {
    let within = |it: &&Hours| (it.start.minutes()..it.end.minutes()).contains(&start);
    let closes = u32::from(hours.iter().find(within)?.end.minutes());
    let start = instant(date, u32::from(start), zone)?;
    let slot = Slot { start, end: start.plus(Duration::from_mins(u64::from(minutes))) };
    (slot.end <= instant(date, closes, zone)?).then_some(slot)
}

/// A local time that does not exist moves forward by the gap, one that exists twice is its first
/// occurrence.
fn instant(date: Date, minutes: u32, zone: &TimeZone) -> Option<Timestamp> {
    let midnight = date.to_datetime(jiff::civil::Time::midnight());
    let local: DateTime =
        midnight.checked_add(SignedDuration::from_mins(i64::from(minutes))).ok()?;
    zone.to_ambiguous_timestamp(local).compatible().ok().map(Timestamp::from)
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
