use model::{
    Doc, Id, ObjectId, Timestamp,
    flow::{
        FlowBundle,
        check::{self, Report},
        file::FlowFile,
        simulate::{Candidate, Simulated, Tally, simulate},
    },
    scheduler::BookingFlow,
    session::BookingSession,
};
use store::{Cursor, Find, StoreError};

use super::Existing;
use crate::{Error, Result, Tenant};

/// Which visits, by when they began.
#[derive(Debug, Clone, Copy, Default)]
pub struct Period {
    /// Included.
    pub from: Option<Timestamp>,
    /// Excluded.
    pub until: Option<Timestamp>,
}

/// What the visits of a period would come to.
#[derive(Debug, Default)]
pub struct Simulation {
    pub tally: Tally,
    /// Every visit of the period was tried.
    pub complete: bool,
}

impl Tenant {
    /// What a file would be as the draft of the flow with its slug, and what a check says of it.
    ///
    /// # Errors
    /// [`Error::NotFound`] without such a flow; [`Error::Unsound`] for a file that could not be
    /// stored.
    pub async fn draft_of(&self, file: &FlowFile) -> Result<(FlowBundle, Report)> {
        let existing = Existing::load(self, &file.flow.slug).await?;
        if existing.flow.is_none() {
            return Err(Error::NotFound("booking flow"));
        }
        let built = file.build(&mut |place| {
            existing.id(place).unwrap_or_else(|| self.new_id::<()>().object_id())
        });
        let report = check::check(&built.bundle).with(built.findings.clone());
        if built.findings.is_empty() {
            Ok((built.bundle, report))
        } else {
            Err(Error::Unsound(Box::new(report)))
        }
    }

    /// The flow as it would be published now.
    ///
    /// # Errors
    /// [`Error::NotFound`] also for one that was deleted.
    pub async fn draft_of_flow(&self, id: Id<BookingFlow>) -> Result<FlowBundle> {
        let not_found = || Error::NotFound("booking flow");
        let flow = self.scoped().get(id).await?.ok_or_else(not_found)?;
        let (draft, _) = self.draft(&flow.body.slug).await?;
        if draft.snapshot.flow.id == id { Ok(draft) } else { Err(not_found()) }
    }

    /// Tries the visits of a flow, the newest first and `most` at most, on a draft of it. Reads
    /// one page after the other, so that the number of visits does not matter.
    pub async fn simulate(
        &self,
        draft: FlowBundle,
        period: Period,
        most: u64,
        progress: &mut (dyn FnMut(&Tally) + Send),
    ) -> Result<Simulation> {
        let flow_id = draft.snapshot.flow.id;
        let candidate = Candidate::new(draft);
        let mut tally = Tally::default();
        let mut after = period.until.map(behind);
        loop {
            let page = Find::all().descending().after(after);
            let (sessions, next) = self.scoped().list::<BookingSession>(page).await?;
            for session in &sessions {
                let began = session.body.started_at;
                let made = seconds(session.id.object_id());
                if period.from.is_some_and(|it| made.saturating_add(SLIP) < second(it)) {
                    return Ok(Simulation { tally, complete: true });
                }
                let outside = period.from.is_some_and(|it| began < it)
                    || period.until.is_some_and(|it| began >= it);
                if outside || session.body.booking_flow_id != flow_id {
                    continue;
                }
                if tally.visits == most {
                    return Ok(Simulation { tally, complete: false });
                }
                tally.add(session.id, self.simulate_one(&candidate, session).await?);
                progress(&tally);
            }
            if next.is_none() {
                return Ok(Simulation { tally, complete: true });
            }
            after = next;
        }
    }

    /// `None` for a visit that cannot be read.
    async fn simulate_one(
        &self,
        candidate: &Candidate,
        session: &Doc<BookingSession>,
    ) -> Result<Option<Simulated>> {
        let recorded = match self.compiled(session.body.booking_flow_version_id).await {
            Err(Error::NotFound(_) | Error::Store(StoreError::Corrupt { .. })) => return Ok(None),
            recorded => recorded?,
        };
        let events = match self.session_events(session.id, None).await {
            Err(Error::Store(StoreError::Corrupt { .. })) => return Ok(None),
            events => events?,
        };
        Ok(simulate(&recorded, candidate, &events))
    }
}

/// So many seconds may pass between making the id of a visit and beginning it.
const SLIP: u32 = 60;

/// Ids begin with the second in which they were made.
fn seconds(id: ObjectId) -> u32 {
    let [a, b, c, d, ..] = id.bytes();
    u32::from_be_bytes([a, b, c, d])
}

fn second(at: Timestamp) -> u32 {
    u32::try_from(at.millis().div_euclid(1_000)).unwrap_or(0)
}

/// Behind all that were made well after `until`, going back in time.
fn behind(until: Timestamp) -> Cursor {
    let id = ObjectId::from_parts(second(until).saturating_add(1 + SLIP), [0; 5], 0);
    Cursor { values: Vec::new(), id }
}
