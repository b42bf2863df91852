//! Changes of clocks, in every zone of the bundled database.

use std::{collections::BTreeSet, time::Duration};

use jiff::{
    Timestamp as Instant, ToSpan,
    civil::{Date, date},
    tz::TimeZone,
};

use super::{Shop, hours, minutes, slow, windows};
use crate::{
    Timestamp,
    availability::{Occupied, Slot},
    scheduler::WeeklyHours,
    step::TimeslotMode,
};

/// Open day and night.
fn always_open(zone: &str) -> Shop {
    let day = || hours(&["00:00-24:00"]);
    let mut shop = Shop::new();
    zone.clone_into(&mut shop.schedule.time_zone);
    shop.schedule.weekly_hours = WeeklyHours {
        mon: day(),
        tue: day(),
        wed: day(),
        thu: day(),
        fri: day(),
        sat: day(),
        sun: day(),
    };
    let spans: Vec<_> = (0..12).map(|n| format!("{:02}:00-{:02}:00", 2 * n, 2 * n + 2)).collect();
    let spans: Vec<_> = spans.iter().map(String::as_str).collect();
    shop.schedule.arrival_windows = windows(&spans);
    shop.schedule.horizon_days = 730;
    shop
}

fn slots(shop: &Shop, date: Date) -> Vec<Slot> {
    let zone = shop.rules().time_zone();
    let now = slow::instant(date.yesterday().unwrap(), 0, &zone).minus(minutes(24 * 60));
    let day = shop.rules().days(date, date, now, &Occupied::default()).remove(0);
    assert_eq!(day.refused, [], "{date}");
    for offer in &day.offered {
        let again = shop.rules().offer(offer.slot.start, now, &Occupied::default());
        assert_eq!(again.as_ref(), Ok(offer), "offered, but not to be had");
    }
    day.offered.into_iter().map(|it| it.slot).collect()
}

fn check_windows(name: &str, date: Date) {
    let shop = always_open(name);
    let zone = shop.rules().time_zone();
    let slots = slots(&shop, date);
    let two_hours = minutes(120);
    for slot in &slots {
        assert!(slot.start < slot.end, "{name} {date}: {slot:?}");
        assert!(slot.end < slot.start.plus(two_hours * 2), "{name} {date}: {slot:?}");
    }
    for pair in slots.windows(2) {
        assert!(pair[0].start < pair[1].start, "{name} {date}: {pair:?}");
    }
    let expected = slow::windows(&shop.schedule, date, &zone);
    assert_eq!(slots, expected, "{name} {date}");
}

/// The days on which and beside which the zone's clocks change.
fn days_of_change(zone: &TimeZone) -> BTreeSet<Date> {
    let [from, to] = [date(2020, 1, 1), date(2038, 1, 1)]
        .map(|it| it.to_zoned(TimeZone::UTC).unwrap().timestamp());
    let mut days = BTreeSet::new();
    for change in zone.following(from).take_while(|it| it.timestamp() < to) {
        let just_before = change.timestamp() - Duration::from_millis(1);
        for at in [just_before, change.timestamp()] {
            let day = zone.to_datetime(at).date();
            days.extend([day.yesterday().unwrap(), day, day.tomorrow().unwrap()]);
        }
    }
    days
}

/// Zones with the same changes are looked at once.
fn zones() -> Vec<(String, BTreeSet<Date>)> {
    let mut seen = BTreeSet::new();
    let names = jiff::tz::db().available().map(|it| it.as_str().to_owned());
    let with_days = names.map(|name| {
        let days = days_of_change(&TimeZone::get(&name).unwrap());
        (name, days)
    });
    let found: Vec<_> = with_days
        .filter(|(name, days)| {
            let zone = TimeZone::get(name).unwrap();
            let offsets: Vec<_> = [2020, 2024, 2026, 2037]
                .map(|year| {
                    zone.to_offset(Instant::from_second((year - 1970) * 31_557_600).unwrap())
                })
                .map(jiff::tz::Offset::seconds)
                .to_vec();
            seen.insert((offsets, days.clone()))
        })
        .collect();
    assert!(found.len() > 60, "{}", found.len());
    found
}

