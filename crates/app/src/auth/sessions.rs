use model::{
    Doc, Entity, Id,
    core::{Organization, User, UserSession},
};
use store::{Find, Scalar};

use super::ATTEMPTS;
use crate::{
    Doors, Error, LoginToken, Origin, Result, SignedIn, access::is_alive, audit::Change,
    doors::House,
};

const BY_USER: &model::Index = &UserSession::COLLECTION.indexes[1];

impl Doors {
    /// Ends the session that a token opens, if it opens one.
    pub async fn log_out(&self, token: &str, origin: Origin) -> Result<()> {
        match self.signed_in(token, origin).await {
            Ok(signed_in) => signed_in.log_out().await,
            Err(Error::Unauthenticated) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl SignedIn {
    /// Where they are signed in, the oldest first.
    pub async fn sessions(&self) -> Result<Vec<Doc<UserSession>>> {
        let now = self.house.environment.now();
        let all = self.house.sessions_of(self.user.id).await?;
        Ok(all.into_iter().filter(|it| is_alive(&it.body, now)).collect())
    }

    /// Ends this session, from the next request on.
    pub async fn log_out(&self) -> Result<()> {
        match self.end_sessions("auth.logout", |it| it == self.session.id).await {
            Err(Error::NotFound(_)) => Ok(()),
            ended => ended,
        }
    }

    /// Ends one of their sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for somebody else's.
    pub async fn end_session(&self, id: Id<UserSession>) -> Result<()> {
        self.end_sessions("auth.end_session", |it| it == id).await
    }

    /// Ends all but this one.
    pub async fn end_other_sessions(&self) -> Result<()> {
        match self.end_sessions("auth.end_other_sessions", |it| it != self.session.id).await {
            Err(Error::NotFound(_)) => Ok(()),
            ended => ended,
        }
    }

    async fn end_sessions(
        &self,
        action: &str,
        which: impl Fn(Id<UserSession>) -> bool,
    ) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let at = self.house.environment.now();
            let mut ending = self.house.sessions_of(self.user.id).await?;
            ending.retain(|it| which(it.id));
            if ending.is_empty() {
                return Err(Error::NotFound(UserSession::COLLECTION.label));
            }
            let mut unit = self.house.store.platform().begin(at);
            for session in &ending {
                unit.delete(session.id, session.version);
            }
            let change = Change::event(action).about(self.user.id);
            if self.house.try_commit(unit, None, &self.by, change, at).await? {
                return Ok(());
            }
        }
        Err(Error::Busy)
    }

    /// Goes to another of their organizations, under a new token.
    ///
    /// # Errors
    /// [`Error::NotFound`] for one that is none of theirs.
    pub async fn switch_organization(&self, to: Id<Organization>) -> Result<LoginToken> {
        if self.permissions(to).await?.is_none() {
            return Err(Error::NotFound(Organization::COLLECTION.label));
        }
        let platform = self.house.store.platform();
        for _ in 0..ATTEMPTS {
            let session = platform.get(self.session.id).await?.ok_or(Error::Unauthenticated)?;
            let at = self.house.environment.now();
            let token = LoginToken::new();
            let body = UserSession {
                token_hash: token.hash(),
                active_organization_id: Some(to),
                last_seen_at: at,
                ..session.body
            };
            let mut unit = platform.begin(at);
            unit.delete(session.id, session.version);
            unit.insert(UserSession::id_of(&body.token_hash), &body)?;
            let change = Change::event("auth.switch_organization").about(to);
            if self.house.try_commit(unit, None, &self.by, change, at).await? {
                return Ok(token);
            }
        }
        Err(Error::Busy)
    }
}

impl House {
    pub(super) async fn sessions_of(&self, user: Id<User>) -> Result<Vec<Doc<UserSession>>> {
        let user = Scalar::Text(user.to_string());
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let find = Find::by(BY_USER, [user.clone()]).after(after);
            let (page, next) = self.store.platform().list(find).await?;
            all.extend(page);
            after = next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }
}
