use model::{
    Doc, Timestamp,
    core::{Totp, User, UserSession},
};
use zeroize::Zeroizing;

use super::ATTEMPTS;
use crate::{
    Error, LoginToken, Result, SignedIn, audit::Change, doors::House, keyring::Field,
    passwords::Verified, recovery_codes, totp::TotpSecret,
};

/// What an authenticator app is set up with.
pub struct NewTotp {
    /// For who types it.
    pub secret: Zeroizing<String>,
    /// For who scans it.
    pub url: Zeroizing<String>,
}

impl SignedIn {
    /// Begins to set up a second factor, which is asked for once a code was shown.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] when there is one.
    pub async fn set_up_totp(&self) -> Result<NewTotp> {
        let secret = TotpSecret::new();
        let sealed = self.house.gate.keyring.seal(totp_of(&self.user), secret.bytes());
        let email = &self.user.body.email;
        let url = secret.url(email.as_str());
        let url = url.map_err(|_| Error::NotAllowed("The address cannot be in an app."))?;
        self.change_user("auth.totp_begin", |user| {
            if user.has_second_factor() {
                return Err(Error::NotAllowed("There is a second factor already."));
            }
            let totp = Totp { secret: sealed.clone(), confirmed_at: None, last_step: 0 };
            Ok(User { totp: Some(totp), ..user.clone() })
        })
        .await?;
        Ok(NewTotp { secret: secret.text(), url })
    }

    /// Ends setting up, with a first code. Answers the recovery codes, which nothing shows again,
    /// and the session's new token; all other sessions are ended.
    ///
    /// # Errors
    /// [`Error::WrongCode`]; [`Error::NotAllowed`] when nothing was begun.
    pub async fn confirm_totp(&self, code: &str) -> Result<(Vec<Zeroizing<String>>, LoginToken)> {
        self.house.guess(&format!("code:{}", self.user.id), &self.by.origin)?;
        let codes = recovery_codes::recovery_codes();
        let hashes: Vec<_> = codes.iter().map(|it| recovery_codes::hash(it)).collect();
        let at = self.house.environment.now();
        let token = self
            .change_credentials("auth.totp_confirm", |seen| {
                let totp = seen.body.totp.clone().filter(|it| it.confirmed_at.is_none());
                let totp = totp.ok_or(Error::NotAllowed("No second factor is being set up."))?;
                let last_step = self.house.step_of(seen, code, at)?.ok_or(Error::WrongCode)?;
                let totp = Totp { confirmed_at: Some(at), last_step, ..totp };
                let recovery_codes_hashed = hashes.clone();
                Ok(User { totp: Some(totp), recovery_codes_hashed, ..seen.body.clone() })
            })
            .await?;
        Ok((codes.into(), token))
    }

    /// Takes the second factor away, or what was begun of it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for another password than theirs.
    pub async fn disable_totp(&self, password: Zeroizing<String>) -> Result<LoginToken> {
        self.verify_password("password", password).await?;
        self.change_credentials("auth.totp_disable", |seen| {
            let recovery_codes_hashed = Vec::new();
            Ok(User { totp: None, recovery_codes_hashed, ..seen.body.clone() })
        })
        .await
    }

    /// That whoever sits at the device is who signed in.
    pub(super) async fn verify_password(
        &self,
        field: &str,
        password: Zeroizing<String>,
    ) -> Result<()> {
        self.house.guess(&format!("password:{}", self.user.id), &self.by.origin)?;
        let stored = self.user.body.hashed_password.clone();
        match self.house.gate.passwords.verify(password, stored).await? {
            Verified::Yes | Verified::NeedsRehash => Ok(()),
            Verified::No => Err(crate::entities::invalid(field, "wrong", "is not your password")),
        }
    }

    /// Changes what the user signs in with: the session goes on under a new token, and all others
    /// are ended.
    pub(super) async fn change_credentials(
        &self,
        action: &str,
        to: impl Fn(&Doc<User>) -> Result<User> + Send + Sync,
    ) -> Result<LoginToken> {
        let house = &self.house;
        for _ in 0..ATTEMPTS {
            let user = house.store.platform().get(self.user.id).await?;
            let user = user.ok_or(Error::Unauthenticated)?;
            let at = house.environment.now();
            let now = to(&user)?;
            let mut unit = house.store.platform().begin(at);
            unit.replace(&user, &now)?;
            let mfa_verified_at = now.has_second_factor().then_some(at);
            let token = LoginToken::new();
            let mut going_on = false;
            for session in house.sessions_of(user.id).await? {
                if session.id == self.session.id {
                    going_on = true;
                    let body = UserSession {
                        token_hash: token.hash(),
                        mfa_verified_at,
                        last_seen_at: at,
                        ..session.body
                    };
                    unit.insert(UserSession::id_of(&body.token_hash), &body)?;
                }
                unit.delete(session.id, session.version);
            }
            if !going_on {
                return Err(Error::Unauthenticated);
            }
            house.password_changed(&mut unit, &user, &now, at)?;
            let change = Change::updated(&user, &now).named(action);
            if house.try_commit(unit, None, &self.by, change, at).await? {
                return Ok(token);
            }
        }
        Err(Error::Busy)
    }
}

impl House {
    /// The step of the authenticator app's code, when it is one that was not used.
    pub(super) fn step_of(
        &self,
        user: &Doc<User>,
        code: &str,
        at: Timestamp,
    ) -> Result<Option<u64>> {
        let Some(totp) = &user.body.totp else { return Ok(None) };
        let opened = self.gate.keyring.open(totp_of(user), &totp.secret);
        let bytes = opened.map_err(|it| Error::Unsealed(it.to_string()))?;
        let secret = TotpSecret::from_bytes(&bytes);
        let secret = secret.ok_or_else(|| Error::Unsealed("it is no secret".to_owned()))?;
        Ok(secret.step_of(code, at, Some(totp.last_step)))
    }
}

fn totp_of(user: &Doc<User>) -> Field {
    Field::of::<User>(None, user.id, "totp")
}
