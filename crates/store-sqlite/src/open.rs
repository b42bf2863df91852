use std::{fs, io::ErrorKind, path::Path, time::Duration};

use rusqlite::{
    Connection, ErrorCode, MAIN_DB, OpenFlags, OptionalExtension, TransactionBehavior,
    config::DbConfig,
};
use store::{Result, StoreError};

use crate::{Options, log};

/// The layout that this version writes. 1 was never released.
const LAYOUT: i64 = 2;

/// Older ones can corrupt a database in WAL mode: <https://sqlite.org/wal.html#walresetbug>.
const OLDEST_SQLITE: i32 = 3_051_003;

/// No database is smaller, but for one with nothing in it.
const LEAST_BYTES: u64 = 512;

const META: &str = "CREATE TABLE _meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL)
    STRICT, WITHOUT ROWID";

const READ_ONLY: &str = "it cannot be written";

const WRITER_CACHE_KIB: i64 = 32 * 1024;
const READER_CACHE_KIB: i64 = 8 * 1024;
const STATEMENTS: usize = 512;

/// Less loses commits when the power goes: the feature shows that the tests notice.
const SYNCHRONOUS: &str = if cfg!(feature = "unsafe-normal-sync") { "NORMAL" } else { "FULL" };

/// `mmap_size = 0`: an I/O error in a mapped file is a signal that ends the process, not an error.
/// `wal_autocheckpoint = 0`: the writer does it when it has answered.
const PRAGMAS: &str = "
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
        let mut connection = writing(path, options.busy_timeout)?;
        if connection.is_readonly(MAIN_DB)? {
            return Err(Reason(READ_ONLY.to_owned()));
        }
        // Before anything in the file is changed.
        is_laid_out(&connection)?;
        make_durable(&connection)?;
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
    let connection = writing(path, busy_timeout)?;
    make_durable(&connection)?;
    Ok(connection)
}

fn writing(path: &Path, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    let mode = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    connect(path, mode, busy_timeout)
}

fn make_durable(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", 4096)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", SYNCHRONOUS)?;
    connection.execute_batch(PRAGMAS)
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

/// Readable by its owner only; SQLite gives the same rights to the files beside it. One that is
/// there is not touched: closing it would drop the locks that this process has on it.
fn make_file(path: &Path) -> Result<(), Reason> {
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        fs::create_dir_all(folder)
            .map_err(|error| Reason(format!("its folder cannot be made: {error}")))?;
    }
    if let Ok(found) = path.metadata() {
        if found.is_dir() {
            return Err(Reason("it is a directory".to_owned()));
        }
        // SQLite would take it for an empty one.
        if (1..LEAST_BYTES).contains(&found.len()) {
            return Err(Reason("file is not a database".to_owned()));
        }
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(Reason(error.to_string())),
        _ => Ok(()),
    }
}

fn lay_out(connection: &mut Connection) -> Result<(), Reason> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if !is_laid_out(&transaction)? {
        transaction.execute_batch(META)?;
        transaction.execute_batch(log::CREATE)?;
        transaction.execute("INSERT INTO _meta VALUES ('layout', ?)", [LAYOUT])?;
    }
    Ok(transaction.commit()?)
}

/// Whether there is something, all of it as this version knows it.
fn is_laid_out(connection: &Connection) -> Result<bool, Reason> {
    // One statement: another process may be laying out the file.
    let (has_meta, has_any): (i64, i64) = connection.query_row(
        "SELECT count(*) FILTER (WHERE name = '_meta'), count(*) FROM sqlite_schema",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if has_meta == 0 {
        let foreign = Reason("it is a database of another program".to_owned());
        return if has_any == 0 { Ok(false) } else { Err(foreign) };
    }
    let layout: Option<i64> = connection
        .query_row("SELECT value FROM _meta WHERE name = 'layout'", [], |row| row.get(0))
        .optional()?;
    match layout {
        Some(LAYOUT) => Ok(true),
        Some(newer) if newer > LAYOUT => Err(Reason(format!(
            "its layout is {newer} and this version of Wrkbelt knows {LAYOUT}: use a newer version"
        ))),
        Some(older) => Err(Reason(format!(
            "its layout is {older}, from before the first release: begin with a new file"
        ))),
        None => Err(Reason("its layout is not known".to_owned())),
    }
}

struct Reason(String);

impl From<rusqlite::Error> for Reason {
    fn from(error: rusqlite::Error) -> Self {
        Self(match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy) => "another process keeps it locked".to_owned(),
            Some(ErrorCode::ReadOnly) => READ_ONLY.to_owned(),
            Some(ErrorCode::CannotOpen) => format!("{READ_ONLY}, or no file beside it can be"),
            _ => error.to_string(),
        })
    }
}
