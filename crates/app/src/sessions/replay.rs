use model::{
    Doc, Id,
    session::{BookingSession, SessionEvent},
};
use store::{Stored, StoredEvent};

use super::journal;
use crate::{Error, Result, Tenant};

/// A session folded anew from its events.
#[derive(Debug, Clone)]
pub struct Replayed {
    pub events: usize,
    pub session: BookingSession,
    /// Whether the stored document is the same to the byte; `None` for a session as it was before
    /// its last event.
    pub identical: Option<bool>,
}

impl Tenant {
    /// The session, if the organization has it.
    pub async fn session(&self, id: Id<BookingSession>) -> Result<Option<Doc<BookingSession>>> {
        Ok(self.scoped().get(id).await?)
    }

    /// Its events in order, up to a sequence (included).
    pub async fn session_events(
        &self,
        id: Id<BookingSession>,
        until: Option<u64>,
    ) -> Result<Vec<SessionEvent>> {
        const PAGE: usize = 1_000;
        let mut events = Vec::new();
        loop {
            let page = self.scoped().events(id, events.len() as u64, PAGE).await?;
            let last = page.len() < PAGE;
            events.extend(self.read_events(id, page)?);
            if last || until.is_some_and(|it| events.len() as u64 >= it) {
                break;
            }
        }
        if let Some(until) = until {
            events.retain(|it| it.sequence <= until);
        }
        Ok(events)
    }

    pub(super) fn read_events(
        &self,
        id: Id<BookingSession>,
        stored: Vec<StoredEvent>,
    ) -> Result<Vec<SessionEvent>> {
        stored.into_iter().map(|it| journal::from_stored(id, self.organization(), it)).collect()
    }

    /// Folds the session from its events, all of them or up to a sequence.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a session without events.
    pub async fn replay_session(
        &self,
        id: Id<BookingSession>,
        at: Option<u64>,
    ) -> Result<Replayed> {
        let not_found = || Error::NotFound("booking session");
        let stored = self.scoped().raw(id).await?.ok_or_else(not_found)?;
        // What is appended from here on is not in the stored document.
        let until = at.map_or(stored.version, |at| at.min(stored.version));
        let events = self.session_events(id, Some(until)).await?;
        let session = BookingSession::fold(&events).ok_or_else(not_found)?;
        let whole = until == stored.version;
        let identical =
            whole.then(|| Stored::of(&session)).transpose()?.map(|it| it == stored.body);
        Ok(Replayed { events: events.len(), session, identical })
    }
}
