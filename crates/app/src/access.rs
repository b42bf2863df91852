//! Who somebody is, and what they may do where: the only ways from a credential to a [`Tenant`].

mod permissions;

use std::time::Duration;

use model::{
    Doc, Id, Timestamp,
    core::{
        Actor, ActorKind, ApiKey, Membership, Organization, Permission, PermissionSet, SystemRole,
        User, UserSession, UserStatus,
    },
    hex,
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use self::permissions::Permissions;
pub(crate) use self::permissions::{all_roles, of_roles, with_inherited};
use crate::{ApiToken, Doors, Error, Result, Tenant, doors::House};

/// What somebody shows to be let in.
#[derive(Clone)]
pub enum Credential {
    /// The token in the cookie of a browser.
    Login(String),
    /// The key of a program.
    ApiKey(String),
}

/// Where a request comes from, for the audit log.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    pub request_id: Option<String>,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
}

/// Who does something, for the audit log.
#[derive(Debug, Clone)]
pub struct By {
    pub(crate) actor: Actor,
    pub(crate) origin: Origin,
}

/// Somebody who is signed in, wherever they may go.
#[derive(Clone)]
pub struct SignedIn {
    pub(crate) house: House,
    pub(crate) session: Doc<UserSession>,
    pub(crate) user: Doc<User>,
    pub(crate) by: By,
}

/// Somebody who may do what they asked for, in one organization.
#[derive(Clone)]
pub struct Member {
    tenant: Tenant,
    by: By,
    permissions: Permissions,
}

/// Somebody who runs the platform and may do what they asked for.
#[derive(Clone)]
pub struct Operator {
    pub(crate) house: House,
    pub(crate) by: By,
}

/// Without a request for so long, a session has ended.
pub(crate) const IDLE: Duration = Duration::from_hours(24 * 7);

/// How exactly the last use of a session or a key is known.
pub(crate) const SEEN: Duration = Duration::from_mins(1);

impl By {
    /// The command line, or the server by itself.
    pub fn system() -> Self {
        Self { actor: Actor { kind: ActorKind::System, id: None }, origin: Origin::default() }
    }

    pub(crate) fn user(user: Id<User>, origin: Origin) -> Self {
        let actor = Actor { kind: ActorKind::User, id: Some(user.object_id()) };
        Self { actor, origin }
    }
}

impl Doors {
    /// For whoever is signed in.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], whatever is wrong with the token.
    pub async fn signed_in(&self, token: &str, origin: Origin) -> Result<SignedIn> {
        SignedIn::open(self.0.clone(), token, origin).await
    }

    /// For whoever may do something in an organization.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; [`Error::NotFound`] for an organization that there is not or
    /// that is none of theirs; [`Error::Forbidden`] without the permission.
    pub async fn member(
        &self,
        credential: &Credential,
        organization: Option<Id<Organization>>,
        permission: Permission,
        origin: Origin,
    ) -> Result<Member> {
        let not_found = || Error::NotFound("organization");
        let (permissions, by) = match credential {
            Credential::Login(token) => {
                let signed_in = self.signed_in(token, origin).await?;
                let permissions = match organization {
                    Some(organization) => signed_in.permissions(organization).await?,
                    None => None,
                };
                (permissions, signed_in.by)
            }
            Credential::ApiKey(text) => {
                let (of, key) = self.api_key(text).await?;
                let actor = Actor { kind: ActorKind::ApiKey, id: Some(key.id.object_id()) };
                let allowed = self.0.scopes(of, &key.body).await?;
                ((organization == Some(of)).then_some(allowed), By { actor, origin })
            }
        };
        let (Some(permissions), Some(organization)) = (permissions, organization) else {
            return Err(not_found());
        };
        if !permissions.allow(permission) {
            return Err(Error::Forbidden(permission));
        }
        Ok(Member { tenant: self.0.tenant(organization), by, permissions })
    }

    /// For whoever runs the platform.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; [`Error::Forbidden`] for everybody else, keys too.
    pub async fn operator(
        &self,
        credential: &Credential,
        permission: Permission,
        origin: Origin,
    ) -> Result<Operator> {
        match credential {
            Credential::Login(token) => {
                let SignedIn { house, user, by, .. } = self.signed_in(token, origin).await?;
                let allowed = user.body.is_platform_admin
                    && permissions::of_system(SystemRole::PlatformAdmin).contains(permission);
                if allowed { Ok(Operator { house, by }) } else { Err(Error::Forbidden(permission)) }
            }
            Credential::ApiKey(text) => {
                self.api_key(text).await?;
                Err(Error::Forbidden(permission))
            }
        }
    }

