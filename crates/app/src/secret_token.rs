use std::{fmt, str::FromStr};

use data_encoding::BASE64URL_NOPAD;
use model::hex;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::environment::random;

/// 256 random bits that open something to whoever shows them. Only their hash is stored; the text
/// is 43 characters of base64url.
#[derive(Clone)]
pub(crate) struct SecretToken(Zeroizing<[u8; 32]>);

impl SecretToken {
    pub(crate) fn new() -> Self {
        Self(Zeroizing::new(random()))
    }

    /// SHA-256 in hex: enough for what cannot be guessed.
    pub(crate) fn hash(&self) -> String {
        hex(&Sha256::digest(*self.0))
    }

    /// Takes the same time whatever is wrong with it.
    pub(crate) fn has_hash(&self, hash: &str) -> bool {
        self.hash().as_bytes().ct_eq(hash.as_bytes()).into()
    }
}

impl fmt::Display for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Zeroizing::new(BASE64URL_NOPAD.encode(&*self.0)))
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretToken(…)")
    }
}

impl FromStr for SecretToken {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| ())?);
        bytes.as_slice().try_into().map(|it| Self(Zeroizing::new(it))).map_err(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_is_written() {
        let token = SecretToken::new();
        let text = token.to_string();
        assert_eq!(text.len(), 43);
        let read: SecretToken = text.parse().unwrap();
        assert!(read.has_hash(&token.hash()));
        assert!(!SecretToken::new().has_hash(&token.hash()));
        assert!(!token.has_hash(""));
        assert_eq!(token.hash().len(), 64);
    }

    #[test]
    fn a_text_of_another_shape_is_no_token() {
        let text = SecretToken::new().to_string();
        // The last character says four bits: the two below them must be zero.
        let not_canonical = format!("{}B", "A".repeat(42));
        for wrong in [
            "",
            &text[1..],
            &format!("{text}A"),
            &format!("{text}="),
            &format!(" {text}"),
            &"+".repeat(43),
            &"é".repeat(21),
            &not_canonical,
        ] {
            assert!(wrong.parse::<SecretToken>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_token_is_not_in_the_log() {
        let token = SecretToken::new();
        assert_eq!(format!("{token:?}"), "SecretToken(…)");
    }
}
