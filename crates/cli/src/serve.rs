use std::{fmt::Write as _, process::ExitCode, time::Duration};

use api::{DemoSite, Server, Settings};
use app::{Mailing, SystemDoor};
use clap::Args;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    config::Config,
    mail,
    output::{Failure, Output},
    stores::{self, Opened},
};

#[derive(Args)]
pub(crate) struct Serve {}

impl Serve {
    /// A server that cannot listen does not migrate.
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let url = config.store();
        let mailing = mail::mailing(config, url)?;
        let server = bind(config)?;
        let base_url = base_url(&server)?;
        let (opened, _lock) = stores::open_to_serve(config, url, None, &base_url).await?;
        let setup_url = opened.system.setup_link().await?;
        let mailbox_url = mail::mailbox(config, &mailing).map(|_| format!("{base_url}/mailbox"));
        let mut answer = json!({ "event": "listening", "base_url": base_url });
        if let Some(mailbox_url) = &mailbox_url {
            answer["mailbox_url"] = json!(mailbox_url);
        }
        if let Some(setup_url) = &setup_url {
            answer["setup_url"] = json!(setup_url);
        }
        output.answer(&answer, || {
            let mut text = format!("listening on {base_url}\nAPI documentation: {base_url}/docs\n");
            if let Some(mailbox_url) = mailbox_url {
                let _ = writeln!(text, "mails: {mailbox_url}");
            }
            if let Some(setup_url) = setup_url {
                let _ = writeln!(
                    text,
                    "Nobody has an account yet: make the first one within a day at\n{setup_url}"
                );
            }
            text
        });
        run(server, opened, mailing, config, None).await
    }
}

/// In minutes: the whole file store is listed for it.
const ORPHANS_EVERY: u32 = 24 * 60;

pub(crate) fn bind(config: &Config) -> Result<Server, Failure> {
    let bound = Server::bind(config.listen).map_err(|error| {
        Failure::new(format!(
            "cannot listen on {}: {error} (choose another with --listen)",
            config.listen
        ))
    })?;
    let mut server = bound.behind_proxy(config.behind_proxy);
    if let Some(descriptors) = descriptors() {
        // The others are for the store and for files.
        server = server.most_connections(descriptors / 2);
    }
    Ok(match config.most_connections {
        Some(most) => server.most_per_address(most),
        None => server,
    })
}

/// How many files and connections this process may have open; `None` where that is not said.
fn descriptors() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|it| it.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

pub(crate) fn base_url(server: &Server) -> Result<String, Failure> {
    let address = server.address().map_err(|error| Failure::new(error.to_string()))?;
    Ok(format!("http://{address}"))
}

/// Serves until the process is asked to stop; then what is under way is answered and
/// sent first.
pub(crate) async fn run(
    server: Server,
    opened: Opened,
    mailing: Mailing,
    config: &Config,
    demo: Option<DemoSite>,
) -> Result<ExitCode, Failure> {
    let Opened { doors, system } = opened;
    let mailbox = mail::mailbox(config, &mailing);
    let settings = Settings { demo, rate_limits: config.rate_limits, mailbox };
    let router = api::router(doors, settings);
    let stop = || stopped().map_err(|error| Failure::new(error.to_string()));
    let (stop_serving, stop_working, stop_sweeping) = (stop()?, stop()?, stop()?);
    let (worker, sweeper) = (system.worker(mailing), system.sweeper());
    let serving = async {
        tokio::join!(
            server.run(router, stop_serving),
            worker.run(stop_working),
            sweeper.run(stop_sweeping),
        )
    };
    tokio::select! {
        _ = serving => {}
        () = tend(&system) => {}
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Goes on for ever. What fails is tried again.
async fn tend(system: &SystemDoor) {
    let mut minutes = tokio::time::interval(Duration::from_mins(1));
    for minute in 0_u32.. {
        minutes.tick().await;
        if let Err(error) = system.tend_files().await {
            tracing::warn!(%error, "files could not be tended");
        }
        if let Err(error) = system.forget_expired().await {
            tracing::warn!(%error, "what has expired could not be deleted");
        }
        if minute % ORPHANS_EVERY == 0
            && let Err(error) = system.remove_orphans().await
        {
            tracing::warn!(%error, "bytes without a document could not be removed");
        }
    }
}

/// Ends at an interrupt or a request to terminate.
pub(crate) fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
