use serde_json::{Map, Value};

/// Applies a JSON Merge Patch (RFC 7396) to the members of an object.
pub fn merge_patch(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, change) in patch {
        match change {
            Value::Null => {
                target.remove(name);
            }
            Value::Object(change) => {
                let inner = target.entry(name).or_insert(Value::Null);
                if !inner.is_object() {
                    *inner = Value::Object(Map::new());
                }
                if let Value::Object(inner) = inner {
                    merge_patch(inner, change);
                }
            }
            change => {
                target.insert(name.clone(), change.clone());
            }
        }
    }
}
