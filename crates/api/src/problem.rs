use std::any::Any;

use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{
        MediaType, Operation, Response as DocResponse, SchemaObject, StatusCode as DocStatus,
    },
};
use app::Error;
use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{ETAG, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use model::{
    Problem as FieldProblem, Problems,
    session::{Rejection, View},
};
use schemars::JsonSchema;
use serde::Serialize;

/// An RFC 9457 problem: the body of every answer that is not a success.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Problem {
    /// The page that says what causes it and what mends it.
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    /// The path that was asked for.
    instance: String,
    /// Stable, for programs.
    code: String,
    /// What is wrong in which place.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Problems>,
    /// Of the session as it is: with `view`.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    /// The present view, where a widget can go on with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    view: Option<Box<View>>,
    #[serde(skip)]
    retry_after: Option<u64>,
    /// Of a document that was changed by someone else: becomes the `ETag`.
    #[serde(skip)]
    version: Option<u64>,
}

/// What can go wrong, apart from what a session says to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    BadJson,
    NotJson,
    TooLarge,
    Invalid,
    WrongToken,
    Unauthenticated,
    Forbidden,
    CrossSite,
    Changed,
    Duplicate,
    Referenced,
    NotAllowed,
    IdempotencyKeyReused,
    TooManyAttempts,
    NotFound,
    MethodNotAllowed,
    OriginNotAllowed,
    Paused,
    NotPublished,
    Stale,
    CommandIdReused,
    RateLimited,
    Busy,
    StoreFull,
    StoreUnavailable,
    NotMigrated,
    Timeout,
    Internal,
}

impl Code {
    const fn describe(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::BadJson => (400, "request.bad_json", "The body is not JSON"),
            Self::NotJson => (415, "request.not_json", "The body must be application/json"),
            Self::TooLarge => (413, "request.too_large", "The body is too large"),
            Self::Invalid => (422, "request.invalid", "The request is not valid"),
            Self::WrongToken => (401, "session.wrong_token", "The session token is not valid"),
            Self::Unauthenticated => (401, "unauthenticated", "Not signed in"),
            Self::Forbidden => (403, "forbidden", "Not permitted"),
            Self::CrossSite => (403, "request.cross_site", "The request comes from another site"),
            Self::Changed => (409, "changed", "Changed by someone else"),
            Self::Duplicate => (409, "duplicate", "Another one has the same value"),
            Self::Referenced => (409, "referenced", "Something else refers to it"),
            Self::NotAllowed => (409, "not_allowed", "This cannot be done as things are"),
            Self::IdempotencyKeyReused => {
                (422, "idempotency_key.reused", "The Idempotency-Key was used before")
            }
            Self::TooManyAttempts => (429, "too_many_attempts", "Too many attempts"),
            Self::NotFound => (404, "not_found", "Not found"),
            Self::MethodNotAllowed => (405, "method_not_allowed", "The method is not allowed here"),
            Self::OriginNotAllowed => {
                (403, "scheduler.origin_not_allowed", "This site may not embed it")
            }
            Self::Paused => (409, "scheduler.paused", "Online booking is paused"),
            Self::NotPublished => (409, "scheduler.not_published", "The flow is not published"),
            Self::Stale => (409, "session.stale", "The session has moved on"),
            Self::CommandIdReused => (422, "command.id_reused", "The command id was used before"),
            Self::RateLimited => (429, "rate_limited", "Too many requests"),
            Self::Busy => (503, "busy", "Too many writers at once"),
            Self::StoreFull => (507, "store.full", "The store is full"),
            Self::StoreUnavailable => (503, "store.unavailable", "The store is not available"),
            Self::NotMigrated => (503, "store.not_migrated", "The store is not migrated"),
            Self::Timeout => (408, "request.timeout", "The request took too long"),
            Self::Internal => (500, "internal", "Internal error"),
        }
    }
}

impl Problem {
    pub(crate) fn new(code: Code) -> Self {
        let (status, code, title) = code.describe();
        Self::of(status, code, title, format!("{title}."))
    }

    fn of(status: u16, code: &str, title: &'static str, detail: String) -> Self {
        Self {
            kind: format!("/docs/problems#{code}"),
            title,
            status,
            detail,
            instance: String::new(),
            code: code.to_owned(),
            errors: None,
            sequence: None,
            view: None,
            retry_after: None,
            version: None,
        }
    }

