use std::{process::ExitCode, time::Duration};

use app::migrations::{MigrationError, Migrations, Standing, Watched};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use model::data_migrations::{Direction, MigrationStatus};
use serde_json::json;

use crate::{
    config::Config,
    output::{Failure, Output, table},
    stores,
};

#[derive(Subcommand)]
pub(crate) enum Migrate {
    /// Which migrations this store has had, and which are pending.
    ///
    /// Example: wrkbelt migrate status --json
    Status,
    /// Apply what is pending, as `serve` does when it starts.
    ///
    /// Example: wrkbelt migrate up --dry-run
    Up(Way),
    /// Take back the last one, or all that came after a named one.
    ///
    /// Example: wrkbelt migrate down --dry-run
    Down(Way),
}

#[derive(Args)]
pub(crate) struct Way {
    /// The last one that is applied in the end.
    #[arg(long, value_name = "NAME")]
    to: Option<String>,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

/// How often to look whether another process has finished.
const POLL: Duration = Duration::from_millis(100);

impl Migrate {
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let url = config.store.as_deref().unwrap_or(stores::ORDINARY);
        match self {
            Self::Status => {
                let opened = stores::open_unchecked(url).await?;
                let all = opened.system.migrations().status().await?;
                output.answer(&json!({ "migrations": all }), || for_people(&all));
            }
            Self::Up(way) => way.go(Direction::Up, url, output).await?,
            Self::Down(way) => way.go(Direction::Down, url, output).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Way {
    async fn go(self, direction: Direction, url: &str, output: &Output) -> Result<(), Failure> {
        let Self { to, dry_run } = self;
        let to = to.as_deref();
        let makes = direction == Direction::Up && !dry_run;
        let opened =
            if makes { stores::open(url).await? } else { stores::open_unchecked(url).await? };
        let migrations = opened.system.migrations();
        let bar = bar(output);
        let mut watch = |it: Watched<'_>| show(&bar, &it);
        let names = if dry_run {
            let planned = migrations.plan(direction, to).await?;
            planned.iter().map(|it| it.unique_name()).collect()
        } else if direction == Direction::Up {
            up(&migrations, to, &mut watch).await?
        } else {
            migrations.down(to, &mut watch).await?
        };
        bar.finish_and_clear();
        let answer = json!({ "direction": direction, "dry_run": dry_run, "migrations": names });
        let does = match (direction, dry_run) {
            (Direction::Up, false) => "applied",
            (Direction::Up, true) => "would apply",
            (Direction::Down, false) => "took back",
            (Direction::Down, true) => "would take back",
        };
        output.answer(&answer, || {
            if names.is_empty() {
                return "nothing to do\n".to_owned();
            }
            names.iter().flat_map(|it| [does, " ", it, "\n"]).collect()
        });
        Ok(())
    }
}

/// Applies what is pending; waits while another process does it.
pub(crate) async fn up(
    migrations: &Migrations,
    to: Option<&str>,
    watch: &mut (dyn FnMut(Watched<'_>) + Send),
) -> Result<Vec<&'static str>, Failure> {
    let mut waited = false;
    loop {
        match migrations.up(to, watch).await {
            Err(busy @ (MigrationError::Leased { .. } | MigrationError::LostLease)) => {
                if !waited {
                    tracing::info!("waiting: {busy}");
                }
                waited = true;
                tokio::time::sleep(POLL).await;
            }
            done => return Ok(done?),
        }
    }
}

/// Drawn on a terminal only.
fn bar(output: &Output) -> ProgressBar {
    if output.is_json() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {bar:30} {human_pos}/{human_len} {eta}");
    let bar = ProgressBar::no_length();
    if let Ok(style) = style { bar.with_style(style) } else { bar }
}

fn show(bar: &ProgressBar, watched: &Watched<'_>) {
    bar.set_message(watched.unique_name);
    bar.set_length(watched.progress.total);
    bar.set_position(watched.progress.done);
}

fn for_people(all: &[Standing]) -> String {
    let row = |it: &Standing| {
        let record = it.record.as_ref();
        let text = |text: Option<String>| text.unwrap_or_default();
        let progress = record.and_then(|it| it.progress.as_ref());
        vec![
            it.unique_name.clone(),
            status(it).to_owned(),
            text(progress.map(|it| format!("{}/{}", it.done, it.total))),
            text(record.and_then(|it| it.finished_at).map(|it| it.to_string())),
            text(record.and_then(|it| it.error.clone()).or_else(|| Some(it.description.clone()))),
        ]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    table(&["migration", "status", "records", "at", "what"], &rows)
}

fn status(standing: &Standing) -> &'static str {
    match standing.record.as_ref().map(|it| it.status) {
        Some(MigrationStatus::RolledBack) => "rolled back",
        _ if !standing.is_known => "of a newer version",
        None => "pending",
        Some(MigrationStatus::Running) => "running",
        Some(MigrationStatus::Applied) => "applied",
        Some(MigrationStatus::Failed) => "failed",
    }
}
