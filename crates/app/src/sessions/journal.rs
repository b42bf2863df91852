use model::{
    Id, ObjectId, Timestamp,
    core::Organization,
    session::{BookingSession, Decided, EventBody, SessionEvent},
};
use store::{StoreError, Stored, StoredEvent};

use crate::{Environment, Result};

/// What all events of one command have in common.
pub(super) struct Header<'a> {
    pub(super) session_id: Id<BookingSession>,
    pub(super) organization_id: Id<Organization>,
    pub(super) command_id: &'a str,
    pub(super) command_digest: &'a str,
    pub(super) timestamp: Timestamp,
}

/// Gives decided events their place in the stream, after `after`.
pub(super) fn number(
    environment: &Environment,
    header: &Header<'_>,
    after: u64,
    decided: Vec<Decided>,
) -> Vec<SessionEvent> {
    let numbered = (after + 1..).zip(decided);
    numbered
        .map(|(sequence, decided)| SessionEvent {
            id: environment.new_object_id(),
            booking_session_id: header.session_id,
            organization_id: header.organization_id,
            sequence,
            schema_version: SessionEvent::SCHEMA_VERSION,
            timestamp: header.timestamp,
            command_id: header.command_id.to_owned(),
            body: EventBody {
                data: decided.data,
                step_id: decided.step_id,
                client_timestamp: None,
                command_digest: (sequence == after + 1).then(|| header.command_digest.to_owned()),
            },
        })
        .collect()
}

/// As the store keeps it.
pub(super) fn to_stored(event: &SessionEvent) -> Result<StoredEvent> {
    Ok(StoredEvent {
        id: event.id,
        sequence: event.sequence,
        event_type: event.body.data.event_type().to_owned(),
        schema_version: event.schema_version,
        timestamp: event.timestamp,
        command_id: event.command_id.clone(),
        body: Stored::of(&event.body)?,
    })
}

/// # Errors
/// [`StoreError::Corrupt`] for an event that this program does not understand.
pub(crate) fn from_stored(
    session_id: Id<BookingSession>,
    organization_id: Id<Organization>,
    stored: StoredEvent,
) -> Result<SessionEvent> {
    let corrupt = |id: ObjectId, reason: String| StoreError::Corrupt {
        collection: "booking_session_events",
        id,
        reason,
    };
    if stored.schema_version != SessionEvent::SCHEMA_VERSION {
        let reason = format!("it is written in version {}", stored.schema_version);
        return Err(corrupt(stored.id, reason).into());
    }
    let body = stored.body.read().map_err(|error| corrupt(stored.id, error.to_string()))?;
    Ok(SessionEvent {
        id: stored.id,
        booking_session_id: session_id,
        organization_id,
        sequence: stored.sequence,
        schema_version: stored.schema_version,
        timestamp: stored.timestamp,
        command_id: stored.command_id,
        body,
    })
}
