use std::{
    fs::{self, File, TryLockError},
    path::Path,
};

use store::{Result, StoreError};

use crate::SqliteBackend;

/// Keeps other processes from serving a file, until it is dropped or the process ends.
#[derive(Debug)]
pub struct Serving {
    _file: File,
}

impl SqliteBackend {
    /// Locks `PATH.lock`, a file beside the store that stays there: to remove it would let two
    /// processes lock two files of the same name. Those who share the lock let each other in.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] in one sentence, when another process has the lock.
    pub fn lock_for_serving(path: &Path, shared: bool) -> Result<Serving> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let refused = |reason: &dyn std::fmt::Display| {
            StoreError::Unavailable(format!("cannot lock {}: {reason}", path.display()))
        };
        if path.is_dir() {
            return Err(refused(&"it is a directory"));
        }
        if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|error| refused(&error))?;
        }
        let file = File::options().create(true).append(true).open(name);
        let file = file.map_err(|error| refused(&error))?;
        let locked = if shared { file.try_lock_shared() } else { file.try_lock() };
        match locked {
            Ok(()) => Ok(Serving { _file: file }),
            Err(TryLockError::Error(error)) => Err(refused(&error)),
            Err(TryLockError::WouldBlock) => Err(StoreError::Unavailable(format!(
                "{} is being served by another process; stop it first, or end the URL of the store \
                 with `?shared` for each server, to let several of one machine use it",
                path.display()
            ))),
        }
    }
}
