//! Who asks: each extractor is a door, and a handler gets to data through one only.

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

use crate::{Api, Problem, problem::Code};

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
