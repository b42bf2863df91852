use std::time::Duration;

use model::{
    Doc, Timestamp,
    core::{EmailAddress, User, UserStatus},
};
use store::StoreError;
use zeroize::Zeroizing;

use super::{ATTEMPTS, address};
use crate::{
    Doors, Error, LoginToken, Origin, Result, attempts::KnownDevice, doors::House,
    passwords::Verified, recovery_codes,
};

/// What somebody types to sign in.
pub struct LogIn {
    pub email: String,
    pub password: Zeroizing<String>,
    /// Of the authenticator app, or a recovery code.
    pub code: Option<String>,
    /// The cookie of a device that has signed in before.
    pub device: Option<String>,
}

/// Somebody who has just signed in.
pub struct LoggedIn {
    pub token: LoginToken,
    /// By which the device is known later.
    pub device: String,
}

impl LoggedIn {
    /// However busy it is, a session ends then; the device is known for longer.
    pub const LONGEST: Duration = crate::logins::LONGEST;
}

impl Doors {
    /// Signs somebody in. Takes as long and answers the same for an account that there is not, is
    /// suspended or has no password.
    ///
    /// # Errors
    /// [`Error::WrongCredentials`]; [`Error::SecondFactorRequired`] and [`Error::WrongCode`] when
    /// the password is right; [`Error::TooManyAttempts`].
    pub async fn log_in(&self, with: LogIn, origin: Origin) -> Result<LoggedIn> {
        let house = &self.0;
        let account = with.email.trim().to_lowercase();
        let gate = &house.gate;
        let known = with.device.as_deref();
        let known = known.and_then(|it| KnownDevice::from_cookie(it, &account, &gate.keyring));
        gate.attempts.check(&account, address(&origin), known)?;
        let mut user = house.active_user(&account).await?;
        let stored = user.as_ref().and_then(|it| it.body.hashed_password.clone());
        let verified = gate.passwords.verify(with.password.clone(), stored.clone()).await?;
        let rehashed = match verified {
            Verified::No => return Err(Error::WrongCredentials),
            Verified::Yes => None,
            Verified::NeedsRehash => Some(gate.passwords.hash(with.password).await?),
        };
        for _ in 0..ATTEMPTS {
            let Some(seen) = user.filter(|it| it.body.hashed_password == stored) else { break };
            let at = house.environment.now();
            let mut now = seen.body.clone();
            now.hashed_password = rehashed.clone().or(now.hashed_password);
            let mfa_verified_at = if now.has_second_factor() {
                let code = with.code.as_deref().ok_or(Error::SecondFactorRequired)?;
                house.use_code(&seen, &mut now, code, at)?;
                Some(at)
            } else {
                None
            };
            match house
                .begin_login(&seen, now, mfa_verified_at, known.is_some(), origin.clone())
                .await
            {
                Ok(token) => {
                    let device = known.unwrap_or_else(KnownDevice::new);
                    let device = device.cookie(&account, &gate.keyring);
                    return Ok(LoggedIn { token, device });
                }
                Err(Error::Store(StoreError::Conflict(_))) => {
                    user = house.active_user(&account).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Err(Error::Busy)
    }
}

impl House {
    /// Somebody who has just proved who they are, on a device that was not known before.
    pub(super) async fn welcome(&self, user: &Doc<User>, origin: Origin) -> Result<LoggedIn> {
        let token = self.begin_login(user, user.body.clone(), None, false, origin).await?;
        let device = KnownDevice::new().cookie(user.body.email.as_str(), &self.gate.keyring);
        Ok(LoggedIn { token, device })
    }

    async fn active_user(&self, account: &str) -> Result<Option<Doc<User>>> {
        let Ok(email) = account.parse::<EmailAddress>() else { return Ok(None) };
        let user = self.user_by_email(&email).await?;
        Ok(user.filter(|it| it.body.status == UserStatus::Active))
    }

    /// Takes a code of the authenticator app, or a recovery code, so that it is not taken again.
    pub(super) fn use_code(
        &self,
        seen: &Doc<User>,
        now: &mut User,
        code: &str,
        at: Timestamp,
    ) -> Result<()> {
        if recovery_codes::redeem(code, &mut now.recovery_codes_hashed) {
            return Ok(());
        }
        let step = self.step_of(seen, code, at)?.ok_or(Error::WrongCode)?;
        if let Some(totp) = &mut now.totp {
            totp.last_step = step;
        }
        Ok(())
    }
}
