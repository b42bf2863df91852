//! Who asks: each extractor is a door, and a handler gets to data through one only. The first
//! extractor of every handler is one of them, or the handler cannot be routed.

mod allowed;
mod signed_in;

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{Operation, SecurityRequirement},
};
use app::{Scheduler, VisitorSession};
use axum::{
    extract::{FromRequestParts, Path},
    http::{
        header::{AUTHORIZATION, HOST, ORIGIN},
        request::Parts,
    },
};
use model::{Id, session::BookingSession};
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) use self::{
    allowed::{Allowed, Create, Delete, Operating, Requires, Update, View, permission},
    signed_in::{API_KEY, ApiKeyOrLogin, LOGIN, LOGIN_COOKIE, LoggedIn, origin},
};
use crate::{Api, Problem, problem::Code, routes::Access};

/// Who may call a route, said by the type of its handler's first argument.
pub(crate) trait Caller {
    const ACCESS: Access;
}

/// A handler whose first argument is a [`Caller`].
pub(crate) trait Guarded {
    const ACCESS: Access;
}

macro_rules! guarded {
    ($($more:ident),*) => {
        impl<M, C: Caller, $($more),*> Guarded for (M, C, $($more,)*) {
            const ACCESS: Access = C::ACCESS;
        }
    };
}
guarded!();
guarded!(T1);
guarded!(T1, T2);
guarded!(T1, T2, T3);
guarded!(T1, T2, T3, T4);

/// Anybody at all.
pub(crate) struct Public;

/// Anybody with a scheduler's public key, on a site that may embed it.
pub(crate) struct ByPublicKey(pub(crate) Scheduler);

/// A visitor with the token of the session in the path.
pub(crate) struct ByToken(pub(crate) VisitorSession);

/// Name of the security scheme of [`ByToken`].
pub(crate) const SESSION_TOKEN: &str = "session_token";

#[derive(Deserialize, JsonSchema)]
struct SchedulerPath {
    /// What the embedding page carries.
    public_key: String,
}

#[derive(Deserialize, JsonSchema)]
struct SessionPath {
    /// Of the session.
    #[schemars(with = "model::ObjectId")]
    id: String,
}

impl FromRequestParts<Api> for ByPublicKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        api.limits().check(parts)?;
        let path = Path::<SchedulerPath>::from_request_parts(parts, api).await;
        let Path(path) = path.map_err(|_| Problem::new(Code::NotFound))?;
        let scheduler = api.doors().scheduler(&path.public_key).await?;
        if !may_embed(parts, &scheduler.config().allowed_origins) {
            return Err(Problem::new(Code::OriginNotAllowed));
        }
        Ok(Self(scheduler))
    }
}

/// The server's own pages always may.
fn may_embed(parts: &Parts, allowed: &[String]) -> bool {
    let text = |name| parts.headers.get(name).and_then(|it| it.to_str().ok());
    let Some(origin) = text(ORIGIN) else { return true };
    let own = origin.split_once("://").map(|(_, host)| host) == text(HOST);
    own || allowed.is_empty() || allowed.iter().any(|it| it.eq_ignore_ascii_case(origin))
}

impl FromRequestParts<Api> for ByToken {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        api.limits().check(parts)?;
        let path = Path::<SessionPath>::from_request_parts(parts, api).await;
        let id = path.ok().and_then(|Path(path)| path.id.parse::<Id<BookingSession>>().ok());
        let header = parts.headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
        let token = header.and_then(|it| it.strip_prefix("Bearer "));
        let (Some(id), Some(token)) = (id, token) else {
            return Err(app::Error::WrongToken.into());
        };
        Ok(Self(api.doors().session(id, token.trim()).await?))
    }
}

impl OperationInput for ByPublicKey {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        <Path<SchedulerPath> as OperationInput>::operation_input(ctx, operation);
    }
}

impl OperationInput for ByToken {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        <Path<SessionPath> as OperationInput>::operation_input(ctx, operation);
        let requirement: SecurityRequirement =
            [(SESSION_TOKEN.to_owned(), Vec::new())].into_iter().collect();
        operation.security = vec![requirement];
    }
}

impl FromRequestParts<Api> for Public {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        api.limits().check(parts)?;
        Ok(Self)
    }
}

impl OperationInput for Public {}

impl Caller for Public {
    const ACCESS: Access = Access::Public;
}
impl Caller for ByPublicKey {
    const ACCESS: Access = Access::PublicKey;
}
impl Caller for ByToken {
    const ACCESS: Access = Access::SessionToken;
}
