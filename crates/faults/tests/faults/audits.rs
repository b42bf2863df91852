//! The audit itself: a store in which something is wrong does not pass.

use std::sync::Arc;

use app::{Environment, SystemClock};
use faults::{audit, visitor::Visit, wrkbelt::Folder};
use model::{Entity, ObjectId, Timestamp, scheduler::Booking, session::BookingSession};
use store::{Backend, Key, Owner, Query, Record, Store, StoredEvent, Write};
use store_sqlite::{Options, SqliteBackend};

const SEATS: u32 = 1;

/// A visit as it is stored, from which something is taken.
struct Found {
    session: Record,
    events: Vec<StoredEvent>,
    booking: Record,
}

#[test]
fn a_sound_store_passes() {
    let (lost, duplicated, violations) = audited(SEATS, |_| Vec::new());
    assert_eq!((lost, duplicated, violations), (0, 0, vec![]));
}

#[test]
fn a_lost_session_is_noticed() {
    let (lost, _, violations) = audited(SEATS, |it| vec![delete(&it.session)]);
    assert!(lost > 1, "{violations:?}");
}

#[test]
fn a_lost_booking_is_noticed() {
    let (_, _, violations) = audited(SEATS, |it| vec![delete(&it.booking)]);
    assert!(violations[0].ends_with("has not the booking it says"), "{violations:?}");
}

#[test]
fn a_session_that_is_not_the_fold_of_its_events_is_noticed() {
    let (_, _, violations) = audited(SEATS, |it| vec![append(it, "another")]);
    assert_eq!(violations.len(), 1, "{violations:?}");
    assert!(violations[0].ends_with("not the fold of its events"), "{violations:?}");
}

#[test]
fn a_command_that_had_its_effect_twice_is_noticed() {
    let (_, duplicated, violations) = audited(SEATS, |it| vec![append(it, "c-1")]);
    assert_eq!(duplicated, 1, "{violations:?}");
}

#[test]
fn an_oversold_window_is_noticed() {
    let (_, _, violations) = audited(0, |_| Vec::new());
    assert!(violations[0].ends_with("1 of 0 seats are sold"), "{violations:?}");
}

/// Books once, changes the store, and audits it: what is lost, duplicated and wrong.
fn audited(seats: u32, change: impl FnOnce(&Found) -> Vec<Write>) -> (usize, usize, Vec<String>) {
    let (folder, key) = Folder::with_business(SEATS);
    let server = folder.serve();
    let mut client = server.client();
    let mut visit = Visit::start(&mut client, &key).unwrap();
    visit.book(&mut client, 0);
    server.stop();
    let path = folder.path("store.db");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let backend = Arc::new(SqliteBackend::open(&path, &Options::default()).unwrap());
        let changes = change(&find(&backend, &visit).await);
        backend.commit(changes).await.unwrap();
    });
    let audit = audit::sqlite(&path, &[&visit], seats);
    (audit.lost, audit.duplicated, audit.violations)
}

async fn find(backend: &Arc<SqliteBackend>, visit: &Visit) -> Found {
    let store = Store::open(backend.clone()).await.unwrap();
    let (_, system) = app::open(store, Environment::new(Arc::new(SystemClock)));
    let organization = system.organizations().await.unwrap()[0].id;
    let owner = Owner::Organization(organization.object_id());
    let id = visit.id.parse::<model::Id<BookingSession>>().unwrap().object_id();
    let key = Key { owner, collection: BookingSession::COLLECTION.name, id };
    let session = backend.get(&key).await.unwrap().unwrap();
    let events = backend.events(&key, 0, 1_000).await.unwrap();
    let bookings = Query::by_id(owner, Booking::COLLECTION.name, 2);
    let booking = backend.list(&bookings).await.unwrap().records.remove(0);
    Found { session, events, booking }
}

fn delete(record: &Record) -> Write {
    Write::Delete { key: record.key, expect: record.version }
}

/// One more event, which the state knows nothing of.
fn append(found: &Found, command_id: &str) -> Write {
    let Found { session, events, .. } = found;
    let event = StoredEvent {
        id: ObjectId::from_bytes([7; 12]),
        sequence: session.version + 1,
        command_id: command_id.to_owned(),
        ..events[0].clone()
    };
    Write::Append {
        stream: session.key,
        expect: session.version,
        at: Timestamp::EPOCH,
        events: vec![event],
        state: session.body.clone(),
    }
}
