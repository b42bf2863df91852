//! The HTML pages: templates of the web build, filled in.

use std::collections::BTreeMap;

use app::Letter;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY},
    },
    response::{Html, IntoResponse, Response},
};
use minijinja::{Environment, Value, context, value::Serde};
use serde::Serialize;

use crate::{Api, Problem, assets, problem::Code};

/// Fills in and serves the pages.
pub struct Pages {
    templates: Environment<'static>,
    demo: Option<DemoSite>,
}

/// A page with a booking on it.
pub(crate) struct BookPage<'a> {
    pub(crate) public_key: &'a str,
    pub(crate) title: &'a str,
    /// The slug of the express link that begins the visit.
    pub(crate) link: Option<&'a str>,
    /// Why the link that the visitor followed does not.
    pub(crate) notice: Option<&'a str>,
}

/// What a demonstration shows: the sample businesses.
#[derive(Debug, Clone, Default)]
pub struct DemoSite {
    pub businesses: Vec<DemoBusiness>,
}

/// One sample business.
#[derive(Debug, Clone)]
pub struct DemoBusiness {
    pub name: String,
    pub slug: String,
    pub tagline: String,
    pub public_key: String,
    pub phone: Option<String>,
    pub address_line: Option<String>,
    /// The texts of its pretended website.
    pub website: serde_json::Value,
    /// Its service-selection graph.
    pub flow: app::Drawing,
}

const TEMPLATES: [&str; 10] = [
    "account.html",
    "book.html",
    "business.html",
    "demo.html",
    "docs.html",
    "mail.html",
    "mailbox.html",
    "problem.html",
    "problem-type.html",
    "problem-types.html",
];

/// What a page may load: its own server's files and nothing else.
const OWN_FILES_ONLY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'self'";

/// Where people type passwords: no other page may show it.
const NEVER_FRAMED: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Mails are shown in frames.
const WITH_OWN_FRAMES: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
    frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Swagger UI writes style attributes.
const WITH_INLINE_STYLES: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

impl Pages {
    pub(crate) fn new(demo: Option<DemoSite>) -> Self {
        let mut templates = Environment::new();
        let manifest: BTreeMap<String, String> = assets::text("manifest.json")
            .and_then(|it| serde_json::from_str(&it).ok())
            .unwrap_or_default();
        templates.add_function("asset", move |name: &str| {
            manifest.get(name).cloned().unwrap_or_default()
        });
        for name in TEMPLATES {
            if let Some(text) = assets::text(&format!("pages/{name}"))
                && let Err(error) = templates.add_template_owned(name, text)
            {
                tracing::error!(%error, name, "a page template is broken");
            }
        }
        Self { templates, demo }
    }

    pub(crate) fn demo(&self) -> Option<&DemoSite> {
        self.demo.as_ref()
    }

    pub(crate) fn book(&self, page: &BookPage<'_>, organization: &impl Serialize) -> Response {
        let organization = Value::from(Serde(organization));
        let BookPage { public_key, title, link, notice } = *page;
        let context = context! { public_key, title, link, notice, organization };
        self.render("book.html", OWN_FILES_ONLY, context)
    }

    pub(crate) fn demo_index(&self, site: &DemoSite) -> Response {
        let organizations: Vec<_> = site
            .businesses
            .iter()
            .map(|it| {
                context! {
                    name => &it.name,
                    slug => &it.slug,
                    tagline => &it.tagline,
                    public_key => &it.public_key,
                    hosted_url => format!("/book/{}", it.public_key),
                    website_url => format!("/demo/{}", it.slug),
                    flow_diagram_url => format!("/demo/{}/flow.svg", it.slug),
                }
            })
            .collect();
        let version = env!("CARGO_PKG_VERSION");
        let context = context! { organizations, version, docs_url => "/docs" };
        self.render("demo.html", OWN_FILES_ONLY, context)
    }

    pub(crate) fn business(&self, business: &DemoBusiness) -> Response {
        let organization = context! {
            name => &business.name,
            phone => &business.phone,
            address_line => &business.address_line,
        };
        let website = Value::from(Serde(&business.website));
        let context = context! { public_key => &business.public_key, organization, website };
        self.render("business.html", OWN_FILES_ONLY, context)
    }

    pub(crate) fn docs(&self) -> Response {
        self.render("docs.html", WITH_INLINE_STYLES, context! {})
    }

    /// One of the pages on which people sign in and look after their account.
    pub(crate) fn account(&self, page: &str, title: &str) -> Response {
        let mut response = self.render("account.html", NEVER_FRAMED, context! { page, title });
        let no_referrer = HeaderValue::from_static("no-referrer");
        response.headers_mut().insert(REFERRER_POLICY, no_referrer);
        response
    }

    /// Mails with their ids.
    pub(crate) fn mailbox(&self, mails: &[(String, Letter)]) -> Response {
        let mails: Vec<_> = mails
            .iter()
            .map(|(id, it)| context! { id, subject => &it.subject, to => &it.to, sent => &it.sent })
            .collect();
        self.render("mailbox.html", WITH_OWN_FRAMES, context! { mails })
    }

    pub(crate) fn mail(&self, id: &str, mail: &Letter) -> Response {
        let Letter { subject, from, to, sent, text, html } = mail;
        let has_html = html.is_some();
        let context = context! { id, subject, from, to, sent, text, has_html };
        self.render("mail.html", WITH_OWN_FRAMES, context)
    }

    /// All kinds of problems.
    pub(crate) fn problem_types(&self) -> Response {
        let types: Vec<_> = Code::ALL.iter().map(|it| Value::from(Serde(it.about()))).collect();
        self.render("problem-types.html", OWN_FILES_ONLY, context! { types })
    }

    /// What causes one kind of problem, and what mends it.
    pub(crate) fn problem_type(&self, code: Code) -> Response {
        self.render("problem-type.html", OWN_FILES_ONLY, Value::from(Serde(code.about())))
    }

    /// A problem for people.
    pub(crate) fn problem(&self, problem: &Problem, title: &str, detail: &str) -> Response {
        let status = problem.status().as_u16();
        let mut response =
            self.render("problem.html", OWN_FILES_ONLY, context! { title, detail, status });
        *response.status_mut() = problem.status();
        response
    }

    fn render(&self, name: &str, policy: &'static str, context: Value) -> Response {
        let Ok(template) = self.templates.get_template(name) else {
            let detail = "The web parts were not built: run `make build`.";
            return Problem::new(Code::NotFound).detail(detail).into_response();
        };
        match template.render(context) {
            Ok(html) => {
                let mut response = Html(html).into_response();
                let headers = response.headers_mut();
                headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
                response
            }
            Err(error) => {
                tracing::error!(%error, name, "a page cannot be filled in");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// What every problem's `type` points to.
pub(crate) async fn problem_type(
    State(api): State<Api>,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let code = path.ok().and_then(|Path(code)| Code::find(&code));
    if let Some(code) = code {
        return api.pages().problem_type(code);
    }
    let detail = "There is no problem with this code. All that there are: /docs/problems.";
    api.pages().problem(&Problem::new(Code::NotFound), "Page not found", detail)
}
