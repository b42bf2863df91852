use std::time::Duration;

use adapters::mail::{EmailVerification, PasswordChanged, PasswordReset, Template};
use model::{
    Doc, Id, Timestamp,
    core::{EmailAddress, Job, JobKind, TemporaryLink, TemporaryLinkType, User, UserStatus},
};
use store::{PlatformUnit, StoreError};
use zeroize::Zeroizing;

use super::{ATTEMPTS, check_password, in_words, links::NewLink, recipient};
use crate::{
    By, Doors, Error, LoginToken, Once, Origin, Result, Retry, SignedIn, SystemDoor,
    audit::Change,
    doors::House,
    retries::{Attempt, Turn},
};

const RESET: (TemporaryLinkType, &str) = (TemporaryLinkType::ResetPassword, "/account/reset");
/// Of a link that was asked for: the name under which it keeps who asked.
const ADDRESS: &str = "email";
const RESET_WITHIN: Duration = Duration::from_hours(1);
const FIRST_PASSWORD_WITHIN: Duration = Duration::from_hours(24);
const VERIFY: (TemporaryLinkType, &str) = (TemporaryLinkType::EmailVerification, "/account/verify");
const VERIFY_WITHIN: Duration = Duration::from_hours(24);

impl SignedIn {
    /// Another password. The session goes on under a new token, and all others are ended.
    ///
    /// # Errors
    /// [`Error::Invalid`] for another password than theirs, and for one that is no good.
    pub async fn change_password(
        &self,
        old: Zeroizing<String>,
        new: Zeroizing<String>,
    ) -> Result<LoginToken> {
        check_password(&new, self.user.body.email.as_str())?;
        self.verify_password("old_password", old).await?;
        let hashed = Some(self.house.gate.passwords.hash(new).await?);
        let verified = &self.user.body.hashed_password;
        self.change_credentials("auth.password_change", |seen| {
            if seen.body.hashed_password != *verified {
                return Err(Error::Changed { current: seen.version });
            }
            Ok(User { hashed_password: hashed.clone(), ..seen.body.clone() })
        })
        .await
    }

    /// Has a link sent that shows that their address is theirs.
    ///
    /// # Errors
    /// [`Error::TooManyAttempts`]; as [`Member::create`].
    ///
    /// [`Member::create`]: crate::Member::create
    pub async fn send_verification(&self, retry: Option<Retry>) -> Result<Once<()>> {
        let attempt = match self.house.turn(&self.by, None, retry).await? {
            Turn::First(attempt) => attempt,
            Turn::Before(answer) => return Ok(Once::Before(answer)),
        };
        let sent = self.send_verification_once(&attempt).await;
        attempt.settle(sent).await
    }

    async fn send_verification_once(&self, attempt: &Attempt) -> Result<()> {
        let (house, user) = (&self.house, &self.user);
        house.guess(&format!("verification:{}", user.id), &self.by.origin)?;
        let at = house.environment.now();
        let mut unit = house.store.platform().begin(at);
        let link = house.link_for(&mut unit, user.id, VERIFY, (at, VERIFY_WITHIN)).await?;
        let template = Template::EmailVerification(EmailVerification {
            first_name: user.body.first_name.clone(),
            link,
            valid_for: "24 hours".to_owned(),
        });
        house.mail(&mut unit, None, recipient(&user.body), &template, at)?;
        attempt.remember(&mut unit, String::new, at)?;
        let change = Change::event("auth.email_verification").about(user.id);
        house.commit(unit, None, &self.by, change, at).await
    }
}

impl Doors {
    /// Has a link sent with which another password can be chosen. Whether there is such an account
    /// is looked up by a job: what is done here, and how long it takes, is the same for all.
    ///
    /// # Errors
    /// [`Error::TooManyAttempts`].
    pub async fn forgot_password(&self, email: &EmailAddress, origin: Origin) -> Result<()> {
        let house = &self.0;
        house.guess(&format!("forgot:{email}"), &origin)?;
        let at = house.environment.now();
        let (link_type, page) = RESET;
        let NewLink { id, mut body, .. } =
            house.new_link(link_type, page, at.plus(RESET_WITHIN))?;
        body.metadata.additional_data.insert(ADDRESS.to_owned(), email.to_string());
        let job = Job {
            kind: JobKind::SendPasswordReset,
            organization_id: None,
            target_id: id.object_id(),
            due_at: at,
            attempts: 0,
        };
        let mut unit = house.store.platform().begin(at);
        unit.insert(id, &body)?;
        unit.insert(house.environment.new_id(), &job)?;
        let change = Change::event("auth.password_forgot").telling(ADDRESS, email.as_str());
        let by = By { origin, ..By::system() };
        house.commit(unit, None, &by, change, at).await
    }

