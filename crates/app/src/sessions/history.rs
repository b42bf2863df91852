//! A visit as it was at any point: event by event, in words, and screen by screen.

use std::str::FromStr;

use model::{
    Id, ObjectId, Problems, Timestamp,
    core::Organization,
    flow::CompiledFlow,
    session::{
        BookingSession, Cause, EventHash, NotUnderstood, SessionEvent, TimelineEntry, View,
        flow_version, view, words,
    },
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use store::StoredEvent;

use super::journal;
use crate::{Error, Result, Tenant};

/// A point in a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// After this event.
    Sequence(u64),
    /// At this instant.
    Time(Timestamp),
}

/// What is neither a sequence nor an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a sequence, such as 7, or an instant, such as 2026-11-23T15:00:00Z")]
pub struct NoPoint;

/// A part of what there is of a visit.
#[derive(Debug, Clone, PartialEq)]
pub struct Part<T> {
    pub data: Vec<T>,
    /// The sequence behind which the next part begins; absent in the last.
    pub next: Option<u64>,
}

/// An event as it is stored, whether or not this version understands it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RawEvent {
    #[serde(rename = "_id")]
    pub id: ObjectId,
    pub booking_session_id: Id<BookingSession>,
    pub organization_id: Id<Organization>,
    pub sequence: u64,
    pub event_type: String,
    pub schema_version: u16,
    pub timestamp: Timestamp,
    pub command_id: String,
    /// SHA-256 of the event as it is stored, which the next one names.
    pub hash: EventHash,
    /// Whether this version knows what it says.
    pub understood: bool,
    /// What else it says.
    #[serde(flatten)]
    pub body: Map<String, Value>,
}

/// A visit as it was at one point.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SessionState {
    pub session_id: Id<BookingSession>,
    /// Of the last event that had happened by then.
    pub sequence: u64,
    /// When that was.
    pub timestamp: Timestamp,
    /// Whether nothing has happened since then.
    pub is_latest: bool,
    pub session: BookingSession,
    /// What the visitor saw.
    pub view: View,
}

/// What the visitor saw after an event.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Screen {
    pub event: TimelineEntry,
    /// Absent from the first event on that this version does not understand.
    pub view: Option<View>,
}

/// Fields of the envelope, which no body can say otherwise.
const ENVELOPE: [&str; 10] = [
    "_id",
    "booking_session_id",
    "organization_id",
    "sequence",
    "event_type",
    "schema_version",
    "timestamp",
    "command_id",
    "hash",
    "understood",
];

impl FromStr for At {
    type Err = NoPoint;

    fn from_str(text: &str) -> Result<Self, NoPoint> {
        if let Ok(sequence) = text.parse() {
            return if sequence == 0 { Err(NoPoint) } else { Ok(Self::Sequence(sequence)) };
        }
        text.parse().map(Self::Time).map_err(|_| NoPoint)
    }
}

/// The events that are understood, up to the first that is not.
struct Story {
    events: Vec<SessionEvent>,
    stopped: Option<(u64, NotUnderstood)>,
}

impl Tenant {
    /// The events of a visit as they are stored.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a session that the organization does not have.
    pub async fn raw_events(
        &self,
        id: Id<BookingSession>,
        after: u64,
        limit: usize,
    ) -> Result<Part<RawEvent>> {
        self.session_version(id).await?;
        let mut stored = self.scoped().events(id, after, limit + 1).await?;
        let more = stored.len() > limit;
        stored.truncate(limit);
        let next = stored.last().filter(|_| more).map(|it| it.sequence);
        let raw = |it: StoredEvent| RawEvent::of(id, self.organization(), it);
        Ok(Part { data: stored.into_iter().map(raw).collect(), next })
    }

    /// A visit as it was after an event or at an instant; as it is, without either.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a session that the organization does not have, [`Error::Invalid`]
    /// for a point before its beginning or behind its end, [`Error::NotFoldable`] when an event up
    /// to there is of a newer version.
    pub async fn session_state(
        &self,
        id: Id<BookingSession>,
        at: Option<At>,
    ) -> Result<SessionState> {
        let version = self.session_version(id).await?;
        let until = match at {
            Some(At::Sequence(sequence)) if sequence > version => {
                return Err(no_such_point(format!("the visit has {version} events")));
            }
            Some(At::Sequence(sequence)) => sequence,
            Some(At::Time(_)) | None => version,
        };
        let mut stored = self.stored_events(id, until).await?;
        if let Some(At::Time(time)) = at {
            stored.retain(|it| it.timestamp <= time);
        }
        let Some(last) = stored.last() else {
            return Err(no_such_point("the visit had not begun yet".to_owned()));
        };
        let (sequence, timestamp) = (last.sequence, last.timestamp);
        let Story { events, stopped } = self.story(id, &stored)?;
        if let Some((sequence, reason)) = stopped {
            return Err(Error::NotFoldable { sequence, reason });
        }
        let session = BookingSession::fold(&events).ok_or(Error::NotFound("booking session"))?;
        let flow = self.compiled(session.booking_flow_version_id).await?;
        let is_latest = sequence == version;
        let view = view(&flow, id, &session);
        Ok(SessionState { session_id: id, sequence, timestamp, is_latest, session, view })
    }

