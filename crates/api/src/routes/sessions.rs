use app::{StartSession, Timeslots};
use axum::Json;
use jiff::civil::Date;
use model::{
    Id, Problems,
    session::{
        Attribution, BookingSession, ClickIds, Command, Device, DeviceKind, SessionEvent, Utm, View,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Created;
use crate::{
    Problem,
    body::Body,
    callers::{ByPublicKey, ByToken},
    query::Queried,
};

/// What a widget says of itself when a visit begins.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StartBody {
    /// The page that the widget is on.
    page_url: String,
    #[serde(default)]
    referrer: Option<String>,
    /// BCP 47 tag; absent is the business's own.
    #[serde(default)]
    locale: Option<String>,
    /// The slug of the express link that the visitor followed. One that cannot be used begins an
    /// ordinary visit, whose `message` says so.
    #[serde(default)]
    express_link: Option<String>,
    #[serde(default)]
    attribution: AttributionBody,
    #[serde(default)]
    device: DeviceBody,
}

/// Where the visitor came from, as far as the page knows.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct AttributionBody {
    utm: Utm,
    click_ids: ClickIds,
    ga_client_id: Option<String>,
}

/// What the visitor holds in their hands, as far as the page knows.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct DeviceBody {
    kind: DeviceKind,
    os: Option<String>,
    browser: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct StartedView {
    session_id: Id<BookingSession>,
    /// Shown once: it opens the session.
    session_token: String,
    sequence: u64,
    view: View,
}

/// One interaction.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CommandBody {
    /// Made by the client, 1 to 64 visible characters: the same id has one effect and one answer.
    command_id: String,
    /// Of the view that the visitor saw.
    expected_sequence: u64,
    command: Command,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ExecutedView {
    sequence: u64,
    view: View,
    /// Types of the events that it caused.
    events: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TimeslotsQuery {
    /// First day; today when absent.
    from: Option<Date>,
    /// Last day, at most 30 days later; 13 days later when absent.
    to: Option<Date>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct EventsView {
    data: Vec<SessionEvent>,
}

pub(super) async fn start(
    ByPublicKey(scheduler): ByPublicKey,
    Body(body): Body<StartBody>,
) -> Result<Created<StartedView>, Problem> {
    let AttributionBody { utm, click_ids, ga_client_id } = body.attribution;
    let started = scheduler
        .start_session(StartSession {
            page_url: body.page_url,
            referrer: body.referrer.filter(|it| !it.is_empty()),
            locale: body.locale,
            express_link: body.express_link.filter(|it| !it.is_empty()),
            attribution: Attribution { utm, click_ids, ga_client_id, ..Attribution::default() },
            device: Device {
                kind: body.device.kind,
                os: body.device.os,
                browser: body.device.browser,
                is_bot: false,
            },
        })
        .await?;
    Ok(Created(StartedView {
        session_id: started.session_id,
        session_token: started.token.to_string(),
        sequence: started.view.sequence,
        view: started.view,
    }))
}

pub(super) async fn show(ByToken(visitor): ByToken) -> Result<Json<View>, Problem> {
    Ok(Json(visitor.view().await?))
}

pub(super) async fn execute(
    ByToken(visitor): ByToken,
    Body(body): Body<CommandBody>,
) -> Result<Json<ExecutedView>, Problem> {
    let id = &body.command_id;
    let mut problems = Problems::default();
    let shaped = (1..=64).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_graphic());
    problems.root().at("command_id").require(
        shaped,
        "length",
        "must be 1 to 64 visible ASCII characters",
    );
    problems.into_result().map_err(app::Error::Invalid)?;
    let executed = visitor.execute(id, body.expected_sequence, &body.command).await?;
    let app::Executed { view, events } = executed;
    Ok(Json(ExecutedView { sequence: view.sequence, view, events }))
}

pub(super) async fn events(ByToken(visitor): ByToken) -> Result<Json<EventsView>, Problem> {
    Ok(Json(EventsView { data: visitor.events().await? }))
}

pub(super) async fn timeslots(
    ByToken(visitor): ByToken,
    Queried(query): Queried<TimeslotsQuery>,
) -> Result<Json<Timeslots>, Problem> {
    Ok(Json(visitor.timeslots(query.from, query.to).await?))
}