#[test]
fn in_every_zone_windows_keep_their_local_times_and_are_never_empty_or_doubled() {
    let mut checked = 0;
    for (name, days) in zones() {
        check_windows(&name, date(2026, 6, 10));
        for (n, day) in days.into_iter().enumerate() {
            // All of the first years, then one in seven, so that every kind of day comes by.
            if day.year() < 2022 || n % 7 == 0 {
                check_windows(&name, day);
                checked += 1;
            }
        }
    }
    assert!(checked > 1_000, "{checked}");
}

fn local(slots: &[Slot], zone: &str) -> Vec<String> {
    let clock = |at: Timestamp| {
        at.jiff().to_zoned(TimeZone::get(zone).unwrap()).strftime("%H:%M%:z").to_string()
    };
    slots.iter().map(|it| format!("{} {}", clock(it.start), clock(it.end))).collect()
}

#[test]
fn a_window_that_begins_in_the_gap_moves_forward_and_one_inside_it_is_not_offered() {
    let mut shop = always_open("America/New_York");
    let day = date(2026, 3, 8);
    shop.schedule.arrival_windows =
        windows(&["00:00-02:30", "02:00-03:00", "02:00-04:00", "02:30-05:00"]);
    let expected =
        ["00:00-05:00 03:30-04:00", "03:00-04:00 04:00-04:00", "03:30-04:00 05:00-04:00"];
    assert_eq!(local(&slots(&shop, day), "America/New_York"), expected);
    shop.schedule.arrival_windows = windows(&["02:00-05:00", "03:00-04:00"]);
    assert_eq!(local(&slots(&shop, day), "America/New_York"), ["03:00-04:00 04:00-04:00"]);
}

#[test]
fn a_time_that_exists_twice_is_the_first_and_no_window_is_doubled_by_it() {
    let mut shop = always_open("America/New_York");
    shop.schedule.arrival_windows =
        windows(&["00:00-01:30", "00:00-02:00", "01:00-02:00", "01:30-03:30"]);
    shop.schedule.arrival_windows.remove(0);
    let expected =
        ["00:00-04:00 02:00-05:00", "01:00-04:00 01:00-05:00", "01:30-04:00 03:30-05:00"];
    assert_eq!(local(&slots(&shop, date(2026, 11, 1)), "America/New_York"), expected);
}

#[test]
fn an_appointment_lasts_as_long_as_the_work_whatever_the_clocks_do() {
    for day in [date(2026, 3, 8), date(2026, 11, 1), date(2026, 6, 10)] {
        for work in [30, 90, 120, 300] {
            let mut shop = always_open("America/New_York");
            shop.step.mode = TimeslotMode::Exact;
            shop.service.duration_minutes = work;
            let slots = slots(&shop, day);
            let closes = slow::instant(day.tomorrow().unwrap(), 0, &shop.rules().time_zone());
            for slot in &slots {
                assert_eq!(slot.end, slot.start.plus(minutes(u64::from(work))), "{day}");
                assert!(slot.end <= closes);
            }
            assert!(slots.windows(2).all(|it| it[0].start < it[1].start), "{day}");
        }
    }
}

#[test]
fn a_day_that_a_zone_skipped_has_no_slots() {
    let shop = always_open("Pacific/Apia");
    assert_eq!(slots(&shop, date(2011, 12, 30)), []);
    assert_eq!(slots(&shop, date(2011, 12, 31)).len(), 12);
}

#[test]
fn the_days_of_a_span_are_each_there_once() {
    let shop = always_open("America/New_York");
    let (from, to) = (date(2026, 10, 25), date(2026, 11, 7));
    let now = slow::instant(from, 0, &shop.rules().time_zone());
    let days = shop.rules().days(from, to, now, &Occupied::default());
    let dates: Vec<_> = days.iter().map(|it| it.date).collect();
    assert_eq!(dates, from.series(1.day()).take(14).collect::<Vec<_>>());
    assert_eq!(shop.rules().days(to, from, now, &Occupied::default()), []);
}
