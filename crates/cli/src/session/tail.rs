use std::process::ExitCode;

use app::{Happened, Tenant};
use clap::Args;
use model::{
    Id,
    session::{BookingSession, TimelineEntry},
};
use serde::Serialize;

use super::find_in;
use crate::{
    config::Config,
    output::{Failure, Output},
    serve, stores,
};

#[derive(Args)]
pub(crate) struct Tail {
    /// The visit; absent follows all of an organization.
    id: Option<Id<BookingSession>>,
    /// Slug or id.
    #[arg(long, value_name = "SLUG_OR_ID")]
    organization: Option<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    session_id: Id<BookingSession>,
    #[serde(flatten)]
    entry: &'a TimelineEntry,
}

const PAGE: usize = 200;

impl Tail {
    pub(super) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let opened = stores::open_existing(config.store()).await?;
        let stopped = serve::stopped().map_err(|error| Failure::new(error.to_string()))?;
        let following = async {
            match (self.id, &self.organization) {
                (Some(id), organization) => {
                    let tenant = find_in(&opened, id, organization.as_deref()).await?;
                    one(&tenant, id, output).await
                }
                (None, Some(asked)) => {
                    let found = opened.system.find_organization(asked).await?;
                    let missing = || Failure::new(format!("there is no organization {asked}"));
                    all(&opened.system.enter(found.ok_or_else(missing)?.id), output).await
                }
                (None, None) => {
                    Err(Failure::new("say which visit, or which organization with --organization"))
                }
            }
        };
        tokio::select! {
            () = stopped => Ok(ExitCode::SUCCESS),
            ended = following => ended.map(|()| ExitCode::SUCCESS),
        }
    }
}

/// What has happened in a visit and what happens, until it is over.
async fn one(tenant: &Tenant, id: Id<BookingSession>, output: &Output) -> Result<(), Failure> {
    // Before the events are read, so that none comes in between.
    let mut following = tenant.follow(Some(id)).await?;
    let mut after = Some(0);
    while let Some(from) = after {
        let part = tenant.timeline(id, from, PAGE).await?;
        if let Some(last) = part.data.last() {
            following.go_on_after(id, last.sequence);
        }
        if show(id, &part.data, output) {
            return Ok(());
        }
        after = part.next;
    }
    loop {
        let Happened { session_id, entries } = following.next().await?;
        if show(session_id, &entries, output) {
            return Ok(());
        }
    }
}

async fn all(tenant: &Tenant, output: &Output) -> Result<(), Failure> {
    let mut following = tenant.follow(None).await?;
    loop {
        let Happened { session_id, entries } = following.next().await?;
        show(session_id, &entries, output);
    }
}

/// Whether nothing more can happen in the visit.
fn show(session_id: Id<BookingSession>, entries: &[TimelineEntry], output: &Output) -> bool {
    for entry in entries {
        output.answer(&Line { session_id, entry }, || {
            let TimelineEntry { timestamp, sequence, label, .. } = entry;
            format!("{timestamp}  {session_id}  #{sequence:<4} {label}\n")
        });
    }
    let last = entries.last().map(|it| it.event_type.as_str());
    matches!(last, Some("SESSION_COMPLETED" | "SESSION_EXPIRED"))
}
