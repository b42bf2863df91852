//! What can be done next with a document that was made or listed.

use std::collections::BTreeMap;

use aide::openapi::{Link, LinkOperation, OpenApi, PathItem, ReferenceOr, Response};
use indexmap::IndexMap;
use serde_json::Value;

use crate::examples::{is_success, operations};

/// Operations below each list, by its path: `…/roles` has those of `…/roles/{id}`.
type Below = BTreeMap<String, Vec<String>>;

/// Links the answers of lists, and of what makes documents, with the operations on one of them.
pub(crate) fn add(openapi: &mut OpenApi) {
    let schemas = serde_json::to_value(&openapi.components).unwrap_or_default();
    let Some(paths) = &mut openapi.paths else { return };
    let mut below = Below::new();
    for (path, item) in &mut paths.paths {
        if let (Some((list, rest)), Some(item)) = (path.split_once("/{id}"), item.as_item_mut())
            && !rest.contains('{')
        {
            let ids = operations(item).filter_map(|it| it.operation_id.clone());
            below.entry(list.to_owned()).or_default().extend(ids);
        }
    }
    for (path, item) in &mut paths.paths {
        if let (Some(below), Some(item)) = (below.get(path), item.as_item_mut()) {
            link(path, item, below, &schemas);
        }
    }
}

fn link(path: &str, item: &mut PathItem, below: &[String], schemas: &Value) {
    let responses = operations(item).filter_map(|it| it.responses.as_mut());
    let answers = responses.flat_map(|it| &mut it.responses);
    for (_, answer) in answers.filter(|(status, _)| is_success(status)) {
        let Some(answer) = answer.as_item_mut() else { continue };
        let Some(id) = id_in(answer, schemas) else { continue };
        let mut parameters = IndexMap::from([("id".to_owned(), Value::from(id))]);
        let others = path.split('{').skip(1).filter_map(|it| it.split_once('}'));
        parameters.extend(
            others.map(|(name, _)| (name.to_owned(), format!("$request.path.{name}").into())),
        );
        for operation in below {
            let link = Link {
                description: None,
                operation: LinkOperation::OperationId(operation.clone()),
                request_body: None,
                parameters: parameters.clone(),
                server: None,
                extensions: IndexMap::default(),
            };
            answer.links.insert(operation.clone(), ReferenceOr::Item(link));
        }
    }
}

/// Where an answer has the id of its document, or of its first one.
fn id_in(answer: &Response, schemas: &Value) -> Option<String> {
    let media = answer.content.get("application/json")?;
    let schema = media.schema.as_ref()?.json_schema.as_value();
    let document = resolved(schema, schemas);
    let item = document.pointer("/properties/data/items").map(|it| resolved(it, schemas));
    let places = [("", Some(document)), ("/data/0", item)];
    places.into_iter().find_map(|(at, schema)| {
        let properties = schema?.get("properties")?;
        let name = ["_id", "id"].into_iter().find(|it| properties.get(it).is_some())?;
        Some(format!("$response.body#{at}/{name}"))
    })
}

fn resolved<'a>(schema: &'a Value, schemas: &'a Value) -> &'a Value {
    let to = schema.get("$ref").and_then(Value::as_str);
    let found = to.and_then(|it| schemas.pointer(it.strip_prefix("#/components")?));
    found.unwrap_or(schema)
}
