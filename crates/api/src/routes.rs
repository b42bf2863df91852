//! Every route there is.

mod api_keys;
mod audit_log;
mod auth;
mod created;
mod emails;
mod entities;
mod express_links;
mod files;
mod flow_files;
mod flows;
mod mailbox;
mod once;
mod organizations;
mod pages;
mod platform;
mod routing;
mod schedulers;
mod sessions;
mod simulations;
mod system;
mod visits;
mod waitlist;

use std::fmt;

use aide::{
    OperationInput, OperationOutput,
    axum::{
        ApiRouter,
        routing::{ApiMethodRouter, delete_with, get_with, patch_with, post_with, put_with},
    },
    openapi::{ApiKeyLocation, Info, License, SecurityScheme, Tag},
    operation::OperationHandler,
    transform::TransformOpenApi,
};
use axum::{
    Router, extract::DefaultBodyLimit, handler::Handler, http::header::RETRY_AFTER, routing::get,
};
use model::core::Permission;
use tower_http::{
    cors::{Any, CorsLayer},
    csrf::CsrfLayer,
};

use self::created::Created;
use crate::{
    Api, LARGEST_ADMIN_BODY, assets,
    callers::{API_KEY, Guarded, LOGIN, LOGIN_COOKIE, SESSION_TOKEN},
    finish::REQUEST_ID,
};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever has the public key of a scheduler.
    PublicKey,
    /// The visitor of the session.
    SessionToken,
    /// Whoever is signed in, about themselves.
    SignedIn,
    /// Members of the organization in the path who have a permission, and its API keys.
    Member(Permission),
    /// Those who run the platform and have a permission.
    Operator(Permission),
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("anybody"),
            Self::PublicKey => f.write_str("public key"),
            Self::SessionToken => f.write_str("session token"),
            Self::SignedIn => f.write_str("signed in"),
            Self::Member(permission) => write!(f, "member {permission}"),
            Self::Operator(permission) => write!(f, "operator {permission}"),
        }
    }
}

/// One operation of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub method: &'static str,
    pub path: String,
    pub operation: String,
    pub access: Access,
}

/// Routes with what is said of them, and the list of them. A route is added with a handler that
/// says who may call it, or not at all.
pub(crate) struct Routes {
    router: ApiRouter<Api>,
    list: Vec<Route>,
}

/// What a route is called and what it is for.
pub(crate) struct About<'a> {
    pub(crate) id: &'a str,
    pub(crate) tag: &'a str,
    pub(crate) summary: &'a str,
}

macro_rules! methods {
    ($($name:ident $with:ident $METHOD:literal;)+) => {
        $(pub(crate) fn $name<H, I, O, T>(self, path: &str, about: About<'_>, handler: H) -> Self
        where
            H: Handler<T, Api> + OperationHandler<I, O>,
            I: OperationInput,
            O: OperationOutput,
            T: Guarded + 'static,
        {
            let About { id, tag, summary } = about;
            let route = $with(handler, |it| it.id(id).tag(tag).summary(summary));
            self.add($METHOD, path, id, T::ACCESS, route)
        })+
    };
}

impl Routes {
    pub(crate) fn new() -> Self {
        Self { router: ApiRouter::new(), list: Vec::new() }
    }

    methods! {
        get get_with "GET";
        post post_with "POST";
        put put_with "PUT";
        patch patch_with "PATCH";
        delete delete_with "DELETE";
    }

    fn add(
        mut self,
        method: &'static str,
        path: &str,
        id: &str,
        access: Access,
        route: ApiMethodRouter<Api>,
    ) -> Self {
        let (path, operation) = (path.to_owned(), id.to_owned());
        self.router = self.router.api_route(&path, route);
        self.list.push(Route { method, path, operation, access });
        self
    }

    /// All of another list.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.list.extend(other.list);
        self
    }

    fn layered(self, layer: impl FnOnce(ApiRouter<Api>) -> ApiRouter<Api>) -> Self {
        Self { router: layer(self.router), list: self.list }
    }

    pub(crate) fn split(self) -> (ApiRouter<Api>, Vec<Route>) {
        (self.router, self.list)
    }
}

/// All that `/openapi.json` describes.
pub(crate) fn documented() -> Routes {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods(Any)
        .allow_headers(Any)
        .expose_headers([RETRY_AFTER, REQUEST_ID]);
    let admin = platform()
        .layered(|it| it.layer(DefaultBodyLimit::max(LARGEST_ADMIN_BODY)).layer(CsrfLayer::new()));
    let widget =
        widget().and(files::of_visits()).and(waitlist::routes()).layered(|it| it.layer(cors));
    widget.and(admin).and(files::served()).and(system())
}

