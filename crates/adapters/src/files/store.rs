use std::{
    error::Error,
    fs::{self, File},
    io::{self, ErrorKind},
    iter,
    ops::Range,
    path::Path,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use model::Timestamp;
use object_store::{
    ClientOptions, GetOptions, ObjectStore, ObjectStoreExt, RetryConfig, aws::AmazonS3Builder,
    buffered::BufWriter, local::LocalFileSystem, path::Path as Location,
};
use tokio::{io::AsyncWriteExt, task};

use super::{StorageKey, unfinished};

/// A smaller file is written at once, a larger one in parts of this size, in bytes.
const PART: usize = 5 * 1024 * 1024;
/// Of one file at once.
const PARTS_UNDER_WAY: usize = 2;

/// Where the content of files is kept. What was put is durable, and nothing can be read that was
/// not put to its end.
#[derive(Debug, Clone)]
pub struct FileStore {
    objects: Arc<dyn ObjectStore>,
    /// None of a bucket.
    folder: Option<Arc<Path>>,
}

/// A bucket, and who may use it.
#[derive(Clone)]
pub struct S3Settings {
    pub bucket: String,
    pub region: String,
    /// Of a server that is not Amazon's.
    pub endpoint: Option<String>,
    pub access_key: String,
    pub secret_key: String,
    /// The bucket is named in the path, not in the host.
    pub path_style: bool,
    /// For tests: what goes over the wire can be read there.
    pub allow_http: bool,
}

/// The content of a file, or a part of it.
pub struct Content {
    /// Of the whole file, in bytes.
    pub size: u64,
    /// Of the whole file, which part follows.
    pub range: Range<u64>,
    pub chunks: BoxStream<'static, Result<Bytes, FileError>>,
}

/// A file as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub key: StorageKey,
    /// In bytes.
    pub size: u64,
    pub written_at: Timestamp,
}

/// Why a file was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("there is no such file")]
    NotFound,
    /// No room to write; reading goes on.
    #[error("the file store is full")]
    Full,
    #[error("the settings of the file store make no sense: {0}")]
    Settings(String),
    /// The store did not answer as it should: whether a write has happened is not known.
    #[error("the file store is unavailable: {0}")]
    Unavailable(String),
}

impl FileStore {
    /// A folder of this machine, which is made when it is not there.
    ///
    /// # Errors
    /// [`FileError::Settings`] when it cannot be.
    pub fn local(folder: &Path) -> Result<Self, FileError> {
        let bad = |error: &dyn Error| FileError::Settings(format!("{}: {error}", folder.display()));
        fs::create_dir_all(folder).map_err(|error| bad(&error))?;
        sync_names(folder).map_err(|error| bad(&error))?;
        let files = LocalFileSystem::new_with_prefix(folder).map_err(|error| bad(&error))?;
        Ok(Self { objects: Arc::new(files.with_fsync(true)), folder: Some(folder.into()) })
    }