    async fn api_key(&self, text: &str) -> Result<(Id<Organization>, Doc<ApiKey>)> {
        let unknown = || Error::Unauthenticated;
        let token: ApiToken = text.parse().map_err(|()| unknown())?;
        let tenant = self.0.tenant(token.organization());
        let key = tenant.scoped().get(token.key()).await?.ok_or_else(unknown)?;
        let now = tenant.now();
        if !token.opens(&key.body) || !key.body.is_valid(now) {
            return Err(unknown());
        }
        if key.body.last_used_at.is_none_or(|it| it.plus(SEEN) <= now) {
            let used = ApiKey { last_used_at: Some(now), ..key.body.clone() };
            let mut unit = tenant.scoped().begin(now);
            unit.replace(&key, &used)?;
            // Another request may have said the same, or the key was revoked meanwhile.
            let seen = unit.commit().await;
            tracing::trace!(seen = seen.is_ok(), "the use of an API key");
        }
        Ok((token.organization(), key))
    }
}

impl House {
    /// What a key may do: no more than its scopes, and no more than whoever made it may do now.
    async fn scopes(&self, of: Id<Organization>, key: &ApiKey) -> Result<Permissions> {
        let scopes = key.scopes.iter().copied();
        let Some(maker) = key.created_by_id else { return Ok(Permissions::new(scopes)) };
        let own = self.store.scoped(of);
        let membership = own.get(Membership::id_of(of, maker)).await?;
        let Some(membership) = membership else { return Ok(Permissions::new([])) };
        let held = permissions::of_roles(&own, &membership.body.roles).await?;
        Ok(Permissions::new(scopes.filter(|it| held.contains(*it))))
    }
}

impl SignedIn {
    pub(crate) async fn open(house: House, token: &str, origin: Origin) -> Result<Self> {
        let unknown = || Error::Unauthenticated;
        let hash = hex(&Sha256::digest(token));
        let platform = house.store.platform();
        let now = house.environment.now();
        let session = platform.get(UserSession::id_of(&hash)).await?.ok_or_else(unknown)?;
        let same: bool = session.body.token_hash.as_bytes().ct_eq(hash.as_bytes()).into();
        if !same || !is_alive(&session.body, now) {
            return Err(unknown());
        }
        let user = platform.get(session.body.user_id).await?.ok_or_else(unknown)?;
        if user.body.status != UserStatus::Active {
            return Err(unknown());
        }
        let by = By::user(user.id, origin);
        let signed_in = Self { house, session, user, by };
        signed_in.seen(now).await;
        Ok(signed_in)
    }

    /// Who it is.
    pub fn user(&self) -> &Doc<User> {
        &self.user
    }

    /// On which device.
    pub fn session(&self) -> &Doc<UserSession> {
        &self.session
    }

    /// What they may do in an organization; `None` where they are no member and the platform is
    /// not theirs to run, and where there is no such organization.
    pub async fn permissions(&self, organization: Id<Organization>) -> Result<Option<Permissions>> {
        let scoped = self.house.store.scoped(organization);
        let membership = scoped.get(Membership::id_of(organization, self.user.id)).await?;
        let mut all = match &membership {
            Some(membership) => permissions::of_roles(&scoped, &membership.body.roles).await?,
            None => PermissionSet::default(),
        };
        if self.user.body.is_platform_admin {
            let platform = self.house.store.platform();
            if membership.is_none() && platform.get(organization).await?.is_none() {
                return Ok(None);
            }
            all = all.union(permissions::of_system(SystemRole::PlatformAdmin));
        } else if membership.is_none() {
            return Ok(None);
        }
        Ok(Some(all.into()))
    }

    /// Keeps the session from ending as long as it is used.
    async fn seen(&self, now: Timestamp) {
        if self.session.body.last_seen_at.plus(SEEN) > now {
            return;
        }
        let session = UserSession { last_seen_at: now, ..self.session.body.clone() };
        let mut unit = self.house.store.platform().begin(now);
        let replaced = unit.replace(&self.session, &session);
        // Another request may have said the same, or the session has been ended meanwhile.
        let seen = replaced.is_ok() && unit.commit().await.is_ok();
        tracing::trace!(seen, "the use of a login session");
    }
}

pub(crate) fn is_alive(session: &UserSession, now: Timestamp) -> bool {
    now < session.expires_at && now < session.last_seen_at.plus(IDLE)
}

impl Member {
    /// The organization.
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// What they may do in it, more than what they asked for.
    pub fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    /// Who they are, for the audit log.
    pub fn by(&self) -> &By {
        &self.by
    }
}
