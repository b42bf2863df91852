use model::{
    Doc, Entity, Id,
    core::{Email, IdempotencyKey, Organization, Sealed, Totp, User},
};
use store::{Find, StoreError};

use crate::{Error, KeyringError, Result, SystemDoor, doors::House, keyring::Field};

/// What sealing anew has come to.
pub struct Resealed {
    /// How many secrets.
    pub resealed: u64,
    /// With which key.
    pub key: String,
    /// Keys that nothing in the store needs any more.
    pub older: Vec<String>,
}

impl SystemDoor {
    /// Puts a new key in front of the keyring.
    ///
    /// # Errors
    /// When the keyring is no file, or cannot be written.
    pub fn rotate_keys(&self) -> Result<(), KeyringError> {
        self.0.gate.keyring.rotate()
    }

    /// Seals every secret with the newest key, each in a write of its own: what was done stays
    /// done, and doing it again does the rest. `progress` hears how many documents were looked at.
    ///
    /// # Errors
    /// [`Error::Unsealed`] when a key is missing.
    pub async fn reseal(&self, progress: &mut (dyn FnMut(u64) + Send)) -> Result<Resealed> {
        let (mut looked_at, mut resealed) = (0, 0);
        let platform = self.0.store.platform();
        let mut after = None;
        loop {
            let (page, next) = platform.list::<User>(Find::all().after(after)).await?;
            for user in page {
                looked_at += 1;
                resealed += u64::from(self.0.reseal_user(user).await?);
                progress(looked_at);
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        let mut after = None;
        loop {
            let (page, next) = platform.list::<IdempotencyKey>(Find::all().after(after)).await?;
            for answer in page {
                looked_at += 1;
                resealed += u64::from(self.0.reseal_answer(answer).await?);
                progress(looked_at);
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        let organizations = self.organizations().await?.into_iter().map(|it| Some(it.id));
        for organization in std::iter::once(None).chain(organizations) {
            let mut after = None;
            loop {
                let find = Find::all().after(after);
                let (page, next) = match organization {
                    None => platform.list::<Email>(find).await?,
                    Some(organization) => self.0.store.scoped(organization).list(find).await?,
                };
                for email in page {
                    looked_at += 1;
                    resealed += u64::from(self.0.reseal_email(organization, email).await?);
                    progress(looked_at);
                }
                after = next;
                if after.is_none() {
                    break;
                }
            }
        }
        let mut keys = self.0.gate.keyring.ids().into_iter();
        let key = keys.next().unwrap_or_default();
        Ok(Resealed { resealed, key, older: keys.collect() })
    }
}

impl House {
    async fn reseal_user(&self, mut seen: Doc<User>) -> Result<bool> {
        let platform = self.store.platform();
        loop {
            let Some(totp) = &seen.body.totp else { return Ok(false) };
            let Some(secret) = self.resealed::<User>(None, seen.id, "totp", &totp.secret)? else {
                return Ok(false);
            };
            let totp = Some(Totp { secret, ..totp.clone() });
            let mut unit = platform.begin(self.environment.now());
            unit.replace(&seen, &User { totp, ..seen.body.clone() })?;
            match unit.commit().await {
                Ok(()) => return Ok(true),
                Err(StoreError::Conflict(_)) => match platform.get(seen.id).await? {
                    Some(now) => seen = now,
                    None => return Ok(false),
                },
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whoever writes in its place has the newest key.
    async fn reseal_answer(&self, seen: Doc<IdempotencyKey>) -> Result<bool> {
        let Some(sealed) = &seen.body.sealed_answer else { return Ok(false) };
        let name = "sealed_answer";
        let Some(sealed) = self.resealed::<IdempotencyKey>(None, seen.id, name, sealed)? else {
            return Ok(false);
        };
        let mut unit = self.store.platform().begin(self.environment.now());
        let now = IdempotencyKey { sealed_answer: Some(sealed), ..seen.body.clone() };
        unit.replace(&seen, &now)?;
        match unit.commit().await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn reseal_email(
        &self,
        organization: Option<Id<Organization>>,
        mut seen: Doc<Email>,
    ) -> Result<bool> {
        let (platform, at) = (self.store.platform(), self.environment.now());
        loop {
            let Some(sealed) = &seen.body.sealed_data else { return Ok(false) };
            let sealed = self.resealed::<Email>(organization, seen.id, "sealed_data", sealed)?;
            let Some(sealed) = sealed else { return Ok(false) };
            let now = Email { sealed_data: Some(sealed), ..seen.body.clone() };
            let mut unit = platform.begin(at);
            match organization {
                None => unit.replace(&seen, &now)?,
                Some(organization) => {
                    let mut own = self.store.scoped(organization).begin(at);
                    own.replace(&seen, &now)?;
                    unit.join(own);
                }
            }
            match unit.commit().await {
                Ok(()) => return Ok(true),
                Err(StoreError::Conflict(_)) => {
                    let now = match organization {
                        None => platform.get(seen.id).await?,
                        Some(organization) => self.store.scoped(organization).get(seen.id).await?,
                    };
                    match now {
                        Some(now) => seen = now,
                        None => return Ok(false),
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The same with the newest key; `None` when it has that already.
    fn resealed<E: Entity>(
        &self,
        organization: Option<Id<Organization>>,
        id: Id<E>,
        name: &'static str,
        sealed: &Sealed,
    ) -> Result<Option<Sealed>> {
        let keyring = &self.gate.keyring;
        if !keyring.needs_reseal(sealed) {
            return Ok(None);
        }
        let field = Field::of::<E>(organization, id, name);
        let secret = keyring.open(field, sealed);
        let secret = secret.map_err(|it| Error::Unsealed(it.to_string()))?;
        Ok(Some(keyring.seal(field, &secret)))
    }
}
