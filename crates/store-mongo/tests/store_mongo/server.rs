//! Real servers for tests: they end with the process, however it ends.

use std::{
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use mongodb::{
    Client, Database,
    bson::{Bson, Document, doc},
    error::{Error, ErrorKind},
    options::{ClientOptions, ServerAddress},
};
use store_mongo::MongoBackend;
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// Kills its server when its input ends, which it does when this process does, and removes what
/// the server leaves behind unless it was told to keep it.
const KEEPER: &str = r#"folder=$1; shift
"$@" >/dev/null & server=$!
read -r word; kill -9 $server; wait $server
[[ $word == keep ]] || rm -rf "$folder""#;

/// How long servers may take to begin and to find a primary.
const PATIENCE: Duration = Duration::from_mins(1);

/// One mongod, in a folder of its own.
pub(crate) struct Mongod {
    keeper: Option<Child>,
    port: u16,
    folder: PathBuf,
    options: Vec<String>,
}

/// Servers that are one replica set.
pub(crate) struct ReplicaSet {
    pub members: Vec<Mongod>,
}

/// A database that is dropped at the end of its test.
pub(crate) struct Guard(String);

impl Mongod {
    pub(crate) fn start(options: &[&str]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let options = options.iter().map(|it| (*it).to_owned()).collect();
        let mut server =
            Self { keeper: None, port, folder: TempDir::new().unwrap().keep(), options };
        server.resume();
        server
    }

    /// As a crash ends it.
    pub(crate) fn kill(&mut self) {
        self.end("keep\n");
    }

    fn end(&mut self, word: &str) {
        if let Some(mut keeper) = self.keeper.take() {
            let mut input = keeper.stdin.take().unwrap();
            input.write_all(word.as_bytes()).unwrap();
            drop(input);
            keeper.wait().unwrap();
        }
    }

    /// Starts it again on what it left behind.
    pub(crate) fn resume(&mut self) {
        let folder = &self.folder;
        let keeper = Command::new("bash")
            .args(["-c", KEEPER, "keeper"])
            .arg(folder)
            .arg(mongod())
            .args(["--bind_ip", "127.0.0.1", "--port", &self.port.to_string(), "--dbpath"])
            .arg(folder)
            .arg("--logpath")
            .arg(folder.join("log"))
            .args(["--wiredTigerCacheSizeGB", "0.25", "--nounixsocket"])
            .args(&self.options)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.keeper = Some(keeper);
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Waits until it takes connections.
    pub(crate) async fn answers(&self) {
        let end = tokio::time::Instant::now() + PATIENCE;
        while self.client().database("admin").run_command(doc! { "ping": 1 }).await.is_err() {
            assert!(tokio::time::Instant::now() < end, "a server does not answer");
        }
    }

    /// Of its own address only, whatever set it is in.
    pub(crate) fn client(&self) -> Client {
        direct(&self.host())
    }
}

impl Drop for Mongod {
    fn drop(&mut self) {
        self.end("");
    }
}

impl ReplicaSet {
    pub(crate) async fn start(members: usize, options: &[&str]) -> Self {
        let options = [&["--replSet", "rs0"], options].concat();
        let members: Vec<_> = (0..members).map(|_| Mongod::start(&options)).collect();
        let hosts: Vec<_> = members.iter().map(Mongod::host).collect();
        initiate(&hosts).await;
        Self { members }
    }

    pub(crate) fn url(&self, database: &str) -> String {
        url(&self.hosts(), database)
    }

    fn hosts(&self) -> String {
        let hosts: Vec<_> = self.members.iter().map(Mongod::host).collect();
        hosts.join(",")
    }

    /// The member that is the primary now; waits for one.
    pub(crate) async fn primary(&mut self) -> &mut Mongod {
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            for at in 0..self.members.len() {
                if self.members[at].keeper.is_some() && is_primary(&self.members[at].host()).await {
                    return &mut self.members[at];
                }
            }
            assert!(tokio::time::Instant::now() < end, "no primary was elected");
        }
    }
}

impl Guard {
    pub(crate) fn url(&self) -> &str {
        &self.0
    }

    /// The database as another program sees it.
    pub(crate) async fn database(&self) -> Database {
        named(&self.0).await
    }
}

async fn named(url: &str) -> Database {
    Client::with_uri_str(url).await.unwrap().default_database().unwrap()
}

impl Drop for Guard {
    fn drop(&mut self) {
        let url = self.0.clone();
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                named(&url).await.drop().await.unwrap();
            });
        });
        let _ = dropped.join();
    }
}

