use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use model::{Collection, ObjectId, OnDelete, Reference, Timestamp};
use serde_json::Value;

use crate::{
    Backend, Key, Owner, Record, Referrers, Result, StoreError, Stored, Targets, Write, ids_at,
};

const PAGE: usize = 500;

/// What deleting documents does to those that point at them, level by level.
pub(crate) struct Deletion<'a> {
    backend: &'a dyn Backend,
    collections: &'a [Collection],
    /// Written by the caller, who knows what is in them.
    own: BTreeSet<Key>,
    /// To be deleted; with the record when nobody asked for it.
    doomed: BTreeMap<Key, Option<Record>>,
    /// To lose a field: their versions, and how they will be.
    emptied: BTreeMap<Key, (u64, Value)>,
    restricted: Vec<Restricted>,
    /// Writes that hold when nobody points at the doomed any more.
    unreferenced: Vec<Write>,
}

struct Restricted {
    target: Key,
    field: &'static str,
    referrer: Key,
}

impl<'a> Deletion<'a> {
    /// Finds all that the deletes among `own` entail.
    ///
    /// # Errors
    /// [`StoreError::Referenced`] when a document that stays may not lose what it points at.
    pub(crate) async fn of(
        backend: &'a dyn Backend,
        collections: &'a [Collection],
        own: &[Write],
    ) -> Result<Self> {
        let deleted = own.iter().filter_map(|write| match write {
            Write::Delete { key, .. } => Some(*key),
            _ => None,
        });
        let mut level: Vec<Key> = deleted.collect();
        let mut deletion = Self {
            backend,
            collections,
            own: own.iter().filter_map(Write::key).collect(),
            doomed: level.iter().map(|key| (*key, None)).collect(),
            emptied: BTreeMap::new(),
            restricted: Vec::new(),
            unreferenced: Vec::new(),
        };
        while !level.is_empty() {
            level = deletion.follow(&level).await?;
        }
        deletion.emptied.retain(|key, _| !deletion.doomed.contains_key(key));
        let refused = deletion.restricted.iter().find(|it| !deletion.goes(&it.referrer));
        match refused {
            None => Ok(deletion),
            Some(Restricted { target, field, referrer }) => Err(StoreError::Referenced {
                collection: target.collection,
                id: target.id,
                by: referrer.collection,
                field,
                referrer: referrer.id,
            }),
        }
    }

    /// The writes beside the caller's own, to be put behind them.
    pub(crate) fn writes(self, at: Timestamp) -> Result<Vec<Write>> {
        let mut writes = Vec::new();
        for (key, record) in self.doomed {
            let Some(Record { version, .. }) = record else { continue };
            writes.push(Write::Delete { key, expect: version });
        }
        for (key, (expect, body)) in self.emptied {
            let body = Stored::of(&body)?;
            writes.push(Write::Put { key, expect, at, body });
        }
        writes.extend(self.unreferenced);
        Ok(writes)
    }

    /// All that will be gone.
    pub(crate) fn doomed(&self) -> impl Iterator<Item = (&Key, Option<&Record>)> {
        self.doomed.iter().map(|(key, record)| (key, record.as_ref()))
    }

    fn goes(&self, key: &Key) -> bool {
        self.doomed.contains_key(key)
    }

