use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use model::{
    Entity, Id, Timestamp,
    core::{File, Organization},
};
use store::{Find, Scalar};

use crate::{Error, Result, doors::House};

/// Bytes that an organization may keep: 10 GiB.
const MOST_BYTES: u64 = 10 * 1024 * 1024 * 1024;
/// Files that an organization may keep.
const MOST_FILES: u64 = 20_000;
/// What other processes have added is seen by then.
const FRESH: Duration = Duration::from_mins(1);

const BY_STATUS: &model::Index = &File::COLLECTION.indexes[1];

/// What each organization keeps. It is counted from the documents once in a while; in between,
/// what this process adds is added here. An upload counts for the most that it may have until it
/// has come in.
#[derive(Default)]
pub(super) struct Usages(Mutex<HashMap<Id<Organization>, Usage>>);

#[derive(Debug, Clone, Copy)]
struct Usage {
    files: u64,
    bytes: u64,
    counted_at: Timestamp,
}

impl Usages {
    /// Adds a file if it has room; `None` when it is too long ago that files were counted.
    fn add(
        &self,
        organization: Id<Organization>,
        bytes: u64,
        now: Timestamp,
    ) -> Option<Result<()>> {
        let mut usages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let usage = usages.get_mut(&organization)?;
        if usage.counted_at.plus(FRESH) <= now {
            return None;
        }
        if usage.files >= MOST_FILES || usage.bytes + bytes > MOST_BYTES {
            return Some(Err(Error::OverQuota));
        }
        usage.files += 1;
        usage.bytes += bytes;
        Some(Ok(()))
    }

    /// A file has become smaller, or went.
    pub(super) fn free(&self, organization: Id<Organization>, files: u64, bytes: u64) {
        let mut usages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(usage) = usages.get_mut(&organization) {
            usage.files = usage.files.saturating_sub(files);
            usage.bytes = usage.bytes.saturating_sub(bytes);
        }
    }

    fn counted(&self, organization: Id<Organization>, usage: Usage) {
        let mut usages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        usages.insert(organization, usage);
    }
}

impl House {
    /// Takes room for one more file.
    ///
    /// # Errors
    /// [`Error::OverQuota`].
    pub(super) async fn reserve(&self, organization: Id<Organization>, bytes: u64) -> Result<()> {
        let usages = &self.files()?.usages;
        let now = self.environment.now();
        if let Some(added) = usages.add(organization, bytes, now) {
            return added;
        }
        usages.counted(organization, self.usage(organization).await?);
        usages.add(organization, bytes, now).unwrap_or(Err(Error::Busy))
    }

    /// Of all files whose bytes are there or on their way.
    async fn usage(&self, organization: Id<Organization>) -> Result<Usage> {
        let scoped = self.store.scoped(organization);
        let mut usage = Usage { files: 0, bytes: 0, counted_at: self.environment.now() };
        for status in ["pending", "active"] {
            let mut after = None;
            loop {
                let find = Find::by(BY_STATUS, [Scalar::Text(status.to_owned())]).after(after);
                let (page, next) = scoped.list::<File>(find).await?;
                usage.files += page.len() as u64;
                usage.bytes += page.iter().map(|it| it.body.size).sum::<u64>();
                after = next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(usage)
    }
}
