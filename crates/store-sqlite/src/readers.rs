use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::Connection;
use store::Result;

use crate::{Options, error, open};

/// Connections that only read; each is one caller's at a time.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    busy_timeout: Duration,
    keep: usize,
    /// `None` when closed.
    idle: Mutex<Option<Vec<Connection>>>,
}

impl Readers {
    pub(crate) fn new(path: &Path, options: &Options) -> Self {
        Self {
            path: path.to_owned(),
            busy_timeout: options.busy_timeout,
            keep: options.readers,
            idle: Mutex::new(Some(Vec::new())),
        }
    }

    /// The writer's connection must be the last one, for it alone can clear the log away.
    pub(crate) fn close(&self) {
        drop(self.idle().take());
    }

    pub(crate) fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let connection = self.take()?;
        let answer = read(&connection);
        if let Some(idle) = self.idle().as_mut().filter(|it| it.len() < self.keep) {
            idle.push(connection);
        }
        answer
    }

    /// One that does not come back.
    pub(crate) fn take(&self) -> Result<Connection> {
        match self.idle().as_mut().ok_or_else(error::stopped)?.pop() {
            Some(connection) => Ok(connection),
            None => {
                open::reader(&self.path, self.busy_timeout).map_err(|it| error::unavailable(&it))
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Option<Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
