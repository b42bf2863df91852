use std::{
    fs::{self, File},
    io::{ErrorKind, Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::{
    KeyringError,
    key::{MasterKey, parse},
};

const NOTE: &str = "\
# The keys of this Wrkbelt, the newest first. What is sealed in the store opens only with them:
# keep a copy elsewhere, apart from the backups, and remove no key that is still in use.
";

pub(super) fn read(path: &Path) -> Result<Vec<MasterKey>, KeyringError> {
    let mut file = File::open(path)?;
    if file.metadata()?.permissions().mode() & 0o007 != 0 {
        return Err(KeyringError::Exposed);
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text)?;
    parse(&text)
}

/// Makes a keyring with one key, or reads the one that another process has made meanwhile.
pub(super) fn create(path: &Path) -> Result<Vec<MasterKey>, KeyringError> {
    let keys = vec![MasterKey::random()];
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    match written(folder, &keys)?.persist_noclobber(path) {
        Ok(_) => File::open(folder)?.sync_all()?,
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => return read(path),
        Err(refused) => return Err(refused.error.into()),
    }
    Ok(keys)
}

/// Puts a new key before those in the file, one process at a time.
pub(super) fn rotate(path: &Path) -> Result<Vec<MasterKey>, KeyringError> {
    let folder = File::open(folder_of(path))?;
    folder.lock()?;
    let mut keys = read(path)?;
    keys.insert(0, MasterKey::random());
    written(folder_of(path), &keys)?.persist(path).map_err(|it| it.error)?;
    folder.sync_all()?;
    Ok(keys)
}

/// A file that only its owner may read, complete and on the disk, not yet in its place.
fn written(folder: &Path, keys: &[MasterKey]) -> Result<NamedTempFile, KeyringError> {
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(NOTE.as_bytes())?;
    for key in keys {
        file.write_all(key.text().as_bytes())?;
        file.write_all(b"\n")?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
