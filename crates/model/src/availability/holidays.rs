use jiff::civil::{Date, Weekday};

/// Whether [`holiday_on`] can answer for a country.
pub fn knows_holidays_of(country: &str) -> bool {
    country == "US"
}

/// The public holiday on a date; for the United States the federal ones (5 U.S.C. 6103) on the
/// day itself and, when that is at a weekend, on the working day beside it.
pub fn holiday_on(country: &str, date: Date) -> Option<&'static str> {
    if !knows_holidays_of(country) {
        return None;
    }
    let beside = match date.weekday() {
        Weekday::Friday => date.tomorrow().ok().and_then(fixed),
        Weekday::Monday => date.yesterday().ok().and_then(fixed),
        _ => None,
    };
    fixed(date).or_else(|| floating(date)).or(beside)
}

fn fixed(date: Date) -> Option<&'static str> {
    match (date.month(), date.day()) {
        (1, 1) => Some("New Year's Day"),
        (6, 19) if date.year() >= 2021 => Some("Juneteenth"),
        (7, 4) => Some("Independence Day"),
        (11, 11) => Some("Veterans Day"),
        (12, 25) => Some("Christmas Day"),
        _ => None,
    }
}

fn floating(date: Date) -> Option<&'static str> {
    let nth = (date.day() - 1) / 7 + 1;
    let last = date.day() + 7 > date.days_in_month();
    match (date.month(), date.weekday()) {
        (1, Weekday::Monday) if nth == 3 => Some("Martin Luther King Jr. Day"),
        (2, Weekday::Monday) if nth == 3 => Some("Washington's Birthday"),
        (5, Weekday::Monday) if last => Some("Memorial Day"),
        (9, Weekday::Monday) if nth == 1 => Some("Labor Day"),
        (10, Weekday::Monday) if nth == 2 => Some("Columbus Day"),
        (11, Weekday::Thursday) if nth == 4 => Some("Thanksgiving Day"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// The dates that the U.S. Office of Personnel Management lists.
    #[test]
    fn federal_holidays_are_on_their_days() {
        let observed_2026 = [
            (1, 1),
            (1, 19),
            (2, 16),
            (5, 25),
            (6, 19),
            (7, 3),
            (9, 7),
            (10, 12),
            (11, 11),
            (11, 26),
            (12, 25),
        ];
        let observed_2027 = [
            (1, 1),
            (1, 18),
            (2, 15),
            (5, 31),
            (6, 18),
            (7, 5),
            (9, 6),
            (10, 11),
            (11, 11),
            (11, 25),
            (12, 24),
        ];
        for (year, observed) in [(2026, observed_2026), (2027, observed_2027)] {
            for (month, day) in observed {
                let date = date(year, month, day);
                assert!(holiday_on("US", date).is_some(), "{date}");
            }
            let working_days = (1..=12)
                .flat_map(|month| {
                    date(year, month, 1)
                        .series(jiff::Span::new().days(1))
                        .take(31)
                        .filter(move |it| it.month() == month)
                })
                .filter(|it| !matches!(it.weekday(), Weekday::Saturday | Weekday::Sunday));
            let expected = if year == 2027 { 12 } else { 11 };
            let found: Vec<_> = working_days.filter(|it| holiday_on("US", *it).is_some()).collect();
            assert_eq!(found.len(), expected, "{found:?}");
        }
    }
}
