use std::{path::Path, process::ExitCode};

use app::{Error, FlowKeeper, Publish, Published};
use clap::{Args, Subcommand};
use model::{Timestamp, content::Slug};
use serde_json::{Value, json};

use super::for_people;
use crate::{
    config::Config,
    output::{Failure, Output, table},
    stores,
};

/// What becomes of a flow that is stored.
#[derive(Subcommand)]
pub(crate) enum Lifecycle {
    /// Let visitors see the draft of a flow, now or at a time.
    ///
    /// Example: wrkbelt flow publish home-services --organization acme --note "Winter prices"
    Publish {
        #[command(flatten)]
        which: Which,
        /// For those who look at the versions.
        #[arg(long)]
        note: Option<String>,
        /// When visitors get it: 2026-12-01T06:00:00Z; at once when not said.
        #[arg(long, value_name = "TIME")]
        at: Option<Timestamp>,
    },
    /// List the versions of a flow, newest first.
    ///
    /// Example: wrkbelt flow versions home-services --organization acme
    Versions {
        #[command(flatten)]
        which: Which,
    },
    /// Let visitors see a version that was made before.
    ///
    /// Example: wrkbelt flow rollback home-services --to 3 --organization acme
    Rollback {
        #[command(flatten)]
        which: Which,
        /// The number of the version.
        #[arg(long, value_name = "NUMBER")]
        to: u32,
    },
}

#[derive(Args)]
pub(crate) struct Which {
    /// Of the flow.
    slug: Slug,
    /// Slug or id.
    #[arg(long, value_name = "SLUG_OR_ID")]
    organization: String,
}

impl Lifecycle {
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let (Self::Publish { which, .. } | Self::Versions { which } | Self::Rollback { which, .. }) =
            &self;
        let slug = &which.slug;
        let flow = which.find(config).await?;
        let published = match &self {
            Self::Versions { .. } => return versions(&flow, output).await,
            Self::Publish { note, at, .. } => {
                let (note, at) = (note.clone(), *at);
                flow.publish(Publish { note, at, expected: None }).await
            }
            Self::Rollback { to, .. } => flow.publish_version(*to, Publish::default()).await,
        };
        match published {
            Ok(published) => {
                answer(slug, &published, output);
                Ok(ExitCode::SUCCESS)
            }
            Err(Error::Unsound(report)) => {
                output.answer(&report, || for_people(Path::new(slug.as_str()), &report));
                Ok(ExitCode::FAILURE)
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn answer(slug: &Slug, published: &Published, output: &Output) {
    let Published { flow, version_id, number, checksum } = published;
    let is_served = flow.body.published_version_id == Some(*version_id);
    let scheduled = flow.body.scheduled_publication.as_ref().filter(|_| !is_served);
    let scheduled_for = scheduled.map(|it| it.at);
    let answer = json!({
        "booking_flow_id": flow.id,
        "version": number,
        "checksum": checksum,
        "scheduled_for": scheduled_for,
    });
    output.answer(&answer, || match scheduled_for {
        None => format!("{slug} is published as version {number}\n"),
        Some(at) => format!("{slug} will be published as version {number} at {at}\n"),
    });
}

async fn versions(flow: &FlowKeeper, output: &Output) -> Result<ExitCode, Failure> {
    let mut all = Vec::new();
    let mut below = None;
    loop {
        let (page, next) = flow.versions(below, 200).await?;
        all.extend(page);
        below = next;
        if below.is_none() {
            break;
        }
    }
    let json: Vec<Value> = all
        .iter()
        .map(|it| {
            json!({
                "number": it.number,
                "published_at": it.published_at,
                "published_by_id": it.published_by_id,
                "note": it.note,
                "checksum": it.checksum,
                "is_published": it.is_published,
                "scheduled_for": it.scheduled_for,
            })
        })
        .collect();
    output.answer(&json, || {
        let row = |it: &app::VersionAbout| {
            let state = match it.scheduled_for {
                _ if it.is_published => "published".to_owned(),
                Some(at) => format!("from {at}"),
                None => String::new(),
            };
            let note = it.note.clone().unwrap_or_default();
            vec![it.number.to_string(), it.published_at.to_string(), state, note]
        };
        table(&["version", "made", "state", "note"], &all.iter().map(row).collect::<Vec<_>>())
    });
    Ok(ExitCode::SUCCESS)
}

impl Which {
    async fn find(&self, config: &Config) -> Result<FlowKeeper, Failure> {
        let url = config.store.as_deref().unwrap_or(stores::ORDINARY);
        let opened = stores::open_existing(url).await?;
        let asked = &self.organization;
        let found = opened.system.find_organization(asked).await?;
        let found =
            found.ok_or_else(|| Failure::new(format!("there is no organization {asked}")))?;
        Ok(opened.system.enter(found.id).flow_called(&self.slug).await?)
    }
}
