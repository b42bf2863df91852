use model::ObjectId;
use serde_json::Value;

/// The ids that a document holds in a declared field: dotted, `[]` goes through a list. Values
/// that are no ids are left out: the entity's own type has refused them.
pub fn ids_at(document: &Value, field: &str) -> Vec<ObjectId> {
    let mut found = vec![document];
    for part in field.split('.') {
        let (name, through_list) = match part.strip_suffix("[]") {
            Some(name) => (name, true),
            None => (part, false),
        };
        found = found
            .into_iter()
            .filter_map(|it| it.get(name))
            .flat_map(|it| match it {
                Value::Array(items) if through_list => items.iter().collect(),
                other => vec![other],
            })
            .collect();
    }
    found.into_iter().filter_map(|it| it.as_str()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_found_through_lists_and_objects() {
        let document = json!({
            "one": "000000000000000000000001",
            "none": null,
            "config": { "nodes": [
                { "id": "000000000000000000000002" }, {}, { "id": "000000000000000000000003" },
            ]},
            "list": ["000000000000000000000004"],
        });
        for (field, expected) in [
            ("one", vec![1]),
            ("none", vec![]),
            ("config.nodes[].id", vec![2, 3]),
            ("list[]", vec![4]),
            ("x.y[].z", vec![]),
        ] {
            let last: Vec<_> = ids_at(&document, field).iter().map(|it| it.bytes()[11]).collect();
            assert_eq!(last, expected, "{field}");
        }
    }
}
