use model::{
    Doc, Timestamp,
    core::{ActorKind, ApiKey, Permission},
};

use crate::{ApiToken, Member, Once, Request, Result, retries::Turn};

/// What makes an API key.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    pub name: String,
    pub scopes: Vec<Permission>,
    pub expires_at: Option<Timestamp>,
}

/// A key with what it is, which is kept nowhere.
pub struct NewKey {
    pub doc: Doc<ApiKey>,
    pub token: ApiToken,
}

impl Member {
    /// Makes a key. What it is, only this answer says.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a scope that the member does not have; as [`Member::create`].
    ///
    /// [`Error::Invalid`]: crate::Error::Invalid
    pub async fn create_api_key(
        &self,
        new: NewApiKey,
        asked: Request<NewKey>,
    ) -> Result<Once<NewKey>> {
        let attempt = match self.turn(asked.retry).await? {
            Turn::First(attempt) => attempt,
            Turn::Before(answer) => return Ok(Once::Before(answer)),
        };
        let id = self.tenant().new_id();
        let token = ApiToken::new(self.tenant().organization(), id);
        let actor = &self.by().actor;
        let key = ApiKey {
            name: new.name,
            prefix: token.prefix(),
            secret_hash: token.hash(),
            scopes: new.scopes,
            expires_at: new.expires_at,
            last_used_at: None,
            created_by_id: match actor.kind {
                ActorKind::User => actor.id.map(model::Id::new),
                _ => None,
            },
            revoked_at: None,
        };
        let made = self.make(id, key, |unit, doc| {
            let made = NewKey { doc: doc.clone(), token: token.clone() };
            attempt.remember_sealed(unit, || (asked.answer)(&made), doc.created_at)
        });
        let made = made.await.map(|doc| NewKey { doc, token });
        attempt.settle(made).await
    }

    /// Ends a key for good, from the next request on.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    ///
    /// [`Error::NotFound`]: crate::Error::NotFound
    pub async fn revoke_api_key(&self, id: model::Id<ApiKey>) -> Result<Doc<ApiKey>> {
        let now = self.tenant().now();
        let revoked = |it: &Doc<ApiKey>| {
            let revoked_at = it.body.revoked_at.or(Some(now));
            Ok(ApiKey { revoked_at, ..it.body.clone() })
        };
        self.change(id, None, revoked).await
    }
}
