use std::collections::{BTreeMap, HashMap, HashSet};

use model::{COLLECTIONS, Collection, Id, Lookup, ObjectId, OnDelete, Reference};
use serde_json::Value;
use store::{Fault, Key, Owner, Record, Scan, Scanned, Snapshot, ids_at};

use super::{Diagnosis, Finding, FindingCode, Remedy, audit_logs::AuditLogs};
use crate::{Result, SystemDoor};

pub(super) const PAGE: usize = 500;
pub(super) const REFOLD: &str = "fold it again from its events";

/// Where every document of a collection is.
type Places = HashMap<&'static str, HashSet<(Owner, ObjectId)>>;

impl SystemDoor {
    /// What is wrong below the documents.
    pub async fn inspect(&self) -> Result<Vec<Fault>> {
        Ok(self.0.store.backend().inspect(COLLECTIONS).await?)
    }

    /// Examines all documents and events as they are at one instant, while others go on writing.
    /// `faults` is what the engine found below the documents; `progress` is told how many
    /// documents have been examined.
    pub async fn diagnose(
        &self,
        faults: Vec<Fault>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Diagnosis> {
        let mut examination = Examination {
            snapshot: self.0.store.backend().snapshot().await?,
            places: Places::new(),
            values: HashMap::new(),
            unreadable: HashSet::new(),
            audit_logs: AuditLogs::default(),
            checked: BTreeMap::new(),
            findings: faults.into_iter().map(Finding::of).collect(),
        };
        examination.locate().await?;
        examination.refoldable().await?;
        let mut examined = 0;
        for collection in COLLECTIONS {
            let mut scan = everybodys(collection);
            loop {
                let Scanned { records, next, .. } = examination.snapshot.scan(&scan).await?;
                for record in &records {
                    examination.record(collection, record).await?;
                }
                examined += records.len() as u64;
                progress(examined);
                scan.after = next;
                if next.is_none() {
                    break;
                }
            }
        }
        examination.missing_lookups();
        examination.findings.extend(examination.audit_logs.findings());
        let Examination { checked, findings, .. } = examination;
        Ok(Diagnosis { ok: findings.is_empty(), checked, findings })
    }
}

pub(super) struct Examination {
    pub(super) snapshot: Box<dyn Snapshot>,
    places: Places,
    /// The globally unique values that documents have and no lookup was met for.
    values: HashMap<ObjectId, (Lookup, Key)>,
    /// Documents whose values are not known.
    unreadable: HashSet<ObjectId>,
    audit_logs: AuditLogs,
    pub(super) checked: BTreeMap<&'static str, u64>,
    pub(super) findings: Vec<Finding>,
}

impl Examination {
    /// Where everything is, and what is damaged.
    async fn locate(&mut self) -> Result<()> {
        for collection in COLLECTIONS {
            let mut scan = everybodys(collection);
            let mut places = HashSet::new();
            loop {
                let Scanned { records, damaged, next } = self.snapshot.scan(&scan).await?;
                for damaged in damaged {
                    places.insert((damaged.key.owner, damaged.key.id));
                    self.unreadable.insert(damaged.key.id);
                    self.damaged(damaged.key, &damaged.reason);
                }
                for record in records {
                    places.insert((record.key.owner, record.key.id));
                    self.remember_values(&record);
                }
                scan.after = next;
                if next.is_none() {
                    break;
                }
            }
            self.checked.insert(collection.name, places.len() as u64);
            self.places.insert(collection.name, places);
        }
        Ok(())
    }

    /// The engine may have named it already.
    fn damaged(&mut self, key: Key, reason: &str) {
        let same = |it: &Finding| it.collection == Some(key.collection) && it.id == Some(key.id);
        if !self.findings.iter().any(same) {
            self.findings.push(Finding::new(FindingCode::DamagedRecord, Some(key), reason));
        }
    }

    /// A damaged session can be made from its events, when they are all there.
    async fn refoldable(&mut self) -> Result<()> {
        for at in 0..self.findings.len() {
            let Finding { code, collection, id: Some(id), .. } = self.findings[at] else {
                continue;
            };
            let place = self.places.get("booking_sessions").and_then(|places| {
                let damaged =
                    code == FindingCode::DamagedRecord && collection == Some("booking_sessions");
                places.iter().find(|it| damaged && it.1 == id)
            });
            let Some(&(owner, id)) = place else { continue };
            let key = Key { owner, collection: "booking_sessions", id };
            if self.stream(&key).await?.is_ok() {
                let finding = &mut self.findings[at];
                finding.repair = Some(REFOLD.to_owned());
                finding.remedy = Some(Remedy::Refold { key });
            }
        }
        Ok(())
    }

