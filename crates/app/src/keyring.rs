//! The keys behind what the store must not tell: secret fields are sealed with them, and what
//! comes back from outside is recognized by them.

mod file;
mod key;

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
};

use data_encoding::BASE64URL_NOPAD;
use model::{
    Entity, Id, ObjectId,
    core::{Organization, Sealed},
};
use zeroize::Zeroizing;

use self::key::{MasterKey, NONCE};
use crate::environment::random;

/// Master keys, the newest first: with that one everything new is sealed and signed, with the
/// others only what is older.
pub struct Keyring {
    keys: RwLock<Arc<[MasterKey]>>,
    /// Where they are from, unless they were given as text.
    file: Option<PathBuf>,
}

/// Why there is no keyring: one sentence.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("the keyring cannot be read or written: {0}")]
    Unavailable(#[from] std::io::Error),
    /// Counted from 1.
    #[error("key {0} of the keyring is not 64 hexadecimal digits")]
    NotAKey(usize),
    #[error("the keyring has no key")]
    Empty,
    #[error("the keyring has the same key twice")]
    Twice,
    #[error("everybody may read the keyring: only its owner should (chmod 600)")]
    Exposed,
    /// Keys that were given as text are not this program's to change.
    #[error("the keyring is no file: put a new key in front where it is given")]
    Given,
}

/// Why something sealed stays closed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotOpened {
    #[error("it is sealed with key {0}, which the keyring does not have")]
    UnknownKey(String),
    #[error("it was altered, or sealed for another field")]
    Altered,
}

/// What a signature is for: one for one purpose is none for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    SignedLink,
    DeviceCookie,
}

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Self::SignedLink => "signed link",
            Self::DeviceCookie => "device cookie",
        }
    }
}

/// The field that a secret is sealed for: copied into another one it does not open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    organization: Option<Id<Organization>>,
    collection: &'static str,
    id: ObjectId,
    name: &'static str,
}

impl Field {
    /// The organization is `None` where a document is the platform's.
    pub(crate) fn of<E: Entity>(
        organization: Option<Id<Organization>>,
        id: Id<E>,
        name: &'static str,
    ) -> Self {
        Self { organization, collection: E::COLLECTION.name, id: id.object_id(), name }
    }

    fn associated_data(self) -> Vec<u8> {
        let organization = self.organization.map(|it| it.object_id().bytes());
        let organization = organization.as_ref().map_or(&[][..], |it| it);
        let Self { collection, id, name, .. } = self;
        joined(&[organization, collection.as_bytes(), &id.bytes(), name.as_bytes()])
    }
}

/// Each part behind its length, so that no other parts are the same bytes.
fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend(*part);
    }
    bytes
}

impl Keyring {
    /// Reads the keyring, or makes one with a new key where there is none.
    ///
    /// # Errors
    /// When the file cannot be read or made, everybody may read it, or it is not one key a line.
    pub fn at(path: &Path) -> Result<Self, KeyringError> {
        let keys = match file::read(path) {
            Err(KeyringError::Unavailable(it)) if it.kind() == std::io::ErrorKind::NotFound => {
                file::create(path)?
            }
            read => read?,
        };
        Ok(Self { keys: RwLock::new(keys.into()), file: Some(path.to_owned()) })
    }

    /// One new key, of which nothing is kept.
    pub(crate) fn random() -> Self {
        Self { keys: RwLock::new(Arc::new([MasterKey::random()])), file: None }
    }

    /// Puts a new key in front, on disk first. Other processes take it from there as soon as they
    /// meet something that was sealed with it.
    ///
    /// # Errors
    /// When the file cannot be written, or there is none.
    pub fn rotate(&self) -> Result<(), KeyringError> {
        let path = self.file.as_deref().ok_or(KeyringError::Given)?;
        self.replace(file::rotate(path)?);
        Ok(())
    }

    /// Seals with the newest key.
    pub(crate) fn seal(&self, field: Field, plaintext: &[u8]) -> Sealed {
        let keys = self.keys();
        let key = newest(&keys);
        let nonce: [u8; NONCE] = random();
        let ciphertext = key.encrypt(&nonce, &field.associated_data(), plaintext);
        Sealed {
            key_id: key.id().to_owned(),
            nonce: BASE64URL_NOPAD.encode(&nonce),
            ciphertext: BASE64URL_NOPAD.encode(&ciphertext),
        }
    }

    /// # Errors
    /// Whatever was altered, moved to another field, or sealed with a key that is not here.
    pub(crate) fn open(
        &self,
        field: Field,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        let keys = self.keys_with(&sealed.key_id);
        let key = find(&keys, &sealed.key_id)
            .ok_or_else(|| NotOpened::UnknownKey(sealed.key_id.clone()))?;
        let decoded = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        decoded(&sealed.nonce)
            .and_then(|it| it.try_into().ok())
            .zip(decoded(&sealed.ciphertext))
            .and_then(|(nonce, text)| key.decrypt(&nonce, &field.associated_data(), &text))
            .ok_or(NotOpened::Altered)
    }

    /// What the keys are called, the newest first.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.keys().iter().map(|it| it.id().to_owned()).collect()
    }

    /// Whether an older key has sealed it.
    pub(crate) fn needs_reseal(&self, sealed: &Sealed) -> bool {
        newest(&self.keys()).id() != sealed.key_id
    }

    /// A signature of all parts together, for a URL or a cookie.
    pub(crate) fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> String {
        let keys = self.keys();
        let key = newest(&keys);
        let mac = key.mac(purpose.label(), &joined(parts));
        format!("{}{}", key.id(), BASE64URL_NOPAD.encode(&mac))
    }

    /// Whether this keyring has signed exactly that, with any of its keys.
    pub(crate) fn has_signed(&self, purpose: Purpose, parts: &[&[u8]], mac: &str) -> bool {
        let Some((id, mac)) = mac.split_at_checked(key::ID_DIGITS) else { return false };
        let Ok(mac) = BASE64URL_NOPAD.decode(mac.as_bytes()) else { return false };
        find(&self.keys_with(id), id)
            .is_some_and(|it| it.has_mac(purpose.label(), &joined(parts), &mac))
    }

    fn keys(&self) -> Arc<[MasterKey]> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, keys: Vec<MasterKey>) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys.into();
    }

    /// The keys, read again when that one is not among them: another process may have put it into
    /// the file since.
    fn keys_with(&self, id: &str) -> Arc<[MasterKey]> {
        let keys = self.keys();
        let Some(file) = self.file.as_deref().filter(|_| find(&keys, id).is_none()) else {
            return keys;
        };
        match file::read(file) {
            Ok(read) => self.replace(read),
            Err(error) => tracing::warn!(%error, "the keyring could not be read again"),
        }
        self.keys()
    }
}

fn find<'a>(keys: &'a [MasterKey], id: &str) -> Option<&'a MasterKey> {
    keys.iter().find(|it| it.id() == id)
}

/// There is always one: [`key::parse`] refuses an empty list.
fn newest(keys: &[MasterKey]) -> &MasterKey {
    &keys[0]
}

impl FromStr for Keyring {
    type Err = KeyringError;

    /// Keys of 64 hexadecimal digits with white space between them, the newest first.
    fn from_str(text: &str) -> Result<Self, KeyringError> {
        Ok(Self { keys: RwLock::new(key::parse(text)?.into()), file: None })
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.keys();
        let ids = keys.iter().map(MasterKey::id).collect::<Vec<_>>();
        f.debug_struct("Keyring").field("keys", &ids).field("file", &self.file).finish()
    }
}

#[cfg(test)]
mod tests;
