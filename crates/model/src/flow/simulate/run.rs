use std::{collections::HashSet, time::Duration};

use super::{
    End, Spot, Why,
    said::{Gone, Said, same_title},
};
use crate::{
    Id, ObjectId, Timestamp,
    flow::{CompiledFlow, CompiledQuestion, CompiledStep},
    scheduler::{BookingService, Reference, ServiceZone},
    session::{
        Attribution, BookingSession, Claimed, Decided, Device, EventBody, EventData, EventHash,
        Input, Outcome, Rejection, SessionEvent, SlotOutcome, decide, start,
    },
    step::{BookingFlowStep, GraphNode, StepConfig, Zipcode},
};

/// Something that a visitor came past.
#[derive(Clone, Copy)]
pub(super) enum Mark<'a> {
    /// The `nth` of its type, from 0.
    Step {
        step: &'a CompiledStep,
        nth: usize,
    },
    Question(&'a CompiledQuestion),
    Service {
        id: Id<BookingService>,
        service: &'a BookingService,
    },
}

impl Mark<'_> {
    /// Whether it is the same to a visitor, on whichever version.
    pub(super) fn is(&self, other: &Mark<'_>) -> bool {
        match (self, other) {
            (Self::Step { step, nth }, Mark::Step { step: other, nth: other_nth }) => {
                let types = (step.config.step_type(), other.config.step_type());
                step.id == other.id || (types.0 == types.1 && nth == other_nth)
            }
            (Self::Question(one), Mark::Question(other)) => {
                let (a, b) = (&one.body, &other.body);
                one.id == other.id || a.slug == b.slug || same_title(&a.content, &b.content)
            }
            (Self::Service { id, service }, Mark::Service { id: other_id, service: other }) => {
                id == other_id || service.slug == other.slug
            }
            _ => false,
        }
    }
}

/// What a run came past and how it ended.
pub(super) struct Ran<'a> {
    pub(super) trace: Vec<Mark<'a>>,
    /// `None` when it booked.
    stopped: Option<(Why, String)>,
}

impl<'a> Ran<'a> {
    pub(super) fn is_over(&self) -> bool {
        self.stopped.is_none()
    }

    /// What it booked.
    pub(super) fn booked(&self) -> Option<&Mark<'a>> {
        let services = |it: &&Mark<'a>| matches!(it, Mark::Service { .. });
        if self.is_over() { self.trace.iter().rfind(services) } else { None }
    }

    pub(super) fn end(&self) -> End {
        match (&self.stopped, self.booked()) {
            (None, Some(Mark::Service { service, .. })) => {
                End::Booked { service: service.slug.clone(), title: service.content.title.clone() }
            }
            (stopped, _) => {
                let (why, reason) =
                    stopped.clone().unwrap_or((Why::Broken, "It booked nothing.".to_owned()));
                End::Left { at: self.spot(self.trace.len().saturating_sub(1)), why, reason }
            }
        }
    }

    /// Where the `n`th mark stands; a service stands where the question is that led to it.
    pub(super) fn spot(&self, n: usize) -> Spot {
        let mut spot = Spot { step_type: None, step: String::new(), question: None };
        for mark in self.trace.iter().take(n + 1) {
            match mark {
                Mark::Step { step, .. } => {
                    spot.step_type = Some(step.config.step_type());
                    spot.step.clone_from(&step.content.title);
                    spot.question = None;
                }
                Mark::Question(question) => spot.question = Some(question.body.slug.clone()),
                Mark::Service { .. } => {}
            }
        }
        spot
    }
}

type ZoneOf<'a> = &'a dyn Fn(&Zipcode, &str) -> Option<Id<ServiceZone>>;

/// Says on a flow what was said.
struct Run<'a, 'b> {
    flow: &'a CompiledFlow,
    said: &'b Said<'b>,
    zone_of: ZoneOf<'b>,
    /// What was recorded; `None` while it is being established.
    before: Option<&'b Ran<'b>>,
    trace: Vec<Mark<'a>>,
    asked: HashSet<Id<GraphNode>>,
}

type Stop = (Why, String);

/// On the version on which it was said: how far that carries.
pub(super) fn record<'a>(flow: &'a CompiledFlow, said: &Said<'_>) -> Ran<'a> {
    Run::new(flow, said, &|_, _| said.zone, None).run()
}

