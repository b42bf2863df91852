use app::Period;
use axum::Json;
use model::{Problems, Timestamp, flow::simulate::Group, scheduler::BookingFlow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Routes, entities::EntityPath};
use crate::{
    Problem,
    body::Body,
    callers::{Allowed, permission::ReplayBookingSession},
};

/// Which visits are tried.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SimulationAsked {
    /// Those that began then or later.
    from: Option<Timestamp>,
    /// Those that began before.
    until: Option<Timestamp>,
    /// At most so many, the newest first: 1 to 1,000, 200 when not said.
    limit: Option<u64>,
}

/// What they would come to.
#[derive(Serialize, JsonSchema)]
struct SimulationView {
    visits: u64,
    same_end: u64,
    other_end: u64,
    stuck: u64,
    /// Visits whose events or version cannot be read.
    unreadable: u64,
    /// Whether no visit of the period was left out.
    complete: bool,
    /// Visits that end elsewhere, those that do so in the same way together: the largest first.
    groups: Vec<Group>,
    /// Visits that end elsewhere in a way that is in no group, because there are too many.
    in_no_group: u64,
}

const MOST: u64 = 1_000;
const ORDINARY: u64 = 200;

pub(super) fn routes() -> Routes {
    let summary =
        "Try recorded visits on the draft: which would end elsewhere, and where they part";
    let about = About { id: "simulate_booking_flow", tag: "booking_flows", summary };
    let path = "/api/v1/organizations/{organization_id}/booking_flows/{id}/simulate";
    Routes::new().post(path, about, simulate)
}

async fn simulate(
    allowed: Allowed<ReplayBookingSession>,
    EntityPath(id): EntityPath<BookingFlow>,
    Body(asked): Body<SimulationAsked>,
) -> Result<Json<SimulationView>, Problem> {
    let SimulationAsked { from, until, limit } = asked;
    let limit = limit.unwrap_or(ORDINARY);
    let mut problems = Problems::default();
    problems.root().at("limit").range(&limit, &1, &MOST);
    let ordered = from.zip(until).is_none_or(|(from, until)| from <= until);
    problems.root().at("until").require(ordered, "range", "must not be before from");
    problems.into_result().map_err(app::Error::Invalid)?;
    let tenant = allowed.0.tenant();
    let draft = tenant.draft_of_flow(id).await?;
    let simulation = tenant.simulate(draft, Period { from, until }, limit, &mut |_| ()).await?;
    let tally = simulation.tally;
    Ok(Json(SimulationView {
        visits: tally.visits,
        same_end: tally.same_end,
        other_end: tally.other_end,
        stuck: tally.stuck,
        unreadable: tally.unreadable,
        complete: simulation.complete,
        groups: tally.groups(),
        in_no_group: tally.in_no_group,
    }))
}
