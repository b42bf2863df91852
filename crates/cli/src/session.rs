mod diff;
mod tail;

use std::{fmt::Write as _, process::ExitCode};

use app::{At, Error, RawEvent, Tenant};
use clap::{Args, Subcommand};
use model::{
    Id, Timestamp,
    session::{BookingSession, SessionEvent},
};
use serde_json::{Value, json};

use crate::{
    config::Config,
    output::{Failure, Output, table},
    stores::{self, Opened},
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
        /// As it was after this event, or at this instant.
        #[arg(long, value_name = "SEQUENCE_OR_TIME")]
        at: Option<At>,
        /// Say only whether it is the same, and fail when it is not.
        #[arg(long, conflicts_with = "at")]
        verify: bool,
    },
    /// Follow a visit until it is over, or all visits of an organization, as they happen.
    ///
    /// Example: wrkbelt session tail --organization green-thumb
    Tail(tail::Tail),
    /// Where two visits part, and what became of each.
    ///
    /// Example: wrkbelt session diff 6741a0c2f1d0a83b5e000001 6741a0c2f1d0a83b5e000002
    Diff(diff::Diff),
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
                let tenant = which.find(config).await?;
                let session = tenant.session(which.id).await?;
                let session = session.ok_or_else(|| absent(which.id))?;
                let pretty = || serde_json::to_string_pretty(&session).unwrap_or_default() + "\n";
                output.answer(&session, pretty);
                Ok(ExitCode::SUCCESS)
            }
            Self::Events(which) => {
                let tenant = which.find(config).await?;
                match tenant.session_events(which.id, None).await {
                    Ok(events) => output.answer(&events, || timeline(&events)),
                    // As they are stored: nothing else can be said of all of them.
                    Err(Error::NotFoldable { .. }) => {
                        let events = raw_events(&tenant, which.id).await?;
                        output.answer(&events, || raw_timeline(&events));
                    }
                    Err(error) => return Err(error.into()),
                }
                Ok(ExitCode::SUCCESS)
            }
            Self::Replay { which, at, verify } => replay(&which, at, verify, config, output).await,
            Self::Tail(tail) => tail.run(config, output).await,
            Self::Diff(diff) => diff.run(config, output).await,
        }
    }
}

async fn replay(
    which: &Which,
    at: Option<At>,
    verify: bool,
    config: &Config,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let tenant = which.find(config).await?;
    let at = match at {
        Some(At::Time(_)) => Some(tenant.session_state(which.id, at).await?.sequence),
        Some(At::Sequence(sequence)) => Some(sequence),
        None => None,
    };
    let replayed = tenant.replay_session(which.id, at).await?;
    let identical = replayed.identical;
    let mut answer = json!({
        "session_id": which.id,
        "events": replayed.events,
        "identical": identical,
    });
    if let Some(broken) = &replayed.broken {
        answer["broken"] = json!({ "sequence": broken.sequence, "what": broken.to_string() });
    }
    if !verify && let Some(answer) = answer.as_object_mut() {
        let state = serde_json::to_value(&replayed.session).unwrap_or_default();
        answer.insert("session".to_owned(), state);
    }
    let events = tenant.session_events(which.id, at).await?;
    output.answer(&answer, || {
        let mut text = if verify { String::new() } else { timeline(&events) + "\n" };
        let verdict = match identical {
            Some(true) => "the stored session is identical to the fold of its events",
            Some(false) => "the stored session DIFFERS from the fold of its events",
            None => "as it was then; later events are left out",
        };
        let _ = writeln!(text, "{} events: {verdict}", replayed.events);
        if let Some(broken) = &replayed.broken {
            let _ = writeln!(text, "the events are NOT as they were appended: {broken}");
        }
        if !verify {
            text.push_str(&serde_json::to_string_pretty(&replayed.session).unwrap_or_default());
            text.push('\n');
        }
        text
    });
    let is_sound = identical != Some(false) && replayed.broken.is_none();
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Which {
    async fn find(&self, config: &Config) -> Result<Tenant, Failure> {
        let opened = stores::open_existing(config.store()).await?;
        find_in(&opened, self.id, self.organization.as_deref()).await
    }
}

/// The organization that has the session, whether or not its document can be read.
async fn find_in(
    opened: &Opened,
    id: Id<BookingSession>,
    organization: Option<&str>,
) -> Result<Tenant, Failure> {
    let organizations = match organization {
        Some(asked) => {
            let found = opened.system.find_organization(asked).await?;
            vec![found.ok_or_else(|| Failure::new(format!("there is no organization {asked}")))?]
        }
        None => opened.system.organizations().await?,
    };
    for organization in organizations {
        let tenant = opened.system.enter(organization.id);
        if tenant.has_session(id).await? {
            return Ok(tenant);
        }
    }
    Err(absent(id))
}

fn absent(id: Id<BookingSession>) -> Failure {
    Failure::new(format!("there is no session {id}"))
}

async fn raw_events(tenant: &Tenant, id: Id<BookingSession>) -> Result<Vec<RawEvent>, Failure> {
    const PAGE: usize = 1_000;
    let (mut events, mut after) = (Vec::new(), Some(0));
    while let Some(from) = after {
        let part = tenant.raw_events(id, from, PAGE).await?;
        events.extend(part.data);
        after = part.next;
    }
    Ok(events)
}

/// One line for each event, with the seconds since the first.
fn timeline(events: &[SessionEvent]) -> String {
    let start = events.first().map(|it| it.timestamp);
    let row = |event: &SessionEvent| {
        let data = serde_json::to_value(&event.body.data).unwrap_or_default();
        row(event.sequence, start, event.timestamp, event.body.data.event_type(), &data["data"])
    };
    table(&COLUMNS, &events.iter().map(row).collect::<Vec<_>>())
}

/// The same of events that may not be understood.
fn raw_timeline(events: &[RawEvent]) -> String {
    let start = events.first().map(|it| it.timestamp);
    let row = |event: &RawEvent| {
        let data = event.body.get("data").unwrap_or(&Value::Null);
        row(event.sequence, start, event.timestamp, &event.event_type, data)
    };
    table(&COLUMNS, &events.iter().map(row).collect::<Vec<_>>())
}

const COLUMNS: [&str; 5] = ["#", "at", "since", "event", "data"];

fn row(
    sequence: u64,
    start: Option<Timestamp>,
    timestamp: Timestamp,
    event_type: &str,
    data: &Value,
) -> Vec<String> {
    let since = start.map_or(0, |start| timestamp.millis_since(start));
    vec![
        sequence.to_string(),
        timestamp.to_string(),
        format!("+{}.{:03}s", since / 1_000, since % 1_000),
        event_type.to_owned(),
        short(&data.to_string()),
    ]
}

fn short(text: &str) -> String {
    const MOST: usize = 110;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST - 1).chain(['…']).collect()
}
