//! Sessions that this process has written last are remembered, so that the next command needs no
//! read. What is remembered may be out of date when another process has written since: the
//! expected version then refuses the commit, and every answer without a commit is decided again
//! on what the store has.

use std::collections::HashSet;

use model::{Doc, Id, session::BookingSession};

use super::VisitorSession;
use crate::{Result, Tenant};

/// A session as this process left it.
pub(crate) struct Remembered {
    session: Doc<BookingSession>,
    /// Every command that it has ever had; `None` when this process has not seen all of them.
    commands: Option<HashSet<String>>,
}

/// Where a session comes from.
pub(super) enum Seen {
    /// It was just read.
    InStore,
    /// It is remembered, with all its commands if they are known.
    InMemory(Option<HashSet<String>>),
}

impl VisitorSession {
    /// The session, if the organization has it.
    pub(crate) async fn open(tenant: Tenant, id: Id<BookingSession>) -> Result<Option<Self>> {
        let key = (tenant.organization(), id);
        if let Some(remembered) = tenant.caches().sessions.get(&key, tenant.now()) {
            let seen = Seen::InMemory(remembered.commands.clone());
            return Ok(Some(Self { session: remembered.session.clone(), tenant, seen }));
        }
        let session = tenant.scoped().get(id).await?;
        Ok(session.map(|session| Self { session, tenant, seen: Seen::InStore }))
    }

    /// Makes sure that it is what the store has now.
    pub(super) async fn refresh(&mut self) -> Result<()> {
        match self.seen {
            Seen::InStore => Ok(()),
            Seen::InMemory(_) => self.reload().await,
        }
    }

    pub(super) fn is_remembered(&self) -> bool {
        matches!(self.seen, Seen::InMemory(_))
    }

    /// Whether the session surely has never had the command.
    pub(super) fn is_new(&self, command_id: &str) -> bool {
        matches!(&self.seen, Seen::InMemory(Some(commands)) if !commands.contains(command_id))
    }

    /// After the command was committed.
    pub(super) fn remember(&mut self, command_id: &str) {
        let commands = match std::mem::replace(&mut self.seen, Seen::InStore) {
            Seen::InMemory(Some(mut commands)) => {
                commands.insert(command_id.to_owned());
                Some(commands)
            }
            _ => None,
        };
        self.tenant.remember(self.session.clone(), commands);
    }
}

impl Tenant {
    /// Keeps a session for its next command.
    pub(super) fn remember(&self, session: Doc<BookingSession>, commands: Option<HashSet<String>>) {
        let key = (self.organization(), session.id);
        self.caches().sessions.put(key, Remembered { session, commands }, self.now());
    }
}
