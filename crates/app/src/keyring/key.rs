use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305,
    aead::{Aead as _, Payload},
};
use data_encoding::HEXLOWER_PERMISSIVE;
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use model::hex;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::KeyringError;
use crate::environment::random;

/// Bytes of a nonce: so many that random ones never meet.
pub(super) const NONCE: usize = 24;
/// Hexadecimal digits of a key's id.
pub(super) const ID_DIGITS: usize = 16;

type Secret<const N: usize = 32> = Zeroizing<[u8; N]>;

/// 256 random bits that are never used themselves: each purpose has a key that is derived from
/// them, and so has the id, which therefore tells nothing and cannot be wrong.
pub(super) struct MasterKey {
    id: String,
    secret: Secret,
}

impl MasterKey {
    pub(super) fn random() -> Self {
        Self::new(Zeroizing::new(random()))
    }

    fn new(secret: Secret) -> Self {
        let id = hex(&derived::<32>(&secret, "id")[..ID_DIGITS / 2]);
        Self { id, secret }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// As [`parse`] reads it.
    pub(super) fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(hex(&*self.secret))
    }

    pub(super) fn encrypt(&self, nonce: &[u8; NONCE], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        encrypt(&derived(&self.secret, "seal"), nonce, aad, plaintext)
    }

    /// `None` for whatever [`MasterKey::encrypt`] has not made of the same.
    pub(super) fn decrypt(
        &self,
        nonce: &[u8; NONCE],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        decrypt(&derived(&self.secret, "seal"), nonce, aad, ciphertext)
    }

    pub(super) fn mac(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        self.hmac(purpose, message).finalize().into_bytes().into()
    }

    /// Takes the same time whatever is wrong with it.
    pub(super) fn has_mac(&self, purpose: &str, message: &[u8], mac: &[u8]) -> bool {
        self.hmac(purpose, message).verify_slice(mac).is_ok()
    }

    fn hmac(&self, purpose: &str, message: &[u8]) -> Hmac<Sha256> {
        let key = derived::<64>(&self.secret, &format!("mac: {purpose}"));
        Hmac::<Sha256>::new((&*key).into()).chain_update(message)
    }
}

/// HKDF-SHA-256. A purpose's name never changes: what was made with its key would be lost.
#[expect(clippy::expect_used, reason = "HKDF-SHA-256 makes up to 8,160 bytes")]
fn derived<const N: usize>(secret: &Secret, purpose: &str) -> Secret<N> {
    let mut key = Zeroizing::new([0; N]);
    Hkdf::<Sha256>::new(None, &**secret)
        .expand_multi_info(&[b"wrkbelt keyring 1: ", purpose.as_bytes()], &mut *key)
        .expect("few bytes");
    key
}

/// XChaCha20-Poly1305, with the tag behind the text.
#[expect(clippy::expect_used, reason = "only a text of more than 256 GiB is refused")]
pub(super) fn encrypt(
    key: &[u8; 32],
    nonce: &[u8; NONCE],
    aad: &[u8],
    plaintext: &[u8],
) -> Vec<u8> {
    XChaCha20Poly1305::new(key.into())
        .encrypt(nonce.into(), Payload { msg: plaintext, aad })
        .expect("a text that fits")
}

pub(super) fn decrypt(
    key: &[u8; 32],
    nonce: &[u8; NONCE],
    aad: &[u8],
    ciphertext: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let payload = Payload { msg: ciphertext, aad };
    XChaCha20Poly1305::new(key.into()).decrypt(nonce.into(), payload).ok().map(Zeroizing::new)
}

/// Reads keys of 64 hexadecimal digits with white space between them; lines with `#` are notes.
pub(super) fn parse(text: &str) -> Result<Vec<MasterKey>, KeyringError> {
    let words = text.lines().filter(|it| !it.starts_with('#')).flat_map(str::split_whitespace);
    let mut keys: Vec<MasterKey> = Vec::new();
    for (place, word) in words.enumerate() {
        let not_a_key = || KeyringError::NotAKey(place + 1);
        let bytes = HEXLOWER_PERMISSIVE.decode(word.as_bytes()).map_err(|_| not_a_key())?;
        let secret = Zeroizing::new(bytes).as_slice().try_into().map_err(|_| not_a_key())?;
        let key = MasterKey::new(Zeroizing::new(secret));
        if keys.iter().any(|it| it.id == key.id) {
            return Err(KeyringError::Twice);
        }
        keys.push(key);
    }
    if keys.is_empty() { Err(KeyringError::Empty) } else { Ok(keys) }
}
