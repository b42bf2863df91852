use std::{fmt::Write as _, process::ExitCode};

use app::Tenant;
use clap::{Args, Subcommand};
use model::{
    Doc, Id,
    session::{BookingSession, SessionEvent},
};
use serde_json::json;

use crate::{
    config::Config,
    output::{Failure, Output, table},
    stores,
};

#[derive(Subcommand)]
pub(crate) enum Session {
    /// The session as it is stored.
    ///
    /// Example: wrkbelt session show 6741a0c2f1d0a83b5e000001
    Show(Which),
    /// What happened, event by event.
    ///
    /// Example: wrkbelt session events 6741a0c2f1d0a83b5e000001 --json
    Events(Which),
    /// Fold the session anew from its events and say whether the stored document is the same.
    ///
    /// Example: wrkbelt session replay 6741a0c2f1d0a83b5e000001 --at 7
    Replay {
        #[command(flatten)]
        which: Which,
        /// As it was after this event.
        #[arg(long, value_name = "SEQUENCE", value_parser = clap::value_parser!(u64).range(1..))]
        at: Option<u64>,
        /// Say only whether it is the same, and fail when it is not.
        #[arg(long, conflicts_with = "at")]
        verify: bool,
    },
}

#[derive(Args)]
pub(crate) struct Which {
    id: Id<BookingSession>,
    /// Slug or id; absent looks in all.
    #[arg(long, value_name = "SLUG_OR_ID")]
    organization: Option<String>,
}

impl Session {
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        match self {
            Self::Show(which) => {
                let (_, session) = which.find(config).await?;
                let pretty = || serde_json::to_string_pretty(&session).unwrap_or_default() + "\n";
                output.answer(&session, pretty);
                Ok(ExitCode::SUCCESS)
            }
            Self::Events(which) => {
                let (tenant, session) = which.find(config).await?;
                let events = tenant.session_events(session.id, None).await?;
                output.answer(&events, || timeline(&events));
                Ok(ExitCode::SUCCESS)
            }
            Self::Replay { which, at, verify } => replay(&which, at, verify, config, output).await,
        }
    }
}

async fn replay(
    which: &Which,
    at: Option<u64>,
    verify: bool,
    config: &Config,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let (tenant, session) = which.find(config).await?;
    let replayed = tenant.replay_session(session.id, at).await?;
    let identical = replayed.identical;
    let mut answer = json!({
        "session_id": session.id,
        "events": replayed.events,
        "identical": identical,
    });
    if !verify && let Some(answer) = answer.as_object_mut() {
        let state = serde_json::to_value(&replayed.session).unwrap_or_default();
        answer.insert("session".to_owned(), state);
    }
    let events = tenant.session_events(session.id, at).await?;
    output.answer(&answer, || {
        let mut text = if verify { String::new() } else { timeline(&events) + "\n" };
        let verdict = match identical {
            Some(true) => "the stored session is identical to the fold of its events",
            Some(false) => "the stored session DIFFERS from the fold of its events",
            None => "as it was then; later events are left out",
        };
        let _ = writeln!(text, "{} events: {verdict}", replayed.events);
        if !verify {
            text.push_str(&serde_json::to_string_pretty(&replayed.session).unwrap_or_default());
            text.push('\n');
        }
        text
    });
    Ok(if identical == Some(false) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Which {
    async fn find(&self, config: &Config) -> Result<(Tenant, Doc<BookingSession>), Failure> {
        let opened =
            stores::open_existing(config.store.as_deref().unwrap_or(stores::ORDINARY)).await?;
        let organizations = match &self.organization {
            Some(asked) => {
                let found = opened.system.find_organization(asked).await?;
                vec![
                    found
                        .ok_or_else(|| Failure::new(format!("there is no organization {asked}")))?,
                ]
            }
            None => opened.system.organizations().await?,
        };
        for organization in organizations {
            let tenant = opened.system.enter(organization.id);
            if let Some(session) = tenant.session(self.id).await? {
                return Ok((tenant, session));
            }
        }
        Err(Failure::new(format!("there is no session {}", self.id)))
    }
}

/// One line for each event, with the seconds since the first.
fn timeline(events: &[SessionEvent]) -> String {
    let start = events.first().map(|it| it.timestamp);
    let rows: Vec<_> = events
        .iter()
        .map(|event| {
            let since = start.map_or(0, |start| event.timestamp.millis_since(start));
            let data = serde_json::to_value(&event.body.data).unwrap_or_default();
            vec![
                event.sequence.to_string(),
                event.timestamp.to_string(),
                format!("+{}.{:03}s", since / 1_000, since % 1_000),
                event.body.data.event_type().to_owned(),
                short(&data["data"].to_string()),
            ]
        })
        .collect();
    table(&["#", "at", "since", "event", "data"], &rows)
}

fn short(text: &str) -> String {
    const MOST: usize = 110;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST - 1).chain(['…']).collect()
}
