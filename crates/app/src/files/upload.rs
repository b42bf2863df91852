use std::{collections::BTreeMap, fmt::Display, pin::Pin};

use adapters::files::{FileName, StorageKey, Stored, Upload, UploadError};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use model::{
    Doc, Id, Timestamp,
    core::{AccessLevel, File, FileStatus, FileUpload, Organization, User},
    hex,
    session::{BookingSession, FilePlace},
};

use super::Parts;
use crate::{By, Error, Member, Result, audit::Change, doors::House, environment::random};

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
    pub async fn upload<E: Display>(
        &self,
        new: NewFile,
        chunks: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Doc<File>> {
        let owner = Owner {
            organization: Some(self.tenant().organization()),
            user: self.by().user_id(),
            session: None,
        };
        self.tenant().house().upload(owner, new, boxed(chunks), &Terms::of(self.by())).await
    }
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
    ) -> Result<Doc<File>> {
        let files = self.files()?;
        let most_bytes = terms.most_bytes;
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
            storage_provider: files.provider,
            storage_location: None,
            status: FileStatus::Pending,
            upload: FileUpload::Direct {},
            ttl_for_lifecycle: terms.ends_at,
            metadata: new.metadata,
        };
        if let Some(organization) = owner.organization {
            self.reserve(organization, most_bytes).await?;
        }
        let seen = match self.insert_file(owner.organization, pending).await {
            Ok(seen) => seen,
            Err(error) => {
                free(files, owner.organization, 1, most_bytes);
                return Err(error);
            }
        };
        let stored = upload.store(&key, &files.bytes, &files.pictures).await;
        let finished = match stored {
            Ok(stored) => self.activate(files, owner.organization, &seen, &stored, terms.by).await,
            Err(error) => Err(error.into()),
        };
        match &finished {
            Ok(file) => {
                let left = most_bytes.saturating_sub(file.body.size);
                free(files, owner.organization, 0, left);
            }
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

    async fn insert_file(&self, owner: Option<Id<Organization>>, body: File) -> Result<Doc<File>> {
        let (id, at) = (self.environment.new_id(), self.environment.now());
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
        files: &Parts,
        owner: Option<Id<Organization>>,
        seen: &Doc<File>,
        stored: &Stored,
        by: Option<&By>,
    ) -> Result<Doc<File>> {
        let name = FileName::sanitized(&seen.body.filename).ending_with(stored.kind.extensions());
        let body = File {
            filename: name.as_str().to_owned(),
            mime_type: stored.kind.mime().to_owned(),
            size: stored.size,
            sha256: Some(hex(&stored.sha256)),
            storage_location: Some(files.location.clone()),
            status: FileStatus::Active,
            ..seen.body.clone()
        };
        let at = self.environment.now();
        let mut unit = self.store.platform().begin(at);
        self.put_file(&mut unit, owner, seen, &body)?;
        match by {
            Some(by) => self.commit(unit, owner, by, Change::created(seen.id, &body), at).await?,
            None => unit.commit().await?,
        }
        Ok(Doc { version: seen.version + 1, updated_at: at, body, ..seen.clone() })
    }
}

fn free(files: &Parts, owner: Option<Id<Organization>>, count: u64, bytes: u64) {
    if let Some(organization) = owner {
        files.usages.free(organization, count, bytes);
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
