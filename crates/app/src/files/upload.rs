use std::{
    collections::BTreeMap,
    fmt::Display,
    pin::Pin,
    sync::{Mutex, PoisonError},
};

use adapters::files::{FileName, StorageKey, Stored, Upload, UploadError};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use model::{
    Doc, Id, Timestamp,
    core::{AccessLevel, File, FileStatus, FileUpload, Organization, User},
    hex,
    session::{BookingSession, FilePlace},
};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::PlatformUnit;

use super::{Parts, quota::Room};
use crate::{
    By, Error, Member, Once, Request, Result, Retry, audit::Change, doors::House,
    environment::random,
};

/// No file that comes in is larger: 25 MiB.
pub const MOST_BYTES: u64 = 25 * 1024 * 1024;

/// What its sender says of a file.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// As a person has called it: what is not allowed in a name is left out.
    pub filename: String,
    /// The media type, checked against the content.
    pub declared: Option<String>,
    pub directory: String,
    pub access_level: AccessLevel,
    pub metadata: BTreeMap<String, String>,
    /// It is no longer than this, when that is known.
    pub most_bytes: Option<u64>,
}

/// Bytes as they come in.
pub(super) type Chunks<'a> = Pin<Box<dyn Stream<Item = Result<Bytes, String>> + Send + 'a>>;

/// Whose a new file is.
#[derive(Default)]
pub(super) struct Owner {
    pub(super) organization: Option<Id<Organization>>,
    pub(super) user: Option<Id<User>>,
    pub(super) session: Option<Id<BookingSession>>,
}

/// What is taken, and for how long.
pub(super) struct Terms<'a> {
    pub(super) most_bytes: u64,
    /// A place of a flow says which types it takes; otherwise all that can be kept are taken.
    pub(super) place: Option<&'a FilePlace>,
    pub(super) ends_at: Option<Timestamp>,
    /// Whose change it is in the audit log, which visits are not in.
    pub(super) by: Option<&'a By>,
}

impl<'a> Terms<'a> {
    /// Those of people who are signed in.
    pub(super) fn of(by: &'a By) -> Self {
        Self { most_bytes: MOST_BYTES, place: None, ends_at: None, by: Some(by) }
    }
}

impl Member {
    /// Keeps a file. Nobody can read it before all of it is there.
    ///
    /// # Errors
    /// [`Error::Upload`] for what is not taken; [`Error::OverQuota`]; [`Error::Invalid`].
    ///
    /// A request is sent again when what is said of the file and its bytes are the same.
    pub async fn upload<E: Display>(
        &self,
        new: NewFile,
        chunks: impl Stream<Item = Result<Bytes, E>> + Send,
        asked: Request<Doc<File>>,
    ) -> Result<Once<Doc<File>>> {
        let house = self.tenant().house();
        let organization = Some(self.tenant().organization());
        let owner = Owner { organization, user: self.by().user_id(), session: None };
        let mut attempt = house.attempt(self.by(), organization, asked.retry.as_ref()).await?;
        let hash = Mutex::new(asked.retry.as_ref().map(|it| begun(it, &new)));
        let mut chunks: Chunks<'_> = Box::pin(boxed(chunks).inspect_ok(|chunk| {
            if let Some(hash) = &mut *hash.lock().unwrap_or_else(PoisonError::into_inner) {
                hash.update(chunk);
            }
        }));
        let hashed = || {
            let hash = hash.lock().unwrap_or_else(PoisonError::into_inner).take();
            hash.map(|it| it.finalize().to_vec()).unwrap_or_default()
        };
        if attempt.is_repeated() {
            read_through(&mut chunks).await?;
            if let Some(answer) = attempt.received(&hashed())? {
                return Ok(Once::Before(answer));
            }
        }
        let keep = |unit: &mut PlatformUnit, file: &Doc<File>| {
            attempt.received(&hashed())?;
            attempt.remember(unit, || (asked.answer)(file), file.updated_at)
        };
        let uploaded = house.upload(owner, new, chunks, &Terms::of(self.by()), keep).await;
        attempt.settle(uploaded).await
    }
}

/// The hash of a request with what is said of the file; its bytes are to follow.
fn begun(retry: &Retry, new: &NewFile) -> Sha256 {
    let NewFile { filename, declared, directory, access_level, metadata, .. } = new;
    let said = json!([filename, declared, directory, access_level, metadata]);
    Sha256::new().chain_update(&retry.request).chain_update(said.to_string())
}

/// Reads what comes in and keeps nothing of it.
async fn read_through(chunks: &mut Chunks<'_>) -> Result<()> {
    let mut left = MOST_BYTES;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|it| Error::Upload(UploadError::Broken(it)))?;
        let rest = left.checked_sub(chunk.len() as u64);
        left = rest.ok_or(Error::Upload(UploadError::TooLarge(MOST_BYTES)))?;
    }
    Ok(())
}

pub(super) fn boxed<'a, E: Display>(
    chunks: impl Stream<Item = Result<Bytes, E>> + Send + 'a,
) -> Chunks<'a> {
    Box::pin(chunks.map(|it| it.map_err(|error| error.to_string())))
}

