//! Primaries are killed while writers go on.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::future::join_all;

use model::{ObjectId, Timestamp};
use store::{
    Backend, Change, Expected, Key, Owner, StoreError, Stored, StoredEvent, Write,
    conformance::{COLLECTIONS, SESSIONS, THINGS},
};
use store_mongo::MongoBackend;
use tokio::sync::Notify;

use crate::server::{ReplicaSet, database};

const WRITERS: u8 = 6;
/// Writes that each writer has acknowledged before the next primary is killed.
const BETWEEN: u64 = 15;

fn key(collection: &'static str, writer: u8) -> Key {
    let owner = Owner::Organization(ObjectId::from_bytes([writer; 12]));
    Key { owner, collection, id: ObjectId::from_bytes([writer; 12]) }
}

/// Appends one event, and counts it in a document beside the stream.
fn batch(writer: u8, expect: u64) -> Vec<Write> {
    let event = StoredEvent {
        id: ObjectId::from_parts(u32::from(writer), [0; 5], u32::try_from(expect).unwrap()),
        sequence: expect + 1,
        event_type: "COUNTED".to_owned(),
        schema_version: 1,
        timestamp: Timestamp::EPOCH,
        command_id: expect.to_string(),
        body: Stored::from_json("{}".to_owned()),
    };
    let body = Stored::from_json(format!(r#"{{"rank":{}}}"#, expect + 1));
    let at = Timestamp::EPOCH;
    vec![
        Write::Append {
            stream: key(SESSIONS.name, writer),
            expect,
            at,
            events: vec![event],
            state: body.clone(),
        },
        Write::Put { key: key(THINGS.name, writer), expect, at, body },
    ]
}

/// What the writers have had acknowledged.
#[derive(Default)]
struct Progress {
    batches: Mutex<BTreeMap<u8, u64>>,
    grew: Notify,
    is_over: AtomicBool,
}

impl Progress {
    fn of_slowest(&self) -> u64 {
        let batches = self.batches.lock().unwrap();
        (0..WRITERS).map(|it| batches.get(&it).copied().unwrap_or(0)).min().unwrap()
    }

    /// Waits until each writer has had some more batches acknowledged.
    async fn grows(&self) {
        let goal = self.of_slowest() + BETWEEN;
        while self.of_slowest() < goal {
            self.grew.notified().await;
        }
    }
}

/// Asks until somebody answers.
async fn version(backend: &MongoBackend, key: &Key) -> u64 {
    loop {
        match backend.get(key).await {
            Ok(found) => return found.map_or(0, |it| it.version),
            Err(StoreError::Unavailable(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// One writer's life: how many of its batches were acknowledged.
async fn write(backend: &MongoBackend, writer: u8, progress: &Progress) -> u64 {
    let alone = key(THINGS.name, writer + WRITERS);
    let (mut next, mut puts) = (0, 0);
    while !progress.is_over.load(Ordering::Relaxed) {
        match backend.commit(batch(writer, next)).await {
            Ok(()) => next += 1,
            Err(StoreError::Unavailable(_)) => {
                // Not acknowledged: it was applied or not, and what there is now is what goes on.
                let before = next;
                next = version(backend, &key(SESSIONS.name, writer)).await;
                assert!(next == before || next == before + 1, "writer {writer}: {next} {before}");
                continue;
            }
            Err(other) => panic!("writer {writer} alone has its documents: {other:?} at {next}"),
        }
        let body = Stored::from_json(format!(r#"{{"rank":{next}}}"#));
        let at = Timestamp::EPOCH;
        match backend.commit(vec![Write::Put { key: alone, expect: puts, at, body }]).await {
            Ok(()) => puts += 1,
            Err(StoreError::Unavailable(_)) => {
                let before = puts;
                puts = version(backend, &alone).await;
                assert!(puts == before || puts == before + 1, "writer {writer}: {puts} {before}");
            }
            Err(other) => panic!("writer {writer} alone has its documents: {other:?}"),
        }
        progress.batches.lock().unwrap().insert(writer, next);
        progress.grew.notify_one();
    }
    next
}

/// How many primaries are killed; `make test-faults` asks for more.
#[expect(clippy::disallowed_methods, reason = "the test run says how long it may take")]
fn kills() -> usize {
    std::env::var("WRKBELT_KILLS").map_or(3, |it| it.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_is_applied_twice() {
    let mut set = ReplicaSet::start(3, &[]).await;
    let backend = MongoBackend::open(&set.url(&database())).await.unwrap();
    backend.ensure(COLLECTIONS).await.unwrap();
    let mut feed = backend.watch(None).await.unwrap();
    let progress = Progress::default();
    let killing = async {
        for _ in 0..kills() {
            progress.grows().await;
            let primary = set.primary().await;
            primary.kill();
            primary.resume();
        }
        progress.grows().await;
        progress.is_over.store(true, Ordering::Relaxed);
    };
    let writers = join_all((0..WRITERS).map(|it| write(&backend, it, &progress)));
    let ((), written) = tokio::join!(killing, writers);

    for (writer, written) in (0..WRITERS).zip(written) {
        let stream = key(SESSIONS.name, writer);
        let events = backend.events(&stream, 0, usize::MAX).await.unwrap();
        let sequences: Vec<_> = events.iter().map(|it| it.sequence).collect();
        assert_eq!(sequences, (1..=written).collect::<Vec<_>>(), "writer {writer}");
        for key in [stream, key(THINGS.name, writer)] {
            assert_eq!(backend.get(&key).await.unwrap().unwrap().version, written);
        }
    }
    assert_eq!(backend.inspect(COLLECTIONS).await.unwrap(), []);

    // The feed went on across all of it.
    let last = key(THINGS.name, u8::MAX);
    let at = Timestamp::EPOCH;
    let body = Stored::from_json("{}".to_owned());
    let check = Write::Check { key: last, expect: Expected::Version(0) };
    backend.commit(vec![check, Write::Put { key: last, expect: 0, at, body }]).await.unwrap();
    let mut versions = BTreeMap::new();
    loop {
        let Change { key, version, .. } = feed.next().await.unwrap();
        if key == last {
            break;
        }
        let before = versions.insert(key, version).unwrap_or(0);
        assert_eq!(version, before + 1, "{key:?}");
    }
    for (key, version) in versions {
        assert_eq!(backend.get(&key).await.unwrap().unwrap().version, version);
    }
}
