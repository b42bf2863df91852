use std::{collections::HashSet, time::Duration};

use futures_util::TryStreamExt;
use model::{
    Doc, Entity, Id, Timestamp,
    core::{File, FileStatus, Job, JobKind, Organization},
};
use store::{Find, PlatformUnit, Scalar, Scan, Scanned, StoreError};

use crate::{By, Error, Result, SystemDoor, audit::Change, doors::House};

/// No upload takes longer: one that is pending since then has been given up.
const LONGEST_UPLOAD: Duration = Duration::from_mins(10);
/// Bytes without a document are left alone until they are so old.
const ORPHAN: Duration = Duration::from_hours(24);

/// So many documents are read at a time.
const PAGE: usize = 500;

const BY_STATUS: &model::Index = &File::COLLECTION.indexes[1];
const BY_LIFECYCLE: &model::Index = &File::COLLECTION.indexes[3];

impl SystemDoor {
    /// Ends uploads that were given up and files whose time is over. Their bytes, as those of
    /// deleted files, are removed by jobs.
    pub async fn tend_files(&self) -> Result<()> {
        for organization in self.organizations().await? {
            let kept = organization.body.retention.files_days;
            self.0.end_files(Some(organization.id), kept).await?;
        }
        self.0.end_files(None, None).await
    }

    /// Removes bytes that no document knows; how many files that were. Whatever else is kept at
    /// the same place goes too: a folder or a bucket belongs to one store.
    ///
    /// # Errors
    /// [`Error::StoreUnavailable`] when a document cannot be read: its bytes may be wanted.
    pub async fn remove_orphans(&self) -> Result<usize> {
        let before = self.0.environment.now().millis() - millis(ORPHAN);
        let listed = self.0.files()?.bytes.list();
        let old = listed.try_filter(|it| std::future::ready(it.written_at.millis() < before));
        let mut old: Vec<_> = old.map_ok(|it| it.key).try_collect().await?;
        let known = self.0.known_keys().await?;
        old.retain(|it| !known.contains(it.as_str()));
        for key in &old {
            self.0.files()?.bytes.delete(key).await?;
        }
        Ok(old.len())
    }
}

impl House {
    /// Where all files of everybody are kept.
    async fn known_keys(&self) -> Result<HashSet<String>> {
        let mut snapshot = self.store.backend().snapshot().await?;
        let collection = File::COLLECTION.name;
        let mut scan = Scan { collection, owner: None, after: None, limit: PAGE };
        let mut known = HashSet::new();
        loop {
            let Scanned { records, damaged, next } = snapshot.scan(&scan).await?;
            for record in &records {
                let file: File = record.body.read().map_err(|it| Error::not_json(&it))?;
                known.insert(file.storage_key);
            }
            if let Some(damaged) = damaged.first() {
                let reason = format!("{collection} {} is damaged", damaged.key.id);
                return Err(Error::StoreUnavailable(reason));
            }
            scan.after = next;
            if next.is_none() {
                return Ok(known);
            }
        }
    }

    /// Takes a file away: at once for readers, and by a job for its bytes.
    pub(super) async fn discard(
        &self,
        owner: Option<Id<Organization>>,
        seen: &Doc<File>,
        status: FileStatus,
    ) -> Result<()> {
        let at = self.environment.now();
        let body = File { status, ..seen.body.clone() };
        let mut unit = self.store.platform().begin(at);
        self.put_file(&mut unit, owner, seen, &body)?;
        self.remove_later(&mut unit, owner, seen.id)?;
        match status {
            FileStatus::Deleted => {
                let change = Change::deleted(seen);
                self.commit(unit, owner, &By::system(), change, at).await?;
            }
            // It never was a file.
            _ => unit.commit().await?,
        }
        if let Some(organization) = owner {
            self.files()?.usages.forget(organization);
        }
        Ok(())
    }

