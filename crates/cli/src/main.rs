//! The binary `wrkbelt`: the only place that reads the environment and prints.

mod archive;
mod config;
mod convert;
mod demo;
mod doctor;
mod flow;
mod keys;
mod load;
mod mail;
mod migrate;
mod org;
mod output;
mod progress;
mod route;
mod samples;
mod serve;
mod session;
mod simulate;
mod stores;
mod user;

use std::{io::Write, process::ExitCode};

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;

use crate::{
    config::Common,
    output::{Failure, Output},
};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Booking for service businesses: one binary, every visit replayable.
#[derive(Parser)]
#[command(name = "wrkbelt", version, about, long_about = None, max_term_width = 100)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API, the widget and the booking pages.
    ///
    /// Example: wrkbelt serve --store <sqlite://data/wrkbelt.db> --listen 127.0.0.1:8080
    Serve(serve::Serve),
    /// Serve on a fresh store with three sample businesses, and print their addresses.
    ///
    /// Example: wrkbelt demo
    Demo(demo::Demo),
    /// Booking flows as files.
    ///
    /// Example: wrkbelt flow validate samples/peachtree-home-services/flow.yaml
    #[command(subcommand)]
    Flow(flow::Flow),
    /// What happened in one visit.
    ///
    /// Example: wrkbelt session events 6741a0c2f1d0a83b5e000001
    #[command(subcommand)]
    Session(session::Session),
    /// Which flow a page gets, and why each router won or did not.
    ///
    /// Example: wrkbelt route <https://example.com/services/ac> --organization peachtree
    Route(route::Route),
    /// People with an account.
    ///
    /// Example: wrkbelt user create --email ada@example.com --first-name Ada --last-name Lovelace
    #[command(subcommand)]
    User(user::User),
    /// Organizations.
    ///
    /// Example: wrkbelt org create --name Peachtree --slug peachtree --time-zone UTC
    #[command(subcommand)]
    Org(org::Org),
    /// The keys that seal secrets in the store.
    ///
    /// Example: wrkbelt keys rotate
    #[command(subcommand)]
    Keys(keys::Keys),
    /// What has to be done to the data of a store when Wrkbelt is replaced by a newer version.
    ///
    /// Example: wrkbelt migrate status
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Look for what should not be in a store: damaged records, orphans, gaps, sessions that are
    /// not the fold of their events, indexes that are not as declared.
    ///
    /// Example: wrkbelt doctor --repair
    Doctor(doctor::Doctor),
    /// Write all organizations, or one, into a file that every engine can import.
    ///
    /// Example: wrkbelt export --out everything.jsonl
    Export(archive::Export),
    /// Put an exported file into a store that does not have its documents.
    ///
    /// Example: wrkbelt import everything.jsonl --store <sqlite://data/new.db>
    Import(archive::Import),
    /// Write the whole store as it is at one instant, while it goes on being used.
    ///
    /// Example: wrkbelt backup --out wrkbelt.backup --key-file backup.key
    Backup(archive::Backup),
    /// Make a store from a backup, after checking all of it.
    ///
    /// Example: wrkbelt restore wrkbelt.backup --key-file backup.key --replace
    Restore(archive::Restore),
    /// Drive whole bookings through HTTP and measure, beside what the machine could do at most.
    ///
    /// Example: wrkbelt load --sessions 2000 --concurrency 64
    Load(load::Load),
    /// Print the OpenAPI document of the API.
    ///
    /// Example: wrkbelt openapi > openapi.json
    Openapi {
        /// Print who may call what instead.
        #[arg(long)]
        permissions: bool,
    },
    /// Answer every request with nothing: the floor of `load`.
    #[command(hide = true)]
    EmptyServer,
    /// One request again and again, to measure it.
    #[command(hide = true)]
    Ask(load::Ask),
}

fn main() -> ExitCode {
    let Arguments { common, command } = Arguments::parse();
    let output = Output::new(common.json);
    match run(common, command, &output) {
        Ok(code) => code,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "error: {failure}");
            failure.exit_code()
        }
    }
}

fn run(common: Common, command: Command, output: &Output) -> Result<ExitCode, Failure> {
    let config = common.resolve()?;
    config.start_logging()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("the runtime does not start: {error}")))?;
    runtime.block_on(async {
        match command {
            Command::Serve(serve) => serve.run(&config, output).await,
            Command::Demo(demo) => demo.run(&config, output).await,
            Command::Flow(flow) => flow.run(&config, output).await,
            Command::Session(session) => session.run(&config, output).await,
            Command::Route(route) => route.run(&config, output).await,
            Command::User(user) => user.run(&config, output).await,
            Command::Org(org) => org.run(&config, output).await,
            Command::Keys(keys) => keys.run(&config, output).await,
            Command::Migrate(migrate) => migrate.run(&config, output).await,
            Command::Doctor(doctor) => doctor.run(&config, output).await,
            Command::Export(export) => export.run(&config, output).await,
            Command::Import(import) => import.run(&config, output).await,
            Command::Backup(backup) => backup.run(&config, output).await,
            Command::Restore(restore) => restore.run(&config, output).await,
            Command::Load(load) => load.run(output).await,
            Command::Openapi { permissions } => {
                output::raw(&if permissions { api::permissions() } else { api::openapi() });
                Ok(ExitCode::SUCCESS)
            }
            Command::Ask(ask) => ask.run(output).await,
            Command::EmptyServer => load::empty_server(output).await,
        }
    })
}
