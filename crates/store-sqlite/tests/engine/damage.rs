//! Rows that are not as they were written: named, and in nobody's way.

use std::path::Path;

use store::{
    Backend, Fault, FaultKind, Query, Referrers, Scan, StoreError, Targets, Write,
    conformance::{BY_KIND, BY_RANK, COLLECTIONS, SESSIONS, THINGS},
};
use store_sqlite::SqliteBackend;
use tempfile::TempDir;

use crate::fixtures::{OWNER, append, id, meddle, open, put, session, thing, write};

const NUMBERS: std::ops::RangeInclusive<u32> = 1..=9;

async fn filled(path: &Path) -> SqliteBackend {
    let store = open(path).await;
    for number in NUMBERS {
        let body = format!(r#"{{"rank":{number},"kind":"{}"}}"#, id(1));
        write(&store, put(thing(number), 0, &body)).await;
    }
    store
}

/// Every way in which one document's row can lie.
fn lies() -> [&'static str; 5] {
    [
        "UPDATE things SET version = 7 WHERE version = 1",
        "UPDATE things SET created_at = 1 WHERE version = 1",
        "UPDATE things SET updated_at = 1 WHERE version = 1",
        "UPDATE things SET body = replace(body, 'rank', 'rang') WHERE version = 1",
        "UPDATE things SET body = '{\"rank' WHERE version = 1",
    ]
}

fn lie(path: &Path, sql: &str, number: u32) {
    meddle(path, &format!("{sql} AND hex(id) = '{}'", id(number).to_string().to_uppercase()));
}

fn is_damaged(faults: &[Fault], number: u32) -> bool {
    faults.iter().any(|it| {
        matches!(it.kind, FaultKind::DamagedRecord | FaultKind::UnevenStream)
            && it.id == Some(id(number))
    })
}

#[tokio::test]
async fn a_damaged_document_is_named_and_stands_in_nobodys_way() {
    for (sql, number) in lies().into_iter().zip([3, 4, 9, 3, 1]) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("store.db");
        let store = filled(&path).await;
        lie(&path, sql, number);
        let got = store.get(&thing(number)).await;
        assert!(
            matches!(got, Err(StoreError::Corrupt { collection: "things", id: it, .. }) if it == id(number)),
            "{sql}: {got:?}"
        );
        for index in [None, Some(&BY_RANK), Some(&BY_KIND)] {
            for limit in [1, 2, 4, 100] {
                let mut query = Query { index, ..Query::by_id(OWNER, THINGS.name, limit) };
                let (mut found, mut damaged) = (Vec::new(), Vec::new());
                loop {
                    let page = store.list(&query).await.unwrap();
                    found.extend(page.records.iter().map(|it| it.key));
                    damaged.extend(page.damaged.iter().map(|it| it.key));
                    assert!(found.len() < 20, "{sql}: the pages do not end");
                    let Some(next) = page.next else { break };
                    query.after = Some(next);
                }
                let others: Vec<_> = NUMBERS.filter(|it| *it != number).map(thing).collect();
                assert_eq!((found, damaged), (others, vec![thing(number)]), "{sql} {index:?}");
            }
        }
        let scan = Scan { collection: THINGS.name, owner: None, after: None, limit: 100 };
        let scanned = store.snapshot().await.unwrap().scan(&scan).await.unwrap();
        assert_eq!((scanned.records.len(), scanned.damaged[0].key), (8, thing(number)));
        let faults = store.inspect(COLLECTIONS).await.unwrap();
        assert!(is_damaged(&faults, number), "{sql}: {faults:?}");
    }
}

