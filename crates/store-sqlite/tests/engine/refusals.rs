//! Paths that are refused: one sentence, and nothing is changed.

use std::{
    fs,
    io::Write as _,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::Path,
    process::Command,
    time::Duration,
};

use rusqlite::Connection;
use store_sqlite::{Options, SqliteBackend};
use tempfile::TempDir;

/// Who has no rights beyond those of the file.
const NOBODY: u32 = 65534;

fn refusal(path: &Path) -> String {
    let options = Options { busy_timeout: Duration::from_millis(50), ..Options::default() };
    let error = SqliteBackend::open(path, &options).unwrap_err().to_string();
    assert!(!error.contains('\n') && error.contains(path.to_str().unwrap()), "{error}");
    error
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn what_is_not_ours_is_refused_and_not_changed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let make = |sql: &str| {
        let _ = fs::remove_file(&path);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    };
    let foreign = "CREATE TABLE theirs (id INTEGER PRIMARY KEY); INSERT INTO theirs VALUES (1)";
    let layout = |number: i64| {
        format!(
            "CREATE TABLE _meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
             INSERT INTO _meta VALUES ('layout', {number})"
        )
    };
    for (sql, reason) in [
        (foreign.to_owned(), "a database of another program"),
        (format!("PRAGMA journal_mode = WAL; {foreign}"), "a database of another program"),
        (layout(3), "its layout is 3 and this version of Wrkbelt knows 2: use a newer version"),
        (layout(1), "its layout is 1, from before the first release: begin with a new file"),
        ("CREATE TABLE _meta (name TEXT, value INTEGER)".to_owned(), "its layout is not known"),
    ] {
        make(&sql);
        let before = fs::read(&path).unwrap();
        let error = refusal(&path);
        assert!(error.contains(reason), "{error}");
        assert_eq!(fs::read(&path).unwrap(), before, "{sql}");
        assert_eq!(names(folder.path()), ["store.db"], "{sql}");
    }
    for text in ["no database, but long enough to be taken for one".repeat(100), "x".to_owned()] {
        fs::write(&path, &text).unwrap();
        let error = refusal(&path);
        assert!(error.contains("not a database"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_file_that_another_process_keeps_locked_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    drop(SqliteBackend::open(&path, &Options::default()).unwrap());
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let error = refusal(&path);
    assert!(error.contains("another process keeps it locked"), "{error}");
    drop(holder);
    drop(SqliteBackend::open(&path, &Options::default()).unwrap());
}

/// Rights hold nobody back who may do everything, so that this runs once more as one who may not.
#[test]
fn what_may_not_be_written_is_refused() {
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        let folder = TempDir::new().unwrap();
        let program = folder.path().join("tests");
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        for path in [folder.path(), &program] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let name = "refusals::what_may_not_be_written_is_refused";
        let run = Command::new(&program)
            .args(["--exact", name])
            .uid(NOBODY)
            .gid(NOBODY)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let allow = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(folder.path(), 0o500);
    assert!(refusal(&path).contains("Permission denied"));
    assert!(refusal(&folder.path().join("new/store.db")).contains("its folder cannot be made"));
    allow(folder.path(), 0o700);
    drop(SqliteBackend::open(&path, &Options::default()).unwrap());
    let before = fs::read(&path).unwrap();
    allow(folder.path(), 0o500);
    let error = refusal(&path);
    assert!(error.contains("it cannot be written"), "{error}");
    allow(folder.path(), 0o700);
    allow(&path, 0o400);
    let error = refusal(&path);
    assert!(error.contains("it cannot be written"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
    allow(&path, 0o000);
    refusal(&path);
    allow(&path, 0o600);
    assert_eq!(names(folder.path()), ["store.db"]);
}

/// A lock of a process holds against the same process opening the file again, too.
#[test]
fn one_server_at_a_time_has_the_lock() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("new/store.db");
    let serving = SqliteBackend::lock_for_serving(&path, false).unwrap();
    let error = SqliteBackend::lock_for_serving(&path, false).unwrap_err().to_string();
    let expected = "is being served by another process; stop it first, or end the URL of the \
                    store with `?shared` for each server, to let several of one machine use it";
    SqliteBackend::lock_for_serving(&path, true).unwrap_err();
    assert!(error.contains(expected) && error.contains(path.to_str().unwrap()), "{error}");
    let store = SqliteBackend::open(&path, &Options::default()).unwrap();
    drop(SqliteBackend::lock_for_serving(&folder.path().join("other.db"), false).unwrap());
    drop(serving);
    let shared = [true; 2].map(|it| SqliteBackend::lock_for_serving(&path, it).unwrap());
    SqliteBackend::lock_for_serving(&path, false).unwrap_err();
    drop(shared);
    drop(SqliteBackend::lock_for_serving(&path, false).unwrap());
    drop(store);
}

#[test]
fn the_lock_ends_with_the_process_that_has_it() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let lock = folder.path().join("store.db.lock");
    fs::File::create(&lock).unwrap().flush().unwrap();
    let mut holder = Command::new("flock")
        .arg(&lock)
        .args(["sh", "-c", "echo locked; read line"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let output = holder.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).unwrap();
    assert_eq!(line, "locked\n");
    SqliteBackend::lock_for_serving(&path, false).unwrap_err();
    drop(holder.stdin.take());
    holder.wait().unwrap();
    drop(SqliteBackend::lock_for_serving(&path, false).unwrap());
}
