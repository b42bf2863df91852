mod code;

use std::any::Any;

use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{
        MediaType, Operation, Response as DocResponse, SchemaObject, StatusCode as DocStatus,
    },
};
use app::{Error, UploadError};
use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{ETAG, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use model::{
    Problem as FieldProblem, Problems,
    flow::{
        FlowDiff,
        check::{Finding, Severity},
    },
    session::{Rejection, View},
};
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use self::code::{About, Code};

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
    code: &'static str,
    /// What is wrong in which place.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Errors>,
    /// Of the session as it is: with `view`.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    /// The present view, where a widget can go on with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    view: Option<Box<View>>,
    /// What another publication changed for visitors, for whoever lost to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<Box<FlowDiff>>,
    #[serde(skip)]
    retry_after: Option<u64>,
    /// Of a document that was changed by someone else: becomes the `ETag`.
    #[serde(skip)]
    version: Option<u64>,
}

/// What is wrong in which place.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
enum Errors {
    Fields(Problems),
    /// Of a flow, with the shortest path that shows it.
    Findings(Vec<Finding>),
}

impl Problem {
    pub(crate) fn new(code: Code) -> Self {
        let About { status, code, title, .. } = code.about();
        Self {
            kind: format!("/docs/problems/{code}"),
            title,
            status: *status,
            detail: format!("{title}."),
            instance: String::new(),
            code,
            errors: None,
            sequence: None,
            view: None,
            diff: None,
            retry_after: None,
            version: None,
        }
    }

    pub(crate) fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    pub(crate) fn error(self, path: String, code: &'static str, message: String) -> Self {
        let errors = Errors::Fields(Problems(vec![FieldProblem { path, code, message }]));
        Self { errors: Some(errors), ..self }
    }

    /// What is wrong in which place.
    pub(crate) fn into_errors(self) -> Problems {
        match self.errors {
            Some(Errors::Fields(problems)) => problems,
            Some(Errors::Findings(_)) | None => Problems::default(),
        }
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
            Error::Overtaken { current, diff } => {
                let problem = Self::new(Code::Changed).detail(detail);
                Self { version: Some(current), diff: Some(diff), ..problem }
            }
            Error::Duplicate { .. } => Self::new(Code::Duplicate).detail(detail),
            Error::Referenced(_) => Self::new(Code::Referenced).detail(detail),
            Error::NotAllowed(_) => Self::new(Code::NotAllowed).detail(detail),
            Error::IdempotencyKeyReused => Self::new(Code::IdempotencyKeyReused).detail(detail),
            Error::UnderWay => Self::new(Code::UnderWay).detail(detail).retry_after(1),
            Error::TooManyAttempts { retry_after } => Self::new(Code::TooManyAttempts)
                .detail(detail)
                .retry_after(retry_after.as_secs() + 1),
            Error::Invalid(problems) => {
                let errors = Some(Errors::Fields(problems));
                Self { errors, ..Self::new(Code::Invalid).detail(detail) }
            }
            Error::Unsound(report) => {
                let mut findings = report.findings;
                findings.retain(|it| it.severity == Severity::Error);
                let errors = Some(Errors::Findings(findings));
                Self { errors, ..Self::new(Code::Unsound).detail(detail) }
            }
            Error::WrongCredentials => Self::new(Code::WrongCredentials).detail(detail),
            Error::SecondFactorRequired => Self::new(Code::SecondFactorRequired).detail(detail),
            Error::WrongCode => Self::new(Code::WrongSecondFactor).detail(detail),
            Error::NotALink => Self::new(Code::NotALink).detail(detail),
            Error::Upload(UploadError::TooLarge(_)) => Self::new(Code::TooLarge).detail(detail),
            Error::Upload(_) => Self::new(Code::FileRefused).detail(detail),
            Error::OverQuota => Self::new(Code::OverQuota).detail(detail),
            Error::NoFiles | Error::Files(_) => {
                Self::failed(Code::FilesUnavailable, &detail).retry_after(5)
            }
            Error::Paused => Self::new(Code::Paused).detail(detail),
            Error::NotPublished => Self::new(Code::NotPublished).detail(detail),
            Error::Stale { view, .. } => Self::new(Code::Stale).detail(detail).with_view(view),
            Error::Rejected { rejection, view } => {
                let problem = Self::new(Code::from(&rejection)).detail(detail).with_view(view);
                match rejection {
                    Rejection::Invalid(problems) => {
                        Self { errors: Some(Errors::Fields(problems)), ..problem }
                    }
                    _ => problem,
                }
            }
            Error::NotFoldable { .. } => Self::new(Code::NotFoldable).detail(detail),
            Error::BeingUpdated => Self::new(Code::BeingUpdated).detail(detail).retry_after(5),
            Error::CommandIdReused => Self::new(Code::CommandIdReused).detail(detail),
            Error::Busy => Self::new(Code::Busy).detail(detail).retry_after(1),
            Error::Migration(_) => Self::new(Code::NotMigrated).detail(detail).retry_after(1),
            Error::StoreFull => Self::failed(Code::StoreFull, &detail).retry_after(5),
            Error::StoreUnavailable(_) => {
                Self::failed(Code::StoreUnavailable, &detail).retry_after(1)
            }
            conflict if conflict.is_conflict() => Self::new(Code::Busy).retry_after(1),
            Error::Store(_) | Error::Unwritable(_) | Error::PublicUrl(_) | Error::Unsealed(_) => {
                Self::failed(Code::Internal, &detail)
            }
            Error::NotAFlowFile(_) => Self::new(Code::NotAFlowFile).detail(detail),
            Error::PlanOutdated => Self::new(Code::PlanOutdated).detail(detail),
            Error::Archive(_) | Error::Taken(_) => Self::new(Code::Invalid).detail(detail),
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
