use std::collections::{HashSet, VecDeque};

use super::page::fold;

/// A folded text in which `*` stands for any text, also for none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Glob(String);

impl Glob {
    pub(super) fn new(text: &str) -> Self {
        Self(fold(text))
    }

    pub(super) fn is_literal(&self) -> bool {
        !self.0.contains('*')
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What every text that matches has in it somewhere.
    pub(super) fn longest_piece(&self) -> &str {
        self.0.split('*').max_by_key(|it| it.len()).unwrap_or_default()
    }

    /// Whether a folded text matches. In steps of the text's length for each piece.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some((first, others)) = self.0.split_once('*') else { return self.0 == text };
        let (middle, last) = others.rsplit_once('*').unwrap_or(("", others));
        let Some(rest) = text.strip_prefix(first) else { return false };
        let Some(mut rest) = rest.strip_suffix(last) else { return false };
        for piece in middle.split('*').filter(|it| !it.is_empty()) {
            let Some(at) = rest.find(piece) else { return false };
            rest = &rest[at + piece.len()..];
        }
        true
    }

    /// A shortest text that both match.
    pub(super) fn both(&self, other: &Self) -> Option<String> {
        let (a, b): (Vec<_>, Vec<_>) = (self.0.chars().collect(), other.0.chars().collect());
        // Where one stands in each, and the texts' way there.
        let mut waiting = VecDeque::from([((0, 0), String::new())]);
        let mut seen = HashSet::from([(0, 0)]);
        while let Some(((i, j), text)) = waiting.pop_front() {
            let (x, y) = (a.get(i).copied(), b.get(j).copied());
            if (x, y) == (None, None) {
                return Some(text);
            }
            let mut next = Vec::new();
            if x == Some('*') {
                next.push(((i + 1, j), None));
                next.extend(y.filter(|it| *it != '*').map(|it| ((i, j + 1), Some(it))));
            }
            if y == Some('*') {
                next.push(((i, j + 1), None));
                next.extend(x.filter(|it| *it != '*').map(|it| ((i + 1, j), Some(it))));
            }
            if x == y && x != Some('*') {
                next.push(((i + 1, j + 1), x));
            }
            for (place, letter) in next {
                if seen.insert(place) {
                    waiting.push_back((place, text.chars().chain(letter).collect()));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Letter by letter, with no cleverness.
    fn slow(glob: &[u8], text: &[u8]) -> bool {
        match (glob, text) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => {
                slow(rest, text) || (!text.is_empty() && slow(glob, &text[1..]))
            }
            ([a, rest @ ..], [b, others @ ..]) => a == b && slow(rest, others),
            _ => false,
        }
    }

    #[test]
    fn pieces_do_not_overlap() {
        assert!(!Glob::new("ab*ba").matches("aba"));
        assert!(Glob::new("ab*ba").matches("abba"));
        assert!(Glob::new("Sum*").matches("summer") && Glob::new("*").matches(""));
    }

    proptest! {
        #[test]
        fn globs_match_as_they_do_slowly(glob in "[ab*]{0,8}", text in "[ab]{0,10}") {
            let expected = slow(glob.as_bytes(), text.as_bytes());
            prop_assert_eq!(Glob::new(&glob).matches(&text), expected);
        }

        #[test]
        fn what_both_match_is_found(a in "[ab*]{0,6}", b in "[ab*]{0,6}", text in "[ab]{0,8}") {
            let (a, b) = (Glob::new(&a), Glob::new(&b));
            match a.both(&b) {
                Some(found) => {
                    prop_assert!(a.matches(&found) && b.matches(&found), "{found}");
                }
                None => prop_assert!(!(a.matches(&text) && b.matches(&text)), "{text}"),
            }
        }
    }
}
