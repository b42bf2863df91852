//! Exact times: appointments of all lengths share the same people.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use proptest::{prelude::*, sample::select, test_runner::Config};

use super::{Shop, at, held, hours, id, minutes, slow};
use crate::{
    Timestamp,
    availability::Occupied,
    scheduler::{HoldState, SlotHold, WeeklyHours},
};

const DAY: Date = date(2026, 11, 24);
const BEFORE: &str = "2026-11-20T12:00:00Z";

/// Two of them with a change of clocks.
const DAYS: [Date; 3] = [date(2026, 3, 8), date(2026, 11, 1), DAY];
const SPANS: [&[&str]; 3] = [&["00:00-24:00"], &["00:30-05:00"], &["08:00-12:00", "12:00-18:00"]];

#[test]
fn appointments_begin_every_half_hour_and_end_within_the_hours() {
    let shop = Shop::exact(90, 0);
    assert_eq!(
        shop.day(DAY, at(BEFORE), &[]),
        "08:00 08:30 09:00 09:30 10:00 10:30 13:00 13:30 14:00 14:30 15:00 15:30"
    );
    let mut short = Shop::exact(15, 0);
    short.schedule.weekly_hours.tue = hours(&["09:00-10:00"]);
    assert_eq!(short.day(DAY, at(BEFORE), &[]), "09:00 09:15 09:30 09:45");
    assert_eq!(Shop::exact(300, 0).day(DAY, at(BEFORE), &[]), "");
}

/// Takes the offer and all of its seats.
fn book(shop: &Shop, start: Timestamp, now: Timestamp, holds: &mut Vec<SlotHold>) -> bool {
    let occupied = Occupied::new(&*holds, now);
    let Ok(offer) = shop.rules().offer(start, now, &occupied) else { return false };
    for claim in &offer.claims {
        let seat = occupied.free_seat(claim, 3).unwrap();
        holds.push(held(claim, seat, HoldState::Booked));
    }
    true
}

#[test]
fn an_appointment_and_the_buffer_after_it_keep_others_away() {
    let shop = Shop::exact(60, 30);
    let mut holds = Vec::new();
    assert!(book(&shop, at("2026-11-24T15:00:00Z"), at(BEFORE), &mut holds));
    assert_eq!(
        shop.day(DAY, at(BEFORE), &holds),
        "08:00 08:30 -09:00capacity -09:30capacity -10:00capacity -10:30capacity -11:00capacity \
         13:00 13:30 14:00 14:30 15:00 15:30 16:00"
    );
}

/// One person's work, told apart from the engine's seats.
struct Work {
    from: Timestamp,
    until: Timestamp,
    zone: bool,
    service: bool,
    day: Date,
}

/// The most that go on at once, looked at every five minutes.
fn most_at_once(works: &[&Work]) -> usize {
    let begins = works.iter().flat_map(|it| [it.from, it.until.minus(minutes(5))]);
    let busy = |at: Timestamp| works.iter().filter(|it| it.from <= at && at < it.until).count();
    begins.map(busy).max().unwrap_or(0)
}

fn open(spans: &[&str]) -> WeeklyHours {
    let day = || hours(spans);
    let [mon, tue, wed, thu, fri, sat, sun] = std::array::from_fn(|_| day());
    WeeklyHours { mon, tue, wed, thu, fri, sat, sun }
}

proptest! {
    #![proptest_config(Config { cases: 60, failure_persistence: None, ..Config::default() })]

    #[test]
    fn however_visitors_book_no_limit_is_ever_exceeded(
        day in select(&DAYS[..]),
        spans in select(&SPANS[..]),
        (per_window, per_day, by_zone, by_service) in (1..4_u32, 3..30_u32, 1..3_u32, 1..3_u32),
        buffer in select(&[0_u32, 5, 30, 90][..]),
        visits in prop::collection::vec(
            (select(&[15_u32, 45, 60, 90, 125][..]), any::<prop::sample::Index>(), any::<bool>(), any::<bool>()),
            1..40,
        ),
    ) {
        let now = slow::instant(day.yesterday().unwrap(), 0, &Shop::new().rules().time_zone());
        let mut holds: Vec<SlotHold> = Vec::new();
        let mut works: Vec<Work> = Vec::new();
        for (work, wish, here, limited) in visits {
            let mut shop = Shop::exact(work, buffer);
            shop.schedule.weekly_hours = open(spans);
            let capacity = &mut shop.schedule.capacity;
            (capacity.per_window, capacity.per_day) = (per_window, Some(per_day));
            capacity.by_zone = BTreeMap::from([(id(21), by_zone)]);
            let service = if limited { id(2) } else { id(3) };
            capacity.by_service = BTreeMap::from([(service, by_service)]);
            shop.zone = here.then(|| id(21));
            let found = shop.rules().days(day, day, now, &Occupied::new(&holds, now));
            let offered = &found[0].offered;
            if offered.is_empty() {
                continue;
            }
            let start = wish.get(offered).slot.start;
            prop_assert!(book(&shop, start, now, &mut holds));
            let takes = minutes(u64::from(work + buffer));
            works.push(Work { from: start, until: start.plus(takes), zone: here, service: limited, day });
        }
        let all = |keep: fn(&&Work) -> bool| works.iter().filter(keep).collect::<Vec<_>>();
        let limit = |n: u32| usize::try_from(n).unwrap();
        prop_assert!(most_at_once(&all(|_| true)) <= limit(per_window));
        prop_assert!(most_at_once(&all(|it| it.zone)) <= limit(by_zone));
        prop_assert!(most_at_once(&all(|it| it.service)) <= limit(by_service));
        prop_assert!(works.iter().filter(|it| it.day == day).count() <= limit(per_day));
        let mut seats: Vec<_> = holds.iter().map(|it| (&it.resource_key, it.window_start, it.seat)).collect();
        let count = seats.len();
        seats.sort();
        seats.dedup();
        prop_assert_eq!(seats.len(), count, "one seat was given to two");
    }
}