    /// Sets the password that a link was asked for. The second factor stays; all sessions end.
    ///
    /// # Errors
    /// [`Error::NotALink`]; [`Error::Invalid`] for a password that is no good, which leaves the
    /// link as it is.
    pub async fn reset_password(
        &self,
        token: &str,
        password: Zeroizing<String>,
        origin: Origin,
    ) -> Result<()> {
        let house = &self.0;
        let platform = house.store.platform();
        let mut hashed = None;
        for _ in 0..ATTEMPTS {
            let link = house.open_link(token, TemporaryLinkType::ResetPassword).await?;
            let id = link.body.user_id.ok_or(Error::NotALink)?;
            let user = platform.get(id).await?.ok_or(Error::NotALink)?;
            if user.body.status == UserStatus::Suspended {
                return Err(Error::NotALink);
            }
            if hashed.is_none() {
                check_password(&password, user.body.email.as_str())?;
                hashed = Some(house.gate.passwords.hash(password.clone()).await?);
            }
            let at = house.environment.now();
            let now = User {
                hashed_password: hashed.clone(),
                status: UserStatus::Active,
                email_verified_at: user.body.email_verified_at.or(Some(at)),
                ..user.body.clone()
            };
            let mut unit = platform.begin(at);
            unit.replace(&link, &link.body.used())?;
            unit.replace(&user, &now)?;
            for session in house.sessions_of(id).await? {
                unit.delete(session.id, session.version);
            }
            house.password_changed(&mut unit, &user, &now, at)?;
            let change = Change::updated(&user, &now).named("auth.password_reset");
            let by = By::user(id, origin.clone());
            if house.try_commit(unit, None, &by, change, at).await? {
                return Ok(());
            }
        }
        Err(Error::Busy)
    }

    /// Takes it as shown that an address is its user's.
    ///
    /// # Errors
    /// [`Error::NotALink`].
    pub async fn verify_email(&self, token: &str, origin: Origin) -> Result<()> {
        let house = &self.0;
        let platform = house.store.platform();
        for _ in 0..ATTEMPTS {
            let link = house.open_link(token, TemporaryLinkType::EmailVerification).await?;
            let id = link.body.user_id.ok_or(Error::NotALink)?;
            let user = platform.get(id).await?.ok_or(Error::NotALink)?;
            let at = house.environment.now();
            let now = User { email_verified_at: Some(at), ..user.body.clone() };
            let mut unit = platform.begin(at);
            unit.replace(&link, &link.body.used())?;
            unit.replace(&user, &now)?;
            let change = Change::updated(&user, &now).named("auth.email_verify");
            let by = By::user(id, origin.clone());
            if house.try_commit(unit, None, &by, change, at).await? {
                return Ok(());
            }
        }
        Err(Error::Busy)
    }
}

impl SystemDoor {
    /// A link with which a user chooses a password, within a day.
    ///
    /// # Errors
    /// [`Error::PublicUrl`].
    pub async fn first_password_link(&self, user: Id<User>) -> Result<String> {
        let house = &self.0;
        let at = house.environment.now();
        let mut unit = house.store.platform().begin(at);
        let link = house.link_for(&mut unit, user, RESET, (at, FIRST_PASSWORD_WITHIN)).await?;
        let change = Change::event("auth.password_link").about(user);
        house.commit(unit, None, &By::system(), change, at).await?;
        Ok(link.to_string())
    }

    /// What is stored of a password.
    ///
    /// # Errors
    /// [`Error::Invalid`] for one that is no good.
    pub async fn hash_password(
        &self,
        password: Zeroizing<String>,
        email: &EmailAddress,
    ) -> Result<String> {
        check_password(&password, email.as_str())?;
        Ok(self.0.gate.passwords.hash(password).await?)
    }
}

impl House {
    /// Sends whoever has the address of a link that nobody has one of their own in its place.
    pub(crate) async fn send_password_reset(&self, asked: Id<TemporaryLink>) -> Result<()> {
        let platform = self.store.platform();
        for _ in 0..ATTEMPTS {
            let Some(asked) = platform.get(asked).await? else { return Ok(()) };
            let at = self.environment.now();
            let mut unit = platform.begin(at);
            unit.delete(asked.id, asked.version);
            let address = asked.body.metadata.additional_data.get(ADDRESS);
            let user = match address.and_then(|it| it.parse().ok()) {
                Some(email) => self.user_by_email(&email).await?,
                None => None,
            };
            if let Some(user) = user.filter(|it| it.body.status != UserStatus::Suspended) {
                let link = self.link_for(&mut unit, user.id, RESET, (at, RESET_WITHIN)).await?;
                let template = Template::PasswordReset(PasswordReset {
                    first_name: user.body.first_name.clone(),
                    link,
                    valid_for: "1 hour".to_owned(),
                });
                self.mail(&mut unit, None, recipient(&user.body), &template, at)?;
            }
            match unit.commit().await {
                Ok(()) => return Ok(()),
                // Another request for the same address had its link sent meanwhile.
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Busy)
    }

    /// Tells the owner of an account when its password was changed; a first one is no news.
    pub(super) fn password_changed(
        &self,
        unit: &mut PlatformUnit,
        before: &Doc<User>,
        now: &User,
        at: Timestamp,
    ) -> Result<()> {
        if before.body.hashed_password.is_none()
            || before.body.hashed_password == now.hashed_password
        {
            return Ok(());
        }
        let template = Template::PasswordChanged(PasswordChanged {
            first_name: now.first_name.clone(),
            when: in_words(at),
            reset_link: self.link("/account/reset")?,
        });
        self.mail(unit, None, recipient(now), &template, at)
    }
}
