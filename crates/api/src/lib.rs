//! The HTTP API, the pages and the web assets. Talks to `app` only: `store` is not among its
//! dependencies.

mod assets;
mod body;
mod callers;
mod examples;
mod finish;
mod intake;
mod limits;
mod links;
mod pages;
mod policy;
mod problem;
mod query;
mod routes;
mod server;

use std::sync::Arc;

use aide::openapi::OpenApi;
use app::{Doors, MailFolder};
use axum::{Router, body::Bytes, extract::DefaultBodyLimit, middleware};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

use crate::{limits::Limits, problem::Code};
pub use crate::{
    pages::{DemoBusiness, DemoSite, Pages},
    policy::permissions,
    problem::Problem,
    routes::{Access, Route},
    server::{ClientAddress, Server},
};

/// What handlers share.
#[derive(Clone)]
pub struct Api(Arc<Parts>);

struct Parts {
    doors: Doors,
    pages: Pages,
    limits: Limits,
    openapi: Bytes,
    mailbox: Option<MailFolder>,
}

/// What differs from one server to another.
pub struct Settings {
    /// The sample businesses, when it is a demonstration.
    pub demo: Option<DemoSite>,
    /// Token buckets per address.
    pub rate_limits: bool,
    /// Mails that nobody gets and whoever reaches the server reads.
    pub mailbox: Option<MailFolder>,
}

/// No JSON body of the public API is larger.
const LARGEST_BODY: usize = 64 * 1_024;

/// No JSON body of the other routes is larger: a flow is 2 MB at most.
const LARGEST_ADMIN_BODY: usize = 2 * 1_024 * 1_024;

/// All routes.
pub fn router(doors: Doors, settings: Settings) -> Router {
    let (routes, openapi) = documented();
    let parts = Parts {
        doors,
        pages: Pages::new(settings.demo),
        limits: Limits::new(settings.rate_limits),
        openapi: to_json(&openapi).into(),
        mailbox: settings.mailbox,
    };
    let api = Api(Arc::new(parts));
    routes
        .merge(routes::undocumented())
        .fallback(async || Problem::new(Code::NotFound))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(middleware::from_fn(intake::intake))
        .layer(middleware::from_fn(finish::finish))
        .layer(CompressionLayer::new())
        .with_state(api)
}

/// The OpenAPI document of the API, as `/openapi.json` serves it.
pub fn openapi() -> String {
    to_json(&documented().1)
}

/// Every operation of the API and who may call it, in the order of the documentation.
pub fn operations() -> Vec<Route> {
    routes::documented().split().1
}

/// The routes that the document describes, and the document.
fn documented() -> (Router<Api>, OpenApi) {
    aide::generate::on_error(|error| tracing::debug!(%error, "OpenAPI"));
    aide::generate::extract_schemas(true);
    let mut openapi = OpenApi::default();
    let routes = routes::documented().split().0.finish_api_with(&mut openapi, routes::describe);
    examples::add(&mut openapi);
    links::add(&mut openapi);
    (routes, openapi)
}

fn to_json(openapi: &OpenApi) -> String {
    serde_json::to_string_pretty(openapi).unwrap_or_default() + "\n"
}

impl Api {
    fn doors(&self) -> &Doors {
        &self.0.doors
    }

    fn pages(&self) -> &Pages {
        &self.0.pages
    }

    fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The same bytes for all who read it, however slowly.
    fn openapi(&self) -> Bytes {
        self.0.openapi.clone()
    }

    fn mailbox(&self) -> Option<&MailFolder> {
        self.0.mailbox.as_ref()
    }
}
