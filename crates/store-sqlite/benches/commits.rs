//! What a durable commit, a page and a start cost, beside what SQLite does by hand in the same
//! run. `cargo bench -p store-sqlite -- full` reads from 1,000,000 documents and events.

#![expect(clippy::unwrap_used, reason = "a benchmark that fails says where")]
#![expect(clippy::print_stdout, reason = "its table is for a person")]

#[path = "commits/durable.rs"]
mod durable;
#[path = "commits/pages.rs"]
mod pages;
#[path = "commits/raw.rs"]
mod raw;
#[path = "commits/start.rs"]
mod start;
#[path = "commits/workload.rs"]
mod workload;

use std::{path::Path, time::Duration};

use durable::Measured;
use tempfile::TempDir;

const SLICE: Duration = Duration::from_secs(3);
/// Slices of each kind, by turns; the middle one counts.
const SLICES: usize = 3;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["start", path] => println!("{}", start::measure(path).await),
            ["full"] => all(1_000_000).await,
            _ => all(200_000).await,
        }
    });
}

async fn all(stored: u64) {
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let folder = folder.path();
    commits(folder, 64, "64 writers").await;
    commits(folder, 1, "1 writer").await;
    // Each has at least two pages.
    let many = u32::try_from(stored / 100).unwrap();
    for (number, owners) in [1, many].into_iter().enumerate() {
        let own = folder.join(number.to_string());
        let [first, last] = pages::pages(&own, stored, owners).await;
        println!("page of 50, {stored} documents, {owners} owners: first {first:?}, last {last:?}");
    }
    let (ready, kilobytes) = start::start(folder, stored).await;
    println!("start on {stored} events: ready in {ready:?}, {kilobytes} kB resident");
}

async fn commits(folder: &Path, writers: u32, name: &str) {
    let (mut engine, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..SLICES {
        floor.push(durable::floor(folder, writers, SLICE).await);
        engine.push(durable::engine(folder, writers, SLICE).await);
    }
    let (engine, floor) = (middle(engine), middle(floor));
    println!(
        "{name}: {:.0} commits/s, by hand {:.0}, ratio {:.2}, {:.0} together; p99 {:?} is {:.1} × a transaction by \
         hand ({:?})",
        engine.per_second,
        floor.per_second,
        engine.per_second / floor.per_second,
        engine.together,
        engine.p99,
        engine.p99.as_secs_f64() / floor.median.as_secs_f64(),
        floor.median,
    );
}

fn middle(mut slices: Vec<Measured>) -> Measured {
    slices.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    slices[slices.len() / 2]
}
