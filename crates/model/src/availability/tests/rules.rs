use jiff::civil::{Date, date};

use super::{Shop, at, held, hours, id, minutes, windows};
use crate::{
    Timestamp,
    availability::{Claim, NotOffered, Occupied, resource_keys},
    scheduler::{DateOverride, HoldState, Holidays, SlotHold},
};

/// A Tuesday.
const DAY: Date = date(2026, 11, 24);
const ALL: &str = "08:00 10:00 13:00 15:00";

fn before() -> Timestamp {
    at("2026-11-20T12:00:00Z")
}

fn on(shop: &Shop, date: Date) -> String {
    shop.day(date, before(), &[])
}

fn changed(date: Date, closed: bool, spans: &[&str], capacity: Option<u32>) -> DateOverride {
    DateOverride { date, closed, hours: hours(spans), capacity }
}

#[test]
fn windows_are_offered_where_they_lie_inside_the_hours() {
    let mut shop = Shop::new();
    assert_eq!(on(&shop, DAY), ALL);
    assert_eq!(on(&shop, date(2026, 11, 22)), "-closed");
    shop.schedule.arrival_windows =
        windows(&["07:00-09:00", "08:00-12:00", "11:00-13:30", "15:30-17:00", "16:00-18:00"]);
    assert_eq!(on(&shop, DAY), "08:00 15:30");
}

#[test]
fn a_date_can_be_closed_or_have_other_hours_or_another_capacity() {
    let mut shop = Shop::new();
    shop.schedule.overrides = vec![
        changed(DAY, true, &["08:00-17:00"], None),
        changed(date(2026, 11, 22), false, &["10:00-15:00"], None),
        changed(date(2026, 11, 25), false, &[], Some(0)),
    ];
    assert_eq!(on(&shop, DAY), "-override");
    assert_eq!(on(&shop, date(2026, 11, 22)), "10:00 13:00");
    assert_eq!(
        on(&shop, date(2026, 11, 25)),
        "-08:00capacity -10:00capacity -13:00capacity -15:00capacity"
    );
    assert_eq!(on(&shop, date(2026, 11, 26)), ALL);
}

#[test]
fn a_holiday_is_closed_unless_the_date_has_hours_of_its_own() {
    let thanksgiving = date(2026, 11, 26);
    let mut shop = Shop::new();
    shop.schedule.holidays = Some(Holidays { country: "US".to_owned(), subdivision: None });
    assert_eq!(on(&shop, thanksgiving), "-holiday");
    shop.schedule.overrides = vec![changed(thanksgiving, false, &[], Some(2))];
    assert_eq!(on(&shop, thanksgiving), "-holiday");
    shop.schedule.overrides = vec![changed(thanksgiving, false, &["08:00-10:00"], None)];
    assert_eq!(on(&shop, thanksgiving), "08:00");
    shop.schedule.holidays = None;
    shop.schedule.overrides.clear();
    assert_eq!(on(&shop, thanksgiving), ALL);
}

#[test]
fn a_slot_is_offered_until_the_lead_time_before_it() {
    let mut shop = Shop::new();
    shop.schedule.lead_time_minutes = 120;
    let eight = at("2026-11-24T13:00:00Z");
    let last = eight.minus(minutes(120));
    assert_eq!(shop.day(DAY, last, &[]), ALL);
    let late = last.plus(std::time::Duration::from_millis(1));
    assert_eq!(shop.day(DAY, late, &[]), "-08:00lead_time 10:00 13:00 15:00");
    shop.step.lead_time_minutes = Some(60);
    assert_eq!(shop.day(DAY, late, &[]), "-08:00lead_time 10:00 13:00 15:00", "a step lengthens");
    shop.step.lead_time_minutes = Some(240);
    assert_eq!(shop.day(DAY, late, &[]), "-08:00lead_time -10:00lead_time 13:00 15:00");
}

#[test]
fn days_are_offered_from_today_to_the_horizon() {
    let mut shop = Shop::new();
    shop.schedule.horizon_days = 4;
    let none = "-08:00horizon -10:00horizon -13:00horizon -15:00horizon";
    assert_eq!(on(&shop, date(2026, 11, 24)), ALL);
    assert_eq!(on(&shop, date(2026, 11, 25)), none);
    assert_eq!(on(&shop, date(2026, 11, 19)), none);
    shop.step.horizon_days = Some(3);
    assert_eq!(on(&shop, date(2026, 11, 24)), none);
    shop.step.horizon_days = Some(30);
    assert_eq!(on(&shop, date(2026, 11, 25)), none, "a step only narrows");
    let local_evening = at("2026-11-21T04:59:00Z");
    assert_eq!(
        shop.rules().horizon(local_evening),
        (date(2026, 11, 20), date(2026, 12, 20).min(date(2026, 11, 24)))
    );
}

fn claims(shop: &Shop, start: &str) -> Vec<Claim> {
    let offer = shop.rules().offer(at(start), before(), &Occupied::default());
    offer.unwrap().claims
}

fn seat(claim: &Claim, seat: u32) -> SlotHold {
    held(claim, seat, HoldState::Booked)
}

const EIGHT: &str = "2026-11-24T13:00:00Z";
const TEN: &str = "2026-11-24T15:00:00Z";

