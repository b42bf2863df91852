use data_encoding::BASE32_NOPAD;
use model::hex;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::environment::random;

/// So many are given at a time.
const CODES: usize = 10;

/// New codes for who has lost the authenticator, 80 random bits each, to be shown once and stored
/// as [`hash`]: `abcd-efgh-ijkl-mnop`.
pub(crate) fn recovery_codes() -> [Zeroizing<String>; CODES] {
    std::array::from_fn(|_| {
        let bits = Zeroizing::new(random::<10>());
        let digits = Zeroizing::new(BASE32_NOPAD.encode(&*bits).to_lowercase());
        let (a, rest) = digits.split_at(4);
        let (b, rest) = rest.split_at(4);
        let (c, d) = rest.split_at(4);
        Zeroizing::new(format!("{a}-{b}-{c}-{d}"))
    })
}

/// The same however the code is typed: capitals, spaces and hyphens do not count.
pub(crate) fn hash(code: &str) -> String {
    let digits = code.chars().filter(|it| !it.is_whitespace() && *it != '-');
    let digits = Zeroizing::new(digits.map(|it| it.to_ascii_lowercase()).collect::<String>());
    hex(&Sha256::digest(digits.as_bytes()))
}

/// Takes the code out of those that are left; `false` when it is none of them. Looks at all of
/// them in any case.
pub(crate) fn redeem(code: &str, hashes: &mut Vec<String>) -> bool {
    let hash = hash(code);
    let before = hashes.len();
    hashes.retain(|it| !bool::from(it.as_bytes().ct_eq(hash.as_bytes())));
    hashes.len() < before
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_code_is_redeemed_once_however_it_is_typed() {
        let codes = recovery_codes();
        let mut left: Vec<_> = codes.iter().map(|it| hash(it)).collect();
        assert_eq!(left.iter().collect::<HashSet<_>>().len(), 10);
        assert!(!redeem("abcd-efgh-ijkl-mnop", &mut left));
        assert!(!redeem("", &mut left));
        let typed = format!(" {} ", codes[3].replace('-', " ").to_uppercase());
        assert!(redeem(&typed, &mut left));
        assert!(!redeem(&codes[3], &mut left));
        assert_eq!(left.len(), 9);
        assert!(redeem(&codes[9], &mut left));
        assert!(!left.contains(&codes[0]), "no code is stored as it is");
    }

    #[test]
    fn codes_come_in_groups_that_can_be_typed() {
        for code in recovery_codes() {
            let groups: Vec<_> = code.split('-').collect();
            assert_eq!(groups.len(), 4, "{}", *code);
            for group in groups {
                assert_eq!(group.len(), 4);
                assert!(group.bytes().all(|it| matches!(it, b'a'..=b'z' | b'2'..=b'7')));
            }
        }
    }
}
