use adapters::files::FileName;
use async_trait::async_trait;
use model::{
    Doc, Problems,
    core::{File, FileStatus, JobKind},
};
use store::UnitOfWork;

use crate::{Error, Managed, Member, Result};

#[async_trait]
impl Managed for File {
    const AFTER_DELETE: Option<JobKind> = Some(JobKind::RemoveFile);

    async fn before_write(
        _: &Member,
        _: &mut UnitOfWork,
        seen: Option<&Doc<Self>>,
        now: &mut Self,
    ) -> Result<()> {
        if seen.is_none_or(|it| it.body.status != FileStatus::Active) {
            return Err(Error::NotAllowed("Only a file whose bytes are there can be changed."));
        }
        let mut problems = Problems::default();
        if let Err(error) = now.filename.parse::<FileName>() {
            problems.root().at("filename").add("filename", error.to_string());
        }
        problems.into_result().map_err(Error::Invalid)
    }

    /// The bytes go first, so the document stays until a job has removed them.
    async fn delete(_: &Member, unit: &mut UnitOfWork, seen: &Doc<Self>) -> Result<()> {
        let deleted = Self { status: FileStatus::Deleted, ..seen.body.clone() };
        Ok(unit.replace(seen, &deleted)?)
    }
}
