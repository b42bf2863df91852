use aide::openapi::{MediaType, OpenApi, Operation, PathItem, ReferenceOr, StatusCode};
use indexmap::IndexMap;
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::Value;

/// What was said and answered in a run of the tests, for each operation under its id; `make
/// contract` makes them anew.
#[derive(RustEmbed)]
#[folder = "examples"]
struct Examples;

#[derive(Deserialize)]
struct Example {
    request: Option<Value>,
    answer: Option<Value>,
}

/// Shows at each operation its example.
pub(crate) fn add(openapi: &mut OpenApi) {
    let items = openapi.paths.iter_mut().flat_map(|it| it.paths.values_mut());
    for operation in items.filter_map(ReferenceOr::as_item_mut).flat_map(operations) {
        let Some(example) = operation.operation_id.as_deref().and_then(find) else { continue };
        let request = operation.request_body.as_mut().and_then(ReferenceOr::as_item_mut);
        if let Some(request) = request {
            show(&mut request.content, example.request.as_ref());
        }
        let answers = operation.responses.iter_mut().flat_map(|it| &mut it.responses);
        for (_, answer) in answers.filter(|(status, _)| is_success(status)) {
            if let Some(answer) = answer.as_item_mut() {
                show(&mut answer.content, example.answer.as_ref());
            }
        }
    }
}

fn find(operation: &str) -> Option<Example> {
    let file = Examples::get(&format!("{operation}.json"))?;
    serde_json::from_slice(&file.data)
        .inspect_err(|error| tracing::error!(%error, operation, "an example is no JSON"))
        .ok()
}

pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

pub(crate) const fn is_success(status: &StatusCode) -> bool {
    matches!(status, StatusCode::Code(200..=299))
}

fn show(content: &mut IndexMap<String, MediaType>, example: Option<&Value>) {
    if let Some(media) = content.get_mut("application/json") {
        media.example = example.cloned();
    }
}
