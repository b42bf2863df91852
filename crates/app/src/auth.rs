//! Signing in, and what people do with their own accounts.

mod invitations;
mod links;
mod log_in;
mod me;
mod new_sign_in;
mod password;
mod second_factor;
mod sessions;
mod setup;

use std::net::{IpAddr, Ipv4Addr};

use model::{
    Id, Problems, Timestamp,
    core::{EmailRecipient, Organization, User},
};
use store::{PlatformUnit, StoreError};

pub use self::{
    invitations::{Invitation, Invited, NewMember},
    log_in::{LogIn, LoggedIn},
    me::{Me, Place, Profile},
    second_factor::NewTotp,
    setup::FirstUser,
};
use crate::{
    By, Error, Origin, Result, attempts::RetryAfter, audit::Change, doors::House,
    passwords::rules::check_new_password,
};

/// How often something is tried again because others wrote first.
const ATTEMPTS: usize = 32;

impl House {
    /// As [`House::commit`]; whether it was written, not when somebody else wrote first.
    pub(crate) async fn try_commit(
        &self,
        unit: PlatformUnit,
        log: Option<Id<Organization>>,
        by: &By,
        change: Change,
        at: Timestamp,
    ) -> Result<bool> {
        match self.commit(unit, log, by, change, at).await {
            Ok(()) => Ok(true),
            Err(Error::Store(StoreError::Conflict(_))) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// One guess of something that belongs to an account.
    fn guess(&self, account: &str, origin: &Origin) -> Result<()> {
        Ok(self.gate.attempts.check(account, address(origin), None)?)
    }
}

impl From<RetryAfter> for Error {
    fn from(RetryAfter(retry_after): RetryAfter) -> Self {
        Self::TooManyAttempts { retry_after }
    }
}

/// Requests without an address, which no server makes, are one network.
fn address(origin: &Origin) -> IpAddr {
    let address = origin.ip.as_deref().and_then(|it| it.parse().ok());
    address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

fn recipient(user: &User) -> EmailRecipient {
    EmailRecipient { email: user.email.clone(), name: Some(user.name()) }
}

/// As mails say it.
fn in_words(at: Timestamp) -> String {
    at.jiff().strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// # Errors
/// [`Error::Invalid`] with all that is wrong with it.
fn check_password(password: &str, email: &str) -> Result<()> {
    let mut problems = Problems::default();
    check_new_password(password, email, problems.root().at("password"));
    problems.into_result().map_err(Error::Invalid)
}
