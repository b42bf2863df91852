use std::time::Duration;

use adapters::mail::{Invitation as InvitationMail, Template};
use model::{
    Doc, Entity, Id, Timestamp,
    core::{
        ActorKind, EmailAddress, EmailRecipient, Membership, MembershipContext, Organization, Role,
        TemporaryLink, TemporaryLinkType, User,
    },
};
use store::{Find, PlatformUnit, Scalar};
use zeroize::Zeroizing;

use super::{
    LoggedIn, check_password,
    links::{NewLink, name},
};
use crate::{
    By, Doors, Error, Member, NewUser, Once, Origin, Request, Result, SignedIn, access::of_roles,
    audit::Change, doors::House, entities::may_give_roles, retries::Turn,
};

const BY_ORGANIZATION: &model::Index = &TemporaryLink::COLLECTION.indexes[2];
const WITHIN: Duration = Duration::from_hours(24 * 7);
const EMAIL: &str = "email";
const ORGANIZATION: &str = "organization";
const ROLES: &str = "roles";

/// An invitation that was not accepted yet.
pub struct Invitation {
    pub id: Id<TemporaryLink>,
    pub email: String,
    pub roles: Vec<Id<Role>>,
    pub expires_at: Timestamp,
}

/// What an invitation's token shows.
pub struct Invited {
    pub organization_name: String,
    pub email: String,
}

/// Somebody who accepts an invitation without having an account.
pub struct NewMember {
    pub first_name: String,
    pub last_name: String,
    pub password: Zeroizing<String>,
}

impl Member {
    /// Invites somebody, in place of an earlier invitation to the same address.
    ///
    /// # Errors
    /// [`Error::Invalid`] for roles that the member cannot give; [`Error::TooManyAttempts`]; as
    /// [`Member::create`].
    pub async fn invite(
        &self,
        email: EmailAddress,
        roles: Vec<Id<Role>>,
        asked: Request<Invitation>,
    ) -> Result<Once<Invitation>> {
        let attempt = match self.turn(asked.retry).await? {
            Turn::First(attempt) => attempt,
            Turn::Before(answer) => return Ok(Once::Before(answer)),
        };
        let remember = |unit: &mut PlatformUnit, made: &Invitation, at| {
            attempt.remember(unit, || (asked.answer)(made), at)
        };
        let invited = self.send_invitation(email, roles, remember).await;
        attempt.settle(invited).await
    }

    async fn send_invitation(
        &self,
        email: EmailAddress,
        roles: Vec<Id<Role>>,
        remember: impl Fn(&mut PlatformUnit, &Invitation, Timestamp) -> Result<()> + Send,
    ) -> Result<Invitation> {
        let (tenant, house) = (self.tenant(), self.tenant().house());
        if roles.is_empty() || roles.len() > 20 {
            return Err(crate::entities::invalid("roles", "length", "must have 1 to 20 roles"));
        }
        for role in &roles {
            let own = tenant.scoped().get(*role).await?.is_some();
            if !own && house.store.platform().get(*role).await?.is_none() {
                return Err(crate::entities::invalid(
                    "roles",
                    "reference",
                    "there is no such role",
                ));
            }
        }
        may_give_roles(self, &roles).await?;
        house.guess(&format!("invite:{}:{email}", tenant.organization()), &self.by().origin)?;
        let at = tenant.now();
        let kind = TemporaryLinkType::Invitation;
        let new = house.new_link(kind, "/account/invitation", at.plus(WITHIN))?;
        let NewLink { id, mut body, url } = new;
        body.organization_id = Some(tenant.organization());
        body.created_by_id = match self.by().actor.kind {
            ActorKind::User => self.by().actor.id.map(Id::new),
            _ => None,
        };
        let ids: Vec<_> = roles.iter().map(ToString::to_string).collect();
        body.metadata.additional_data.insert(EMAIL.to_owned(), email.to_string());
        body.metadata.additional_data.insert(ROLES.to_owned(), ids.join(" "));
        let organization_id = self.tenant().organization().to_string();
        body.metadata.additional_data.insert(ORGANIZATION.to_owned(), organization_id);
        let mut unit = house.store.platform().begin(at);
        for earlier in house.invitations(tenant.organization()).await? {
            if earlier.body.metadata.additional_data.get(EMAIL).map(String::as_str)
                == Some(email.as_str())
            {
                unit.delete::<TemporaryLink>(earlier.id, earlier.version);
            }
        }
        unit.insert(id, &body)?;
        let inviter = match body.created_by_id {
            Some(user) => house.store.platform().get(user).await?.map(|it| it.body.name()),
            None => None,
        };
        let profile = tenant.profile().await?;
        let template = Template::Invitation(InvitationMail {
            inviter: inviter.unwrap_or(profile.body.name),
            link: url,
            valid_for: "7 days".to_owned(),
        });
        let to = EmailRecipient { email, name: None };
        house.mail(&mut unit, Some(tenant.organization()), to, &template, at)?;
        let invitation = shown(id, &body);
        remember(&mut unit, &invitation, at)?;
        let change = Change::created(id, &body).named("memberships.invite");
        house.commit(unit, Some(tenant.organization()), self.by(), change, at).await?;
        Ok(invitation)
    }

