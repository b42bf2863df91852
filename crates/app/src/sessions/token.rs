use std::{fmt, str::FromStr};

use model::{Id, core::Organization, hex, session::BookingSession};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::environment::random;

/// What a visitor's browser shows to go on with its session: 256 random bits, of which only the
/// hash is stored. It also says whose session it is, which is no secret, so that a session is
/// never looked for without its organization.
#[derive(Clone)]
pub struct SessionToken {
    organization: Id<Organization>,
    secret: String,
}

const PREFIX: &str = "wbs_";
const SECRET_BYTES: usize = 32;

impl SessionToken {
    pub(crate) fn new(organization: Id<Organization>) -> Self {
        Self { organization, secret: hex(&random::<SECRET_BYTES>()) }
    }

    pub(crate) fn organization(&self) -> Id<Organization> {
        self.organization
    }

    pub(crate) fn hash(&self) -> String {
        hex(&Sha256::digest(&self.secret))
    }

    /// Takes the same time whatever is wrong with it.
    pub(crate) fn opens(&self, session: &BookingSession) -> bool {
        self.hash().as_bytes().ct_eq(session.token_hash.as_bytes()).into()
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
        let shaped =
            secret.len() == SECRET_BYTES * 2 && secret.bytes().all(|it| it.is_ascii_hexdigit());
        if !shaped {
            return Err(());
        }
        Ok(Self { organization: organization.parse().map_err(|_| ())?, secret: secret.to_owned() })
    }
}
