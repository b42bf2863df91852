//! Servers that do not do what they should.

use adapters::files::{FileError, FileStore, S3Settings, StorageKey};
use bytes::Bytes;
use futures_util::stream;
use tokio::net::TcpListener;

use crate::place::{Place, settings};

async fn put(store: &FileStore) -> Result<(), FileError> {
    store.put(&StorageKey::new([1; 16]), stream::iter([Ok(Bytes::from_static(b"it"))])).await
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let place = Place::s3().await;
    put(&place.store).await.unwrap();
    let wrong = S3Settings { secret_key: "guessed".into(), ..settings(&place.endpoint) };
    let store = FileStore::s3(wrong).unwrap();
    assert!(matches!(put(&store).await, Err(FileError::Unavailable(_))));
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let store = FileStore::s3(settings(&endpoint)).unwrap();
    assert!(matches!(put(&store).await, Err(FileError::Unavailable(_))));
}

#[tokio::test]
async fn a_server_without_tls_is_not_talked_to_in_clear() {
    let place = Place::s3().await;
    let https = place.endpoint.replace("http:", "https:");
    let store = FileStore::s3(settings(&https)).unwrap();
    assert!(matches!(put(&store).await, Err(FileError::Unavailable(_))));
    let in_clear = S3Settings { allow_http: false, ..settings(&place.endpoint) };
    let refused = match FileStore::s3(in_clear) {
        Ok(store) => put(&store).await,
        Err(error) => Err(error),
    };
    assert!(refused.is_err());
    assert_eq!(place.bytes(), 0);
}
