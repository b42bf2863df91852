use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use store::Backend;
use store_sqlite::{Options, SqliteBackend};
use tokio::task::JoinSet;

use crate::{
    raw::Raw,
    workload::{COLLECTIONS, batch},
};

/// What one way of writing came to.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    /// Of a commit, or of a whole transaction by hand.
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
    /// Batches in a transaction.
    pub(crate) together: f64,
}

/// Batches by so many writers at once, each waiting for its own.
pub(crate) async fn engine(folder: &Path, writers: u32, time: Duration) -> Measured {
    let path = folder.join("engine.db");
    let store = Arc::new(SqliteBackend::open(&path, &Options::default()).unwrap());
    store.ensure(COLLECTIONS).await.unwrap();
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for writer in 0..writers {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let mut took = Vec::new();
            for number in 0.. {
                let batch = batch(writer, number);
                let before = Instant::now();
                store.commit(batch).await.unwrap();
                took.push(before.elapsed());
                if started.elapsed() > time {
                    break;
                }
            }
            took
        });
    }
    let took = tasks.join_all().await.concat();
    let elapsed = started.elapsed();
    let stats = store.stats();
    store.close().await;
    remove(&path);
    let transactions = u32::try_from(stats.transactions).unwrap();
    let together = f64::from(u32::try_from(stats.batches).unwrap()) / f64::from(transactions);
    Measured { together, ..measured(took, 1, elapsed) }
}

/// The same by hand: a transaction for every `batches`.
pub(crate) async fn floor(folder: &Path, batches: u32, time: Duration) -> Measured {
    let path = folder.join("floor.db");
    let store = SqliteBackend::open(&path, &Options::default()).unwrap();
    store.ensure(COLLECTIONS).await.unwrap();
    store.close().await;
    let mut raw = Raw::open(&path).unwrap();
    let mut took = Vec::new();
    let started = Instant::now();
    for number in 0.. {
        let before = Instant::now();
        let group: Vec<_> = (0..batches).map(|writer| batch(writer, number)).collect();
        raw.commit(group.iter()).unwrap();
        took.push(before.elapsed());
        if started.elapsed() > time {
            break;
        }
    }
    let elapsed = started.elapsed();
    drop(raw);
    remove(&path);
    measured(took, batches, elapsed)
}

fn measured(mut took: Vec<Duration>, each: u32, elapsed: Duration) -> Measured {
    took.sort_unstable();
    let count = u32::try_from(took.len()).unwrap() * each;
    Measured {
        per_second: f64::from(count) / elapsed.as_secs_f64(),
        median: took[took.len() / 2],
        p99: took[took.len() * 99 / 100],
        together: f64::from(each),
    }
}

fn remove(path: &Path) {
    for beside in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{beside}", path.display()));
    }
}
