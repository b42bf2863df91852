//! Connecting, and refusing what is no store of this program.

use std::time::Duration;

use mongodb::{
    Client, Database,
    bson::{Document, doc},
    error::{Error, ErrorKind},
    options::{ClientOptions, ReadConcern, ServerAddress},
};
use store::{Result, StoreError};
use tokio::time::Instant;

use crate::{PRIMARY, error::unavailable, majority};

/// Says whose database this is.
pub(crate) const META: &str = "_meta";
const PRODUCT: &str = "wrkbelt";
const LAYOUT: i32 = 1;
/// The one document of [`META`].
const STORE: &str = "store";
const OLDEST_SERVER: i32 = 6;

/// How long a server may take to answer at first.
const GREETING: Duration = Duration::from_secs(4);
/// How long another process may take to claim a database for this program.
const CLAIM: Duration = Duration::from_secs(2);
/// How often servers are looked at: how long one that stepped down is thought to be away.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How long a command waits for a primary; one is elected in less.
const ELECTION: Duration = Duration::from_secs(15);

/// What is done with an empty database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Empty {
    Claimed,
    Refused,
}

/// # Errors
/// [`StoreError::Unavailable`] in one sentence.
pub(crate) async fn open(url: &str, empty: Empty) -> Result<(Client, Database)> {
    let mut options = ClientOptions::parse(url).await.map_err(|error| {
        refused(format!("`{}` is no MongoDB URL: {}", hidden(url), plain(&error, url)))
    })?;
    let Some(name) = options.default_database.clone() else {
        return Err(refused(format!(
            "`{}` names no database: put one behind the host, as in mongodb://localhost/wrkbelt",
            hidden(url)
        )));
    };
    let hosts: Vec<_> = options.hosts.iter().map(ToString::to_string).collect();
    let hosts = hosts.join(", ");
    options.app_name.get_or_insert_with(|| PRODUCT.to_owned());
    options.retry_writes = Some(true);
    options.retry_reads = Some(true);
    options.connect_timeout = Some(GREETING);
    options.heartbeat_freq = Some(HEARTBEAT);
    options.server_selection_timeout = Some(ELECTION);
    let client = Client::with_options(options.clone())
        .map_err(|error| refused(format!("MongoDB at {hosts}: {}", plain(&error, url))))?;
    greet(&client, &options, &hosts).await?;
    let database = client.database(&name);
    claim(&database, &name, &hosts, empty).await?;
    tracing::info!(hosts, database = name, "store opened");
    Ok((client, database))
}

/// Makes sure that a primary of a replica set, or a router, answers.
async fn greet(client: &Client, options: &ClientOptions, hosts: &str) -> Result<()> {
    let admin = client.database("admin");
    let hello = admin.run_command(doc! { "hello": 1 }).selection_criteria(PRIMARY);
    let hello = match tokio::time::timeout(GREETING, hello.into_future()).await {
        Ok(Ok(hello)) => hello,
        Ok(Err(error)) => return Err(no_greeting(&error, hosts)),
        Err(_) => return Err(diagnosis(options, hosts).await),
    };
    let is_router = hello.get_str("msg").is_ok_and(|it| it == "isdbgrid");
    if !is_router && hello.get_str("setName").is_err() {
        return Err(refused(alone(hosts)));
    }
    let info = admin.run_command(doc! { "buildInfo": 1 }).await;
    let info = info.map_err(|error| no_greeting(&error, hosts))?;
    let version = info.get_str("version").unwrap_or_default();
    let major = version.split('.').next().and_then(|it| it.parse().ok()).unwrap_or(0);
    if major < OLDEST_SERVER {
        return Err(refused(format!(
            "MongoDB at {hosts} is version {version}, but {OLDEST_SERVER}.0 or newer is needed"
        )));
    }
    Ok(())
}

/// Why no primary answered in time.
async fn diagnosis(options: &ClientOptions, hosts: &str) -> StoreError {
    for host in &options.hosts {
        let Ok(hello) = ask(options, host).await else { continue };
        let is_member = hello.contains_key("setName");
        if is_member {
            return refused(format!(
                "MongoDB at {hosts} answers, but its replica set `{}` has no primary that can be reached",
                hello.get_str("setName").unwrap_or_default()
            ));
        }
        return refused(alone(hosts));
    }
    refused(format!("MongoDB at {hosts} does not answer"))
}