    pub(crate) fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    pub(crate) fn error(self, path: String, code: &'static str, message: String) -> Self {
        Self { errors: Some(Problems(vec![FieldProblem { path, code, message }])), ..self }
    }

    /// What is wrong in which place.
    pub(crate) fn into_errors(self) -> Problems {
        self.errors.unwrap_or_default()
    }

    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    pub(crate) fn at(self, instance: &str) -> Self {
        Self { instance: instance.to_owned(), ..self }
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn with_view(self, view: Box<View>) -> Self {
        Self { sequence: Some(view.sequence), view: Some(view), ..self }
    }
}

/// The one table from what went wrong to what the client is told.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::NotFound(_) => Self::new(Code::NotFound).detail(detail),
            Error::WrongToken => Self::new(Code::WrongToken).detail(detail),
            Error::Unauthenticated => Self::new(Code::Unauthenticated).detail(detail),
            Error::Forbidden(_) => Self::new(Code::Forbidden).detail(detail),
            Error::Changed { current } => {
                Self { version: Some(current), ..Self::new(Code::Changed).detail(detail) }
            }
            Error::Duplicate { .. } => Self::new(Code::Duplicate).detail(detail),
            Error::Referenced(_) => Self::new(Code::Referenced).detail(detail),
            Error::NotAllowed(_) => Self::new(Code::NotAllowed).detail(detail),
            Error::IdempotencyKeyReused => Self::new(Code::IdempotencyKeyReused).detail(detail),
            Error::TooManyAttempts { retry_after } => Self::new(Code::TooManyAttempts)
                .detail(detail)
                .retry_after(retry_after.as_secs() + 1),
            Error::Invalid(problems) => {
                Self { errors: Some(problems), ..Self::new(Code::Invalid).detail(detail) }
            }
            Error::Paused => Self::new(Code::Paused).detail(detail),
            Error::NotPublished => Self::new(Code::NotPublished).detail(detail),
            Error::Stale { view, .. } => Self::new(Code::Stale).detail(detail).with_view(view),
            Error::Rejected { rejection, view } => {
                let title = "The command is not possible";
                let problem = Self::of(422, rejection.code(), title, detail).with_view(view);
                match rejection {
                    Rejection::Invalid(problems) => Self { errors: Some(problems), ..problem },
                    _ => problem,
                }
            }
            Error::CommandIdReused => Self::new(Code::CommandIdReused).detail(detail),
            Error::Busy => Self::new(Code::Busy).detail(detail).retry_after(1),
            Error::Migration(_) => Self::new(Code::NotMigrated).detail(detail).retry_after(1),
            Error::StoreFull => Self::failed(Code::StoreFull, &detail).retry_after(5),
            Error::StoreUnavailable(_) => {
                Self::failed(Code::StoreUnavailable, &detail).retry_after(1)
            }
            Error::Store(_) | Error::Unwritable(_) => Self::failed(Code::Internal, &detail),
            Error::Archive(_) | Error::NotAFlowFile(_) | Error::Unsound(_) | Error::Taken(_) => {
                Self::new(Code::Invalid).detail(detail)
            }
        }
    }
}

impl Problem {
    /// What happened goes to the log, not to the client.
    fn failed(code: Code, error: &str) -> Self {
        tracing::error!(error, "the store failed");
        Self::new(code)
    }
}

/// A handler that panics answers like any other error, and the process goes on.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands over the box")]
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(panic = message, "a handler panicked");
    Problem::new(Code::Internal).into_response()
}

impl IntoResponse for Problem {
    /// The body is written by `finish`, which knows the path.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if let Some(version) = self.version
            && let Ok(etag) = HeaderValue::from_str(&format!("\"{version}\""))
        {
            response.headers_mut().insert(ETAG, etag);
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl OperationOutput for Problem {
    type Inner = Self;

    fn operation_response(ctx: &mut GenContext, _: &mut Operation) -> Option<DocResponse> {
        let schema = ctx.schema.subschema_for::<Self>();
        let schema = SchemaObject { json_schema: schema, example: None, external_docs: None };
        let media = MediaType { schema: Some(schema), ..MediaType::default() };
        Some(DocResponse {
            description: "What went wrong, and where (RFC 9457)".to_owned(),
            content: [("application/problem+json".to_owned(), media)].into_iter().collect(),
            ..DocResponse::default()
        })
    }

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<DocStatus>, DocResponse)> {
        Self::operation_response(ctx, operation).map(|it| (None, it)).into_iter().collect()
    }
}
