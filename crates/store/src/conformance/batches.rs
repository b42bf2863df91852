use super::fixtures::*;
use crate::{Backend, Expected, Owner, Query, StoreError, Write};

pub async fn a_batch_is_all_or_nothing(backend: &dyn Backend) {
    let batch = vec![put(thing(1), 0, "{}"), put(thing(2), 9, "{}"), put(thing(3), 0, "{}")];
    let refused = backend.commit(batch).await;
    assert!(matches!(refused, Err(StoreError::Conflict(key)) if key == thing(2)), "{refused:?}");
    all_gone(backend, &[thing(1), thing(2), thing(3)]).await;
}

pub async fn a_batch_is_nothing_when_its_last_write_is_refused(backend: &dyn Backend) {
    write(backend, put(account(1), 0, r#"{"handle":"a"}"#)).await;
    let batch = vec![
        put(thing(1), 0, r#"{"rank":1}"#),
        append(session(1), 0, 2),
        Write::Delete { key: account(1), expect: 1 },
        put(account(2), 0, r#"{"handle":"b"}"#),
        put(account(3), 0, r#"{"handle":"b"}"#),
    ];
    let refused = backend.commit(batch).await;
    let index = "by_handle";
    assert!(
        matches!(refused, Err(StoreError::Duplicate { collection: "accounts", index: it }) if it == index),
        "{refused:?}"
    );
    all_gone(backend, &[thing(1), session(1), account(2), account(3)]).await;
    assert_eq!(version(backend, account(1)).await, 1);
    assert!(backend.events(&session(1), 0, 9).await.unwrap().is_empty());
    assert!(backend.list(&query(&THINGS, &BY_RANK)).await.unwrap().records.is_empty());
    write(backend, put(account(2), 0, r#"{"handle":"b"}"#)).await;
}

pub async fn writes_are_applied_in_their_order(backend: &dyn Backend) {
    write(backend, put(account(1), 0, r#"{"handle":"a"}"#)).await;
    let delete = Write::Delete { key: account(1), expect: 1 };
    let take = put(account(2), 0, r#"{"handle":"a"}"#);
    let refused = backend.commit(vec![take.clone(), delete.clone()]).await;
    assert!(matches!(refused, Err(StoreError::Duplicate { .. })), "{refused:?}");
    backend.commit(vec![delete, take]).await.unwrap();
    assert_eq!(version(backend, account(2)).await, 1);
}

pub async fn a_put_needs_the_right_version(backend: &dyn Backend) {
    for (expect, fits) in [(1, false), (0, true), (0, false), (2, false), (1, true), (1, false)] {
        let answer = backend.commit(vec![put(thing(1), expect, "{}")]).await;
        match answer {
            Ok(()) => assert!(fits, "{expect}"),
            Err(StoreError::Conflict(key)) => assert!(!fits && key == thing(1), "{expect}"),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(version(backend, thing(1)).await, 2);
}

pub async fn a_conflict_comes_before_a_duplicate(backend: &dyn Backend) {
    write(backend, put(account(1), 0, r#"{"handle":"a"}"#)).await;
    write(backend, put(account(2), 0, r#"{"handle":"b"}"#)).await;
    for expect in [0, 7] {
        let refused = backend.commit(vec![put(account(2), expect, r#"{"handle":"a"}"#)]).await;
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "{expect}: {refused:?}");
    }
}

pub async fn a_delete_needs_the_right_version(backend: &dyn Backend) {
    let delete = |expect| vec![Write::Delete { key: thing(1), expect }];
    write(backend, put(thing(1), 0, "{}")).await;
    for expect in [0, 2] {
        let refused = backend.commit(delete(expect)).await;
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "{expect}: {refused:?}");
    }
    backend.commit(delete(1)).await.unwrap();
    all_gone(backend, &[thing(1)]).await;
    for expect in [0, 1] {
        let refused = backend.commit(delete(expect)).await;
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "{expect}: {refused:?}");
    }
    write(backend, put(thing(1), 0, "{}")).await;
    assert_eq!(version(backend, thing(1)).await, 1);
}

pub async fn a_check_of_a_version_holds_the_batch(backend: &dyn Backend) {
    write(backend, put(thing(1), 0, "{}")).await;
    for (number, expect, fits) in
        [(1, 0, false), (1, 1, true), (1, 2, false), (2, 0, true), (2, 1, false)]
    {
        let key = thing(number);
        let check = Write::Check { key, expect: Expected::Version(expect) };
        let seen = version(backend, thing(9)).await;
        let answer = backend.commit(vec![check, put(thing(9), seen, "{}")]).await;
        match answer {
            Ok(()) => assert!(fits, "{number} {expect}"),
            Err(StoreError::Conflict(it)) => assert!(!fits && it == key, "{number} {expect}"),
            Err(other) => panic!("{other}"),
        }
        assert_eq!(version(backend, thing(9)).await, seen + u64::from(fits));
    }
    assert_eq!(version(backend, thing(1)).await, 1);
}

pub async fn a_check_of_presence_holds_the_batch(backend: &dyn Backend) {
    let batch = |number| {
        let check = Write::Check { key: thing(number), expect: Expected::Present };
        vec![put(thing(9), 0, "{}"), check]
    };
    write(backend, put(thing(1), 0, "{}")).await;
    write(backend, put(thing(1), 1, "{}")).await;
    let refused = backend.commit(batch(2)).await;
    assert!(matches!(refused, Err(StoreError::Conflict(key)) if key == thing(2)), "{refused:?}");
    all_gone(backend, &[thing(9)]).await;
    backend.commit(batch(1)).await.unwrap();
}

pub async fn another_owner_sees_nothing(backend: &dyn Backend) {
    let batch = vec![put(thing(1), 0, r#"{"rank":1}"#), append(session(1), 0, 1)];
    backend.commit(batch).await.unwrap();
    for owner in [org(2), Owner::Platform] {
        let (mut foreign, mut stream) = (thing(1), session(1));
        (foreign.owner, stream.owner) = (owner, owner);
        all_gone(backend, &[foreign, stream]).await;
        assert!(backend.events(&stream, 0, 9).await.unwrap().is_empty());
        assert!(backend.events_of_command(&stream, "command").await.unwrap().is_empty());
        let by_rank = Query { owner, ..query(&THINGS, &BY_RANK) };
        assert!(backend.list(&by_rank).await.unwrap().records.is_empty());
        assert!(backend.list(&Query::by_id(owner, "things", 9)).await.unwrap().records.is_empty());
        for refused in [
            Write::Delete { key: foreign, expect: 1 },
            put(foreign, 1, "{}"),
            Write::Check { key: foreign, expect: Expected::Present },
            append(stream, 1, 1),
        ] {
            let answer = backend.commit(vec![refused]).await;
            assert!(matches!(answer, Err(StoreError::Conflict(_))), "{answer:?}");
        }
    }
    assert_eq!(backend.get(&thing(1)).await.unwrap().unwrap().body, json(r#"{"rank":1}"#));
    assert_eq!(backend.list(&query(&THINGS, &BY_RANK)).await.unwrap().records.len(), 1);
}

pub async fn the_same_document_can_be_written_twice_in_a_batch(backend: &dyn Backend) {
    let delete = Write::Delete { key: thing(1), expect: 2 };
    let (first, second) = (put(thing(1), 0, "1"), put(thing(1), 1, "2"));
    backend.commit(vec![first.clone(), second]).await.unwrap();
    assert_eq!(version(backend, thing(1)).await, 2);
    backend.commit(vec![delete, first]).await.unwrap();
    assert_eq!(version(backend, thing(1)).await, 1);
}

pub async fn an_empty_batch_is_applied(backend: &dyn Backend) {
    backend.commit(Vec::new()).await.unwrap();
}

pub async fn ensure_twice_is_harmless(backend: &dyn Backend) {
    write(backend, put(thing(1), 0, r#"{"rank":1}"#)).await;
    backend.ensure(COLLECTIONS).await.unwrap();
    backend.ensure(&COLLECTIONS[..1]).await.unwrap();
    assert_eq!(ids(backend, &query(&THINGS, &BY_RANK)).await, [1]);
    write(backend, put(account(1), 0, r#"{"handle":"a"}"#)).await;
}

pub async fn an_unknown_collection_is_an_error(backend: &dyn Backend) {
    let mut key = thing(1);
    key.collection = "nothings";
    let named = |error: StoreError| error.to_string().contains("nothings");
    assert!(backend.get(&key).await.is_err_and(named));
    assert!(backend.list(&Query::by_id(org(1), "nothings", 1)).await.is_err_and(named));
    assert!(backend.commit(vec![put(key, 0, "{}")]).await.is_err_and(named));
    assert!(backend.events(&key, 0, 1).await.is_err_and(named));
}

pub async fn created_at_stays_and_updated_at_moves(backend: &dyn Backend) {
    let put = |expect, millis| {
        vec![Write::Put { key: thing(1), expect, at: at(millis), body: json("{}") }]
    };
    let times = async || {
        let record = backend.get(&thing(1)).await.unwrap().unwrap();
        (record.created_at, record.updated_at)
    };
    backend.commit(put(0, 5)).await.unwrap();
    assert_eq!(times().await, (at(5), at(5)));
    backend.commit(put(1, 9)).await.unwrap();
    assert_eq!(times().await, (at(5), at(9)));
    backend.commit(vec![Write::Delete { key: thing(1), expect: 2 }]).await.unwrap();
    backend.commit(put(0, 12)).await.unwrap();
    assert_eq!(times().await, (at(12), at(12)));
}
