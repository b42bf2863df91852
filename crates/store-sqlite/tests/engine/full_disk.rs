//! A disk without room: reads go on, and writes too as soon as there is some.

use std::{fs, io::Write as _, path::Path, process::Command};

use store::{Backend, StoreError, Write};
use tempfile::TempDir;

use crate::fixtures::{append, open, put, session, thing, write};

/// A small file system of its own.
struct Disk(TempDir);

impl Disk {
    /// # Errors
    /// Why there is none, such as missing rights.
    fn mount(size: &str) -> Result<Self, String> {
        let folder = TempDir::new().unwrap();
        let options = format!("size={size}");
        let run = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(folder.path())
            .output()
            .map_err(|error| error.to_string())?;
        if run.status.success() {
            return Ok(Self(folder));
        }
        Err(String::from_utf8_lossy(&run.stderr).trim().to_owned())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

/// Whether it counts as a failure that the test cannot run here.
fn is_required() -> bool {
    std::env::var_os("WRKBELT_REQUIRE_FAULTS").is_some()
}

/// Takes all room that is left.
fn fill(path: &Path) {
    let mut file = fs::File::create(path).unwrap();
    while file.write_all(&[b'x'; 4096]).is_ok() {}
}

#[tokio::test]
async fn reads_go_on_and_writes_resume_with_room() {
    let disk = match Disk::mount("8m") {
        Ok(disk) => disk,
        Err(reason) => {
            assert!(!is_required(), "a small disk cannot be mounted: {reason}");
            println!("NOT RUN: a small disk cannot be mounted: {reason}");
            return;
        }
    };
    let ballast = disk.path().join("ballast");
    let store = open(&disk.path().join("store.db")).await;
    let body = format!(r#"{{"text":"{}"}}"#, "x".repeat(8_000));
    write(&store, append(session(1), 0, 3)).await;
    for cycle in 0..10 {
        fill(&ballast);
        let mut landed = Vec::new();
        let refused = loop {
            let number = u32::try_from(landed.len()).unwrap();
            match store.commit(vec![put(thing(number), 0, &body)]).await {
                Ok(()) => landed.push(thing(number)),
                Err(error) => break error,
            }
        };
        assert!(matches!(refused, StoreError::Full), "{cycle}: {refused}");
        for _ in 0..3 {
            let again = store
                .commit(vec![append(session(1), 3 + cycle, 1), put(thing(9_999), 0, &body)])
                .await;
            assert!(matches!(again, Err(StoreError::Full)), "{cycle}: {again:?}");
        }
        for key in &landed {
            assert!(store.get(key).await.unwrap().is_some(), "{cycle}: {key:?}");
        }
        assert_eq!(store.events(&session(1), 0, 100).await.unwrap().len() as u64, 3 + cycle);
        fs::remove_file(&ballast).unwrap();
        write(&store, append(session(1), 3 + cycle, 1)).await;
        for key in landed {
            write(&store, Write::Delete { key, expect: 1 }).await;
        }
    }
    assert_eq!(store.inspect(store::conformance::COLLECTIONS).await.unwrap(), []);
    drop(store);
}
