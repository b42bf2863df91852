//! What a visit is brought: an express link at its beginning, and files.

use model::{
    scheduler::QuestionKind,
    session::{AttachedFile, EventData, GivenAnswer, Selections},
    step::StepConfig,
};
use serde_json::json;

use super::{Visit, must};

#[derive(Default)]
pub(super) struct Brought {
    /// Whether an express link fills in what it can.
    linked: bool,
    files: Vec<AttachedFile>,
}

impl Brought {
    pub(super) fn agrees(&self, selections: &Selections) -> Result<(), String> {
        must(selections.prefilled.is_some() == self.linked, "another link")?;
        must(selections.files == self.files, "other files")?;
        let ids = self.files.iter().map(|it| it.file_id);
        must(ids.eq(selections.file_ids.iter().copied()), "other ids of files")
    }
}

impl Visit<'_> {
    pub(super) fn begins_by_link(&mut self, n: usize, data: &EventData) -> Result<(), String> {
        match data {
            EventData::ExpressLinkApplied { .. } => {
                self.brought.linked = true;
                must(n == 2, "it has begun without")
            }
            EventData::ExpressLinkDegraded { reasons, .. } => {
                must(n == 2 + usize::from(self.brought.linked), "it has begun without")?;
                must(!reasons.is_empty(), "for no reason")?;
                let whole = reasons.iter().any(|it| it.code.is_of_the_link());
                must(whole != self.brought.linked, "a link is used or is not")
            }
            _ => Ok(()),
        }
    }

    pub(super) fn has_files(&mut self, data: &EventData) -> Result<(), String> {
        must(self.entering.is_none(), "between two steps")?;
        let here = (self.flow.steps[self.place].id, self.node);
        let is_here = |it: &AttachedFile| (it.step_id, it.node_id) == here;
        match data {
            EventData::FileAttached(file) => {
                must(is_here(file), "at another place")?;
                must(
                    self.brought.files.iter().all(|it| it.file_id != file.file_id),
                    "added twice",
                )?;
                let count = self.brought.files.iter().filter(|it| is_here(it)).count();
                let count = f64::from(u32::try_from(count).unwrap());
                must(count < self.most_files().ok_or("no files here")?, "too many files")?;
                self.brought.files.push(file.clone());
            }
            EventData::FileRemoved { file_id } => {
                let n =
                    self.brought.files.iter().position(|it| it.file_id == *file_id && is_here(it));
                self.brought.files.remove(n.ok_or("it is not here")?);
            }
            _ => {}
        }
        Ok(())
    }

    /// Where the visitor is, if files are taken there.
    fn most_files(&self) -> Option<f64> {
        match self.config() {
            StepConfig::ServiceSelection(_) => {
                let asked = self.question_at(self.node?)?;
                let question = &self.flow.questions.iter().find(|it| it.id == asked)?.body;
                let most = question.rules.max.unwrap_or(5.0);
                (question.kind == QuestionKind::Photo).then_some(most)
            }
            StepConfig::AdditionalDetails(config) if config.media.enabled => {
                Some(f64::from(config.media.max_files.unwrap_or(5)))
            }
            _ => None,
        }
    }

    /// Whether the answer to a photo question is the photos that were added there.
    pub(super) fn shows(&self, given: &GivenAnswer) -> bool {
        let here = self.brought.files.iter().filter(|it| it.node_id == Some(given.node_id));
        let ids: Vec<_> = here.map(|it| it.file_id).collect();
        given.value == (!ids.is_empty()).then(|| json!(ids))
    }
}
