use std::collections::BTreeMap;

use model::data_migrations::{DataMigration, Direction, MigrationStatus};
use serde::Serialize;
use store::Find;

use super::{Migration, MigrationError, Migrations};

/// One migration and what this store knows of it.
#[derive(Debug, Clone, Serialize)]
pub struct Standing {
    pub unique_name: String,
    pub description: String,
    /// `false` for one that a newer version of the program has applied.
    pub is_known: bool,
    /// Absent when it was never begun.
    pub record: Option<DataMigration>,
}

type Records = BTreeMap<String, DataMigration>;

impl Migrations {
    /// All that this version has, in their order, and those that only the store knows.
    pub async fn status(&self) -> Result<Vec<Standing>, MigrationError> {
        let mut records = self.records().await?;
        let known = self.list.iter().map(|it| Standing {
            unique_name: it.unique_name().to_owned(),
            description: it.description().to_owned(),
            is_known: true,
            record: records.remove(it.unique_name()),
        });
        let mut all: Vec<_> = known.collect();
        all.extend(records.into_values().map(|it| Standing {
            unique_name: it.unique_name.clone(),
            description: it.description.clone(),
            is_known: false,
            record: Some(it),
        }));
        Ok(all)
    }

    /// Whether this version can work with the store as it is.
    ///
    /// # Errors
    /// [`MigrationError::Pending`], [`MigrationError::Newer`], [`MigrationError::Changed`].
    pub async fn check(&self) -> Result<(), MigrationError> {
        let pending = self.plan(Direction::Up, None).await?;
        if pending.is_empty() {
            return Ok(());
        }
        Err(MigrationError::Pending(pending.iter().map(|it| it.unique_name()).collect()))
    }

    pub(super) async fn records(&self) -> Result<Records, MigrationError> {
        let platform = self.store.platform();
        let mut records = Records::new();
        let mut after = None;
        loop {
            let (page, next) = platform.list::<DataMigration>(Find::all().after(after)).await?;
            records.extend(page.into_iter().map(|it| (it.body.unique_name.clone(), it.body)));
            match next {
                Some(next) => after = Some(next),
                None => return Ok(records),
            }
        }
    }

    /// What was rolled back counts as never applied, and what is not finished may be mended.
    pub(super) fn verify(&self, records: &Records) -> Result<(), MigrationError> {
        for (name, record) in records {
            match self.list.iter().find(|it| it.unique_name() == name) {
                None if record.status != MigrationStatus::RolledBack => {
                    return Err(MigrationError::Newer(name.clone()));
                }
                Some(known)
                    if record.status == MigrationStatus::Applied
                        && record.checksum != known.checksum() =>
                {
                    return Err(MigrationError::Changed(known.unique_name()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn planned(
        &self,
        records: &Records,
        direction: Direction,
        to: Option<&str>,
    ) -> Result<Vec<&'static dyn Migration>, MigrationError> {
        let place = |to: &str| {
            let found = self.list.iter().position(|it| it.unique_name() == to);
            found.ok_or_else(|| MigrationError::Unknown(to.to_owned()))
        };
        let until = to.map(place).transpose()?.map(|it| it + 1);
        let has = |migration: &dyn Migration, status: MigrationStatus| {
            records.get(migration.unique_name()).is_some_and(|it| it.status == status)
        };
        Ok(match direction {
            Direction::Up => {
                let all = self.list.iter().take(until.unwrap_or(self.list.len()));
                all.copied().filter(|it| !has(*it, MigrationStatus::Applied)).collect()
            }
            Direction::Down => {
                let begun = |it: &&'static dyn Migration| {
                    records.contains_key(it.unique_name()) && !has(*it, MigrationStatus::RolledBack)
                };
                let after = self.list.iter().skip(until.unwrap_or(0)).rev().copied().filter(begun);
                if until.is_some() { after.collect() } else { after.take(1).collect() }
            }
        })
    }
}
