use model::{
    Doc, Timestamp,
    session::{BookingSession, Decided, EventHash, SessionEvent},
};
use store::StoreError;

use super::{
    VisitorSession,
    effects::Effects,
    journal::{self, Entered, Header},
};
use crate::{Error, Result};

/// Events that are committed, and the session as they left it.
pub(super) struct Appended {
    pub(super) events: Vec<SessionEvent>,
    pub(super) session: Doc<BookingSession>,
}

impl VisitorSession {
    /// What all events of a command have in common.
    pub(super) fn header<'a>(
        &self,
        command_id: &'a str,
        command_digest: &'a str,
        timestamp: Timestamp,
    ) -> Header<'a> {
        Header {
            session_id: self.session.id,
            organization_id: self.tenant.organization(),
            command_id,
            command_digest,
            timestamp,
        }
    }

    /// Appends what was decided, with all that it touches, in one durable batch; `None` when
    /// nothing was.
    pub(super) async fn append(
        &self,
        header: &Header<'_>,
        decided: Vec<Decided>,
        effects: &Effects<'_>,
    ) -> Result<Option<Appended>> {
        if decided.is_empty() {
            return Ok(None);
        }
        let house = self.tenant.house();
        let (after, at) = (self.session.version, header.timestamp);
        let previous = self.end_of_chain().await?;
        let entered = journal::enter(&house.environment, header, after, previous, decided)?;
        let Entered { events, stored } = entered;
        let mut body = self.session.body.clone();
        for event in &events {
            body.apply(event);
        }
        let mut unit = self.tenant.scoped().begin(at);
        let mut batch = house.store.platform().begin(at);
        effects.add(&mut unit, &mut batch, &events).await?;
        unit.append(self.session.id, after, stored, &body)?;
        batch.join(unit);
        batch.commit().await?;
        let version = after + events.len() as u64;
        let session = Doc { version, updated_at: at, body, ..self.session };
        Ok(Some(Appended { events, session }))
    }

    /// What the next event names. A session from before there was a chain begins its chain behind
    /// the event that it has come to.
    async fn end_of_chain(&self) -> Result<EventHash> {
        if let Some(head) = self.session.body.current_state.last_event_hash {
            return Ok(head);
        }
        let id = self.session.id;
        let before = self.session.version.saturating_sub(1);
        let last = self.tenant.scoped().events(id, before, 1).await?.pop();
        let last = last.ok_or_else(|| {
            let reason = format!("it has no event {}", before + 1);
            let (collection, id) = ("booking_sessions", id.object_id());
            Error::from(StoreError::Corrupt { collection, id, reason })
        })?;
        Ok(EventHash::of(&journal::as_stored(&last)))
    }
}
