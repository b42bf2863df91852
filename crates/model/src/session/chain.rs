use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use super::BookingSession;
use crate::{Id, ObjectId, Timestamp, core::Organization, hex, id::unhex};

/// SHA-256 of an event as it is stored; in JSON 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EventHash([u8; 32]);

/// An event as it is stored, to the byte.
#[derive(Debug, Clone, Copy)]
pub struct AsStored<'a> {
    pub id: ObjectId,
    pub sequence: u64,
    pub event_type: &'a str,
    pub schema_version: u16,
    pub timestamp: Timestamp,
    pub command_id: &'a str,
    /// The text of the JSON.
    pub body: &'a str,
}

/// What the chain knows of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub sequence: u64,
    pub hash: EventHash,
    /// Absent in events from before there was a chain.
    pub previous: Option<EventHash>,
}

/// The events of a session as they come, one after the other.
#[derive(Debug)]
pub struct Chain {
    /// What the next event must name.
    end: EventHash,
    sequence: u64,
    has_begun: bool,
}

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {sequence} {what}")]
pub struct BrokenChain {
    pub sequence: u64,
    pub what: &'static str,
}

impl EventHash {
    /// What the first event of a session names: the session itself, so that no stream can stand in
    /// for another's.
    pub fn beginning(organization: Id<Organization>, session: Id<BookingSession>) -> Self {
        let mut sha = Sha256::new();
        sha.update(b"booking_session_events");
        sha.update(organization.object_id().bytes());
        sha.update(session.object_id().bytes());
        Self(sha.finalize().into())
    }

    /// Texts of unlike length come with it, so that no two events have the same bytes.
    pub fn of(event: &AsStored<'_>) -> Self {
        let AsStored { id, sequence, event_type, schema_version, timestamp, command_id, body } =
            event;
        let mut sha = Sha256::new();
        sha.update(id.bytes());
        sha.update(sequence.to_be_bytes());
        sha.update(schema_version.to_be_bytes());
        sha.update(timestamp.millis().to_be_bytes());
        for text in [event_type, command_id, body] {
            sha.update((text.len() as u64).to_be_bytes());
            sha.update(text.as_bytes());
        }
        Self(sha.finalize().into())
    }
}

impl Link {
    /// Whatever version the event is of: nothing else of its body is looked at. A body that is no
    /// JSON names nothing.
    pub fn of(event: &AsStored<'_>) -> Self {
        #[derive(Deserialize)]
        struct Named {
            #[serde(default)]
            previous_hash: Option<EventHash>,
        }
        let named = serde_json::from_str::<Named>(event.body).ok();
        Self {
            sequence: event.sequence,
            hash: EventHash::of(event),
            previous: named.and_then(|it| it.previous_hash),
        }
    }
}

impl Chain {
    /// Before the first event.
    pub fn new(organization: Id<Organization>, session: Id<BookingSession>) -> Self {
        let end = EventHash::beginning(organization, session);
        Self { end, sequence: 0, has_begun: false }
    }

    /// Goes on by the next event.
    ///
    /// # Errors
    /// When it does not follow the one before.
    pub fn add(&mut self, link: Link) -> Result<(), BrokenChain> {
        let broken = |sequence, what| Err(BrokenChain { sequence, what });
        let next = self.sequence + 1;
        if link.sequence > next {
            return broken(next, "is missing");
        }
        if link.sequence < next {
            return broken(link.sequence, "stands at the place of a later one");
        }
        match link.previous {
            None if self.has_begun => {
                return broken(next, "does not name the one before it");
            }
            Some(previous) if previous != self.end && next == 1 => {
                return broken(next, "is not the first of this session");
            }
            Some(previous) if previous != self.end => {
                return broken(self.sequence, "is not the one that the next event followed");
            }
            named => self.has_begun |= named.is_some(),
        }
        (self.sequence, self.end) = (next, link.hash);
        Ok(())
    }

    /// Whether it ends where the session's document says that it does.
    ///
    /// # Errors
    /// When its last event is another one.
    pub fn ends_at(&self, head: Option<EventHash>) -> Result<(), BrokenChain> {
        if head == self.has_begun.then_some(self.end) {
            return Ok(());
        }
        let what = "is not the last one of which its session knows";
        Err(BrokenChain { sequence: self.sequence, what })
    }
}

impl fmt::Display for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for EventHash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        unhex(text).map(Self).ok_or("a hash has 64 hex digits")
    }
}

impl Serialize for EventHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for EventHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for EventHash {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "EventHash".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}
