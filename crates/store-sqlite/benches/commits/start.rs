use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use store::{Backend, Key};
use store_sqlite::{Options, SqliteBackend};

use crate::workload::{COLLECTIONS, SESSIONS, append, id, owner};

/// Events of each stream.
const EVENTS: u64 = 50;

/// What starting on a store costs: the time until it is ready, and the process' kilobytes then.
pub(crate) async fn start(folder: &Path, events: u64) -> (Duration, u64) {
    let path = folder.join("start.db");
    let store = SqliteBackend::open(&path, &Options::default()).unwrap();
    store.ensure(COLLECTIONS).await.unwrap();
    let mut batch = Vec::new();
    for number in 0..events / EVENTS {
        let stream = Key { owner: owner(0), collection: SESSIONS.name, id: id(0, number) };
        let state = format!(r#"{{"status":"active","text":"{}"}}"#, "x".repeat(550));
        batch.push(append(stream, 0, EVENTS, state));
        if batch.len() == 100 {
            store.commit(std::mem::take(&mut batch)).await.unwrap();
        }
    }
    store.commit(batch).await.unwrap();
    store.close().await;
    let child = Command::new(std::env::current_exe().unwrap()).arg("start").arg(&path).output();
    let said = String::from_utf8(child.unwrap().stdout).unwrap();
    let (micros, kilobytes) = said.trim().split_once(' ').unwrap();
    (Duration::from_micros(micros.parse().unwrap()), kilobytes.parse().unwrap())
}

/// In a process of its own, which has nothing else in its memory.
pub(crate) async fn measure(path: &str) -> String {
    let before = Instant::now();
    let store = SqliteBackend::open(Path::new(path), &Options::default()).unwrap();
    store.ensure(COLLECTIONS).await.unwrap();
    let stream = Key { owner: owner(0), collection: SESSIONS.name, id: id(0, 0) };
    assert_eq!(store.events(&stream, 0, 1).await.unwrap().len(), 1);
    let took = before.elapsed();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).unwrap();
    let kilobytes = resident.split_whitespace().next().unwrap();
    format!("{} {kilobytes}", took.as_micros())
}
