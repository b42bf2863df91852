use std::{fmt, str::FromStr};

use model::{
    Id, ObjectId,
    core::{ApiKey, Organization},
    hex,
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::environment::random;

/// What a program shows: whose key, which, and 256 random bits of which only the hash is stored.
#[derive(Clone)]
pub struct ApiToken {
    organization: Id<Organization>,
    key: Id<ApiKey>,
    secret: String,
}

const PREFIX: &str = "wb_";
const ID: usize = 24;
const SECRET: usize = 64;

impl ApiToken {
    pub(crate) fn new(organization: Id<Organization>, key: Id<ApiKey>) -> Self {
        Self { organization, key, secret: hex(&random::<{ SECRET / 2 }>()) }
    }

    pub(crate) fn organization(&self) -> Id<Organization> {
        self.organization
    }

    pub(crate) fn key(&self) -> Id<ApiKey> {
        self.key
    }

    /// The part that people may see.
    pub(crate) fn prefix(&self) -> String {
        format!("{PREFIX}…{}", &self.key.to_string()[ID - 8..])
    }

    pub(crate) fn hash(&self) -> String {
        hex(&Sha256::digest(&self.secret))
    }

    /// Takes the same time whatever is wrong with it.
    pub(crate) fn opens(&self, key: &ApiKey) -> bool {
        self.hash().as_bytes().ct_eq(key.secret_hash.as_bytes()).into()
    }
}

impl fmt::Display for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}{}{}", self.organization, self.key, self.secret)
    }
}

impl FromStr for ApiToken {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let body = text.strip_prefix(PREFIX).ok_or(())?;
        let (organization, body) = body.split_at_checked(ID).ok_or(())?;
        let (key, secret) = body.split_at_checked(ID).ok_or(())?;
        if secret.len() != SECRET || !secret.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Err(());
        }
        let id = |it: &str| it.parse::<ObjectId>().map_err(|_| ());
        Ok(Self {
            organization: Id::new(id(organization)?),
            key: Id::new(id(key)?),
            secret: secret.to_owned(),
        })
    }
}
