use model::{
    Doc, Timestamp,
    core::{ActorKind, ApiKey, Permission},
};

use crate::{ApiToken, Created, Creation, Error, Member, Result};

/// What makes an API key.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    pub name: String,
    pub scopes: Vec<Permission>,
    pub expires_at: Option<Timestamp>,
}

impl Member {
    /// Makes a key. What it is, only this answer says.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a scope that the member does not have.
    pub async fn create_api_key(&self, new: NewApiKey) -> Result<(Doc<ApiKey>, ApiToken)> {
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
        let creation = Creation { body: key, retry: None };
        match self.create_as(id, creation, |_| String::new()).await? {
            Created::New(doc) => Ok((doc, token)),
            Created::Before(_) => Err(Error::Busy),
        }
    }

    /// Ends a key for good, from the next request on.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn revoke_api_key(&self, id: model::Id<ApiKey>) -> Result<Doc<ApiKey>> {
        let now = self.tenant().now();
        let revoked = |it: &Doc<ApiKey>| {
            let revoked_at = it.body.revoked_at.or(Some(now));
            Ok(ApiKey { revoked_at, ..it.body.clone() })
        };
        self.change(id, None, revoked).await
    }
}
