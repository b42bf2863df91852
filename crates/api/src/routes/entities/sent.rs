//! What a request about documents says, read.

use std::marker::PhantomData;

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::Operation,
    operation::{ParamLocation, add_parameters, parameters_from_schema},
};
use app::Asked;
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{header::IF_MATCH, request::Parts},
};
use model::{Id, Problems};
use schemars::{JsonSchema, Schema, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Fields, Routed};
use crate::{Api, LARGEST_ADMIN_BODY, Problem, body, problem::Code};

/// The id in the path. One that cannot be an id is nobody's.
pub(crate) struct EntityPath<E>(pub(crate) Id<E>);

/// What a list is asked for.
pub(crate) struct Asking<E>(pub(crate) Asked, PhantomData<fn() -> E>);

/// The version that a change expects, when it says so.
pub(crate) struct IfMatch(pub(crate) Option<u64>);

/// A JSON object that was sent, with its bytes; `T` is what it is said to be.
pub(crate) struct Sent<T> {
    pub(crate) fields: Fields,
    pub(crate) bytes: Bytes,
    of: PhantomData<fn() -> T>,
}

#[derive(Deserialize)]
struct IdPath {
    id: String,
}

impl<E: Routed> FromRequestParts<Api> for EntityPath<E> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let path = Path::<IdPath>::from_request_parts(parts, api).await;
        let id = path.ok().and_then(|it| it.0.id.parse().ok());
        Ok(Self(id.ok_or(app::Error::NotFound(E::COLLECTION.label))?))
    }
}

impl<E: Routed> FromRequestParts<Api> for Asking<E> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let pairs = Query::<Vec<(String, String)>>::from_request_parts(parts, api).await;
        let Query(pairs) =
            pairs.map_err(|it| Problem::new(Code::Invalid).detail(it.body_text()))?;
        let mut asked = Asked::default();
        let mut problems = Problems::default();
        for (name, value) in pairs {
            let mut root = problems.root();
            let mut place = root.at(&name);
            let is_field = asked_by::<E>().any(|it| *it == name);
            match name.as_str() {
                "limit" => match value.parse() {
                    Ok(limit) => asked.limit = Some(limit),
                    Err(_) => place.add("range", "must be a number from 1 to 200"),
                },
                "after" => asked.after = Some(value),
                "sort" => asked.sort = Some(value),
                "include_total" => match value.parse() {
                    Ok(yes) => asked.include_total = yes,
                    Err(_) => place.add("type", "must be true or false"),
                },
                _ if is_field => {
                    if asked.filters.insert(name.clone(), value).is_some() {
                        place.add("unique", "must not be there twice");
                    }
                }
                _ => place.add("unknown", "is no filter of this list"),
            }
        }
        problems.into_result().map_err(app::Error::Invalid)?;
        Ok(Self(asked, PhantomData))
    }
}

impl FromRequestParts<Api> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let Some(header) = parts.headers.get(IF_MATCH) else { return Ok(Self(None)) };
        let text = header.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let version = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        let version = version.and_then(|it| it.parse().ok());
        let message = "must be the ETag of the document, such as \"7\"";
        version.map(|it| Self(Some(it))).ok_or_else(|| {
            let problem = Problem::new(Code::Invalid);
            problem.error("If-Match".to_owned(), "etag", message.to_owned())
        })
    }
}

impl<T> FromRequest<Api> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let bytes = body::bytes(request, api, LARGEST_ADMIN_BODY).await?;
        let fields: Map<String, Value> = body::read(&bytes)?;
        Ok(Self { fields, bytes, of: PhantomData })
    }
}

impl<T: JsonSchema> OperationInput for Sent<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        <Json<T> as OperationInput>::operation_input(ctx, operation);
    }
}

impl<E: Routed> OperationInput for EntityPath<E> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let id = ctx.schema.subschema_for::<model::ObjectId>();
        let schema = json_schema!({
            "type": "object", "properties": { "id": id }, "required": ["id"],
        });
        describe(ctx, operation, schema, ParamLocation::Path);
    }
}

/// The fields of all indexes that lists can be asked by.
fn asked_by<E: Routed>() -> impl Iterator<Item = &'static &'static str> {
    let serving = E::COLLECTION.indexes.iter().filter(|it| it.serves_lists());
    serving.flat_map(|it| it.fields)
}

impl<E: Routed> OperationInput for Asking<E> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let mut properties = json!({
            "limit": { "type": "integer", "minimum": 1, "maximum": 200, "default": 50 },
            "after": { "type": "string", "description": "The `next_cursor` of the page before." },
            "sort": {
                "type": "string",
                "description": "A field of the list, `-` before it for highest first; by id when absent.",
            },
            "include_total": { "type": "boolean", "description": "Counts all pages." },
        });
        for field in asked_by::<E>() {
            properties[*field] = json!({
                "type": "string", "description": format!("Only those whose `{field}` is this."),
            });
        }
        let schema = json_schema!({ "type": "object", "properties": properties });
        describe(ctx, operation, schema, ParamLocation::Query);
    }
}

impl OperationInput for IfMatch {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let description = "The `ETag` that was seen: refused when the document has another by now.";
        let schema = json_schema!({
            "type": "object",
            "properties": { "If-Match": { "type": "string", "description": description } },
        });
        describe(ctx, operation, schema, ParamLocation::Header);
    }
}

pub(crate) fn describe(
    ctx: &mut GenContext,
    operation: &mut Operation,
    schema: Schema,
    at: ParamLocation,
) {
    let parameters = parameters_from_schema(ctx, schema, at);
    add_parameters(ctx, operation, parameters);
}
