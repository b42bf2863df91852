use model::{
    Doc, Id,
    session::{BookingSession, BrokenChain, Chain, Link, SessionEvent},
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
    /// Where the events are not as they were appended.
    pub broken: Option<BrokenChain>,
}

impl Tenant {
    /// The session, if the organization has it.
    pub async fn session(&self, id: Id<BookingSession>) -> Result<Option<Doc<BookingSession>>> {
        Ok(self.scoped().get(id).await?)
    }

    /// Whether the organization has it, and be it one that this version cannot read.
    pub async fn has_session(&self, id: Id<BookingSession>) -> Result<bool> {
        Ok(self.scoped().raw(id).await?.is_some())
    }

    /// Its events in order, up to a sequence (included).
    pub async fn session_events(
        &self,
        id: Id<BookingSession>,
        until: Option<u64>,
    ) -> Result<Vec<SessionEvent>> {
        self.read_events(id, &self.stored_events(id, until.unwrap_or(u64::MAX)).await?)
    }

    pub(super) async fn stored_events(
        &self,
        id: Id<BookingSession>,
        until: u64,
    ) -> Result<Vec<StoredEvent>> {
        const PAGE: usize = 1_000;
        let mut events = Vec::new();
        loop {
            let page = self.scoped().events(id, events.len() as u64, PAGE).await?;
            let last = page.len() < PAGE;
            events.extend(page);
            if last || events.len() as u64 >= until {
                break;
            }
        }
        events.retain(|it| it.sequence <= until);
        Ok(events)
    }

    pub(super) fn read_events(
        &self,
        id: Id<BookingSession>,
        stored: &[StoredEvent],
    ) -> Result<Vec<SessionEvent>> {
        stored.iter().map(|it| journal::from_stored(id, self.organization(), it)).collect()
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
        let record = self.scoped().raw(id).await?.ok_or_else(not_found)?;
        // What is appended from here on is not in the stored document.
        let until = at.map_or(record.version, |at| at.min(record.version));
        let stored = self.stored_events(id, until).await?;
        let events = self.read_events(id, &stored)?;
        let session = BookingSession::fold(&events).ok_or_else(not_found)?;
        let whole = until == record.version;
        let identical =
            whole.then(|| Stored::of(&session)).transpose()?.map(|it| it == record.body);
        let mut chain = Chain::new(self.organization(), id);
        let mut links = stored.iter().map(|it| Link::of(&journal::as_stored(it)));
        let mut broken = links.try_for_each(|it| chain.add(it)).err();
        if broken.is_none()
            && whole
            && let Ok(document) = record.body.read::<BookingSession>()
        {
            broken = chain.ends_at(document.current_state.last_event_hash).err();
        }
        Ok(Replayed { events: events.len(), session, identical, broken })
    }
}
