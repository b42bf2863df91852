use crate::{content::Currency, scheduler::Price};

const LARGEST: i64 = 1_000_000_000;

/// Signs of money, longer ones first, and the code that each is taken for.
const SIGNS: [(&str, &str); 12] = [
    ("US$", "USD"),
    ("CA$", "CAD"),
    ("AU$", "AUD"),
    ("NZ$", "NZD"),
    ("C$", "CAD"),
    ("A$", "AUD"),
    ("R$", "BRL"),
    ("$", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "JPY"),
    ("₹", "INR"),
];

/// A price as lists write it: `$1,200.50`, `89,50 €`, `from 80`, `$90–$120`, `free`, `on request`.
/// `None` for what is no price. Money without a sign is of `currency`.
pub(super) fn parse_price(text: &str, currency: &Currency) -> Option<Price> {
    let text = text.trim();
    let lower = text.to_lowercase();
    match lower.trim_end_matches('.') {
        "" | "-" | "–" | "—" | "?" | "n/a" | "na" | "tbd" | "tba" | "quote" | "by quote"
        | "call" | "call us" | "varies" | "on request" | "upon request" | "ask" => {
            return Some(Price::Quote { currency: currency.clone() });
        }
        "free" | "no charge" | "complimentary" => {
            return Some(Price::Free { currency: currency.clone() });
        }
        _ => {}
    }
    let words = ["from ", "starting at ", "starts at ", "as low as ", "min. "];
    let at_least = words.iter().find_map(|it| lower.strip_prefix(it).map(str::len));
    let open = text.strip_suffix('+');
    if at_least.is_some() || open.is_some() {
        let rest = open.unwrap_or(text);
        let rest = at_least.map_or(Some(rest), |length| rest.get(text.len() - length..))?;
        let (amount_minor, currency) = parse_money(rest, currency)?;
        return Some(Price::From { amount_minor, currency });
    }
    for between in ["–", "—", " to ", "-"] {
        let Some((low, high)) = text.split_once(between).filter(|(low, _)| !low.trim().is_empty())
        else {
            continue;
        };
        // In `$90–120` and `90–120 €` the sign is of both.
        let signed = SIGNS.iter().any(|(sign, _)| low.contains(sign));
        let (of_high, ofs) = parse_money(high, currency).map(|(n, it)| (n, Some(it)))?;
        let (amount_minor, own) = parse_money(low, ofs.as_ref().unwrap_or(currency))?;
        let currency = if signed { own } else { ofs? };
        let (max_amount_minor, _) =
            parse_money(high, &currency).unwrap_or((of_high, currency.clone()));
        let ordered = amount_minor <= max_amount_minor;
        return ordered.then_some(Price::Range { amount_minor, max_amount_minor, currency });
    }
    match parse_money(text, currency)? {
        (0, currency) => Some(Price::Free { currency }),
        (amount_minor, currency) => Some(Price::Fixed { amount_minor, currency }),
    }
}

/// An amount in the currency's smallest unit.
fn parse_money(text: &str, currency: &Currency) -> Option<(i64, Currency)> {
    let mut text = text.trim();
    let mut named = None;
    for (sign, code) in SIGNS {
        if let Some(rest) = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)) {
            (text, named) = (rest.trim(), code.parse().ok());
            break;
        }
    }
    let letters = |it: &str| it.len() == 3 && it.bytes().all(|it| it.is_ascii_alphabetic());
    let codes = [text.get(..3), text.len().checked_sub(3).and_then(|at| text.get(at..))];
    for (code, rest) in
        codes.into_iter().zip([text.get(3..), text.get(..text.len().saturating_sub(3))])
    {
        if let (Some(code), Some(rest)) = (code.filter(|it| letters(it)), rest) {
            named = Some(code.to_ascii_uppercase().parse().ok()?);
            text = rest.trim();
            break;
        }
    }
    let currency = named.unwrap_or_else(|| currency.clone());
    let (whole, part) = parse_decimal(text)?;
    let digits = minor_digits(&currency);
    let part: String = part.chars().chain("000".chars()).take(digits).collect();
    let part = if part.is_empty() { 0 } else { part.parse::<i64>().ok()? };
    let unit = 10_i64.pow(u32::try_from(digits).ok()?);
    let amount = whole.checked_mul(unit)?.checked_add(part)?;
    (amount <= LARGEST).then_some((amount, currency))
}

