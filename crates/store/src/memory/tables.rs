use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use model::{Collection, Index, ObjectId, Timestamp};
use serde_json::Value;

use crate::{
    Catalog, Cursor, Expected, Key, Order, Owner, PAGE_BYTES, Page, Query, Record, Referrers,
    Result, Scalar, Scan, Scanned, StoreError, Stored, StoredEvent, Write, ids_at,
};

#[derive(Debug, Default, Clone)]
pub(super) struct Tables {
    catalog: Catalog,
    records: BTreeMap<Key, Record>,
    streams: BTreeMap<Key, Vec<StoredEvent>>,
    indexes: BTreeMap<(&'static str, &'static str), BTreeSet<Entry>>,
    /// What was written, in its order.
    pub(super) log: Vec<(Key, u64)>,
}

/// The place of a document in an index.
type Entry = (Owner, Vec<Slot>, ObjectId);

/// A value as indexes sort it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Null,
    Number(i64),
    Text(String),
}

/// How a document and its events were before a write.
struct Before {
    key: Key,
    record: Option<Record>,
    events: Option<Vec<StoredEvent>>,
    appended: usize,
}

const FIRST: ObjectId = ObjectId::from_bytes([0; 12]);
const LAST: ObjectId = ObjectId::from_bytes([0xff; 12]);

impl Tables {
    pub(super) fn ensure(&mut self, collections: &[Collection]) -> Result<()> {
        self.catalog.extend(collections);
        for collection in collections {
            for index in collection.indexes {
                let of_collection =
                    self.records.values().filter(|it| it.key.collection == collection.name);
                let mut entries = BTreeSet::new();
                for record in of_collection {
                    entries.extend(entry(record, index)?);
                }
                self.indexes.insert((collection.name, index.name), entries);
            }
        }
        Ok(())
    }

    pub(super) fn stream(&self, key: &Key) -> Result<&[StoredEvent]> {
        self.catalog.events(key.collection)?;
        Ok(self.streams.get(key).map_or(&[], Vec::as_slice))
    }

    pub(super) fn events(&self, key: &Key, after: u64, limit: usize) -> Result<Vec<StoredEvent>> {
        let events = self.stream(key)?.iter().filter(|it| it.sequence > after);
        Ok(events.take(limit).cloned().collect())
    }

    pub(super) fn get(&self, key: &Key) -> Result<Option<Record>> {
        self.catalog.collection(key.collection)?;
        Ok(self.records.get(key).cloned())
    }

    pub(super) fn commit(&mut self, batch: Vec<Write>) -> Result<()> {
        self.catalog.admit_batch(&batch)?;
        let mut done = Vec::new();
        let logged = self.log.len();
        let applied = batch.into_iter().try_for_each(|write| self.apply(write, &mut done));
        if applied.is_err() {
            self.log.truncate(logged);
            done.into_iter().rev().try_for_each(|before| self.undo(before))?;
        }
        applied
    }

    fn apply(&mut self, write: Write, done: &mut Vec<Before>) -> Result<()> {
        match write {
            Write::Check { key, expect: Expected::Version(version) } => self.expect(&key, version),
            Write::Check { key, expect: Expected::Present } => {
                self.records.get(&key).map(|_| ()).ok_or(StoreError::Conflict(key))
            }
            Write::Put { key, expect, at, body } => {
                self.expect(&key, expect)?;
                let record = self.successor(key, expect + 1, at, body);
                self.log.push((key, record.version));
                done.push(Before { key, record: self.replace(record)?, events: None, appended: 0 });
                Ok(())
            }
            Write::Delete { key, expect } => {
                self.expect(&key, expect)?;
                let record = Some(self.remove(&key)?.ok_or(StoreError::Conflict(key))?);
                let events = self.streams.remove(&key);
                self.log.push((key, 0));
                done.push(Before { key, record, events, appended: 0 });
                Ok(())
            }
            Write::Append { stream: key, expect, at, events, state } => {
                self.expect(&key, expect)?;
                let appended = events.len();
                let record = self.successor(key, expect + appended as u64, at, state);
                self.log.push((key, record.version));
                done.push(Before { key, record: self.replace(record)?, events: None, appended });
                self.streams.entry(key).or_default().extend(events);
                Ok(())
            }
            Write::Unreferenced { by, field, targets } => {
                let first = targets.ids.first().copied().unwrap_or(FIRST);
                let (owner, collection) = (targets.owner, targets.collection);
                let referrers = Referrers { by, field, targets, after: None, limit: 1 };
                if self.referrers(&referrers)?.records.is_empty() {
                    return Ok(());
                }
                Err(StoreError::Conflict(Key { owner, collection, id: first }))
            }
            Write::Restore { record, events } => {
                let (key, appended) = (record.key, events.len());
                self.expect(&key, 0)?;
                self.log.push((key, record.version));
                done.push(Before { key, record: self.replace(record)?, events: None, appended });
                if appended > 0 {
                    self.streams.insert(key, events);
                }
                Ok(())
            }
        }
    }

