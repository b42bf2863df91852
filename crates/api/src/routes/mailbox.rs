use std::io;

use app::{Letter, MailFolder};
use axum::{
    extract::State,
    http::{HeaderValue, header::CONTENT_SECURITY_POLICY},
    response::{Html, IntoResponse, Response},
};

use super::pages::{Segment, segment};
use crate::{Api, Problem, problem::Code};

/// Older mails are in the folder only.
const MOST: usize = 200;

/// A mail does nothing by itself, and its links leave the frame.
const MAIL: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'self'; \
    sandbox allow-top-navigation-by-user-activation";

pub(super) async fn list(State(api): State<Api>) -> Response {
    let Some(folder) = api.mailbox() else { return not_there(&api) };
    match newest(folder).await {
        Ok(mails) => api.pages().mailbox(&mails),
        Err(error) => unread(&error),
    }
}

pub(super) async fn show(State(api): State<Api>, path: Segment) -> Response {
    let id = segment(path);
    match find(&api, &id).await {
        Ok(Some(mail)) => api.pages().mail(&id, &mail),
        Ok(None) => not_there(&api),
        Err(error) => unread(&error),
    }
}

/// What is in the frame.
pub(super) async fn html(State(api): State<Api>, path: Segment) -> Response {
    match find(&api, &segment(path)).await {
        Ok(Some(Letter { html: Some(html), .. })) => {
            let html = html.replacen("<head>", "<head><base target=\"_top\">", 1);
            let mut response = Html(html).into_response();
            let policy = HeaderValue::from_static(MAIL);
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
            response
        }
        Ok(_) => not_there(&api),
        Err(error) => unread(&error),
    }
}

async fn newest(folder: &MailFolder) -> io::Result<Vec<(String, Letter)>> {
    let mut mails = Vec::new();
    for id in folder.list().await?.into_iter().take(MOST) {
        let mail = folder.read(&id).await?;
        mails.extend(mail.and_then(|it| Letter::parse(&it)).map(|it| (id, it)));
    }
    Ok(mails)
}

async fn find(api: &Api, id: &str) -> io::Result<Option<Letter>> {
    let Some(folder) = api.mailbox() else { return Ok(None) };
    Ok(folder.read(id).await?.and_then(|it| Letter::parse(&it)))
}

fn unread(error: &io::Error) -> Response {
    tracing::error!(%error, "the folder of mails cannot be read");
    Problem::new(Code::Internal).into_response()
}

fn not_there(api: &Api) -> Response {
    let detail = "There is no such mail, or this server shows none.";
    api.pages().problem(&Problem::new(Code::NotFound), "Page not found", detail)
}
