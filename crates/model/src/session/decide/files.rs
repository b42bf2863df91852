use super::{Rejection, Visit};
use crate::{
    ObjectId, Problems,
    session::{AttachedFile, EventData, FilePlace},
};

impl Visit<'_> {
    /// `file` is the visit's own, as it was uploaded.
    pub(super) fn attach_file(
        &mut self,
        file_id: ObjectId,
        file: Option<&AttachedFile>,
    ) -> Result<(), Rejection> {
        let place = self.file_place("attach_file")?;
        let refuse = |code, sentence: String| {
            let mut problems = Problems::default();
            problems.root().at("file_id").add(code, sentence);
            Err(Rejection::Invalid(problems))
        };
        let Some(file) = file else {
            return refuse("unknown", "There is no such file in this visit.".to_owned());
        };
        if self.active.selections.file_ids.contains(&file_id) {
            return Ok(());
        }
        if !place.takes(&file.mime_type) {
            return refuse("type", "This kind of file cannot be added here.".to_owned());
        }
        if file.size > place.max_bytes {
            return refuse("size", format!("A file can have {} here.", megabytes(place.max_bytes)));
        }
        let most = place.max_files;
        if place.files(self.active.selections).count() >= most as usize {
            return refuse("count", format!("No more than {most} can be added here."));
        }
        let FilePlace { step_id, node_id, .. } = place;
        self.happens(EventData::FileAttached(AttachedFile { step_id, node_id, ..file.clone() }));
        Ok(())
    }

    pub(super) fn remove_file(&mut self, file_id: ObjectId) -> Result<(), Rejection> {
        let place = self.file_place("remove_file")?;
        if !place.files(self.active.selections).any(|it| it.file_id == file_id) {
            let mut problems = Problems::default();
            problems.root().at("file_id").add("unknown", "There is no such file here.");
            return Err(Rejection::Invalid(problems));
        }
        self.happens(EventData::FileRemoved { file_id });
        Ok(())
    }

    fn file_place(&self, command: &'static str) -> Result<FilePlace, Rejection> {
        let node = self.active.session.current_state.node_id;
        FilePlace::of(self.flow, self.step(), node).ok_or_else(|| self.not_here(command))
    }
}

/// In whole megabytes, as people count them; at least one.
fn megabytes(bytes: u64) -> String {
    format!("at most {} MB", (bytes / 1_000_000).max(1))
}
