use model::{COLLECTIONS, Id, session::BookingSession};
use store::{Key, Owner, Record, Stored, Write};

use super::{Diagnosis, Remedy};
use crate::{Error, Result, SystemDoor, sessions::read_event};

impl SystemDoor {
    /// Does what the findings say can be done, each in a batch of its own. What was changed since
    /// the diagnosis, or cannot be mended after all, is named in the log and left alone. Answers
    /// how many were mended.
    pub async fn mend(&self, diagnosis: &Diagnosis) -> Result<u64> {
        let mut mended = 0;
        let mut indexes = false;
        for remedy in diagnosis.findings.iter().filter_map(|it| it.remedy.as_ref()) {
            if matches!(remedy, Remedy::Indexes) {
                indexes = true;
                mended += 1;
                continue;
            }
            match self.apply(remedy).await {
                Ok(()) => mended += 1,
                Err(error) => tracing::warn!(%error, "left alone"),
            }
        }
        if indexes {
            self.0.store.backend().mend(COLLECTIONS).await?;
        }
        Ok(mended)
    }

    async fn apply(&self, remedy: &Remedy) -> Result<()> {
        let store = &self.0.store;
        let now = self.0.environment.now();
        match remedy {
            Remedy::Indexes => store.backend().mend(COLLECTIONS).await?,
            Remedy::Delete { key, version } => store.delete(*key, *version, now).await?,
            Remedy::Empty { key, field, targets } => store.empty(*key, field, targets, now).await?,
            Remedy::Refold { key } => store.backend().commit(self.refolded(*key).await?).await?,
            Remedy::AddLookup { id, lookup } => {
                store.platform().insert(Id::<model::Lookup>::new(*id), now, lookup).await?;
            }
        }
        Ok(())
    }

    /// The session's document as its events make it, in place of the one that is there.
    async fn refolded(&self, key: Key) -> Result<Vec<Write>> {
        let backend = self.0.store.backend();
        let not_found = || Error::NotFound("booking session");
        let Owner::Organization(organization) = key.owner else { return Err(not_found()) };
        let stored = backend.events(&key, 0, usize::MAX).await?;
        let first = stored.first().ok_or_else(not_found)?;
        let last = stored.last().ok_or_else(not_found)?;
        let events = stored
            .iter()
            .map(|it| read_event(Id::new(key.id), Id::new(organization), it))
            .collect::<Result<Vec<_>>>()?;
        let session = BookingSession::fold(&events).ok_or_else(not_found)?;
        let record = Record {
            key,
            version: last.sequence,
            created_at: first.timestamp,
            updated_at: last.timestamp,
            body: Stored::of(&session)?,
        };
        let delete = Write::Delete { key, expect: last.sequence };
        Ok(vec![delete, Write::Restore { record, events: stored }])
    }
}
