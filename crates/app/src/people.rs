use model::{
    Doc, Entity, Id, LookupKind,
    core::{EmailAddress, Membership, MembershipContext, Organization, Role, User, UserStatus},
};
use store::{Find, Scalar, StoreError};

use crate::{
    By, Error, Member, Result, SystemDoor, access::Origin, audit::Change, doors::House,
    logins::LoginToken,
};

/// What makes a user.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub first_name: String,
    pub last_name: String,
    pub email: EmailAddress,
    /// Hashed already; without one they cannot sign in until they choose one.
    pub hashed_password: Option<String>,
    pub is_platform_admin: bool,
}

const BY_EMAIL: &model::Index = &User::COLLECTION.indexes[0];

impl SystemDoor {
    /// Makes a user.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when there is one with the address, [`Error::Invalid`].
    pub async fn create_user(&self, new: NewUser) -> Result<Id<User>> {
        self.0.create_user(new, &By::system()).await
    }

    /// The user with an address.
    pub async fn find_user(&self, email: &EmailAddress) -> Result<Option<Doc<User>>> {
        self.0.user_by_email(email).await
    }

    /// Makes a user a member of an organization.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when they are one already, [`Error::Invalid`] for a role that there is
    /// not.
    pub async fn add_member(
        &self,
        organization: Id<Organization>,
        user: Id<User>,
        roles: Vec<Id<Role>>,
    ) -> Result<Id<Membership>> {
        self.0.add_member(organization, user, roles, &By::system()).await
    }

    /// Signs somebody in without their password.
    pub async fn log_in(&self, user: Id<User>) -> Result<LoginToken> {
        let user = self.0.store.platform().get(user).await?.ok_or(Error::NotFound("user"))?;
        self.0.begin_login(&user, user.body.clone(), None, true, Origin::default()).await
    }
}

impl Member {
    /// The users behind the organization's memberships.
    ///
    /// # Errors
    /// What the store says.
    pub async fn users(&self) -> Result<Vec<Doc<User>>> {
        let platform = self.tenant().house().store.platform();
        let (mut users, mut after) = (Vec::new(), None);
        loop {
            let find = Find::<Membership>::all().after(after);
            let (page, next) = self.tenant().scoped().list(find).await?;
            for membership in page {
                users.extend(platform.get(membership.body.user_id).await?);
            }
            after = next;
            if after.is_none() {
                return Ok(users);
            }
        }
    }

    /// One of them.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever is no member.
    pub async fn user(&self, id: Id<User>) -> Result<Doc<User>> {
        let tenant = self.tenant();
        let membership = Membership::id_of(tenant.organization(), id);
        let not_found = || Error::NotFound(User::COLLECTION.label);
        tenant.scoped().get(membership).await?.ok_or_else(not_found)?;
        tenant.house().store.platform().get(id).await?.ok_or_else(not_found)
    }
}

impl House {
    pub(crate) async fn user_by_email(&self, email: &EmailAddress) -> Result<Option<Doc<User>>> {
        let email = Scalar::Text(email.to_string());
        let (found, _) = self.store.platform().list(Find::by(BY_EMAIL, [email]).limit(1)).await?;
        Ok(found.into_iter().next())
    }

    pub(crate) async fn create_user(&self, new: NewUser, by: &By) -> Result<Id<User>> {
        let (id, at) = (self.environment.new_id(), self.environment.now());
        let user = new.into_user();
        let mut unit = self.store.platform().begin(at);
        unit.insert(id, &user)?;
        self.commit(unit, None, by, Change::created(id, &user), at).await?;
        Ok(id)
    }

    pub(crate) async fn add_member(
        &self,
        organization: Id<Organization>,
        user: Id<User>,
        roles: Vec<Id<Role>>,
        by: &By,
    ) -> Result<Id<Membership>> {
        let at = self.environment.now();
        let is_default = self.organizations_of(user).await?.is_empty();
        let id = Membership::id_of(organization, user);
        let membership = Membership {
            user_id: user,
            context_type: MembershipContext::Organization,
            context_id: organization,
            roles,
            is_default,
        };
        let mut own = self.store.scoped(organization).begin(at);
        own.insert(id, &membership)?;
        let mut unit = self.store.platform().begin(at);
        unit.join(own);
        let change = Change::created(id, &membership);
        self.commit(unit, Some(organization), by, change, at).await.map_err(
            |error| match error {
                Error::Store(StoreError::Conflict(key)) if key.id == id.object_id() => {
                    Error::Duplicate { label: Membership::COLLECTION.label, field: "user_id" }
                }
                other => other,
            },
        )?;
        Ok(id)
    }

    /// Where a user is a member.
    pub(crate) async fn organizations_of(&self, user: Id<User>) -> Result<Vec<Id<Organization>>> {
        let prefix = Membership::lookup_prefix(user);
        let lookups = self.store.platform().lookups(LookupKind::Membership, &prefix).await?;
        Ok(lookups.into_iter().map(|it| it.organization_id).collect())
    }
}

impl NewUser {
    pub(crate) fn into_user(self) -> User {
        let can_sign_in = self.hashed_password.is_some();
        User {
            first_name: self.first_name,
            last_name: self.last_name,
            email: self.email,
            hashed_password: self.hashed_password,
            avatar_file: None,
            email_verified_at: None,
            totp: None,
            recovery_codes_hashed: Vec::new(),
            locale: None,
            status: if can_sign_in { UserStatus::Active } else { UserStatus::Invited },
            last_login_at: None,
            is_platform_admin: self.is_platform_admin,
        }
    }
}
