use model::{
    flow::CompiledFlow,
    hex,
    session::{
        self, BookingSession, Command, Decided, EventData, FieldFailure, Rejection, SessionEvent,
        View,
    },
};
use sha2::{Digest, Sha256};
use store::StoredEvent;

use super::{
    VisitorSession,
    effects::Effects,
    facts::{self, Facts},
};
use crate::{Error, Result};

/// How often a command is decided anew because somebody else wrote first. Each time at least one
/// other has got on.
const ATTEMPTS: usize = 64;

/// What became of a command.
#[derive(Debug)]
pub struct Executed {
    pub view: View,
    /// Types of the events that it caused.
    pub events: Vec<String>,
}

impl VisitorSession {
    /// Decides on a command and appends what happens, in one durable batch. The same `command_id`
    /// has one effect and answers the same, however often it comes.
    ///
    /// # Errors
    /// [`Error::Stale`] when the visitor has seen an older state, [`Error::Rejected`] when the
    /// command makes no sense now, [`Error::CommandIdReused`], [`Error::Invalid`] for one that is
    /// malformed.
    pub async fn execute(
        mut self,
        command_id: &str,
        expected_sequence: u64,
        command: &Command,
    ) -> Result<Executed> {
        let digest = digest(command);
        for _ in 0..ATTEMPTS {
            let flow = self.tenant.compiled(self.session.body.booking_flow_version_id).await?;
            if !self.is_new(command_id) {
                let known = self.tenant.scoped().events_of_command(self.id(), command_id).await?;
                if !known.is_empty() {
                    let again = self.answer_again(&flow, command, &digest, known).await;
                    return again.map_err(Error::for_visitors);
                }
            }
            match self.attempt(&flow, command_id, &digest, expected_sequence, command).await {
                Err(error) if can_be_tried_again(&error) => self.reload().await?,
                _ if self.is_remembered() => self.reload().await?,
                answer => return answer,
            }
        }
        Err(Error::Busy)
    }

    async fn attempt(
        &mut self,
        flow: &CompiledFlow,
        command_id: &str,
        command_digest: &str,
        expected_sequence: u64,
        command: &Command,
    ) -> Result<Executed> {
        let state = &self.session.body.current_state;
        if expected_sequence < state.last_seen_sequence || expected_sequence > state.last_sequence {
            let view = Box::new(self.present(flow));
            return Err(Error::Stale { expected: expected_sequence, view });
        }
        let now = self.tenant.now().max(self.session.body.current_state.last_event_at);
        let Facts { input, taken_over, kept, file } = self.facts(flow, command, now).await?;
        let (decided, rejection) = match session::decide(flow, &self.session.body, &input, now) {
            Ok(decided) => (decided, None),
            Err(Rejection::Invalid(problems)) => {
                let failed = validation_failed(&self.session.body, command, &problems);
                (vec![failed], Some(Rejection::Invalid(problems)))
            }
            Err(rejection) => return Err(self.rejected(flow, rejection)),
        };
        let header = self.header(command_id, command_digest, now);
        let effects = Effects {
            visitor: self,
            flow,
            taken_over: &taken_over,
            kept: &kept,
            file: file.as_ref(),
        };
        let Some(appended) = self.append(&header, decided, &effects).await? else {
            return Ok(Executed { view: self.present(flow), events: Vec::new() });
        };
        let events = event_types(&appended.events);
        self.session = appended.session;
        self.remember(command_id);
        match rejection {
            Some(rejection) => Err(self.rejected(flow, rejection)),
            None => Ok(Executed { view: self.present(flow), events }),
        }
    }

    fn present(&self, flow: &CompiledFlow) -> View {
        session::view(flow, self.session.id, &self.session.body)
    }

    pub(super) fn rejected(&self, flow: &CompiledFlow, rejection: Rejection) -> Error {
        Error::Rejected { rejection, view: Box::new(self.present(flow)) }
    }

    /// The answer to a command that was decided before: the view as it was then.
    async fn answer_again(
        mut self,
        flow: &CompiledFlow,
        command: &Command,
        digest: &str,
        known: Vec<StoredEvent>,
    ) -> Result<Executed> {
        let known = self.tenant.read_events(self.session.id, &known)?;
        let (Some(first), Some(last)) = (known.first(), known.last()) else {
            return Err(Error::Busy);
        };
        if first.body.command_digest.as_deref() != Some(digest) {
            return Err(Error::CommandIdReused);
        }
        let failed = matches!(last.body.data, EventData::ValidationFailed { .. });
        let until = if failed { first.sequence - 1 } else { last.sequence };
        let events = self.tenant.session_events(self.session.id, Some(until)).await?;
        self.session.body = BookingSession::fold(&events).ok_or(Error::WrongToken)?;
        if !failed {
            return Ok(Executed { view: self.present(flow), events: event_types(&known) });
        }
        let input = match command {
            Command::AttachFile { file_id } => self.attach_facts(*file_id).await?.0,
            other => facts::of_refused(other).ok_or(Error::CommandIdReused)?,
        };
        let decided = session::decide(flow, &self.session.body, &input, last.timestamp);
        self.session.body.apply(last);
        match decided {
            Err(rejection) => Err(self.rejected(flow, rejection)),
            Ok(_) => Err(Error::CommandIdReused),
        }
    }
}

fn validation_failed(
    session: &BookingSession,
    command: &Command,
    problems: &model::Problems,
) -> Decided {
    let fields = problems.0.iter();
    Decided {
        step_id: session.current_state.step_id,
        data: EventData::ValidationFailed {
            command: command.name().to_owned(),
            fields: fields
                .map(|it| FieldFailure { path: it.path.clone(), code: it.code.to_owned() })
                .collect(),
        },
    }
}

fn event_types(events: &[SessionEvent]) -> Vec<String> {
    events.iter().map(|it| it.body.data.event_type().to_owned()).collect()
}

/// Tells one command from another under the same id.
fn digest(command: &Command) -> String {
    let canonical = serde_json::to_vec(command).unwrap_or_default();
    hex(&Sha256::digest(canonical)[..16])
}

/// Somebody took the seat, the reference or the version in between: the next look finds out.
fn can_be_tried_again(error: &Error) -> bool {
    error.is_conflict() || matches!(error, Error::Duplicate { .. })
}