#[test]
fn a_window_is_offered_while_it_has_seats() {
    let mut shop = Shop::new();
    shop.schedule.capacity.per_window = 2;
    let claim = &claims(&shop, EIGHT)[0];
    let left = |holds: &[SlotHold]| {
        let offer = shop.rules().offer(at(EIGHT), before(), &Occupied::new(holds, before()));
        offer.map(|it| it.seats_left)
    };
    assert_eq!(left(&[]), Ok(2));
    assert_eq!(left(&[seat(claim, 1)]), Ok(1));
    assert_eq!(left(&[seat(claim, 0), seat(claim, 1)]), Err(NotOffered::Capacity));
    let other_time = &claims(&shop, TEN)[0];
    assert_eq!(left(&[seat(other_time, 0), seat(other_time, 1)]), Ok(2));
}

#[test]
fn each_limit_holds_by_itself() {
    let (near, far) = (id(21), id(22));
    let mut shop = Shop::new();
    shop.zone = Some(near);
    let capacity = &mut shop.schedule.capacity;
    (capacity.per_window, capacity.per_day) = (9, Some(3));
    capacity.by_zone = [(near, 1), (far, 4)].into();
    capacity.by_service = [(id(2), 2), (id(3), 1)].into();
    let of = |start| claims(&shop, start);
    let limits: Vec<_> = of(EIGHT).iter().map(|it| it.capacity).collect();
    assert_eq!(limits, [9, 1, 2, 3]);
    let keys: Vec<_> = of(EIGHT).into_iter().map(|it| it.resource_key).collect();
    assert_eq!(
        keys.iter().collect::<std::collections::BTreeSet<_>>(),
        resource_keys(&shop.rules()).iter().collect()
    );
    let day = |holds: &[SlotHold]| shop.day(DAY, before(), holds);
    assert_eq!(day(&[seat(&of(EIGHT)[1], 0)]), "-08:00capacity 10:00 13:00 15:00");
    assert_eq!(day(&[seat(&of(EIGHT)[2], 0)]), ALL);
    assert_eq!(day(&[0, 1].map(|n| seat(&of(EIGHT)[2], n))), "-08:00capacity 10:00 13:00 15:00");
    let full = "-08:00capacity -10:00capacity -13:00capacity -15:00capacity";
    assert_eq!(day(&[0, 1, 2].map(|n| seat(&of(TEN)[3], n))), full);
    let next_day: Vec<_> = claims(&shop, "2026-11-25T13:00:00Z");
    assert_eq!(day(&[0, 1, 2].map(|n| seat(&next_day[3], n))), ALL);
}

#[test]
fn a_hold_of_another_takes_the_seat_until_it_expires_and_a_booking_for_good() {
    let shop = Shop::new();
    let claim = &claims(&shop, EIGHT)[0];
    let expires_at = before().plus(minutes(10));
    let holds = [held(claim, 0, HoldState::Held { expires_at })];
    let taken = "-08:00held 10:00 13:00 15:00";
    assert_eq!(shop.day(DAY, before(), &holds), taken);
    assert_eq!(shop.day(DAY, expires_at.minus(std::time::Duration::from_millis(1)), &holds), taken);
    assert_eq!(shop.day(DAY, expires_at, &holds), ALL);
    assert_eq!(shop.day(DAY, expires_at, &[seat(claim, 0)]), "-08:00capacity 10:00 13:00 15:00");
}

#[test]
fn a_free_seat_is_found_wherever_one_looks_first() {
    let claim = Claim { resource_key: "x".to_owned(), window_start: before(), capacity: 3 };
    let occupied = |seats: &[u32]| {
        let holds: Vec<_> = seats.iter().map(|it| seat(&claim, *it)).collect();
        Occupied::new(&holds, before())
    };
    for preferred in 0..9 {
        assert_eq!(occupied(&[]).free_seat(&claim, preferred), Some(preferred % 3));
        assert_eq!(occupied(&[0, 2]).free_seat(&claim, preferred), Some(1));
        assert_eq!(occupied(&[0, 1, 2]).free_seat(&claim, preferred), None);
    }
    let nothing = Claim { capacity: 0, ..claim.clone() };
    assert_eq!(occupied(&[]).free_seat(&nothing, 7), None);
}

#[test]
fn a_service_of_other_zones_is_not_offered_here() {
    let mut shop = Shop::new();
    shop.service.service_zone_ids = vec![id(21)];
    assert_eq!(on(&shop, DAY), ALL, "as long as nobody knows where");
    shop.zone = Some(id(21));
    assert_eq!(on(&shop, DAY), ALL);
    shop.zone = Some(id(22));
    assert_eq!(on(&shop, DAY), "-08:00zone -10:00zone -13:00zone -15:00zone");
}

#[test]
fn an_offer_is_asked_for_by_its_exact_start() {
    let shop = Shop::new();
    let offer = |start: &str| {
        shop.rules().offer(at(start), before(), &Occupied::default()).map(|it| it.slot.end)
    };
    assert_eq!(offer(EIGHT), Ok(at(TEN)));
    assert_eq!(offer("2026-11-24T13:00:00.001Z"), Err(NotOffered::Closed));
    assert_eq!(offer("2026-11-22T13:00:00Z"), Err(NotOffered::Closed));
    assert_eq!(offer("2026-11-19T13:00:00Z"), Err(NotOffered::Horizon));
    assert_eq!(offer("9999-12-30T13:00:00Z"), Err(NotOffered::Horizon));
}
