//! What of a document clients see and what they may send.

use std::{borrow::Cow, marker::PhantomData};

use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{MediaType, Operation, Response as DocResponse, SchemaObject, StatusCode},
};
use axum::{
    http::{
        HeaderValue,
        header::{CONTENT_TYPE, ETAG},
    },
    response::{IntoResponse, Response},
};
use model::{Doc, Entity, Problems, merge_patch};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::{Map, Value, json};

use super::{Fields, Routed};

/// What the store says about a document.
const ENVELOPE: [&str; 5] = ["_id", "organization_id", "version", "created_at", "updated_at"];

/// A document as clients see it: without secrets. Most kinds have none and are written as they are.
struct Visible<'a, E>(&'a Doc<E>);

impl<E: Entity> Serialize for Visible<'_, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if E::SECRET.is_empty() {
            return self.0.serialize(serializer);
        }
        let mut value = serde_json::to_value(self.0).map_err(S::Error::custom)?;
        if let Value::Object(fields) = &mut value {
            fields.retain(|name, _| !E::SECRET.contains(&name.as_str()));
        }
        value.serialize(serializer)
    }
}

/// A document as JSON, as clients see it.
pub(crate) fn shown<E: Entity>(doc: &Doc<E>) -> String {
    serde_json::to_string(&Visible(doc)).unwrap_or_default()
}

/// The same as a part of a larger answer.
pub(crate) fn shown_value<E: Entity>(doc: &Doc<E>) -> Value {
    serde_json::to_value(Visible(doc)).unwrap_or_default()
}

/// # Errors
/// Names each field that only the server sets.
pub(crate) fn without_server_set<E: Entity>(fields: Fields) -> Result<Fields, app::Error> {
    let mut problems = Problems::default();
    let server_set = E::SERVER_SET.iter().map(|it| it.0);
    for name in server_set.chain(E::SECRET.iter().copied()).chain(ENVELOPE) {
        if fields.contains_key(name) {
            problems.root().at(name).add("server_set", "is set by the server only");
        }
    }
    problems.into_result().map_err(app::Error::Invalid)?;
    Ok(fields)
}

/// A new document's fields, with what the server begins it with.
pub(crate) fn with_initial<E: Entity>(mut fields: Fields) -> Fields {
    for (name, json) in E::SERVER_SET {
        fields.insert((*name).to_owned(), serde_json::from_str(json).unwrap_or_default());
    }
    fields
}

/// New fields in place of all that a client can set.
pub(crate) fn with_kept<E: Entity>(seen: &E, mut fields: Fields) -> Fields {
    let Ok(Value::Object(mut before)) = serde_json::to_value(seen) else { return fields };
    for name in E::SERVER_SET.iter().map(|it| it.0).chain(E::SECRET.iter().copied()) {
        if let Some(value) = before.remove(name) {
            fields.insert(name.to_owned(), value);
        }
    }
    fields
}

/// The document's fields after a JSON Merge Patch (RFC 7396).
pub(crate) fn patched<E: Entity>(seen: &E, patch: &Fields) -> Fields {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(seen) else { return Map::new() };
    merge_patch(&mut fields, patch);
    fields
}

/// One document, with its version as `ETag`.
pub(crate) struct Shown<E>(pub(crate) Doc<E>);

impl<E: Routed> IntoResponse for Shown<E> {
    fn into_response(self) -> Response {
        answer(shown(&self.0), self.0.version)
    }
}

fn answer(json: String, version: u64) -> Response {
    let content_type = HeaderValue::from_static("application/json");
    let mut response = ([(CONTENT_TYPE, content_type)], json).into_response();
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}

/// One document that has an address of its own for people, which is `url`.
pub(crate) struct Located<E> {
    pub(crate) doc: Doc<E>,
    pub(crate) url: String,
}

impl<E: Routed> IntoResponse for Located<E> {
    fn into_response(self) -> Response {
        let mut value = shown_value(&self.doc);
        value["url"] = self.url.into();
        answer(value.to_string(), self.doc.version)
    }
}

/// One page of documents.
pub(crate) struct ShownPage<E> {
    pub(crate) data: Vec<Doc<E>>,
    pub(crate) next_cursor: Option<String>,
    pub(crate) total: Option<u64>,
}

impl<E: Routed> IntoResponse for ShownPage<E> {
    fn into_response(self) -> Response {
        let Self { data, next_cursor, total } = &self;
        let data = data.iter().map(Visible).collect();
        axum::Json(Wire { data, next_cursor: next_cursor.as_deref(), total: *total })
            .into_response()
    }
}

/// [`ShownPage`] as it is written.
#[derive(Serialize)]
#[serde(bound = "E: Entity")]
struct Wire<'a, E> {
    data: Vec<Visible<'a, E>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

/// What a client sends to make or replace a document.
pub(crate) struct Input<E>(PhantomData<fn() -> E>);
/// What a client sends to change a document.
pub(crate) struct Patch<E>(PhantomData<fn() -> E>);
/// The document as clients get it.
pub(crate) struct Document<E>(PhantomData<fn() -> E>);
/// The same with its address.
struct LocatedDocument<E>(PhantomData<fn() -> E>);
/// A page of them.
struct Page<E>(PhantomData<fn() -> E>);

