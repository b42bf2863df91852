use app::{Error, HostedLink};
use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse, Redirect, Response},
};

use model::{diagram::DiagramFormat, session::LinkFaultCode};

use super::{
    flows::diagram::{Drawn, Seen},
    schedulers::OrganizationView,
};
use crate::{Api, DemoBusiness, Problem, pages::BookPage, problem::Code};

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
        Ok((title, organization)) => {
            let (public_key, title) = (&*public_key, &*title);
            let page = BookPage { public_key, title, link: None, notice: None };
            api.pages().book(&page, &organization)
        }
        Err(Error::NotFound(_)) => {
            let detail = "There is no booking page at this address. Please check the link.";
            api.pages().problem(&Problem::new(Code::NotFound), "Page not found", detail)
        }
        Err(error) => Problem::from(error).into_response(),
    }
}

/// The page of an express link, where the slug is one organization's only.
pub(super) async fn link(State(api): State<Api>, path: Segment) -> Response {
    let slug = segment(path);
    hosted_link(&api, None, &slug).await
}

/// The page of an express link that names its organization.
pub(super) async fn link_of(
    State(api): State<Api>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    let (organization, slug) = path.map(|Path(names)| names).unwrap_or_default();
    hosted_link(&api, Some(&organization), &slug).await
}

/// One that begins no visit says so, and offers the ordinary booking.
async fn hosted_link(api: &Api, organization: Option<&str>, slug: &str) -> Response {
    let not_found =
        |detail: &str| api.pages().problem(&Problem::new(Code::NotFound), "Link not found", detail);
    let found = match api.doors().express_link(organization, slug).await {
        Ok(found) => found,
        Err(Error::NotFound(_)) => {
            return not_found("There is no such link. Please check the address.");
        }
        Err(error @ Error::NotAllowed(_)) => return not_found(&error.to_string()),
        Err(error) => return Problem::from(error).into_response(),
    };
    let HostedLink { public_key, slug, title, scheduler, fault } = found;
    let organization = match scheduler.organization().await {
        Ok(organization) => OrganizationView::new(organization.body),
        Err(error) => return Problem::from(error).into_response(),
    };
    let notice = fault.map(|it| match it {
        LinkFaultCode::Expired => "This offer has ended",
        LinkFaultCode::UsedUp => "This offer has been taken up",
        _ => "This offer is not available at the moment",
    });
    let link = fault.is_none().then_some(&*slug);
    let page = BookPage { public_key: public_key.as_str(), title: &title, link, notice };
    api.pages().book(&page, &organization)
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
