use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A secret as it is stored: encrypted under a key that the store does not have, and bound to the
/// document and field that it stands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// Which key of the keyring.
    pub key_id: String,
    /// Base64url.
    pub nonce: String,
    /// Base64url, with the authentication tag.
    pub ciphertext: String,
}
