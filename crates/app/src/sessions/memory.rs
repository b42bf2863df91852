//! Sessions that this process has written last are remembered, so that the next command needs no
//! read. What is remembered may be out of date when another process has written since: the
//! expected version then refuses the commit, and every answer without a commit is decided again
//! on what the store has.

use std::collections::HashSet;

use model::{Doc, Id, session::BookingSession};
use store::StoreError;

use super::{VisitorSession, journal};
use crate::{Error, Result, Tenant};

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
        let session = tenant.read_session(id).await?;
        Ok(session.map(|session| Self::read(tenant, session)))
    }

    /// A session that was just read.
    pub(super) fn read(tenant: Tenant, session: Doc<BookingSession>) -> Self {
        Self { tenant, session, seen: Seen::InStore }
    }

    /// Whether it was this process that wrote its last event, as far as it remembers.
    pub(super) fn is_last_written_here(&self) -> bool {
        let key = (self.tenant.organization(), self.session.id);
        let remembered = self.tenant.caches().sessions.get(&key, self.tenant.now());
        remembered.is_some_and(|it| it.session.version == self.session.version)
    }

    /// # Errors
    /// [`Error::BeingUpdated`] when a newer version has gone on with it: what it made of the
    /// session is not known here.
    pub(crate) async fn require_understood(&self) -> Result<()> {
        match self.seen {
            Seen::InStore => self.tenant.require_understood(self.id(), self.session.version).await,
            Seen::InMemory(_) => Ok(()),
        }
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
    /// The document of a session, if the organization has it.
    ///
    /// # Errors
    /// [`Error::BeingUpdated`] when it is written as only a newer version can read it.
    pub(super) async fn read_session(
        &self,
        id: Id<BookingSession>,
    ) -> Result<Option<Doc<BookingSession>>> {
        let unreadable = match self.scoped().get(id).await {
            Err(error @ StoreError::Corrupt { .. }) => error,
            found => return Ok(found?),
        };
        if let Some(record) = self.scoped().raw(id).await? {
            self.require_understood(id, record.version).await?;
        }
        Err(unreadable.into())
    }

    async fn require_understood(&self, id: Id<BookingSession>, version: u64) -> Result<()> {
        let last = self.scoped().events(id, version.saturating_sub(1), 1).await?.pop();
        match last.map(|it| journal::read_body(&it)) {
            Some(Err(reason)) if reason.is_of_newer_version() => Err(Error::BeingUpdated),
            _ => Ok(()),
        }
    }

    /// Keeps a session for its next command.
    pub(super) fn remember(&self, session: Doc<BookingSession>, commands: Option<HashSet<String>>) {
        let key = (self.organization(), session.id);
        self.caches().sessions.put(key, Remembered { session, commands }, self.now());
    }
}