/// The whole number and the digits behind the point, whichever of `.` and `,` that is: the last
/// one, unless three digits follow it.
fn parse_decimal(text: &str) -> Option<(i64, String)> {
    let is_space = |it: char| it.is_whitespace() || matches!(it, '\'' | '’');
    let bare: String = text.chars().filter(|it| !is_space(*it)).collect();
    let last = bare.rfind(['.', ',']);
    let behind = last.map_or(0, |at| bare.len() - at - 1);
    let (whole, part) = match last {
        Some(at) if (1..=2).contains(&behind) => (&bare[..at], &bare[at + 1..]),
        _ => (&bare[..], ""),
    };
    let mut groups = whole.split(['.', ',']);
    let first = groups.next()?;
    let rest: Vec<_> = groups.collect();
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let grouped = rest.iter().all(|it| it.len() == 3 && digits(it));
    let short = rest.is_empty() || first.len() <= 3;
    if !digits(first) || !grouped || !short || !part.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let whole = [first].into_iter().chain(rest).collect::<String>();
    (whole.len() <= 10).then(|| Some((whole.parse().ok()?, part.to_owned())))?
}

fn minor_digits(currency: &Currency) -> usize {
    match currency.as_str() {
        "CLP" | "ISK" | "JPY" | "KRW" | "PYG" | "UGX" | "VND" | "XAF" | "XOF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// Minutes as lists write them: `90`, `90 min`, `1h 30`, `1:30`, `1.5 hours`. A bare number is
/// hours when `in_hours`.
pub(super) fn parse_minutes(text: &str, in_hours: bool) -> Option<u32> {
    let text = text.trim().to_lowercase();
    if let Some((hours, minutes)) = text.split_once(':') {
        let (hours, minutes): (u32, u32) =
            (hours.trim().parse().ok()?, minutes.trim().parse().ok()?);
        return (hours <= 24 && minutes < 60).then_some(hours * 60 + minutes);
    }
    let mut total = 0.0;
    let mut rest = text.as_str();
    let mut after_hours = false;
    while !rest.is_empty() {
        let end = rest.find(|it: char| !it.is_ascii_digit() && !matches!(it, '.' | ','));
        let (number, behind) = rest.split_at(end.unwrap_or(rest.len()));
        let number: f64 = number.replace(',', ".").parse().ok().filter(|it| *it <= 1_440.0)?;
        let behind = behind.trim_start();
        let end = behind.find(|it: char| !it.is_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        let unit = if unit.is_empty() && (after_hours || !in_hours) { "min" } else { unit };
        let factor = match unit {
            "m" | "min" | "mins" | "minute" | "minutes" => 1.0,
            "" | "h" | "hr" | "hrs" | "hour" | "hours" | "std" => 60.0,
            _ => return None,
        };
        after_hours |= factor > 1.0;
        total += number * factor;
        rest = behind.trim_start_matches([' ', '.', ',', '&']).trim_start();
        rest = rest.strip_prefix("and ").unwrap_or(rest);
    }
    let fits = !text.is_empty() && (0.0..=1_440.0).contains(&total);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1,440")]
    fits.then_some(total.round() as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn price(text: &str) -> String {
        let usd = "USD".parse().unwrap();
        match parse_price(text, &usd) {
            None => "no price".to_owned(),
            Some(Price::Fixed { amount_minor, currency }) => {
                format!("{amount_minor} {}", currency.as_str())
            }
            Some(Price::From { amount_minor, currency }) => {
                format!("from {amount_minor} {}", currency.as_str())
            }
            Some(Price::Range { amount_minor, max_amount_minor, currency }) => {
                format!("{amount_minor}-{max_amount_minor} {}", currency.as_str())
            }
            Some(Price::Quote { .. }) => "quote".to_owned(),
            Some(Price::Free { .. }) => "free".to_owned(),
        }
    }

    #[test]
    fn prices_are_read_as_people_write_them() {
        for (text, expected) in [
            ("$1,200.50", "120050 USD"),
            ("€89", "8900 EUR"),
            ("89,50 €", "8950 EUR"),
            ("1.200,50 EUR", "120050 EUR"),
            ("1 200,5 eur", "120050 EUR"),
            ("CHF 1'200", "120000 CHF"),
            ("1,200", "120000 USD"),
            ("1.200", "120000 USD"),
            ("49.9", "4990 USD"),
            ("¥5,000", "5000 JPY"),
            ("12.345.678", "no price"),
            ("CA$80", "8000 CAD"),
            ("80 USD", "8000 USD"),
            ("KWD 5", "5000 KWD"),
            ("from $89", "from 8900 USD"),
            ("From 89+", "from 8900 USD"),
            ("$89+", "from 8900 USD"),
            ("starting at £45", "from 4500 GBP"),
            ("$90-$120", "9000-12000 USD"),
            ("90–120 €", "9000-12000 EUR"),
            ("£90 to 120", "9000-12000 GBP"),
            ("$120-90", "no price"),
            ("", "quote"),
            ("Call us", "quote"),
            ("free", "free"),
            ("0", "free"),
            ("$0.00", "free"),
            ("-5", "no price"),
            ("1,20,30", "no price"),
            ("12,34.56", "no price"),
            ("ten dollars", "no price"),
            ("$", "no price"),
            ("99999999999999999999", "no price"),
            ("1.2.3", "no price"),
        ] {
            assert_eq!(price(text), expected, "{text:?}");
        }
    }

    #[test]
    fn minutes_are_read_as_people_write_them() {
        for (text, in_hours, expected) in [
            ("90", false, Some(90)),
            ("1.5", true, Some(90)),
            ("90 min", true, Some(90)),
            ("1h", false, Some(60)),
            ("1h30", false, Some(90)),
            ("1 hr 30 min", false, Some(90)),
            ("1 hour and 30 minutes", false, Some(90)),
            ("1,5 Std", false, Some(90)),
            ("1:30", false, Some(90)),
            ("24:00", false, Some(1_440)),
            ("2 days", false, None),
            ("", false, None),
            ("soon", false, None),
            ("25 hours", false, None),
            ("1:75", false, None),
            ("-5", false, None),
        ] {
            assert_eq!(parse_minutes(text, in_hours), expected, "{text:?}");
        }
    }

    /// `1234567` as `1,234,567`.
    fn grouped(whole: i64, by: char) -> String {
        let digits = whole.to_string();
        let mut text = String::new();
        for (n, digit) in digits.chars().enumerate() {
            if n > 0 && (digits.len() - n).is_multiple_of(3) {
                text.push(by);
            }
            text.push(digit);
        }
        text
    }

    proptest! {
        #[test]
        fn an_amount_is_the_same_however_it_is_written(amount in 1..=LARGEST) {
            let (whole, cents) = (amount / 100, amount % 100);
            for text in [
                format!("${}.{cents:02}", grouped(whole, ',')),
                format!("US$ {whole}.{cents:02}"),
                format!("{},{cents:02} $", grouped(whole, '.')),
                format!("{},{cents:02} USD", grouped(whole, ' ')),
                format!("usd {}.{cents:02}", grouped(whole, '\'')),
            ] {
                prop_assert_eq!(price(&text), format!("{amount} USD"), "{}", text);
            }
        }

        #[test]
        fn any_text_is_a_price_or_none(text in "\\PC{0,12}|[$€0-9., +-]{0,12}", in_hours: bool) {
            let _ = parse_minutes(&text, in_hours);
            if let Some(Price::Fixed { amount_minor, .. }) = parse_price(&text, &"USD".parse().unwrap()) {
                prop_assert!((1..=LARGEST).contains(&amount_minor));
                prop_assert!(text.contains(|it: char| it.is_ascii_digit()));
            }
        }
    }
}
