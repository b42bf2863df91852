use std::collections::HashMap;

use crate::{
    ObjectId,
    scheduler::{BookingQuestion, BookingQuestionAnswer, BookingService, FlowSnapshot},
    step::NodeTarget,
};

/// Finds entities by id and says where they stand in the flow file.
pub(super) struct Names<'a> {
    pub(super) questions: HashMap<ObjectId, &'a BookingQuestion>,
    pub(super) answers: HashMap<ObjectId, &'a BookingQuestionAnswer>,
    pub(super) services: HashMap<ObjectId, &'a BookingService>,
}

impl<'a> Names<'a> {
    pub(super) fn new(snapshot: &'a FlowSnapshot) -> Self {
        Self {
            questions: snapshot.questions.iter().map(|it| (it.id.object_id(), &it.body)).collect(),
            answers: snapshot.answers.iter().map(|it| (it.id.object_id(), &it.body)).collect(),
            services: snapshot.services.iter().map(|it| (it.id.object_id(), &it.body)).collect(),
        }
    }

    /// `questions.need.answers.cooling`.
    pub(super) fn path(&self, target: NodeTarget) -> String {
        match target {
            NodeTarget::Question { booking_question_id: id } => self
                .questions
                .get(&id.object_id())
                .map_or_else(|| format!("questions.{id}"), |it| format!("questions.{}", it.slug)),
            NodeTarget::Answer { booking_question_answer_id: id } => {
                let Some(answer) = self.answers.get(&id.object_id()) else {
                    return format!("answers.{id}");
                };
                self.answer_path(answer)
            }
            NodeTarget::Service { booking_service_id: id } => self
                .services
                .get(&id.object_id())
                .map_or_else(|| format!("services.{id}"), |it| format!("services.{}", it.slug)),
        }
    }

    /// The same of an answer that may stand nowhere.
    pub(super) fn answer_path(&self, answer: &BookingQuestionAnswer) -> String {
        let question = NodeTarget::Question { booking_question_id: answer.booking_question_id };
        format!("{}.answers.{}", self.path(question), answer.slug)
    }

    /// The title, as people know it.
    pub(super) fn title(&self, target: NodeTarget) -> &str {
        let content = match target {
            NodeTarget::Question { booking_question_id: id } => {
                self.questions.get(&id.object_id()).map(|it| &it.content)
            }
            NodeTarget::Answer { booking_question_answer_id: id } => {
                self.answers.get(&id.object_id()).map(|it| &it.content)
            }
            NodeTarget::Service { booking_service_id: id } => {
                self.services.get(&id.object_id()).map(|it| &it.content)
            }
        };
        content.map_or("something that does not exist", |it| it.title.as_str())
    }
}
