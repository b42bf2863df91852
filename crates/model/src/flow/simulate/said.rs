use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    Id, ObjectId,
    content::ContentConfig,
    flow::{CompiledFlow, CompiledQuestion},
    scheduler::{
        BookingQuestion, BookingQuestionAnswer, BookingService, BookingWindow, QuestionKind,
        ServiceZone,
    },
    session::{AttachedFile, CustomerDetails, EventData, GivenAnswer, SessionEvent},
    step::{AdditionalDetails, BookingFlowStep, CustomerInfo, GraphNode, Presence},
};

/// All that a visitor said in one visit; of what they changed, the last.
pub(super) struct Said<'a> {
    recorded: &'a CompiledFlow,
    pub(super) first: &'a SessionEvent,
    pub(super) zip: Option<&'a str>,
    /// The zone that the postal code was found in then.
    pub(super) zone: Option<Id<ServiceZone>>,
    answers: Vec<&'a GivenAnswer>,
    files: Vec<&'a AttachedFile>,
    details: BTreeMap<&'a str, &'a Value>,
    /// Of which steps the details were sent.
    detailed: Vec<Id<BookingFlowStep>>,
    pub(super) timeslot: Option<&'a BookingWindow>,
    customer: Option<&'a CustomerDetails>,
    consents: Vec<&'a str>,
    /// What was booked.
    pub(super) booked: Option<Id<BookingService>>,
}

/// An answer as the candidate's question takes it.
pub(super) struct Answer {
    pub(super) answer_ids: Option<Vec<Id<BookingQuestionAnswer>>>,
    pub(super) value: Option<Value>,
}

/// The title of an answer that the candidate does not have.
pub(super) struct Gone(pub(super) String);

impl<'a> Said<'a> {
    pub(super) fn of(recorded: &'a CompiledFlow, events: &'a [SessionEvent]) -> Option<Self> {
        let first = events.first()?;
        if !matches!(first.body.data, EventData::SessionStarted { .. }) {
            return None;
        }
        let mut said = Self {
            recorded,
            first,
            zip: None,
            zone: None,
            answers: Vec::new(),
            files: Vec::new(),
            details: BTreeMap::new(),
            detailed: Vec::new(),
            timeslot: None,
            customer: None,
            consents: Vec::new(),
            booked: None,
        };
        for event in events {
            said.hear(event);
        }
        Some(said)
    }

    fn hear(&mut self, event: &'a SessionEvent) {
        match &event.body.data {
            EventData::ZipcodeSubmitted { zip } => {
                self.zip = Some(zip);
                self.zone = None;
            }
            EventData::ZipcodeAccepted { zone_id, .. } => self.zone = *zone_id,
            EventData::AnswerSelected(answer) | EventData::AnswerChanged { answer, .. } => {
                self.answers.retain(|it| it.node_id != answer.node_id);
                self.answers.push(answer);
            }
            EventData::FileAttached(file) => self.files.push(file),
            EventData::FileRemoved { file_id } => self.files.retain(|it| it.file_id != *file_id),
            EventData::DetailsSubmitted { values } => {
                self.details = values.iter().map(|(key, value)| (key.as_str(), value)).collect();
                self.detailed.extend(event.body.step_id);
            }
            EventData::TimeslotHeld { timeslot, .. } => self.timeslot = Some(timeslot),
            EventData::CustomerSubmitted { customer } => {
                self.customer = Some(customer);
                self.consents.clear();
            }
            EventData::ConsentGiven { key, .. } => self.consents.push(key),
            EventData::BookingSubmitted { service_id, .. } => self.booked = Some(*service_id),
            _ => {}
        }
    }

    /// What was said to a question that stands at a node of `flow`; `None` when it was not asked.
    pub(super) fn answer(
        &self,
        flow: &CompiledFlow,
        node: Id<GraphNode>,
        question: &CompiledQuestion,
    ) -> Option<Result<Answer, Gone>> {
        let given = self.given(node, question)?;
        if !question.body.kind.has_answers() {
            // Photos are added one by one.
            let value = given.value.clone().filter(|_| question.body.kind != QuestionKind::Photo);
            return Some(Ok(Answer { answer_ids: None, value }));
        }
        let ids = given.answer_ids.iter().map(|id| self.counterpart(flow, &question.body, *id));
        Some(ids.collect::<Result<_, _>>().map(|ids| Answer { answer_ids: Some(ids), value: None }))
    }

