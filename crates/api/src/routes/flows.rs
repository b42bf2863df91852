//! What becomes of a flow: from a draft to what visitors get, and back.

mod builder;
mod compare;
pub(super) mod diagram;

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use app::{Differing, Publish, Published, Restored, VersionAbout};
use axum::{
    Json,
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use model::{
    Entity as _, Id, ObjectId, Timestamp,
    core::User,
    flow::check::Report,
    scheduler::{BookingFlow, BookingFlowVersion},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Routes,
    entities::{EntityPath, IfMatch, Shown},
};
use crate::{
    Api, Problem,
    body::Body,
    callers::{
        Allowed, Update, View,
        permission::{PublishBookingFlow, ViewBookingFlowVersions},
    },
    query::Queried,
};

const ONE: &str = "/api/v1/organizations/{organization_id}/booking_flows/{id}";

fn about<'a>(id: &'a str, summary: &'a str) -> About<'a> {
    About { id, tag: "booking_flows", summary }
}

pub(super) fn routes() -> Routes {
    let below = |path: &str| format!("{ONE}/{path}");
    let version = |path: &str| format!("{ONE}/versions/{{number}}{path}");
    Routes::new()
        .post(
            &below("validate"),
            about("validate_booking_flow", "What stands against publishing the draft"),
            validate,
        )
        .post(
            &below("publish"),
            about("publish_booking_flow", "Let visitors see the draft, now or at a time"),
            publish,
        )
        .post(
            &below("unpublish"),
            about("unpublish_booking_flow", "Let no more visitors see the flow"),
            unpublish,
        )
        .delete(
            &below("schedule"),
            about(
                "cancel_booking_flow_schedule",
                "Take a publication back that waits for its time",
            ),
            cancel_schedule,
        )
        .get(
            &below("versions"),
            about("list_versions_of_booking_flow", "The versions of a flow, newest first"),
            versions,
        )
        .get(
            &version(""),
            about("get_version_of_booking_flow", "One version with all that is in it"),
            show_version,
        )
        .post(
            &version("/publish"),
            about("publish_version_of_booking_flow", "Let visitors see a version made before"),
            publish_version,
        )
        .post(
            &version("/restore"),
            about("restore_version_of_booking_flow", "Make the draft what a version was"),
            restore,
        )
        .and(builder::routes())
        .and(compare::routes())
        .and(diagram::routes())
}

async fn validate(
    allowed: Allowed<View<BookingFlow>>,
    EntityPath(id): EntityPath<BookingFlow>,
) -> Result<Json<Report>, Problem> {
    Ok(Json(allowed.0.flow(id).report().await?))
}

/// What is said with a publication.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPublication {
    /// At most 2,000 characters, for those who look at the versions.
    note: Option<String>,
    /// When visitors get it; absent or past is at once. It replaces what was scheduled before.
    at: Option<Timestamp>,
}

/// A version that visitors get, or will get.
#[derive(Serialize, JsonSchema)]
struct PublicationView {
    version_id: Id<BookingFlowVersion>,
    number: u32,
    /// SHA-256 of what is in it.
    checksum: String,
    /// Absent when visitors get it now.
    scheduled_for: Option<Timestamp>,
    /// Of the flow, for the next `If-Match`.
    flow_version: u64,
}

impl From<Published> for PublicationView {
    fn from(published: Published) -> Self {
        let Published { flow, version_id, number, checksum } = published;
        let scheduled = flow.body.scheduled_publication.filter(|it| it.version_id == version_id);
        let is_served = flow.body.published_version_id == Some(version_id);
        let scheduled_for = scheduled.filter(|_| !is_served).map(|it| it.at);
        Self { version_id, number, checksum, scheduled_for, flow_version: flow.version }
    }
}

async fn publish(
    allowed: Allowed<PublishBookingFlow>,
    EntityPath(id): EntityPath<BookingFlow>,
    IfMatch(expected): IfMatch,
    Body(NewPublication { note, at }): Body<NewPublication>,
) -> Result<Json<PublicationView>, Problem> {
    let published = allowed.0.flow(id).publish(Publish { expected, note, at }).await?;
    Ok(Json(published.into()))
}

async fn unpublish(
    allowed: Allowed<PublishBookingFlow>,
    EntityPath(id): EntityPath<BookingFlow>,
    IfMatch(expected): IfMatch,
) -> Result<Shown<BookingFlow>, Problem> {
    Ok(Shown(allowed.0.flow(id).unpublish(expected).await?))
}

