use std::{path::PathBuf, sync::Arc};

use app::{Doors, Environment, SystemClock, SystemDoor};
use store::Store;
use store_sqlite::{Options, SqliteBackend};

use crate::output::Failure;

/// Where data are when nobody says.
pub(crate) const ORDINARY: &str = "sqlite://data/wrkbelt.db";

/// An open store and the ways into it.
pub(crate) struct Opened {
    pub(crate) doors: Doors,
    pub(crate) system: SystemDoor,
}

/// Opens the store at a URL, and makes it when it is not there.
pub(crate) async fn open(url: &str) -> Result<Opened, Failure> {
    let path = sqlite_path(url)?;
    let backend = SqliteBackend::open(&path, &Options::default())
        .map_err(|error| Failure::new(format!("{url}: {error}")))?;
    let store = Store::open(Arc::new(backend))
        .await
        .map_err(|error| Failure::new(format!("{url}: {error}")))?;
    let (doors, system) = app::open(store, Environment::new(Arc::new(SystemClock)));
    Ok(Opened { doors, system })
}

/// Opens a store that must be there already, for commands that only look.
pub(crate) async fn open_existing(url: &str) -> Result<Opened, Failure> {
    let path = sqlite_path(url)?;
    if path.exists() {
        return open(url).await;
    }
    Err(Failure::new(format!("there is no store at {url}: say where it is with --store")))
}

fn sqlite_path(url: &str) -> Result<PathBuf, Failure> {
    match url.split_once("://") {
        Some(("sqlite", path)) if !path.is_empty() => Ok(PathBuf::from(path)),
        Some(("mongodb" | "mongodb+srv", _)) => {
            Err(Failure::new("this version has no MongoDB engine: use sqlite://PATH"))
        }
        _ => Err(Failure::new(format!("`{url}` is not a store: sqlite://PATH is"))),
    }
}
