use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use model::{
    Entity, Id, Timestamp,
    core::{File, Organization},
};
use store::{Find, Scalar};

use super::Files;
use crate::{Error, Result, doors::House};

/// What each organization may keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub files: u64,
    pub bytes: u64,
}

impl Default for Quota {
    /// 20,000 files of 10 GiB together.
    fn default() -> Self {
        Self { files: 20_000, bytes: 10 * 1024 * 1024 * 1024 }
    }
}

/// What other processes have added is seen by then.
const FRESH: Duration = Duration::from_mins(1);

const BY_STATUS: &model::Index = &File::COLLECTION.indexes[1];

/// What each organization keeps: counted from the documents once in a while, and in between what
/// this process adds. An upload counts for the most that it may have until it has come in.
#[derive(Default)]
pub(super) struct Usages(Mutex<HashMap<Id<Organization>, Arc<Usage>>>);

#[derive(Default)]
struct Usage {
    tally: Mutex<Tally>,
    /// One counts at a time.
    counting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Tally {
    /// `None` before it was ever counted, and when something has gone.
    kept: Option<Kept>,
    /// Uploads of this process, with the bytes that they may come to have.
    under_way: HashMap<Id<File>, u64>,
    /// Uploads that have come in while documents are counted, which may not have been seen.
    came_in: HashMap<Id<File>, u64>,
}

#[derive(Debug, Clone, Copy)]
struct Kept {
    files: u64,
    bytes: u64,
    counted_at: Timestamp,
}

/// The room of one upload. Given back when it is dropped.
pub(super) struct Room {
    usage: Arc<Usage>,
    quota: Quota,
    id: Id<File>,
}

impl Usages {
    fn of(&self, organization: Id<Organization>) -> Arc<Usage> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(organization).or_default().clone()
    }

    /// Something went: what is kept is counted anew before more is taken.
    pub(super) fn forget(&self, organization: Id<Organization>) {
        self.of(organization).tally().kept = None;
    }
}

impl Usage {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tally {
    /// `None` when it must be counted first.
    fn has_room(&self, quota: Quota, bytes: u64, now: Timestamp) -> Option<bool> {
        let kept = self.kept.filter(|it| now < it.counted_at.plus(FRESH))?;
        let files = kept.files + self.under_way.len() as u64;
        let all = self.under_way.values().sum::<u64>().saturating_add(kept.bytes);
        Some(files < quota.files && all.saturating_add(bytes) <= quota.bytes)
    }

    /// Takes over what was counted. Files of this process that are under way, or were while it was
    /// counted, are known better here.
    fn count(&mut self, mut files: HashMap<Id<File>, u64>, counted_at: Timestamp) {
        files.extend(self.came_in.drain());
        files.retain(|id, _| !self.under_way.contains_key(id));
        let (number, bytes) = (files.len() as u64, files.values().sum());
        self.kept = Some(Kept { files: number, bytes, counted_at });
    }
}

impl Room {
    /// The file has come in with so many bytes, which for a picture that was written anew may be
    /// more than came.
    ///
    /// # Errors
    /// [`Error::OverQuota`] when there is no room for them.
    pub(super) fn fits(&self, bytes: u64) -> Result<()> {
        let mut tally = self.usage.tally();
        let others: u64 = tally.under_way.iter().filter(|it| *it.0 != self.id).map(|it| it.1).sum();
        let kept = tally.kept.map_or(0, |it| it.bytes);
        if others.saturating_add(kept).saturating_add(bytes) > self.quota.bytes {
            return Err(Error::OverQuota);
        }
        tally.under_way.insert(self.id, bytes);
        Ok(())
    }

    /// The file is kept.
    pub(super) fn taken(self) {
        let mut tally = self.usage.tally();
        let Some(bytes) = tally.under_way.remove(&self.id) else { return };
        tally.came_in.insert(self.id, bytes);
        if let Some(kept) = &mut tally.kept {
            kept.files += 1;
            kept.bytes += bytes;
        }
        if self.usage.counting.try_lock().is_ok() {
            tally.came_in.clear();
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.usage.tally().under_way.remove(&self.id);
    }
}

impl House {
    /// Takes room for one more file.
    ///
    /// # Errors
    /// [`Error::OverQuota`].
    pub(super) async fn reserve(
        &self,
        files: &Files,
        organization: Id<Organization>,
        id: Id<File>,
        bytes: u64,
    ) -> Result<Room> {
        let (usage, quota) = (files.0.usages.of(organization), files.0.quota);
        let now = self.environment.now();
        let take = || {
            let mut tally = usage.tally();
            let has_room = tally.has_room(quota, bytes, now)?;
            if has_room {
                tally.under_way.insert(id, bytes);
            }
            Some(has_room)
        };
        let mut taken = take();
        if taken.is_none() {
            let _counting = usage.counting.lock().await;
            // Somebody else may have counted meanwhile.
            taken = take();
            if taken.is_none() {
                let counted = self.kept_files(organization).await?;
                usage.tally().count(counted, now);
                taken = take();
            }
        }
        match taken {
            Some(true) => Ok(Room { usage: usage.clone(), quota, id }),
            Some(false) => Err(Error::OverQuota),
            None => Err(Error::Busy),
        }
    }

    /// All files whose bytes are there or on their way.
    async fn kept_files(&self, organization: Id<Organization>) -> Result<HashMap<Id<File>, u64>> {
        let scoped = self.store.scoped(organization);
        let mut files = HashMap::new();
        for status in ["pending", "active"] {
            let mut after = None;
            loop {
                let find = Find::by(BY_STATUS, [Scalar::Text(status.to_owned())]).after(after);
                let (page, next) = scoped.list::<File>(find).await?;
                files.extend(page.into_iter().map(|it| (it.id, it.body.size)));
                after = next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(files)
    }
}