    /// One level down: who points at these, and what becomes of it. Answers the newly doomed.
    async fn follow(&mut self, level: &[Key]) -> Result<Vec<Key>> {
        let mut groups: BTreeMap<(Owner, &'static str), Vec<ObjectId>> = BTreeMap::new();
        for key in level {
            groups.entry((key.owner, key.collection)).or_default().push(key.id);
        }
        let mut next = Vec::new();
        for ((owner, collection), ids) in groups {
            let targets = Targets { owner, collection, ids };
            for by in self.collections {
                for reference in by.references.iter().filter(|it| it.to == collection) {
                    self.search(by, reference, &targets, &mut next).await?;
                }
            }
        }
        Ok(next)
    }

    async fn search(
        &mut self,
        by: &Collection,
        reference: &Reference,
        targets: &Targets,
        next: &mut Vec<Key>,
    ) -> Result<()> {
        let (by, field) = (by.name, reference.field);
        self.unreferenced.push(Write::Unreferenced { by, field, targets: targets.clone() });
        let targets = targets.clone();
        let mut referrers = Referrers { by, field, targets, after: None, limit: PAGE };
        loop {
            // A damaged one is left as it is: what it points at cannot be read.
            let found = self.backend.referrers(&referrers).await?;
            for record in found.records {
                if !self.own.contains(&record.key) {
                    self.meet(record, reference, &referrers.targets, next)?;
                }
            }
            referrers.after = found.next;
            if referrers.after.is_none() {
                return Ok(());
            }
        }
    }

    fn meet(
        &mut self,
        record: Record,
        reference: &Reference,
        targets: &Targets,
        next: &mut Vec<Key>,
    ) -> Result<()> {
        let key = record.key;
        match reference.on_delete {
            OnDelete::Restrict => {
                let body = record.body.read().map_err(|it| record.corrupt(&it))?;
                let held = ids_at(&body, reference.field);
                let Some(id) = held.into_iter().find(|it| targets.ids.contains(it)) else {
                    return Ok(());
                };
                let target = Key { owner: targets.owner, collection: targets.collection, id };
                self.restricted.push(Restricted { target, field: reference.field, referrer: key });
            }
            OnDelete::Cascade => {
                self.doomed.entry(key).or_insert_with(|| {
                    next.push(key);
                    Some(record)
                });
            }
            OnDelete::SetNull => {
                let body = match self.emptied.entry(key) {
                    Entry::Occupied(held) => &mut held.into_mut().1,
                    Entry::Vacant(none) => {
                        let body = record.body.read().map_err(|it| record.corrupt(&it))?;
                        &mut none.insert((record.version, body)).1
                    }
                };
                empty(body, reference.field, &targets.ids);
            }
        }
        Ok(())
    }
}

/// Takes ids out of a field: from a list the item goes, from an object the field.
pub(super) fn empty(value: &mut Value, field: &str, ids: &[ObjectId]) {
    let is_gone =
        |it: &Value| it.as_str().and_then(|it| it.parse().ok()).is_some_and(|it| ids.contains(&it));
    let (part, rest) = field.split_once('.').map_or((field, None), |it| (it.0, Some(it.1)));
    let (name, through_list) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
    let Some(object) = value.as_object_mut() else { return };
    match (object.get_mut(name), rest) {
        (Some(Value::Array(items)), None) if through_list => items.retain(|it| !is_gone(it)),
        (Some(Value::Array(items)), Some(rest)) if through_list => {
            for item in items {
                empty(item, rest, ids);
            }
        }
        (Some(held), None) if is_gone(held) => {
            object.remove(name);
        }
        (Some(held), Some(rest)) => empty(held, rest, ids),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use model::COLLECTIONS;

    use super::*;

    /// Collections that entities refer to already and that do not exist yet.
    const LATER: &[&str] = &["vendor_credentials"];

    #[test]
    fn a_stored_document_can_still_be_read_when_what_it_refers_to_is_gone() {
        let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("../model/tests/stored");
        let mut emptied = 0;
        for collection in COLLECTIONS {
            let text =
                fs::read_to_string(stored.join(format!("{}.json", collection.name))).unwrap();
            let samples: Vec<Value> = serde_json::from_str(&text).unwrap();
            let references = collection.references.iter();
            for reference in references.filter(|it| it.on_delete == OnDelete::SetNull) {
                for mut sample in samples.clone() {
                    let ids = ids_at(&sample, reference.field);
                    empty(&mut sample, reference.field, &ids);
                    assert!(ids_at(&sample, reference.field).is_empty());
                    let read = model::read(collection.name, &sample.to_string());
                    assert_eq!(read, Ok(()), "{}.{}", collection.name, reference.field);
                    emptied += ids.len();
                }
            }
        }
        assert!(emptied > 5, "the samples hold references");
    }

    #[test]
    fn references_can_be_followed() {
        for collection in COLLECTIONS {
            for reference in collection.references {
                let known = COLLECTIONS.iter().any(|it| it.name == reference.to);
                assert!(known || LATER.contains(&reference.to), "{}", reference.to);
                let refolds = collection.events.is_some();
                assert!(
                    !refolds || reference.on_delete != OnDelete::SetNull,
                    "{}: a fold of events is not written otherwise",
                    collection.name
                );
            }
        }
    }
}
