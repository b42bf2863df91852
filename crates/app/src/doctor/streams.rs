use std::fmt::Display;

use model::{
    Id,
    core::Organization,
    session::{BookingSession, BrokenChain, Chain, Link, SessionEvent},
};
use store::{Key, Owner, Record, Stored, StoredEvent};

use super::{
    Finding, FindingCode, Remedy,
    examine::{Examination, PAGE, REFOLD},
};
use crate::{
    Error, Result,
    sessions::{as_stored, read_event},
};

/// The events of a session, and what they are chained to.
pub(super) struct Stream {
    events: Vec<SessionEvent>,
    chain: Chain,
}

/// What is wrong with the events of a session.
pub(super) struct Flaw {
    code: FindingCode,
    sequence: u64,
    message: String,
}

/// A stream as it is read.
struct Reading {
    session: Id<BookingSession>,
    organization: Id<Organization>,
    stream: Stream,
    /// Of the last event that was read.
    sequence: u64,
    /// The first event that only a newer version understands.
    unknown: Option<Flaw>,
}

impl Examination {
    pub(super) async fn session(&mut self, record: &Record) -> Result<()> {
        match self.stream(&record.key).await? {
            Ok(stream) => {
                *self.checked.entry("events").or_default() += stream.events.len() as u64;
                self.findings.extend(stream.finding(record)?);
            }
            Err(flaw) => self.findings.push(flaw.of(record.key)),
        }
        Ok(())
    }

    /// All events of a session, from the first on.
    pub(super) async fn stream(&mut self, key: &Key) -> Result<Result<Stream, Flaw>> {
        let organization = match key.owner {
            Owner::Organization(organization) => Id::new(organization),
            Owner::Platform => return Err(Error::NotFound("booking session")),
        };
        let mut reading = Reading::new(Id::new(key.id), organization);
        loop {
            let page = match self.snapshot.events(key, reading.sequence, PAGE).await {
                Ok(page) => page,
                Err(error) => return Ok(Err(reading.unreadable(&error))),
            };
            let last = page.len() < PAGE;
            for stored in &page {
                if let Err(flaw) = reading.add(stored) {
                    return Ok(Err(flaw));
                }
            }
            if last {
                return Ok(reading.end());
            }
        }
    }
}

impl Reading {
    fn new(session: Id<BookingSession>, organization: Id<Organization>) -> Self {
        let chain = Chain::new(organization, session);
        let stream = Stream { events: Vec::new(), chain };
        Self { session, organization, stream, sequence: 0, unknown: None }
    }

    fn add(&mut self, stored: &StoredEvent) -> Result<(), Flaw> {
        let (found, next) = (stored.sequence, self.sequence + 1);
        if found != next {
            let message = format!("event {found} stands where {next} should");
            return Err(Flaw { code: FindingCode::SequenceGap, sequence: next, message });
        }
        self.stream.chain.add(Link::of(&as_stored(stored)))?;
        match read_event(self.session, self.organization, stored) {
            Ok(event) => self.stream.events.push(event),
            Err(Error::NotFoldable { sequence, reason }) => {
                let message = format!("event {sequence} is kept as it is: {reason}");
                let code = FindingCode::UnknownEvent;
                self.unknown.get_or_insert(Flaw { code, sequence, message });
            }
            Err(error) => return Err(self.unreadable(&error)),
        }
        self.sequence = next;
        Ok(())
    }

    fn unreadable(&self, error: &dyn Display) -> Flaw {
        let (code, sequence) = (FindingCode::UnreadableEvent, self.sequence + 1);
        Flaw { code, sequence, message: format!("event {sequence}: {error}") }
    }

    fn end(self) -> Result<Stream, Flaw> {
        self.unknown.map_or(Ok(self.stream), Err)
    }
}

impl Stream {
    /// What is wrong with the session's document, seen from its events.
    fn finding(&self, record: &Record) -> Result<Option<Finding>> {
        let key = record.key;
        let count = self.events.len() as u64;
        if count != record.version {
            let message = format!("version {} and {count} events", record.version);
            let finding = Finding::new(FindingCode::SequenceGap, Some(key), message);
            return Ok(Some(finding.at(count.min(record.version) + 1)));
        }
        if let Ok(document) = record.body.read::<BookingSession>()
            && let Err(broken) = self.chain.ends_at(document.current_state.last_event_hash)
        {
            return Ok(Some(Flaw::from(broken).of(key)));
        }
        let folded = BookingSession::fold(&self.events).map(|it| Stored::of(&it)).transpose()?;
        Ok((folded.as_ref() != Some(&record.body)).then(|| {
            let message = "it is not what its events lead to";
            let finding = Finding::new(FindingCode::StateDiffers, Some(key), message);
            finding.mended_by(REFOLD, Remedy::Refold { key })
        }))
    }
}

impl Flaw {
    fn of(self, key: Key) -> Finding {
        Finding::new(self.code, Some(key), self.message).at(self.sequence)
    }
}

impl From<BrokenChain> for Flaw {
    fn from(broken: BrokenChain) -> Self {
        let message = broken.to_string();
        Self { code: FindingCode::BrokenChain, sequence: broken.sequence, message }
    }
}
