//! What must hold of every visit, said once more and slowly: from the flow as it was written and
//! the events alone, without anything of `decide`, `apply` or the compiled flow.

#[path = "legal/brought.rs"]
mod brought;

use model::{
    Id, Timestamp,
    scheduler::{
        AnswerKind, BookingFlowVersion, BookingService, BookingWindow, Consent, FlowSnapshot,
        QuestionKind,
    },
    session::{
        BookingSession, CustomerDetails, EventData, GivenAnswer, Outcome, Seat, SessionEvent,
    },
    step::{
        BookingFlowStep, ConsentConfig, GraphNode, NodeTarget, OutsideAction, ServiceGraph,
        StepConfig, StepType,
    },
};

use self::brought::Brought;

/// Whether the events are a visit that there may be, and the session is what they say.
pub(crate) fn check(
    version: Id<BookingFlowVersion>,
    flow: &FlowSnapshot,
    events: &[SessionEvent],
    session: &BookingSession,
) -> Result<(), String> {
    let mut visit = Visit::new(flow);
    let mut last = Timestamp::from_millis(i64::MIN);
    for (n, event) in events.iter().enumerate() {
        let at = |what: &str| format!("event {} ({:?}): {what}", n + 1, event.body.data);
        if event.sequence != n as u64 + 1 {
            return Err(at("not gapless"));
        }
        if event.timestamp < last {
            return Err(at("time went back"));
        }
        last = event.timestamp;
        visit.happens(n, version, event).map_err(|it| at(&it))?;
    }
    visit.agrees(events, session)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Active,
    Abandoned,
    Completed,
    Expired,
}

struct Visit<'a> {
    flow: &'a FlowSnapshot,
    status: Status,
    /// The step where the visitor is.
    place: usize,
    /// The step that must be entered next.
    entering: Option<usize>,
    /// What lets the step be left forward has happened since it was entered.
    done: bool,
    node: Option<Id<GraphNode>>,
    submitted_zip: Option<String>,
    zip: Option<String>,
    path: Vec<GivenAnswer>,
    service: Option<Id<BookingService>>,
    held: Option<(BookingWindow, Vec<Seat>)>,
    customer: Option<CustomerDetails>,
    consents: Vec<String>,
    brought: Brought,
    booking: Option<Id<model::scheduler::Booking>>,
}

