use std::{collections::HashSet, io::BufRead};

use model::ObjectId;
use serde::Serialize;
use serde_json::Value;
use store::{Backend, Key, Owner, Scan, StoreError, Write, ids_at};

use super::{
    Extent, NotAnArchive, kept,
    read::{Reader, Whole},
};
use crate::{Error, Result, SystemDoor};

/// Documents and bytes of JSON that one batch takes.
const BATCH: usize = 200;
const BATCH_BYTES: usize = 2 * 1024 * 1024;

/// An archive that was read to its end and found whole.
#[derive(Debug, Serialize)]
pub struct Checked {
    #[serde(skip)]
    extent: Extent,
    pub documents: u64,
    pub events: u64,
    /// Of all lines but the last, in hexadecimal.
    pub sha256: String,
    #[serde(skip)]
    keys: HashSet<Key>,
    /// Where each document is, whoever owns it.
    places: HashSet<(&'static str, ObjectId)>,
}

/// What becomes of a reference to a document that is nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dangling {
    /// The import is refused.
    Refused,
    /// It is put back as it was: a backup has what there was.
    Kept,
}

impl Checked {
    /// Reads an archive to its end without writing anything.
    ///
    /// # Errors
    /// [`NotAnArchive`] with the first thing that is wrong.
    pub fn read(input: impl BufRead) -> Result<Self, NotAnArchive> {
        let mut reader = Reader::new(input)?;
        let (mut keys, mut places) = (HashSet::new(), HashSet::new());
        while let Some(Whole { record, .. }) = reader.next()? {
            let Key { collection, id, .. } = record.key;
            keys.insert(record.key);
            if !places.insert((collection, id)) {
                let reason = format!("{collection} {id} is there twice");
                return Err(NotAnArchive::Content(reason));
            }
        }
        let (documents, events) = (reader.documents(), reader.events());
        let sha256 = reader.sha256();
        Ok(Self { extent: reader.extent(), documents, events, sha256, keys, places })
    }

    /// What it has.
    pub fn extent(&self) -> Extent {
        self.extent
    }
}

impl SystemDoor {
    /// Whether there is any document.
    pub async fn is_empty(&self) -> Result<bool> {
        let mut snapshot = self.0.store.backend().snapshot().await?;
        for collection in kept() {
            let scan = Scan { collection: collection.name, owner: None, after: None, limit: 1 };
            let found = snapshot.scan(&scan).await?;
            if !found.records.is_empty() || !found.damaged.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Puts an archive's documents into the store: everything into an empty one, an organization
    /// into one that does not have it. Reads the archive once more; when it fails on the way,
    /// what was written is taken away again.
    ///
    /// # Errors
    /// [`Error::Taken`] when something is there already, [`Error::Archive`] when the archive is
    /// no longer as it was checked, or refers to what is nowhere or another organization's.
    pub async fn import(
        &self,
        checked: &Checked,
        input: impl BufRead,
        dangling: Dangling,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<()> {
        match checked.extent {
            Extent::Everything if !self.is_empty().await? => {
                let reason = "the store is not empty: import everything into a new one";
                return Err(Error::Taken(reason.to_owned()));
            }
            Extent::Organization(id) if self.0.store.platform().get(id).await?.is_some() => {
                return Err(Error::Taken(format!("the store has the organization {id} already")));
            }
            _ => {}
        }
        let backend = &**self.0.store.backend();
        let mut import =
            Import { backend, checked, dangling, batch: Vec::new(), bytes: 0, written: Vec::new() };
        let imported = import.all(input, progress).await;
        if imported.is_err() {
            import.take_away().await;
        }
        imported
    }
}

struct Import<'a> {
    backend: &'a dyn Backend,
    checked: &'a Checked,
    dangling: Dangling,
    batch: Vec<Write>,
    bytes: usize,
    written: Vec<(Key, u64)>,
}

impl Import<'_> {
    async fn all(
        &mut self,
        input: impl BufRead,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<()> {
        let mut reader = Reader::new(input)?;
        let mut owner = None;
        while let Some(Whole { record, events }) = reader.next()? {
            self.refers_to_what_is_there(&record).await?;
            let bodies = events.iter().map(|it| it.body.as_str().len());
            self.bytes += record.body.as_str().len() + bodies.sum::<usize>();
            // No batch is of several organizations.
            if owner.replace(record.key.owner).is_some_and(|it| it != record.key.owner) {
                self.flush().await?;
            }
            self.batch.push(Write::Restore { record, events });
            if self.batch.len() >= BATCH || self.bytes >= BATCH_BYTES {
                self.flush().await?;
                progress(reader.documents());
            }
        }
        self.flush().await?;
        if reader.sha256() == self.checked.sha256 {
            Ok(())
        } else {
            Err(NotAnArchive::Altered.into())
        }
    }

    async fn flush(&mut self) -> Result<()> {
        self.bytes = 0;
        if self.batch.is_empty() {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.batch);
        let keys = batch.iter().filter_map(|write| match write {
            Write::Restore { record, .. } => Some((record.key, record.version)),
            _ => None,
        });
        let keys: Vec<_> = keys.collect();
        // Before the commit: one whose outcome is not known is taken away, too.
        self.written.extend(keys);
        Ok(self.backend.commit(batch).await?)
    }

    async fn refers_to_what_is_there(&self, record: &store::Record) -> Result<()> {
        let Key { collection, id, .. } = record.key;
        let declared = kept().find(|it| it.name == collection).map_or(&[][..], |it| it.references);
        if declared.is_empty() {
            return Ok(());
        }
        let body: Value = record.body.read().map_err(|it| Error::not_json(&it))?;
        for reference in declared {
            for target in ids_at(&body, reference.field) {
                let (field, to) = (reference.field, reference.to);
                let own = Key { owner: record.key.owner, collection: to, id: target };
                let shared = Key { owner: Owner::Platform, ..own };
                if self.checked.keys.contains(&own) || self.checked.keys.contains(&shared) {
                    continue;
                }
                let is_anothers = self.checked.places.contains(&(to, target));
                if !is_anothers && (self.dangling == Dangling::Kept || self.has(&shared).await?) {
                    continue;
                }
                let reason = format!("{collection} {id} {field}: there is no {to} {target}");
                return Err(NotAnArchive::Content(reason).into());
            }
        }
        Ok(())
    }

    async fn has(&self, key: &Key) -> Result<bool> {
        let exists = kept().any(|it| it.name == key.collection);
        Ok(exists && self.backend.get(key).await?.is_some())
    }

    /// The archive's documents were not there before, so that nothing else is lost.
    async fn take_away(&mut self) {
        while let Some((key, expect)) = self.written.pop() {
            match self.backend.commit(vec![Write::Delete { key, expect }]).await {
                // It was never written.
                Ok(()) | Err(StoreError::Conflict(_)) => {}
                Err(error) => {
                    tracing::error!(%error, "a half import stays behind");
                    return;
                }
            }
        }
    }
}
