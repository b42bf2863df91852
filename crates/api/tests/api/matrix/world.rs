//! Two organizations with one document of every kind at least, whose texts say whose they are.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use model::{
    Entity, Id, ObjectId, Owners, Problems, Timestamp,
    core::{AuditEntry, Organization},
};
use serde_json::Value;
use store::{Backend, Key, Owner, Record, Scan, Stored, Write, ids_at};

/// One of the organizations.
pub(crate) struct Side {
    pub(crate) organization: Id<Organization>,
    /// What each of its texts begins with.
    pub(crate) mark: &'static str,
    /// The first digits of its ids.
    digits: &'static str,
    /// A document of each collection that nothing else needs, where there can be one.
    pub(crate) targets: BTreeMap<&'static str, ObjectId>,
    /// The public key of its scheduler, and a visit with its token.
    pub(crate) public_key: String,
    pub(crate) visit: (String, String),
}

/// Documents by their keys.
pub(crate) type Documents = BTreeMap<Key, Record>;

/// What the store or the server writes by itself, and nobody's document may stand in.
const OWN: [&str; 9] = [
    "lookups",
    "organizations",
    "permissions",
    "user_sessions",
    "audit_log",
    "jobs",
    "idempotency_keys",
    "data_migrations",
    "leases",
];

/// Ids in the samples that stand for what there is.
const ORGANIZATION: &str = "67412a010001000102030406";
const SESSION: &str = "67412a01000e000102030413";

macro_rules! valid {
    ($($E:path),+ $(,)?) => {
        /// Whether it could be stored.
        fn is_valid(collection: &str, body: &Value) -> bool {
            $(if collection == <$E as Entity>::COLLECTION.name {
                let mut problems = Problems::default();
                let read = serde_json::from_value::<$E>(body.clone());
                return read.is_ok_and(|it| {
                    it.validate(&mut problems.root());
                    problems.into_result().is_ok()
                });
            })+
            false
        }
    };
}
model::for_each_entity!(valid);

pub(crate) fn samples(collection: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../model/tests/stored");
    let text = fs::read_to_string(folder.join(format!("{collection}.json")));
    text.map_or_else(|_| Vec::new(), |it| serde_json::from_str(&it).unwrap())
}

/// Calls with every text in a value.
pub(crate) fn each_text(value: &mut Value, change: &mut dyn FnMut(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|it| each_text(it, change)),
        Value::Object(members) => members.values_mut().for_each(|it| each_text(it, change)),
        _ => {}
    }
}

pub(crate) fn is_id(text: &str) -> bool {
    text.parse::<ObjectId>().is_ok()
}

impl Side {
    pub(crate) fn new(
        organization: Id<Organization>,
        mark: &'static str,
        digits: &'static str,
        public_key: String,
        visit: (String, String),
    ) -> Self {
        Self { organization, mark, digits, targets: BTreeMap::new(), public_key, visit }
    }

    /// An id of the samples as this organization has it.
    pub(crate) fn own_id(&self, id: &str) -> String {
        match id {
            ORGANIZATION => self.organization.to_string(),
            SESSION => self.visit.0.clone(),
            _ => format!("{}{}", self.digits, &id[8..]),
        }
    }

    /// The id that stands here for what `id` is at the other side.
    pub(crate) fn same_id(&self, id: &str, of: &Self) -> String {
        if *id == of.organization.to_string() {
            self.organization.to_string()
        } else if *id == of.visit.0 {
            self.visit.0.clone()
        } else {
            format!("{}{}", self.digits, &id[8..])
        }
    }

    /// A sample with this organization's ids, and with its mark in every text that may be any.
    pub(crate) fn own(&self, collection: &str, sample: &Value, marked: &mut u32) -> Value {
        let mut body = sample.clone();
        each_text(&mut body, &mut |text| {
            if is_id(text) {
                *text = self.own_id(text);
            }
        });
        if collection == "roles" {
            body["inherits"] = Value::Array(Vec::new());
        }
        let mut texts = 0;
        each_text(&mut body, &mut |_| texts += 1);
        for nth in 0..texts {
            *marked += 1;
            let mark = format!("{}-{marked}", self.mark);
            let forms =
                [mark.clone(), format!("{mark}@example.com"), format!("https://{mark}.example/")];
            for form in forms {
                let (mut changed, mut at) = (body.clone(), 0);
                each_text(&mut changed, &mut |text| {
                    if at == nth && !is_id(text) {
                        text.clone_from(&form);
                    }
                    at += 1;
                });
                if is_valid(collection, &changed) {
                    body = changed;
                    break;
                }
            }
        }
        body
    }

