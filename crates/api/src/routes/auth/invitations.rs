use app::{Invitation, NewMember, Request};
use axum::{
    Json,
    extract::{Path, State},
};
use model::{
    Id, Timestamp,
    core::{EmailAddress, Organization, Role, TemporaryLink},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        About, Routes,
        entities::NoContent,
        once::{Answered, Keyed, json},
    },
    Token,
    cookies::Fresh,
};
use crate::{
    Api, Problem,
    body::Body,
    callers::{Allowed, LoggedIn, Stranger, permission::InviteUser},
    problem::Code,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewInvitation {
    email: EmailAddress,
    /// None that allows more than the caller may do.
    roles: Vec<Id<Role>>,
}

#[derive(Serialize, JsonSchema)]
struct InvitationView {
    #[serde(rename = "_id")]
    id: Id<TemporaryLink>,
    email: String,
    roles: Vec<Id<Role>>,
    expires_at: Timestamp,
}

#[derive(Serialize, JsonSchema)]
struct InvitationsView {
    data: Vec<InvitationView>,
}

/// What whoever has the link is told.
#[derive(Serialize, JsonSchema)]
struct InvitedView {
    organization_name: String,
    email: String,
}

#[derive(Serialize, JsonSchema)]
struct AcceptedView {
    organization_id: Id<Organization>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Join {
    /// What is behind `#token=` in the link.
    token: String,
    first_name: String,
    last_name: String,
    /// 12 to 256 characters.
    password: String,
}

#[derive(Deserialize, JsonSchema)]
struct InvitationPath {
    /// Of the invitation.
    #[schemars(with = "model::ObjectId")]
    id: String,
}

impl From<&Invitation> for InvitationView {
    fn from(invitation: &Invitation) -> Self {
        let Invitation { id, email, roles, expires_at } = invitation;
        Self { id: *id, email: email.clone(), roles: roles.clone(), expires_at: *expires_at }
    }
}

pub(super) fn routes() -> Routes {
    let all = "/api/v1/organizations/{organization_id}/invitations";
    let about = |id, summary| About { id, tag: "invitations", summary };
    let path = |rest: &str| format!("/api/v1/auth/invitations/{rest}");
    Routes::new()
        .post(all, about("invite", "Invite somebody by mail"), invite)
        .get(all, about("list_invitations", "Invitations that can still be accepted"), list)
        .delete(
            &format!("{all}/{{id}}"),
            about("revoke_invitation", "Take an invitation back"),
            revoke,
        )
        .post(&path("look"), about("show_invitation", "What an invitation is about"), look)
        .post(
            &path("accept"),
            about("accept_invitation", "Accept an invitation to one's own address"),
            accept,
        )
        .post(
            &path("join"),
            about("join", "Accept an invitation with a new account, and sign in to it"),
            join,
        )
}

async fn invite(
    allowed: Allowed<InviteUser>,
    Keyed(NewInvitation { email, roles }, retry): Keyed<NewInvitation>,
) -> Result<Answered<InvitationView, 201>, Problem> {
    let asked = Request { retry, answer: |made| json(&InvitationView::from(made)) };
    Ok(Answered(allowed.0.invite(email, roles, asked).await?.map(|it| (&it).into())))
}

async fn list(allowed: Allowed<InviteUser>) -> Result<Json<InvitationsView>, Problem> {
    let all = allowed.0.invitations().await?;
    Ok(Json(InvitationsView { data: all.iter().map(Into::into).collect() }))
}

async fn revoke(
    allowed: Allowed<InviteUser>,
    Path(path): Path<InvitationPath>,
) -> Result<NoContent, Problem> {
    let id = path.id.parse().map_err(|_| Problem::new(Code::NotFound))?;
    allowed.0.revoke_invitation(id).await?;
    Ok(NoContent)
}

async fn look(
    _: Stranger,
    State(api): State<Api>,
    Body(Token { token }): Body<Token>,
) -> Result<Json<InvitedView>, Problem> {
    let invited = api.doors().invited(&token).await?;
    let (organization_name, email) = (invited.organization_name, invited.email);
    Ok(Json(InvitedView { organization_name, email }))
}

async fn accept(
    LoggedIn(caller): LoggedIn,
    Body(Token { token }): Body<Token>,
) -> Result<Json<AcceptedView>, Problem> {
    Ok(Json(AcceptedView { organization_id: caller.accept_invitation(&token).await? }))
}

async fn join(
    stranger: Stranger,
    State(api): State<Api>,
    Body(body): Body<Join>,
) -> Result<Fresh, Problem> {
    let Join { token, first_name, last_name, password } = body;
    let new = NewMember { first_name, last_name, password: password.into() };
    let Stranger { login, origin, .. } = stranger;
    let signed_in = api.doors().join(&token, new, origin.clone()).await?;
    Fresh::in_place_of(login, &signed_in, &api, origin).await
}
