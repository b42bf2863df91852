//! Commands that fail, or whose answers are lost: each batch is applied once.

use std::time::Duration;

use model::{ObjectId, Timestamp};
use mongodb::bson::{Document, doc};
use store::{
    Backend, Key, Owner, StoreError, Stored, StoredEvent, Write,
    conformance::{COLLECTIONS, SESSIONS, THINGS},
};
use store_mongo::MongoBackend;

use crate::server::{ReplicaSet, database};

fn key(collection: &'static str) -> Key {
    let id = ObjectId::from_bytes([1; 12]);
    Key { owner: Owner::Organization(id), collection, id }
}

fn put(expect: u64) -> Write {
    let body = Stored::from_json(format!(r#"{{"rank":{expect}}}"#));
    Write::Put { key: key(THINGS.name), expect, at: Timestamp::EPOCH, body }
}

fn append(expect: u64) -> Write {
    let event = StoredEvent {
        id: ObjectId::from_bytes([2; 12]),
        sequence: expect + 1,
        event_type: "COUNTED".to_owned(),
        schema_version: 1,
        timestamp: Timestamp::EPOCH,
        command_id: String::new(),
        body: Stored::from_json("{}".to_owned()),
    };
    let (at, state) = (Timestamp::EPOCH, Stored::from_json("{}".to_owned()));
    Write::Append { stream: key(SESSIONS.name), expect, at, events: vec![event], state }
}

/// Makes the next commands of some kinds fail.
async fn fail(set: &ReplicaSet, times: i32, commands: &[&str], how: Document) {
    let mut data = doc! { "failCommands": commands };
    data.extend(how);
    let fail =
        doc! { "configureFailPoint": "failCommand", "mode": { "times": times }, "data": data };
    set.members[0].client().database("admin").run_command(fail).await.unwrap();
}

async fn store() -> (ReplicaSet, MongoBackend) {
    let set = ReplicaSet::start(1, &["--setParameter", "enableTestCommands=1"]).await;
    let backend = MongoBackend::open(&set.url(&database())).await.unwrap();
    backend.ensure(COLLECTIONS).await.unwrap();
    (set, backend)
}

/// Lets a majority fall behind, or catch up.
async fn hold(set: &mut ReplicaSet, mode: &str) {
    let primary = set.primary().await.host();
    for member in set.members.iter().filter(|it| it.host() != primary) {
        let hold = doc! { "configureFailPoint": "stopReplProducer", "mode": mode };
        member.client().database("admin").run_command(hold).await.unwrap();
    }
}

/// The statement was executed, but not yet by a majority.
fn shutting_down() -> Document {
    doc! { "writeConcernError": { "code": 91, "errmsg": "shutting down" } }
}

fn too_late() -> Document {
    doc! { "writeConcernError": { "code": 64, "errmsg": "waited too long" } }
}

fn no_answer() -> Document {
    doc! { "closeConnection": true }
}

fn write_conflict() -> Document {
    doc! { "errorCode": 112, "errorLabels": ["TransientTransactionError"] }
}

#[tokio::test]
async fn a_write_alone_is_applied_once_however_its_command_fails() {
    let (set, backend) = store().await;
    let mut feed = backend.watch(None).await.unwrap();
    let failures = [
        (1, no_answer()),
        (3, no_answer()),
        (1, shutting_down()),
        (2, shutting_down()),
        (1, too_late()),
        (3, doc! { "errorCode": 112 }),
    ];
    for (expect, (times, how)) in (0..).zip(failures) {
        fail(&set, times, &["insert", "update"], how.clone()).await;
        backend.commit(vec![put(expect)]).await.unwrap();
        assert_eq!(version(&backend, THINGS.name).await, expect + 1, "{times} {how}");
        let change = feed.next().await.unwrap();
        assert_eq!((change.key, change.version), (key(THINGS.name), expect + 1));
    }
}

#[tokio::test]
async fn a_batch_is_applied_once_however_its_commands_fail() {
    let (set, backend) = store().await;
    let mut feed = backend.watch(None).await.unwrap();
    let failures = [
        (1, &["insert", "update"][..], no_answer()),
        (3, &["insert", "update"], no_answer()),
        (3, &["insert", "update"], write_conflict()),
        (1, &["commitTransaction"], no_answer()),
        (5, &["commitTransaction"], no_answer()),
        (1, &["commitTransaction"], too_late()),
        (3, &["commitTransaction"], too_late()),
        (3, &["commitTransaction"], doc! { "errorCode": 91 }),
    ];
    for (expect, (times, commands, how)) in (0..).zip(failures) {
        fail(&set, times, commands, how.clone()).await;
        backend.commit(vec![append(expect)]).await.unwrap();
        assert_eq!(version(&backend, SESSIONS.name).await, expect + 1, "{commands:?} {how}");
        let change = feed.next().await.unwrap();
        assert_eq!((change.key, change.version), (key(SESSIONS.name), expect + 1));
        let events = backend.events(&key(SESSIONS.name), 0, usize::MAX).await.unwrap();
        assert_eq!(events.len() as u64, expect + 1, "{commands:?} {how}");
    }
}

#[tokio::test]
async fn a_snapshot_that_is_too_old_says_what_to_do() {
    let (set, backend) = store().await;
    for code in [239, 246] {
        let mut snapshot = backend.snapshot().await.unwrap();
        fail(&set, 1, &["find"], doc! { "errorCode": code }).await;
        let found = snapshot.events(&key(SESSIONS.name), 0, 1).await;
        let Err(StoreError::Unavailable(reason)) = found else { panic!("{code}: {found:?}") };
        assert!(reason.contains("set its parameter minSnapshotHistoryWindowInSeconds"), "{reason}");
    }
}

#[tokio::test]
async fn a_write_that_no_majority_has_yet_is_no_conflict() {
    let mut set = ReplicaSet::start(3, &["--setParameter", "enableTestCommands=1"]).await;
    let backend = MongoBackend::open(&set.url(&database())).await.unwrap();
    backend.ensure(COLLECTIONS).await.unwrap();
    hold(&mut set, "alwaysOn").await;
    // Waiting for a majority ends twice before there is one: that of the write, and that of the
    // first that meets it.
    let catching_up = async {
        tokio::time::sleep(Duration::from_secs(22)).await;
        hold(&mut set, "off").await;
    };
    let (committed, ()) = tokio::join!(backend.commit(vec![put(0)]), catching_up);
    committed.unwrap();
    assert_eq!(version(&backend, THINGS.name).await, 1);
}

async fn version(backend: &MongoBackend, collection: &'static str) -> u64 {
    backend.get(&key(collection)).await.unwrap().map_or(0, |it| it.version)
}
