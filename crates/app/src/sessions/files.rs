use std::fmt::Display;

use bytes::Bytes;
use futures_util::Stream;
use model::{
    Doc, Entity, Id, Problems,
    core::{File, FileStatus},
    session::{AttachedFile, FilePlace, Rejection, Selections},
};
use store::{Find, PlatformUnit, Scalar, UnitOfWork};

use super::VisitorSession;
use crate::{Error, NewFile, Result};

/// No visit has more files, also such as are not attached (yet).
const MOST_FILES: usize = 40;
/// No visit has more bytes of files: 200 MiB.
const MOST_BYTES: u64 = 200 * 1_024 * 1_024;

const BY_SESSION: &model::Index = &File::COLLECTION.indexes[2];

impl VisitorSession {
    /// Keeps a file for the photo question or the step where the visitor is. It goes again unless
    /// it is attached within an hour.
    ///
    /// # Errors
    /// [`Error::Rejected`] where no files are taken; [`Error::Invalid`] when the visit has as many
    /// as it may; as `Member::upload`.
    pub async fn upload<E: Display>(
        mut self,
        new: NewFile,
        chunks: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Doc<File>> {
        self.refresh().await?;
        let flow = self.tenant.compiled(self.session.body.booking_flow_version_id).await?;
        let place = self.file_place(&flow);
        let place = place.map_err(|rejection| self.rejected(&flow, rejection))?;
        self.has_room().await?;
        self.tenant.house().upload_for_visit(&self.tenant, self.id(), &place, new, chunks).await
    }

    fn file_place(&self, flow: &model::flow::CompiledFlow) -> Result<FilePlace, Rejection> {
        let active = self.session.body.active(self.tenant.now())?;
        let (_, step) = flow.step(active.step_id).ok_or(Rejection::BrokenFlow)?;
        let node = self.session.body.current_state.node_id;
        let not_here = Rejection::NotHere { command: "attach_file", step: step.config.step_type() };
        FilePlace::of(flow, step, node).ok_or(not_here)
    }

    async fn has_room(&self) -> Result<()> {
        let id = Scalar::Text(self.id().to_string());
        let find = Find::<File>::by(BY_SESSION, [id]).limit(MOST_FILES);
        let (files, _) = self.tenant.scoped().list(find).await?;
        let bytes: u64 = files
            .iter()
            .filter(|it| it.body.status == FileStatus::Active)
            .map(|it| it.body.size)
            .sum();
        let mut problems = Problems::default();
        problems.root().at("file").require(
            files.len() < MOST_FILES && bytes < MOST_BYTES,
            "count",
            "This visit has as many files as it can have.",
        );
        problems.into_result().map_err(Error::Invalid)
    }

    /// A file that was uploaded in this visit and is all there.
    pub(super) async fn own_file(&self, id: Id<File>) -> Result<Option<Doc<File>>> {
        let file = self.tenant.scoped().get(id).await?;
        Ok(file.filter(|it| {
            it.body.booking_session_id == Some(self.id()) && it.body.status == FileStatus::Active
        }))
    }

    /// The file as it would be attached where the visitor is.
    pub(super) fn attached(&self, file: &Doc<File>) -> Option<AttachedFile> {
        let File { filename, mime_type, size, .. } = file.body.clone();
        let state = &self.session.body.current_state;
        Some(AttachedFile {
            file_id: file.id.object_id(),
            step_id: state.step_id?,
            node_id: state.node_id,
            filename,
            mime_type,
            size,
        })
    }

    /// From now on it stays for as long as the visit can be gone on with.
    pub(super) fn keep_file(&self, unit: &mut UnitOfWork, file: &Doc<File>) -> Result<()> {
        let ends_at = Some(self.session.body.expires_at);
        let kept = File { ttl_for_lifecycle: ends_at, ..file.body.clone() };
        Ok(unit.replace(file, &kept)?)
    }

    /// It goes, and its bytes by a job.
    pub(super) fn drop_file(
        &self,
        unit: &mut UnitOfWork,
        batch: &mut PlatformUnit,
        file: &Doc<File>,
    ) -> Result<()> {
        let deleted = File { status: FileStatus::Deleted, ..file.body.clone() };
        unit.replace(file, &deleted)?;
        let house = self.tenant.house();
        house.remove_later(batch, Some(self.tenant.organization()), file.id)
    }

    /// The files of a booking, which stay as long as the organization keeps files. What is not
    /// there any more is left out.
    pub(super) async fn book_files(
        &self,
        unit: &mut UnitOfWork,
        before: &Selections,
    ) -> Result<Vec<Id<File>>> {
        let mut booked = Vec::new();
        for attached in before.kept_files() {
            let Some(file) = self.own_file(Id::new(attached.file_id)).await? else { continue };
            let kept = File { ttl_for_lifecycle: None, ..file.body.clone() };
            unit.replace(&file, &kept)?;
            booked.push(file.id);
        }
        Ok(booked)
    }
}
