use axum::{
    Json,
    extract::Request,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument;

use crate::{Problem, problem::Code};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the request is called in logs and answers.
#[derive(Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// Around every request: gives it an id, logs it, writes problems out and adds the headers that
/// every answer has.
pub(crate) async fn finish(mut request: Request, next: Next) -> Response {
    let id = format!("{:016x}", rand::random::<u64>());
    request.extensions_mut().insert(RequestId(id.clone()));
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("request", request.id = id, %method, path);
    let mut response = async {
        let response = next.run(request).await;
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    }
    .instrument(span)
    .await;
    if let Some(problem) = problem(&mut response) {
        response = write(problem.at(&path), &response);
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
        .entry(REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("strict-origin-when-cross-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The problem that a handler answered with, or the one that stands for a bare status of a layer
/// or of a route without the method.
fn problem(response: &mut Response) -> Option<Problem> {
    let problem = response.extensions_mut().remove::<Problem>();
    problem.or_else(|| match response.status() {
        StatusCode::FORBIDDEN => Some(Problem::new(Code::CrossSite)),
        StatusCode::METHOD_NOT_ALLOWED => Some(Problem::new(Code::MethodNotAllowed)),
        StatusCode::REQUEST_TIMEOUT => Some(Problem::new(Code::Timeout)),
        StatusCode::PAYLOAD_TOO_LARGE => Some(Problem::new(Code::TooLarge)),
        _ => None,
    })
}

fn write(problem: Problem, answered: &Response) -> Response {
    let mut response = (problem.status(), Json(problem)).into_response();
    let kept = answered.headers().iter().filter(|(name, _)| **name != CONTENT_TYPE);
    let kept: Vec<_> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    for (name, value) in kept {
        if name != axum::http::header::CONTENT_LENGTH {
            response.headers_mut().insert(name, value);
        }
    }
    let problem_json = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(CONTENT_TYPE, problem_json);
    response
}