    fn undo(&mut self, Before { key, record, events, appended }: Before) -> Result<()> {
        self.remove(&key)?;
        if let Some(record) = record {
            self.replace(record)?;
        }
        if let Some(events) = events {
            self.streams.insert(key, events);
        } else if let Some(events) = self.streams.get_mut(&key) {
            events.truncate(events.len() - appended);
        }
        Ok(())
    }

    fn expect(&self, key: &Key, version: u64) -> Result<()> {
        let found = self.records.get(key).map_or(0, |it| it.version);
        if found == version { Ok(()) } else { Err(StoreError::Conflict(*key)) }
    }

    fn successor(&self, key: Key, version: u64, at: Timestamp, body: Stored) -> Record {
        let created_at = self.records.get(&key).map_or(at, |it| it.created_at);
        Record { key, version, created_at, updated_at: at, body }
    }

    fn replace(&mut self, record: Record) -> Result<Option<Record>> {
        let key = record.key;
        let indexes = self.catalog.collection(key.collection)?.indexes;
        let mut entries = Vec::new();
        for index in indexes {
            let Some(entry) = entry(&record, index)? else { continue };
            let held = self.indexes.entry((key.collection, index.name)).or_default();
            let same = (key.owner, entry.1.clone(), FIRST)..=(key.owner, entry.1.clone(), LAST);
            if index.unique && held.range(same).any(|it| it.2 != key.id) {
                let (collection, index) = (key.collection, index.name);
                return Err(StoreError::Duplicate { collection, index });
            }
            entries.push((index.name, entry));
        }
        let before = self.remove(&key)?;
        for (index, entry) in entries {
            self.indexes.entry((key.collection, index)).or_default().insert(entry);
        }
        self.records.insert(key, record);
        Ok(before)
    }

    fn remove(&mut self, key: &Key) -> Result<Option<Record>> {
        let Some(record) = self.records.remove(key) else { return Ok(None) };
        for index in self.catalog.collection(key.collection)?.indexes {
            if let (Some(entry), Some(held)) =
                (entry(&record, index)?, self.indexes.get_mut(&(key.collection, index.name)))
            {
                held.remove(&entry);
            }
        }
        Ok(Some(record))
    }

    pub(super) fn list(&self, query: &Query) -> Result<Page> {
        self.catalog.admit_query(query)?;
        let after = query.after.as_ref().map(|it| (slots(&it.values), it.id));
        let behind = |place: &(Vec<Slot>, ObjectId)| match (&after, query.order) {
            (None, _) => true,
            (Some(after), Order::Ascending) => place > after,
            (Some(after), Order::Descending) => place < after,
        };
        let mut places: Vec<_> = self.places(query).filter(behind).collect();
        if query.order == Order::Descending {
            places.reverse();
        }
        let key = |id| Key { owner: query.owner, collection: query.collection, id };
        let found = places.iter().take(query.limit).filter_map(|it| self.records.get(&key(it.1)));
        let mut bytes = 0;
        let within = |it: &&Record| {
            let has_room = bytes < PAGE_BYTES;
            bytes += it.body.as_str().len();
            has_room
        };
        let mut records: Vec<_> = found.take_while(within).cloned().collect();
        let more = places.len() > records.len();
        let next = match records.last().filter(|_| more) {
            Some(last) => Some(Cursor::at(last, query)?),
            None => None,
        };
        if let Some(fields) = query.fields {
            for record in &mut records {
                record.body = record.body.only(fields).map_err(|it| record.corrupt(&it))?;
            }
        }
        Ok(Page { records, damaged: Vec::new(), next })
    }

