//! Every route there is.

mod pages;
mod schedulers;
mod sessions;
mod system;

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    openapi::{Info, License, SecurityScheme, Tag},
    transform::TransformOpenApi,
};
use axum::{Router, http::header::RETRY_AFTER, routing::get};
use tower_http::cors::{Any, CorsLayer};

use crate::{Api, assets, callers::SESSION_TOKEN, finish::REQUEST_ID};

/// The public API, which `/openapi.json` describes.
pub(crate) fn documented() -> ApiRouter<Api> {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods(Any)
        .allow_headers(Any)
        .expose_headers([RETRY_AFTER, REQUEST_ID]);
    let public = ApiRouter::new()
        .api_route(
            "/public/v1/schedulers/{public_key}",
            get_with(schedulers::show, |it| {
                it.id("show_scheduler")
                    .tag("widget")
                    .summary("What the loader needs to draw the widget")
            }),
        )
        .api_route(
            "/public/v1/schedulers/{public_key}/sessions",
            post_with(sessions::start, |it| {
                it.id("start_session").tag("widget").summary("Begin a visit")
            }),
        )
        .api_route(
            "/public/v1/sessions/{id}",
            get_with(sessions::show, |it| {
                it.id("show_session").tag("widget").summary("The present view, to resume a visit")
            }),
        )
        .api_route(
            "/public/v1/sessions/{id}/commands",
            post_with(sessions::execute, |it| {
                it.id("execute_command").tag("widget").summary("One interaction of the visitor")
            }),
        )
        .api_route(
            "/public/v1/sessions/{id}/events",
            get_with(sessions::events, |it| {
                it.id("list_session_events")
                    .tag("widget")
                    .summary("What happened in the visit so far")
            }),
        )
        .api_route(
            "/public/v1/sessions/{id}/timeslots",
            get_with(sessions::timeslots, |it| {
                it.id("list_timeslots").tag("widget").summary("The times that can be chosen")
            }),
        )
        .layer(cors);
    public
        .api_route(
            "/healthz",
            get_with(system::healthz, |it| {
                it.id("healthz").tag("system").summary("Whether the process runs")
            }),
        )
        .api_route(
            "/readyz",
            get_with(system::readyz, |it| {
                it.id("readyz").tag("system").summary("Whether the store answers and is migrated")
            }),
        )
}

/// Pages and files.
pub(crate) fn undocumented() -> Router<Api> {
    Router::new()
        .route("/", get(pages::home))
        .route("/openapi.json", get(system::openapi))
        .route("/docs", get(pages::docs))
        .route("/docs/problems", get(pages::problems))
        .route("/docs/{file}", get(assets::serve))
        .route("/book/{public_key}", get(pages::book))
        .route("/demo", get(pages::demo))
        .route("/demo/{slug}", get(pages::business))
        .route("/demo/{slug}/flow.svg", get(pages::flow_svg))
        .route("/embed.js", get(assets::serve))
        .route("/assets/{file}", get(assets::serve))
}

/// What is said of the API as a whole.
pub(crate) fn describe(api: TransformOpenApi<'_>) -> TransformOpenApi<'_> {
    let mut api = api
        .security_scheme(
            SESSION_TOKEN,
            SecurityScheme::Http {
                scheme: "bearer".to_owned(),
                bearer_format: None,
                description: Some(
                    "The `session_token` that beginning a visit answered.".to_owned(),
                ),
                extensions: indexmap::IndexMap::default(),
            },
        )
        .tag(Tag {
            name: "widget".to_owned(),
            description: Some("What a visitor's widget calls.".to_owned()),
            ..Tag::default()
        })
        .tag(Tag {
            name: "system".to_owned(),
            description: Some("For those who run the server.".to_owned()),
            ..Tag::default()
        });
    api.inner_mut().info = Info {
        title: "Wrkbelt".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: Some("Booking for service businesses.".to_owned()),
        description: Some(
            "Errors are `application/problem+json` (RFC 9457) with a stable `code`; an error has no \
             effect but for a refused value, which is counted. Ids are 24 hex digits, instants \
             RFC 3339 in UTC. Unknown fields are refused."
                .to_owned(),
        ),
        license: Some(License {
            name: "Apache-2.0".to_owned(),
            identifier: Some("Apache-2.0".to_owned()),
            ..License::default()
        }),
        ..Info::default()
    };
    api
}
