//! The change feed, where the file, other processes and pruning come in.

use std::time::Duration;

use store::{Backend, Change, Feed, Position, StoreError};
use store_sqlite::{Options, SqliteBackend};
use tempfile::TempDir;

use crate::fixtures::{append, meddle, open, put, session, thing, write};

/// Longer than any change may take; a feed that gives none fails.
async fn next(feed: &mut Box<dyn Feed>) -> Change {
    tokio::time::timeout(Duration::from_secs(30), feed.next()).await.unwrap().unwrap()
}

#[tokio::test]
async fn it_goes_on_inside_a_batch_after_opening_again() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let store = open(&path).await;
    let mut feed = store.watch(None).await.unwrap();
    let batch = vec![put(thing(1), 0, "{}"), append(session(1), 0, 2), put(thing(2), 0, "{}")];
    store.commit(batch).await.unwrap();
    assert_eq!(next(&mut feed).await.key, thing(1));
    let seen = next(&mut feed).await;
    assert_eq!((seen.key, seen.version), (session(1), 2));
    drop(feed);
    drop(store);
    let store = open(&path).await;
    let mut feed = store.watch(Some(&seen.position)).await.unwrap();
    write(&store, put(thing(1), 1, "{}")).await;
    for (key, version) in [(thing(2), 1), (thing(1), 2)] {
        let change = next(&mut feed).await;
        assert_eq!((change.key, change.version), (key, version));
    }
}

#[tokio::test]
async fn it_sees_what_another_process_writes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let (watching, writing) = (open(&path).await, open(&path).await);
    let mut feed = watching.watch(None).await.unwrap();
    for expect in 0..3 {
        write(&writing, put(thing(1), expect, "{}")).await;
        assert_eq!(next(&mut feed).await.version, expect + 1);
        write(&watching, put(thing(2), expect, "{}")).await;
        assert_eq!(next(&mut feed).await.key, thing(2));
    }
}

#[tokio::test]
async fn a_position_that_was_pruned_is_lost() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let options = Options { keep_changes: 10, ..Options::default() };
    let store = SqliteBackend::open(&path, &options).unwrap();
    store.ensure(store::conformance::COLLECTIONS).await.unwrap();
    let mut early = store.watch(None).await.unwrap();
    let mut late = store.watch(None).await.unwrap();
    write(&store, put(thing(1), 0, "{}")).await;
    let first = next(&mut early).await.position;
    for expect in 1..50 {
        write(&store, put(thing(1), expect, "{}")).await;
    }
    for feed in [&mut early, &mut late] {
        assert!(matches!(feed.next().await, Err(StoreError::PositionLost(_))));
    }
    let refused = store.watch(Some(&first)).await;
    assert!(matches!(refused, Err(StoreError::PositionLost(position)) if position == first));
    let rows = "SELECT count(*), max(position) FROM _changes";
    let connection = rusqlite::Connection::open(&path).unwrap();
    let (kept, newest): (i64, i64) =
        connection.query_row(rows, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert!((10..=12).contains(&kept) && newest == 50, "{kept} {newest}");
    let seen = store.watch(Some(&Position("50.1".to_owned()))).await;
    assert!(seen.is_ok());
}

#[tokio::test]
async fn no_position_comes_twice() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let options = Options { keep_changes: 1, ..Options::default() };
    let mut seen = Vec::new();
    for expect in 0..5 {
        let store = SqliteBackend::open(&path, &options).unwrap();
        store.ensure(store::conformance::COLLECTIONS).await.unwrap();
        let mut feed = store.watch(None).await.unwrap();
        store.commit(vec![put(thing(1), 99, "{}")]).await.unwrap_err();
        write(&store, put(thing(1), expect, "{}")).await;
        seen.push(next(&mut feed).await.position.0);
        let refused = vec![put(thing(2), 0, "{}"), put(thing(1), 99, "{}")];
        store.commit(refused).await.unwrap_err();
    }
    assert_eq!(seen, ["1.1", "2.1", "3.1", "4.1", "5.1"]);
}

#[tokio::test]
async fn a_damaged_row_is_not_passed_over() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let store = open(&path).await;
    let mut feed = store.watch(None).await.unwrap();
    for number in 1..4 {
        write(&store, put(thing(number), 0, "{}")).await;
    }
    meddle(&path, "UPDATE _changes SET entries = x'00' WHERE position = 2");
    assert_eq!(next(&mut feed).await.key, thing(1));
    assert!(matches!(feed.next().await, Err(StoreError::PositionLost(_))));
    let faults = store.inspect(store::conformance::COLLECTIONS).await.unwrap();
    assert!(faults.iter().any(|it| it.detail.contains("log of changes")), "{faults:?}");
}
