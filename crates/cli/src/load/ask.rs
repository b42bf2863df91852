use std::{
    fs,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use hyper::Method;
use serde_json::json;

use super::client::{self, Target};
use crate::output::{Failure, Output};

/// Sends one request again and again, over as many connections as are wanted.
#[derive(Args)]
pub(crate) struct Ask {
    /// Of a server, such as <http://127.0.0.1:8080>.
    url: String,
    /// Where to; `{n}` is another number each time, `{each}` another line of `--each`.
    path: String,
    #[arg(long, default_value = "GET")]
    method: Method,
    /// What is sent as JSON; `{n}` is another number each time.
    #[arg(long)]
    body: Option<String>,
    /// `Authorization: Bearer`.
    #[arg(long)]
    token: Option<String>,
    /// `Cookie`.
    #[arg(long)]
    cookie: Option<String>,
    /// What `{each}` stands for in the path, one a line.
    #[arg(long, value_name = "FILE")]
    each: Option<PathBuf>,
    #[arg(long, default_value_t = 16)]
    connections: u64,
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Makes the numbers of one run differ from those of another.
    #[arg(long, default_value_t = 0)]
    from: u64,
}

impl Ask {
    #[expect(clippy::disallowed_methods, reason = "one task for each connection, all awaited")]
    pub(crate) async fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let target = Target::parse(&self.url)?;
        let each = self.each.as_ref().map(fs::read_to_string).transpose();
        let each = each.map_err(|error| Failure::new(format!("--each: {error}")))?;
        let each: Arc<[String]> =
            each.as_deref().unwrap_or_default().lines().map(str::to_owned).collect();
        let until = Instant::now() + Duration::from_secs(self.seconds);
        let ask = Arc::new(self);
        let asking: Vec<_> = (0..ask.connections)
            .map(|n| tokio::spawn(ask.clone().until(target, n, each.clone(), until)))
            .collect();
        let mut latencies = Vec::new();
        for asked in asking {
            latencies.extend(asked.await.map_err(|error| Failure::new(error.to_string()))??);
        }
        latencies.sort_unstable();
        let at = |percent: usize| {
            let place = (latencies.len() * percent / 100).min(latencies.len().saturating_sub(1));
            latencies.get(place).map_or(0.0, |it| it.as_secs_f64() * 1_000.0)
        };
        let per_second = latencies.len() as u64 / ask.seconds.max(1);
        let answer = json!({ "requests_per_s": per_second, "p50_ms": at(50), "p99_ms": at(99) });
        output.answer(&answer, || format!("{answer}\n"));
        Ok(ExitCode::SUCCESS)
    }

    async fn until(
        self: Arc<Self>,
        target: Target,
        connection: u64,
        each: Arc<[String]>,
        until: Instant,
    ) -> Result<Vec<Duration>, Failure> {
        let mut open = client::connect(&target).await?;
        open.cookie.clone_from(&self.cookie);
        let mut latencies = Vec::new();
        // No two connections are at the same line at a time, as long as there are more lines.
        let mut lines = each.iter().cycle().skip(usize::try_from(connection).unwrap_or_default());
        let connections = usize::try_from(self.connections).unwrap_or(1);
        while Instant::now() < until {
            let n = self.from + connection * 10_000_000 + latencies.len() as u64;
            let numbered = |text: &str| text.replace("{n}", &n.to_string());
            let body = self.body.as_deref().map(numbered);
            let mut path = numbered(&self.path);
            if let Some(line) = lines.next() {
                path = path.replace("{each}", line);
                lines.by_ref().take(connections - 1).for_each(drop);
            }
            let began = Instant::now();
            open.send(self.method.clone(), &path, self.token.as_deref(), body).await?;
            latencies.push(began.elapsed());
        }
        Ok(latencies)
    }
}
