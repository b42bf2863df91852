//! The engine against a slow model that looks at every time by hand.

mod appointments;
mod clocks;
mod random;
mod rules;
mod slow;

use std::{collections::BTreeMap, time::Duration};

use jiff::civil::Date;

use super::{Claim, NotOffered, Occupied, Rules};
use crate::{
    Id, ObjectId, Timestamp,
    content::{ContentConfig, Hours, Slug},
    scheduler::{
        BookingService, Capacity, HoldState, Price, Schedule, ServiceStatus, ServiceZone, SlotHold,
        WeeklyHours, Window,
    },
    step::{TimeslotMode, TimeslotSelection},
};

/// Monday to Saturday in New York.
const ZONE: &str = "America/New_York";

fn id<E>(n: u8) -> Id<E> {
    Id::new(ObjectId::from_bytes([n; 12]))
}

fn slug() -> Slug {
    "it".parse().unwrap()
}

fn hours(spans: &[&str]) -> Vec<Hours> {
    spans.iter().map(|it| it.parse().unwrap()).collect()
}

fn windows(spans: &[&str]) -> Vec<Window> {
    let window = |it: Hours| Window { start: it.start, duration: u32::from(it.minutes()) };
    hours(spans).into_iter().map(window).collect()
}

/// A business with all that availability looks at.
#[derive(Debug, Clone)]
struct Shop {
    schedule: Schedule,
    service: BookingService,
    zone: Option<Id<ServiceZone>>,
    step: TimeslotSelection,
}

impl Shop {
    /// Open on weekdays from 8 to 12 and from 13 to 17, four windows of two hours, one seat.
    fn new() -> Self {
        let day = || hours(&["08:00-12:00", "13:00-17:00"]);
        let weekly_hours = WeeklyHours {
            mon: day(),
            tue: day(),
            wed: day(),
            thu: day(),
            fri: day(),
            ..WeeklyHours::default()
        };
        let capacity = Capacity {
            per_window: 1,
            per_day: None,
            by_zone: BTreeMap::new(),
            by_service: BTreeMap::new(),
        };
        let schedule = Schedule {
            slug: slug(),
            name: "Field".to_owned(),
            time_zone: ZONE.to_owned(),
            weekly_hours,
            arrival_windows: windows(&["08:00-10:00", "10:00-12:00", "13:00-15:00", "15:00-17:00"]),
            overrides: Vec::new(),
            holidays: None,
            capacity,
            lead_time_minutes: 0,
            horizon_days: 60,
            buffer_minutes: 0,
        };
        let service = BookingService {
            slug: slug(),
            content: ContentConfig::titled("Repair"),
            duration_minutes: 60,
            price: Price::Free { currency: "USD".parse().unwrap() },
            dispatch_fee: None,
            service_zone_ids: Vec::new(),
            schedule_id: Some(id(1)),
            skills: Vec::new(),
            vendor_data: None,
            status: ServiceStatus::Active,
            synced_at: None,
        };
        let step = TimeslotSelection {
            mode: TimeslotMode::ArrivalWindow,
            horizon_days: None,
            lead_time_minutes: None,
            offer_first_available: true,
            call_to_book: None,
            hold_minutes: 10,
        };
        Self { schedule, service, zone: None, step }
    }

    fn exact(minutes: u32, buffer: u32) -> Self {
        let mut shop = Self::new();
        shop.step.mode = TimeslotMode::Exact;
        shop.service.duration_minutes = minutes;
        shop.schedule.buffer_minutes = buffer;
        shop
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            schedule_id: id(1),
            schedule: &self.schedule,
            service_id: id(2),
            service: &self.service,
            zone: self.zone,
            step: &self.step,
        }
    }

    /// The day in words: `08:00 10:00`, and `-15:00 lead_time` for what is not offered.
    fn day(&self, date: Date, now: Timestamp, holds: &[SlotHold]) -> String {
        let days = self.rules().days(date, date, now, &Occupied::new(holds, now));
        let [day] = &days[..] else { panic!("{days:?}") };
        let zone = self.rules().time_zone();
        let clock = |at: Timestamp| at.jiff().to_zoned(zone.clone()).strftime("%H:%M").to_string();
        let reason = |it: NotOffered| serde_json::to_value(it).unwrap();
        let mut words: Vec<_> =
            day.offered.iter().map(|it| (it.slot.start, clock(it.slot.start))).collect();
        words.extend(day.refused.iter().map(|(slot, it)| {
            let start = slot.as_ref().map(|it| it.start);
            let clock = start.map_or_else(String::new, clock);
            (start.unwrap_or(now), format!("-{clock}{}", reason(*it).as_str().unwrap()))
        }));
        words.sort();
        words.into_iter().map(|(_, it)| it).collect::<Vec<_>>().join(" ")
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn held(claim: &Claim, seat: u32, state: HoldState) -> SlotHold {
    SlotHold {
        resource_key: claim.resource_key.clone(),
        window_start: claim.window_start,
        seat,
        booking_session_id: id(9),
        state,
    }
}

fn minutes(n: u64) -> Duration {
    Duration::from_mins(n)
}