    pub(super) fn count(&self, query: &Query) -> Result<u64> {
        self.catalog.admit_query(query)?;
        Ok(self.places(query).count() as u64)
    }

    pub(super) fn scan(&self, scan: &Scan) -> Result<Scanned> {
        self.catalog.collection(scan.collection)?;
        Ok(self.part(scan, |_| true))
    }

    pub(super) fn referrers(&self, referrers: &Referrers) -> Result<Scanned> {
        let Referrers { by, field, targets, after, limit } = referrers;
        self.catalog.collection(by)?;
        let owner = Some(targets.owner).filter(|it| *it != Owner::Platform);
        let scan = Scan { collection: by, owner, after: *after, limit: *limit };
        Ok(self.part(&scan, |record| {
            let ids = record.body.read().map(|body: Value| ids_at(&body, field));
            ids.is_ok_and(|ids| ids.iter().any(|it| targets.ids.contains(it)))
        }))
    }

    fn part(&self, scan: &Scan, holds: impl Fn(&Record) -> bool) -> Scanned {
        let records: Box<dyn Iterator<Item = &Record>> = if let Some(owner) = scan.owner {
            let key = |id| Key { owner, collection: scan.collection, id };
            Box::new(self.records.range(key(FIRST)..=key(LAST)).map(|it| it.1))
        } else {
            let all = self.records.values();
            Box::new(all.filter(|it| it.key.collection == scan.collection))
        };
        let mut found: Vec<_> = records
            .filter(|it| scan.after.is_none_or(|after| (it.key.owner, it.key.id) > after))
            .filter(|it| holds(it))
            .take(scan.limit.saturating_add(1))
            .cloned()
            .collect();
        let more = found.len() > scan.limit;
        found.truncate(scan.limit);
        let next = found.last().filter(|_| more).map(|it| (it.key.owner, it.key.id));
        Scanned { records: found, damaged: Vec::new(), next }
    }

    /// Ascending: the values that `equal` does not fix, and the id.
    fn places<'a>(
        &'a self,
        query: &'a Query,
    ) -> Box<dyn Iterator<Item = (Vec<Slot>, ObjectId)> + 'a> {
        let owner = query.owner;
        let Some(index) = query.index else {
            let key = |id| Key { owner, collection: query.collection, id };
            return Box::new(
                self.records.range(key(FIRST)..=key(LAST)).map(|it| (Vec::new(), it.0.id)),
            );
        };
        let equal: Vec<_> = query.equal.iter().map(|it| slot(Some(it))).collect();
        let from = query.from.as_ref().map(|it| slot(Some(it)));
        let until = query.until.as_ref().map(|it| slot(Some(it)));
        let within = move |free: &[Slot]| match free.first().filter(|it| **it != Slot::Null) {
            None => from.is_none() && until.is_none(),
            Some(next) => {
                from.as_ref().is_none_or(|it| next >= it)
                    && until.as_ref().is_none_or(|it| next < it)
            }
        };
        let start = Bound::Included((owner, equal.clone(), FIRST));
        let entries = self.indexes.get(&(query.collection, index.name)).into_iter();
        Box::new(
            entries
                .flat_map(move |it| it.range((start.clone(), Bound::Unbounded)))
                .take_while(move |it| it.0 == owner)
                .filter_map(move |it| Some((it.1.strip_prefix(&*equal)?.to_vec(), it.2)))
                .filter(move |it| within(&it.0)),
        )
    }
}

fn entry(record: &Record, index: &Index) -> Result<Option<Entry>> {
    let values = record.indexed(index)?;
    Ok(values.map(|it| (record.key.owner, slots(&it), record.key.id)))
}

fn slots(values: &[Option<Scalar>]) -> Vec<Slot> {
    values.iter().map(|it| slot(it.as_ref())).collect()
}

fn slot(value: Option<&Scalar>) -> Slot {
    match value {
        None => Slot::Null,
        Some(Scalar::Bool(truth)) => Slot::Number(i64::from(*truth)),
        Some(Scalar::Number(number)) => Slot::Number(*number),
        Some(Scalar::Text(text)) => Slot::Text(text.clone()),
    }
}