fn server_set<E: Entity>() -> Vec<&'static str> {
    E::SERVER_SET.iter().map(|it| it.0).collect()
}

/// The schema of the entity itself, to be changed.
fn own<E: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    E::json_schema(generator)
}

fn drop_fields(schema: &mut Schema, names: &[&str]) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| !names.contains(&name.as_str()));
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !name.as_str().is_some_and(|it| names.contains(&it)));
    }
}

impl<E: Routed> JsonSchema for Document<E> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Document", E::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = own::<E>(generator);
        drop_fields(&mut schema, E::SECRET);
        let id = generator.subschema_for::<model::ObjectId>();
        let at = generator.subschema_for::<model::Timestamp>();
        let envelope = [
            ("_id", id.clone().to_value()),
            ("organization_id", id.to_value()),
            ("version", json!({ "type": "integer", "minimum": 1 })),
            ("created_at", at.clone().to_value()),
            ("updated_at", at.to_value()),
        ];
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.extend(envelope.map(|(name, schema)| (name.to_owned(), schema)));
        }
        let required = schema.ensure_object().entry("required").or_insert_with(|| json!([]));
        if let Some(required) = required.as_array_mut() {
            required.extend(["_id", "version", "created_at", "updated_at"].map(Value::from));
        }
        schema
    }
}

impl<E: Routed> JsonSchema for LocatedDocument<E> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Located", E::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Document::<E>::json_schema(generator);
        let url = json!({ "type": "string", "format": "uri", "description": "For visitors." });
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.insert("url".to_owned(), url);
        }
        if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
            required.push("url".into());
        }
        schema
    }
}

impl<E: Routed> JsonSchema for Page<E> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Page", E::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let document = generator.subschema_for::<Document<E>>();
        json_schema!({
            "type": "object",
            "properties": {
                "data": { "type": "array", "items": document },
                "next_cursor": { "type": "string", "description": "For `after`; absent on the last page." },
                "total": { "type": "integer", "description": "Of all pages, with `include_total=true`." },
            },
            "required": ["data"],
        })
    }
}

impl<E: Routed> JsonSchema for Input<E> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Input", E::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = own::<E>(generator);
        drop_fields(&mut schema, &server_set::<E>());
        schema
    }
}

impl<E: Routed> JsonSchema for Patch<E> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Patch", E::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = own::<E>(generator);
        drop_fields(&mut schema, &server_set::<E>());
        make_patch(schema.ensure_object(), generator.definitions());
        schema
    }
}

/// Any field may be absent or null, and what is an object may have some of its fields only.
fn make_patch(schema: &mut Map<String, Value>, definitions: &Map<String, Value>) {
    schema.remove("required");
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for property in properties.values_mut() {
            let merged = is_object(property, definitions)
                .then(|| json!({ "type": "object", "additionalProperties": true }));
            let any = [Some(property.take()), merged, Some(json!({ "type": "null" }))];
            *property = json!({ "anyOf": any.into_iter().flatten().collect::<Vec<_>>() });
        }
    }
    // Without what tells them apart, several kinds may fit.
    if let Some(Value::Array(mut kinds)) = schema.remove("oneOf") {
        for kind in kinds.iter_mut().filter_map(Value::as_object_mut) {
            make_patch(kind, definitions);
        }
        schema.insert("anyOf".to_owned(), kinds.into());
    }
}

fn is_object(schema: &Value, definitions: &Map<String, Value>) -> bool {
    let is_one = |it: &Value| is_object(it, definitions);
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|it| it.rsplit('/').next());
    let of_kind = schema.get("type").is_some_and(|it| match it {
        Value::Array(kinds) => kinds.iter().any(|it| it == "object"),
        kind => kind == "object",
    });
    let parts = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|it| schema.get(it)?.as_array());
    of_kind
        || name.and_then(|it| definitions.get(it)).is_some_and(is_one)
        || parts.flatten().any(is_one)
}

fn json_response<T: JsonSchema>(ctx: &mut GenContext, description: &str) -> DocResponse {
    let json_schema = ctx.schema.subschema_for::<T>();
    let schema = SchemaObject { json_schema, example: None, external_docs: None };
    let media = MediaType { schema: Some(schema), ..MediaType::default() };
    DocResponse {
        description: description.to_owned(),
        content: [("application/json".to_owned(), media)].into_iter().collect(),
        ..DocResponse::default()
    }
}

macro_rules! answers {
    ($($Answer:ident as $Shape:ident $description:literal;)+) => {
        $(impl<E: Routed> OperationOutput for $Answer<E> {
            type Inner = ();

            fn operation_response(ctx: &mut GenContext, _: &mut Operation) -> Option<DocResponse> {
                Some(json_response::<$Shape<E>>(ctx, $description))
            }

            fn inferred_responses(
                ctx: &mut GenContext,
                operation: &mut Operation,
            ) -> Vec<(Option<StatusCode>, DocResponse)> {
                let response = Self::operation_response(ctx, operation);
                response.map(|it| (Some(StatusCode::Code(200)), it)).into_iter().collect()
            }
        })+
    };
}
answers! {
    Shown as Document "The document";
    Located as LocatedDocument "The document";
    ShownPage as Page "A page";
}