impl House {
    /// The document first, then the bytes, then the document as active: whatever stops half-way
    /// is found by its document and can be read by nobody.
    pub(super) async fn upload(
        &self,
        owner: Owner,
        new: NewFile,
        chunks: Chunks<'_>,
        terms: &Terms<'_>,
        keep: impl FnOnce(&mut PlatformUnit, &Doc<File>) -> Result<()> + Send,
    ) -> Result<Doc<File>> {
        let files = self.files.clone().ok_or(Error::NoFiles)?;
        let parts = &*files.0;
        let most_bytes = new.most_bytes.unwrap_or(MOST_BYTES).min(terms.most_bytes);
        let upload = Upload::begin(chunks, new.declared.as_deref(), most_bytes).await?;
        if terms.place.is_some_and(|it| !it.takes(upload.kind().mime())) {
            return Err(UploadError::UnknownType.into());
        }
        let name = FileName::sanitized(&new.filename).ending_with(upload.kind().extensions());
        let key = StorageKey::new(random());
        let pending = File {
            access_level: new.access_level,
            user_id: owner.user,
            booking_session_id: owner.session,
            directory: new.directory,
            filename: name.as_str().to_owned(),
            mime_type: upload.kind().mime().to_owned(),
            size: most_bytes,
            sha256: None,
            storage_key: key.to_string(),
            storage_provider: parts.provider,
            storage_location: None,
            status: FileStatus::Pending,
            upload: FileUpload::Direct {},
            ttl_for_lifecycle: terms.ends_at,
            metadata: new.metadata,
        };
        let id = self.environment.new_id();
        let room = match owner.organization {
            Some(it) => Some(self.reserve(&files, it, id, most_bytes).await?),
            None => None,
        };
        let seen = self.insert_file(owner.organization, id, pending).await?;
        let stored = upload.store(&key, &parts.bytes, &parts.pictures).await;
        let stored = stored.map_err(Error::from).and_then(|stored| {
            room.as_ref().map_or(Ok(()), |it| it.fits(stored.size))?;
            Ok(stored)
        });
        let finished = match stored {
            Ok(stored) => {
                let body = active(parts, &seen.body, &stored);
                self.activate(owner.organization, &seen, body, terms.by, keep).await
            }
            Err(error) => Err(error),
        };
        match &finished {
            Ok(_) => room.into_iter().for_each(Room::taken),
            Err(error) => {
                tracing::debug!(%error, file = %seen.id, "an upload failed");
                // What cannot be written now is found later by its age.
                if let Err(error) =
                    self.discard(owner.organization, &seen, FileStatus::Failed).await
                {
                    tracing::warn!(%error, file = %seen.id, "a failed upload stays for now");
                }
            }
        }
        finished
    }

    async fn insert_file(
        &self,
        owner: Option<Id<Organization>>,
        id: Id<File>,
        body: File,
    ) -> Result<Doc<File>> {
        let at = self.environment.now();
        if let Some(organization) = owner {
            let mut unit = self.store.scoped(organization).begin(at);
            unit.insert(id, &body)?;
            unit.commit().await?;
        } else {
            self.store.platform().insert(id, at, &body).await?;
        }
        Ok(Doc { id, organization_id: owner, version: 1, created_at: at, updated_at: at, body })
    }

    async fn activate(
        &self,
        owner: Option<Id<Organization>>,
        seen: &Doc<File>,
        body: File,
        by: Option<&By>,
        keep: impl FnOnce(&mut PlatformUnit, &Doc<File>) -> Result<()>,
    ) -> Result<Doc<File>> {
        let at = self.environment.now();
        let mut unit = self.store.platform().begin(at);
        self.put_file(&mut unit, owner, seen, &body)?;
        let file = Doc { version: seen.version + 1, updated_at: at, body, ..seen.clone() };
        keep(&mut unit, &file)?;
        match by {
            Some(by) => {
                self.commit(unit, owner, by, Change::created(seen.id, &file.body), at).await?;
            }
            None => unit.commit().await?,
        }
        Ok(file)
    }
}

/// A file whose bytes are there.
fn active(files: &Parts, pending: &File, stored: &Stored) -> File {
    let name = FileName::sanitized(&pending.filename).ending_with(stored.kind.extensions());
    File {
        filename: name.as_str().to_owned(),
        mime_type: stored.kind.mime().to_owned(),
        size: stored.size,
        sha256: Some(hex(&stored.sha256)),
        storage_location: Some(files.location.clone()),
        status: FileStatus::Active,
        ..pending.clone()
    }
}

impl By {
    fn user_id(&self) -> Option<Id<User>> {
        match self.actor.kind {
            model::core::ActorKind::User => self.actor.id.map(Id::new),
            _ => None,
        }
    }
}

impl From<adapters::files::FileError> for Error {
    fn from(error: adapters::files::FileError) -> Self {
        match error {
            adapters::files::FileError::NotFound => Self::NotFound("file"),
            adapters::files::FileError::Full => Self::StoreFull,
            other => Self::Files(other),
        }
    }
}

impl From<UploadError> for Error {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Store(error) => error.into(),
            other => Self::Upload(other),
        }
    }
}