/// A store of its own on a set of one member that all tests share.
pub(crate) async fn on_one_member() -> (MongoBackend, Guard) {
    static SHARED: OnceCell<Shared> = OnceCell::const_new();
    on(&SHARED, "WRKBELT_TEST_MONGODB", 1).await
}

/// The same on three members.
pub(crate) async fn on_three_members() -> (MongoBackend, Guard) {
    static SHARED: OnceCell<Shared> = OnceCell::const_new();
    on(&SHARED, "WRKBELT_TEST_MONGODB_THREE", 3).await
}

/// The hosts of a set, and its servers when they are of this process.
type Shared = (String, Option<ReplicaSet>);

/// On the set that the test run has started for all of its processes, or on one of this process.
async fn on(shared: &OnceCell<Shared>, variable: &str, members: usize) -> (MongoBackend, Guard) {
    let start = || async {
        let Some(hosts) = read(variable) else {
            let set = ReplicaSet::start(members, &[]).await;
            return (set.hosts(), Some(set));
        };
        let all: Vec<_> = hosts.split(',').map(str::to_owned).collect();
        initiate(&all).await;
        (hosts, None)
    };
    let (hosts, _) = shared.get_or_init(start).await;
    store(url(hosts, &database())).await
}

fn url(hosts: &str, database: &str) -> String {
    format!("mongodb://{hosts}/{database}?replicaSet=rs0")
}

async fn store(url: String) -> (MongoBackend, Guard) {
    (MongoBackend::open(&url).await.unwrap(), Guard(url))
}

pub(crate) fn database() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Makes servers a replica set unless they are one, and waits for its primary.
async fn initiate(hosts: &[String]) {
    let members: Vec<Bson> = hosts
        .iter()
        .enumerate()
        .map(|(at, host)| doc! { "_id": i64::try_from(at).unwrap(), "host": host }.into())
        .collect();
    let settings = doc! { "electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500 };
    let config = doc! { "_id": "rs0", "members": members, "settings": settings };
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        let admin = direct(&hosts[0]).database("admin");
        match admin.run_command(doc! { "replSetInitiate": config.clone() }).await {
            Ok(_) => break,
            Err(error) if is(&error, "AlreadyInitialized") => break,
            Err(error) => assert!(tokio::time::Instant::now() < end, "{error}"),
        }
    }
    loop {
        for host in hosts {
            if is_primary(host).await {
                return;
            }
        }
        assert!(tokio::time::Instant::now() < end, "no primary was elected");
    }
}

fn is(error: &Error, name: &str) -> bool {
    matches!(error.kind.as_ref(), ErrorKind::Command(it) if it.code_name == name)
}

async fn is_primary(host: &str) -> bool {
    let hello: Result<Document, _> =
        direct(host).database("admin").run_command(doc! { "hello": 1 }).await;
    hello.is_ok_and(|it| it.get_bool("isWritablePrimary").unwrap_or(false))
}

fn direct(host: &str) -> Client {
    let mut options = ClientOptions::default();
    options.hosts = vec![ServerAddress::parse(host).unwrap()];
    options.direct_connection = Some(true);
    options.server_selection_timeout = Some(Duration::from_millis(500));
    Client::with_options(options).unwrap()
}

fn mongod() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let found = Command::new(root.join("tools/mongod")).stderr(Stdio::inherit()).output().unwrap();
    assert!(found.status.success(), "tools/mongod found no mongod");
    String::from_utf8(found.stdout).unwrap().trim().into()
}

#[expect(clippy::disallowed_methods, reason = "the test run says where its servers are")]
fn read(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
