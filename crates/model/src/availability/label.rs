use jiff::{Zoned, tz::TimeZone};

use super::Slot;
use crate::{scheduler::BookingWindow, step::TimeslotMode};

/// The slot's time of day in words: `8–10 am`, or `9:30 am` for an exact time.
pub fn slot_label(slot: &Slot, zone: &TimeZone, mode: TimeslotMode) -> String {
    let start = slot.start.jiff().to_zoned(zone.clone());
    if mode == TimeslotMode::Exact {
        return format!("{} {}", clock(&start), half(&start));
    }
    let end = slot.end.jiff().to_zoned(zone.clone());
    if half(&start) == half(&end) {
        format!("{}–{} {}", clock(&start), clock(&end), half(&end))
    } else {
        format!("{} {}–{} {}", clock(&start), half(&start), clock(&end), half(&end))
    }
}

/// The same with its day: `Tue, Nov 24, 8–10 am`.
pub fn timeslot_label(timeslot: &BookingWindow) -> String {
    let zone = TimeZone::get(&timeslot.time_zone).unwrap_or(TimeZone::UTC);
    let start = timeslot.start.jiff().to_zoned(zone.clone());
    let mode = if timeslot.window { TimeslotMode::ArrivalWindow } else { TimeslotMode::Exact };
    let slot = Slot { start: timeslot.start, end: timeslot.end };
    format!("{}, {}", start.strftime("%a, %b %-d"), slot_label(&slot, &zone, mode))
}

fn clock(time: &Zoned) -> String {
    let hour = (time.hour() + 11) % 12 + 1;
    match time.minute() {
        0 => hour.to_string(),
        minute => format!("{hour}:{minute:02}"),
    }
}

fn half(time: &Zoned) -> &'static str {
    if time.hour() < 12 { "am" } else { "pm" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let slot = |start: &str, end: &str| Slot {
            start: start.parse().unwrap(),
            end: end.parse().unwrap(),
        };
        for (start, end, words) in [
            ("2026-11-24T13:00:00Z", "2026-11-24T15:00:00Z", "8–10 am"),
            ("2026-11-24T15:00:00Z", "2026-11-24T17:00:00Z", "10 am–12 pm"),
            ("2026-11-24T18:30:00Z", "2026-11-24T20:15:00Z", "1:30–3:15 pm"),
            ("2026-11-24T05:00:00Z", "2026-11-24T06:00:00Z", "12–1 am"),
        ] {
            assert_eq!(slot_label(&slot(start, end), &zone, TimeslotMode::ArrivalWindow), words);
        }
        let exact = slot("2026-11-24T14:30:00Z", "2026-11-24T15:00:00Z");
        assert_eq!(slot_label(&exact, &zone, TimeslotMode::Exact), "9:30 am");
        let booked = exact.window("America/New_York", TimeslotMode::ArrivalWindow);
        assert_eq!(timeslot_label(&booked), "Tue, Nov 24, 9:30–10 am");
    }
}
