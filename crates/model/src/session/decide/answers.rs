use serde_json::Value;

use super::{Rejection, Visit};
use crate::{
    Id, Problems,
    flow::{CompiledQuestion, Leads},
    scheduler::{BookingQuestionAnswer, BookingService, QuestionKind},
    session::{EventData, FilePlace, GivenAnswer, decide::details},
    step::{GraphNode, StepType},
};

impl Visit<'_> {
    pub(super) fn answer(
        &mut self,
        node_id: Id<GraphNode>,
        answer_ids: Option<&[Id<BookingQuestionAnswer>]>,
        value: Option<&Value>,
    ) -> Result<(), Rejection> {
        if self.step().config.step_type() != StepType::ServiceSelection {
            return Err(self.not_here("answer_question"));
        }
        if self.active.session.current_state.node_id != Some(node_id) {
            return Err(Rejection::OtherQuestion);
        }
        let question = self.flow.question(node_id).ok_or(Rejection::BrokenFlow)?;
        let (answer, leads) = self.check_answer(node_id, question, answer_ids, value)?;
        let changed = self.keep_answer(answer);
        self.drop_service(changed, leads);
        match leads {
            Leads::Question(next) => self.view_question(next, false),
            Leads::Service(service_id) => {
                self.happens(EventData::ServiceSelected { service_id });
                self.complete_step()
            }
        }
    }

    fn check_answer(
        &self,
        node_id: Id<GraphNode>,
        question: &CompiledQuestion,
        answer_ids: Option<&[Id<BookingQuestionAnswer>]>,
        value: Option<&Value>,
    ) -> Result<(GivenAnswer, Leads), Rejection> {
        let mut problems = Problems::default();
        let mut answer =
            GivenAnswer { node_id, question_id: question.id, answer_ids: Vec::new(), value: None };
        let body = &question.body;
        let mut choice = None;
        if body.kind.has_answers() {
            let mut root = problems.root();
            let mut place = root.at("answer_ids");
            let ids = answer_ids.unwrap_or_default();
            let single = body.kind == QuestionKind::SingleChoice;
            let known = ids.iter().all(|it| {
                body.answer_ids.contains(it)
                    && (!single || self.flow.choice(node_id, *it).is_some())
            });
            place.require(known, "unknown", "is not an answer of this question");
            let twice = ids.iter().enumerate().any(|(n, it)| ids[..n].contains(it));
            place.require(!twice, "duplicate", "must not name an answer twice");
            if single {
                place.require(ids.len() == 1, "required", "Choose one answer.");
                choice = ids.first().and_then(|it| self.flow.choice(node_id, *it));
            } else if body.is_required {
                place.require(!ids.is_empty(), "required", "Choose at least one answer.");
            }
            root.at("value").require(
                value.is_none(),
                "unexpected",
                "answer_ids answer this question",
            );
            answer.answer_ids = ids.to_vec();
        } else {
            let mut root = problems.root();
            let unexpected = answer_ids.is_none_or(<[_]>::is_empty);
            root.at("answer_ids").require(
                unexpected,
                "unexpected",
                "a value answers this question",
            );
            let photos = self.photos_at(node_id);
            let value = if body.kind == QuestionKind::Photo {
                let others = value.filter(|it| !it.is_null() && Some(*it) != photos.as_ref());
                let none = others.is_none();
                root.at("value").require(none, "photo", "Add photos with attach_file.");
                photos.as_ref()
            } else {
                value
            };
            answer.value = details::check_value(
                body.kind,
                &body.rules,
                body.is_required,
                value,
                root.at("value"),
            );
        }
        problems.into_result().map_err(Rejection::Invalid)?;
        let leads = match body.kind {
            QuestionKind::SingleChoice => choice.and_then(|it| self.flow.after_answer(it)),
            _ => self.flow.after_question(node_id),
        };
        Ok((answer, leads.ok_or(Rejection::BrokenFlow)?))
    }

    /// The photos that were added to the question, as its answer; `None` when there is none.
    fn photos_at(&self, node_id: Id<GraphNode>) -> Option<Value> {
        let place = FilePlace::of(self.flow, self.step(), Some(node_id))?;
        let ids = place.files(self.active.selections).map(|it| Value::from(it.file_id.to_string()));
        Some(ids.collect::<Vec<_>>()).filter(|it| !it.is_empty()).map(Value::Array)
    }

    /// Whether the question was answered otherwise before.
    fn keep_answer(&mut self, answer: GivenAnswer) -> bool {
        let earlier = self.active.selections.answers.iter().find(|it| it.node_id == answer.node_id);
        let previous = earlier.filter(|it| **it != answer).cloned();
        let changed = previous.is_some();
        self.happens(match previous {
            Some(previous) => EventData::AnswerChanged { previous, answer },
            None => EventData::AnswerSelected(answer),
        });
        changed
    }

    /// The service that followed from earlier answers goes with them, and with it the time that
    /// was chosen for it.
    fn drop_service(&mut self, changed: bool, leads: Leads) {
        let dropped = |before: &Id<BookingService>| match leads {
            Leads::Question(_) => changed,
            Leads::Service(service_id) => service_id != *before,
        };
        if let Some(service_id) = self.active.selections.service_id.filter(dropped) {
            self.happens(EventData::ServiceCleared { service_id });
            self.release_seats();
        }
    }
}
