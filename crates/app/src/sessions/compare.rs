use model::{
    Id,
    session::{BookingSession, Decision, Metrics, ViewStatus, flow_version, view},
};
use serde::Serialize;

use crate::{Error, Result, Tenant};

/// A visit in short, to lay beside another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    pub session_id: Id<BookingSession>,
    pub booking_flow_version_id: Id<model::scheduler::BookingFlowVersion>,
    pub status: ViewStatus,
    /// Title of the step where it is or ended.
    pub step: String,
    pub service: Option<String>,
    pub timeslot: Option<String>,
    pub reference: Option<String>,
    pub metrics: Metrics,
    pub decisions: Vec<Decision>,
}

impl Tenant {
    /// What was decided in a visit, and where that led.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a session that the organization does not have,
    /// [`Error::NotFoldable`] when one of its events is of a newer version.
    pub async fn summarize(&self, id: Id<BookingSession>) -> Result<Summary> {
        let not_found = || Error::NotFound("booking session");
        let events = self.session_events(id, None).await?;
        let session = BookingSession::fold(&events).ok_or_else(not_found)?;
        let flow = self.compiled(flow_version(&events).ok_or_else(not_found)?).await?;
        let view = view(&flow, id, &session);
        Ok(Summary {
            session_id: id,
            booking_flow_version_id: session.booking_flow_version_id,
            status: view.status,
            step: view.step.title,
            service: view.selections.service.map(|it| it.title),
            timeslot: view.selections.timeslot.map(|it| it.label),
            reference: view.booking.map(|it| it.reference.to_string()),
            metrics: session.metrics,
            decisions: Decision::all(Some(&flow), &events),
        })
    }
}
