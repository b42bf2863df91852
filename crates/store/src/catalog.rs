use std::collections::BTreeMap;

use model::{Collection, EventCollection, ObjectId};

use crate::{Key, Query, Record, Result, StoreError, Stored, StoredEvent, Write};

/// Bytes of JSON text that a document or an event may have. What MongoDB takes is 16 MiB together
/// with the envelope.
pub const MAX_BODY: usize = 16_000_000;

/// The collections that a backend was told of, and what it refuses without looking at any data.
#[derive(Debug, Default, Clone)]
pub struct Catalog {
    collections: BTreeMap<&'static str, Collection>,
}

impl Catalog {
    /// Adds collections; one of the same name is replaced.
    pub fn extend(&mut self, collections: &[Collection]) {
        self.collections.extend(collections.iter().map(|it| (it.name, *it)));
    }

    /// # Errors
    /// When `ensure` was not told of it.
    pub fn collection(&self, name: &str) -> Result<&Collection> {
        self.collections
            .get(name)
            .ok_or_else(|| refused(format!("there is no collection `{name}`")))
    }

    /// # Errors
    /// When the collection is not known or its documents have no events.
    pub fn events(&self, collection: &str) -> Result<EventCollection> {
        self.collection(collection)?
            .events
            .ok_or_else(|| refused(format!("`{collection}` has no events")))
    }

    /// # Errors
    /// When the collection does not declare the index, or the values do not fit its fields.
    pub fn admit_query(&self, query: &Query) -> Result<&Collection> {
        let collection = self.collection(query.collection)?;
        if let Some(index) = query.index.filter(|it| !collection.indexes.contains(it)) {
            return Err(refused(format!("`{}` has no index `{}`", collection.name, index.name)));
        }
        let fields = query.index.map_or(0, |it| it.fields.len());
        let ranged = usize::from(query.from.is_some() || query.until.is_some());
        if query.equal.len() + ranged > fields {
            return Err(refused(format!("more values than the index has fields ({fields})")));
        }
        let after = query.after.as_ref();
        if after.is_some_and(|it| it.values.len() != fields - query.equal.len()) {
            return Err(refused("the cursor is of another query".to_owned()));
        }
        if query.limit == 0 {
            return Err(refused("a page has at least one document".to_owned()));
        }
        Ok(collection)
    }

    /// The size of the batch in bytes of JSON.
    ///
    /// # Errors
    /// When a collection is not known, a document too large, an append not gapless, or a stream
    /// written other than by appending.
    pub fn admit_batch(&self, batch: &[Write]) -> Result<usize> {
        let mut bytes = 0;
        for write in batch {
            match write {
                Write::Check { key, .. } | Write::Delete { key, .. } => {
                    self.collection(key.collection)?;
                }
                Write::Put { key, body, .. } => {
                    if self.collection(key.collection)?.events.is_some() {
                        let name = key.collection;
                        return Err(refused(format!("`{name}` is written by appending only")));
                    }
                    bytes += size(key.collection, key.id, body)?;
                }
                Write::Append { stream, expect, events, state, .. } => {
                    if events.is_empty() {
                        return Err(gap(stream, *expect));
                    }
                    bytes += size(stream.collection, stream.id, state)?;
                    bytes += self.stream(stream, *expect, events)?;
                }
                Write::Unreferenced { by, targets, .. } => {
                    self.collection(by)?;
                    self.collection(targets.collection)?;
                }
                Write::Restore { record, events } => {
                    let Record { key, version, body, .. } = record;
                    bytes += size(key.collection, key.id, body)?;
                    if self.collection(key.collection)?.events.is_some() {
                        if *version != events.len() as u64 {
                            return Err(gap(key, *version));
                        }
                        bytes += self.stream(key, 0, events)?;
                    } else if !events.is_empty() {
                        self.events(key.collection)?;
                    }
                }
            }
        }
        Ok(bytes)
    }

    /// The size of events that go on from `expect`.
    fn stream(&self, stream: &Key, expect: u64, events: &[StoredEvent]) -> Result<usize> {
        let into = self.events(stream.collection)?;
        if events.iter().zip(expect + 1..).any(|(event, next)| event.sequence != next) {
            return Err(gap(stream, expect));
        }
        events.iter().map(|it| size(into.name, it.id, &it.body)).sum()
    }
}

fn gap(Key { collection, id, .. }: &Key, expect: u64) -> StoreError {
    refused(format!("{collection} {id}: the events do not go on from {expect}"))
}

fn size(collection: &'static str, id: ObjectId, body: &Stored) -> Result<usize> {
    let bytes = body.as_str().len();
    if bytes > MAX_BODY {
        return Err(StoreError::TooLarge { collection, id, bytes });
    }
    Ok(bytes)
}

fn refused(reason: String) -> StoreError {
    StoreError::Unavailable(reason)
}
