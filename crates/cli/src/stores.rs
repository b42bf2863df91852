use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use app::{
    Doors, Environment, Installation, Keyring, Outside, SystemClock, SystemDoor,
    migrations::Watched,
};
use store::{Backend, Fault, Store, StoreError};
use store_mongo::MongoBackend;
use store_sqlite::{Options, Serving, SqliteBackend};

use crate::{config::Config, migrate, output::Failure};

/// Where data are when nobody says.
pub(crate) const ORDINARY: &str = "sqlite://data/wrkbelt.db";

/// An open store and the ways into it.
pub(crate) struct Opened {
    pub(crate) doors: Doors,
    pub(crate) system: SystemDoor,
}

/// Where a store is.
pub(crate) enum Location {
    /// `shared`: several servers of one machine may serve it.
    Sqlite { path: PathBuf, shared: bool },
    /// The URL as it is.
    Mongo(String),
}

impl Location {
    pub(crate) fn parse(url: &str) -> Result<Self, Failure> {
        match url.split_once("://") {
            Some(("sqlite", path)) => {
                let (path, shared) = match path.strip_suffix("?shared") {
                    Some(path) => (path, true),
                    None => (path, false),
                };
                if path.is_empty() {
                    return Err(Failure::new(format!("`{url}` names no file")));
                }
                Ok(Self::Sqlite { path: PathBuf::from(path), shared })
            }
            Some(("mongodb" | "mongodb+srv", _)) => Ok(Self::Mongo(url.to_owned())),
            _ => Err(Failure::new(format!(
                "`{url}` is not a store: sqlite://PATH and mongodb://HOSTS/DATABASE are"
            ))),
        }
    }
}

/// Keeps other servers from a file as long as it is held.
pub(crate) fn lock(path: &Path, shared: bool) -> Result<Serving, Failure> {
    SqliteBackend::lock_for_serving(path, shared).map_err(|error| failed(&error))
}

/// Opens the store at a URL, and makes it when it is not there. Its migrations are not looked at.
pub(crate) async fn open(url: &str) -> Result<Opened, Failure> {
    open_on(connect(url, true).await?, alone()).await
}

/// What of an installation is not in its store, with the keys that are there, or new ones. Asked
/// for when the store is open, so that a store that cannot be had gets no keys.
fn installation(
    config: &Config,
    url: &str,
    otherwise: Option<&Path>,
    base_url: &str,
) -> Result<Installation, Failure> {
    let beside = match Location::parse(url)? {
        Location::Sqlite { path, .. } => Some(path.with_extension("keys")),
        Location::Mongo(_) => otherwise.map(Path::to_owned),
    };
    let path = config.keys.clone().or(beside);
    let path =
        path.ok_or_else(|| Failure::new("say with --keys FILE where the keys of the store are"))?;
    let keyring = Keyring::at(&path);
    let keyring = keyring.map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    let public_url = config.public_url.clone().unwrap_or_else(|| base_url.to_owned());
    Ok(Installation { keyring, public_url })
}

/// Opens a store that is there and migrated, or a new one, with its keys.
pub(crate) async fn open_with_keys(config: &Config) -> Result<Opened, Failure> {
    let url = config.store();
    let backend = connect(url, true).await?;
    let installation = installation(config, url, None, &format!("http://{}", config.listen))?;
    migrated(open_on(backend, alone().with_installation(installation)).await?).await
}

async fn open_on(backend: Arc<dyn Backend>, outside: Outside) -> Result<Opened, Failure> {
    let store = Store::open(backend).await.map_err(|error| failed(&error))?;
    let (doors, system) = app::open(store, outside);
    Ok(Opened { doors, system })
}

/// Nothing but the store.
fn alone() -> Outside {
    Environment::new(Arc::new(SystemClock)).into()
}

/// The same with its keys and files, for as long as the lock is held, and with all migrations applied: for
/// servers. `keys` is where they are when neither the configuration nor the store says.
pub(crate) async fn open_to_serve(
    config: &Config,
    url: &str,
    keys: Option<&Path>,
    base_url: &str,
) -> Result<(Opened, Option<Serving>), Failure> {
    // Before the file is opened: a restore may be about to replace it.
    let serving = match Location::parse(url)? {
        Location::Sqlite { path, shared } => Some(lock(&path, shared)?),
        Location::Mongo(_) => None,
    };
    let backend = connect(url, true).await?;
    let installation = installation(config, url, keys, base_url)?;
    let outside = alone().with_installation(installation).with_files(config.files(url)?);
    let opened = open_on(backend, outside).await?;
    let mut log = |it: Watched<'_>| {
        let (migration, done, total) = (it.unique_name, it.progress.done, it.progress.total);
        tracing::info!(migration, done, total, "migrating");
    };
    migrate::up(&opened.system.migrations(), None, &mut log).await?;
    Ok((opened, serving))
}

/// Opens a store that must be there already, whatever migrations it has.
pub(crate) async fn open_unchecked(url: &str) -> Result<Opened, Failure> {
    open_on(connect(url, false).await?, alone()).await
}

/// The same, and says what was wrong below the documents before that.
pub(crate) async fn open_inspected(url: &str) -> Result<(Opened, Vec<Fault>), Failure> {
    let backend = connect(url, false).await?;
    let faults = backend.inspect(model::COLLECTIONS).await.map_err(|error| failed(&error))?;
    Ok((open_on(backend, alone()).await?, faults))
}

/// Opens a store that must be there already and migrated.
pub(crate) async fn open_existing(url: &str) -> Result<Opened, Failure> {
    let opened = open_unchecked(url).await?;
    opened.system.migrations().check().await?;
    Ok(opened)
}

/// The same, or makes a new one.
pub(crate) async fn open_or_make(url: &str) -> Result<Opened, Failure> {
    migrated(open(url).await?).await
}

async fn migrated(opened: Opened) -> Result<Opened, Failure> {
    if opened.system.is_empty().await? {
        migrate::up(&opened.system.migrations(), None, &mut |_| {}).await?;
    }
    opened.system.migrations().check().await?;
    Ok(opened)
}

async fn connect(url: &str, make: bool) -> Result<Arc<dyn Backend>, Failure> {
    match Location::parse(url)? {
        Location::Sqlite { path, .. } if !make && !path.exists() => {
            Err(Failure::new(format!("there is no store at {url}: say where it is with --store")))
        }
        Location::Sqlite { path, .. } => {
            let backend = SqliteBackend::open(&path, &Options::default());
            Ok(Arc::new(backend.map_err(|error| failed(&error))?))
        }
        Location::Mongo(url) => {
            let backend = if make {
                MongoBackend::open(&url).await
            } else {
                MongoBackend::open_existing(&url).await
            };
            Ok(Arc::new(backend.map_err(|error| failed(&error))?))
        }
    }
}

fn failed(error: &StoreError) -> Failure {
    Failure::new(sentence(error))
}

/// The engines name the store in what they say.
fn sentence(error: &StoreError) -> String {
    match error {
        StoreError::Unavailable(reason) => reason.clone(),
        other => other.to_string(),
    }
}