    /// Those that can still be accepted, the oldest first.
    pub async fn invitations(&self) -> Result<Vec<Invitation>> {
        let now = self.tenant().now();
        let all = self.tenant().house().invitations(self.tenant().organization()).await?;
        let pending = all.iter().filter(|it| it.body.opens(TemporaryLinkType::Invitation, now));
        Ok(pending.map(|it| shown(it.id, &it.body)).collect())
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn revoke_invitation(&self, id: Id<TemporaryLink>) -> Result<()> {
        let house = self.tenant().house();
        let organization = Some(self.tenant().organization());
        let link = house.store.platform().get(id).await?.filter(|it| {
            it.body.organization_id == organization
                && it.body.opens(TemporaryLinkType::Invitation, self.tenant().now())
        });
        let link = link.ok_or(Error::NotFound("invitation"))?;
        let at = self.tenant().now();
        let mut unit = house.store.platform().begin(at);
        unit.delete::<TemporaryLink>(link.id, link.version);
        let change = Change::deleted(&link).named("memberships.revoke_invitation");
        let revoked = house.try_commit(unit, organization, self.by(), change, at).await?;
        if revoked { Ok(()) } else { Err(Error::NotFound("invitation")) }
    }
}

impl Doors {
    /// What an invitation is about. Whether the address has an account is not told.
    ///
    /// # Errors
    /// [`Error::NotALink`].
    pub async fn invited(&self, token: &str) -> Result<Invited> {
        let link = self.0.open_link(token, TemporaryLinkType::Invitation).await?;
        let organization = link.body.organization_id.ok_or(Error::NotALink)?;
        let found = self.0.store.platform().get(organization).await?;
        let organization_name = found.ok_or(Error::NotALink)?.body.name;
        Ok(Invited { organization_name, email: shown(link.id, &link.body).email })
    }

