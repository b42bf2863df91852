use super::{
    BookingSession, CurrentState, EventData, EventWindow, GivenAnswer, Metrics, Notice, Outcome,
    Selections, SessionEvent, StepProgress,
};
use crate::{
    Id, Timestamp,
    scheduler::Consent,
    step::{BookingFlowStep, OutsideAction, StepType},
};

impl BookingSession {
    /// The session that the events make, from the first on; `None` when they do not begin with
    /// `SESSION_STARTED`.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a SessionEvent>) -> Option<Self> {
        let mut events = events.into_iter();
        let mut session = Self::begin(events.next()?)?;
        events.for_each(|event| session.apply(event));
        Some(session)
    }

    /// The session after its first event.
    pub fn begin(event: &SessionEvent) -> Option<Self> {
        let EventData::SessionStarted {
            scheduler_config_id,
            booking_flow_id,
            booking_flow_version_id,
            token_hash,
            attribution,
            device,
            locale,
            expires_at,
        } = &event.body.data
        else {
            return None;
        };
        let mut session = Self {
            scheduler_config_id: *scheduler_config_id,
            booking_flow_id: *booking_flow_id,
            booking_flow_version_id: *booking_flow_version_id,
            token_hash: token_hash.clone(),
            attribution: attribution.clone(),
            device: device.clone(),
            locale: locale.clone(),
            started_at: event.timestamp,
            expires_at: *expires_at,
            current_state: CurrentState {
                step_id: None,
                node_id: None,
                last_event_id: event.id,
                last_sequence: 0,
                last_event_at: event.timestamp,
                last_event_hash: None,
                last_seen_sequence: 0,
                notice: None,
                temp_selections: Some(Selections::default()),
            },
            booking_outcome: Outcome::Active {},
            step_progression: Vec::new(),
            metrics: Metrics::default(),
            booking_session_event_ids: EventWindow::default(),
        };
        session.count(event);
        Some(session)
    }

    /// What the event makes of the session. Total: an event that does not fit changes nothing but
    /// the counts.
    pub fn apply(&mut self, event: &SessionEvent) {
        self.count(event);
        let at = event.timestamp;
        match &event.body.data {
            EventData::FlowRouted { booking_flow_id, booking_flow_version_id, router_id } => {
                self.booking_flow_id = *booking_flow_id;
                self.booking_flow_version_id = *booking_flow_version_id;
                self.attribution.router_id = *router_id;
            }
            EventData::ExpressLinkDegraded { reasons, .. } => {
                self.current_state.notice = reasons.iter().find_map(|it| Notice::of_link(it.code));
            }
            EventData::StepEntered { step_id, step_type } => self.enter(*step_id, *step_type, at),
            EventData::StepCompleted { step_id } => self.leave(*step_id, at, true),
            EventData::StepLeftBackward { step_id, .. } => {
                self.metrics.back_navigations += 1;
                self.leave(*step_id, at, false);
                self.end_prefilling();
            }
            EventData::QuestionViewed { node_id, backward, .. } => {
                self.current_state.node_id = Some(*node_id);
                self.metrics.back_navigations += u32::from(*backward);
                if *backward {
                    self.end_prefilling();
                }
            }
            EventData::ValidationFailed { .. } => {
                if let Some(step) = self.current_state.step_id.and_then(|it| self.progress(it)) {
                    step.validation_failures += 1;
                }
            }
            EventData::SessionAbandoned { reason } if self.is_active() => {
                self.booking_outcome = Outcome::Abandoned {
                    abandoned_at: at,
                    drop_off_step_id: self.current_state.step_id,
                    drop_off_node_id: self.current_state.node_id,
                    reason: *reason,
                    recoverable: at < self.expires_at,
                };
            }
            EventData::SessionResumed {} if self.is_abandoned() => {
                self.booking_outcome = Outcome::Active {};
            }
            EventData::SessionExpired {} if self.is_active() || self.is_abandoned() => {
                self.booking_outcome = Outcome::Expired { expired_at: at };
            }
            EventData::BookingSubmitted {
                booking_id,
                reference,
                service_id,
                status,
                timeslot,
                ..
            } if self.is_active() => {
                self.current_state.temp_selections = None;
                self.booking_outcome = Outcome::Completed {
                    completed_at: at,
                    booking_id: *booking_id,
                    reference: reference.clone(),
                    booking_status: *status,
                    selected_service_id: *service_id,
                    selected_timeslot: timeslot.clone(),
                };
            }
            data => self.select(data, at),
        }
    }

    fn is_active(&self) -> bool {
        matches!(self.booking_outcome, Outcome::Active {})
    }

    fn is_abandoned(&self) -> bool {
        matches!(self.booking_outcome, Outcome::Abandoned { .. })
    }

    fn count(&mut self, event: &SessionEvent) {
        self.current_state.last_event_id = event.id;
        self.current_state.last_sequence = event.sequence;
        self.current_state.last_event_at = event.timestamp;
        if event.body.previous_hash.is_some() {
            self.current_state.last_event_hash = Some(event.hash);
        }
        if !event.body.data.is_unseen() {
            self.current_state.last_seen_sequence = event.sequence;
        }
        self.metrics.event_count += 1;
        self.metrics.duration_ms = event.timestamp.millis_since(self.started_at);
        self.booking_session_event_ids.push(event.id);
    }

    fn progress(&mut self, step: Id<BookingFlowStep>) -> Option<&mut StepProgress> {
        self.step_progression.iter_mut().find(|it| it.step_id == step)
    }

    fn enter(&mut self, step_id: Id<BookingFlowStep>, step_type: StepType, at: Timestamp) {
        self.current_state.step_id = Some(step_id);
        self.current_state.node_id = None;
        match self.progress(step_id) {
            Some(step) => {
                step.visits += 1;
                step.entered_at = Some(at);
            }
            None => self.step_progression.push(StepProgress {
                step_id,
                step_type,
                first_entered_at: at,
                entered_at: Some(at),
                completed_at: None,
                visits: 1,
                duration_ms: 0,
                validation_failures: 0,
            }),
        }
    }

    fn leave(&mut self, step_id: Id<BookingFlowStep>, at: Timestamp, completed: bool) {
        self.current_state.notice = None;
        if let Some(step) = self.progress(step_id) {
            step.duration_ms += step.entered_at.take().map_or(0, |it| at.millis_since(it));
            if completed {
                step.completed_at = Some(at);
            }
        }
    }

    /// The visitor went back: what a link has filled in is not sent for them any more.
    fn end_prefilling(&mut self) {
        let selections = self.current_state.temp_selections.as_mut();
        if let Some(prefilled) = selections.and_then(|it| it.prefilled.as_mut()) {
            prefilled.is_over = true;
        }
    }

    /// The events that change what the visitor has said so far.
    fn select(&mut self, data: &EventData, at: Timestamp) {
        let state = &mut self.current_state;
        let Some(selections) = &mut state.temp_selections else { return };
        match data {
            EventData::ZipcodeAccepted { zip, zone_id } => {
                selections.zip = Some(zip.clone());
                selections.zone_id = *zone_id;
            }
            EventData::ZipcodeRejected { action, .. } => {
                state.notice = Some(match action {
                    OutsideAction::Waitlist => Notice::Waitlist,
                    OutsideAction::Stop | OutsideAction::Continue => Notice::OutOfArea,
                });
            }
            EventData::AnswerSelected(answer) => {
                self.metrics.questions_answered += 1;
                selections.put_answer(answer, false);
            }
            EventData::AnswerChanged { answer, .. } => {
                self.metrics.questions_answered += 1;
                selections.put_answer(answer, true);
            }
            EventData::ServiceSelected { service_id } => selections.service_id = Some(*service_id),
            EventData::ServiceCleared { .. } => selections.service_id = None,
            EventData::ExpressLinkApplied { prefilled, .. } => {
                selections.prefilled = Some(prefilled.clone());
            }
            EventData::FileAttached(file) => {
                selections.file_ids.push(file.file_id);
                selections.files.push(file.clone());
            }
            EventData::FileRemoved { file_id } => {
                selections.file_ids.retain(|it| it != file_id);
                selections.files.retain(|it| it.file_id != *file_id);
            }
            EventData::DetailsSubmitted { values } => selections.details.clone_from(values),
            EventData::TimeslotsViewed { offered, .. } => {
                self.metrics.slots_viewed = self.metrics.slots_viewed.saturating_add(*offered);
                if state.notice == Some(Notice::NoTimeslots) {
                    state.notice = None;
                }
            }
            EventData::NoTimeslotsFound { .. } => state.notice = Some(Notice::NoTimeslots),
            EventData::TimeslotHeld { timeslot, seats, held_until } => {
                selections.timeslot = Some(timeslot.clone());
                selections.seats.clone_from(seats);
                selections.held_until = Some(*held_until);
            }
            EventData::TimeslotReleased { .. } => selections.drop_timeslot(),
            EventData::TimeslotExpired { .. } => {
                selections.drop_timeslot();
                state.notice = Some(Notice::TimeslotExpired);
            }
            EventData::TimeslotLost { .. } => {
                selections.drop_timeslot();
                state.notice = Some(Notice::TimeslotLost);
            }
            EventData::CustomerSubmitted { customer } => {
                selections.customer = Some(customer.clone());
                selections.consents.clear();
            }
            EventData::ConsentGiven { key, text } => {
                selections.consents.push(Consent { key: key.clone(), text: text.clone(), at });
            }
            EventData::SessionStarted { .. }
            | EventData::FlowRouted { .. }
            | EventData::ExpressLinkDegraded { .. }
            | EventData::StepEntered { .. }
            | EventData::StepCompleted { .. }
            | EventData::StepLeftBackward { .. }
            | EventData::ZipcodeSubmitted { .. }
            | EventData::QuestionViewed { .. }
            | EventData::SummaryViewed {}
            | EventData::BookingSubmitted { .. }
            | EventData::SessionCompleted { .. }
            | EventData::SessionAbandoned { .. }
            | EventData::SessionResumed {}
            | EventData::SessionExpired {}
            | EventData::ValidationFailed { .. } => {}
        }
    }
}

impl Selections {
    fn put_answer(&mut self, answer: &GivenAnswer, drop_later: bool) {
        match self.answers.iter().position(|it| it.node_id == answer.node_id) {
            Some(place) => {
                self.answers[place] = answer.clone();
                if drop_later {
                    self.answers.truncate(place + 1);
                }
            }
            None => self.answers.push(answer.clone()),
        }
    }

    fn drop_timeslot(&mut self) {
        self.timeslot = None;
        self.seats.clear();
        self.held_until = None;
    }
}
