use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Place;

/// A secret as it is stored: encrypted with a key that the store does not have, and bound to the
/// field of the document that it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// Which key of the keyring.
    pub key_id: String,
    /// 24 bytes in base64url.
    pub nonce: String,
    /// The secret and a tag of 16 bytes behind it, in base64url.
    pub ciphertext: String,
}

impl Sealed {
    /// Checks the shape of the texts; only the key tells whether it can be opened.
    pub fn validate(&self, mut place: Place<'_>) {
        place.at("key_id").text(&self.key_id, 1, 64);
        let nonce = self.nonce.len() == 32 && is_base64url(&self.nonce);
        place.at("nonce").require(nonce, "base64url", "must be 24 bytes in base64url");
        let ciphertext =
            (22..=16_384).contains(&self.ciphertext.len()) && is_base64url(&self.ciphertext);
        let message = "must be 16 to 12,288 bytes in base64url";
        place.at("ciphertext").require(ciphertext, "base64url", message);
    }
}

fn is_base64url(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Problems;

    fn sealed() -> Sealed {
        let text = |length| "aZ0-_".chars().cycle().take(length).collect();
        Sealed { key_id: "0123456789abcdef".to_owned(), nonce: text(32), ciphertext: text(22) }
    }

    fn is_valid(sealed: &Sealed) -> bool {
        let mut problems = Problems::default();
        sealed.validate(problems.root());
        problems.into_result().is_ok()
    }

    #[test]
    fn texts_of_another_shape_are_refused() {
        assert!(is_valid(&sealed()));
        let long = "a".repeat(16_385);
        for wrong in [
            Sealed { key_id: String::new(), ..sealed() },
            Sealed { nonce: "a".repeat(31), ..sealed() },
            Sealed { nonce: "=".repeat(32), ..sealed() },
            Sealed { ciphertext: "a".repeat(21), ..sealed() },
            Sealed { ciphertext: "+".repeat(22), ..sealed() },
            Sealed { ciphertext: long, ..sealed() },
        ] {
            assert!(!is_valid(&wrong), "{wrong:?}");
        }
    }
}
