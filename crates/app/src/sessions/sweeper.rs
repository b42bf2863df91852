//! What becomes of sessions that nobody goes on with. Any number of servers may sweep at the same
//! time: the version that a session was read at decides whose events are appended.

use std::time::Duration;

use futures_util::future::join_all;
use model::{
    Doc, Id, Timestamp,
    core::Organization,
    scheduler::SchedulerConfig,
    session::{self, BookingSession, EventData, SERVER_COMMAND},
};
use store::{Cursor, Find, Scalar};

use super::{VisitorSession, effects::Effects};
use crate::{Result, SystemDoor, Tenant, doors::House};

/// Abandons sessions that have been idle too long and expires those whose time is over.
pub struct Sweeper(House);

/// What a sweep has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    pub abandoned: u64,
    pub expired: u64,
}

/// How long nothing is looked for after everything was.
const PAUSE: Duration = Duration::from_secs(15);

/// So many sessions are read at once.
const PAGE: usize = 128;

/// So many are written at once: they share a flush of the disk.
const AT_ONCE: usize = 32;

/// So far may the clocks of two servers be apart, when each is at most two minutes wrong. What
/// another server wrote last counts as idle only so much later, so that none is ever taken for
/// idle that somebody has just gone on with.
const SKEW: Duration = Duration::from_mins(4);

impl SystemDoor {
    /// What sweeps the sessions of this store.
    pub fn sweeper(&self) -> Sweeper {
        Sweeper(self.0.clone())
    }
}

impl Sweeper {
    /// Sweeps until it is asked to stop. Each session is swept whole or not at all.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let sweeping = async {
            loop {
                match self.sweep().await {
                    Ok(Swept { abandoned: 0, expired: 0 }) => {}
                    Ok(Swept { abandoned, expired }) => {
                        tracing::info!(abandoned, expired, "sessions that nobody went on with");
                    }
                    Err(error) => tracing::warn!(%error, "sessions cannot be swept"),
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::select! {
            biased;
            () = stop => {}
            () = sweeping => {}
        }
    }

    /// Looks once for all that there is to be done, page by page, and does it.
    ///
    /// # Errors
    /// When the store cannot tell what that is. A session that cannot be swept is named in the log
    /// and stands in no other's way.
    pub async fn sweep(&self) -> Result<Swept> {
        let mut swept = Swept::default();
        let mut after = None;
        loop {
            let find = Find::<Organization>::all().after(after).limit(PAGE);
            let (organizations, next) = self.0.store.platform().list(find).await?;
            for organization in organizations {
                self.sweep_organization(organization.id, &mut swept).await?;
            }
            after = next;
            if after.is_none() {
                return Ok(swept);
            }
        }
    }

    async fn sweep_organization(&self, id: Id<Organization>, swept: &mut Swept) -> Result<()> {
        let tenant = self.0.tenant(id);
        let over = || {
            Find::by(&BookingSession::BY_EXPIRY, [])
                .between(text(Timestamp::EPOCH), until(tenant.now()))
        };
        pages(&tenant, over, None, swept).await?;
        let mut after = None;
        loop {
            let find = Find::<SchedulerConfig>::all().after(after).limit(PAGE);
            let (configs, next) = tenant.scoped().list(find).await?;
            for config in configs {
                let minutes = config.body.session.abandon_after_minutes;
                let abandon_after = Duration::from_mins(u64::from(minutes));
                let idle = || {
                    let of_config = Scalar::Text(config.id.to_string());
                    let until = until(tenant.now().minus(abandon_after));
                    Find::by(&BookingSession::BY_LAST_EVENT, [of_config])
                        .between(text(Timestamp::EPOCH), until)
                };
                pages(&tenant, idle, Some(abandon_after), swept).await?;
            }
            after = next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

async fn pages(
    tenant: &Tenant,
    find: impl Fn() -> Find<BookingSession>,
    abandon_after: Option<Duration>,
    swept: &mut Swept,
) -> Result<()> {
    let mut after: Option<Cursor> = None;
    loop {
        let (mut sessions, next) = tenant.scoped().list(find().after(after).limit(PAGE)).await?;
        while !sessions.is_empty() {
            let rest = sessions.split_off(sessions.len().min(AT_ONCE));
            let sweeping = sessions.into_iter().map(|it| sweep(tenant, it, abandon_after));
            for end in join_all(sweeping).await {
                match end {
                    Some(End::Abandoned) => swept.abandoned += 1,
                    Some(End::Expired) => swept.expired += 1,
                    None => {}
                }
            }
            sessions = rest;
        }
        after = next;
        if after.is_none() {
            return Ok(());
        }
    }
}

fn text(timestamp: Timestamp) -> Scalar {
    Scalar::Text(timestamp.to_string())
}

/// The end of a range that has the instant itself in it.
fn until(timestamp: Timestamp) -> Scalar {
    text(timestamp.plus(Duration::from_millis(1)))
}

#[derive(Clone, Copy)]
enum End {
    Abandoned,
    Expired,
}

async fn sweep(
    tenant: &Tenant,
    session: Doc<BookingSession>,
    abandon_after: Option<Duration>,
) -> Option<End> {
    let session_id = session.id;
    let visitor = VisitorSession::read(tenant.clone(), session);
    match visitor.sweep(abandon_after).await {
        Ok(end) => end,
        Err(error) if error.is_conflict() => {
            tracing::debug!(%session_id, "somebody else has gone on with the session");
            None
        }
        Err(error) => {
            tracing::warn!(%session_id, %error, "a session cannot be swept");
            None
        }
    }
}

impl VisitorSession {
    async fn sweep(self, abandon_after: Option<Duration>) -> Result<Option<End>> {
        let body = &self.session.body;
        let now = self.tenant.now();
        // By the clock that wrote the last event, or by one that may be wrong.
        let certain = if self.is_last_written_here() { now } else { now.minus(SKEW) };
        let decided = session::sweep(body, abandon_after, certain);
        let end = match decided.last().map(|it| &it.data) {
            Some(EventData::SessionExpired {}) => End::Expired,
            Some(_) => End::Abandoned,
            None => return Ok(None),
        };
        self.require_understood().await?;
        let flow = self.tenant.compiled(body.booking_flow_version_id).await?;
        let command_id = format!("{SERVER_COMMAND}{}", self.session.version);
        let header = self.header(&command_id, "", now.max(body.current_state.last_event_at));
        let effects =
            Effects { visitor: &self, flow: &flow, taken_over: &[], kept: &[], file: None };
        self.append(&header, decided, &effects).await?;
        Ok(Some(end))
    }
}