    /// The picture of somebody goes after them.
    pub(crate) fn remove_avatar(&self, unit: &mut PlatformUnit, id: Id<File>) -> Result<()> {
        let at = self.environment.now();
        Ok(unit.insert(self.environment.new_id(), &removal(None, id, at))?)
    }

    async fn end_files(&self, owner: Option<Id<Organization>>, days: Option<u32>) -> Result<()> {
        let now = self.environment.now();
        let since = |age| Scalar::Number(now.millis() - age);
        let first = || Scalar::Number(i64::MIN);
        let by_status = |status: &'static str, age: i64| {
            move || {
                let status = Scalar::Text(status.to_owned());
                Find::by(BY_STATUS, [status]).between(first(), since(age))
            }
        };
        let mut over = Vec::new();
        let given_up = by_status("pending", millis(LONGEST_UPLOAD));
        self.each_file(owner, given_up, |it| over.push((it, FileStatus::Failed))).await?;
        if let Some(days) = days {
            let age = millis(Duration::from_hours(24 * u64::from(days)));
            let old = by_status("active", age);
            self.each_file(owner, old, |it| over.push((it, FileStatus::Deleted))).await?;
        }
        let ended = || Find::by(BY_LIFECYCLE, []).between(Scalar::Text(String::new()), text(now));
        self.each_file(owner, ended, |it| over.push((it, FileStatus::Deleted))).await?;
        for (file, status) in over {
            let waits = matches!(file.body.status, FileStatus::Deleted | FileStatus::Failed);
            if waits {
                continue;
            }
            match self.discard(owner, &file, status).await {
                // Somebody else was faster.
                Ok(()) | Err(Error::Store(StoreError::Conflict(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn each_file(
        &self,
        owner: Option<Id<Organization>>,
        find: impl Fn() -> Find<File>,
        mut to: impl FnMut(Doc<File>),
    ) -> Result<()> {
        let mut after = None;
        loop {
            let find = find().after(after);
            let (page, next) = match owner {
                Some(organization) => self.store.scoped(organization).list(find).await?,
                None => self.store.platform().list(find).await?,
            };
            page.into_iter().for_each(&mut to);
            after = next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Removes the bytes, then the document. Also well when they are gone.
    pub(crate) async fn remove_file(&self, job: &Job) -> Result<()> {
        let (owner, id) = (job.organization_id, Id::new(job.target_id));
        let Some(file) = self.file(owner, id).await? else { return Ok(()) };
        let is_ended = matches!(file.body.status, FileStatus::Deleted | FileStatus::Failed);
        let is_nobodys = owner.is_none() && file.body.user_id.is_none();
        if !is_ended && !is_nobodys {
            return Ok(());
        }
        if let Ok(key) = file.body.storage_key.parse() {
            self.files()?.bytes.delete(&key).await?;
        }
        let at = self.environment.now();
        let mut unit = self.store.platform().begin(at);
        if let Some(organization) = owner {
            let mut own = self.store.scoped(organization).begin(at);
            own.delete(file.id, file.version);
            unit.join(own);
        } else {
            unit.delete(file.id, file.version);
        }
        Ok(unit.commit().await?)
    }
}

impl House {
    /// Adds the job that removes the bytes of a file which the batch takes away.
    pub(crate) fn remove_later(
        &self,
        unit: &mut PlatformUnit,
        owner: Option<Id<Organization>>,
        id: Id<File>,
    ) -> Result<()> {
        let at = self.environment.now();
        Ok(unit.insert(self.environment.new_id(), &removal(owner, id, at))?)
    }
}

/// The job that removes the bytes of a file.
pub(super) fn removal(owner: Option<Id<Organization>>, id: Id<File>, due_at: Timestamp) -> Job {
    let target_id = id.object_id();
    Job { kind: JobKind::RemoveFile, organization_id: owner, target_id, due_at, attempts: 0 }
}

/// As timestamps of the body are sorted.
fn text(at: Timestamp) -> Scalar {
    Scalar::Text(at.to_string())
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
