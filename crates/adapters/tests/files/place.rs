//! Stores to put files into.

use std::{fs, net::SocketAddr, path::Path};

use adapters::files::{FileStore, S3Settings};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinSet};

pub(crate) const ACCESS_KEY: &str = "tester";
pub(crate) const SECRET_KEY: &str = "a secret of the test";
const BUCKET: &str = "uploads";

/// A store with what it stands on, which goes when this is dropped.
pub(crate) struct Place {
    pub(crate) store: FileStore,
    /// Empty for a folder.
    pub(crate) endpoint: String,
    folder: TempDir,
    _server: JoinSet<()>,
}

impl Place {
    pub(crate) fn local() -> Self {
        let folder = TempDir::new().unwrap();
        let store = FileStore::local(&folder.path().join("new/files")).unwrap();
        Self { store, endpoint: String::new(), folder, _server: JoinSet::new() }
    }

    /// A server that speaks S3 and checks signatures.
    pub(crate) async fn s3() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let (address, server) = serve(folder.path()).await;
        let endpoint = format!("http://{address}");
        let store = FileStore::s3(settings(&endpoint)).unwrap();
        Self { store, endpoint, folder, _server: server }
    }

    /// Everything that lies in the store, finished or not, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        bytes_below(self.folder.path())
    }
}

pub(crate) fn settings(endpoint: &str) -> S3Settings {
    S3Settings {
        bucket: BUCKET.into(),
        region: "eu-central-1".into(),
        endpoint: Some(endpoint.into()),
        access_key: ACCESS_KEY.into(),
        secret_key: SECRET_KEY.into(),
        path_style: true,
        allow_http: true,
    }
}

async fn serve(folder: &Path) -> (SocketAddr, JoinSet<()>) {
    let mut service = S3ServiceBuilder::new(FileSystem::new(folder).unwrap());
    service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    let service = service.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut server = JoinSet::new();
    server.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let connection =
                http1::Builder::new().serve_connection(TokioIo::new(socket), service.clone());
            connections.spawn(async move { drop(connection.await) });
        }
    });
    (address, server)
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap());
    let size = |it: fs::DirEntry| {
        let of_file = it.metadata().unwrap();
        if of_file.is_dir() { bytes_below(&it.path()) } else { of_file.len() }
    };
    entries.map(size).sum()
}
