//! Group commit: what batches of one transaction share, and what they do not.

use std::{path::Path, sync::Arc};

use model::{ObjectId, Timestamp};
use store::{
    Backend, Key, Owner, StoreError, Stored, Write,
    conformance::{COLLECTIONS, SESSIONS, THINGS},
};
use store_sqlite::{Options, SqliteBackend};
use tempfile::TempDir;
use tokio::task::JoinSet;

async fn open(path: &Path) -> Arc<SqliteBackend> {
    let options = Options { max_pages: Some(100_000), ..Options::default() };
    let store = SqliteBackend::open(path, &options).unwrap();
    store.ensure(COLLECTIONS).await.unwrap();
    Arc::new(store)
}

fn key(collection: &'static str, number: u32) -> Key {
    let id = ObjectId::from_parts(1, [0; 5], number);
    Key { owner: Owner::Platform, collection, id }
}

fn put(number: u32, expect: u64, body: String) -> Write {
    let body = Stored::from_json(body);
    Write::Put { key: key(THINGS.name, number), expect, at: Timestamp::EPOCH, body }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_batches_share_transactions() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder.path().join("store.db")).await;
    let mut tasks = JoinSet::new();
    for number in 0..64 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for expect in 0..20 {
                store.commit(vec![put(number, expect, "{}".to_owned())]).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let stats = store.stats();
    assert_eq!((stats.batches, stats.refused), (64 * 20, 0));
    assert!(stats.transactions < 64 * 20 / 4, "{stats:?}");
}

#[tokio::test]
async fn a_refused_batch_does_not_harm_its_neighbours() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder.path().join("store.db")).await;
    let mut tasks = JoinSet::new();
    for number in 0..60 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let wrong = match number % 3 {
                0 => put(number, 1, "{}".to_owned()),
                1 => put(number, 0, "{not json".to_owned()),
                _ => put(number, 0, "{}".to_owned()),
            };
            let batch = vec![put(1000 + number, 0, r#"{"rank":1}"#.to_owned()), wrong];
            (number, store.commit(batch).await)
        });
    }
    for (number, answer) in tasks.join_all().await {
        match number % 3 {
            0 => assert!(matches!(answer, Err(StoreError::Conflict(_))), "{answer:?}"),
            1 => assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}"),
            _ => assert!(answer.is_ok(), "{answer:?}"),
        }
        let there = store.get(&key(THINGS.name, 1000 + number)).await.unwrap().is_some();
        assert_eq!(there, number % 3 == 2);
    }
    let stats = store.stats();
    assert!(stats.transactions < 30, "{stats:?}");
}

#[tokio::test]
async fn when_it_is_full_reads_go_on_and_writes_resume_with_room() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder.path().join("store.db")).await;
    let body = || format!(r#"{{"text":"{}"}}"#, "x".repeat(20_000));
    let append = |expect| Write::Append {
        stream: key(SESSIONS.name, 1),
        expect,
        at: Timestamp::EPOCH,
        events: vec![store::StoredEvent {
            id: ObjectId::from_bytes([7; 12]),
            sequence: expect + 1,
            event_type: "A".to_owned(),
            schema_version: 1,
            timestamp: Timestamp::EPOCH,
            command_id: "c".to_owned(),
            body: Stored::from_json(body()),
        }],
        state: Stored::from_json("{}".to_owned()),
    };
    store.set_max_pages(200).await.unwrap();
    let mut landed = 0;
    let full = loop {
        match store.commit(vec![put(landed, 0, body()), append(u64::from(landed))]).await {
            Ok(()) => landed += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, StoreError::Full), "{full}");
    assert!(landed > 5);
    // What is left may have room for half of a batch.
    let mut number = 1_000;
    while store.commit(vec![put(number, 0, body())]).await.is_ok() {
        number += 1;
    }
    for round in 0..3 {
        let mut tasks = JoinSet::new();
        for number in 0..20 {
            let store = Arc::clone(&store);
            tasks.spawn(async move { store.commit(vec![put(500 + number, 0, body())]).await });
        }
        for answer in tasks.join_all().await {
            assert!(matches!(answer, Err(StoreError::Full)), "{round}: {answer:?}");
        }
        for number in 0..landed {
            assert!(store.get(&key(THINGS.name, number)).await.unwrap().is_some());
        }
        assert!(store.get(&key(THINGS.name, landed)).await.unwrap().is_none());
        let events = store.events(&key(SESSIONS.name, 1), 0, 1_000).await.unwrap();
        assert_eq!(events.len(), landed as usize);
    }
    let delete = Write::Delete { key: key(THINGS.name, 0), expect: 1 };
    store.commit(vec![delete]).await.unwrap();
    store.commit(vec![put(0, 0, "{}".to_owned())]).await.unwrap();
    store.set_max_pages(100_000).await.unwrap();
    for number in 500..520 {
        store.commit(vec![put(number, 0, body())]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_lose_no_update() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let stores = [open(&path).await, open(&path).await];
    stores[0].commit(vec![put(0, 0, "0".to_owned())]).await.unwrap();
    let mut tasks = JoinSet::new();
    for task in 0..8_u32 {
        let store = Arc::clone(&stores[task as usize % 2]);
        tasks.spawn(async move {
            let mut added = 0;
            while added < 25 {
                let record = store.get(&key(THINGS.name, 0)).await.unwrap().unwrap();
                let sum: u64 = record.body.read().unwrap();
                let number = 1 + task * 100 + added;
                let batch = vec![
                    put(0, record.version, (sum + 1).to_string()),
                    put(number, 0, r#"{"rank":1}"#.to_owned()),
                ];
                match store.commit(batch).await {
                    Ok(()) => added += 1,
                    Err(StoreError::Conflict(_)) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        });
    }
    tasks.join_all().await;
    for store in &stores {
        let record = store.get(&key(THINGS.name, 0)).await.unwrap().unwrap();
        assert_eq!((record.version, record.body.as_str()), (201, "200"));
    }
    let sql = "SELECT count(*), max(position) FROM _changes";
    let connection = rusqlite::Connection::open(&path).unwrap();
    let logged: (i64, i64) =
        connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(logged, (201, 201));
}