    /// A bucket that is there. It should have a lifecycle rule that ends unfinished uploads: those
    /// of a process that was killed stay otherwise.
    ///
    /// # Errors
    /// [`FileError::Settings`]; whether the bucket answers is seen at the first use.
    pub fn s3(settings: S3Settings) -> Result<Self, FileError> {
        // Whoever came first has installed the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let retry = RetryConfig {
            max_retries: 3,
            retry_timeout: Duration::from_secs(20),
            ..RetryConfig::default()
        };
        let client = ClientOptions::new()
            .with_allow_http(settings.allow_http)
            .with_connect_timeout(Duration::from_secs(5));
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(settings.bucket)
            .with_region(settings.region)
            .with_access_key_id(settings.access_key)
            .with_secret_access_key(settings.secret_key)
            .with_virtual_hosted_style_request(!settings.path_style)
            .with_client_options(client)
            .with_retry(retry);
        if let Some(endpoint) = settings.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let bucket = builder.build().map_err(|error| FileError::Settings(error.to_string()))?;
        Ok(Self { objects: Arc::new(bucket), folder: None })
    }

    /// Writes all chunks; durable when it returns. At an error, of the chunks or of the store,
    /// nothing is kept.
    pub async fn put<E: From<FileError>>(
        &self,
        key: &StorageKey,
        chunks: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<(), E> {
        let mut writer = BufWriter::with_capacity(Arc::clone(&self.objects), location(key), PART)
            .with_max_concurrency(PARTS_UNDER_WAY);
        let written = chunks
            .try_fold(&mut writer, async |writer, chunk| {
                writer.put(chunk).await.map_err(FileError::from)?;
                Ok(writer)
            })
            .await
            .map(drop);
        if let Err(error) = written {
            if let Err(error) = writer.abort().await {
                tracing::warn!(%key, %error, "an unfinished upload stays");
            }
            return Err(error);
        }
        writer.shutdown().await.map_err(|error| FileError::from(error).into())
    }

    /// Reads a file, or the part of it that `range` has.
    ///
    /// # Errors
    /// [`FileError::NotFound`], also for a range that begins behind the end.
    pub async fn get(
        &self,
        key: &StorageKey,
        range: Option<Range<u64>>,
    ) -> Result<Content, FileError> {
        let options = GetOptions { range: range.map(Into::into), ..GetOptions::default() };
        let found = self.objects.get_opts(&location(key), options).await?;
        let (size, range) = (found.meta.size, found.range.clone());
        let chunks = found.into_stream().map_err(FileError::from).boxed();
        Ok(Content { size, range, chunks })
    }

    /// Also well when there is no such file.
    pub async fn delete(&self, key: &StorageKey) -> Result<(), FileError> {
        match self.objects.delete(&location(key)).await.map_err(FileError::from) {
            Err(FileError::NotFound) => Ok(()),
            deleted => deleted,
        }
    }

    /// All files, in no order. What was not put by this store is left out.
    pub fn list(&self) -> BoxStream<'static, Result<Listed, FileError>> {
        let listed = self.objects.list(None).map_err(FileError::from);
        let ours = listed.try_filter_map(async |it| {
            let written_at = Timestamp::from_millis(it.last_modified.timestamp_millis());
            let key = it.location.as_ref().parse().ok();
            Ok(key.map(|key| Listed { key, size: it.size, written_at }))
        });
        ours.boxed()
    }

    /// Takes away what killed processes have left unfinished in a folder and was not written to
    /// since `before`, and counts it. For a bucket its lifecycle rule does that.
    pub async fn remove_unfinished(&self, before: Timestamp) -> Result<u64, FileError> {
        let Some(folder) = self.folder.clone() else { return Ok(0) };
        let millis = u64::try_from(before.millis()).unwrap_or(0);
        let before = UNIX_EPOCH + Duration::from_millis(millis);
        let removed = task::spawn_blocking(move || unfinished::remove(&folder, before)).await;
        removed.map_err(io::Error::other)?.map_err(FileError::from)
    }
}

impl Content {
    /// All of it in memory.
    pub async fn bytes(self) -> Result<Bytes, FileError> {
        let add = async |mut all: Vec<u8>, chunk: Bytes| {
            all.extend_from_slice(&chunk);
            Ok(all)
        };
        self.chunks.try_fold(Vec::new(), add).await.map(Bytes::from)
    }
}

/// Makes a folder durable that may be new, with those that it is in.
fn sync_names(folder: &Path) -> io::Result<()> {
    for folder in folder.canonicalize()?.ancestors() {
        // One that cannot be opened was not made here.
        if let Ok(folder) = File::open(folder) {
            folder.sync_all()?;
        }
    }
    Ok(())
}

fn location(key: &StorageKey) -> Location {
    Location::from(key.as_str())
}

/// An error and those that caused it. What an I/O error wraps is not its source.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&it| {
        let wrapped = it.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|it| it as &(dyn Error + 'static)).or_else(|| it.source())
    })
}

impl From<object_store::Error> for FileError {
    fn from(error: object_store::Error) -> Self {
        if matches!(error, object_store::Error::NotFound { .. }) {
            return Self::NotFound;
        }
        io::Error::other(error).into()
    }
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        let full = |it: &(dyn Error + 'static)| {
            it.downcast_ref::<io::Error>().is_some_and(|it| {
                matches!(it.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
            })
        };
        if causes(&error).any(full) {
            return Self::Full;
        }
        let mut reasons: Vec<_> = causes(&error).map(ToString::to_string).collect();
        // An error often says its cause itself.
        reasons.dedup_by(|cause, error| error.contains(cause.as_str()));
        Self::Unavailable(reasons.join(": "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_room_is_told_from_other_failures() {
        let caused = |kind: ErrorKind| {
            let error = io::Error::other(io::Error::from(kind));
            FileError::from(object_store::Error::Generic { store: "folder", source: error.into() })
        };
        assert!(matches!(caused(ErrorKind::StorageFull), FileError::Full));
        assert!(matches!(caused(ErrorKind::QuotaExceeded), FileError::Full));
        assert!(matches!(caused(ErrorKind::PermissionDenied), FileError::Unavailable(_)));
    }
}
