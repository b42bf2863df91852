use std::{fmt, str::FromStr};

use model::{Id, core::Organization, session::BookingSession};

use crate::secret_token::SecretToken;

/// What a visitor's browser shows to go on with its session. It also says whose session it is,
/// which is no secret, so that a session is never looked for without its organization.
#[derive(Clone)]
pub struct SessionToken {
    organization: Id<Organization>,
    secret: SecretToken,
}

const PREFIX: &str = "wbs_";

impl SessionToken {
    pub(crate) fn new(organization: Id<Organization>) -> Self {
        Self { organization, secret: SecretToken::new() }
    }

    pub(crate) fn organization(&self) -> Id<Organization> {
        self.organization
    }

    pub(crate) fn hash(&self) -> String {
        self.secret.hash()
    }

    pub(crate) fn opens(&self, session: &BookingSession) -> bool {
        self.secret.has_hash(&session.token_hash)
    }
}

impl fmt::Display for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}{}", self.organization, self.secret)
    }
}

impl FromStr for SessionToken {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let body = text.strip_prefix(PREFIX).ok_or(())?;
        let (organization, secret) = body.split_at_checked(24).ok_or(())?;
        let organization = organization.parse().map_err(|_| ())?;
        Ok(Self { organization, secret: secret.parse()? })
    }
}
