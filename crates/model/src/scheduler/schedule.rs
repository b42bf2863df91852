use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Id, Index, Only, PerTenant, Place, availability,
    content::{Hours, Slug, TimeOfDay},
    scheduler::{BookingService, ServiceZone},
};

/// When a business works and how much it can take on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Unique in the organization.
    pub slug: Slug,
    /// 1 to 100 characters.
    pub name: String,
    /// IANA zone: all times of day are its.
    pub time_zone: String,
    #[serde(default)]
    pub weekly_hours: WeeklyHours,
    /// Offered where they lie inside the day's hours; none when visitors choose exact times.
    #[serde(default)]
    pub arrival_windows: Vec<Window>,
    #[serde(default)]
    pub overrides: Vec<DateOverride>,
    pub holidays: Option<Holidays>,
    pub capacity: Capacity,
    /// How long before its start a slot is last offered, at most 90 days.
    #[serde(default)]
    pub lead_time_minutes: u32,
    /// How many days ahead slots are offered, 1 to 730.
    pub horizon_days: u32,
    /// Kept free after each exact appointment, at most a day.
    #[serde(default)]
    pub buffer_minutes: u32,
}

/// The hours of an ordinary week, each day's in order and apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeeklyHours {
    #[serde(default)]
    pub mon: Vec<Hours>,
    #[serde(default)]
    pub tue: Vec<Hours>,
    #[serde(default)]
    pub wed: Vec<Hours>,
    #[serde(default)]
    pub thu: Vec<Hours>,
    #[serde(default)]
    pub fri: Vec<Hours>,
    #[serde(default)]
    pub sat: Vec<Hours>,
    #[serde(default)]
    pub sun: Vec<Hours>,
}

/// When somebody arrives: from `start`, for so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub start: TimeOfDay,
    /// In minutes, 5 to 1,440.
    pub duration: u32,
}

/// One date that is unlike its day of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DateOverride {
    pub date: Date,
    /// Wins over `hours`.
    #[serde(default)]
    pub closed: bool,
    /// Instead of the weekday's.
    #[serde(default)]
    pub hours: Vec<Hours>,
    /// Instead of `capacity.per_window`.
    #[serde(default)]
    pub capacity: Option<u32>,
}

/// Closed on public holidays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Holidays {
    /// ISO 3166-1; `US` is known.
    pub country: String,
    /// ISO 3166-2, without the country.
    #[serde(default)]
    pub subdivision: Option<String>,
}

/// How many appointments fit; every limit that is given holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// At the same time, 1 to 1,000.
    pub per_window: u32,
    #[serde(default)]
    pub per_day: Option<u32>,
    /// At the same time in one zone.
    #[serde(default)]
    pub by_zone: BTreeMap<Id<ServiceZone>, u32>,
    /// At the same time of one service.
    #[serde(default)]
    pub by_service: BTreeMap<Id<BookingService>, u32>,
}

/// Appointments begin and end on multiples of so many minutes: it is the grid on which seats are
/// held.
pub const GRID_MINUTES: u32 = 5;

impl WeeklyHours {
    /// The hours of one weekday.
    pub fn on(&self, weekday: Weekday) -> &[Hours] {
        match weekday {
            Weekday::Monday => &self.mon,
            Weekday::Tuesday => &self.tue,
            Weekday::Wednesday => &self.wed,
            Weekday::Thursday => &self.thu,
            Weekday::Friday => &self.fri,
            Weekday::Saturday => &self.sat,
            Weekday::Sunday => &self.sun,
        }
    }

    fn by_name(&self) -> [(&'static str, &[Hours]); 7] {
        [
            ("mon", &self.mon),
            ("tue", &self.tue),
            ("wed", &self.wed),
            ("thu", &self.thu),
            ("fri", &self.fri),
            ("sat", &self.sat),
            ("sun", &self.sun),
        ]
    }
}

impl Entity for Schedule {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "schedules",
        label: "schedule",
        indexes: &[Index { name: "slug", fields: &["slug"], unique: true, only: Only::All }],
        references: &[],
        events: None,
    };

    fn validate(&self, place: &mut Place<'_>) {
        place.at("name").text(&self.name, 1, 100);
        place.at("time_zone").time_zone(&self.time_zone);
        for (day, hours) in self.weekly_hours.by_name() {
            apart(hours, place.at(format_args!("weekly_hours.{day}")));
        }
        for (n, window) in self.arrival_windows.iter().enumerate() {
            let mut place = place.at(format_args!("arrival_windows.{n}"));
            on_grid(u32::from(window.start.minutes()), place.at("start"));
            on_grid(window.duration, place.at("duration"));
            place.at("duration").range(&window.duration, &GRID_MINUTES, &1_440);
            let twice = self.arrival_windows[..n].iter().any(|it| it.start == window.start);
            place.at("start").require(!twice, "duplicate", "must not begin as another window does");
        }
        for (n, day) in self.overrides.iter().enumerate() {
            let mut place = place.at(format_args!("overrides.{n}"));
            apart(&day.hours, place.at("hours"));
            let says = day.closed || !day.hours.is_empty() || day.capacity.is_some();
            place.require(says, "required", "must be closed, or have hours or a capacity");
            let twice = self.overrides[..n].iter().any(|it| it.date == day.date);
            place.at("date").require(!twice, "duplicate", "must not be overridden twice");
        }
        if let Some(holidays) = &self.holidays {
            let known = availability::knows_holidays_of(&holidays.country);
            place.at("holidays.country").require(
                known,
                "country",
                "only the holidays of US are known",
            );
        }
        self.capacity.validate(place.at("capacity"));
        place.at("lead_time_minutes").range(&self.lead_time_minutes, &0, &(90 * 1_440));
        place.at("horizon_days").range(&self.horizon_days, &1, &730);
        place.at("buffer_minutes").range(&self.buffer_minutes, &0, &1_440);
        on_grid(self.buffer_minutes, place.at("buffer_minutes"));
    }
}

impl Capacity {
    fn validate(&self, mut place: Place<'_>) {
        place.at("per_window").range(&self.per_window, &1, &1_000);
        if let Some(per_day) = self.per_day {
            place.at("per_day").range(&per_day, &1, &100_000);
        }
    }
}

fn on_grid(minutes: u32, mut place: Place<'_>) {
    place.require(minutes.is_multiple_of(GRID_MINUTES), "grid", "must be a multiple of 5 minutes");
}

fn apart(hours: &[Hours], mut place: Place<'_>) {
    for (n, span) in hours.iter().enumerate() {
        let mut place = place.at(n);
        on_grid(u32::from(span.start.minutes()), place.at("start"));
        on_grid(u32::from(span.end.minutes()), place.at("end"));
        let after = n == 0 || hours[n - 1].end <= span.start;
        place.require(after, "order", "must begin after the span before it has ended");
    }
}
