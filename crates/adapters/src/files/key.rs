use std::{fmt, str::FromStr};

/// Where a file is kept, `ab/cd/abcd…`: random, and never made from what a person has typed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorageKey(String);

/// A text that is no [`StorageKey`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not the key of a stored file")]
pub struct BadKey;

impl StorageKey {
    /// The key of these bytes, which nobody may be able to guess.
    pub fn new(random: [u8; 16]) -> Self {
        let digits = model::hex(&random);
        Self(format!("{}/{}/{digits}", &digits[..2], &digits[2..4]))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StorageKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let digits = text.get(6..).ok_or(BadKey)?;
        let is_digit = |it: u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
        let made_here = digits.len() == 32
            && digits.bytes().all(is_digit)
            && text[..6] == format!("{}/{}/", &digits[..2], &digits[2..4]);
        if made_here { Ok(Self(text.to_owned())) } else { Err(BadKey) }
    }
}

impl fmt::Display for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written() {
        let key = StorageKey::new([0xAB; 16]);
        assert_eq!(key.as_str(), "ab/ab/abababababababababababababababab");
        assert_eq!(key.as_str().parse(), Ok(key));
    }

    #[test]
    fn nothing_else_is_a_key() {
        for text in [
            "",
            "ab",
            "../../etc/passwd",
            "ab/ab/../../../../etc/passwd",
            "ab/cd/abababababababababababababababab",
            "AB/AB/ABABABABABABABABABABABABABABABAB",
            "ab/ab/ababababababababababababababab",
            "ab/ab/abababababababababababababababab#1",
            "ab/ab/ababababababababababababababab\0b",
            "öööö/ab",
        ] {
            assert_eq!(text.parse::<StorageKey>(), Err(BadKey), "{text}");
        }
    }
}
