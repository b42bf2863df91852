use model::{
    Id, ObjectId, Timestamp,
    core::Organization,
    session::{
        AsStored, BookingSession, Decided, EventBody, EventHash, NotUnderstood, SessionEvent,
    },
};
use store::{StoreError, Stored, StoredEvent};

use crate::{Environment, Error, Result};

/// What all events of one command have in common.
pub(super) struct Header<'a> {
    pub(super) session_id: Id<BookingSession>,
    pub(super) organization_id: Id<Organization>,
    pub(super) command_id: &'a str,
    pub(super) command_digest: &'a str,
    pub(super) timestamp: Timestamp,
}

/// Events, and the same as the store keeps them.
pub(super) struct Entered {
    pub(super) events: Vec<SessionEvent>,
    pub(super) stored: Vec<StoredEvent>,
}

/// Gives decided events their place in the stream, behind the event of the sequence `after` and
/// the hash `previous`.
pub(super) fn enter(
    environment: &Environment,
    header: &Header<'_>,
    after: u64,
    mut previous: EventHash,
    decided: Vec<Decided>,
) -> Result<Entered> {
    let mut entered = Entered { events: Vec::new(), stored: Vec::new() };
    for (sequence, Decided { step_id, data }) in (after + 1..).zip(decided) {
        let body = EventBody {
            data,
            step_id,
            client_timestamp: None,
            command_digest: (sequence == after + 1).then(|| header.command_digest.to_owned()),
            previous_hash: Some(previous),
        };
        let stored = StoredEvent {
            id: environment.new_object_id(),
            sequence,
            event_type: body.data.event_type().to_owned(),
            schema_version: SessionEvent::SCHEMA_VERSION,
            timestamp: header.timestamp,
            command_id: header.command_id.to_owned(),
            body: Stored::of(&body)?,
        };
        previous = EventHash::of(&as_stored(&stored));
        entered.events.push(event(
            header.session_id,
            header.organization_id,
            &stored,
            previous,
            body,
        ));
        entered.stored.push(stored);
    }
    Ok(entered)
}

/// To the byte.
pub(crate) fn as_stored(event: &StoredEvent) -> AsStored<'_> {
    AsStored {
        id: event.id,
        sequence: event.sequence,
        event_type: &event.event_type,
        schema_version: event.schema_version,
        timestamp: event.timestamp,
        command_id: &event.command_id,
        body: event.body.as_str(),
    }
}

/// What it says.
pub(crate) fn read_body(stored: &StoredEvent) -> Result<EventBody, NotUnderstood> {
    EventBody::read(&stored.event_type, stored.schema_version, stored.body.as_str())
}

/// # Errors
/// [`Error::NotFoldable`] for an event of a newer version, [`StoreError::Corrupt`] for one that
/// cannot be read.
pub(crate) fn from_stored(
    session_id: Id<BookingSession>,
    organization_id: Id<Organization>,
    stored: &StoredEvent,
) -> Result<SessionEvent> {
    let body = read_body(stored).map_err(|reason| match reason {
        NotUnderstood::Malformed(reason) => corrupt(stored.id, reason),
        reason => Error::NotFoldable { sequence: stored.sequence, reason },
    })?;
    let hash = EventHash::of(&as_stored(stored));
    Ok(event(session_id, organization_id, stored, hash, body))
}

fn corrupt(id: ObjectId, reason: String) -> Error {
    StoreError::Corrupt { collection: "booking_session_events", id, reason }.into()
}

fn event(
    booking_session_id: Id<BookingSession>,
    organization_id: Id<Organization>,
    stored: &StoredEvent,
    hash: EventHash,
    body: EventBody,
) -> SessionEvent {
    SessionEvent {
        id: stored.id,
        booking_session_id,
        organization_id,
        sequence: stored.sequence,
        schema_version: stored.schema_version,
        timestamp: stored.timestamp,
        command_id: stored.command_id.clone(),
        hash,
        body,
    }
}
