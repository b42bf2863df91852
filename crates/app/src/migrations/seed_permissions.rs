use async_trait::async_trait;
use model::{
    Entity,
    core::{Permission, PermissionRecord},
    data_migrations::MigrationProgress,
};
use store::{Find, Result, Scalar};

use super::{Migration, Step, Stepped, checksum};

/// Lists a revision of the table of permissions in the store. One that somebody has listed already
/// stays theirs.
pub struct SeedPermissions {
    pub unique_name: &'static str,
    pub permissions: &'static [Permission],
}

const BATCH: usize = 25;
const BY_NAME: &model::Index = &PermissionRecord::COLLECTION.indexes[0];

impl SeedPermissions {
    /// Those that the step is to do.
    fn batch(&self, step: &Step) -> &[Permission] {
        let last = |it: &Permission| step.cursor().is_some_and(|cursor| it.to_string() == cursor);
        let from = self.permissions.iter().position(last).map_or(0, |it| it + 1);
        &self.permissions[from..self.permissions.len().min(from + BATCH)]
    }

    fn stepped(&self, step: &Step) -> Stepped {
        let (batch, total) = (self.batch(step), self.permissions.len());
        let done = step.progress().map_or(0, |it| it.done) + batch.len() as u64;
        let cursor = batch.last().map(ToString::to_string).unwrap_or_default();
        let finished = batch.last() == self.permissions.last();
        Stepped { progress: MigrationProgress { cursor, done, total: total as u64 }, finished }
    }
}

#[async_trait]
impl Migration for SeedPermissions {
    fn unique_name(&self) -> &'static str {
        self.unique_name
    }

    fn description(&self) -> &'static str {
        "Lists what roles can allow."
    }

    fn checksum(&self) -> String {
        let table: Vec<_> = self.permissions.iter().map(|it| (it, it.description())).collect();
        checksum(&table)
    }

    async fn up(&self, step: &mut Step) -> Result<Stepped> {
        let platform = step.store().platform();
        for name in self.batch(step) {
            let by_name = Find::by(BY_NAME, [Scalar::Text(name.to_string())]).limit(1);
            if platform.list::<PermissionRecord>(by_name).await?.0.is_empty() {
                let record = PermissionRecord { name: *name, description: name.description() };
                step.insert(PermissionRecord::seeded_id(*name), &record)?;
            }
        }
        Ok(self.stepped(step))
    }

    async fn down(&self, step: &mut Step) -> Result<Stepped> {
        let platform = step.store().platform();
        for name in self.batch(step) {
            if let Some(seeded) = platform.get(PermissionRecord::seeded_id(*name)).await? {
                step.delete(seeded.id, seeded.version);
            }
        }
        Ok(self.stepped(step))
    }
}
