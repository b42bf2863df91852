use std::{mem, pin::Pin};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};

use super::{FileError, FileStore, HEAD, Kind, PictureError, Pictures, StorageKey};

/// A file that is coming in, read as far as its kind can be told.
pub struct Upload<S> {
    kind: Kind,
    head: Bytes,
    rest: Pin<Box<S>>,
    most_bytes: u64,
}

/// What was kept of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Of what is kept, not of what came in.
    pub kind: Kind,
    /// In bytes.
    pub size: u64,
    pub sha256: [u8; 32],
}

/// Why an upload was not kept.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    #[error("the file is empty")]
    Empty,
    #[error("the file has more than {0} bytes")]
    TooLarge(u64),
    #[error("files of this type are not taken")]
    UnknownType,
    /// The content is of another kind than its sender says.
    #[error("the file is said to be another type than it is: {}", .0.mime())]
    Contradicted(Kind),
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The sender stopped.
    #[error("the file did not come in whole: {0}")]
    Broken(String),
    #[error(transparent)]
    Store(#[from] FileError),
}

impl<S, E> Upload<S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: ToString,
{
    /// Reads the first chunks and refuses what is not taken. `declared` is the media type that the
    /// sender gives; what comes after `most_bytes` is never read.
    pub async fn begin(
        chunks: S,
        declared: Option<&str>,
        most_bytes: u64,
    ) -> Result<Self, UploadError> {
        let mut rest = Box::pin(chunks);
        let mut head = BytesMut::new();
        while head.len() < HEAD
            && let Some(chunk) = rest.next().await
        {
            head.extend_from_slice(&chunk.map_err(broken)?);
            if head.len() as u64 > most_bytes {
                return Err(UploadError::TooLarge(most_bytes));
            }
        }
        if head.is_empty() {
            return Err(UploadError::Empty);
        }
        let found = Kind::of(&head).ok_or(UploadError::UnknownType)?;
        let kind = found.declared(declared).ok_or(UploadError::Contradicted(found))?;
        Ok(Self { kind, head: head.freeze(), rest, most_bytes })
    }

    /// What is coming in.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Reads the rest and keeps the file: a picture as [`Pictures`] writes it anew, anything else
    /// as it is. After an error nothing is kept.
    pub async fn store(
        self,
        key: &StorageKey,
        files: &FileStore,
        pictures: &Pictures,
    ) -> Result<Stored, UploadError> {
        let kind = self.kind;
        let mut tally = Tally::default();
        if !kind.is_picture() {
            let counted = self.chunks().inspect_ok(|chunk| tally.add(chunk));
            files.put(key, counted).await?;
            return Ok(tally.stored(kind));
        }
        let _place = pictures.place().await;
        let add = async |mut all: BytesMut, chunk: Bytes| {
            all.extend_from_slice(&chunk);
            Ok(all)
        };
        let original = self.chunks().try_fold(BytesMut::new(), add).await?.freeze();
        let picture = pictures.renew(kind, original).await?;
        tally.add(&picture.bytes);
        files.put(key, stream::iter([Ok::<_, UploadError>(picture.bytes)])).await?;
        Ok(tally.stored(picture.kind))
    }

    /// Everything from the start, up to the first byte too many.
    fn chunks(self) -> impl Stream<Item = Result<Bytes, UploadError>> {
        let Self { mut head, rest, most_bytes, .. } = self;
        let head = stream::iter([Ok(mem::take(&mut head))]);
        let mut left = most_bytes;
        head.chain(rest.map_err(broken)).map(move |chunk| {
            let chunk = chunk?;
            left = left.checked_sub(chunk.len() as u64).ok_or(UploadError::TooLarge(most_bytes))?;
            Ok(chunk)
        })
    }
}

#[derive(Default)]
struct Tally {
    size: u64,
    hash: Sha256,
}

impl Tally {
    fn add(&mut self, chunk: &[u8]) {
        self.size += chunk.len() as u64;
        self.hash.update(chunk);
    }

    fn stored(self, kind: Kind) -> Stored {
        Stored { kind, size: self.size, sha256: self.hash.finalize().into() }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err calls")]
fn broken(error: impl ToString) -> UploadError {
    UploadError::Broken(error.to_string())
}
