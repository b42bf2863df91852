use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Seen;
use crate::{
    COLLECTIONS, Entity, Id, ObjectId, Problems, scheduler::BookingFlow, step::StepConfig,
};

/// What nodes and edges are called, as collections have labels.
pub(super) const NODE: &str = "graph node";
pub(super) const EDGE: &str = "graph edge";

/// A temporary id has no more characters.
const LONGEST: usize = 100;

/// Which ids there are, of what, and what the temporary ones stand for.
pub(super) struct Ids {
    flow: Id<BookingFlow>,
    known: BTreeMap<&'static str, BTreeSet<ObjectId>>,
    temporary: BTreeMap<String, (&'static str, ObjectId)>,
    deleted: BTreeSet<ObjectId>,
}

impl Ids {
    pub(super) fn of(seen: &Seen) -> Self {
        let known = seen.known();
        let (temporary, deleted) = (BTreeMap::new(), BTreeSet::new());
        let mut ids = Self { flow: seen.flow.id, known, temporary, deleted };
        for step in &seen.steps {
            if let StepConfig::ServiceSelection(config) = &step.body.config {
                ids.know_graph(&config.graph);
            }
        }
        ids
    }

    pub(super) fn flow(&self) -> Id<BookingFlow> {
        self.flow
    }

    /// What each temporary id stands for.
    pub(super) fn temporary(self) -> BTreeMap<String, ObjectId> {
        self.temporary.into_iter().map(|(name, (_, id))| (name, id)).collect()
    }

    /// A new id for a new thing, under the name that it has in the request.
    pub(super) fn claim(
        &mut self,
        name: Option<&Value>,
        label: &'static str,
        path: &str,
        new_id: &mut dyn FnMut() -> ObjectId,
        problems: &mut Problems,
    ) -> ObjectId {
        let id = new_id();
        let mut root = problems.root();
        let mut place = root.at(path);
        match name {
            None => place.add("required", "must be a text that stands for the new id"),
            Some(Value::String(name)) if name.parse::<ObjectId>().is_ok() => {
                place.add("temporary_id", "must not look like an id: the server makes those");
            }
            Some(Value::String(name)) if (1..=LONGEST).contains(&name.chars().count()) => {
                if self.temporary.contains_key(name) {
                    place.add("unique", format!("`{name}` stands for something else already"));
                } else {
                    self.temporary.insert(name.clone(), (label, id));
                }
            }
            Some(_) => place.add("length", format!("must be a text of 1 to {LONGEST} characters")),
        }
        id
    }

    /// Makes an id known, such as one of a node.
    pub(super) fn know(&mut self, label: &'static str, id: ObjectId) {
        self.known.entry(label).or_default().insert(id);
    }

    /// From here on nothing may point at it.
    pub(super) fn forget(&mut self, id: ObjectId) {
        self.deleted.insert(id);
    }

    /// The id that a text stands for. What is another's, or another flow's, is what is not there.
    pub(super) fn resolve(
        &self,
        text: &str,
        label: &'static str,
        path: &str,
        problems: &mut Problems,
    ) -> Option<ObjectId> {
        let mut root = problems.root();
        let mut place = root.at(path);
        let shown: String = text.chars().take(LONGEST).collect();
        let Ok(id) = text.parse::<ObjectId>() else {
            return match self.temporary.get(text) {
                Some((of, id)) if *of == label => Some(*id),
                Some((of, _)) => {
                    place.add("reference", format!("`{shown}` is a {of}, not a {label}"));
                    None
                }
                None => {
                    let message = format!("there is no {label} `{shown}` in this request");
                    place.add("temporary_id", message);
                    None
                }
            };
        };
        if self.deleted.contains(&id) {
            place.add("reference", format!("the {label} {id} is deleted in this request"));
            return None;
        }
        let is_known = self.known.get(label).is_some_and(|it| it.contains(&id));
        if !is_known {
            place.add("reference", format!("there is no {label} {id} here"));
        }
        is_known.then_some(id)
    }

    /// What a temporary id stands for, whatever that is.
    pub(super) fn resolve_any(
        &self,
        text: &str,
        path: &str,
        problems: &mut Problems,
    ) -> Option<ObjectId> {
        let found = self.temporary.get(text).map(|it| it.1);
        if found.is_none() {
            let shown: String = text.chars().take(LONGEST).collect();
            let message = format!("there is nothing `{shown}` in this request");
            problems.root().at(path).add("temporary_id", message);
        }
        found
    }

    /// Puts ids in place of temporary ones in all fields of an entity that hold ids.
    pub(super) fn resolve_references<E: Entity>(
        &self,
        item: &mut Value,
        path: &str,
        problems: &mut Problems,
    ) {
        for reference in E::COLLECTION.references {
            let label = COLLECTIONS.iter().find(|it| it.name == reference.to).map(|it| it.label);
            let Some(label) = label else { continue };
            each_at(item, reference.field, path, &mut |value, path| {
                self.resolve_in(value, label, path, problems);
            });
        }
    }

    /// The same of one value. What is no text is left for its type to refuse.
    pub(super) fn resolve_in(
        &self,
        value: &mut Value,
        label: &'static str,
        path: &str,
        problems: &mut Problems,
    ) {
        if let Value::String(text) = value {
            // Any id will do where there is none: the rest of the item is to be read all the same.
            let id = self.resolve(text, label, path, problems);
            *text = id.unwrap_or(ObjectId::from_bytes([0; 12])).to_string();
        }
    }
}

/// Visits what stands at a field, `[]` going through lists, with its place.
fn each_at(value: &mut Value, field: &str, path: &str, visit: &mut dyn FnMut(&mut Value, &str)) {
    let (part, rest) = field.split_once('.').map_or((field, None), |it| (it.0, Some(it.1)));
    let (name, through_list) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
    let Some(held) = value.get_mut(name) else { return };
    let path = format!("{path}.{name}");
    let mut meet = |value: &mut Value, path: &str| match rest {
        None => visit(value, path),
        Some(rest) => each_at(value, rest, path, visit),
    };
    match held {
        Value::Array(items) if through_list => {
            for (n, item) in items.iter_mut().enumerate() {
                meet(item, &format!("{path}.{n}"));
            }
        }
        other => meet(other, &path),
    }
}
