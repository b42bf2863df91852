use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{Operation, Response as DocResponse, StatusCode as DocStatus},
};
use app::{LoginToken, Origin};
use axum::{
    http::{HeaderValue, StatusCode, header::SET_COOKIE},
    response::{IntoResponse, Response},
};

use crate::{
    Api, Problem,
    callers::{DEVICE_COOKIE, LOGIN_COOKIE},
    routes::entities::NoContent,
};

/// A device is known for so many seconds: more than any session lasts.
const KNOWN: u64 = 365 * 24 * 3_600;

/// An answer to somebody whose session has a new token.
pub(super) struct Fresh<T = NoContent> {
    body: T,
    cookies: Vec<String>,
}

/// An answer to somebody whose session is over.
pub(super) struct SignedOut;

/// 202: it is done, or there was nothing to do; which of the two is not told.
pub(super) struct Accepted;

impl Fresh {
    /// Signed in; the session that the browser had before ends.
    pub(super) async fn in_place_of(
        before: Option<String>,
        with: &app::LoggedIn,
        api: &Api,
        origin: Origin,
    ) -> Result<Self, Problem> {
        if let Some(before) = before {
            api.doors().log_out(&before, origin).await?;
        }
        let device = cookie(DEVICE_COOKIE, &with.device, KNOWN);
        Ok(Self { body: NoContent, cookies: vec![login(&with.token), device] })
    }
}

impl<T> Fresh<T> {
    pub(super) fn rotated(token: &LoginToken, body: T) -> Self {
        Self { body, cookies: vec![login(token)] }
    }
}

fn login(token: &LoginToken) -> String {
    cookie(LOGIN_COOKIE, token.expose(), app::LoggedIn::LONGEST.as_secs())
}

fn cookie(name: &str, value: &str, seconds: u64) -> String {
    format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

fn with_cookies(mut response: Response, cookies: &[String]) -> Response {
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
    response
}

impl<T: IntoResponse> IntoResponse for Fresh<T> {
    fn into_response(self) -> Response {
        with_cookies(self.body.into_response(), &self.cookies)
    }
}

impl IntoResponse for SignedOut {
    fn into_response(self) -> Response {
        with_cookies(NoContent.into_response(), &[cookie(LOGIN_COOKIE, "", 0)])
    }
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        StatusCode::ACCEPTED.into_response()
    }
}

impl<T: OperationOutput> OperationOutput for Fresh<T> {
    type Inner = T::Inner;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<DocResponse> {
        T::operation_response(ctx, operation)
    }

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<DocStatus>, DocResponse)> {
        T::inferred_responses(ctx, operation)
    }
}

impl OperationOutput for SignedOut {
    type Inner = ();

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<DocStatus>, DocResponse)> {
        NoContent::inferred_responses(ctx, operation)
    }
}

impl OperationOutput for Accepted {
    type Inner = ();

    fn inferred_responses(
        _: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<DocStatus>, DocResponse)> {
        let description = "Done, if there was something to do".to_owned();
        let response = DocResponse { description, ..DocResponse::default() };
        vec![(Some(DocStatus::Code(202)), response)]
    }
}
