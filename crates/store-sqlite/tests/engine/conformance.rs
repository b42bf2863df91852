//! The promises that every backend keeps.

use store_sqlite::{Options, SqliteBackend};
use tempfile::TempDir;

store::conformance!(async || {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    (SqliteBackend::open(&path, &Options::default()).unwrap(), folder)
});
