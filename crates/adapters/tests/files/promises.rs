//! What every store promises, on a folder and on a server that speaks S3.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use adapters::files::{FileError, FileStore, Kind, Pictures, StorageKey, Upload, UploadError};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use model::hex;

use crate::place::Place;

const MIB: usize = 1024 * 1024;

macro_rules! promises {
    ($($promise:ident,)+) => {
        mod local {
            $(#[tokio::test]
            async fn $promise() {
                super::$promise(crate::place::Place::local()).await;
            })+
        }

        mod s3 {
            $(#[tokio::test]
            async fn $promise() {
                super::$promise(crate::place::Place::s3().await).await;
            })+
        }
    };
}
promises! {
    what_was_put_is_read,
    a_part_is_read,
    what_is_not_there_is_not_found,
    a_broken_stream_leaves_nothing,
    a_broken_stream_leaves_what_was_there,
    who_gives_up_leaves_nothing_readable,
    a_delete_may_come_twice,
    files_are_listed_with_size_and_time,
    an_upload_is_counted_and_hashed,
    one_byte_too_many_leaves_nothing,
}

fn key(number: u8) -> StorageKey {
    StorageKey::new([number; 16])
}

fn content(size: usize) -> Bytes {
    (0..=250).cycle().take(size).collect()
}

/// In chunks of 300,000 bytes, as a network would have them.
fn chunks(content: &Bytes) -> impl Stream<Item = Result<Bytes, FileError>> + use<> {
    let content = content.clone();
    let starts = (0..content.len()).step_by(300_000);
    stream::iter(starts.map(move |it| Ok(content.slice(it..content.len().min(it + 300_000)))))
}

/// The same, with an error where the end should be.
fn broken(content: &Bytes) -> impl Stream<Item = Result<Bytes, FileError>> + use<> {
    let error = FileError::Unavailable("the sender is gone".into());
    chunks(content).chain(stream::iter([Err(error)]))
}

async fn read(store: &FileStore, key: &StorageKey) -> Bytes {
    store.get(key, None).await.unwrap().bytes().await.unwrap()
}

async fn what_was_put_is_read(place: Place) {
    let sizes = [0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 17 * MIB];
    for (number, size) in (0..).zip(sizes) {
        let (key, content) = (key(number), content(size));
        place.store.put(&key, chunks(&content)).await.unwrap();
        let found = place.store.get(&key, None).await.unwrap();
        assert_eq!((found.size, found.range.clone()), (size as u64, 0..size as u64));
        assert!(found.bytes().await.unwrap() == content, "{size} bytes differ");
    }
}

async fn a_part_is_read(place: Place) {
    let content = content(MIB);
    place.store.put(&key(1), chunks(&content)).await.unwrap();
    let found = place.store.get(&key(1), Some(1_000..1_010)).await.unwrap();
    assert_eq!((found.size, found.range.clone()), (MIB as u64, 1_000..1_010));
    assert_eq!(found.bytes().await.unwrap(), content.slice(1_000..1_010));
    let end = MIB as u64;
    let found = place.store.get(&key(1), Some(end - 5..end + 5)).await.unwrap();
    assert_eq!(found.range, end - 5..end);
    assert!(place.store.get(&key(1), Some(end..end + 5)).await.is_err());
}

async fn what_is_not_there_is_not_found(place: Place) {
    assert!(matches!(place.store.get(&key(1), None).await, Err(FileError::NotFound)));
}

async fn a_broken_stream_leaves_nothing(place: Place) {
    for size in [1, MIB, 12 * MIB] {
        let put = place.store.put(&key(1), broken(&content(size))).await;
        assert!(matches!(put, Err(FileError::Unavailable(_))));
        assert!(matches!(place.store.get(&key(1), None).await, Err(FileError::NotFound)));
        assert_eq!(place.store.list().count().await, 0);
        assert_eq!(place.bytes(), 0, "{size} bytes came in");
    }
}

async fn a_broken_stream_leaves_what_was_there(place: Place) {
    place.store.put(&key(1), chunks(&content(10))).await.unwrap();
    place.store.put(&key(1), broken(&content(12 * MIB))).await.unwrap_err();
    assert_eq!(read(&place.store, &key(1)).await, content(10));
}

async fn who_gives_up_leaves_nothing_readable(place: Place) {
    let (reached, mut end) = tokio::sync::oneshot::channel();
    let never_ending = chunks(&content(12 * MIB)).chain(stream::once(async {
        reached.send(()).unwrap();
        std::future::pending().await
    }));
    let key = key(1);
    let mut put = Box::pin(place.store.put(&key, never_ending));
    tokio::select! {
        _ = &mut put => panic!("it never ends"),
        it = &mut end => it.unwrap(),
    }
    drop(put);
    assert!(matches!(place.store.get(&key, None).await, Err(FileError::NotFound)));
    assert_eq!(place.store.list().count().await, 0);
}

async fn a_delete_may_come_twice(place: Place) {
    place.store.put(&key(1), chunks(&content(10))).await.unwrap();
    for _ in 0..2 {
        place.store.delete(&key(1)).await.unwrap();
        assert!(matches!(place.store.get(&key(1), None).await, Err(FileError::NotFound)));
    }
}

async fn files_are_listed_with_size_and_time(place: Place) {
    for number in 1..=9 {
        place.store.put(&key(number), chunks(&content(number.into()))).await.unwrap();
    }
    let mut listed: Vec<_> = place.store.list().try_collect().await.unwrap();
    listed.sort_by_key(|it| it.size);
    let keys: Vec<_> = listed.iter().map(|it| it.key.clone()).collect();
    assert_eq!(keys, (1..=9).map(key).collect::<Vec<_>>());
    assert!(listed.iter().map(|it| it.size).eq(1..=9));
    let first_release = "2026-01-01T00:00:00Z".parse().unwrap();
    assert!(listed.iter().all(|it| it.written_at > first_release));
}

fn upload(
    content: &Bytes,
    most_bytes: u64,
) -> impl Future<Output = Result<Upload<impl Stream<Item = Result<Bytes, FileError>>>, UploadError>>
{
    Upload::begin(chunks(content), None, most_bytes)
}

async fn an_upload_is_counted_and_hashed(place: Place) {
    let content = Bytes::from("a,b\n".repeat(3 * MIB));
    let upload = upload(&content, content.len() as u64).await.unwrap();
    let stored = upload.store(&key(1), &place.store, &Pictures::default()).await.unwrap();
    assert_eq!((stored.kind, stored.size), (Kind::Text, content.len() as u64));
    assert_eq!(
        hex(&stored.sha256),
        "bf5747e94fb2416ab9f0f92edb09644f22dec5f88c748a8898f73ca18ba8beda"
    );
    assert!(read(&place.store, &key(1)).await == content);
}

async fn one_byte_too_many_leaves_nothing(place: Place) {
    for size in [10, 12 * MIB] {
        let most = size as u64;
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let more = stream::repeat_with(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok::<_, FileError>(Bytes::from_static(b"x"))
        });
        let whole = stream::iter([Ok(Bytes::from("x".repeat(size)))]);
        let stored = async {
            let upload = Upload::begin(whole.chain(more.take(100)), None, most).await?;
            upload.store(&key(1), &place.store, &Pictures::default()).await
        };
        assert!(matches!(stored.await, Err(UploadError::TooLarge(it)) if it == most));
        assert_eq!(asked.load(Ordering::Relaxed), 1, "it goes on reading");
        assert_eq!(place.bytes(), 0);
    }
}
