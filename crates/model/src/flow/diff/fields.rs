use serde_json::Value;

use super::FieldChange;
use crate::flow::file::Tree;

/// Adds each field that differs, at the deepest place that says how.
pub(super) fn compare(before: &Tree, after: &Tree, at: &str, changes: &mut Vec<FieldChange>) {
    match (before, after) {
        (Tree::Map(old), Tree::Map(new)) => {
            for (name, value) in old {
                match after.get(name) {
                    Some(now) => compare(value, now, &below(at, name), changes),
                    None => changes.push(change(&below(at, name), Some(value), None)),
                }
            }
            for (name, value) in new.iter().filter(|(name, _)| before.get(name).is_none()) {
                changes.push(change(&below(at, name), None, Some(value)));
            }
            let (kept, order) = (names(old, after), names(new, before));
            if kept != order {
                changes.push(FieldChange {
                    field: at.to_owned(),
                    before: kept.into(),
                    after: order.into(),
                });
            }
        }
        (Tree::List(old), Tree::List(new)) if old.len() == new.len() && are_maps(old, new) => {
            for (n, (old, new)) in old.iter().zip(new).enumerate() {
                compare(old, new, &below(at, &n.to_string()), changes);
            }
        }
        _ if before == after => {}
        _ => changes.push(change(at, Some(before), Some(after))),
    }
}

/// Only maps by slug have an order of their own; the format gives that of fields.
fn names(fields: &[(String, Tree)], other: &Tree) -> Vec<String> {
    let both = fields.iter().map(|(name, _)| name).filter(|it| other.get(it).is_some());
    both.cloned().collect()
}

fn are_maps(old: &[Tree], new: &[Tree]) -> bool {
    old.iter().chain(new).all(|it| matches!(it, Tree::Map(_)))
}

fn below(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn change(field: &str, before: Option<&Tree>, after: Option<&Tree>) -> FieldChange {
    let value = |it: Option<&Tree>| it.map_or(Value::Null, Tree::to_value);
    FieldChange { field: field.to_owned(), before: value(before), after: value(after) }
}
