use std::{
    path::Path,
    time::{Duration, Instant},
};

use store::{Result, StoreError};

use crate::open;

const ROW: [u8; 512] = [b'x'; 512];

/// What this disk and SQLite can do at best: rows of 512 bytes into one table, `batch` of them in
/// each durable transaction. Makes the file and leaves it.
///
/// # Errors
/// [`StoreError::Unavailable`] when the path cannot be written.
pub fn durable_rows_per_second(path: &Path, duration: Duration, batch: usize) -> Result<f64> {
    measure(path, duration, batch.max(1))
        .map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))
}

fn measure(path: &Path, duration: Duration, batch: usize) -> rusqlite::Result<f64> {
    let mut connection = open::durable(path, Duration::from_secs(5))?;
    connection.execute_batch(
        "PRAGMA wal_autocheckpoint = 4000;
         CREATE TABLE IF NOT EXISTS floor (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;",
    )?;
    let started = Instant::now();
    let mut rows = 0.0;
    while started.elapsed() < duration {
        let transaction = connection.transaction()?;
        for _ in 0..batch {
            transaction
                .prepare_cached("INSERT INTO floor (body) VALUES (?)")?
                .execute([&ROW[..]])?;
            rows += 1.0;
        }
        transaction.commit()?;
    }
    Ok(rows / started.elapsed().as_secs_f64())
}
