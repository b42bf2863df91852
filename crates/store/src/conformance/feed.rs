use std::collections::BTreeMap;

use super::fixtures::*;
use crate::{Backend, Change, Feed, Key, Position, StoreError, Write};

pub async fn the_feed_tells_what_is_committed_in_its_order(backend: &dyn Backend) {
    write(backend, put(thing(1), 0, "{}")).await;
    let mut feed = backend.watch(None).await.unwrap();
    write(backend, put(thing(1), 1, "{}")).await;
    backend.commit(vec![put(thing(2), 0, "{}"), append(session(1), 0, 3)]).await.unwrap();
    write(backend, append(session(1), 3, 2)).await;
    write(backend, Write::Delete { key: thing(1), expect: 2 }).await;
    write(backend, put(thing(1), 0, "{}")).await;
    let expected = [
        (thing(1), 2),
        (thing(2), 1),
        (session(1), 3),
        (session(1), 5),
        (thing(1), 0),
        (thing(1), 1),
    ];
    assert_eq!(take(&mut *feed, expected.len()).await, expected);
}

pub async fn the_feed_tells_nothing_of_what_was_refused(backend: &dyn Backend) {
    let mut feed = backend.watch(None).await.unwrap();
    let refused = vec![put(thing(1), 0, "{}"), put(thing(2), 9, "{}")];
    assert!(backend.commit(refused).await.is_err());
    let check = Write::Check { key: thing(3), expect: crate::Expected::Version(0) };
    write(backend, check).await;
    write(backend, put(thing(3), 0, "{}")).await;
    let check = Write::Check { key: thing(3), expect: crate::Expected::Present };
    backend.commit(vec![check, put(thing(4), 0, "{}")]).await.unwrap();
    assert_eq!(take(&mut *feed, 2).await, [(thing(3), 1), (thing(4), 1)]);
}

pub async fn the_feed_tells_of_everybodys_documents(backend: &dyn Backend) {
    let mut feed = backend.watch(None).await.unwrap();
    let (mut theirs, mut nobodys) = (thing(2), thing(3));
    (theirs.owner, nobodys.owner) = (org(2), crate::Owner::Platform);
    for key in [thing(1), theirs, nobodys] {
        write(backend, put(key, 0, "{}")).await;
        write(backend, Write::Delete { key, expect: 1 }).await;
    }
    let expected = [thing(1), theirs, nobodys].map(|key| [(key, 1), (key, 0)]);
    assert_eq!(take(&mut *feed, 6).await, expected.concat());
}

pub async fn the_feed_goes_on_behind_any_change(backend: &dyn Backend) {
    let mut feed = backend.watch(None).await.unwrap();
    for number in 1..=3 {
        let batch = vec![put(thing(number), 0, "{}"), put(thing(number + 10), 0, "{}")];
        backend.commit(batch).await.unwrap();
    }
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push(feed.next().await.unwrap());
    }
    for (count, change) in (1..).zip(&seen) {
        let mut resumed = backend.watch(Some(&change.position)).await.unwrap();
        for expected in &seen[count..] {
            assert_eq!(&resumed.next().await.unwrap(), expected, "after {count}");
        }
        let version = version(backend, thing(99)).await;
        write(backend, put(thing(99), version, "{}")).await;
        assert_eq!(take(&mut *resumed, count).await.last().unwrap().1, version + 1);
    }
}

pub async fn the_feed_waits_for_what_comes(backend: &dyn Backend) {
    let mut feed = backend.watch(None).await.unwrap();
    let wait = async {
        let change = feed.next().await.unwrap();
        (change.key, change.version)
    };
    let later = async {
        tokio::task::yield_now().await;
        write(backend, put(thing(7), 0, "{}")).await;
        (thing(7), 1)
    };
    let (seen, written) = tokio::join!(wait, later);
    assert_eq!(seen, written);
}

pub async fn the_feed_has_no_gap_and_no_duplicate_under_concurrent_writers(backend: &dyn Backend) {
    const WRITERS: u32 = 8;
    const EACH: u64 = 10;
    let mut feed = backend.watch(None).await.unwrap();
    let writer = async |number| {
        for expect in 0..EACH {
            write(backend, put(thing(number), expect, "{}")).await;
        }
    };
    all((0..WRITERS).map(writer)).await;
    let mut versions = BTreeMap::new();
    let mut positions = Vec::new();
    for _ in 0..u64::from(WRITERS) * EACH {
        let Change { position, key, version } = feed.next().await.unwrap();
        let before = versions.insert(key, version).unwrap_or(0);
        assert_eq!(version, before + 1, "{key:?}");
        assert!(!positions.contains(&position));
        positions.push(position);
    }
    assert!(versions.values().all(|it| *it == EACH));
}

pub async fn a_position_that_was_never_given_out_is_refused(backend: &dyn Backend) {
    write(backend, put(thing(1), 0, "{}")).await;
    for position in ["", "nonsense", "999999999999"] {
        let position = Position(position.to_owned());
        let refused = backend.watch(Some(&position)).await.map(drop);
        assert!(matches!(&refused, Err(StoreError::PositionLost(it)) if *it == position));
    }
}

async fn take(feed: &mut dyn Feed, count: usize) -> Vec<(Key, u64)> {
    let mut seen = Vec::new();
    for _ in 0..count {
        let Change { key, version, .. } = feed.next().await.unwrap();
        seen.push((key, version));
    }
    seen
}
