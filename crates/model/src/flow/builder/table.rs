use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Changes, Item, ids::Ids};
use crate::{Doc, Entity, Id, ObjectId, Problems, merge_patch, scheduler::Identified};

/// What is to be written of one kind of document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writes<E> {
    pub insert: Vec<Identified<E>>,
    /// Only those that are otherwise than before.
    pub replace: Vec<Identified<E>>,
    pub delete: Vec<Id<E>>,
}

/// The documents of one kind, as the save makes them.
pub(super) struct Table<E> {
    name: &'static str,
    rows: BTreeMap<Id<E>, Row<E>>,
    /// With the place where it is said.
    deleted: BTreeMap<Id<E>, String>,
}

struct Row<E> {
    /// `None` for a new one.
    before: Option<(u64, E)>,
    now: E,
    /// The place in the request that writes it.
    path: Option<String>,
}

impl<E: Entity + Clone + PartialEq> Table<E> {
    pub(super) fn new(name: &'static str, docs: &[Doc<E>]) -> Self {
        let row = |it: &Doc<E>| Row {
            before: Some((it.version, it.body.clone())),
            now: it.body.clone(),
            path: None,
        };
        let rows = docs.iter().map(|it| (it.id, row(it))).collect();
        Self { name, rows, deleted: BTreeMap::new() }
    }

    /// Takes out what is deleted.
    pub(super) fn delete(&mut self, changes: &Changes, ids: &mut Ids, problems: &mut Problems) {
        for (n, text) in changes.delete.iter().enumerate() {
            let path = format!("{}.delete.{n}", self.name);
            let Some(id) = self.find(text, &path, problems) else { continue };
            ids.forget(id.object_id());
            self.remove(id, path);
        }
    }

    /// Takes one out that goes with something else.
    pub(super) fn remove(&mut self, id: Id<E>, path: String) {
        if self.rows.remove(&id).is_some() {
            self.deleted.insert(id, path);
        }
    }

    /// One that there was. What is another flow's is what is not there.
    fn find(&self, text: &str, path: &str, problems: &mut Problems) -> Option<Id<E>> {
        let id = text.parse::<Id<E>>().ok();
        let found = id.filter(|it| self.rows.get(it).is_some_and(|row| row.before.is_some()));
        let mut root = problems.root();
        let mut place = root.at(path);
        if id.is_some_and(|it| self.deleted.contains_key(&it)) {
            place.add("unique", "is deleted in this request");
        } else if found.is_none() {
            let shown: String = text.chars().take(100).collect();
            place.add("reference", format!("there is no {} {shown} here", E::COLLECTION.label));
        }
        found
    }

    /// Puts in what is new and changes what is changed.
    pub(super) fn write(&mut self, changes: Changes, ids: &Ids, problems: &mut Problems) {
        for (n, mut item) in changes.create.into_iter().enumerate() {
            let path = format!("{}.create.{n}", self.name);
            let id = item.remove("_id").and_then(|it| it.as_str()?.parse::<Id<E>>().ok());
            set_by_server::<E>(&mut item, &path, problems);
            for (name, json) in E::SERVER_SET {
                item.insert((*name).to_owned(), serde_json::from_str(json).unwrap_or_default());
            }
            let now = resolved::<E>(item, ids, &path, problems);
            let now = read::<E>(now, &path, problems);
            if let (Some(id), Some(now)) = (id, now) {
                self.rows.insert(id, Row { before: None, now, path: Some(path) });
            }
        }
        for (n, item) in changes.update.into_iter().enumerate() {
            self.update(item, ids, &format!("{}.update.{n}", self.name), problems);
        }
    }

    fn update(&mut self, mut item: Item, ids: &Ids, path: &str, problems: &mut Problems) {
        let at_id = format!("{path}._id");
        let Some(Value::String(text)) = item.remove("_id") else {
            problems.root().at(at_id).add("required", "must be the id of what changes");
            return;
        };
        let Some(id) = self.find(&text, &at_id, problems) else { return };
        let Some(row) = self.rows.get_mut(&id) else { return };
        if row.path.is_some() {
            problems.root().at(at_id).add("unique", "is changed twice in this request");
            return;
        }
        let expected = item.remove("version");
        let version = row.before.as_ref().map(|it| it.0);
        if expected.as_ref().is_some_and(|it| it.as_u64() != version) {
            let now = version.unwrap_or_default();
            let message = format!("was changed by someone else: its version is {now} now");
            problems.root().at(format_args!("{path}.version")).add("changed", message);
        }
        set_by_server::<E>(&mut item, path, problems);
        let changes = resolved::<E>(item, ids, path, problems);
        let Ok(Value::Object(mut fields)) = serde_json::to_value(&row.now) else { return };
        if let Value::Object(changes) = &changes {
            merge_patch(&mut fields, changes);
        }
        row.path = Some(path.to_owned());
        if let Some(now) = read::<E>(Value::Object(fields), path, problems) {
            row.now = now;
        }
    }

