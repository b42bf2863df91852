//! Requests that make something, and may be sent again: an `Idempotency-Key` has one effect and one
//! answer.

use aide::{
    OperationInput, OperationOutput,
    generate::GenContext,
    openapi::{Operation, Response as DocResponse, StatusCode as DocStatus},
    operation::ParamLocation,
};
use app::{Once, Retry};
use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE, request::Parts},
    response::{IntoResponse, Response},
};
use schemars::{JsonSchema, json_schema};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use super::entities::describe;
use crate::{
    Api, LARGEST_BODY, Problem,
    body::{self, Body},
    problem::Code,
};

/// The `Idempotency-Key`, when there is one, and what it is the key of.
pub(crate) struct Named {
    key: Option<String>,
    path: String,
}

/// A JSON body, and what makes sending it again harmless.
pub(crate) struct Keyed<T>(pub(crate) T, pub(crate) Option<Retry>);

/// What was done, or what was answered before, as JSON.
pub(crate) struct Answered<T, const STATUS: u16 = 200>(pub(crate) Once<T>);

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

impl Named {
    /// With the body of the request, or as much of it as is there already.
    pub(crate) fn retry(self, body: &[u8]) -> Option<Retry> {
        let Self { key, path } = self;
        let request = [path.as_bytes(), b"\n", body].concat();
        key.map(|key| Retry { key, request })
    }
}

/// An answer as it is sent, and kept to be sent again.
pub(crate) fn json<T: Serialize>(answer: &T) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}

impl FromRequestParts<Api> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let path = parts.uri.path().to_owned();
        let Some(header) = parts.headers.get(IDEMPOTENCY_KEY) else {
            return Ok(Self { key: None, path });
        };
        let key = header.to_str().ok().filter(|it| (1..=255).contains(&it.len()));
        let message = "must be 1 to 255 visible characters";
        key.map(|it| Self { key: Some(it.to_owned()), path }).ok_or_else(|| {
            let problem = Problem::new(Code::Invalid);
            problem.error("Idempotency-Key".to_owned(), "length", message.to_owned())
        })
    }
}

impl<T: DeserializeOwned> FromRequest<Api> for Keyed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let named = Named::from_request_parts(&mut parts, api).await?;
        let bytes = body::bytes(Request::from_parts(parts, body), api, LARGEST_BODY).await?;
        Ok(Self(body::read(&bytes)?, named.retry(&bytes)))
    }
}

impl<T: Serialize, const STATUS: u16> IntoResponse for Answered<T, STATUS> {
    fn into_response(self) -> Response {
        let json = match self.0 {
            Once::New(new) => json(&new),
            Once::Before(json) => json,
        };
        let status = StatusCode::from_u16(STATUS).unwrap_or_default();
        (status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], json)
            .into_response()
    }
}

impl OperationInput for Named {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let description = "Makes sending the request again harmless: for 7 days the same key and \
            body have one effect and one answer.";
        let key = json!({ "type": "string", "maxLength": 255, "description": description });
        let schema = json_schema!({ "type": "object", "properties": { "Idempotency-Key": key } });
        describe(ctx, operation, schema, ParamLocation::Header);
    }
}

impl<T: JsonSchema> OperationInput for Keyed<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        Named::operation_input(ctx, operation);
        Body::<T>::operation_input(ctx, operation);
    }
}

impl<T: JsonSchema, const STATUS: u16> OperationOutput for Answered<T, STATUS> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<DocResponse> {
        <Json<T> as OperationOutput>::operation_response(ctx, operation)
    }

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<DocStatus>, DocResponse)> {
        let response = Self::operation_response(ctx, operation);
        response.map(|it| (Some(DocStatus::Code(STATUS)), it)).into_iter().collect()
    }
}
