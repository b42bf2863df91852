//! Availability by hand: written from the specification, sharing no code with the engine.

use std::time::Duration;

use jiff::{
    civil::{Date, Weekday},
    tz::TimeZone,
};

use super::{NotOffered, Shop};
use crate::{
    Timestamp,
    availability::Slot,
    content::Hours,
    scheduler::{Schedule, SlotHold},
};

const MINUTE: i64 = 60_000;

/// Tries all offsets that the zone has within a day and a half: the earliest instant that has the
/// local time; or, where none has it, the local time in the offset from before the gap.
pub(super) fn instant(date: Date, minute: i64, zone: &TimeZone) -> Timestamp {
    let midnight = date.to_zoned(TimeZone::UTC).unwrap().timestamp().as_millisecond();
    let local = midnight + minute * MINUTE;
    let offset_at = |millis: i64| {
        let at = jiff::Timestamp::from_millisecond(millis).unwrap();
        i64::from(zone.to_offset(at).seconds()) * 1_000
    };
    let around = (-36..=36).map(|hour| offset_at(local + hour * 60 * MINUTE));
    let mut offsets: Vec<_> = around.collect();
    offsets.dedup();
    let fits = |offset: &&i64| offset_at(local - **offset) == **offset;
    let found = offsets.iter().filter(fits).map(|it| local - it).min();
    Timestamp::from_millis(found.unwrap_or_else(|| local - offsets[0]))
}

/// The federal holidays of the dates that the tests ask about.
fn is_us_holiday(date: Date) -> bool {
    const DAYS: [(i16, i8, i8); 9] = [
        (2026, 7, 3),
        (2026, 7, 4),
        (2026, 11, 11),
        (2026, 11, 26),
        (2026, 12, 25),
        (2026, 9, 7),
        (2026, 10, 12),
        (2026, 6, 19),
        (2027, 1, 1),
    ];
    DAYS.contains(&(date.year(), date.month(), date.day()))
}

fn weekly(schedule: &Schedule, date: Date) -> Vec<Hours> {
    let week = &schedule.weekly_hours;
    match date.weekday() {
        Weekday::Monday => week.mon.clone(),
        Weekday::Tuesday => week.tue.clone(),
        Weekday::Wednesday => week.wed.clone(),
        Weekday::Thursday => week.thu.clone(),
        Weekday::Friday => week.fri.clone(),
        Weekday::Saturday => week.sat.clone(),
        Weekday::Sunday => week.sun.clone(),
    }
}

fn hours(schedule: &Schedule, date: Date) -> Result<Vec<Hours>, NotOffered> {
    for day in &schedule.overrides {
        if day.date == date && day.closed {
            return Err(NotOffered::Override);
        }
        if day.date == date && !day.hours.is_empty() {
            return Ok(day.hours.clone());
        }
    }
    if schedule.holidays.is_some() && is_us_holiday(date) {
        return Err(NotOffered::Holiday);
    }
    let hours = weekly(schedule, date);
    if hours.is_empty() { Err(NotOffered::Closed) } else { Ok(hours) }
}

/// The windows of a day, by going through its minutes.
pub(super) fn windows(schedule: &Schedule, date: Date, zone: &TimeZone) -> Vec<Slot> {
    let Ok(hours) = hours(schedule, date) else { return Vec::new() };
    let mut slots: Vec<Slot> = Vec::new();
    for minute in 0..24 * 60 {
        for window in &schedule.arrival_windows {
            let (from, length) = (i64::from(window.start.minutes()), i64::from(window.duration));
            let open = hours.iter().any(|it| {
                i64::from(it.start.minutes()) <= from
                    && from + length <= i64::from(it.end.minutes())
            });
            if from != minute || !open {
                continue;
            }
            let (start, end) = (instant(date, from, zone), instant(date, from + length, zone));
            let length = length * MINUTE;
            let lasts = end.millis() - start.millis();
            let end = if lasts >= 2 * length { start.millis() + length } else { end.millis() };
            let on_the_day = start >= instant(date, 0, zone)
                && start < instant(date, 24 * 60, zone)
                && zone.to_datetime(start.jiff()).date() == date;
            if end > start.millis() && on_the_day {
                slots.retain(|it| it.start != start);
                slots.push(Slot { start, end: Timestamp::from_millis(end) });
            }
        }
    }
    slots
}

