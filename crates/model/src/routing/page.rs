use std::collections::BTreeMap;

use super::CAMPAIGN;
use crate::session::Utm;

/// What routers see of a page's URL. Made of any text.
///
/// - A scheme with its host, and a fragment, are left out.
/// - Segments are parted at `/` and only then decoded, so that `%2F` is a letter of a segment.
///   Dot segments are resolved as browsers do, empty ones left out: `/a//b/` is `/a/b`.
/// - Segments are folded: what differs by case only is the same.
/// - Of a parameter that is there several times the first value counts; names and values are
///   compared as they are. `+` is a space.
/// - A `%` that begins no escape is itself, and what decodes to no UTF-8 stays as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub(super) segments: Vec<String>,
    pub(super) query: BTreeMap<String, String>,
    /// Folded.
    pub(super) campaign: [Option<String>; 5],
}

impl Page {
    /// Total.
    pub fn parse(url: &str) -> Self {
        let url = url.split_once('#').map_or(url, |it| it.0);
        let (place, asked) = url.split_once('?').unwrap_or((url, ""));
        let mut query = BTreeMap::new();
        for pair in asked.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !name.is_empty() {
                query.entry(decode(name, true)).or_insert_with(|| decode(value, true));
            }
        }
        let campaign = CAMPAIGN.map(|it| query.get(it).map(|it| fold(it)));
        Self { segments: segments(path(place)), query, campaign }
    }

    /// The page's `utm_*` as they are written; empty ones, and such as are no text, are none.
    pub fn utm(&self) -> Utm {
        let is_text = |it: &&String| !it.is_empty() && !it.chars().any(char::is_control);
        let [source, medium, campaign, term, content] =
            CAMPAIGN.map(|it| self.query.get(it).filter(is_text).cloned());
        Utm { source, medium, campaign, term, content }
    }
}

/// What is behind `https://host`; all of a text that has no scheme.
fn path(place: &str) -> &str {
    let Some((scheme, rest)) = place.split_once("://") else { return place };
    let is_scheme = scheme.starts_with(|it: char| it.is_ascii_alphabetic())
        && scheme.bytes().all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it));
    if !is_scheme {
        return place;
    }
    rest.find('/').map_or("", |at| &rest[at..])
}

fn segments(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    for written in path.strip_prefix('/').unwrap_or(path).split('/') {
        let segment = decode(written, false);
        match &*segment {
            "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    segments.retain(|it| !it.is_empty());
    segments.iter().map(|it| fold(it)).collect()
}

/// A segment that no page has, because browsers resolve it.
pub(crate) fn is_dots(segment: &str) -> bool {
    matches!(&*decode(segment, false), "." | "..")
}

/// Percent escapes are bytes, and the whole is UTF-8, or stays as it is written.
pub(super) fn decode(written: &str, is_query: bool) -> String {
    let is_coded = |it: char| it == '%' || (is_query && it == '+');
    if !written.contains(is_coded) {
        return written.to_owned();
    }
    let (mut bytes, mut rest) = (Vec::with_capacity(written.len()), written.as_bytes());
    while let [first, others @ ..] = rest {
        let escaped = match (first, others) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        rest = others;
        match (escaped, first) {
            (Some((high, low)), _) => {
                bytes.push(high * 16 + low);
                rest = &others[2..];
            }
            (None, b'+') if is_query => bytes.push(b' '),
            (None, byte) => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| written.to_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|it| u8::try_from(it).ok())
}

/// One form for all texts that differ by case only: letter by letter, and without a language, so
/// that `STRASSE` is `Straße` and a final sigma is a sigma. Folding again changes nothing.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let lower = text.chars().flat_map(char::to_lowercase);
    lower.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path_of(url: &str) -> Vec<String> {
        Page::parse(url).segments
    }

    #[test]
    fn one_page_has_many_urls() {
        for url in [
            "https://example.com/services/ac",
            "http://other.example:8080/Services/AC/",
            "https://u:p@example.com//services///ac/?x=1#/y",
            "/services/ac#x?y",
            "services/ac",
            "https://example.com/a/../services/./x/%2E%2e/ac",
            "https://example.com/../../services/%61c",
        ] {
            assert_eq!(path_of(url), ["services", "ac"], "{url}");
        }
        for root in ["", "/", "?", "#", "https://example.com", "https://example.com?x=/y", "/a/.."]
        {
            assert!(path_of(root).is_empty(), "{root}");
        }
    }

    #[test]
    fn escapes_are_decoded_once_and_part_nothing() {
        assert_eq!(path_of("/a%2Fb/c"), ["a/b", "c"]);
        assert_eq!(path_of("/a%00b"), ["a\0b"]);
        assert_eq!(path_of("/%2561"), ["%61"]);
        assert_eq!(path_of("/%252e%252e"), ["%2e%2e"]);
        assert_eq!(path_of("/100%/%zz/%4"), ["100%", "%zz", "%4"]);
        assert_eq!(path_of("/%FF%41"), ["%ff%41"], "no UTF-8: as it is written");
        assert_eq!(path_of("/a+b"), ["a+b"]);
    }

    #[test]
    fn case_is_no_difference_in_any_script() {
        for (one, other) in
            [("/CAF%C3%89", "/café"), ("/STRASSE", "/straße"), ("/ẞ", "/ss"), ("/ΟΔΟΣ", "/οδος")]
        {
            assert_eq!(path_of(one), path_of(other));
        }
        assert_ne!(path_of("/cafe"), path_of("/café"));
    }

    #[test]
    fn of_parameters_the_first_counts_and_names_are_exact() {
        let page = Page::parse("/?a=1&a=2&B=x+y&=z&&c&d=%26%3D&utm_Source=no&utm_source=Big+Sale");
        let pairs: Vec<_> = page.query.iter().map(|it| (&**it.0, &**it.1)).collect();
        assert_eq!(
            pairs,
            [
                ("B", "x y"),
                ("a", "1"),
                ("c", ""),
                ("d", "&="),
                ("utm_Source", "no"),
                ("utm_source", "Big Sale"),
            ]
        );
        assert_eq!(page.utm().source.as_deref(), Some("Big Sale"));
        assert_eq!(page.campaign[0].as_deref(), Some("big sale"));
    }

    proptest! {
        #[test]
        fn any_text_is_a_page(url in any::<String>()) {
            let page = Page::parse(&url);
            for segment in &page.segments {
                prop_assert!(!segment.is_empty());
                prop_assert_eq!(&fold(segment), segment);
            }
        }

        #[test]
        fn case_of_any_letter_makes_no_difference(text in any::<String>()) {
            prop_assert_eq!(fold(&text.to_uppercase()), fold(&text));
            prop_assert_eq!(fold(&text.to_lowercase()), fold(&text));
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
