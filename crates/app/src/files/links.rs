use std::{fmt, ops::Range, str::FromStr, time::Duration};

use adapters::files::{Content, FileName, Served};
use model::{
    Doc, Id, ObjectId, Timestamp,
    core::{AccessLevel, File, FileStatus, Organization},
};

use crate::{Doors, Error, Member, Once, Request, Result, keyring::Purpose, retries::Turn};

/// How long the link to a private file is good.
const LONGEST_LINK: Duration = Duration::from_mins(15);

/// The name of a file in addresses: whose it is, and its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    owner: Option<Id<Organization>>,
    id: Id<File>,
}

/// What lets one read a private file for a while.
#[derive(Debug, Clone)]
pub struct FileLink {
    pub to: Link,
    pub expires_at: Timestamp,
    pub signature: String,
}

/// A file for whoever may read it.
pub struct OpenedFile {
    pub file: Doc<File>,
    /// What a browser may do with it.
    pub served: Served,
    pub content: Content,
}

impl Link {
    /// Of a document.
    pub fn to(file: &Doc<File>) -> Self {
        Self { owner: file.organization_id, id: file.id }
    }

    fn parts(&self, expires_at: Timestamp) -> [Vec<u8>; 2] {
        [self.to_string().into_bytes(), expires_at.millis().to_be_bytes().to_vec()]
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(owner) = self.owner {
            write!(f, "{owner}")?;
        }
        write!(f, "{}", self.id)
    }
}

impl FromStr for Link {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let unknown = || Error::NotFound("file");
        let split = text.len().checked_sub(24).and_then(|it| text.split_at_checked(it));
        let (owner, id) = split.ok_or_else(unknown)?;
        let read = |it: &str| it.parse::<ObjectId>().map_err(|_| unknown());
        let owner = if owner.is_empty() { None } else { Some(Id::new(read(owner)?)) };
        Ok(Self { owner, id: Id::new(read(id)?) })
    }
}

impl Member {
    /// Lets whoever has the answer read a file for 15 minutes.
    ///
    /// # Errors
    /// [`Error::NotFound`]; as [`Member::create`].
    pub async fn link_file(
        &self,
        id: Id<File>,
        asked: Request<FileLink>,
    ) -> Result<Once<FileLink>> {
        let has_key = asked.retry.is_some();
        let attempt = match self.turn(asked.retry).await? {
            Turn::First(attempt) => attempt,
            Turn::Before(answer) => return Ok(Once::Before(answer)),
        };
        let link = self.new_link(id).await?;
        if !has_key {
            return Ok(Once::New(link));
        }
        // A link is nothing that is kept: its answer is all that there is to write.
        let at = self.tenant().now();
        let mut unit = self.tenant().house().store.platform().begin(at);
        attempt.remember_sealed(&mut unit, || (asked.answer)(&link), at)?;
        let kept = unit.commit().await.map_err(Error::from);
        attempt.settle(kept.map(|()| link)).await
    }

    async fn new_link(&self, id: Id<File>) -> Result<FileLink> {
        let file = self.get(id).await?;
        if file.body.status != FileStatus::Active {
            return Err(Error::NotFound("file"));
        }
        let to = Link::to(&file);
        let expires_at = self.tenant().now().plus(LONGEST_LINK);
        let [name, end] = to.parts(expires_at);
        let keyring = &self.tenant().house().gate.keyring;
        let signature = keyring.mac(Purpose::SignedLink, &[&name, &end]);
        Ok(FileLink { to, expires_at, signature })
    }
}

impl Doors {
    /// For whoever has the address of a public file, or a link to a private one that has not
    /// ended.
    ///
    /// # Errors
    /// [`Error::NotFound`], whatever is wrong with the link.
    pub async fn file(
        &self,
        to: Link,
        signed: Option<(Timestamp, &str)>,
        range: Option<Range<u64>>,
    ) -> Result<OpenedFile> {
        let unknown = || Error::NotFound("file");
        let house = &self.0;
        let files = house.files()?;
        let is_signed = signed.is_some_and(|(expires_at, signature)| {
            let [name, end] = to.parts(expires_at);
            house.gate.keyring.has_signed(Purpose::SignedLink, &[&name, &end], signature)
                && house.environment.now() < expires_at
        });
        let file = house.file(to.owner, to.id).await?.ok_or_else(unknown)?;
        let is_public = file.body.access_level == AccessLevel::Public;
        if file.body.status != FileStatus::Active || !(is_public || is_signed) {
            return Err(unknown());
        }
        let key = file.body.storage_key.parse().map_err(|_| unknown())?;
        let size = file.body.size;
        let range = range.map(|it| it.start..it.end.min(size)).filter(|it| it.start < it.end);
        let content = files.bytes.get(&key, range).await?;
        let served = Served::new(&file.body.mime_type, &FileName::sanitized(&file.body.filename));
        Ok(OpenedFile { file, served, content })
    }
}
