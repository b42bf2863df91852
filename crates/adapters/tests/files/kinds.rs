//! Content tells the kind, whatever it is.

use adapters::files::{HEAD, Kind};
use proptest::prelude::*;

use crate::{baggage::*, crafted::*};

/// Signatures and marks that decide something, to be mixed by chance.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(jpeg()),
        Just(png()),
        Just(webp()),
        Just(docx()),
        Just(b"%PDF-1.7\n".to_vec()),
        Just(b"GIF89a".to_vec()),
        Just(b"PK\x03\x04".to_vec()),
        Just(b"RIFF\0\0\0\0WEBP".to_vec()),
        Just(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec()),
        Just(b"\0\0\0\x18ftypmp42".to_vec()),
        Just(b"<svg".to_vec()),
        Just(b"<!DOCTYPE html>".to_vec()),
        Just("\u{FEFF}".as_bytes().to_vec()),
        Just(vec![b' '; 40]),
        prop::collection::vec(any::<u8>(), 0..80),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_have_one_kind_or_none(parts in prop::collection::vec(pieces(), 0..6), cut in any::<prop::sample::Index>()) {
        let mut bytes = parts.concat();
        bytes.truncate(cut.index(bytes.len() + 1));
        let kind = Kind::of(&bytes);
        if bytes.is_empty() {
            prop_assert_eq!(kind, None);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1A\n") {
            prop_assert_eq!(kind, Some(Kind::Png));
        }
        if kind == Some(Kind::Text) {
            prop_assert!(!bytes[..bytes.len().min(HEAD)].contains(&0));
        }
        let head = &bytes[..bytes.len().min(HEAD)];
        prop_assert_eq!(Kind::of(head), kind, "what is behind the head has a say");
    }
}
