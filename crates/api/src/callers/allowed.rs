use std::marker::PhantomData;

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use app::{Member, Operator};
use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use model::{
    Id,
    core::{Managed, Organization, Permission},
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    ApiKeyOrLogin, Caller, origin,
    signed_in::{API_KEY, LOGIN, security},
};
use crate::{Api, Problem, routes::Access};

/// Somebody who has a permission in the organization of the path, and the way to what it has.
pub(crate) struct Allowed<P>(pub(crate) Member, PhantomData<P>);

/// Somebody who has a permission on the platform.
pub(crate) struct Operating<P>(pub(crate) Operator, PhantomData<P>);

/// A permission as a type.
pub(crate) trait Requires: Send + Sync + 'static {
    const PERMISSION: Permission;
}

macro_rules! of_entity {
    ($($(#[$doc:meta])* $Name:ident = $index:literal;)+) => {
        $($(#[$doc])* pub(crate) struct $Name<E>(PhantomData<fn() -> E>);

        impl<E: Managed> Requires for $Name<E> {
            const PERMISSION: Permission = E::PERMISSIONS[$index];
        })+
    };
}
of_entity! {
    /// `VIEW_…` of an entity.
    View = 0;
    /// `CREATE_…` of an entity.
    Create = 1;
    /// `UPDATE_…` of an entity.
    Update = 2;
    /// `DELETE_…` of an entity.
    Delete = 3;
}

/// Permissions that are not an entity's four, each as a type of its name.
macro_rules! named {
    ($($Name:ident),+ $(,)?) => {
        /// Permissions as types.
        pub(crate) mod permission {
            $(pub(crate) enum $Name {}

            impl super::Requires for $Name {
                const PERMISSION: model::core::Permission = model::core::Permission::$Name;
            })+
        }
    };
}
named! {
    ViewPermissions, ViewBookingFlowVersions, ViewBookingSessions, ViewMemberships,
    UpdateMembership, DeleteMembership, CreateOrgMember, InviteUser, ViewEmails, UpdateEmail,
    ViewAuditLog, ViewBookings, UpdateBooking, PublishBookingFlow, ReplayBookingSession,
}

#[derive(Deserialize, JsonSchema)]
struct OrganizationPath {
    /// Of the organization.
    #[schemars(with = "model::ObjectId")]
    organization_id: String,
}

impl<P: Requires> FromRequestParts<Api> for Allowed<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        api.limits().check(parts)?;
        let ApiKeyOrLogin(credential) = ApiKeyOrLogin::of(parts)?;
        let path = Path::<OrganizationPath>::from_request_parts(parts, api).await;
        let organization = path.ok().and_then(|it| it.0.organization_id.parse().ok());
        let organization: Option<Id<Organization>> = organization;
        let doors = api.doors();
        let member = doors.member(&credential, organization, P::PERMISSION, origin(parts)).await?;
        Ok(Self(member, PhantomData))
    }
}

impl<P: Requires> FromRequestParts<Api> for Operating<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        api.limits().check(parts)?;
        let ApiKeyOrLogin(credential) = ApiKeyOrLogin::of(parts)?;
        let operator = api.doors().operator(&credential, P::PERMISSION, origin(parts)).await?;
        Ok(Self(operator, PhantomData))
    }
}

impl<P: Requires> Caller for Allowed<P> {
    const ACCESS: Access = Access::Member(P::PERMISSION);
}

impl<P: Requires> Caller for Operating<P> {
    const ACCESS: Access = Access::Operator(P::PERMISSION);
}

impl<P: Requires> OperationInput for Allowed<P> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        <Path<OrganizationPath> as OperationInput>::operation_input(ctx, operation);
        operation.security = security(&[LOGIN, API_KEY]);
        operation.description = Some(format!("Needs the permission `{}`.", P::PERMISSION));
    }
}

impl<P: Requires> OperationInput for Operating<P> {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        operation.security = security(&[LOGIN]);
        operation.description =
            Some(format!("For those who run the platform, with `{}`.", P::PERMISSION));
    }
}
