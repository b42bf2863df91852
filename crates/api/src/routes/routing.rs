use app::Resolved;
use axum::Json;
use model::{
    Id, Timestamp,
    routing::Findings,
    scheduler::{BookingFlowRouter, SchedulerConfig},
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{About, Routes};
use crate::{
    Problem,
    body::Body,
    callers::{Allowed, View},
};

/// A page, and whose visitor is on it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ResolveBody {
    url: String,
    /// Now when absent.
    at: Option<Timestamp>,
    /// When absent, one that no router names.
    scheduler_config_id: Option<Id<SchedulerConfig>>,
}

pub(super) fn routes() -> Routes {
    let all = "/api/v1/organizations/{organization_id}/booking_flow_routers";
    let about = |id, summary| About { id, tag: "booking_flow_routers", summary };
    Routes::new()
        .post(
            &format!("{all}/resolve"),
            about("resolve_route", "Which flow a page gets, and why each router won or did not"),
            resolve,
        )
        .post(
            &format!("{all}/check"),
            about("check_booking_flow_routers", "Routers that tie, and such as can never win"),
            check,
        )
}

async fn resolve(
    allowed: Allowed<View<BookingFlowRouter>>,
    Body(body): Body<ResolveBody>,
) -> Result<Json<Resolved>, Problem> {
    let ResolveBody { url, at, scheduler_config_id } = body;
    Ok(Json(allowed.0.tenant().resolve_route(url, at, scheduler_config_id).await?))
}

async fn check(allowed: Allowed<View<BookingFlowRouter>>) -> Result<Json<Findings>, Problem> {
    Ok(Json(allowed.0.tenant().check_routers().await?))
}