    fn remember_values(&mut self, record: &Record) {
        let Owner::Organization(organization) = record.key.owner else { return };
        if model::read(record.key.collection, record.body.as_str()).is_err() {
            self.unreadable.insert(record.key.id);
        }
        for (kind, value) in model::lookups(record.key.collection, record.body.as_str()) {
            let id = Lookup::id_for(kind, &value).object_id();
            let organization_id = Id::new(organization);
            let lookup = Lookup { kind, value, organization_id, target_id: record.key.id };
            self.values.insert(id, (lookup, record.key));
        }
    }

    async fn record(&mut self, collection: &Collection, record: &Record) -> Result<()> {
        if let Err(reason) = model::read(collection.name, record.body.as_str()) {
            let finding = Finding::new(FindingCode::UnreadableRecord, Some(record.key), reason);
            self.findings.push(finding);
            return Ok(());
        }
        if let Owner::Organization(id) = record.key.owner
            && !self.is_there("organizations", Owner::Platform, id)
        {
            let message = format!("organization_id: there is no organizations {id}");
            self.findings.push(Finding::new(FindingCode::Orphan, Some(record.key), message));
        }
        if !collection.references.is_empty()
            && let Ok(body) = record.body.read::<Value>()
        {
            for reference in collection.references {
                self.orphans(record, reference, &body);
            }
        }
        if collection.name == "lookups" {
            self.lookup(record);
        }
        if collection.name == "audit_log" {
            self.audit_logs.add(record);
        }
        if collection.events.is_some() {
            self.session(record).await?;
        }
        Ok(())
    }

    fn is_there(&self, collection: &str, owner: Owner, id: ObjectId) -> bool {
        self.places.get(collection).is_some_and(|it| it.contains(&(owner, id)))
    }

    fn orphans(&mut self, record: &Record, reference: &Reference, body: &Value) {
        let Reference { field, to, on_delete } = *reference;
        // What points at something that this version does not have is not examined.
        if !self.places.contains_key(to) {
            return;
        }
        let owners = [record.key.owner, Owner::Platform];
        let is_there = |id: &ObjectId| owners.iter().any(|it| self.is_there(to, *it, *id));
        let targets: Vec<_> = ids_at(body, field).into_iter().filter(|it| !is_there(it)).collect();
        let Some(first) = targets.first() else { return };
        let (key, version) = (record.key, record.version);
        let message = format!("{field}: there is no {to} {first}");
        let finding = Finding::new(FindingCode::Orphan, Some(key), message);
        self.findings.push(match on_delete {
            OnDelete::Restrict => finding,
            OnDelete::Cascade => finding.mended_by("delete it", Remedy::Delete { key, version }),
            OnDelete::SetNull => {
                finding.mended_by(format!("empty {field}"), Remedy::Empty { key, field, targets })
            }
        });
    }

    fn lookup(&mut self, record: &Record) {
        let Ok(found) = record.body.read::<Lookup>() else { return };
        // What cannot be read may well have the value.
        if self.unreadable.contains(&found.target_id) {
            return;
        }
        if self.values.get(&record.key.id).is_some_and(|(lookup, _)| *lookup == found) {
            self.values.remove(&record.key.id);
            return;
        }
        let message = format!("`{}` is not a value of {}", found.value, found.target_id);
        let (key, version) = (record.key, record.version);
        let finding = Finding::new(FindingCode::StaleLookup, Some(key), message);
        self.findings.push(finding.mended_by("delete it", Remedy::Delete { key, version }));
    }

    fn missing_lookups(&mut self) {
        for (id, (lookup, key)) in self.values.drain() {
            let message = format!("`{}` does not lead to it", lookup.value);
            let finding = Finding::new(FindingCode::MissingLookup, Some(key), message);
            let repair = "add the lookup";
            self.findings.push(finding.mended_by(repair, Remedy::AddLookup { id, lookup }));
        }
    }
}

fn everybodys(collection: &Collection) -> Scan {
    Scan { collection: collection.name, owner: None, after: None, limit: PAGE }
}
