use std::time::Duration;

use model::{
    Doc, Id, ObjectId,
    core::{EmailAddress, Membership, MembershipContext, SystemRole, TemporaryLinkType, User},
};
use store::Find;
use zeroize::Zeroizing;

use super::{LoggedIn, check_password, links::NewLink};
use crate::{
    By, Doors, Error, NewOrganization, NewUser, Origin, Result, SystemDoor, audit::Change,
    doors::House,
};

const WITHIN: Duration = Duration::from_hours(24);

/// Who sets a platform up, and their organization when they name one.
pub struct FirstUser {
    pub first_name: String,
    pub last_name: String,
    pub email: EmailAddress,
    pub password: Zeroizing<String>,
    pub organization: Option<NewOrganization>,
}

impl SystemDoor {
    /// A link that makes the first user; `None` when there is one.
    ///
    /// # Errors
    /// [`Error::PublicUrl`].
    pub async fn setup_link(&self) -> Result<Option<String>> {
        let house = &self.0;
        if house.has_users().await? {
            return Ok(None);
        }
        let at = house.environment.now();
        let kind = TemporaryLinkType::PrivilegedAccess;
        let NewLink { id, body, url } = house.new_link(kind, "/account/setup", at.plus(WITHIN))?;
        let mut unit = house.store.platform().begin(at);
        unit.insert(id, &body)?;
        let change = Change::created(id, &body).named("auth.setup_link");
        house.commit(unit, None, &By::system(), change, at).await?;
        Ok(Some(url.to_string()))
    }
}

impl Doors {
    /// Makes the first user, who runs the platform and owns its first organization, and signs them
    /// in.
    ///
    /// # Errors
    /// [`Error::NotALink`], also when there is a user; [`Error::Invalid`], which leaves the link as
    /// it is.
    pub async fn set_up(&self, token: &str, first: FirstUser, origin: Origin) -> Result<LoggedIn> {
        let house = &self.0;
        let link = house.open_link(token, TemporaryLinkType::PrivilegedAccess).await?;
        if house.has_users().await? {
            return Err(Error::NotALink);
        }
        let FirstUser { first_name, last_name, email, password, organization } = first;
        check_password(&password, email.as_str())?;
        let hashed_password = Some(house.gate.passwords.hash(password).await?);
        let is_platform_admin = true;
        let user = NewUser { first_name, last_name, email, hashed_password, is_platform_admin };
        // Of two who set the platform up at once, only one can have it.
        let id = Id::new(ObjectId::of("users:first"));
        let at = house.environment.now();
        let body = user.into_user();
        let mut unit = house.store.platform().begin(at);
        unit.replace(&link, &link.body.used())?;
        unit.insert(id, &body)?;
        if let Some(organization) = organization {
            let context_id = house.environment.new_id();
            unit.insert(context_id, &organization.into_organization())?;
            let membership = Membership {
                user_id: id,
                context_type: MembershipContext::Organization,
                context_id,
                roles: vec![SystemRole::Owner.seeded_id()],
                is_default: true,
            };
            let mut own = house.store.scoped(context_id).begin(at);
            own.insert(Membership::id_of(context_id, id), &membership)?;
            unit.join(own);
        }
        let change = Change::created(id, &body).named("auth.setup");
        let by = By::user(id, origin.clone());
        if !house.try_commit(unit, None, &by, change, at).await? {
            return Err(Error::NotALink);
        }
        let user =
            Doc { id, organization_id: None, version: 1, created_at: at, updated_at: at, body };
        house.welcome(&user, origin).await
    }
}

impl House {
    async fn has_users(&self) -> Result<bool> {
        let (found, _) = self.store.platform().list::<User>(Find::all().limit(1)).await?;
        Ok(!found.is_empty())
    }
}
