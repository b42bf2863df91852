//! What there is for every kind of document, made from the list of entities.

mod sent;
pub(super) mod shape;

use app::{Created, Creation, Listed, Managed, Readable};
use axum::{
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, ETAG, LOCATION},
    },
    response::{IntoResponse, Response},
};
use model::{
    Doc, Entity,
    core::{ApiKey, AuditEntry, BrandKit, Email, File, Managed as Permitted, Membership, Role},
    scheduler::{
        Booking, BookingAnswerCategory, BookingFlow, BookingFlowDiagram, BookingFlowExpressLink,
        BookingFlowRouter, BookingFlowVersion, BookingQuestion, BookingQuestionAnswer,
        BookingService, Customer, Schedule, SchedulerConfig, ServiceZone,
    },
    session::BookingSession,
    step::BookingFlowStep,
};
use schemars::JsonSchema;
use serde_json::{Map, Value};

pub(super) use self::{
    sent::{Asking, EntityPath, IfMatch, Sent, describe},
    shape::{Document, Input, Located, Patch, Shown, ShownPage, shown, shown_value},
};
use super::{About, Routes, once::Named};
use crate::{
    Problem, body,
    callers::{Allowed, Create, Delete, Requires, Update, View, permission},
};

/// An entity that clients get to see.
pub(super) trait Routed: Entity + JsonSchema + Clone {}
impl<E: Entity + JsonSchema + Clone> Routed for E {}

/// Every kind of document with all that can be done to it.
pub(super) fn routes() -> Routes {
    use permission::{
        CreateOrgMember, DeleteMembership, UpdateBooking, UpdateMembership, ViewAuditLog,
        ViewBookingFlowVersions, ViewBookingSessions, ViewBookings, ViewEmails, ViewMemberships,
    };
    Routes::new()
        .and(managed::<BrandKit>())
        .and(managed::<Role>())
        .and(managed::<SchedulerConfig>())
        .and(managed::<BookingFlow>())
        .and(managed::<BookingFlowStep>())
        .and(managed::<BookingService>())
        .and(managed::<BookingQuestion>())
        .and(managed::<BookingQuestionAnswer>())
        .and(managed::<BookingAnswerCategory>())
        .and(managed::<BookingFlowRouter>())
        .and(listed::<BookingFlowExpressLink, View<BookingFlowExpressLink>>())
        .and(created::<BookingFlowExpressLink, Create<BookingFlowExpressLink>>())
        .and(changed::<BookingFlowExpressLink, Update<BookingFlowExpressLink>>())
        .and(deleted::<BookingFlowExpressLink, Delete<BookingFlowExpressLink>>())
        .and(managed::<BookingFlowDiagram>())
        .and(managed::<Customer>())
        .and(managed::<ServiceZone>())
        .and(managed::<Schedule>())
        .and(seen::<File, View<File>>())
        .and(changed::<File, Update<File>>())
        .and(deleted::<File, Delete<File>>())
        .and(seen::<BookingFlowVersion, ViewBookingFlowVersions>())
        .and(seen::<BookingSession, ViewBookingSessions>())
        .and(seen::<Email, ViewEmails>())
        .and(seen::<Booking, ViewBookings>())
        .and(changed::<Booking, UpdateBooking>())
        .and(seen::<Membership, ViewMemberships>())
        .and(seen::<AuditEntry, ViewAuditLog>())
        .and(created::<Membership, CreateOrgMember>())
        .and(changed::<Membership, UpdateMembership>())
        .and(deleted::<Membership, DeleteMembership>())
        .and(seen::<ApiKey, View<ApiKey>>())
        .and(changed::<ApiKey, Update<ApiKey>>())
        .and(deleted::<ApiKey, Delete<ApiKey>>())
}

fn managed<E: Managed + Permitted + JsonSchema>() -> Routes {
    seen::<E, View<E>>()
        .and(created::<E, Create<E>>())
        .and(changed::<E, Update<E>>())
        .and(deleted::<E, Delete<E>>())
}