    /// What happened in a visit, in words.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a session that the organization does not have.
    pub async fn timeline(
        &self,
        id: Id<BookingSession>,
        after: u64,
        limit: usize,
    ) -> Result<Part<TimelineEntry>> {
        let (screens, next) = self.screens(id, after, limit, false).await?;
        Ok(Part { data: screens.into_iter().map(|it| it.event).collect(), next })
    }

    /// What the visitor saw after each event, folded from the events alone.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a session that the organization does not have.
    pub async fn replay_screens(
        &self,
        id: Id<BookingSession>,
        after: u64,
        limit: usize,
    ) -> Result<Part<Screen>> {
        let (data, next) = self.screens(id, after, limit, true).await?;
        Ok(Part { data, next })
    }

    async fn screens(
        &self,
        id: Id<BookingSession>,
        after: u64,
        limit: usize,
        with_views: bool,
    ) -> Result<(Vec<Screen>, Option<u64>)> {
        let version = self.session_version(id).await?;
        let until = version.min(after.saturating_add(limit as u64));
        let stored = self.stored_events(id, until).await?;
        let Story { events, .. } = self.story(id, &stored)?;
        let flow = match flow_version(&events) {
            Some(version) => self.compiled(version).await.ok(),
            None => None,
        };
        let start = stored.first().map_or(Timestamp::EPOCH, |it| it.timestamp);
        let mut previous = start;
        let mut session: Option<BookingSession> = None;
        let mut screens = Vec::new();
        for (n, stored) in stored.into_iter().enumerate() {
            let (sequence, timestamp) = (stored.sequence, stored.timestamp);
            let known = events.get(n);
            match (known, &mut session) {
                (Some(event), Some(session)) => session.apply(event),
                (Some(event), None) => session = BookingSession::begin(event),
                (None, _) => session = None,
            }
            if sequence > after {
                let event = match known {
                    Some(event) => TimelineEntry::of(flow.as_deref(), event),
                    None => self.not_folded(id, flow.as_deref(), stored),
                };
                let event = event.since(start, previous);
                let both = session.as_ref().zip(flow.as_deref()).filter(|_| with_views);
                let view = both.map(|(session, flow)| view(flow, id, session));
                screens.push(Screen { event, view });
            }
            previous = timestamp;
        }
        Ok((screens, (until < version).then_some(until)))
    }

    /// An event behind one that is not understood, or that one itself.
    fn not_folded(
        &self,
        id: Id<BookingSession>,
        flow: Option<&CompiledFlow>,
        stored: StoredEvent,
    ) -> TimelineEntry {
        match journal::from_stored(id, self.organization(), &stored) {
            Ok(event) => TimelineEntry::of(flow, &event),
            Err(_) => TimelineEntry {
                id: stored.id,
                sequence: stored.sequence,
                label: words(&stored.event_type),
                event_type: stored.event_type,
                timestamp: stored.timestamp,
                since_start_ms: 0,
                since_previous_ms: 0,
                by: Cause::of(&stored.command_id),
                command_id: stored.command_id,
                step: None,
                understood: false,
            },
        }
    }

    /// The number of its events.
    async fn session_version(&self, id: Id<BookingSession>) -> Result<u64> {
        let record = self.scoped().raw(id).await?;
        Ok(record.ok_or(Error::NotFound("booking session"))?.version)
    }

    fn story(&self, id: Id<BookingSession>, stored: &[StoredEvent]) -> Result<Story> {
        let mut events = Vec::with_capacity(stored.len());
        for it in stored {
            match journal::from_stored(id, self.organization(), it) {
                Ok(event) => events.push(event),
                Err(Error::NotFoldable { sequence, reason }) => {
                    return Ok(Story { events, stopped: Some((sequence, reason)) });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Story { events, stopped: None })
    }
}

impl RawEvent {
    fn of(
        booking_session_id: Id<BookingSession>,
        organization_id: Id<Organization>,
        stored: StoredEvent,
    ) -> Self {
        let mut body = stored.body.read::<Map<String, Value>>().unwrap_or_default();
        body.retain(|name, _| !ENVELOPE.contains(&name.as_str()));
        let hash = EventHash::of(&journal::as_stored(&stored));
        Self {
            understood: journal::read_body(&stored).is_ok(),
            hash,
            id: stored.id,
            booking_session_id,
            organization_id,
            sequence: stored.sequence,
            event_type: stored.event_type,
            schema_version: stored.schema_version,
            timestamp: stored.timestamp,
            command_id: stored.command_id,
            body,
        }
    }
}

fn no_such_point(message: String) -> Error {
    let mut problems = Problems::default();
    problems.root().at("at").add("range", message);
    Error::Invalid(problems)
}