/// Each window with the seats that are left, or why it is not offered; or why the day is not.
pub(super) type Answer = Result<Vec<(Slot, Result<u32, NotOffered>)>, NotOffered>;

pub(super) fn day(shop: &Shop, date: Date, now: Timestamp, holds: &[SlotHold]) -> Answer {
    let schedule = &shop.schedule;
    let zone = TimeZone::get(&schedule.time_zone).unwrap();
    hours(schedule, date)?;
    let slots = windows(schedule, date, &zone).into_iter();
    Ok(slots.map(|it| (it.clone(), seats(shop, date, &it, now, holds))).collect())
}

fn seats(
    shop: &Shop,
    date: Date,
    slot: &Slot,
    now: Timestamp,
    holds: &[SlotHold],
) -> Result<u32, NotOffered> {
    let schedule = &shop.schedule;
    let zone = TimeZone::get(&schedule.time_zone).unwrap();
    let today = zone.to_datetime(now.jiff()).date();
    let ahead = (date - today).get_days();
    let horizon =
        shop.step.horizon_days.map_or(schedule.horizon_days, |it| it.min(schedule.horizon_days));
    if ahead < 0 || ahead > i32::try_from(horizon).unwrap() {
        return Err(NotOffered::Horizon);
    }
    let lead = shop.step.lead_time_minutes.unwrap_or(0).max(schedule.lead_time_minutes);
    if slot.start < now.plus(Duration::from_secs(u64::from(lead) * 60)) {
        return Err(NotOffered::LeadTime);
    }
    let zones = &shop.service.service_zone_ids;
    if shop.zone.is_some_and(|it| !zones.is_empty() && !zones.contains(&it)) {
        return Err(NotOffered::Zone);
    }
    left(&limits(shop, date, slot), now, holds)
}

/// What limits a window: whose seats, from when, how many.
fn limits(shop: &Shop, date: Date, slot: &Slot) -> Vec<(String, Timestamp, u32)> {
    let schedule = &shop.schedule;
    let zone = TimeZone::get(&schedule.time_zone).unwrap();
    let id = super::id::<()>(1);
    let mut per_window = schedule.capacity.per_window;
    for day in schedule.overrides.iter().filter(|it| it.date == date) {
        per_window = day.capacity.unwrap_or(per_window);
    }
    let mut limits = vec![(format!("{id}/window"), slot.start, per_window)];
    for (zone, limit) in &schedule.capacity.by_zone {
        if shop.zone == Some(*zone) {
            limits.push((format!("{id}/zone/{zone}"), slot.start, *limit));
        }
    }
    for (service, limit) in &schedule.capacity.by_service {
        if *service == super::id(2) {
            limits.push((format!("{id}/service/{service}"), slot.start, *limit));
        }
    }
    if let Some(limit) = schedule.capacity.per_day {
        limits.push((format!("{id}/day"), instant(date, 0, &zone), limit));
    }
    limits
}

fn left(
    limits: &[(String, Timestamp, u32)],
    now: Timestamp,
    holds: &[SlotHold],
) -> Result<u32, NotOffered> {
    use crate::scheduler::HoldState::{Booked, Held};
    let mut left = u32::MAX;
    for (key, start, limit) in limits {
        let here = holds.iter().filter(|it| it.resource_key == *key && it.window_start == *start);
        let (mut booked, mut held) = (0, 0);
        for hold in here {
            match hold.state {
                Booked => booked += 1,
                Held { expires_at } if expires_at > now => held += 1,
                Held { .. } => {}
            }
        }
        if booked + held >= *limit {
            return Err(if held > 0 { NotOffered::Held } else { NotOffered::Capacity });
        }
        left = left.min(limit - booked - held);
    }
    Ok(left)
}
