//! The loop around the pure decisions: load, decide, apply, commit, and again when somebody else
//! was faster.

mod append;
mod calendar;
mod compare;
mod confirmation;
mod effects;
mod execute;
mod express_link;
mod facts;
mod files;
mod follow;
mod history;
mod journal;
mod memory;
mod replay;
mod start;
mod sweeper;
mod timeslots;
mod token;

use model::{
    Doc, Id,
    session::{BookingSession, SessionEvent, View},
};

use self::memory::Seen;
pub use self::{
    compare::Summary,
    execute::Executed,
    express_link::HostedLink,
    follow::{Following, Happened},
    history::{At, NoPoint, Part, RawEvent, Screen, SessionState},
    replay::Replayed,
    start::{StartSession, Started},
    sweeper::{Sweeper, Swept},
    timeslots::{Timeslots, TimeslotsDay, TimeslotsSlot},
    token::SessionToken,
};
pub(crate) use self::{
    express_link::LinkTurns,
    journal::{as_stored, from_stored as read_event},
    memory::Remembered,
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
        self.tenant.session_events(self.id(), None).await.map_err(Error::for_visitors)
    }

    /// Reads the session anew.
    async fn reload(&mut self) -> Result<()> {
        let found = self.tenant.read_session(self.id()).await?;
        self.session = found.ok_or(Error::WrongToken)?;
        self.seen = Seen::InStore;
        self.require_understood().await
    }
}
