use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{Operation, SecurityRequirement},
};
use app::{Credential, Origin, SignedIn};
use axum::{
    extract::FromRequestParts,
    http::{
        header::{AUTHORIZATION, COOKIE, USER_AGENT},
        request::Parts,
    },
};

use super::Caller;
use crate::{Api, ClientAddress, Problem, finish::RequestId, problem::Code, routes::Access};

/// The cookie of a login session. The prefix has browsers refuse it from other hosts and without
/// `Secure`.
pub(crate) const LOGIN_COOKIE: &str = "__Host-wrkbelt";

/// The cookie of a device that somebody has signed in with; it opens nothing.
pub(crate) const DEVICE_COOKIE: &str = "__Host-wrkbelt-device";

/// Names of the security schemes.
pub(crate) const LOGIN: &str = "login";
pub(crate) const API_KEY: &str = "api_key";

/// Somebody with a login session; no API key.
pub(crate) struct LoggedIn(pub(crate) SignedIn);

/// Anybody, who is about to show who they are.
pub(crate) struct Stranger {
    /// The cookie of a device that was signed in before.
    pub(crate) device: Option<String>,
    /// The cookie of the login session that the browser has so far.
    pub(crate) login: Option<String>,
    pub(crate) origin: Origin,
}

/// What the request shows, of whichever kind.
pub(crate) struct ApiKeyOrLogin(pub(crate) Credential);

impl ApiKeyOrLogin {
    /// # Errors
    /// 401 when the request shows nothing.
    pub(crate) fn of(parts: &Parts) -> Result<Self, Problem> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
        if let Some(key) = header.and_then(|it| it.strip_prefix("Bearer ")) {
            return Ok(Self(Credential::ApiKey(key.trim().to_owned())));
        }
        let token = cookie(parts, LOGIN_COOKIE).ok_or(Problem::new(Code::Unauthenticated))?;
        Ok(Self(Credential::Login(token.to_owned())))
    }
}

/// A cookie of the request.
pub(crate) fn cookie<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    let headers = parts.headers.get_all(COOKIE).iter().filter_map(|it| it.to_str().ok());
    let mut pairs = headers.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
    pairs.find(|it| it.0 == name).map(|it| it.1)
}

/// Where the request comes from.
pub(crate) fn origin(parts: &Parts) -> Origin {
    let user_agent = parts.headers.get(USER_AGENT).and_then(|it| it.to_str().ok());
    Origin {
        request_id: parts.extensions.get::<RequestId>().map(|it| it.0.clone()),
        ip: parts.extensions.get::<ClientAddress>().map(|it| it.0.to_string()),
        user_agent: user_agent.map(|it| it.chars().take(400).collect()),
    }
}

impl FromRequestParts<Api> for LoggedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        api.limits().check(parts)?;
        let token = cookie(parts, LOGIN_COOKIE).ok_or(Problem::new(Code::Unauthenticated))?;
        Ok(Self(api.doors().signed_in(token, origin(parts)).await?))
    }
}

impl FromRequestParts<Api> for Stranger {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        api.limits().check(parts)?;
        let cookie = |name| cookie(parts, name).map(str::to_owned);
        let (device, login) = (cookie(DEVICE_COOKIE), cookie(LOGIN_COOKIE));
        Ok(Self { device, login, origin: origin(parts) })
    }
}

impl Caller for Stranger {
    const ACCESS: Access = Access::Public;
}

impl OperationInput for Stranger {}

impl Caller for LoggedIn {
    const ACCESS: Access = Access::SignedIn;
}

impl OperationInput for LoggedIn {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        operation.security = security(&[LOGIN]);
    }
}

/// Any one of the schemes.
pub(super) fn security(schemes: &[&str]) -> Vec<SecurityRequirement> {
    let requirement =
        |name: &&str| SecurityRequirement::from_iter([((*name).to_owned(), Vec::new())]);
    schemes.iter().map(requirement).collect()
}