    pub(super) fn is_deleted(&self, id: Id<E>) -> bool {
        self.deleted.contains_key(&id)
    }

    pub(super) fn deleted(&self) -> impl Iterator<Item = (Id<E>, &str)> {
        self.deleted.iter().map(|(id, path)| (*id, path.as_str()))
    }

    pub(super) fn get(&self, id: Id<E>) -> Option<&E> {
        self.rows.get(&id).map(|it| &it.now)
    }

    pub(super) fn get_mut(&mut self, id: Id<E>) -> Option<&mut E> {
        self.rows.get_mut(&id).map(|it| &mut it.now)
    }

    /// All, each with the place in the request that writes it.
    pub(super) fn all(&self) -> impl Iterator<Item = (Id<E>, &E, Option<&str>)> {
        self.rows.iter().map(|(id, row)| (*id, &row.now, row.path.as_deref()))
    }

    /// Those that are new.
    pub(super) fn created(&self) -> impl Iterator<Item = (Id<E>, &E, &str)> {
        let new = self.rows.iter().filter(|it| it.1.before.is_none());
        new.filter_map(|(id, row)| Some((*id, &row.now, row.path.as_deref()?)))
    }

    /// Changes all of them.
    pub(super) fn change(&mut self, change: impl Fn(&mut E)) {
        self.rows.values_mut().for_each(|it| change(&mut it.now));
    }

    pub(super) fn writes(self) -> Writes<E> {
        let delete = self.deleted.into_keys().collect();
        let (mut insert, mut replace) = (Vec::new(), Vec::new());
        for (id, Row { before, now, .. }) in self.rows {
            match before {
                None => insert.push(Identified { id, body: now }),
                Some((_, before)) if before != now => replace.push(Identified { id, body: now }),
                Some(_) => {}
            }
        }
        Writes { insert, replace, delete }
    }
}

impl<E> Writes<E> {
    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.insert.is_empty() && self.replace.is_empty() && self.delete.is_empty()
    }

    /// The ids of what is new, changed and deleted.
    pub fn ids(&self) -> [Vec<ObjectId>; 3] {
        let ids = |it: &[Identified<E>]| it.iter().map(|it| it.id.object_id()).collect();
        let delete = self.delete.iter().map(|it| it.object_id()).collect();
        [ids(&self.insert), ids(&self.replace), delete]
    }
}

/// Refuses fields that only the server sets.
fn set_by_server<E: Entity>(item: &mut Item, path: &str, problems: &mut Problems) {
    const ENVELOPE: [&str; 4] = ["organization_id", "version", "created_at", "updated_at"];
    for name in E::SERVER_SET.iter().map(|it| it.0).chain(ENVELOPE) {
        if item.remove(name).is_some() {
            let mut root = problems.root();
            root.at(format_args!("{path}.{name}")).add("server_set", "is set by the server only");
        }
    }
}

fn resolved<E: Entity>(item: Item, ids: &Ids, path: &str, problems: &mut Problems) -> Value {
    let mut value = Value::Object(item);
    ids.resolve_references::<E>(&mut value, path, problems);
    value
}

/// The entity, with its own rules.
pub(super) fn read<E: Entity>(value: Value, path: &str, problems: &mut Problems) -> Option<E> {
    let entity: E = parse(value, path, problems)?;
    entity.validate(&mut problems.root().at(path));
    Some(entity)
}

/// What the value says, or where it is not what it should be.
pub(super) fn parse<T: DeserializeOwned>(
    value: Value,
    path: &str,
    problems: &mut Problems,
) -> Option<T> {
    match serde_path_to_error::deserialize(value) {
        Ok(read) => Some(read),
        Err(error) => {
            let inner = match error.path().to_string().as_str() {
                "." => String::new(),
                inner => format!(".{}", inner.replace('[', ".").replace(']', "")),
            };
            let message = error.into_inner().to_string();
            problems.root().at(format_args!("{path}{inner}")).add("body", message);
            None
        }
    }
}
