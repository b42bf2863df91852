//! Files: what comes in, who may read it, when it goes.

mod avatar;
mod links;
mod quota;
mod removal;
mod rules;
mod upload;
mod visits;

use std::{path::PathBuf, sync::Arc};

use adapters::files::{FileStore, Pictures};
use model::{
    Doc, Id,
    core::{File, Organization, StorageProvider},
};
use store::{PlatformUnit, StoreError};

use self::quota::Usages;
pub use self::{
    links::{FileLink, Link, OpenedFile},
    quota::Quota,
    upload::{MOST_BYTES, NewFile},
};
use crate::{Error, Result, doors::House};

/// Where the bytes of files are kept.
#[derive(Clone)]
pub struct Files(Arc<Parts>);

struct Parts {
    bytes: FileStore,
    pictures: Pictures,
    provider: StorageProvider,
    location: String,
    usages: Usages,
    quota: Quota,
}

/// Where to keep the bytes of files.
pub enum FilesAt {
    /// A folder of this machine, made when it is not there.
    Folder(PathBuf),
    Bucket(adapters::files::S3Settings),
}

impl Files {
    /// # Errors
    /// [`Error::Files`] when the folder cannot be made or the settings make no sense.
    pub fn open(at: FilesAt) -> Result<Self> {
        let (bytes, provider, location) = match at {
            FilesAt::Folder(folder) => {
                let location = folder.display().to_string();
                (FileStore::local(&folder), StorageProvider::Local, location)
            }
            FilesAt::Bucket(settings) => {
                let location = settings.bucket.clone();
                (FileStore::s3(settings), StorageProvider::S3, location)
            }
        };
        Ok(Self(Arc::new(Parts {
            bytes: bytes?,
            pictures: Pictures::default(),
            provider,
            location,
            usages: Usages::default(),
            quota: Quota::default(),
        })))
    }

    /// What each organization may keep there.
    #[must_use]
    pub fn with_quota(self, quota: Quota) -> Self {
        let Parts { bytes, pictures, provider, location, .. } = &*self.0;
        let (bytes, pictures) = (bytes.clone(), pictures.clone());
        let (provider, location, usages) = (*provider, location.clone(), Usages::default());
        Self(Arc::new(Parts { bytes, pictures, provider, location, usages, quota }))
    }
}

impl House {
    fn files(&self) -> Result<&Parts> {
        self.files.as_ref().map(|it| &*it.0).ok_or(Error::NoFiles)
    }

    /// A file of an organization, or of the platform.
    async fn file(
        &self,
        owner: Option<Id<Organization>>,
        id: Id<File>,
    ) -> Result<Option<Doc<File>>> {
        Ok(match owner {
            Some(organization) => self.store.scoped(organization).get(id).await?,
            None => self.store.platform().get(id).await?,
        })
    }

    /// Adds a write of a file, over the one that was seen.
    fn put_file(
        &self,
        unit: &mut PlatformUnit,
        owner: Option<Id<Organization>>,
        seen: &Doc<File>,
        now: &File,
    ) -> Result<(), StoreError> {
        let Some(organization) = owner else { return unit.replace(seen, now) };
        let mut own = self.store.scoped(organization).begin(self.environment.now());
        own.replace(seen, now)?;
        unit.join(own);
        Ok(())
    }
}
