use std::fmt;

use data_encoding::BASE32_NOPAD;
use model::Timestamp;
use totp_rs::{Builder, Totp, TotpError};
use zeroize::Zeroizing;

use crate::environment::random;

/// What an authenticator app and the server share: codes of 6 digits, each for 30 seconds.
pub(crate) struct TotpSecret(Zeroizing<[u8; 20]>);

impl TotpSecret {
    pub(crate) fn new() -> Self {
        Self(Zeroizing::new(random()))
    }

    /// `None` for another number of bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|it| Self(Zeroizing::new(it)))
    }

    /// As they are sealed and stored.
    pub(crate) fn bytes(&self) -> &[u8] {
        &*self.0
    }

    /// For who types it: base32.
    pub(crate) fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&*self.0))
    }

    /// For who scans it, as a QR code.
    ///
    /// # Errors
    /// When `email` has a colon, or is empty.
    pub(crate) fn url(&self, email: &str) -> Result<Zeroizing<String>, TotpError> {
        let named = self.builder().with_issuer(Some("Wrkbelt")).with_account_name(email).build()?;
        named.to_url().map(Zeroizing::new)
    }

    /// The step that a code is for: this one, the one before or the one after, later than
    /// `last_step`, which was used already. `None` for any other code.
    pub(crate) fn step_of(
        &self,
        code: &str,
        now: Timestamp,
        last_step: Option<u64>,
    ) -> Option<u64> {
        let code = Zeroizing::new(code.split_whitespace().collect::<String>());
        let seconds = u64::try_from(now.millis() / 1_000).ok()?;
        let step = self.totp().check(&code, seconds)?;
        last_step.is_none_or(|it| it < step).then_some(step)
    }

    fn totp(&self) -> Totp {
        self.builder().build_noncompliant()
    }

    fn builder(&self) -> Builder {
        Builder::new().with_secret(*self.0)
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

#[cfg(test)]
mod tests;
