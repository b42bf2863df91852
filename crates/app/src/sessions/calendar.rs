use model::{
    Id, Timestamp,
    scheduler::{Booking, BookingWindow},
};

/// A line has so many bytes at most, its end not counted.
const LONGEST_LINE: usize = 75;

/// The appointment as iCalendar (RFC 5545) has it.
pub(super) fn entry(
    id: Id<Booking>,
    booking: &Booking,
    timeslot: &BookingWindow,
    service: &str,
    address: Option<&str>,
    at: Timestamp,
) -> String {
    let reference = &booking.reference;
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Wrkbelt//Bookings//EN".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{id}@wrkbelt"),
        format!("SEQUENCE:{}", booking.ics_sequence),
        format!("DTSTAMP:{}", instant(at)),
        format!("DTSTART:{}", instant(timeslot.start)),
        format!("DTEND:{}", instant(timeslot.end)),
        format!("SUMMARY:{}", escaped(service)),
        format!("DESCRIPTION:{}", escaped(reference.as_str())),
    ];
    lines.extend(address.map(|it| format!("LOCATION:{}", escaped(it))));
    lines.extend(["END:VEVENT", "END:VCALENDAR"].map(str::to_owned));
    lines.iter().map(|it| folded(it)).collect()
}

/// In UTC.
fn instant(timestamp: Timestamp) -> String {
    timestamp.jiff().strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '\\' | ';' | ',' => escaped.extend(['\\', it]),
            '\n' => escaped.push_str("\\n"),
            it if it.is_control() => {}
            it => escaped.push(it),
        }
    }
    escaped
}

/// With its end. What is too long goes on in the next line, behind a space.
fn folded(line: &str) -> String {
    let (mut folded, mut length) = (String::with_capacity(line.len() + 2), 0);
    for it in line.chars() {
        if length + it.len_utf8() > LONGEST_LINE {
            folded.push_str("\r\n ");
            length = 1;
        }
        folded.push(it);
        length += it.len_utf8();
    }
    folded + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_value_is_escaped() {
        assert_eq!(escaped("a;b,c\\d\r\ne\u{7}"), "a\\;b\\,c\\\\d\\ne");
    }

    #[test]
    fn long_lines_are_folded_between_characters() {
        for text in ["x".repeat(75), "x".repeat(76), "ü€🔧".repeat(60)] {
            let folded = folded(&text);
            assert!(folded.ends_with("\r\n"), "{folded:?}");
            let lines: Vec<_> = folded.trim_end().split("\r\n").collect();
            assert!(lines.iter().all(|it| it.len() <= LONGEST_LINE), "{lines:?}");
            assert_eq!(lines.len() > 1, text.len() > LONGEST_LINE);
            assert_eq!(lines.join("").replace(' ', ""), text);
        }
    }

    #[test]
    fn instants_are_in_utc() {
        assert_eq!(instant("2026-11-24T08:00:00-05:00".parse().unwrap()), "20261124T130000Z");
    }
}
