use super::fixtures::*;
use crate::{Backend, Expected, Key, StoreError, Write};

pub async fn of_concurrent_writers_one_wins_each_version(backend: &dyn Backend) {
    write(backend, put(thing(1), 0, r#"{"sum":0}"#)).await;
    let attempts = all((0..16).map(|_| add(backend, thing(1), 10))).await;
    assert_eq!(version(backend, thing(1)).await, 161);
    let record = backend.get(&thing(1)).await.unwrap().unwrap();
    assert_eq!(record.body, json(r#"{"sum":160}"#));
    assert!(attempts.iter().sum::<u32>() >= 160);
}

async fn add(backend: &dyn Backend, key: Key, times: u32) -> u32 {
    let (mut attempts, mut won) = (0, 0);
    while won < times {
        attempts += 1;
        let record = backend.get(&key).await.unwrap().unwrap();
        let sum: serde_json::Value = record.body.read().unwrap();
        let body = format!(r#"{{"sum":{}}}"#, sum["sum"].as_u64().unwrap() + 1);
        match backend.commit(vec![put(key, record.version, body)]).await {
            Ok(()) => won += 1,
            Err(StoreError::Conflict(it)) => assert_eq!(it, key),
            Err(other) => panic!("{other}"),
        }
    }
    attempts
}

pub async fn of_concurrent_appends_one_wins_each_version(backend: &dyn Backend) {
    for round in 0..5 {
        let one = async || backend.commit(vec![append(session(1), round, 1)]).await;
        let answers = all((0..16).map(|_| one())).await;
        assert_eq!(answers.iter().filter(|it| it.is_ok()).count(), 1);
        let lost = |it: &_| matches!(it, Err(StoreError::Conflict(_)));
        assert_eq!(answers.iter().filter(|it| lost(it)).count(), 15);
    }
    let events = backend.events(&session(1), 0, 99).await.unwrap();
    assert_eq!(events.iter().map(|it| it.sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

pub async fn parallel_batches_all_land(backend: &dyn Backend) {
    let batch = |it| vec![put(thing(it), 0, r#"{"rank":1}"#), append(session(it), 0, 2)];
    let answers = all((1..=200).map(|it| backend.commit(batch(it)))).await;
    assert!(answers.iter().all(Result::is_ok));
    for number in 1..=200 {
        assert_eq!(version(backend, thing(number)).await, 1);
        assert_eq!(backend.events(&session(number), 0, 9).await.unwrap().len(), 2);
    }
}

pub async fn a_unique_value_is_taken_once_by_concurrent_takers(backend: &dyn Backend) {
    let batch =
        |it| vec![put(thing(it), 0, "{}"), put(account(it), 0, r#"{"handle":"a","seat":1}"#)];
    let answers = all((1..=50).map(|it| backend.commit(batch(it)))).await;
    assert_eq!(answers.iter().filter(|it| it.is_ok()).count(), 1);
    let duplicate = |it: &_| matches!(it, Err(StoreError::Duplicate { index: "by_handle", .. }));
    assert_eq!(answers.iter().filter(|it| duplicate(it)).count(), 49);
    let mut left = 0;
    for number in 1..=50 {
        let versions =
            (version(backend, thing(number)).await, version(backend, account(number)).await);
        assert!(versions == (0, 0) || versions == (1, 1), "{versions:?}");
        left += versions.0;
    }
    assert_eq!(left, 1);
}

/// Two batches that each write what the other one checked cannot both hold.
pub async fn checks_hold_against_concurrent_batches(backend: &dyn Backend) {
    for number in 0..16 {
        let (first, second) = (thing(2 * number), thing(2 * number + 1));
        backend.commit(vec![put(first, 0, "{}"), put(second, 0, "{}")]).await.unwrap();
        let batch = |write, key| {
            let expect = Expected::Version(1);
            backend.commit(vec![Write::Check { key, expect }, put(write, 1, "{}")])
        };
        let answers = all([batch(first, second), batch(second, first)]).await;
        assert!(answers.iter().filter(|it| it.is_ok()).count() <= 1, "{answers:?}");
        let sum = version(backend, first).await + version(backend, second).await;
        assert!(sum <= 3, "{sum}");
    }
}

pub async fn what_was_committed_is_seen_at_once(backend: &dyn Backend) {
    let one = async |it: u32| {
        for expect in 0..20 {
            write(backend, append(session(it), expect, 1)).await;
            assert_eq!(version(backend, session(it)).await, expect + 1);
            let events = backend.events(&session(it), expect, 9).await.unwrap();
            assert_eq!(events.len(), 1);
            let query = query(&SESSIONS, &BY_STATUS);
            assert!(ids(backend, &query).await.contains(&it));
        }
    };
    all((1..=8).map(one)).await;
}
