//! Places inside of what is told apart by its `type`. Serde reads such a value twice and forgets
//! in between where it was, so that an error names the whole of it.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::sentence;

const TAG: &str = "type";

/// No value that is asked for is deeper.
const DEEPEST: usize = 4;

/// An object with more fields than that is not looked into.
const MOST_FIELDS: usize = 32;

/// The place of the error within the value at `path`: the part without which the error is another
/// one, or none. `None` when there is no such part.
pub(super) fn place<T: DeserializeOwned>(
    bytes: &[u8],
    path: &str,
    message: &str,
) -> Option<String> {
    let body: Value = serde_json::from_slice(bytes).ok()?;
    let mut pointer = format!("/{}", path.replace('.', "/"));
    body.pointer(&pointer)?.get(TAG)?;
    for _ in 0..DEEPEST {
        let Some(part) = part::<T>(&body, &pointer, message) else { break };
        pointer = format!("{pointer}/{part}");
    }
    Some(pointer[1..].replace('/', "."))
}

fn part<T: DeserializeOwned>(body: &Value, pointer: &str, message: &str) -> Option<String> {
    let names: Vec<String> = match body.pointer(pointer)? {
        Value::Object(fields) if fields.len() <= MOST_FIELDS => {
            let others = fields.keys().filter(|it| *it != TAG).cloned();
            others.chain(fields.contains_key(TAG).then(|| TAG.to_owned())).collect()
        }
        Value::Array(items) if items.len() <= MOST_FIELDS => {
            (0..items.len()).map(|it| it.to_string()).collect()
        }
        _ => return None,
    };
    let missing = message.starts_with("missing field");
    names.into_iter().filter(|_| !missing).find(|name| {
        let mut without = body.clone();
        match without.pointer_mut(pointer) {
            Some(Value::Object(fields)) => drop(fields.remove(name)),
            Some(Value::Array(items)) => {
                name.parse().ok().map(|it: usize| items.remove(it));
            }
            _ => {}
        }
        let other = serde_json::from_value::<T>(without).err();
        other.is_none_or(|it| sentence(&it) != message)
    })
}
