//! The loop around the pure decisions: load, decide, apply, commit, and again when somebody else
//! was faster.

mod calendar;
mod confirmation;
mod effects;
mod execute;
mod express_link;
mod facts;
mod files;
mod journal;
mod memory;
mod replay;
mod start;
mod timeslots;
mod token;

use model::{
    Doc, Id,
    session::{BookingSession, SessionEvent, View},
};

use self::memory::Seen;
pub use self::{
    execute::Executed,
    express_link::HostedLink,
    replay::Replayed,
    start::{StartSession, Started},
    timeslots::{Timeslots, TimeslotsDay, TimeslotsSlot},
    token::SessionToken,
};
pub(crate) use self::{
    express_link::LinkTurns, journal::from_stored as read_event, memory::Remembered,
};
use crate::{Error, Result, Tenant};

/// One session, for whoever has its token.
pub struct VisitorSession {
    tenant: Tenant,
    session: Doc<BookingSession>,
    seen: Seen,
}

impl VisitorSession {
    pub(crate) fn opens_with(&self, token: &SessionToken) -> bool {
        token.opens(&self.session.body)
    }

    fn id(&self) -> Id<BookingSession> {
        self.session.id
    }

    /// What its widget draws.
    pub async fn view(mut self) -> Result<View> {
        self.refresh().await?;
        let session = &self.session.body;
        let flow = self.tenant.compiled(session.booking_flow_version_id).await?;
        Ok(model::session::view(&flow, self.id(), session))
    }

    /// What happened so far.
    pub async fn events(&self) -> Result<Vec<SessionEvent>> {
        self.tenant.session_events(self.id(), None).await
    }

    /// Reads the session anew.
    async fn reload(&mut self) -> Result<()> {
        let found = self.tenant.scoped().get(self.id()).await?;
        self.session = found.ok_or(Error::WrongToken)?;
        self.seen = Seen::InStore;
        Ok(())
    }
}
