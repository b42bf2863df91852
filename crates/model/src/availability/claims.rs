use std::collections::BTreeMap;

use jiff::{Zoned, civil::Date};

use super::{Rules, Slot};
use crate::{
    Id, Timestamp,
    scheduler::{GRID_MINUTES, Schedule, SlotHold},
    step::TimeslotMode,
};

/// One seat that a slot needs.
///
/// What is limited is named by a resource key: `{schedule}/window` for arrival windows,
/// `{schedule}/time` for exact appointments (a seat in each five minutes that they last),
/// `{schedule}/day`, `{schedule}/zone/{zone}` and `{schedule}/service/{service}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub resource_key: String,
    pub window_start: Timestamp,
    /// How many seats there are.
    pub capacity: u32,
}

/// Which seats are taken.
#[derive(Debug, Default)]
pub struct Occupied(BTreeMap<(String, Timestamp), BTreeMap<u32, Seat>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seat {
    Held,
    Booked,
}

/// How many seats of a claim are taken.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) seats: u32,
    /// Of them, those that may be free again soon.
    pub(super) held: u32,
}

impl Occupied {
    /// Of stored holds, in any order; holds that have expired at `now` count as free.
    pub fn new<'a>(holds: impl IntoIterator<Item = &'a SlotHold>, now: Timestamp) -> Self {
        let mut occupied = Self::default();
        for hold in holds.into_iter().filter(|it| it.is_taken(now)) {
            let seat = match hold.state {
                crate::scheduler::HoldState::Booked => Seat::Booked,
                crate::scheduler::HoldState::Held { .. } => Seat::Held,
            };
            let key = (hold.resource_key.clone(), hold.window_start);
            occupied.0.entry(key).or_default().insert(hold.seat, seat);
        }
        occupied
    }

    /// A free seat, if there is one. Those who ask at the same time with different preferences
    /// get in each other's way less.
    pub fn free_seat(&self, claim: &Claim, preferred: u32) -> Option<u32> {
        let taken = self.seats(claim);
        let first = preferred.checked_rem(claim.capacity)?;
        (first..claim.capacity)
            .chain(0..first)
            .find(|seat| taken.is_none_or(|it| !it.contains_key(seat)))
    }

    pub(super) fn taken(&self, claim: &Claim) -> Taken {
        let Some(seats) = self.seats(claim) else { return Taken::default() };
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Taken {
            seats: count(seats.len()),
            held: count(seats.values().filter(|it| **it == Seat::Held).count()),
        }
    }

    fn seats(&self, claim: &Claim) -> Option<&BTreeMap<u32, Seat>> {
        self.0.get(&(claim.resource_key.clone(), claim.window_start))
    }
}

/// All resource keys under which seats of the rules' slots are claimed.
pub fn resource_keys(rules: &Rules<'_>) -> Vec<String> {
    let schedule = rules.schedule_id;
    let capacity = &rules.schedule.capacity;
    let mut keys = vec![time_key(schedule, rules.step.mode)];
    keys.extend(capacity.per_day.map(|_| format!("{schedule}/day")));
    let zone = rules.zone.filter(|it| capacity.by_zone.contains_key(it));
    keys.extend(zone.map(|it| format!("{schedule}/zone/{it}")));
    let service = Some(rules.service_id).filter(|it| capacity.by_service.contains_key(it));
    keys.extend(service.map(|it| format!("{schedule}/service/{it}")));
    keys
}

fn time_key(schedule: Id<Schedule>, mode: TimeslotMode) -> String {
    match mode {
        TimeslotMode::ArrivalWindow => format!("{schedule}/window"),
        TimeslotMode::Exact => format!("{schedule}/time"),
    }
}

impl Rules<'_> {
    /// One seat of each of these makes the slot the visitor's.
    pub(super) fn claims(&self, slot: &Slot, date: Date) -> Vec<Claim> {
        let schedule = self.schedule_id;
        let limits = &self.schedule.capacity;
        let cells = self.cells(slot);
        let mut claims = Vec::with_capacity(cells.len() + 3);
        let mut at_once = |resource_key: String, capacity: u32| {
            claims.extend(cells.iter().map(|window_start| Claim {
                resource_key: resource_key.clone(),
                window_start: *window_start,
                capacity,
            }));
        };
        at_once(time_key(schedule, self.step.mode), self.per_window(date));
        if let Some((zone, capacity)) = self.zone.and_then(|it| limits.by_zone.get_key_value(&it)) {
            at_once(format!("{schedule}/zone/{zone}"), *capacity);
        }
        if let Some(capacity) = limits.by_service.get(&self.service_id) {
            at_once(format!("{schedule}/service/{}", self.service_id), *capacity);
        }
        if let Some(capacity) = limits.per_day {
            let midnight = date.to_zoned(self.time_zone()).map_or(slot.start, |it| day_start(&it));
            claims.push(Claim {
                resource_key: format!("{schedule}/day"),
                window_start: midnight,
                capacity,
            });
        }
        claims
    }

    /// An arrival window is one cell; an exact appointment takes every five minutes that it lasts,
    /// and the buffer after it, so that appointments of different lengths cannot overlap.
    fn cells(&self, slot: &Slot) -> Vec<Timestamp> {
        match self.step.mode {
            TimeslotMode::ArrivalWindow => vec![slot.start],
            TimeslotMode::Exact => {
                let grid = i64::from(GRID_MINUTES) * 60_000;
                let buffer = i64::from(self.schedule.buffer_minutes) * 60_000;
                let first = slot.start.millis().div_euclid(grid);
                let end = (slot.end.millis() + buffer + grid - 1).div_euclid(grid);
                (first..end).map(|n| Timestamp::from_millis(n * grid)).collect()
            }
        }
    }
}

fn day_start(midnight: &Zoned) -> Timestamp {
    midnight.timestamp().into()
}