    /// Accepts an invitation with a new account, and signs in to it.
    ///
    /// # Errors
    /// [`Error::NotALink`]; [`Error::NotAllowed`] when the address has an account, which stays as
    /// it is; [`Error::Invalid`].
    pub async fn join(&self, token: &str, new: NewMember, origin: Origin) -> Result<LoggedIn> {
        let house = &self.0;
        let link = house.open_link(token, TemporaryLinkType::Invitation).await?;
        let email: Result<EmailAddress, _> = shown(link.id, &link.body).email.parse();
        let email = email.map_err(|_| Error::NotALink)?;
        let exists = Error::NotAllowed("This address has an account: sign in to it, then accept.");
        if house.user_by_email(&email).await?.is_some() {
            return Err(exists);
        }
        let NewMember { first_name, last_name, password } = new;
        check_password(&password, email.as_str())?;
        let hashed_password = Some(house.gate.passwords.hash(password).await?);
        let is_platform_admin = false;
        let user = NewUser { first_name, last_name, email, hashed_password, is_platform_admin };
        let (id, at) = (house.environment.new_id(), house.environment.now());
        let body = User { email_verified_at: Some(at), ..user.into_user() };
        let mut unit = house.store.platform().begin(at);
        unit.insert(id, &body)?;
        let by = By::user(id, origin.clone());
        match house.accept(unit, &link, id, true, &by, at).await {
            Err(Error::Duplicate { field: "email", .. }) => return Err(exists),
            accepted => accepted?,
        }
        let user =
            Doc { id, organization_id: None, version: 1, created_at: at, updated_at: at, body };
        house.welcome(&user, origin).await
    }
}

impl SignedIn {
    /// Accepts an invitation to their address.
    ///
    /// # Errors
    /// [`Error::NotALink`]; [`Error::NotAllowed`] for one to another address, and when they are a
    /// member already.
    pub async fn accept_invitation(&self, token: &str) -> Result<Id<Organization>> {
        let house = &self.house;
        let link = house.open_link(token, TemporaryLinkType::Invitation).await?;
        let organization = link.body.organization_id.ok_or(Error::NotALink)?;
        if shown(link.id, &link.body).email != self.user.body.email.as_str() {
            return Err(Error::NotAllowed("The invitation is for another address."));
        }
        let id = Membership::id_of(organization, self.user.id);
        if house.store.scoped(organization).get(id).await?.is_some() {
            return Err(Error::NotAllowed("You are a member already."));
        }
        let at = house.environment.now();
        let is_default = house.organizations_of(self.user.id).await?.is_empty();
        let unit = house.store.platform().begin(at);
        house.accept(unit, &link, self.user.id, is_default, &self.by, at).await?;
        Ok(organization)
    }
}

impl House {
    /// Uses the link and makes the membership, with whatever else the unit has.
    async fn accept(
        &self,
        mut unit: PlatformUnit,
        link: &Doc<TemporaryLink>,
        user: Id<User>,
        is_default: bool,
        by: &By,
        at: Timestamp,
    ) -> Result<()> {
        let organization = link.body.organization_id.ok_or(Error::NotALink)?;
        if !self.may_still_invite(organization, &link.body).await? {
            return Err(Error::NotALink);
        }
        let membership = Membership {
            user_id: user,
            context_type: MembershipContext::Organization,
            context_id: organization,
            roles: shown(link.id, &link.body).roles,
            is_default,
        };
        let id = Membership::id_of(organization, user);
        unit.replace(link, &link.body.used())?;
        let mut own = self.store.scoped(organization).begin(at);
        own.insert(id, &membership)?;
        unit.join(own);
        let change = Change::created(id, &membership).named("memberships.accept");
        let accepted = self.try_commit(unit, Some(organization), by, change, at).await?;
        if accepted { Ok(()) } else { Err(Error::NotALink) }
    }

    /// Whoever invited may have left, or lost what they gave.
    async fn may_still_invite(
        &self,
        organization: Id<Organization>,
        link: &TemporaryLink,
    ) -> Result<bool> {
        let Some(inviter) = link.created_by_id else { return Ok(true) };
        let scoped = self.store.scoped(organization);
        let membership = scoped.get(Membership::id_of(organization, inviter)).await?;
        let Some(membership) = membership else { return Ok(false) };
        let held = of_roles(&scoped, &membership.body.roles).await?;
        let given = of_roles(&scoped, &roles(link)).await?;
        Ok(given.difference(held).is_empty())
    }

    /// All that were made in an organization, accepted or not.
    async fn invitations(&self, organization: Id<Organization>) -> Result<Vec<Doc<TemporaryLink>>> {
        let of = [organization.to_string(), name(TemporaryLinkType::Invitation)];
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let find = Find::by(BY_ORGANIZATION, of.clone().map(Scalar::Text)).after(after);
            let (page, next) = self.store.platform().list(find).await?;
            all.extend(page);
            after = next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }
}

fn shown(id: Id<TemporaryLink>, link: &TemporaryLink) -> Invitation {
    let email = text(link, EMAIL);
    Invitation { id, email, roles: roles(link), expires_at: link.expires_at }
}

fn roles(link: &TemporaryLink) -> Vec<Id<Role>> {
    text(link, ROLES).split_whitespace().filter_map(|it| it.parse().ok()).collect()
}

fn text(link: &TemporaryLink, name: &str) -> String {
    link.metadata.additional_data.get(name).cloned().unwrap_or_default()
}
