//! Whether a store holds what was acknowledged, and nothing that cannot be.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    path::Path,
    sync::Arc,
};

use app::{Environment, SystemClock};
use model::{
    Doc, Entity, PerTenant,
    scheduler::{Booking, HoldState, SlotHold},
    session::{BookingSession, Outcome, SessionEvent},
};
use store::{Find, Scoped, Store};
use store_sqlite::{Options, SqliteBackend};

use crate::visitor::Visit;

/// What a store holds, and what is wrong with it.
#[derive(Default)]
pub struct Audit {
    pub sessions: usize,
    pub events: usize,
    pub bookings: usize,
    /// Commands that were acknowledged and whose events are not there.
    pub lost: usize,
    /// Commands that had their effect more than once.
    pub duplicated: usize,
    /// A sentence for each thing that must not be, those that are counted above among them.
    pub violations: Vec<String>,
}

/// Audits the store in a file that no server has open; none is started for it.
pub fn sqlite(path: &Path, visits: &[&Visit], seats: u32) -> Audit {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let backend = SqliteBackend::open(path, &Options::default()).unwrap();
        store(Store::open(Arc::new(backend)).await.unwrap(), visits, seats).await
    })
}

/// Audits a store against what visitors know of it. `seats` is how many each window has.
pub async fn store(store: Store, visits: &[&Visit], seats: u32) -> Audit {
    let (_, system) = app::open(store.clone(), Environment::new(Arc::new(SystemClock)));
    let mut audit = Audit::default();
    let mut known: HashMap<_, _> = visits.iter().map(|it| (it.id.as_str(), *it)).collect();
    for organization in system.organizations().await.unwrap() {
        let tenant = system.enter(organization.id);
        let scoped = store.scoped(organization.id);
        let (sessions, bookings) = (all(&scoped).await, all(&scoped).await);
        for session in &sessions {
            let events = tenant.session_events(session.id, None).await.unwrap();
            audit.stream(session, &events);
            let replayed = tenant.replay_session(session.id, None).await.unwrap();
            audit.check(replayed.identical == Some(true), || {
                format!("session {} is not the fold of its events", session.id)
            });
            if let Some(visit) = known.remove(session.id.to_string().as_str()) {
                audit.promises(visit, &events, session);
            }
        }
        audit.bookings(&sessions, &bookings);
        audit.seats(&all(&scoped).await, &bookings, seats);
    }
    for visit in known.into_values() {
        audit.lost += 1 + visit.acknowledged.len();
        audit.violations.push(format!("session {} is lost", visit.id));
    }
    audit
}

impl Audit {
    fn check(&mut self, holds: bool, violation: impl FnOnce() -> String) {
        if !holds {
            self.violations.push(violation());
        }
    }

    /// Events are 1, 2, 3 …, and those of one command beside each other: it came once.
    fn stream(&mut self, session: &Doc<BookingSession>, events: &[SessionEvent]) {
        let id = session.id;
        self.sessions += 1;
        self.events += events.len();
        let gapless = events.iter().map(|it| it.sequence).eq(1..=session.version);
        self.check(gapless, || format!("session {id}: its sequences are not 1 to its version"));
        let ids: HashSet<_> = events.iter().map(|it| it.id).collect();
        self.check(ids.len() == events.len(), || format!("session {id}: an event is there twice"));
        let mut commands = HashSet::new();
        for run in events.chunk_by(|a, b| a.command_id == b.command_id) {
            let command = &run[0].command_id;
            if !commands.insert(command) {
                self.duplicated += 1;
                self.violations.push(format!("session {id}: {command} had its effect twice"));
            }
        }
    }

    /// What was acknowledged is there, as it was acknowledged.
    fn promises(&mut self, visit: &Visit, events: &[SessionEvent], session: &Doc<BookingSession>) {
        for acknowledged in &visit.acknowledged {
            let of_command = events.iter().filter(|it| it.command_id == acknowledged.command_id);
            let there: Vec<_> = of_command.collect();
            if !there.iter().map(|it| it.body.data.event_type()).eq(&acknowledged.events)
                || there.last().is_some_and(|it| it.sequence != acknowledged.sequence)
            {
                self.lost += 1;
                let command = &acknowledged.command_id;
                self.violations.push(format!("session {}: {command} is lost", visit.id));
            }
        }
        let outcome = &session.body.booking_outcome;
        let booked = match outcome {
            Outcome::Completed { reference, .. } => Some(reference.as_str()),
            _ => None,
        };
        self.check(visit.reference().is_none_or(|it| booked == Some(it)), || {
            format!("session {}: its booking is lost", visit.id)
        });
    }

    /// Each completed session has one booking, and each booking is of one completed session.
    fn bookings(&mut self, sessions: &[Doc<BookingSession>], bookings: &[Doc<Booking>]) {
        self.bookings += bookings.len();
        let mut open: HashMap<_, _> = bookings.iter().map(|it| (it.id, &it.body)).collect();
        for session in sessions {
            let Outcome::Completed { booking_id, reference, .. } = &session.body.booking_outcome
            else {
                continue;
            };
            let booking = open.remove(booking_id);
            let fits = booking.is_some_and(|it| {
                it.booking_session_id == session.id && it.reference == *reference
            });
            self.check(fits, || format!("session {} has not the booking it says", session.id));
        }
        for id in open.keys() {
            self.check(false, || format!("booking {id} is of no session"));
        }
        let references: HashSet<_> = bookings.iter().map(|it| it.body.reference.as_str()).collect();
        let unique = references.len() == bookings.len();
        self.check(unique, || "two bookings have the same reference".to_owned());
    }

    /// No window has more bookings than seats, and each booking has a seat of its own.
    fn seats(&mut self, holds: &[Doc<SlotHold>], bookings: &[Doc<Booking>], seats: u32) {
        let mut sold: HashMap<_, u32> = HashMap::new();
        for booking in bookings {
            if let Some(window) = &booking.body.timeslot {
                *sold.entry(window.start).or_default() += 1;
                let of_booking = holds.iter().filter(|it| {
                    it.body.booking_session_id == booking.body.booking_session_id
                        && it.body.state == HoldState::Booked
                        && it.body.window_start == window.start
                });
                self.check(of_booking.count() == 1, || {
                    format!("booking {} has not exactly one seat", booking.id)
                });
            }
        }
        for (start, sold) in sold {
            self.check(sold <= seats, || format!("{start}: {sold} of {seats} seats are sold"));
        }
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sessions, events, bookings, lost, duplicated, violations } = self;
        let violations = violations.len();
        write!(
            f,
            "{sessions} sessions, {events} events, {bookings} bookings: \
             {lost} lost, {duplicated} duplicated, {violations} violations"
        )
    }
}

async fn all<E: Entity<Scope = PerTenant>>(scoped: &Scoped) -> Vec<Doc<E>> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let (page, next) = scoped.list(Find::all().after(after)).await.unwrap();
        found.extend(page);
        if next.is_none() {
            return found;
        }
        after = next;
    }
}
