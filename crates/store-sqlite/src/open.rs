use std::{fs, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, config::DbConfig};
use store::{Result, StoreError};

use crate::Options;

/// The layout that this version writes; `ensure` brings older ones to it.
const LAYOUT: i64 = 1;

/// Older ones can corrupt a database in WAL mode: <https://sqlite.org/wal.html#walresetbug>.
const OLDEST_SQLITE: i32 = 3_051_003;

const WRITER_CACHE_KIB: i64 = 32 * 1024;
const READER_CACHE_KIB: i64 = 8 * 1024;
const STATEMENTS: usize = 512;

/// `mmap_size = 0`: an I/O error in a mapped file is a signal that ends the process, not an error.
/// `wal_autocheckpoint = 0`: the writer does it when it has answered.
const PRAGMAS: &str = "
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = OFF;
    PRAGMA temp_store = MEMORY;
    PRAGMA mmap_size = 0;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA journal_size_limit = 4194304;
";

pub(crate) fn writer(path: &Path, options: &Options) -> Result<Connection> {
    let open = || -> Result<Connection, Reason> {
        let version = rusqlite::version_number();
        if version < OLDEST_SQLITE {
            return Err(Reason(format!("SQLite {} is too old", rusqlite::version())));
        }
        make_file(path)?;
        let mut connection = durable(path, options.busy_timeout)?;
        lay_out(&mut connection)?;
        connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
        if let Some(pages) = options.max_pages {
            max_pages(&connection, pages)?;
        }
        Ok(connection)
    };
    open().map_err(|reason| {
        StoreError::Unavailable(format!("cannot open {}: {}", path.display(), reason.0))
    })
}

/// As the writer's, before anything is in it.
pub(crate) fn durable(path: &Path, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    let connection = connect(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        busy_timeout,
    )?;
    connection.pragma_update(None, "page_size", 4096)?;
    // Refuses what is no database before anything in it is changed.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.execute_batch(PRAGMAS)?;
    Ok(connection)
}

pub(crate) fn reader(path: &Path, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, busy_timeout)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(connection)
}

pub(crate) fn max_pages(connection: &Connection, pages: u32) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
}

fn connect(path: &Path, mode: OpenFlags, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Without it SQLite may prepare a statement anew for every value that is bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Readable by its owner only; SQLite gives the same rights to the files beside it.
fn make_file(path: &Path) -> Result<(), Reason> {
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        fs::create_dir_all(folder)
            .map_err(|error| Reason(format!("its folder cannot be made: {error}")))?;
    }
    let mut options = fs::OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| Reason(error.to_string()))
}

fn lay_out(connection: &mut Connection) -> Result<(), Reason> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let count = "SELECT count(*) FROM sqlite_schema WHERE name = '_meta' OR ?1";
    let has_meta: i64 = transaction.query_row(count, [false], |row| row.get(0))?;
    let has_any: i64 = transaction.query_row(count, [true], |row| row.get(0))?;
    if has_meta == 0 && has_any > 0 {
        return Err(Reason("it is a database of another program".to_owned()));
    }
    if has_meta == 0 {
        transaction.execute_batch(
            "CREATE TABLE _meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL)
                 STRICT, WITHOUT ROWID;
             INSERT INTO _meta VALUES ('position', 0);",
        )?;
        transaction.execute("INSERT INTO _meta VALUES ('layout', ?)", [LAYOUT])?;
    }
    let layout: Option<i64> = transaction
        .query_row("SELECT value FROM _meta WHERE name = 'layout'", [], |row| row.get(0))
        .optional()?;
    match layout {
        Some(LAYOUT) => Ok(transaction.commit()?),
        Some(newer) => Err(Reason(format!(
            "its layout is {newer} and this version of Wrkbelt knows {LAYOUT}: use a newer version"
        ))),
        None => Err(Reason("its layout is not known".to_owned())),
    }
}

struct Reason(String);

impl From<rusqlite::Error> for Reason {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}
