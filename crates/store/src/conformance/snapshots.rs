use super::fixtures::*;
use crate::{Backend, Owner, Record, Scan, Snapshot, StoreError, Write};

pub async fn a_scan_has_everybodys_documents_by_owner_and_id(backend: &dyn Backend) {
    let keys = everybodys(backend).await;
    let mut snapshot = backend.snapshot().await.unwrap();
    for limit in [1, 2, 3, 100] {
        let records = scan(&mut *snapshot, "things", None, limit).await;
        assert_eq!(records.iter().map(|it| it.key).collect::<Vec<_>>(), keys, "{limit}");
    }
}

pub async fn a_scan_of_an_owner_has_only_its_documents(backend: &dyn Backend) {
    let keys = everybodys(backend).await;
    let mut snapshot = backend.snapshot().await.unwrap();
    for owner in [Owner::Platform, org(1), org(2), org(3)] {
        let records = scan(&mut *snapshot, "things", Some(owner), 1).await;
        let expected: Vec<_> = keys.iter().filter(|it| it.owner == owner).copied().collect();
        assert_eq!(records.iter().map(|it| it.key).collect::<Vec<_>>(), expected);
    }
    let unknown = Scan { collection: "nothings", owner: None, after: None, limit: 1 };
    assert!(snapshot.scan(&unknown).await.is_err_and(|it| it.to_string().contains("nothings")));
}

pub async fn a_snapshot_does_not_see_what_comes_after_it(backend: &dyn Backend) {
    write(backend, put(thing(1), 0, r#"{"n":1}"#)).await;
    write(backend, put(thing(2), 0, r#"{"n":2}"#)).await;
    write(backend, append(session(1), 0, 2)).await;
    let mut snapshot = backend.snapshot().await.unwrap();
    write(backend, put(thing(1), 1, r#"{"n":3}"#)).await;
    write(backend, put(thing(3), 0, "{}")).await;
    write(backend, Write::Delete { key: thing(2), expect: 1 }).await;
    write(backend, append(session(1), 2, 2)).await;
    let records = scan(&mut *snapshot, "things", None, 10).await;
    let bodies: Vec<_> = records.iter().map(|it| it.body.as_str()).collect();
    assert_eq!(bodies, [r#"{"n":1}"#, r#"{"n":2}"#]);
    assert_eq!(scan(&mut *snapshot, "sessions", None, 10).await[0].version, 2);
    let events = snapshot.events(&session(1), 0, 10).await.unwrap();
    assert_eq!(events, [event(1, "command"), event(2, "command")]);
    drop(snapshot);
    let mut snapshot = backend.snapshot().await.unwrap();
    assert_eq!(snapshot.events(&session(1), 1, 10).await.unwrap().len(), 3);
}

pub async fn what_was_stored_can_be_put_back(backend: &dyn Backend) {
    let mut record = Record {
        key: thing(1),
        version: 41,
        created_at: at(3),
        updated_at: at(9),
        body: json(r#"{"rank":7}"#),
    };
    let restore = Write::Restore { record: record.clone(), events: Vec::new() };
    write(backend, restore.clone()).await;
    assert_eq!(backend.get(&thing(1)).await.unwrap(), Some(record.clone()));
    assert_eq!(ids(backend, &query(&THINGS, &BY_RANK)).await, [1]);
    let refused = backend.commit(vec![restore]).await;
    assert!(matches!(refused, Err(StoreError::Conflict(key)) if key == thing(1)), "{refused:?}");
    write(backend, put(thing(1), 41, "{}")).await;
    record.key = account(1);
    let unfit = Write::Restore { record, events: vec![event(1, "command")] };
    assert!(backend.commit(vec![unfit]).await.is_err());
}

pub async fn a_stream_can_be_put_back_with_its_events(backend: &dyn Backend) {
    let record = Record {
        key: session(1),
        version: 3,
        created_at: at(3),
        updated_at: at(9),
        body: json(r#"{"status":"open"}"#),
    };
    let events = vec![event(1, "a"), event(2, "b"), event(3, "b")];
    for unfit in [&events[..2], &events[1..], &[]] {
        let restore = Write::Restore { record: record.clone(), events: unfit.to_vec() };
        assert!(backend.commit(vec![restore]).await.is_err());
    }
    write(backend, Write::Restore { record: record.clone(), events: events.clone() }).await;
    assert_eq!(backend.get(&session(1)).await.unwrap(), Some(record));
    assert_eq!(backend.events(&session(1), 0, 9).await.unwrap(), events);
    write(backend, append(session(1), 3, 1)).await;
}

pub async fn a_sound_store_has_no_faults(backend: &dyn Backend) {
    everybodys(backend).await;
    write(backend, put(account(1), 0, r#"{"handle":"a","email":"b"}"#)).await;
    write(backend, append(session(1), 0, 4)).await;
    write(backend, append(session(1), 4, 1)).await;
    assert_eq!(backend.inspect(COLLECTIONS).await.unwrap(), []);
    backend.mend(COLLECTIONS).await.unwrap();
    assert_eq!(backend.inspect(COLLECTIONS).await.unwrap(), []);
    assert_eq!(version(backend, session(1)).await, 5);
}

async fn everybodys(backend: &dyn Backend) -> Vec<crate::Key> {
    let mut keys = [thing(5), thing(2), thing(4), thing(1), thing(3)];
    (keys[0].owner, keys[1].owner, keys[3].owner) = (Owner::Platform, org(2), Owner::Platform);
    for key in keys {
        write(backend, put(key, 0, "{}")).await;
    }
    let mut keys = keys.to_vec();
    keys.sort();
    keys
}

async fn scan(
    snapshot: &mut dyn Snapshot,
    collection: &'static str,
    owner: Option<Owner>,
    limit: usize,
) -> Vec<Record> {
    let mut scan = Scan { collection, owner, after: None, limit };
    let mut records = Vec::new();
    loop {
        let part = snapshot.scan(&scan).await.unwrap();
        assert!(part.records.len() <= limit && part.damaged.is_empty());
        records.extend(part.records);
        match part.next {
            None => return records,
            next => scan.after = next,
        }
    }
}