fn must(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

impl<'a> Visit<'a> {
    fn new(flow: &'a FlowSnapshot) -> Self {
        Self {
            flow,
            status: Status::Active,
            place: 0,
            entering: Some(0),
            done: false,
            node: None,
            submitted_zip: None,
            zip: None,
            path: Vec::new(),
            service: None,
            held: None,
            customer: None,
            consents: Vec::new(),
            brought: Brought::default(),
            booking: None,
        }
    }

    fn config(&self) -> &'a StepConfig {
        &self.flow.steps[self.place].body.config
    }

    fn is_at(&self, step_type: StepType) -> Result<(), String> {
        let here = self.config().step_type() == step_type && self.entering.is_none();
        must(here, &format!("at {:?}, not at {step_type:?}", self.config().step_type()))
    }

    fn place_of(&self, id: Id<BookingFlowStep>) -> Result<usize, String> {
        let place = self.flow.steps.iter().position(|it| it.id == id);
        place.ok_or_else(|| "no step of the flow".to_owned())
    }

    fn graph(&self) -> &'a ServiceGraph {
        let graph = self.flow.steps.iter().find_map(|it| match &it.body.config {
            StepConfig::ServiceSelection(config) => Some(&config.graph),
            _ => None,
        });
        graph.unwrap()
    }

    fn happens(
        &mut self,
        n: usize,
        version: Id<BookingFlowVersion>,
        event: &SessionEvent,
    ) -> Result<(), String> {
        let data = &event.body.data;
        must((n == 0) == matches!(data, EventData::SessionStarted { .. }), "begins once")?;
        must((n == 1) == matches!(data, EventData::FlowRouted { .. }), "is routed once")?;
        match self.status {
            Status::Active => {}
            Status::Abandoned => must(
                matches!(
                    data,
                    EventData::SessionResumed {}
                        | EventData::SessionExpired {}
                        | EventData::TimeslotReleased { .. }
                        | EventData::TimeslotExpired { .. }
                ),
                "it is abandoned",
            )?,
            Status::Completed | Status::Expired => return Err("it is over".to_owned()),
        }
        if self.booking.is_some() {
            let closing = matches!(
                data,
                EventData::StepCompleted { .. }
                    | EventData::StepEntered { .. }
                    | EventData::SessionCompleted { .. }
            );
            must(closing, "it is booked")?;
        }
        match data {
            EventData::SessionStarted { booking_flow_version_id, .. }
            | EventData::FlowRouted { booking_flow_version_id, .. } => {
                must(*booking_flow_version_id == version, "another version")
            }
            EventData::ExpressLinkApplied { .. } | EventData::ExpressLinkDegraded { .. } => {
                self.begins_by_link(n, data)
            }
            EventData::FileAttached(_) | EventData::FileRemoved { .. } => self.has_files(data),
            EventData::StepEntered { .. }
            | EventData::StepCompleted { .. }
            | EventData::StepLeftBackward { .. }
            | EventData::SummaryViewed {} => self.moves(data),
            EventData::ZipcodeSubmitted { .. }
            | EventData::ZipcodeAccepted { .. }
            | EventData::ZipcodeRejected { .. } => self.zipcode(data),
            EventData::QuestionViewed { .. }
            | EventData::AnswerSelected(_)
            | EventData::AnswerChanged { .. }
            | EventData::ServiceSelected { .. }
            | EventData::ServiceCleared { .. } => self.selects(data),
            EventData::TimeslotsViewed { .. }
            | EventData::NoTimeslotsFound { .. }
            | EventData::TimeslotHeld { .. }
            | EventData::TimeslotReleased { .. }
            | EventData::TimeslotExpired { .. }
            | EventData::TimeslotLost { .. } => self.timeslot(data),
            _ => self.finishes(data),
        }
    }

    fn moves(&mut self, data: &EventData) -> Result<(), String> {
        match data {
            EventData::StepEntered { step_id, step_type } => {
                let place = self.place_of(*step_id)?;
                must(self.entering == Some(place), "another step is to be entered")?;
                (self.place, self.entering, self.done, self.node) = (place, None, false, None);
                must(self.config().step_type() == *step_type, "of another type")?;
                self.earlier_steps_are_done()
            }
            EventData::StepCompleted { step_id } => {
                must(self.place_of(*step_id)? == self.place, "not the present step")?;
                must(self.entering.is_none() && self.done, "it is not done")?;
                self.entering = Some(self.place + 1);
                must(self.place + 1 < self.flow.steps.len(), "behind the last step")
            }
            EventData::StepLeftBackward { step_id, to_step_id } => {
                must(self.place_of(*step_id)? == self.place, "not the present step")?;
                let to = self.place_of(*to_step_id)?;
                must(self.entering.is_none() && to < self.place, "not backward")?;
                self.entering = Some(to);
                Ok(())
            }
            _ => self.is_at(StepType::Summary),
        }
    }

    /// Nobody is where they could not have come to.
    fn earlier_steps_are_done(&self) -> Result<(), String> {
        for step in &self.flow.steps[..self.place] {
            let done = match step.body.config.step_type() {
                StepType::Zipcode => self.zip.is_some(),
                StepType::ServiceSelection => self.service.is_some(),
                StepType::TimeslotSelection => self.held.is_some(),
                StepType::CustomerInfo => self.customer.is_some() && self.required_are_given(),
                StepType::Summary => self.booking.is_some(),
                StepType::AdditionalDetails | StepType::Confirmation => true,
            };
            must(done, &format!("{:?} is not done", step.body.config.step_type()))?;
        }
        Ok(())
    }

    fn zipcode(&mut self, data: &EventData) -> Result<(), String> {
        self.is_at(StepType::Zipcode)?;
        let StepConfig::Zipcode(config) = self.config() else { return Err("no".to_owned()) };
        match data {
            EventData::ZipcodeSubmitted { zip } => self.submitted_zip = Some(zip.clone()),
            EventData::ZipcodeAccepted { zip, zone_id } => {
                must(self.submitted_zip.take().as_ref() == Some(zip), "another was submitted")?;
                let inside = zone_id.is_some_and(|it| config.zone_ids.contains(&it));
                let open = config.zone_ids.is_empty();
                let anyway = open || config.outside_area.action == OutsideAction::Continue;
                must(inside || (zone_id.is_none() && anyway), "it is outside")?;
                self.zip = Some(zip.clone());
                self.done = true;
            }
            EventData::ZipcodeRejected { zip, action } => {
                must(self.submitted_zip.take().as_ref() == Some(zip), "another was submitted")?;
                must(*action != OutsideAction::Continue, "it goes on all the same")?;
                must(*action == config.outside_area.action, "another action")?;
            }
            _ => {}
        }
        Ok(())
    }

    fn selects(&mut self, data: &EventData) -> Result<(), String> {
        if !matches!(data, EventData::ServiceCleared { .. }) {
            self.is_at(StepType::ServiceSelection)?;
        }
        match data {
            EventData::QuestionViewed { node_id, question_id, .. } => {
                must(self.question_at(*node_id) == Some(*question_id), "another question")?;
                let answered = self.path.iter().any(|it| it.node_id == *node_id);
                let next = self.walk(&self.path)? == Some(Place::Question(*node_id));
                let first = *node_id == self.graph().root_node_id;
                let after = (0..self.path.len())
                    .any(|n| self.walk(&self.path[..=n]) == Ok(Some(Place::Question(*node_id))));
                must(answered || next || first || after, "it is not on the path")?;
                self.node = Some(*node_id);
                Ok(())
            }
            EventData::AnswerSelected(given) => {
                let before = self.path.iter().position(|it| it.node_id == given.node_id);
                match before {
                    Some(n) => must(self.path[n] == *given, "it was answered otherwise")?,
                    None => self.path.push(given.clone()),
                }
                self.answered(given)
            }
            EventData::AnswerChanged { previous, answer } => {
                let n = self.path.iter().position(|it| it == previous);
                let n = n.ok_or("it was not answered so")?;
                must(previous.node_id == answer.node_id && previous != answer, "no change")?;
                self.path.truncate(n);
                self.path.push(answer.clone());
                self.answered(answer)
            }
            EventData::ServiceSelected { service_id } => {
                let led = self.walk(&self.path)?;
                must(led == Some(Place::Service(*service_id)), "the answers lead elsewhere")?;
                self.service = Some(*service_id);
                self.done = true;
                Ok(())
            }
            EventData::ServiceCleared { service_id } => {
                must(self.service.take() == Some(*service_id), "it was not chosen")
            }
            _ => Ok(()),
        }
    }

    fn answered(&self, given: &GivenAnswer) -> Result<(), String> {
        must(self.node == Some(given.node_id), "another question is asked")?;
        let question = self.flow.questions.iter().find(|it| it.id == given.question_id);
        let question = &question.ok_or("no question of the flow")?.body;
        must(self.question_at(given.node_id) == Some(given.question_id), "asked elsewhere")?;
        let ids = &given.answer_ids;
        must(ids.iter().all(|it| question.answer_ids.contains(it)), "no answer to it")?;
        must((1..ids.len()).all(|n| !ids[..n].contains(&ids[n])), "an answer twice")?;
        let choice =
            matches!(question.kind, QuestionKind::SingleChoice | QuestionKind::MultiChoice);
        must(choice || ids.is_empty(), "no choice")?;
        must(!choice || given.value.is_none(), "a choice has no value")?;
        must(question.kind != QuestionKind::SingleChoice || ids.len() == 1, "one choice")?;
        let empty = ids.is_empty() && given.value.is_none();
        must(!question.is_required || !empty, "it is required")?;
        must(question.kind != QuestionKind::Photo || self.shows(given), "other photos")?;
        self.walk(&self.path).map(|_| ())
    }

    fn question_at(&self, node: Id<GraphNode>) -> Option<Id<model::scheduler::BookingQuestion>> {
        match self.target(node)? {
            NodeTarget::Question { booking_question_id } => Some(booking_question_id),
            _ => None,
        }
    }

    fn target(&self, node: Id<GraphNode>) -> Option<NodeTarget> {
        self.graph().nodes.iter().find(|it| it.id == node).map(|it| it.target)
    }

    /// Where the answers lead, from the root on; an error when they are no path.
    fn walk(&self, path: &[GivenAnswer]) -> Result<Option<Place>, String> {
        let mut here = Place::Question(self.graph().root_node_id);
        for given in path {
            must(here == Place::Question(given.node_id), "the answers are no path")?;
            here = self.after(given).ok_or("an answer leads nowhere")?;
        }
        Ok(Some(here))
    }

    fn after(&self, given: &GivenAnswer) -> Option<Place> {
        let question = self.flow.questions.iter().find(|it| it.id == given.question_id)?;
        let mut from = given.node_id;
        if question.body.kind == QuestionKind::SingleChoice {
            let chosen = *given.answer_ids.first()?;
            from = self.next_of(from).find(|it| {
                let target = self.target(*it);
                matches!(target, Some(NodeTarget::Answer { booking_question_answer_id }) if booking_question_answer_id == chosen)
            })?;
            let answer = self.flow.answers.iter().find(|it| it.id == chosen)?;
            if let AnswerKind::ServiceReference { booking_service_id } = answer.body.kind {
                return Some(Place::Service(booking_service_id));
            }
        }
        self.next_of(from).find_map(|it| match self.target(it)? {
            NodeTarget::Question { .. } => Some(Place::Question(it)),
            NodeTarget::Service { booking_service_id } => Some(Place::Service(booking_service_id)),
            NodeTarget::Answer { .. } => None,
        })
    }

    fn next_of(&self, node: Id<GraphNode>) -> impl Iterator<Item = Id<GraphNode>> + 'a {
        let edges = self.graph().edges.iter().filter(move |it| it.source_node_id == node);
        edges.map(|it| it.target_node_id)
    }

    fn timeslot(&mut self, data: &EventData) -> Result<(), String> {
        match data {
            EventData::TimeslotHeld { timeslot, seats, .. } => {
                self.is_at(StepType::TimeslotSelection)?;
                must(self.service.is_some(), "no service is chosen")?;
                must(self.held.is_none(), "another is held still")?;
                must(!seats.is_empty(), "without a seat")?;
                self.held = Some((timeslot.clone(), seats.clone()));
                self.done = true;
                Ok(())
            }
            EventData::TimeslotReleased { seats } => {
                let held = self.held.take().ok_or("none is held")?;
                must(held.1 == *seats, "other seats")
            }
            EventData::TimeslotExpired { seats } | EventData::TimeslotLost { seats, .. } => {
                let held = self.held.take().map(|it| it.1).unwrap_or_default();
                must(held == *seats, "other seats")
            }
            _ => self.is_at(StepType::TimeslotSelection),
        }
    }

    fn consents_of(&self) -> &'a [ConsentConfig] {
        let configs = self.flow.steps.iter().find_map(|it| match &it.body.config {
            StepConfig::CustomerInfo(config) => Some(&config.consents[..]),
            _ => None,
        });
        configs.unwrap_or_default()
    }

    fn required_are_given(&self) -> bool {
        let mut required = self.consents_of().iter().filter(|it| it.required);
        required.all(|it| self.consents.contains(&it.key))
    }

    fn finishes(&mut self, data: &EventData) -> Result<(), String> {
        match data {
            EventData::DetailsSubmitted { .. } => {
                self.is_at(StepType::AdditionalDetails)?;
                self.done = true;
                Ok(())
            }
            EventData::CustomerSubmitted { customer } => {
                self.is_at(StepType::CustomerInfo)?;
                self.customer = Some(customer.clone());
                self.consents.clear();
                self.done = self.required_are_given();
                Ok(())
            }
            EventData::ConsentGiven { key, text } => {
                self.is_at(StepType::CustomerInfo)?;
                let same = |it: &ConsentConfig| it.key == *key && it.text == *text;
                must(self.consents_of().iter().any(same), "nobody asked for it")?;
                must(!self.consents.contains(key), "given twice")?;
                self.consents.push(key.clone());
                self.done = self.customer.is_some() && self.required_are_given();
                Ok(())
            }
            EventData::BookingSubmitted { booking_id, service_id, timeslot, seats, .. } => {
                let here = self.config().step_type();
                must(matches!(here, StepType::Summary | StepType::Confirmation), "not yet")?;
                must(self.entering.is_none(), "between two steps")?;
                self.earlier_steps_are_done()?;
                must(self.service == Some(*service_id), "another service")?;
                let led = self.walk(&self.path)?;
                must(led == Some(Place::Service(*service_id)), "the answers lead elsewhere")?;
                must(self.customer.is_some() && self.required_are_given(), "nobody books")?;
                let (window, held) = self.held.clone().unzip();
                must(window == *timeslot && held.unwrap_or_default() == *seats, "other seats")?;
                self.booking = Some(*booking_id);
                self.done = here == StepType::Summary;
                Ok(())
            }
            EventData::SessionCompleted { booking_id } => {
                must(self.booking == Some(*booking_id), "another booking")?;
                self.is_at(StepType::Confirmation)?;
                self.status = Status::Completed;
                Ok(())
            }
            EventData::SessionAbandoned { .. } => {
                self.status = Status::Abandoned;
                must(self.entering.is_none(), "between two steps")
            }
            EventData::SessionResumed {} => {
                must(self.status == Status::Abandoned, "it was not abandoned")?;
                self.status = Status::Active;
                Ok(())
            }
            EventData::SessionExpired {} => {
                self.status = Status::Expired;
                Ok(())
            }
            EventData::ValidationFailed { .. } => must(self.entering.is_none(), "between steps"),
            other => Err(format!("nothing is known of {}", other.event_type())),
        }
    }

    fn agrees(&self, events: &[SessionEvent], session: &BookingSession) -> Result<(), String> {
        let state = &session.current_state;
        must(self.entering.is_none(), "it ends between two steps")?;
        let status = match session.booking_outcome {
            Outcome::Active {} => Some(Status::Active),
            Outcome::Abandoned { .. } => Some(Status::Abandoned),
            Outcome::Completed { .. } => Some(Status::Completed),
            Outcome::Expired { .. } => Some(Status::Expired),
            Outcome::Rejected { .. } => None,
        };
        must(status == Some(self.status), "another status")?;
        must(state.step_id == Some(self.flow.steps[self.place].id), "another step")?;
        must(state.node_id == self.node, "another question")?;
        let count = events.len() as u64;
        must(state.last_sequence == count, "another sequence")?;
        must(session.metrics.event_count == count, "another count")?;
        let Some(selections) = &state.temp_selections else {
            return must(self.status == Status::Completed, "its selections are gone");
        };
        must(self.status != Status::Completed, "its selections are kept")?;
        must(selections.zip == self.zip, "another postal code")?;
        must(selections.answers == self.path, "other answers")?;
        must(selections.service_id == self.service, "another service")?;
        let (window, seats) = self.held.clone().unzip();
        must(selections.timeslot == window, "another timeslot")?;
        must(selections.seats == seats.unwrap_or_default(), "other seats")?;
        must(selections.customer == self.customer, "another customer")?;
        self.brought.agrees(selections)?;
        let key = |it: &Consent| it.key.clone();
        must(selections.consents.iter().map(key).eq(self.consents.iter().cloned()), "consents")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Question(Id<GraphNode>),
    Service(Id<BookingService>),
}
