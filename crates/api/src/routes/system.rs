use axum::{
    Json,
    extract::State,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Api, Problem, callers::Public};

#[derive(Serialize, JsonSchema)]
pub(super) struct Health {
    status: &'static str,
}

const OK: Health = Health { status: "ok" };

pub(super) async fn healthz(_: Public) -> Json<Health> {
    Json(OK)
}

pub(super) async fn readyz(_: Public, State(api): State<Api>) -> Result<Json<Health>, Problem> {
    api.doors().is_ready().await?;
    api.limits().forget_idle();
    Ok(Json(OK))
}

pub(super) async fn openapi(State(api): State<Api>) -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=60")];
    (headers, api.openapi())
}
