use std::collections::HashMap;

use model::{
    Id, ObjectId,
    session::{BookingSession, TimelineEntry},
};
use store::{Change, Feed, Owner};

use crate::{Result, Tenant};

/// What happens in the visits of an organization, as it happens.
pub struct Following {
    tenant: Tenant,
    feed: Box<dyn Feed>,
    only: Option<Id<BookingSession>>,
    /// How far each visit was told of.
    told: HashMap<ObjectId, u64>,
}

/// What one command brought about, or more that came together.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    pub session_id: Id<BookingSession>,
    pub entries: Vec<TimelineEntry>,
}

/// Of so many visits it is known how far they were told of.
const REMEMBERED: usize = 10_000;

/// A command has no more events than this.
const MOST_OF_A_COMMAND: u64 = 64;

impl Tenant {
    /// All that happens from now on, in one visit or in all of them.
    pub async fn follow(&self, only: Option<Id<BookingSession>>) -> Result<Following> {
        let feed = self.house().store.backend().watch(None).await?;
        Ok(Following { tenant: self.clone(), feed, only, told: HashMap::new() })
    }
}

impl Following {
    /// Tells of a visit only what comes behind this event.
    pub fn go_on_after(&mut self, session: Id<BookingSession>, sequence: u64) {
        self.told.insert(session.object_id(), sequence);
    }

    /// What happens next; waits for it.
    pub async fn next(&mut self) -> Result<Happened> {
        loop {
            let Change { key, version, .. } = self.feed.next().await?;
            let owner = Owner::Organization(self.tenant.organization().object_id());
            let is_asked_for = self.only.is_none_or(|it| it.object_id() == key.id);
            if key.collection != "booking_sessions" || key.owner != owner || !is_asked_for {
                continue;
            }
            let session_id = Id::new(key.id);
            let told = match self.told.get(&key.id) {
                Some(told) => *told,
                None => self.before_last_command(session_id, version).await?,
            };
            if version <= told {
                continue;
            }
            if self.told.len() >= REMEMBERED {
                self.told.clear();
            }
            self.told.insert(key.id, version);
            let limit = usize::try_from(version - told).unwrap_or(usize::MAX);
            let entries = self.tenant.timeline(session_id, told, limit).await?.data;
            if !entries.is_empty() {
                return Ok(Happened { session_id, entries });
            }
        }
    }

    /// The sequence before the command that led to this version.
    async fn before_last_command(&self, id: Id<BookingSession>, version: u64) -> Result<u64> {
        let after = version.saturating_sub(MOST_OF_A_COMMAND);
        let limit = usize::try_from(version - after).unwrap_or(usize::MAX).max(1);
        let events = self.tenant.scoped().events(id, after, limit).await?;
        let command = events.last().map(|it| it.command_id.as_str());
        let others = events.iter().rev().find(|it| Some(it.command_id.as_str()) != command);
        Ok(others.map_or(after, |it| it.sequence))
    }
}
