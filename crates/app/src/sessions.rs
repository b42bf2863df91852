//! The loop around the pure decisions: load, decide, apply, commit, and again when somebody else
//! was faster.

mod effects;
mod execute;
mod facts;
mod journal;
mod replay;
mod start;
mod timeslots;
mod token;

use model::{Doc, session::BookingSession};

pub use self::{
    execute::Executed,
    replay::Replayed,
    start::{StartSession, Started},
    timeslots::{Timeslots, TimeslotsDay, TimeslotsSlot},
    token::SessionToken,
};
use crate::{Result, Tenant};

/// One session, for whoever has its token.
pub struct VisitorSession {
    tenant: Tenant,
    session: Doc<BookingSession>,
}

impl VisitorSession {
    pub(crate) fn new(tenant: Tenant, session: Doc<BookingSession>) -> Self {
        Self { tenant, session }
    }

    /// What its widget draws.
    pub async fn view(&self) -> Result<model::session::View> {
        let session = &self.session.body;
        let flow = self.tenant.compiled(session.booking_flow_version_id).await?;
        Ok(model::session::view(&flow, self.session.id, session))
    }
}

impl VisitorSession {
    /// What happened so far.
    pub async fn events(&self) -> Result<Vec<model::session::SessionEvent>> {
        self.tenant.session_events(self.session.id, None).await
    }
}
