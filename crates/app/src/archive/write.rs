use std::io::Write;

use model::{Collection, Lookup, ObjectId, Owners, hex};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::{Damaged, Owner, Record, Scan, Snapshot, StoreError, StoredEvent};

use super::{
    Extent, kept,
    line::{DocumentLine, End, EventLine, FORMAT, Head},
};
use crate::{Error, Result, SystemDoor};

const PAGE: usize = 500;
const EVENTS: usize = 1_000;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exported {
    pub documents: u64,
    pub events: u64,
    /// Of all lines but the last, in hexadecimal.
    pub sha256: String,
    /// Documents that could not be read and were left out: collection and id.
    pub left_out: Vec<(String, ObjectId)>,
}

impl SystemDoor {
    /// Writes an archive of one instant, while others go on writing to the store. `progress` is
    /// told how many documents have been written.
    ///
    /// # Errors
    /// [`Error::Unwritable`] when `out` takes no more.
    pub async fn export(
        &self,
        extent: Extent,
        out: &mut (dyn Write + Send),
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Exported> {
        let mut snapshot = self.0.store.backend().snapshot().await?;
        let mut archive = Archive { out, hash: Sha256::new() };
        let organization = match extent {
            Extent::Everything => None,
            Extent::Organization(id) => Some(id),
        };
        archive.line(&Head { wrkbelt_archive: FORMAT, organization_id: organization })?;
        let mut exported =
            Exported { documents: 0, events: 0, sha256: String::new(), left_out: Vec::new() };
        for collection in kept() {
            let owner = organization.map(|id| match model::owners(collection.name) {
                Some(Owners::Platform) | None => Owner::Platform,
                Some(Owners::Organizations | Owners::Both) => Owner::Organization(id.object_id()),
            });
            let scan = Scan { collection: collection.name, owner, after: None, limit: PAGE };
            archive.collection(&mut *snapshot, collection, scan, extent, &mut exported).await?;
            progress(exported.documents);
        }
        exported.sha256 = hex(&archive.hash.clone().finalize());
        let (documents, events) = (exported.documents, exported.events);
        archive.line(&End { documents, events, sha256: exported.sha256.clone() })?;
        archive.out.flush().map_err(Error::Unwritable)?;
        Ok(exported)
    }
}

struct Archive<'a> {
    out: &'a mut (dyn Write + Send),
    hash: Sha256,
}

impl Archive<'_> {
    async fn collection(
        &mut self,
        snapshot: &mut dyn Snapshot,
        collection: &Collection,
        mut scan: Scan,
        extent: Extent,
        exported: &mut Exported,
    ) -> Result<()> {
        loop {
            let part = snapshot.scan(&scan).await?;
            for Damaged { key, .. } in part.damaged {
                exported.left_out.push((key.collection.to_owned(), key.id));
            }
            for record in part.records.iter().filter(|it| is_in(it, extent)) {
                let is_read = model::read(collection.name, record.body.as_str()).is_ok();
                let events = if collection.events.is_some() {
                    stream(snapshot, record).await?
                } else {
                    Some(Vec::new())
                };
                let Some(events) = events.filter(|_| is_read) else {
                    exported.left_out.push((collection.name.to_owned(), record.key.id));
                    continue;
                };
                self.line(&DocumentLine::of(record).map_err(|it| Error::not_json(&it))?)?;
                for event in &events {
                    self.line(&EventLine::of(event).map_err(|it| Error::not_json(&it))?)?;
                }
                exported.documents += 1;
                exported.events += events.len() as u64;
            }
            scan.after = part.next;
            if scan.after.is_none() {
                return Ok(());
            }
        }
    }

    fn line(&mut self, line: &impl Serialize) -> Result<()> {
        let mut json = serde_json::to_vec(line).map_err(|it| Error::not_json(&it))?;
        json.push(b'\n');
        self.hash.update(&json);
        self.out.write_all(&json).map_err(Error::Unwritable)
    }
}

/// All events of a stream; `None` when one is damaged or missing.
async fn stream(snapshot: &mut dyn Snapshot, stream: &Record) -> Result<Option<Vec<StoredEvent>>> {
    let mut events: Vec<StoredEvent> = Vec::new();
    while (events.len() as u64) < stream.version {
        let after = events.len() as u64;
        let page = match snapshot.events(&stream.key, after, EVENTS).await {
            Err(StoreError::Corrupt { .. }) => return Ok(None),
            other => other?,
        };
        let follows = page.iter().zip(after + 1..).all(|(event, next)| event.sequence == next);
        if page.is_empty() || !follows {
            return Ok(None);
        }
        events.extend(page);
    }
    Ok((events.len() as u64 == stream.version).then_some(events))
}

/// Of the platform's documents, those of one organization are itself and what leads to it.
pub(super) fn is_in(record: &Record, extent: Extent) -> bool {
    let Extent::Organization(organization) = extent else { return true };
    match record.key.owner {
        Owner::Organization(owner) => owner == organization.object_id(),
        Owner::Platform if record.key.collection == "organizations" => {
            record.key.id == organization.object_id()
        }
        Owner::Platform if record.key.collection == "lookups" => {
            record.body.read::<Lookup>().is_ok_and(|it| it.organization_id == organization)
        }
        Owner::Platform => false,
    }
}