async fn cancel_schedule(
    allowed: Allowed<PublishBookingFlow>,
    EntityPath(id): EntityPath<BookingFlow>,
    IfMatch(expected): IfMatch,
) -> Result<Shown<BookingFlow>, Problem> {
    Ok(Shown(allowed.0.flow(id).cancel_schedule(expected).await?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct VersionsQuery {
    /// 1 to 200; 50 when absent.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    after: Option<u32>,
}

/// One version, without what is in it.
#[derive(Serialize, JsonSchema)]
struct VersionView {
    #[serde(rename = "_id")]
    id: Id<BookingFlowVersion>,
    number: u32,
    checksum: String,
    /// Absent when a program published it.
    published_by_id: Option<Id<User>>,
    /// When it was made.
    published_at: Timestamp,
    note: Option<String>,
    /// Visitors get it now.
    is_published: bool,
    /// When visitors will get it by themselves.
    scheduled_for: Option<Timestamp>,
}

#[derive(Serialize, JsonSchema)]
struct VersionsPage {
    data: Vec<VersionView>,
    /// For `after`; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

async fn versions(
    allowed: Allowed<ViewBookingFlowVersions>,
    EntityPath(id): EntityPath<BookingFlow>,
    Queried(query): Queried<VersionsQuery>,
) -> Result<Json<VersionsPage>, Problem> {
    let limit = query.limit.unwrap_or(50);
    let mut problems = model::Problems::default();
    problems.root().at("limit").range(&limit, &1, &200);
    problems.into_result().map_err(app::Error::Invalid)?;
    let (versions, next) = allowed.0.flow(id).versions(query.after, limit).await?;
    let view = |it: VersionAbout| VersionView {
        id: it.id,
        number: it.number,
        checksum: it.checksum,
        published_by_id: it.published_by_id,
        published_at: it.published_at,
        note: it.note,
        is_published: it.is_published,
        scheduled_for: it.scheduled_for,
    };
    let data = versions.into_iter().map(view).collect();
    Ok(Json(VersionsPage { data, next_cursor: next.map(|it| it.to_string()) }))
}

async fn show_version(
    allowed: Allowed<ViewBookingFlowVersions>,
    VersionPath(id, number): VersionPath,
) -> Result<Shown<BookingFlowVersion>, Problem> {
    Ok(Shown(allowed.0.flow(id).version(number).await?))
}

/// When a version made before is published.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Again {
    /// When visitors get it; absent or past is at once.
    at: Option<Timestamp>,
}

async fn publish_version(
    allowed: Allowed<PublishBookingFlow>,
    VersionPath(id, number): VersionPath,
    IfMatch(expected): IfMatch,
    Body(Again { at }): Body<Again>,
) -> Result<Json<PublicationView>, Problem> {
    let asked = Publish { expected, note: None, at };
    Ok(Json(allowed.0.flow(id).publish_version(number, asked).await?.into()))
}

/// A draft that is again what a version was.
#[derive(Serialize, JsonSchema)]
struct RestoredView {
    /// Of the flow, for the next `If-Match`.
    flow_version: u64,
    /// What belongs to the organization, is not as it was in the version, and was left alone.
    differs: Vec<DifferingView>,
}

#[derive(Serialize, JsonSchema)]
struct DifferingView {
    /// `booking_services`
    collection: &'static str,
    #[serde(rename = "_id")]
    id: ObjectId,
    /// What differs; empty when it is gone and its mention was left out.
    fields: Vec<String>,
}

async fn restore(
    allowed: Allowed<Update<BookingFlow>>,
    VersionPath(id, number): VersionPath,
    IfMatch(expected): IfMatch,
) -> Result<Json<RestoredView>, Problem> {
    let Restored { flow, differs } = allowed.0.flow(id).restore(number, expected).await?;
    let view = |it: Differing| {
        let Differing { collection, id, fields } = it;
        DifferingView { collection, id, fields }
    };
    let differs = differs.into_iter().map(view).collect();
    Ok(Json(RestoredView { flow_version: flow.version, differs }))
}

/// A flow and the number of one of its versions. What cannot be one is none.
struct VersionPath(Id<BookingFlow>, u32);

#[derive(Deserialize, JsonSchema)]
struct IdAndNumber {
    /// Of the flow.
    #[schemars(with = "ObjectId")]
    id: String,
    /// Of the version: 1, 2, 3 …
    #[schemars(with = "u32")]
    number: String,
}

impl FromRequestParts<Api> for VersionPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let path = Path::<IdAndNumber>::from_request_parts(parts, api).await.ok();
        let id = path.as_ref().and_then(|it| it.id.parse().ok());
        let id = id.ok_or(app::Error::NotFound(BookingFlow::COLLECTION.label))?;
        let number = path.and_then(|it| it.number.parse().ok());
        let number = number.ok_or(app::Error::NotFound(BookingFlowVersion::COLLECTION.label))?;
        Ok(Self(id, number))
    }
}

impl OperationInput for VersionPath {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        <Path<IdAndNumber> as OperationInput>::operation_input(ctx, operation);
    }
}
