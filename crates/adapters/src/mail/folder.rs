use std::{
    fs, io,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::PathBuf,
};

use tokio::task::spawn_blocking;

use super::{MailError, MessageId, address::is_plain};

/// A folder with a file `ID.eml` for each mail.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// It is made with the first mail.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The ids of all mails, sorted downwards: newest first, as ids begin with their time.
    pub async fn list(&self) -> io::Result<Vec<String>> {
        let folder = self.0.clone();
        blocking(move || {
            let entries = match fs::read_dir(folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                Err(error) => return Err(error),
            };
            let mut ids = Vec::new();
            for entry in entries {
                let name = entry?.file_name();
                let id = name.to_str().and_then(|it| it.strip_suffix(".eml"));
                ids.extend(id.filter(|it| is_plain(it)).map(str::to_owned));
            }
            ids.sort_unstable_by(|a, b| b.cmp(a));
            Ok(ids)
        })
        .await
    }

    /// A mail as it would have been sent; `None` when there is none of that id.
    pub async fn read(&self, id: &str) -> io::Result<Option<Vec<u8>>> {
        if !is_plain(id) {
            return Ok(None);
        }
        let path = self.0.join(format!("{id}.eml"));
        blocking(move || match fs::read(path) {
            Ok(mail) => Ok(Some(mail)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// The file is there whole or not at all.
    pub(super) async fn write(&self, id: &MessageId, mail: Vec<u8>) -> Result<(), MailError> {
        let folder = self.0.clone();
        let unfinished = folder.join(format!(".{}.tmp", id.id()));
        let finished = folder.join(format!("{}.eml", id.id()));
        let written = blocking(move || {
            // Mails have links in them that let their recipient in.
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            let mut new = fs::OpenOptions::new();
            let mut file =
                new.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
            file.write_all(&mail)?;
            file.sync_all()?;
            fs::rename(unfinished, finished)
        });
        written.await.map_err(|error| {
            MailError::Temporary(format!("{} cannot be written: {error}", self.0.display()))
        })
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}
