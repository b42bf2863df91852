use data_encoding::BASE64URL_NOPAD;

use crate::{
    environment::random,
    keyring::{Keyring, Purpose},
};

/// A device that somebody has signed in to an account with: it shows a signed cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct KnownDevice([u8; 16]);

/// Characters of an id in base64url.
const ID_LENGTH: usize = 22;

impl KnownDevice {
    pub(crate) fn new() -> Self {
        Self(random())
    }

    /// What the device keeps; it opens nothing.
    pub(crate) fn cookie(self, account: &str, keyring: &Keyring) -> String {
        let mac = keyring.mac(Purpose::DeviceCookie, &[account.as_bytes(), &self.0]);
        format!("{}{mac}", BASE64URL_NOPAD.encode(&self.0))
    }

    /// `None` for a cookie of another account, and for one that nobody has signed.
    pub(crate) fn from_cookie(cookie: &str, account: &str, keyring: &Keyring) -> Option<Self> {
        let (id, mac) = cookie.split_at_checked(ID_LENGTH)?;
        let id: [u8; 16] = BASE64URL_NOPAD.decode(id.as_bytes()).ok()?.try_into().ok()?;
        keyring
            .has_signed(Purpose::DeviceCookie, &[account.as_bytes(), &id], mac)
            .then_some(Self(id))
    }
}