    /// Puts documents of every kind into the store.
    pub(crate) async fn fill(&mut self, backend: &dyn Backend, at: Timestamp, marked: &mut u32) {
        let needed = needed();
        let kept = model::COLLECTIONS.iter().filter(|it| {
            !OWN.contains(&it.name) && it.name != "booking_sessions" && it.name != "slot_holds"
        });
        for collection in kept {
            let owner = match model::owners(collection.name) {
                Some(Owners::Platform) => Owner::Platform,
                _ => Owner::Organization(self.organization.object_id()),
            };
            let samples = samples(collection.name);
            assert!(!samples.is_empty(), "{} has no stored sample", collection.name);
            let spare = format!("{}0000{:012x}", self.digits, self.targets.len() + 1);
            let ids = needed.get(collection.name).into_iter().flatten().map(|it| self.own_id(it));
            let ids: Vec<_> = ids.chain([spare]).collect();
            for (n, id) in ids.into_iter().enumerate() {
                let id: ObjectId = id.parse().unwrap();
                let key = Key { owner, collection: collection.name, id };
                for sample in samples.iter().cycle().skip(n).take(samples.len()) {
                    let body = self.own(collection.name, sample, marked);
                    if restore(backend, key, at, &body).await {
                        self.targets.insert(collection.name, id);
                        break;
                    }
                }
            }
            let filled = self.targets.contains_key(collection.name);
            assert!(filled, "no sample of {} can be stored", collection.name);
        }
        self.targets.insert("booking_sessions", self.visit.0.parse().unwrap());
        self.targets.insert("organizations", self.organization.object_id());
        let first = |of| AuditEntry::id_of(of, 1).object_id();
        self.targets.insert("audit_log", first(Some(self.organization)));
        self.targets.insert("platform_audit_log", first(None));
    }
}

async fn restore(backend: &dyn Backend, key: Key, at: Timestamp, body: &Value) -> bool {
    let text = body.to_string();
    let mut batch = Vec::new();
    if let Owner::Organization(organization) = key.owner {
        for (kind, value) in model::lookups(key.collection, &text) {
            let id = model::Lookup::id_for(kind, &value).object_id();
            let lookup = model::Lookup {
                kind,
                value,
                organization_id: Id::new(organization),
                target_id: key.id,
            };
            let key = Key { owner: Owner::Platform, collection: "lookups", id };
            batch.push(Write::Put { key, expect: 0, at, body: Stored::of(&lookup).unwrap() });
        }
    }
    batch.push(Write::Put { key, expect: 0, at, body: Stored::from_json(text) });
    backend.commit(batch).await.is_ok()
}

/// The ids in each collection that samples refer to.
fn needed() -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut needed = BTreeMap::<_, BTreeSet<_>>::new();
    for collection in model::COLLECTIONS {
        for reference in collection.references {
            for sample in samples(collection.name) {
                let ids = ids_at(&sample, reference.field);
                needed.entry(reference.to).or_default().extend(ids.iter().map(ToString::to_string));
            }
        }
    }
    needed
}

/// Everything but visits and what the server writes about requests.
pub(crate) async fn documents(backend: &dyn Backend) -> Documents {
    let mut snapshot = backend.snapshot().await.unwrap();
    let mut all = Documents::new();
    let left_out =
        ["audit_log", "idempotency_keys", "jobs", "permissions", "booking_sessions", "slot_holds"];
    for collection in model::COLLECTIONS.iter().filter(|it| !left_out.contains(&it.name)) {
        let scan = Scan { collection: collection.name, owner: None, after: None, limit: 10_000 };
        let records = snapshot.scan(&scan).await.unwrap().records;
        all.extend(records.into_iter().map(|it| (it.key, it)));
    }
    all
}

/// Makes what there is be what there was.
pub(crate) async fn put_back(backend: &dyn Backend, before: &Documents) {
    let now = documents(backend).await;
    let (mut deletes, mut restores) = (Vec::new(), Vec::new());
    for (key, record) in now.iter().filter(|(key, it)| before.get(key) != Some(it)) {
        deletes.push(Write::Delete { key: *key, expect: record.version });
    }
    for (_, record) in before.iter().filter(|(key, it)| now.get(key) != Some(it)) {
        restores.push(Write::Restore { record: record.clone(), events: Vec::new() });
    }
    backend.commit([deletes, restores].concat()).await.unwrap();
}

impl Side {
    /// Marks and ids of this organization in a text.
    pub(crate) fn traces<'a>(&self, text: &'a str) -> Vec<&'a str> {
        let words = text.split(|it: char| !(it.is_ascii_alphanumeric() || it == '-'));
        let ids = |it: &&str| is_id(it) && it.starts_with(self.digits);
        words
            .filter(|it| {
                it.starts_with(self.mark) || ids(it) || **it == *self.organization.to_string()
            })
            .collect()
    }
}