/// On another version, after what was recorded.
pub(super) fn again<'a>(
    flow: &'a CompiledFlow,
    said: &Said<'_>,
    zone_of: ZoneOf<'_>,
    before: &Ran<'_>,
) -> Ran<'a> {
    Run::new(flow, said, zone_of, Some(before)).run()
}

impl<'a, 'b> Run<'a, 'b> {
    fn new(
        flow: &'a CompiledFlow,
        said: &'b Said<'b>,
        zone_of: ZoneOf<'b>,
        before: Option<&'b Ran<'b>>,
    ) -> Self {
        Self { flow, said, zone_of, before, trace: Vec::new(), asked: HashSet::new() }
    }

    fn run(mut self) -> Ran<'a> {
        let stopped = self.go().err();
        Ran { trace: self.trace, stopped }
    }

    fn go(&mut self) -> Result<(), Stop> {
        let now = self.said.first.timestamp;
        let mut session = self.begin(now)?;
        while !matches!(session.booking_outcome, Outcome::Completed { .. }) {
            let input = self.input(&session, now)?;
            let decided = decide(self.flow, &session, &input, now).map_err(refusal)?;
            if decided.iter().any(|it| matches!(it.data, EventData::ZipcodeRejected { .. })) {
                let sentence = "The postal code is outside the area.";
                return Err((Why::OutOfArea, sentence.to_owned()));
            }
            for decided in decided {
                session.apply(&self.event(now, decided));
            }
        }
        Ok(())
    }

    fn begin(&mut self, now: Timestamp) -> Result<BookingSession, Stop> {
        let nobody = ObjectId::from_bytes([0; 12]);
        let until = now.plus(Duration::from_hours(1));
        let (attribution, device) = (Attribution::default(), Device::default());
        let nothing = String::new;
        let decided =
            start(self.flow, Id::new(nobody), nothing(), attribution, device, nothing(), until)
                .map_err(refusal)?;
        let events: Vec<_> = decided.into_iter().map(|it| self.event(now, it)).collect();
        BookingSession::fold(&events).ok_or_else(|| refusal(Rejection::BrokenFlow))
    }

    /// The event, which is kept in the trace when the visitor sees something new by it.
    fn event(&mut self, now: Timestamp, decided: Decided) -> SessionEvent {
        let Decided { step_id, data } = decided;
        let mark = match &data {
            EventData::StepEntered { step_id, .. } => {
                self.flow.step(*step_id).map(|(at, _)| self.step_at(at))
            }
            EventData::QuestionViewed { node_id, .. } => {
                self.flow.question(*node_id).map(Mark::Question)
            }
            EventData::ServiceSelected { service_id: id } => {
                self.flow.service(*id).map(|service| Mark::Service { id: *id, service })
            }
            _ => None,
        };
        self.trace.extend(mark);
        let SessionEvent { booking_session_id, organization_id, .. } = *self.said.first;
        SessionEvent {
            id: ObjectId::from_bytes([0; 12]),
            booking_session_id,
            organization_id,
            sequence: self.trace.len() as u64,
            schema_version: SessionEvent::SCHEMA_VERSION,
            timestamp: now,
            command_id: String::new(),
            // It is never stored, so that it stands in no chain.
            hash: EventHash::beginning(organization_id, booking_session_id),
            body: EventBody {
                data,
                step_id,
                client_timestamp: None,
                command_digest: None,
                previous_hash: None,
            },
        }
    }

    fn step_at(&self, at: usize) -> Mark<'a> {
        let step = &self.flow.steps[at];
        let types = self.flow.steps[..at].iter().map(|it| it.config.step_type());
        Mark::Step { step, nth: types.filter(|it| *it == step.config.step_type()).count() }
    }

    /// What the visitor said to where they are now.
    fn input(&mut self, session: &BookingSession, now: Timestamp) -> Result<Input, Stop> {
        let here = session.current_state.step_id.and_then(|it| self.flow.step(it));
        let (at, step) = here.ok_or_else(|| refusal(Rejection::BrokenFlow))?;
        let said = self.said;
        match &step.config {
            StepConfig::Zipcode(config) => {
                let zip = said.zip.ok_or_else(not_said)?;
                Ok(Input::SubmitZip { zip: zip.to_owned(), zone: (self.zone_of)(config, zip) })
            }
            StepConfig::ServiceSelection(_) => self.answer(session),
            StepConfig::AdditionalDetails(config) => {
                let mark = self.step_at(at);
                let sent = said.has_details_of(|id| self.recorded_step_is(id, &mark));
                if !sent && self.ended_at(&mark) {
                    return Err(not_said());
                }
                Ok(Input::SubmitDetails { values: said.details(config) })
            }
            StepConfig::TimeslotSelection(config) => {
                let timeslot = said.timeslot.ok_or_else(not_said)?.clone();
                let held_until = now.plus(Duration::from_mins(u64::from(config.hold_minutes)));
                let start = timeslot.start;
                let claimed = Claimed { timeslot, seats: Vec::new(), held_until };
                Ok(Input::SelectTimeslot { start, outcome: SlotOutcome::Free(claimed) })
            }
            StepConfig::CustomerInfo(config) => {
                let (customer, consents) = said.customer(config).ok_or_else(not_said)?;
                Ok(Input::SubmitCustomer { customer, consents })
            }
            StepConfig::Summary(_) | StepConfig::Confirmation(_) if said.booked.is_none() => {
                Err(not_said())
            }
            StepConfig::Summary(_) | StepConfig::Confirmation(_) => Ok(Input::Confirm {
                booking_id: Id::new(ObjectId::from_bytes([0; 12])),
                reference: Reference::from_random(0),
                seats_kept: true,
            }),
        }
    }

    fn answer(&mut self, session: &BookingSession) -> Result<Input, Stop> {
        let asked =
            session.current_state.node_id.and_then(|it| Some((it, self.flow.question(it)?)));
        let (node_id, question) = asked.ok_or_else(|| refusal(Rejection::BrokenFlow))?;
        let selections = session.current_state.temp_selections.as_ref();
        let added = selections.map_or(&[][..], |it| &it.file_ids);
        if let Some(photo) = self.said.photo(node_id, question, added) {
            return Ok(Input::AttachFile { file_id: photo.file_id, file: Some(photo.clone()) });
        }
        if !self.asked.insert(node_id) {
            return Err((Why::Broken, "The flow goes round in circles here.".to_owned()));
        }
        match self.said.answer(self.flow, node_id, question) {
            Some(Ok(answer)) => Ok(Input::AnswerQuestion {
                node_id,
                answer_ids: answer.answer_ids,
                value: answer.value,
            }),
            Some(Err(Gone(title))) => {
                Err((Why::AnswerGone, format!("The answer “{title}” is not there any more.")))
            }
            // Who was not asked then need not answer what need not be answered.
            None if question.body.is_required || self.ended_at(&Mark::Question(question)) => {
                Err(not_said())
            }
            None => Ok(Input::AnswerQuestion { node_id, answer_ids: None, value: None }),
        }
    }

    /// Whether the recorded visit went no further than here. Nothing was recorded yet while it is
    /// being established how far it went: whatever was not said is then its end.
    fn ended_at(&self, mark: &Mark<'_>) -> bool {
        self.before.is_none_or(|it| !it.is_over() && it.trace.last().is_some_and(|it| it.is(mark)))
    }

    fn recorded_step_is(&self, id: Id<BookingFlowStep>, mark: &Mark<'_>) -> bool {
        let Mark::Step { step, .. } = mark else { return false };
        let passed = self.before.into_iter().flat_map(|it| &it.trace);
        let same = |it: &&Mark<'_>| matches!(it, Mark::Step { step, .. } if step.id == id);
        step.id == id || passed.clone().find(same).is_some_and(|it| it.is(mark))
    }
}

fn not_said() -> Stop {
    (Why::NotSaid, "Nothing was said to what is asked here.".to_owned())
}

fn refusal(rejection: Rejection) -> Stop {
    match rejection {
        Rejection::Invalid(problems) => {
            let first = problems.0.into_iter().next();
            let sentence =
                first.map_or_else(String::new, |it| format!("{}: {}", it.path, it.message));
            (Why::Refused, sentence)
        }
        other => (Why::Broken, other.to_string()),
    }
}
