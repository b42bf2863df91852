use app::{Place, Profile};
use axum::{Json, extract::Path};
use model::{
    Doc, Id, Timestamp,
    core::{Organization, Permission, Role, TenantSubdomain, User, UserSession},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::{About, Routes, entities::NoContent, once::Named},
    cookies::{Accepted, Fresh},
};
use crate::{Problem, body::Body, callers::LoggedIn, problem::Code};

/// Who is signed in.
#[derive(Serialize, JsonSchema)]
struct MeView {
    #[serde(flatten)]
    person: PersonView,
    memberships: Vec<MembershipView>,
    active_organization_id: Option<Id<Organization>>,
    /// In the active organization.
    permissions: Vec<Permission>,
}

#[derive(Serialize, JsonSchema)]
struct PersonView {
    #[serde(rename = "_id")]
    id: Id<User>,
    first_name: String,
    last_name: String,
    email: String,
    email_verified_at: Option<Timestamp>,
    locale: Option<String>,
    has_second_factor: bool,
    /// How many can still be used.
    recovery_codes: usize,
    is_platform_admin: bool,
}

#[derive(Serialize, JsonSchema)]
struct MembershipView {
    organization_id: Id<Organization>,
    name: String,
    slug: TenantSubdomain,
    roles: Vec<Id<Role>>,
    is_default: bool,
}

#[derive(Serialize, JsonSchema)]
struct SessionsView {
    data: Vec<SessionView>,
}

/// Where somebody is signed in.
#[derive(Serialize, JsonSchema)]
struct SessionView {
    #[serde(rename = "_id")]
    id: Id<UserSession>,
    created_at: Timestamp,
    /// Within a minute.
    last_seen_at: Timestamp,
    expires_at: Timestamp,
    ip: Option<String>,
    user_agent: Option<String>,
    /// Whether it is the one of this request.
    is_this_one: bool,
}

/// Absent stays as it is.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Changes {
    first_name: Option<String>,
    last_name: Option<String>,
    /// BCP 47 tag.
    locale: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Switch {
    organization_id: Id<Organization>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    old_password: String,
    /// 12 to 256 characters.
    password: String,
}

#[derive(Deserialize, JsonSchema)]
struct SessionPath {
    /// Of the login session.
    #[schemars(with = "model::ObjectId")]
    id: String,
}

pub(super) fn routes() -> Routes {
    let about = |id, summary| About { id, tag: "auth", summary };
    let path = |rest: &str| format!("/api/v1/auth/{rest}");
    Routes::new()
        .get(&path("me"), about("show_me", "Who is signed in, and what they may do"), show)
        .patch(&path("me"), about("change_me", "Change one's names or language"), change)
        .post(
            &path("switch_organization"),
            about("switch_organization", "Go to another of one's organizations"),
            switch,
        )
        .post(
            &path("password"),
            about("change_password", "Another password; ends all other sessions"),
            change_password,
        )
        .post(
            &path("email/verification"),
            about("send_verification", "Have a link sent that shows that the address is one's own"),
            send_verification,
        )
        .get(&path("sessions"), about("list_logins", "Where one is signed in"), sessions)
        .delete(
            &path("sessions"),
            about("end_other_logins", "End all login sessions but this one"),
            end_others,
        )
        .delete(&path("sessions/{id}"), about("end_login", "End a login session"), end_one)
}

async fn show(LoggedIn(caller): LoggedIn) -> Result<Json<MeView>, Problem> {
    let me = caller.me().await?;
    let membership = |Place { organization, roles, is_default }| MembershipView {
        organization_id: organization.id,
        name: organization.body.name,
        slug: organization.body.tenant_subdomain,
        roles,
        is_default,
    };
    Ok(Json(MeView {
        person: person(me.user),
        memberships: me.places.into_iter().map(membership).collect(),
        active_organization_id: me.active_organization_id,
        permissions: me.permissions.into_iter().collect(),
    }))
}

fn person(user: Doc<User>) -> PersonView {
    let Doc { id, body, .. } = user;
    PersonView {
        id,
        has_second_factor: body.has_second_factor(),
        first_name: body.first_name,
        last_name: body.last_name,
        email: body.email.to_string(),
        email_verified_at: body.email_verified_at,
        locale: body.locale,
        recovery_codes: body.recovery_codes_hashed.len(),
        is_platform_admin: body.is_platform_admin,
    }
}

async fn change(
    LoggedIn(caller): LoggedIn,
    Body(changes): Body<Changes>,
) -> Result<Json<PersonView>, Problem> {
    let Changes { first_name, last_name, locale } = changes;
    Ok(Json(person(caller.change_profile(Profile { first_name, last_name, locale }).await?)))
}

async fn switch(
    LoggedIn(caller): LoggedIn,
    Body(Switch { organization_id }): Body<Switch>,
) -> Result<Fresh, Problem> {
    Ok(Fresh::rotated(&caller.switch_organization(organization_id).await?, NoContent))
}

async fn change_password(
    LoggedIn(caller): LoggedIn,
    Body(NewPassword { old_password, password }): Body<NewPassword>,
) -> Result<Fresh, Problem> {
    let token = caller.change_password(old_password.into(), password.into()).await?;
    Ok(Fresh::rotated(&token, NoContent))
}

async fn send_verification(LoggedIn(caller): LoggedIn, named: Named) -> Result<Accepted, Problem> {
    caller.send_verification(named.retry(b"")).await?;
    Ok(Accepted)
}

async fn sessions(LoggedIn(caller): LoggedIn) -> Result<Json<SessionsView>, Problem> {
    let view = |it: Doc<UserSession>| SessionView {
        is_this_one: it.id == caller.session().id,
        id: it.id,
        created_at: it.created_at,
        last_seen_at: it.body.last_seen_at,
        expires_at: it.body.expires_at,
        ip: it.body.ip,
        user_agent: it.body.user_agent,
    };
    Ok(Json(SessionsView { data: caller.sessions().await?.into_iter().map(view).collect() }))
}

async fn end_others(LoggedIn(caller): LoggedIn) -> Result<NoContent, Problem> {
    caller.end_other_sessions().await?;
    Ok(NoContent)
}

async fn end_one(
    LoggedIn(caller): LoggedIn,
    Path(path): Path<SessionPath>,
) -> Result<NoContent, Problem> {
    let id = path.id.parse().map_err(|_| Problem::new(Code::NotFound))?;
    caller.end_session(id).await?;
    Ok(NoContent)
}
