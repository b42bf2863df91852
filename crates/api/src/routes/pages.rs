use app::Error;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse, Redirect, Response},
};

use model::diagram::DiagramFormat;

use super::{
    flows::diagram::{Drawn, Seen},
    schedulers::OrganizationView,
};
use crate::{Api, DemoBusiness, Problem, problem::Code};

/// What the path has where a page's name stands.
pub(super) type Segment = Result<Path<String>, PathRejection>;

/// Empty when it is no text: nothing has that name.
pub(super) fn segment(path: Segment) -> String {
    path.map(|Path(name)| name).unwrap_or_default()
}

pub(super) async fn home(State(api): State<Api>) -> Redirect {
    Redirect::to(if api.pages().demo().is_some() { "/demo" } else { "/docs" })
}

pub(super) async fn docs(State(api): State<Api>) -> Response {
    api.pages().docs()
}

pub(super) async fn problems(State(api): State<Api>) -> Response {
    api.pages().problem_types()
}

pub(super) async fn book(State(api): State<Api>, path: Segment) -> Response {
    let public_key = segment(path);
    match find(&api, &public_key).await {
        Ok((title, organization)) => api.pages().book(&public_key, &title, &organization),
        Err(Error::NotFound(_)) => {
            let detail = "There is no booking page at this address. Please check the link.";
            api.pages().problem(&Problem::new(Code::NotFound), "Page not found", detail)
        }
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn find(api: &Api, public_key: &str) -> app::Result<(String, OrganizationView)> {
    let scheduler = api.doors().scheduler(public_key).await?;
    let organization = scheduler.organization().await?;
    Ok((scheduler.title().await?, OrganizationView::new(organization.body)))
}

/// The pages of accounts, none of which uses a link up: their forms do.
pub(super) async fn account(State(api): State<Api>, path: Option<Path<String>>) -> Response {
    let page = path.map_or_else(|| "account".to_owned(), |Path(page)| page);
    let title = match page.as_str() {
        "account" => "Your account",
        "sign-in" => "Sign in",
        "setup" => "Set up Wrkbelt",
        "invitation" => "Invitation",
        "reset" => "Another password",
        "verify" => "Your e-mail address",
        _ => {
            let problem = Problem::new(Code::NotFound);
            return api.pages().problem(&problem, "Page not found", "There is no such page.");
        }
    };
    api.pages().account(&page, title)
}

pub(super) async fn demo(State(api): State<Api>) -> Response {
    match api.pages().demo() {
        Some(site) => api.pages().demo_index(site),
        None => not_there(&api),
    }
}

pub(super) async fn business(State(api): State<Api>, path: Segment) -> Response {
    match sample(&api, &segment(path)) {
        Some(business) => api.pages().business(business),
        None => not_there(&api),
    }
}

pub(super) async fn flow_svg(State(api): State<Api>, path: Segment, seen: Seen) -> Response {
    let Some(business) = sample(&api, &segment(path)) else { return not_there(&api) };
    Drawn::new(&business.flow, DiagramFormat::Svg, &seen, "public, max-age=300").into_response()
}

fn sample<'a>(api: &'a Api, slug: &str) -> Option<&'a DemoBusiness> {
    api.pages().demo()?.businesses.iter().find(|it| it.slug == slug)
}

fn not_there(api: &Api) -> Response {
    let detail =
        "There is nothing at this address. Sample businesses are shown by `wrkbelt demo` only.";
    api.pages().problem(&Problem::new(Code::NotFound), "Page not found", detail)
}
