use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use model::{Doc, Entity};

use super::decode;
use crate::{Cursor, Damaged, Key, Page, StoreError};

/// How many damaged documents are remembered, so that each is logged once.
const REMEMBERED: usize = 10_000;

/// Keeps damaged documents from standing in the way of the others.
#[derive(Default)]
pub(super) struct Quarantine {
    named: Mutex<BTreeSet<Key>>,
}

impl Quarantine {
    /// The readable documents of a page. The others are named in the log.
    pub(super) fn sort<E: Entity>(&self, page: Page) -> (Vec<Doc<E>>, Option<Cursor>) {
        let Page { records, damaged, next } = page;
        self.put(damaged);
        let mut docs = Vec::with_capacity(records.len());
        for record in records {
            match decode(&record) {
                Ok(doc) => docs.push(doc),
                Err(StoreError::Corrupt { reason, .. }) => {
                    self.name(Damaged { key: record.key, reason });
                }
                Err(other) => self.name(Damaged { key: record.key, reason: other.to_string() }),
            }
        }
        (docs, next)
    }

    /// Names what cannot be read in the log.
    pub(super) fn put(&self, damaged: Vec<Damaged>) {
        for it in damaged {
            self.name(it);
        }
    }

    fn name(&self, Damaged { key, reason }: Damaged) {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if named.len() < REMEMBERED && named.insert(key) {
            let Key { collection, id, .. } = key;
            tracing::error!(collection, %id, reason, "a damaged document is left out");
        }
    }
}
