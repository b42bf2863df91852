//! What is special in a folder.

use std::{fs, future, mem};

use adapters::files::{FileError, FileStore, StorageKey};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::sync::oneshot;

use crate::place::Place;

#[tokio::test]
async fn what_a_killed_process_left_is_removed() {
    let place = Place::local();
    let (reached, mut end) = oneshot::channel();
    let part = Ok(Bytes::from(vec![1; 6_000_000]));
    let chunks = stream::iter([part]).chain(stream::once(async {
        reached.send(()).unwrap();
        future::pending::<Result<Bytes, FileError>>().await
    }));
    let (finished, unfinished) = (StorageKey::new([1; 16]), StorageKey::new([2; 16]));
    place.store.put(&finished, stream::iter([Ok::<_, FileError>("it".into())])).await.unwrap();
    let mut put = Box::pin(place.store.put(&unfinished, chunks));
    tokio::select! {
        _ = &mut put => panic!("it never ends"),
        it = &mut end => it.unwrap(),
    }
    // Nothing cleans up behind a process that is killed.
    mem::forget(put);

    let removed =
        async |before: &str| place.store.remove_unfinished(before.parse().unwrap()).await.unwrap();
    assert_eq!(removed("2026-01-01T00:00:00Z").await, 0, "it may still be going on");
    assert_eq!(removed("2126-01-01T00:00:00Z").await, 1);
    assert_eq!(place.bytes(), 2, "the finished one stays");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let store = FileStore::local(&file.join("below"));
    assert!(matches!(store, Err(FileError::Settings(it)) if it.contains("file/below")));
}
