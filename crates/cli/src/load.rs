//! Whole bookings through HTTP, and the floors that they are measured against.

mod ask;
mod child;
mod client;
mod floors;
mod visitor;

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use api::Server;
use axum::{Router, routing::get};
use clap::Args;
use serde_json::json;

pub(crate) use self::ask::Ask;
use self::{child::Child, client::Target, visitor::Visitor};
use crate::{
    output::{Failure, Output, table},
    serve,
};

#[derive(Args)]
pub(crate) struct Load {
    /// Whole bookings to make.
    #[arg(long, default_value_t = 500)]
    sessions: u64,
    /// Visitors at the same time, each with a connection of their own.
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
    /// A server that runs already, with `WRKBELT_LIMITS=off`; otherwise one is started on a fresh
    /// store with the first sample business.
    #[arg(long, value_name = "URL", requires = "public_key")]
    url: Option<String>,
    /// Whose flow to book.
    #[arg(long, value_name = "KEY", requires = "url")]
    public_key: Option<String>,
    /// A postal code inside the area.
    #[arg(long, default_value = "30305")]
    zip: String,
    /// Where visitors look first is chosen by it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What all visitors did together.
#[derive(Default)]
struct Tally {
    next: AtomicU64,
    booked: AtomicU64,
    events: AtomicU64,
}

impl Load {
    pub(crate) async fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let folder = tempfile::tempdir().map_err(|error| Failure::new(error.to_string()))?;
        let mut child = None;
        let (target, public_key) = if let (Some(url), Some(key)) = (&self.url, &self.public_key) {
            (Target::parse(url)?, key.clone())
        } else {
            let (started, key) = child::start_sample(folder.path()).await?;
            let target = started.target();
            child = Some(started);
            (target, key)
        };
        let concurrency = self.concurrency.clamp(1, 4_096);
        let tally = Arc::new(Tally::default());
        let cpu_before = child.as_ref().and_then(Child::cpu_seconds);
        let began = Instant::now();
        let visitors: Vec<_> = (0..concurrency as u64)
            .map(|n| {
                let visitor = Visitor {
                    target,
                    public_key: public_key.clone(),
                    zip: self.zip.clone(),
                    seed: self.seed.wrapping_mul(1_000_003).wrapping_add(n),
                };
                spawn(visitor, self.sessions, tally.clone())
            })
            .collect();
        let mut latencies = Vec::new();
        for visitor in visitors {
            latencies.extend(visitor.await.map_err(|error| Failure::new(error.to_string()))??);
            let booked = tally.booked.load(Ordering::Relaxed);
            output.progress(&format!("{booked} of {} booked", self.sessions));
        }
        let seconds = began.elapsed().as_secs_f64();
        let cpu = child
            .as_ref()
            .and_then(Child::cpu_seconds)
            .zip(cpu_before)
            .map(|(after, before)| after - before);
        drop(child);
        output.progress("measuring the floors");
        let empty = floors::empty_handler(concurrency).await?;
        let rows = floors::raw_store(folder.path(), concurrency)?;
        output.progress("");
        let measured = Measured {
            latencies,
            seconds,
            cpu,
            empty,
            rows,
            booked: tally.booked.load(Ordering::Relaxed),
            events: tally.events.load(Ordering::Relaxed),
        };
        measured.report(concurrency, output);
        Ok(ExitCode::SUCCESS)
    }
}

#[expect(clippy::disallowed_methods, reason = "visitors are tasks of their own, all awaited")]
fn spawn(
    visitor: Visitor,
    sessions: u64,
    tally: Arc<Tally>,
) -> tokio::task::JoinHandle<Result<Vec<Duration>, Failure>> {
    tokio::spawn(async move {
        let mut connection = client::connect(&visitor.target).await?;
        let mut latencies = Vec::new();
        loop {
            let n = tally.next.fetch_add(1, Ordering::Relaxed);
            if n >= sessions {
                return Ok(latencies);
            }
            let visit = visitor.book(&mut connection, n, &mut latencies).await?;
            tally.events.fetch_add(visit.events, Ordering::Relaxed);
            tally.booked.fetch_add(u64::from(visit.booked), Ordering::Relaxed);
        }
    })
}

struct Measured {
    latencies: Vec<Duration>,
    seconds: f64,
    cpu: Option<f64>,
    empty: f64,
    rows: f64,
    booked: u64,
    events: u64,
}

impl Measured {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn report(mut self, concurrency: usize, output: &Output) {
        self.latencies.sort_unstable();
        let commands = self.latencies.len();
        let commands_per_s = commands as f64 / self.seconds;
        let events_per_s = self.events as f64 / self.seconds;
        let (p50, p99) = (self.percentile(50), self.percentile(99));
        let floor = self.empty.min(self.rows);
        let ratio = commands_per_s / floor;
        let cpu_us = self.cpu.map(|it| it * 1e6 / commands.max(1) as f64);
        let answer = json!({
            "sessions_booked": self.booked,
            "commands": commands,
            "concurrency": concurrency,
            "commands_per_s": round(commands_per_s),
            "events_per_s": round(events_per_s),
            "p50_ms": p50,
            "p99_ms": p99,
            "server_cpu_us_per_command": cpu_us.map(round),
            "floor": {
                "raw_store_rows_per_s": round(self.rows),
                "empty_handler_rps": round(self.empty),
            },
            "ratio": (ratio * 1_000.0).round() / 1_000.0,
        });
        output.answer(&answer, || {
            let line = |name: &str, value: String| vec![name.to_owned(), value];
            let mut rows = vec![
                line("bookings made", self.booked.to_string()),
                line("commands / s", format!("{commands_per_s:.0}")),
                line("events / s", format!("{events_per_s:.0}")),
                line("p50", format!("{p50:.2} ms")),
                line("p99", format!("{p99:.2} ms")),
            ];
            rows.extend(cpu_us.map(|it| line("server CPU / command", format!("{it:.0} µs"))));
            rows.extend([
                line("floor: durable rows / s of raw SQLite", format!("{:.0}", self.rows)),
                line("floor: requests / s of an empty handler", format!("{:.0}", self.empty)),
                line("commands / lower floor", format!("{ratio:.2}")),
            ]);
            table(&["", &format!("{concurrency} visitors at once")], &rows)
        });
    }

    fn percentile(&self, percent: usize) -> f64 {
        let place =
            (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        let latency = self.latencies.get(place).copied().unwrap_or_default();
        (latency.as_secs_f64() * 100_000.0).round() / 100.0
    }
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Serves one handler that does nothing, through the same accept loop.
pub(crate) async fn empty_server(output: &Output) -> Result<ExitCode, Failure> {
    let server = Server::bind(([127, 0, 0, 1], 0).into())
        .map_err(|error| Failure::new(error.to_string()))?;
    let base_url = serve::base_url(&server)?;
    output
        .answer(&json!({ "event": "listening", "base_url": base_url }), || format!("{base_url}\n"));
    let stop = serve::stopped().map_err(|error| Failure::new(error.to_string()))?;
    server.run(Router::new().route("/", get(async || ())), stop).await;
    Ok(ExitCode::SUCCESS)
}