/// What one server says of itself.
async fn ask(options: &ClientOptions, host: &ServerAddress) -> Result<Document, Error> {
    let mut options = options.clone();
    options.hosts = vec![host.clone()];
    options.direct_connection = Some(true);
    options.repl_set_name = None;
    options.server_selection_timeout = Some(Duration::from_millis(500));
    let client = Client::with_options(options)?;
    client.database("admin").run_command(doc! { "hello": 1 }).await
}

fn alone(hosts: &str) -> String {
    format!(
        "MongoDB at {hosts} is no replica set: start mongod with `--replSet rs0`, then run \
         `mongosh --eval 'rs.initiate()'` once"
    )
}

fn no_greeting(error: &Error, hosts: &str) -> StoreError {
    match error.kind.as_ref() {
        ErrorKind::Authentication { .. } => {
            refused(format!("MongoDB at {hosts} does not accept the user name and password"))
        }
        ErrorKind::Command(it) if it.code == UNAUTHORIZED => {
            refused(format!("MongoDB at {hosts} asks for a user name and a password"))
        }
        _ => refused(format!("MongoDB at {hosts}: {error}")),
    }
}

const UNAUTHORIZED: i32 = 13;

/// Makes an empty database a store unless it is refused, and refuses any other that is none.
async fn claim(database: &Database, name: &str, hosts: &str, empty: Empty) -> Result<()> {
    let fail = |error: Error| match error.kind.as_ref() {
        ErrorKind::Command(it) if it.code == UNAUTHORIZED => no_greeting(&error, hosts),
        _ => unavailable(&error),
    };
    let there = database.list_collection_names().await.map_err(fail)?;
    let is_claimed = there.iter().any(|it| it == META);
    if !is_claimed && let Some(other) = there.iter().find(|it| !it.starts_with("system.")) {
        return Err(refused(format!(
            "the database `{name}` is of something else: it has a collection `{other}` and no `{META}`"
        )));
    }
    if !is_claimed && empty == Empty::Refused {
        return Err(refused(format!(
            "there is no store at {hosts}/{name}: the database is empty, look at its name"
        )));
    }
    if !is_claimed {
        let new = doc! { "$setOnInsert": { "product": PRODUCT, "layout": LAYOUT } };
        let meta = database.collection::<Document>(META);
        let claim = meta.update_one(doc! { "_id": STORE }, new).upsert(true);
        claim.write_concern(majority()).await.map_err(fail)?;
    }
    let found = said_of(database).await.map_err(fail)?;
    if !found.get_str("product").is_ok_and(|it| it == PRODUCT) {
        return Err(refused(format!("the database `{name}` is of something else")));
    }
    let layout = found.get_i32("layout").unwrap_or(i32::MAX);
    if layout > LAYOUT {
        return Err(refused(format!(
            "the database `{name}` was written by a newer version of this program"
        )));
    }
    Ok(())
}

/// What the database says of itself; another process may be about to say it.
async fn said_of(database: &Database) -> Result<Document, Error> {
    let deadline = Instant::now() + CLAIM;
    loop {
        let meta = database.collection(META);
        let found = meta.find_one(doc! { "_id": STORE }).selection_criteria(PRIMARY);
        let found = found.read_concern(ReadConcern::majority()).await?;
        if found.is_some() || Instant::now() >= deadline {
            return Ok(found.unwrap_or_default());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The URL without what is between `//` and `@`.
fn hidden(url: &str) -> String {
    match credentials(url) {
        Some(secret) => url.replacen(secret, "***", 1),
        None => url.to_owned(),
    }
}

/// What the driver says, without the credentials should it repeat them.
fn plain(error: &Error, url: &str) -> String {
    let said = match error.kind.as_ref() {
        ErrorKind::InvalidArgument { message, .. } => message.clone(),
        other => other.to_string(),
    };
    let secrets =
        credentials(url).into_iter().flat_map(|it| [it, it.split_once(':').map_or("", |it| it.1)]);
    secrets.filter(|it| !it.is_empty()).fold(said, |said, secret| said.replace(secret, "***"))
}

fn credentials(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    // A password with a slash in it is a mistake, and a secret all the same.
    let (secret, _) = authority.rsplit_once('@').or_else(|| rest.rsplit_once('@'))?;
    Some(secret)
}

fn refused(reason: String) -> StoreError {
    StoreError::Unavailable(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden() {
        for (url, shown) in [
            ("mongodb://ada:s3cret@db:1/x", "mongodb://***@db:1/x"),
            ("mongodb://ada:s3/cr@t@db:1/x", "mongodb://***@db:1/x"),
            ("mongodb://db:1/x", "mongodb://db:1/x"),
            ("db", "db"),
        ] {
            assert_eq!(hidden(url), shown);
        }
    }
}
