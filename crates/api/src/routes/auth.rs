mod account;
mod cookies;
mod invitations;
mod second_factor;

use app::{FirstUser, LogIn, NewOrganization};
use axum::extract::State;
use model::core::{EmailAddress, TenantSubdomain};
use schemars::JsonSchema;
use serde::Deserialize;

use self::cookies::{Accepted, Fresh, SignedOut};
use super::{About, Routes, entities::NoContent};
use crate::{
    Api, Problem,
    body::Body,
    callers::{LoggedIn, Stranger},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LogInBody {
    email: String,
    password: String,
    /// Of the authenticator app, or a recovery code; only for accounts with a second factor.
    code: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SetUp {
    /// Of the link that the server printed.
    token: String,
    first_name: String,
    last_name: String,
    email: EmailAddress,
    /// 12 to 256 characters.
    password: String,
    /// Whose owner they become.
    organization: Option<FirstOrganization>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FirstOrganization {
    name: String,
    slug: TenantSubdomain,
    /// IANA: `America/New_York`.
    time_zone: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Forgot {
    email: EmailAddress,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Reset {
    /// What is behind `#token=` in the link.
    token: String,
    /// 12 to 256 characters.
    password: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Token {
    /// What is behind `#token=` in the link.
    token: String,
}

pub(super) fn routes() -> Routes {
    let about = |id, summary| About { id, tag: "auth", summary };
    let path = |rest: &str| format!("/api/v1/auth/{rest}");
    Routes::new()
        .post(
            &path("login"),
            about("log_in", "Sign in: sets the cookie of a login session"),
            log_in,
        )
        .post(&path("logout"), about("log_out", "End this login session"), log_out)
        .post(&path("setup"), about("set_up", "Make the first user of a new platform"), set_up)
        .post(
            &path("password/forgot"),
            about("forgot_password", "Have a link sent to choose another password"),
            forgot_password,
        )
        .post(
            &path("password/reset"),
            about("reset_password", "Choose another password with a link; ends all sessions"),
            reset_password,
        )
        .post(
            &path("email/verify"),
            about("verify_email", "Show with a link that the address is one's own"),
            verify_email,
        )
        .and(account::routes())
        .and(second_factor::routes())
        .and(invitations::routes())
}

async fn log_in(
    stranger: Stranger,
    State(api): State<Api>,
    Body(body): Body<LogInBody>,
) -> Result<Fresh<NoContent>, Problem> {
    let LogInBody { email, password, code } = body;
    let Stranger { device, login, origin } = stranger;
    let with = LogIn { email, password: password.into(), code, device };
    let signed_in = api.doors().log_in(with, origin.clone()).await?;
    Fresh::in_place_of(login, &signed_in, &api, origin).await
}

async fn log_out(LoggedIn(caller): LoggedIn) -> Result<SignedOut, Problem> {
    caller.log_out().await?;
    Ok(SignedOut)
}

async fn set_up(
    stranger: Stranger,
    State(api): State<Api>,
    Body(body): Body<SetUp>,
) -> Result<Fresh<NoContent>, Problem> {
    let SetUp { token, first_name, last_name, email, password, organization } = body;
    let organization = organization.map(|it| NewOrganization {
        name: it.name,
        slug: it.slug,
        time_zone: it.time_zone,
        locale: "en-US".to_owned(),
        phone: None,
        address: None,
    });
    let password = password.into();
    let first = FirstUser { first_name, last_name, email, password, organization };
    let Stranger { login, origin, .. } = stranger;
    let signed_in = api.doors().set_up(&token, first, origin.clone()).await?;
    Fresh::in_place_of(login, &signed_in, &api, origin).await
}

/// The same whether or not there is such an account.
async fn forgot_password(
    stranger: Stranger,
    State(api): State<Api>,
    Body(Forgot { email }): Body<Forgot>,
) -> Result<Accepted, Problem> {
    api.doors().forgot_password(&email, stranger.origin).await?;
    Ok(Accepted)
}

async fn reset_password(
    stranger: Stranger,
    State(api): State<Api>,
    Body(Reset { token, password }): Body<Reset>,
) -> Result<NoContent, Problem> {
    api.doors().reset_password(&token, password.into(), stranger.origin).await?;
    Ok(NoContent)
}

async fn verify_email(
    stranger: Stranger,
    State(api): State<Api>,
    Body(Token { token }): Body<Token>,
) -> Result<NoContent, Problem> {
    api.doors().verify_email(&token, stranger.origin).await?;
    Ok(NoContent)
}