fn all<E: Routed>() -> String {
    format!("/api/v1/organizations/{{organization_id}}/{}", E::COLLECTION.name)
}

fn one<E: Routed>() -> String {
    all::<E>() + "/{id}"
}

/// `booking_service`, as operations are called.
pub(super) fn singular<E: Routed>() -> String {
    let name = E::COLLECTION.name;
    let y = || name.strip_suffix("ies").map(|it| format!("{it}y"));
    let plain = || name.strip_suffix('s').map(str::to_owned);
    y().or_else(plain).unwrap_or_else(|| format!("{name}_entry"))
}

fn about<E: Routed>(routes: impl FnOnce(&str, &str) -> Routes) -> Routes {
    routes(&singular::<E>(), E::COLLECTION.label)
}

fn seen<E: Routed + Readable, P: Requires>() -> Routes {
    let tag = E::COLLECTION.name;
    about::<E>(|name, label| {
        listed::<E, P>().get(
            &one::<E>(),
            About { id: &format!("get_{name}"), tag, summary: &format!("One {label}") },
            get::<E, P>,
        )
    })
}

fn listed<E: Routed + Readable, P: Requires>() -> Routes {
    let tag = E::COLLECTION.name;
    let summary = format!("A page of the organization’s {}", tag.replace('_', " "));
    let about = About { id: &format!("list_{tag}"), tag, summary: &summary };
    Routes::new().get(&all::<E>(), about, list::<E, P>)
}

fn created<E: Managed + JsonSchema, P: Requires>() -> Routes {
    let tag = E::COLLECTION.name;
    about::<E>(|name, label| {
        let id = format!("create_{name}");
        let summary = format!("Make a {label}");
        Routes::new().post(&all::<E>(), About { id: &id, tag, summary: &summary }, create::<E, P>)
    })
}

fn changed<E: Managed + JsonSchema, P: Requires>() -> Routes {
    let tag = E::COLLECTION.name;
    about::<E>(|name, label| {
        Routes::new()
            .put(
                &one::<E>(),
                About {
                    id: &format!("replace_{name}"),
                    tag,
                    summary: &format!("Write a {label} anew"),
                },
                replace::<E, P>,
            )
            .patch(
                &one::<E>(),
                About {
                    id: &format!("update_{name}"),
                    tag,
                    summary: &format!("Change fields of a {label} (JSON Merge Patch)"),
                },
                update::<E, P>,
            )
    })
}

fn deleted<E: Managed + JsonSchema, P: Requires>() -> Routes {
    let tag = E::COLLECTION.name;
    about::<E>(|name, label| {
        let id = format!("delete_{name}");
        let summary = format!("Delete a {label}");
        Routes::new().delete(&one::<E>(), About { id: &id, tag, summary: &summary }, delete::<E, P>)
    })
}

async fn list<E: Routed + Readable, P: Requires>(
    allowed: Allowed<P>,
    asking: Asking<E>,
) -> Result<ShownPage<E>, Problem> {
    let Listed { data, next_cursor, total } = allowed.0.list::<E>(&asking.0).await?;
    Ok(ShownPage { data, next_cursor, total })
}

async fn get<E: Routed + Readable, P: Requires>(
    allowed: Allowed<P>,
    EntityPath(id): EntityPath<E>,
) -> Result<Shown<E>, Problem> {
    Ok(Shown(allowed.0.get(id).await?))
}

async fn create<E: Managed + JsonSchema, P: Requires>(
    allowed: Allowed<P>,
    named: Named,
    sent: Sent<Input<E>>,
) -> Result<Made<E>, Problem> {
    let fields = shape::without_server_set::<E>(sent.fields)?;
    let body = body::typed::<E>(&shape::with_initial::<E>(fields))?;
    let retry = named.retry(&sent.bytes);
    let made = allowed.0.create(Creation { body, retry }, shown).await?;
    Ok(Made { created: made, path: one::<E>() })
}