    /// The next photo that was added to a photo question, after those that are `added`.
    pub(super) fn photo(
        &self,
        node: Id<GraphNode>,
        question: &CompiledQuestion,
        added: &[ObjectId],
    ) -> Option<&'a AttachedFile> {
        if question.body.kind != QuestionKind::Photo {
            return None;
        }
        let given = self.given(node, question)?;
        let mut there = self.files.iter().filter(|it| it.node_id == Some(given.node_id));
        there.find(|it| !added.contains(&it.file_id)).copied()
    }

    /// By id, then by slug, then by title: the first that fits.
    fn given(&self, node: Id<GraphNode>, question: &CompiledQuestion) -> Option<&'a GivenAnswer> {
        let find = |fits: &dyn Fn(&GivenAnswer) -> bool| {
            self.answers.iter().rev().find(|it| fits(it)).copied()
        };
        let asked = |it: &GivenAnswer| self.recorded.question(it.node_id).map(|it| &it.body);
        find(&|it| it.node_id == node && it.question_id == question.id)
            .or_else(|| find(&|it| it.question_id == question.id))
            .or_else(|| find(&|it| asked(it).is_some_and(|it| it.slug == question.body.slug)))
            .or_else(|| {
                find(&|it| {
                    asked(it).is_some_and(|it| same_title(&it.content, &question.body.content))
                })
            })
    }

    fn counterpart(
        &self,
        flow: &CompiledFlow,
        question: &BookingQuestion,
        id: Id<BookingQuestionAnswer>,
    ) -> Result<Id<BookingQuestionAnswer>, Gone> {
        if question.answer_ids.contains(&id) {
            return Ok(id);
        }
        let Some(said) = self.recorded.answer(id) else { return Err(Gone(id.to_string())) };
        let find = |fits: &dyn Fn(&BookingQuestionAnswer) -> bool| {
            let mut ids = question.answer_ids.iter().copied();
            ids.find(|id| flow.answer(*id).is_some_and(fits))
        };
        find(&|it| it.slug == said.slug)
            .or_else(|| find(&|it| same_title(&it.content, &said.content)))
            .ok_or_else(|| Gone(said.content.title.clone()))
    }

    /// Whether the details of a step were sent.
    pub(super) fn has_details_of(&self, is_it: impl Fn(Id<BookingFlowStep>) -> bool) -> bool {
        self.detailed.iter().any(|it| is_it(*it))
    }

    /// What was said to the fields of a step.
    pub(super) fn details(&self, config: &AdditionalDetails) -> BTreeMap<String, Value> {
        let value = |key: &str| self.details.get(key).map(|it| (*it).clone());
        let keys = config.fields.iter().map(|it| &it.key);
        keys.filter_map(|key| Some((key.clone(), value(key)?))).collect()
    }

    /// Who they said they are, without what is not asked for, and what of it they agreed to.
    pub(super) fn customer(&self, config: &CustomerInfo) -> Option<(CustomerDetails, Vec<String>)> {
        let CustomerDetails { first_name, last_name, email, phone, address } =
            self.customer?.clone();
        let fields = &config.fields;
        let customer = CustomerDetails {
            first_name: shown(fields.name, first_name),
            last_name: shown(fields.name, last_name),
            email: shown(fields.email, email),
            phone: shown(fields.phone, phone),
            address: shown(fields.address, address),
        };
        let keys = config.consents.iter().map(|it| &it.key);
        let agreed = keys.filter(|it| self.consents.contains(&it.as_str()));
        Some((customer, agreed.cloned().collect()))
    }
}

fn shown<T>(presence: Presence, said: Option<T>) -> Option<T> {
    said.filter(|_| presence != Presence::Hidden)
}

/// As people read titles: whatever their case and spaces.
pub(super) fn same_title(one: &ContentConfig, other: &ContentConfig) -> bool {
    let words =
        |it: &ContentConfig| it.title.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
    words(one) == words(other)
}
