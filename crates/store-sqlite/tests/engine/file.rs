//! What becomes of the file: opened, opened again, opened by another version.

use std::{fs, path::Path};

use model::{Collection, Index, ObjectId, Only, Timestamp};
use rusqlite::Connection;
use store::{
    Backend, Key, Owner, Query, StoreError, Stored, Write,
    conformance::{ACCOUNTS, BY_HANDLE, BY_RANK, COLLECTIONS, THINGS},
};
use store_sqlite::{Options, SqliteBackend};
use tempfile::TempDir;

const CHANGED: Index =
    Index { name: "by_rank", fields: &["a"], unique: true, only: Only::Present("rank") };

fn open(path: &Path) -> store::Result<SqliteBackend> {
    SqliteBackend::open(path, &Options::default())
}

fn key(collection: &Collection, number: u8) -> Key {
    let id = ObjectId::from_bytes([number; 12]);
    Key { owner: Owner::Platform, collection: collection.name, id }
}

fn put(key: Key, body: &str) -> Write {
    let body = Stored::from_json(body.to_owned());
    Write::Put { key, expect: 0, at: Timestamp::EPOCH, body }
}

fn position(path: &Path) -> i64 {
    let sql = "SELECT max(position) FROM _changes";
    Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn what_was_committed_is_there_after_opening_again() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("new/folders/store.db");
    for number in 1..5 {
        let store = open(&path).unwrap();
        store.ensure(COLLECTIONS).await.unwrap();
        store.commit(vec![put(key(&THINGS, number), r#"{"rank":1}"#)]).await.unwrap();
        assert_eq!(position(&path), i64::from(number));
        for earlier in 1..=number {
            assert!(store.get(&key(&THINGS, earlier)).await.unwrap().is_some());
        }
    }
}

#[tokio::test]
async fn closing_finishes_what_was_accepted_and_refuses_the_rest() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let store = open(&path).unwrap();
    store.ensure(COLLECTIONS).await.unwrap();
    let accepted = (1..=100).map(|it| store.commit(vec![put(key(&THINGS, it), "{}")]));
    let (landed, ()) = tokio::join!(all(accepted), store.close());
    assert!(landed.iter().all(Result::is_ok));
    let closed = |it: StoreError| matches!(it, StoreError::Unavailable(_));
    assert!(store.commit(vec![put(key(&THINGS, 101), "{}")]).await.is_err_and(closed));
    assert!(store.get(&key(&THINGS, 1)).await.is_err_and(closed));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(left, std::slice::from_ref(&path));
    drop(store);
    let store = open(&path).unwrap();
    store.ensure(COLLECTIONS).await.unwrap();
    let page = store.list(&Query::by_id(Owner::Platform, "things", 200)).await.unwrap();
    assert_eq!(page.records.len(), 100);
}

async fn all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    let mut outputs = Vec::new();
    std::future::poll_fn(|context| {
        futures.retain_mut(|it| match it.as_mut().poll(context) {
            std::task::Poll::Ready(output) => {
                outputs.push(output);
                false
            }
            std::task::Poll::Pending => true,
        });
        if futures.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    outputs
}

#[tokio::test]
async fn many_can_open_a_new_file_at_once() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let path = path.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(async {
                    let store = open(&path).unwrap();
                    store.ensure(COLLECTIONS).await.unwrap();
                    store.commit(vec![put(key(&THINGS, number), "{}")]).await.unwrap();
                });
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(position(&path), 8);
}

#[test]
fn a_path_that_cannot_be_opened_is_said_in_one_sentence() {
    let folder = TempDir::new().unwrap();
    let (file, foreign) = (folder.path().join("file"), folder.path().join("foreign.db"));
    fs::write(&file, "no database, but long enough to be taken for one".repeat(100)).unwrap();
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
    for (path, reason) in [
        (folder.path().to_owned(), "it is a directory"),
        (file.join("store.db"), "folder cannot be made"),
        (file, "not a database"),
        (foreign, "another program"),
    ] {
        let error = open(&path).unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains(path.to_str().unwrap()), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[tokio::test]
async fn a_newer_layout_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    drop(open(&path).unwrap());
    let newer = "UPDATE _meta SET value = 999 WHERE name = 'layout'";
    Connection::open(&path).unwrap().execute_batch(newer).unwrap();
    let error = open(&path).unwrap_err().to_string();
    assert!(error.contains("its layout is 999"), "{error}");
}

#[tokio::test]
async fn indexes_become_what_is_declared() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let store = open(&path).unwrap();
    let with = |indexes| [Collection { indexes, ..THINGS }];
    let list = async |index| {
        let by_id = Query::by_id(Owner::Platform, "things", 9);
        let page = store.list(&Query { index: Some(index), ..by_id }).await;
        page.map(|it| it.records.iter().map(|it| it.key.id.bytes()[0]).collect::<Vec<_>>())
    };
    store.ensure(&with(&[])).await.unwrap();
    for (number, body) in [(1, r#"{"rank":2,"a":1}"#), (2, r#"{"rank":1,"a":2}"#)] {
        store.commit(vec![put(key(&THINGS, number), body)]).await.unwrap();
    }
    assert!(list(&BY_RANK).await.is_err());
    store.ensure(&with(&[BY_RANK])).await.unwrap();
    assert_eq!(list(&BY_RANK).await.unwrap(), [2, 1]);

    store.ensure(&with(&[CHANGED])).await.unwrap();
    assert_eq!(list(&CHANGED).await.unwrap(), [1, 2]);
    let twice = store.commit(vec![put(key(&THINGS, 3), r#"{"rank":9,"a":2}"#)]).await;
    assert!(matches!(twice, Err(StoreError::Duplicate { index: "by_rank", .. })), "{twice:?}");

    // One that nobody declares any more goes only when it is told to.
    store.ensure(&with(&[])).await.unwrap();
    assert!(store.commit(vec![put(key(&THINGS, 3), r#"{"rank":9,"a":2}"#)]).await.is_err());
    store.mend(&with(&[])).await.unwrap();
    store.commit(vec![put(key(&THINGS, 3), r#"{"rank":9,"a":2}"#)]).await.unwrap();
    let refused = store.ensure(&with(&[CHANGED])).await;
    assert!(matches!(refused, Err(StoreError::Duplicate { index: "by_rank", .. })), "{refused:?}");
    store.commit(vec![put(key(&THINGS, 4), "{}")]).await.unwrap();
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL";
    let count: i64 = Connection::open(&path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(count, 0);
}

#[tokio::test]
async fn values_are_no_part_of_the_statement() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder.path().join("store.db")).unwrap();
    store.ensure(COLLECTIONS).await.unwrap();
    let handle = "' OR 1=1; DROP TABLE accounts; --";
    let body = format!(r#"{{"handle":"{handle}"}}"#);
    store.commit(vec![put(key(&ACCOUNTS, 1), &body)]).await.unwrap();
    store.commit(vec![put(key(&ACCOUNTS, 2), r#"{"handle":"b"}"#)]).await.unwrap();
    let equal = vec![store::Scalar::Text(handle.to_owned())];
    let by_id = Query::by_id(Owner::Platform, "accounts", 9);
    let page = store.list(&Query { index: Some(&BY_HANDLE), equal, ..by_id }).await.unwrap();
    assert_eq!(page.records.len(), 1);
}
