//! What members see of a visit beyond its document: at any point, event by event.

use app::{At, Part, RawEvent, Screen, SessionState};
use axum::Json;
use model::{
    Problems,
    session::{BookingSession, TimelineEntry},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Routes, entities::EntityPath};
use crate::{
    Problem,
    callers::{
        Allowed,
        permission::{ReplayBookingSession, ViewBookingSessions},
    },
    query::Queried,
};

const ORDINARY_PAGE: usize = 50;
const LONGEST_PAGE: usize = 200;

pub(super) fn routes() -> Routes {
    let about = |id, summary| About { id, tag: "booking_sessions", summary };
    let one = |path: &str| {
        format!("/api/v1/organizations/{{organization_id}}/booking_sessions/{{id}}/{path}")
    };
    Routes::new()
        .get(
            &one("state"),
            about("get_booking_session_state", "A visit as it was at one point"),
            state,
        )
        .get(
            &one("events"),
            about("list_booking_session_events", "What happened in a visit, as it is stored"),
            events,
        )
        .get(
            &one("timeline"),
            about("show_booking_session_timeline", "What happened in a visit, in words"),
            timeline,
        )
        .get(
            &one("replay"),
            about("replay_booking_session", "What the visitor saw after each event"),
            replay,
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StateQuery {
    /// A sequence, or an instant in RFC 3339; the present when absent.
    at: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PartQuery {
    /// The `next_cursor` of the part before, or any sequence: what comes behind it.
    after: Option<u64>,
    /// 1 to 200; 50 when absent.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<usize>,
}

/// A part of a visit.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PartOf{T}")]
struct PartView<T> {
    data: Vec<T>,
    /// For the next part; absent in the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

impl<T> From<Part<T>> for PartView<T> {
    fn from(part: Part<T>) -> Self {
        Self { data: part.data, next_cursor: part.next.map(|it| it.to_string()) }
    }
}

async fn state(
    allowed: Allowed<ViewBookingSessions>,
    EntityPath(id): EntityPath<BookingSession>,
    Queried(query): Queried<StateQuery>,
) -> Result<Json<SessionState>, Problem> {
    let at = query.at.map(|it| it.parse::<At>()).transpose().map_err(|error| {
        let mut problems = Problems::default();
        problems.root().at("at").add("point", error.to_string());
        app::Error::Invalid(problems)
    })?;
    Ok(Json(allowed.0.tenant().session_state(id, at).await?))
}

async fn events(
    allowed: Allowed<ViewBookingSessions>,
    EntityPath(id): EntityPath<BookingSession>,
    Queried(query): Queried<PartQuery>,
) -> Result<Json<PartView<RawEvent>>, Problem> {
    let (after, limit) = query.checked()?;
    Ok(Json(allowed.0.tenant().raw_events(id, after, limit).await?.into()))
}

async fn timeline(
    allowed: Allowed<ViewBookingSessions>,
    EntityPath(id): EntityPath<BookingSession>,
    Queried(query): Queried<PartQuery>,
) -> Result<Json<PartView<TimelineEntry>>, Problem> {
    let (after, limit) = query.checked()?;
    Ok(Json(allowed.0.tenant().timeline(id, after, limit).await?.into()))
}

async fn replay(
    allowed: Allowed<ReplayBookingSession>,
    EntityPath(id): EntityPath<BookingSession>,
    Queried(query): Queried<PartQuery>,
) -> Result<Json<PartView<Screen>>, Problem> {
    let (after, limit) = query.checked()?;
    Ok(Json(allowed.0.tenant().replay_screens(id, after, limit).await?.into()))
}

impl PartQuery {
    fn checked(&self) -> Result<(u64, usize), Problem> {
        let limit = self.limit.unwrap_or(ORDINARY_PAGE);
        let mut problems = Problems::default();
        problems.root().at("limit").range(&limit, &1, &LONGEST_PAGE);
        problems.into_result().map_err(app::Error::Invalid)?;
        Ok((self.after.unwrap_or(0), limit))
    }
}
