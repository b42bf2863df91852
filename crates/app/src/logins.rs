use std::{fmt, time::Duration};

use model::{
    Doc, Id, Timestamp,
    core::{Organization, User, UserSession},
    hex,
};
use sha2::{Digest, Sha256};

use crate::{By, Origin, Result, audit::Change, doors::House, environment::random};

/// What the cookie of a login session holds: 256 random bits, of which only the hash is stored.
#[derive(Clone)]
pub struct LoginToken(String);

/// However busy it is, a session ends then.
pub(crate) const LONGEST: Duration = Duration::from_hours(24 * 30);

impl LoginToken {
    pub(crate) fn new() -> Self {
        Self(format!("wbl_{}", hex(&random::<32>())))
    }

    pub(crate) fn hash(&self) -> String {
        hex(&Sha256::digest(&self.0))
    }

    /// For the cookie.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LoginToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginToken(…)")
    }
}

impl House {
    /// Signs a user in, with what this changes of them, in the organization where they are by
    /// default. They are told of a device that was not known, but not at the first sign-in.
    pub(crate) async fn begin_login(
        &self,
        seen: &Doc<User>,
        now: User,
        mfa_verified_at: Option<Timestamp>,
        is_known_device: bool,
        origin: Origin,
    ) -> Result<LoginToken> {
        let at = self.environment.now();
        let token = LoginToken::new();
        let session = UserSession {
            user_id: seen.id,
            token_hash: token.hash(),
            active_organization_id: self.default_organization(seen.id).await?,
            last_seen_at: at,
            expires_at: at.plus(LONGEST),
            ip: origin.ip.clone(),
            user_agent: origin.user_agent.clone(),
            mfa_verified_at,
        };
        let id = UserSession::id_of(&session.token_hash);
        let mut unit = self.store.platform().begin(at);
        unit.insert(id, &session)?;
        if !is_known_device && seen.body.last_login_at.is_some() {
            self.tell_of_sign_in(&mut unit, &now, &origin, at)?;
        }
        unit.replace(seen, &User { last_login_at: Some(at), ..now })?;
        let change = Change::event("auth.login").about(seen.id);
        self.commit(unit, None, &By::user(seen.id, origin), change, at).await?;
        Ok(token)
    }

    async fn default_organization(&self, user: Id<User>) -> Result<Option<Id<Organization>>> {
        let all = self.organizations_of(user).await?;
        for organization in &all {
            let id = model::core::Membership::id_of(*organization, user);
            let found = self.store.scoped(*organization).get(id).await?;
            if found.is_some_and(|it| it.body.is_default) {
                return Ok(Some(*organization));
            }
        }
        Ok(all.into_iter().next())
    }
}