async fn replace<E: Managed + JsonSchema, P: Requires>(
    allowed: Allowed<P>,
    EntityPath(id): EntityPath<E>,
    IfMatch(expected): IfMatch,
    sent: Sent<Input<E>>,
) -> Result<Shown<E>, Problem> {
    let fields = shape::without_server_set::<E>(sent.fields)?;
    let to = |seen: &Doc<E>| body::typed::<E>(&shape::with_kept(&seen.body, fields.clone()));
    Ok(Shown(allowed.0.change(id, expected, to).await?))
}

async fn update<E: Managed + JsonSchema, P: Requires>(
    allowed: Allowed<P>,
    EntityPath(id): EntityPath<E>,
    IfMatch(expected): IfMatch,
    sent: Sent<Patch<E>>,
) -> Result<Shown<E>, Problem> {
    let patch = shape::without_server_set::<E>(sent.fields)?;
    let to = |seen: &Doc<E>| body::typed::<E>(&shape::patched(&seen.body, &patch));
    Ok(Shown(allowed.0.change(id, expected, to).await?))
}

async fn delete<E: Managed + JsonSchema, P: Requires>(
    allowed: Allowed<P>,
    EntityPath(id): EntityPath<E>,
    IfMatch(expected): IfMatch,
) -> Result<NoContent, Problem> {
    allowed.0.delete(id, expected).await?;
    Ok(NoContent)
}

/// 204.
pub(super) struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl aide::OperationOutput for NoContent {
    type Inner = ();

    fn inferred_responses(
        _: &mut aide::generate::GenContext,
        _: &mut aide::openapi::Operation,
    ) -> Vec<(Option<aide::openapi::StatusCode>, aide::openapi::Response)> {
        let response = aide::openapi::Response {
            description: "Done; nothing more to say".to_owned(),
            ..aide::openapi::Response::default()
        };
        vec![(Some(aide::openapi::StatusCode::Code(204)), response)]
    }
}

/// The document that was made, or what was answered before.
pub(super) struct Made<E, const STATUS: u16 = 201> {
    pub(super) created: Created<E>,
    /// Where documents of this kind are.
    pub(super) path: String,
}

impl<E: Routed, const STATUS: u16> IntoResponse for Made<E, STATUS> {
    fn into_response(self) -> Response {
        let json = match self.created {
            Created::New(doc) => shown(&doc),
            Created::Before(json) => json,
        };
        let made: Value = serde_json::from_str(&json).unwrap_or_default();
        let id = |name: &str| made[name].as_str().unwrap_or_default();
        let path = self.path.replace("{organization_id}", id("organization_id"));
        let path = path.replace("{id}", id("_id"));
        let mut headers = HeaderMap::new();
        if STATUS == 201
            && let Ok(path) = HeaderValue::from_str(&path)
        {
            headers.insert(LOCATION, path);
        }
        if let Ok(etag) = HeaderValue::from_str(&format!("\"{}\"", made["version"])) {
            headers.insert(ETAG, etag);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let status = StatusCode::from_u16(STATUS).unwrap_or_default();
        (status, headers, json).into_response()
    }
}

impl<E: Routed, const STATUS: u16> aide::OperationOutput for Made<E, STATUS> {
    type Inner = Doc<E>;

    fn operation_response(
        ctx: &mut aide::generate::GenContext,
        operation: &mut aide::openapi::Operation,
    ) -> Option<aide::openapi::Response> {
        <Shown<E> as aide::OperationOutput>::operation_response(ctx, operation)
    }

    fn inferred_responses(
        ctx: &mut aide::generate::GenContext,
        operation: &mut aide::openapi::Operation,
    ) -> Vec<(Option<aide::openapi::StatusCode>, aide::openapi::Response)> {
        let response = Self::operation_response(ctx, operation);
        let status = Some(aide::openapi::StatusCode::Code(STATUS));
        response.map(|it| (status, it)).into_iter().collect()
    }
}

/// The fields of a JSON object.
type Fields = Map<String, Value>;