#[tokio::test]
async fn a_damaged_document_is_not_written_over_and_can_be_removed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let store = filled(&path).await;
    lie(&path, lies()[4], 5);
    let refused = store.commit(vec![put(thing(5), 1, "{}")]).await;
    assert!(matches!(refused, Err(StoreError::Corrupt { .. })), "{refused:?}");
    store.mend(COLLECTIONS).await.unwrap();
    write(&store, Write::Delete { key: thing(5), expect: 1 }).await;
    write(&store, put(thing(5), 0, r#"{"rank":5}"#)).await;
    assert_eq!(store.inspect(COLLECTIONS).await.unwrap(), []);
}

#[tokio::test]
async fn referrers_name_what_cannot_be_read_and_go_on() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let store = filled(&path).await;
    lie(&path, lies()[0], 2);
    for field in ["kind", "kind[]"] {
        let targets = Targets { owner: OWNER, collection: THINGS.name, ids: vec![id(1)] };
        let referrers = Referrers { by: THINGS.name, field, targets, after: None, limit: 100 };
        let found = store.referrers(&referrers).await.unwrap();
        assert_eq!((found.records.len(), found.damaged.len()), (8, 1), "{field}");
    }
}

#[tokio::test]
async fn a_damaged_or_missing_event_is_named() {
    for (sql, is_altered) in [
        ("UPDATE session_events SET body = '{}' WHERE sequence = 2", true),
        ("UPDATE session_events SET command_id = 'command' WHERE sequence = 2", true),
        ("UPDATE session_events SET timestamp = 1 WHERE sequence = 2", true),
        ("UPDATE session_events SET schema_version = 2 WHERE sequence = 2", true),
        ("UPDATE session_events SET event_type = 'OTHER' WHERE sequence = 2", true),
        ("DELETE FROM session_events WHERE sequence = 2", true),
        ("DELETE FROM session_events WHERE sequence = 1", true),
        ("DELETE FROM session_events WHERE sequence = 3", false),
        ("DELETE FROM sessions", false),
        ("UPDATE session_events SET sequence = 9 WHERE sequence = 3", true),
    ] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("store.db");
        let store = open(&path).await;
        write(&store, append(session(1), 0, 3)).await;
        meddle(&path, sql);
        let events = store.events(&session(1), 0, 100).await;
        let named = matches!(events, Err(StoreError::Corrupt { collection: "sessions", id: it, .. }) if it == id(1));
        assert_eq!(named, is_altered, "{sql}: {events:?}");
        let faults = store.inspect(&[SESSIONS]).await.unwrap();
        assert!(is_damaged(&faults, 1), "{sql}: {faults:?}");
    }
}

#[tokio::test]
async fn indexes_that_are_not_as_declared_are_named_and_mended() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    drop(filled(&path).await);
    let store = SqliteBackend::open(&path, &store_sqlite::Options::default()).unwrap();
    let kinds = async || {
        let faults = store.inspect(COLLECTIONS).await.unwrap();
        faults.into_iter().map(|it| it.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds().await, []);
    let meddle = |sql| rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    meddle(r#"DROP INDEX "things.by_rank""#);
    assert_eq!(kinds().await, [FaultKind::MissingIndex]);
    meddle(r#"CREATE INDEX "things.by_rank" ON things (owner, version)"#);
    assert_eq!(kinds().await, [FaultKind::MissingIndex]);
    meddle(r#"CREATE INDEX "things.other" ON things (version)"#);
    assert_eq!(kinds().await, [FaultKind::MissingIndex, FaultKind::ExtraIndex]);
    // It may be a newer version's.
    store.ensure(COLLECTIONS).await.unwrap();
    assert_eq!(kinds().await, [FaultKind::ExtraIndex]);
    store.mend(COLLECTIONS).await.unwrap();
    assert_eq!(kinds().await, []);
}

#[tokio::test]
async fn a_store_that_was_never_laid_out_lacks_its_indexes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteBackend::open(&path, &store_sqlite::Options::default()).unwrap();
    let faults = store.inspect(COLLECTIONS).await.unwrap();
    assert!(faults.iter().all(|it| it.kind == FaultKind::MissingIndex) && faults.len() > 10);
}
