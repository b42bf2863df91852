use std::fmt::Display;

use adapters::files::Kind;
use bytes::Bytes;
use futures_util::Stream;
use model::{
    Doc,
    core::{AccessLevel, File, FileStatus, User},
};

use super::upload::{NewFile, Owner, Terms, boxed};
use crate::{Error, Result, SignedIn};

impl SignedIn {
    /// Puts a picture of themselves in place of the one before.
    ///
    /// # Errors
    /// [`Error::Upload`] for what is not taken; [`Error::NotAllowed`] for what is no picture.
    pub async fn change_avatar<E: Display>(
        &self,
        new: NewFile,
        chunks: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Doc<File>> {
        let house = &self.house;
        let owner = Owner { user: Some(self.user.id), ..Owner::default() };
        let new =
            NewFile { directory: "avatars".to_owned(), access_level: AccessLevel::Public, ..new };
        let terms = Terms::of(&self.by);
        let file = house.upload(owner, new, boxed(chunks), &terms, |_, _| Ok(())).await?;
        let is_picture = Kind::from_mime(&file.body.mime_type).is_some_and(Kind::is_picture);
        if !is_picture {
            house.discard(None, &file, FileStatus::Deleted).await?;
            return Err(Error::NotAllowed("This is no picture."));
        }
        let to = |seen: &User| Ok(User { avatar_file: Some(file.id), ..seen.clone() });
        let before = match self.change_user("users.update", to).await {
            Ok((before, _)) => before.body.avatar_file,
            Err(error) => {
                house.discard(None, &file, FileStatus::Failed).await?;
                return Err(error);
            }
        };
        if let Some(before) = before
            && let Some(before) = house.file(None, before).await?
        {
            house.discard(None, &before, FileStatus::Deleted).await?;
        }
        Ok(file)
    }
}
