//! What is wrong below the documents.

use futures_util::TryStreamExt;
use model::{Collection, EventCollection, ObjectId};
use mongodb::{
    bson::{Document, RawDocumentBuf, doc},
    error::Result,
    options::ReadConcern,
};
use store::{Fault, FaultKind, Key};

use crate::{MongoBackend, PRIMARY, document, scan::MongoSnapshot};

impl MongoBackend {
    pub(crate) async fn faults(&self, collections: &[Collection]) -> Result<Vec<Fault>> {
        let mut faults = Vec::new();
        for collection in collections {
            faults.extend(self.index_faults(collection).await?);
            faults.extend(self.damaged(collection).await?);
            if let Some(of) = collection.events {
                faults.extend(self.damaged_events(collection, of).await?);
                faults.extend(self.uneven(collection, of).await?);
            }
        }
        Ok(faults)
    }

    async fn damaged(&self, collection: &Collection) -> Result<Vec<Fault>> {
        let mut faults = Vec::new();
        let mut found = self.every(collection.name).await?;
        while let Some(document) = found.try_next().await? {
            let (id, detail) = match document::record(collection.name, &document) {
                Some(Ok(_)) => continue,
                Some(Err(damaged)) => (Some(damaged.key.id), damaged.reason),
                None => (None, "the id is not from here".to_owned()),
            };
            faults.push(damaged(collection.name, id, detail));
        }
        Ok(faults)
    }

    async fn damaged_events(
        &self,
        collection: &Collection,
        of: EventCollection,
    ) -> Result<Vec<Fault>> {
        let mut faults = Vec::new();
        let mut found = self.every(of.name).await?;
        while let Some(document) = found.try_next().await? {
            let stream = document::stream_of(collection.name, of, &document);
            let detail = match (stream, document::event(of, &document)) {
                (Some(_), Ok(_)) => continue,
                (_, Err(reason)) => {
                    format!("its event {}: {reason}", document::sequence(&document))
                }
                (None, Ok(_)) => "the id of an event is not from here".to_owned(),
            };
            faults.push(damaged(collection.name, stream.map(|it| it.id), detail));
        }
        Ok(faults)
    }

    /// Streams whose events are not 1 to the version of their document.
    async fn uneven(&self, collection: &Collection, of: EventCollection) -> Result<Vec<Fault>> {
        let mut faults = Vec::new();
        for key in self.suspects(collection, of).await? {
            // What was written between the reading of one and of the other is no fault.
            let mut snapshot = MongoSnapshot::begin(self.clone()).await?;
            let (version, sequences) = snapshot.sequences(&key, of).await?;
            if !sequences.into_iter().eq(1..=version) {
                let detail = "its events are not 1, 2, 3 … up to its version";
                faults.push(damaged(key.collection, Some(key.id), detail.to_owned()));
            }
        }
        Ok(faults)
    }

    /// Streams that do not look even, by owner and id, as are all documents and events.
    async fn suspects(&self, collection: &Collection, of: EventCollection) -> Result<Vec<Key>> {
        let mut suspects = Vec::new();
        let mut documents = self.every(collection.name).await?;
        let mut events = self.every(of.name).await?;
        let mut document = next_document(&mut documents, collection).await?;
        let mut event = next_event(&mut events, collection, of).await?;
        while let Some(key) =
            [document.map(|it| it.0), event.map(|it| it.0)].into_iter().flatten().min()
        {
            let mut version = 0;
            if let Some((_, it)) = document.filter(|it| it.0 == key) {
                version = it;
                document = next_document(&mut documents, collection).await?;
            }
            let (mut last, mut is_even) = (0, true);
            while let Some((_, sequence)) = event.filter(|it| it.0 == key) {
                is_even &= sequence == last + 1;
                last = sequence;
                event = next_event(&mut events, collection, of).await?;
            }
            if !is_even || last != version || version == 0 {
                suspects.push(key);
            }
        }
        Ok(suspects)
    }

    async fn every(&self, collection: &str) -> Result<Found> {
        self.raw(collection)
            .find(Document::new())
            .sort(doc! { "_id": 1 })
            .selection_criteria(PRIMARY)
            .read_concern(ReadConcern::majority())
            .await
    }
}

type Found = mongodb::Cursor<RawDocumentBuf>;

/// The next document that somebody can name, and its version.
async fn next_document(found: &mut Found, collection: &Collection) -> Result<Option<(Key, u64)>> {
    while let Some(document) = found.try_next().await? {
        let id = document.get_document("_id").ok();
        if let Some(key) = id.and_then(|it| document::key_in(collection.name, it)) {
            return Ok(Some((key, document.get_i64("version").unwrap_or(0).unsigned_abs())));
        }
    }
    Ok(None)
}

/// The stream of the next event that somebody can name, and its sequence.
async fn next_event(
    found: &mut Found,
    collection: &Collection,
    of: EventCollection,
) -> Result<Option<(Key, u64)>> {
    while let Some(event) = found.try_next().await? {
        if let Some(stream) = document::stream_of(collection.name, of, &event) {
            return Ok(Some((stream, document::sequence(&event))));
        }
    }
    Ok(None)
}

fn damaged(collection: &'static str, id: Option<ObjectId>, detail: String) -> Fault {
    Fault { kind: FaultKind::DamagedRecord, collection: Some(collection), id, detail }
}
