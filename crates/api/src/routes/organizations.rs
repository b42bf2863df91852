use axum::Json;
use model::{
    Doc,
    core::{Organization, Permission, Role, SystemRole, User},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    About, Routes,
    entities::{EntityPath, IfMatch, Input, NoContent, Patch, Sent, Shown, shape},
};
use crate::{
    Problem, body,
    callers::{Allowed, Delete, Update, View, permission::ViewPermissions},
};

const ONE: &str = "/api/v1/organizations/{organization_id}";

/// The organization itself, and what everybody in it may choose from.
pub(super) fn routes() -> Routes {
    let about = |id, summary| About { id, tag: "organizations", summary };
    let below = |path: &str| format!("{ONE}/{path}");
    Routes::new()
        .get(ONE, about("get_organization", "The organization"), show)
        .put(ONE, about("replace_organization", "Write the organization anew"), replace)
        .patch(
            ONE,
            about("update_organization", "Change fields of the organization (JSON Merge Patch)"),
            update,
        )
        .delete(
            ONE,
            about("delete_organization", "End the organization, with all that it has"),
            delete,
        )
        .get(&below("permissions"), about("list_permissions", "What roles can allow"), permissions)
        .get(
            &below("system_roles"),
            about("list_system_roles", "The roles that every organization can give"),
            system_roles,
        )
        .get(&below("users"), about("list_users", "Who the members are"), users)
        .get(&below("users/{id}"), about("get_user", "Who one member is"), user)
}

async fn show(allowed: Allowed<View<Organization>>) -> Result<Shown<Organization>, Problem> {
    Ok(Shown(allowed.0.tenant().profile().await?))
}

async fn replace(
    allowed: Allowed<Update<Organization>>,
    IfMatch(expected): IfMatch,
    sent: Sent<Input<Organization>>,
) -> Result<Shown<Organization>, Problem> {
    let fields = shape::without_server_set::<Organization>(sent.fields)?;
    let to = |seen: &Doc<Organization>| body::typed(&shape::with_kept(&seen.body, fields.clone()));
    Ok(Shown(allowed.0.change_organization(expected, to).await?))
}

async fn update(
    allowed: Allowed<Update<Organization>>,
    IfMatch(expected): IfMatch,
    sent: Sent<Patch<Organization>>,
) -> Result<Shown<Organization>, Problem> {
    let patch = shape::without_server_set::<Organization>(sent.fields)?;
    let to = |seen: &Doc<Organization>| body::typed(&shape::patched(&seen.body, &patch));
    Ok(Shown(allowed.0.change_organization(expected, to).await?))
}

async fn delete(
    allowed: Allowed<Delete<Organization>>,
    IfMatch(expected): IfMatch,
) -> Result<NoContent, Problem> {
    allowed.0.delete_organization(expected).await?;
    Ok(NoContent)
}

/// A list that is never long.
#[derive(Serialize, JsonSchema)]
struct All<T> {
    data: Vec<T>,
}

#[derive(Serialize, JsonSchema)]
struct PermissionView {
    name: Permission,
    /// One sentence.
    description: String,
}

async fn permissions(_: Allowed<ViewPermissions>) -> Result<Json<All<PermissionView>>, Problem> {
    let view = |it: &Permission| PermissionView { name: *it, description: it.description() };
    Ok(Json(All { data: Permission::ALL.iter().map(view).collect() }))
}

#[derive(Serialize, JsonSchema)]
struct SystemRoleView {
    #[serde(rename = "_id")]
    id: model::Id<Role>,
    name: SystemRole,
    description: &'static str,
    /// All that it allows, with what it inherits.
    permissions: Vec<Permission>,
}

async fn system_roles(_: Allowed<View<Role>>) -> Result<Json<All<SystemRoleView>>, Problem> {
    let view = |it: SystemRole| SystemRoleView {
        id: it.seeded_id(),
        name: it,
        description: it.description(),
        permissions: it.permissions().collect(),
    };
    let given = SystemRole::ALL.into_iter().filter(|it| *it != SystemRole::PlatformAdmin);
    Ok(Json(All { data: given.map(view).collect() }))
}

/// What members see of each other.
#[derive(Serialize, JsonSchema)]
struct UserView {
    #[serde(rename = "_id")]
    id: model::Id<User>,
    first_name: String,
    last_name: String,
    email: model::core::EmailAddress,
    avatar_file: Option<model::Id<model::core::File>>,
    status: model::core::UserStatus,
    last_login_at: Option<model::Timestamp>,
}

impl UserView {
    fn new(user: Doc<User>) -> Self {
        let User { first_name, last_name, email, avatar_file, status, last_login_at, .. } =
            user.body;
        Self { id: user.id, first_name, last_name, email, avatar_file, status, last_login_at }
    }
}

async fn users(allowed: Allowed<View<User>>) -> Result<Json<All<UserView>>, Problem> {
    let users = allowed.0.users().await?;
    Ok(Json(All { data: users.into_iter().map(UserView::new).collect() }))
}

async fn user(
    allowed: Allowed<View<User>>,
    EntityPath(id): EntityPath<User>,
) -> Result<Json<UserView>, Problem> {
    Ok(Json(UserView::new(allowed.0.user(id).await?)))
}
