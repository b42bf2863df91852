use std::time::Duration;

use adapters::mail::Link;
use model::{
    Doc, Entity, Id, Timestamp,
    core::{LinkMetadata, TemporaryLink, TemporaryLinkType, User},
};
use store::{Find, PlatformUnit, Scalar};

use crate::{Error, Result, doors::House, secret_token::SecretToken};

const BY_USER: &model::Index = &TemporaryLink::COLLECTION.indexes[3];

/// A link that nobody has yet.
pub(super) struct NewLink {
    pub(super) id: Id<TemporaryLink>,
    pub(super) body: TemporaryLink,
    /// With the token behind `#`, which browsers send to nobody.
    pub(super) url: Link,
}

impl House {
    /// A link that is used once, on a page of this server, to be added to a unit.
    pub(super) fn new_link(
        &self,
        link_type: TemporaryLinkType,
        page: &str,
        expires_at: Timestamp,
    ) -> Result<NewLink> {
        let token = SecretToken::new();
        let token_hash = token.hash();
        let body = TemporaryLink {
            link_type,
            target_url: page.to_owned(),
            token_hash: token_hash.clone(),
            expires_at,
            is_used: false,
            max_uses: 1,
            current_uses: 0,
            metadata: LinkMetadata::default(),
            user_id: None,
            organization_id: None,
            created_by_id: None,
        };
        let url = self.link(&format!("{page}#token={token}"))?;
        Ok(NewLink { id: TemporaryLink::id_of(&token_hash), body, url })
    }

    /// The link that a token opens, which uses nothing up.
    ///
    /// # Errors
    /// [`Error::NotALink`], whatever is wrong with it.
    pub(super) async fn open_link(
        &self,
        token: &str,
        link_type: TemporaryLinkType,
    ) -> Result<Doc<TemporaryLink>> {
        let token: SecretToken = token.parse().map_err(|()| Error::NotALink)?;
        let id = TemporaryLink::id_of(&token.hash());
        let found = self.store.platform().get(id).await?.ok_or(Error::NotALink)?;
        let now = self.environment.now();
        let opens = token.has_hash(&found.body.token_hash) && found.body.opens(link_type, now);
        if opens { Ok(found) } else { Err(Error::NotALink) }
    }

    /// A link for a user, in place of those of its kind that they had.
    pub(super) async fn link_for(
        &self,
        unit: &mut PlatformUnit,
        user: Id<User>,
        (link_type, page): (TemporaryLinkType, &str),
        (at, valid_for): (Timestamp, Duration),
    ) -> Result<Link> {
        let of = [Scalar::Text(user.to_string()), Scalar::Text(name(link_type))];
        let (before, _) = self.store.platform().list(Find::by(BY_USER, of)).await?;
        for link in before {
            unit.delete::<TemporaryLink>(link.id, link.version);
        }
        let NewLink { id, body, url } = self.new_link(link_type, page, at.plus(valid_for))?;
        unit.insert(id, &TemporaryLink { user_id: Some(user), ..body })?;
        Ok(url)
    }
}

/// As it is stored.
pub(super) fn name(link_type: TemporaryLinkType) -> String {
    let name = serde_json::to_value(link_type).ok();
    name.and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
}
