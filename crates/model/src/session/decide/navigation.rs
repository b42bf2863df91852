use super::{Rejection, Visit, question_viewed};
use crate::{
    Id,
    session::{EventData, Selections},
    step::{BookingFlowStep, GraphNode, StepType},
};

impl Visit<'_> {
    /// The step is done: on to the next one.
    pub(super) fn complete_step(&mut self) -> Result<(), Rejection> {
        let step_id = self.step().id;
        self.happens(EventData::StepCompleted { step_id });
        if self.at + 1 >= self.flow.steps.len() {
            return Err(Rejection::BrokenFlow);
        }
        self.enter(self.at + 1)
    }

    /// Enters the step at a place. A service selection that was gone through before is entered at
    /// its last question.
    pub(super) fn enter(&mut self, place: usize) -> Result<(), Rejection> {
        self.at = place;
        let (step_id, step_type) = (self.step().id, self.step().config.step_type());
        self.happens(EventData::StepEntered { step_id, step_type });
        match step_type {
            StepType::ServiceSelection => {
                let last = self.active.selections.answers.last().map(|it| it.node_id);
                self.view_question(last.unwrap_or(self.flow.root()), false)?;
            }
            StepType::Summary => self.happens(EventData::SummaryViewed {}),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn view_question(
        &mut self,
        node: Id<GraphNode>,
        backward: bool,
    ) -> Result<(), Rejection> {
        let viewed = question_viewed(self.flow, node, backward)?;
        self.happens(viewed);
        Ok(())
    }

    pub(super) fn go_back(
        &mut self,
        to_step: Option<Id<BookingFlowStep>>,
        to_node: Option<Id<GraphNode>>,
    ) -> Result<(), Rejection> {
        match (to_step, to_node) {
            (_, Some(node)) => self.go_back_to_question(node),
            (Some(step), None) => {
                let (place, _) = self.flow.step(step).ok_or(Rejection::NotVisited)?;
                if place >= self.at {
                    return Err(Rejection::NotVisited);
                }
                self.leave_backward(place)
            }
            (None, None) => {
                let here = self.active.session.current_state.node_id;
                match here.and_then(|it| question_before(self.active.selections, it)) {
                    Some(node) => self.view_question(node, true),
                    None if self.at == 0 => Err(Rejection::NothingBefore),
                    None => self.leave_backward(self.at - 1),
                }
            }
        }
    }

    fn go_back_to_question(&mut self, node: Id<GraphNode>) -> Result<(), Rejection> {
        let answered = self.active.selections.answers.iter().any(|it| it.node_id == node);
        let selection = self.flow.step_of_type(StepType::ServiceSelection);
        let Some((place, step)) = selection.filter(|(place, _)| answered && *place <= self.at)
        else {
            return Err(Rejection::NotVisited);
        };
        if place == self.at {
            return self.view_question(node, true);
        }
        let step_id = self.step().id;
        self.happens(EventData::StepLeftBackward { step_id, to_step_id: step.id });
        self.at = place;
        let step_type = StepType::ServiceSelection;
        self.happens(EventData::StepEntered { step_id: step.id, step_type });
        self.view_question(node, false)
    }

    pub(super) fn leave_backward(&mut self, place: usize) -> Result<(), Rejection> {
        let (step_id, to_step_id) = (self.step().id, self.flow.steps[place].id);
        self.happens(EventData::StepLeftBackward { step_id, to_step_id });
        self.enter(place)
    }
}

/// The question that was answered before the one at `node`.
pub(in crate::session) fn question_before(
    selections: &Selections,
    node: Id<GraphNode>,
) -> Option<Id<GraphNode>> {
    let answers = &selections.answers;
    let place = answers.iter().position(|it| it.node_id == node).unwrap_or(answers.len());
    answers.get(place.checked_sub(1)?).map(|it| it.node_id)
}
