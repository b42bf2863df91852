use jiff::{ToSpan, civil::Date, civil::date};
use proptest::{prelude::*, sample::select, test_runner::Config};

use super::{Shop, hours, id, slow, windows};
use crate::{
    Timestamp,
    availability::{Day, NotOffered, Occupied},
    content::Hours,
    scheduler::{DateOverride, HoldState, Holidays, SlotHold, WeeklyHours},
};

/// Before changes of clocks and before holidays.
const FROM: [Date; 4] =
    [date(2026, 3, 5), date(2026, 10, 29), date(2026, 12, 22), date(2026, 7, 1)];
const DAYS: i32 = 7;

const SPANS: [&[&str]; 6] = [
    &[],
    &["08:00-17:00"],
    &["00:00-24:00"],
    &["08:00-12:00", "13:00-17:00"],
    &["01:00-04:00"],
    &["09:00-12:00", "12:00-15:00"],
];

const WINDOWS: [&[&str]; 4] = [
    &["08:00-10:00", "10:00-12:00", "13:00-15:00"],
    &["00:00-02:00", "02:00-04:00", "02:30-03:30", "22:00-24:00"],
    &["11:00-13:00", "08:00-17:00"],
    &["01:00-02:00", "01:30-02:30", "03:00-04:00"],
];

fn spans() -> impl Strategy<Value = Vec<Hours>> {
    select(&SPANS[..]).prop_map(hours)
}

fn overrides(from: Date) -> impl Strategy<Value = Vec<DateOverride>> {
    let one = (0..DAYS, any::<bool>(), spans(), prop::option::of(0..3_u32));
    prop::collection::vec(one, 0..3).prop_map(move |all| {
        let mut made: Vec<DateOverride> = Vec::new();
        for (n, closed, hours, capacity) in all {
            let date = from.checked_add(n.days()).unwrap();
            if made.iter().all(|it| it.date != date) {
                made.push(DateOverride { date, closed, hours, capacity });
            }
        }
        made
    })
}

fn weekly_hours() -> impl Strategy<Value = WeeklyHours> {
    (spans(), spans(), spans(), spans()).prop_map(|(a, b, c, d)| WeeklyHours {
        mon: a.clone(),
        tue: b.clone(),
        wed: a.clone(),
        thu: b,
        fri: a,
        sat: c,
        sun: d,
    })
}

fn shop(from: Date) -> impl Strategy<Value = Shop> {
    let zones = || prop::option::of(select(&[21_u8, 22][..]));
    let limits = (
        0..4_u32,
        prop::option::of(1..4_u32),
        prop::option::of(0..3_u32),
        prop::option::of(0..3_u32),
    );
    let times = (
        select(&[0_u32, 60, 1_440][..]),
        1..9_u32,
        prop::option::of(select(&[0_u32, 600][..])),
        prop::option::of(1..9_u32),
    );
    let rules = (weekly_hours(), select(&WINDOWS[..]), overrides(from), any::<bool>());
    (rules, limits, times, zones(), zones()).prop_map(|(rules, limits, times, at, only)| {
        let mut shop = Shop::new();
        let schedule = &mut shop.schedule;
        schedule.weekly_hours = rules.0;
        schedule.arrival_windows = windows(rules.1);
        schedule.overrides = rules.2;
        let us = Holidays { country: "US".to_owned(), subdivision: None };
        schedule.holidays = rules.3.then_some(us);
        let capacity = &mut schedule.capacity;
        (capacity.per_window, capacity.per_day) = (limits.0, limits.1);
        capacity.by_zone = limits.2.map(|it| (id(21), it)).into_iter().collect();
        capacity.by_service = limits.3.map(|it| (id(2), it)).into_iter().collect();
        (schedule.lead_time_minutes, schedule.horizon_days) = (times.0, times.1);
        (shop.step.lead_time_minutes, shop.step.horizon_days) = (times.2, times.3);
        shop.zone = at.map(id);
        shop.service.service_zone_ids = only.map(id).into_iter().collect();
        shop
    })
}

/// Seats of some windows, of each kind, in each state.
fn holds(shop: &Shop, from: Date, choices: &[u8], now: Timestamp) -> Vec<SlotHold> {
    let zone = shop.rules().time_zone();
    let days = (0..DAYS).map(|n| from.checked_add(n.days()).unwrap());
    let slots = days.flat_map(|it| {
        let midnight = slow::instant(it, 0, &zone);
        slow::windows(&shop.schedule, it, &zone).into_iter().map(move |it| (it.start, midnight))
    });
    let schedule = id::<()>(1);
    let mut choices = choices.iter().cycle();
    let mut holds = Vec::new();
    for (start, midnight) in slots {
        for (key, window_start) in [
            (format!("{schedule}/window"), start),
            (format!("{schedule}/day"), midnight),
            (format!("{schedule}/zone/{}", id::<()>(21)), start),
            (format!("{schedule}/service/{}", id::<()>(2)), start),
        ] {
            let choice = *choices.next().unwrap();
            let state = match choice % 3 {
                0 => HoldState::Booked,
                1 => HoldState::Held { expires_at: now },
                _ => HoldState::Held { expires_at: now.plus(super::minutes(1)) },
            };
            let hold = SlotHold {
                resource_key: key,
                window_start,
                seat: u32::from(choice / 3 % 3),
                booking_session_id: id(9),
                state,
            };
            let free = |it: &SlotHold| {
                (&it.resource_key, it.window_start, it.seat)
                    != (&hold.resource_key, hold.window_start, hold.seat)
            };
            if choice > 128 && holds.iter().all(free) {
                holds.push(hold);
            }
        }
    }
    holds
}

fn answer(day: &Day) -> slow::Answer {
    if let [(None, reason)] = day.refused[..] {
        return Err(reason);
    }
    let offered = day.offered.iter().map(|it| (it.slot.clone(), Ok(it.seats_left)));
    let refused = day.refused.iter().map(|(slot, it)| (slot.clone().unwrap(), Err(*it)));
    let mut all: Vec<(_, Result<u32, NotOffered>)> = offered.chain(refused).collect();
    all.sort_by_key(|(slot, _)| slot.start);
    Ok(all)
}

fn sorted(answer: slow::Answer) -> slow::Answer {
    let mut slots = answer?;
    slots.sort_by_key(|(slot, _)| slot.start);
    Ok(slots)
}

proptest! {
    #![proptest_config(Config { cases: 300, failure_persistence: None, ..Config::default() })]

    #[test]
    fn every_day_is_as_it_is_by_hand(
        (from, shop) in select(&FROM[..]).prop_flat_map(|from| (Just(from), shop(from))),
        after in 0..4_000_u64,
        choices in prop::collection::vec(any::<u8>(), 1..60),
    ) {
        let now = slow::instant(from, 0, &shop.rules().time_zone()).plus(super::minutes(after));
        let holds = holds(&shop, from, &choices, now);
        let to = from.checked_add((DAYS - 1).days()).unwrap();
        let occupied = Occupied::new(&holds, now);
        for day in shop.rules().days(from, to, now, &occupied) {
            let by_hand = sorted(slow::day(&shop, day.date, now, &holds));
            prop_assert_eq!(answer(&day), by_hand, "{}", day.date);
            for offer in &day.offered {
                prop_assert!(offer.seats_left > 0);
                prop_assert_eq!(offer.claims.iter().find(|it| occupied.free_seat(it, 1).is_none()), None);
                let again = shop.rules().offer(offer.slot.start, now, &occupied);
                prop_assert_eq!(again.as_ref(), Ok(offer));
            }
        }
    }
}
