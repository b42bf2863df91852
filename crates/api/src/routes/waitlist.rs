use aide::OperationOutput;
use app::NewWaitlistRequest;
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use model::core::EmailAddress;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Routes};
use crate::{Api, Problem, body::Body, callers::Public, problem::Code};

/// What is asked of somebody who wants to be let in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    first_name: String,
    last_name: String,
    email: EmailAddress,
    company_name: String,
    /// `http` or `https`.
    company_website: String,
    /// Where they heard of it.
    source: Option<String>,
    /// Whether they agree to be written to: must be `true`.
    consent: bool,
}

/// The same for everybody.
#[derive(Serialize, JsonSchema)]
struct Received {
    status: &'static str,
}

/// 202 with a body.
struct Accepted(Received);

pub(super) fn routes() -> Routes {
    let summary = "Ask to be let in; asking twice is asking once";
    let about = About { id: "join_waitlist", tag: "waitlist", summary };
    Routes::new().post("/public/v1/waitlist", about, join)
}

async fn join(
    _: Public,
    State(api): State<Api>,
    Body(asked): Body<Asked>,
) -> Result<Accepted, Problem> {
    let Asked { first_name, last_name, email, company_name, company_website, source, consent } =
        asked;
    if !consent {
        let message = "must be true".to_owned();
        return Err(Problem::new(Code::Invalid).error("consent".to_owned(), "consent", message));
    }
    let new =
        NewWaitlistRequest { first_name, last_name, email, company_name, company_website, source };
    api.doors().join_waitlist(new).await?;
    Ok(Accepted(Received { status: "received" }))
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(self.0)).into_response()
    }
}

impl OperationOutput for Accepted {
    type Inner = Received;

    fn operation_response(
        ctx: &mut aide::generate::GenContext,
        operation: &mut aide::openapi::Operation,
    ) -> Option<aide::openapi::Response> {
        <Json<Received> as OperationOutput>::operation_response(ctx, operation)
    }

    fn inferred_responses(
        ctx: &mut aide::generate::GenContext,
        operation: &mut aide::openapi::Operation,
    ) -> Vec<(Option<aide::openapi::StatusCode>, aide::openapi::Response)> {
        let response = Self::operation_response(ctx, operation);
        response.map(|it| (Some(aide::openapi::StatusCode::Code(202)), it)).into_iter().collect()
    }
}