/// What a visitor's widget calls.
fn widget() -> Routes {
    let about = |id, summary| About { id, tag: "widget", summary };
    let session = |path: &str| format!("/public/v1/sessions/{{id}}{path}");
    Routes::new()
        .get(
            "/public/v1/schedulers/{public_key}",
            about("show_scheduler", "What the loader needs to draw the widget"),
            schedulers::show,
        )
        .post(
            "/public/v1/schedulers/{public_key}/sessions",
            about("start_session", "Begin a visit"),
            sessions::start,
        )
        .get(
            &session(""),
            about("show_session", "The present view, to resume a visit"),
            sessions::show,
        )
        .post(
            &session("/commands"),
            about("execute_command", "One interaction of the visitor"),
            sessions::execute,
        )
        .get(
            &session("/events"),
            about("list_session_events", "What happened in the visit so far"),
            sessions::events,
        )
        .get(
            &session("/timeslots"),
            about("list_timeslots", "The times that can be chosen"),
            sessions::timeslots,
        )
}

/// What members of organizations and those who run the platform call.
fn platform() -> Routes {
    organizations::routes()
        .and(entities::routes())
        .and(express_links::routes())
        .and(routing::routes())
        .and(flows::routes())
        .and(api_keys::routes())
        .and(audit_log::routes())
        .and(simulations::routes())
        .and(emails::routes())
        .and(files::routes())
        .and(visits::routes())
        .and(flow_files::routes())
        .and(platform::routes())
        .and(auth::routes())
}

/// For those who run the server.
fn system() -> Routes {
    let about = |id, summary| About { id, tag: "system", summary };
    Routes::new()
        .get("/healthz", about("healthz", "Whether the process runs"), system::healthz)
        .get(
            "/readyz",
            about("readyz", "Whether the store answers and is migrated"),
            system::readyz,
        )
}

/// Pages and files.
pub(crate) fn undocumented() -> Router<Api> {
    Router::new()
        .route("/", get(pages::home))
        .route("/openapi.json", get(system::openapi))
        .route("/docs", get(pages::docs))
        .route("/docs/problems", get(pages::problems))
        .route("/docs/problems/{code}", get(crate::pages::problem_type))
        .route("/docs/{file}", get(assets::serve))
        .route("/book/{public_key}", get(pages::book))
        .route("/b/{slug}", get(pages::link))
        .route("/b/{organization}/{slug}", get(pages::link_of))
        .route("/account", get(pages::account))
        .route("/account/{page}", get(pages::account))
        .route("/demo", get(pages::demo))
        .route("/demo/{slug}", get(pages::business))
        .route("/demo/{slug}/flow.svg", get(pages::flow_svg))
        .route("/mailbox", get(mailbox::list))
        .route("/mailbox/{id}", get(mailbox::show))
        .route("/mailbox/{id}/html", get(mailbox::html))
        .route("/embed.js", get(assets::serve))
        .route("/assets/{file}", get(assets::serve))
}

/// What is said of the API as a whole.
pub(crate) fn describe(api: TransformOpenApi<'_>) -> TransformOpenApi<'_> {
    let bearer = |scheme: &str, description: &str| SecurityScheme::Http {
        scheme: scheme.to_owned(),
        bearer_format: None,
        description: Some(description.to_owned()),
        extensions: indexmap::IndexMap::default(),
    };
    let cookie = SecurityScheme::ApiKey {
        location: ApiKeyLocation::Cookie,
        name: LOGIN_COOKIE.to_owned(),
        description: Some("The cookie that signing in sets.".to_owned()),
        extensions: indexmap::IndexMap::default(),
    };
    let mut api = api
        .security_scheme(
            SESSION_TOKEN,
            bearer("bearer", "The `session_token` that beginning a visit answered."),
        )
        .security_scheme(API_KEY, bearer("bearer", "An API key of the organization."))
        .security_scheme(LOGIN, cookie);
    for (name, description) in [
        ("widget", "What a visitor's widget calls."),
        ("organizations", "An organization itself."),
        ("platform", "For those who run the platform."),
        ("system", "For those who run the server."),
    ] {
        api = api.tag(Tag {
            name: name.to_owned(),
            description: Some(description.to_owned()),
            ..Tag::default()
        });
    }
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
