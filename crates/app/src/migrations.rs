//! What has to be done to the data of a store that an earlier version wrote: an ordered list, each
//! applied exactly once, by one process at a time.

mod error;
mod hold;
mod plan;
mod run;
mod seed_permissions;
mod seed_system_roles;
mod step;

use async_trait::async_trait;
use model::{
    core::Permission,
    data_migrations::{DataMigration, Direction, MigrationProgress},
    hex,
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::Store;

pub use self::{
    error::MigrationError, plan::Standing, seed_permissions::SeedPermissions,
    seed_system_roles::SeedSystemRoles, step::Step,
};
use self::{hold::Hold, run::Run};
use crate::{Environment, SystemDoor};

/// All of them, in the order in which they are applied. One that was released is never changed and
/// never removed.
pub const MIGRATIONS: &[&dyn Migration] = &[
    &SeedPermissions {
        unique_name: "0001_seed_permissions",
        permissions: Permission::REVISIONS[0],
    },
    &SeedSystemRoles {
        unique_name: "0002_seed_system_roles",
        permissions: Permission::REVISIONS[0],
    },
    &SeedPermissions {
        unique_name: "0003_seed_permissions_of_people",
        permissions: Permission::REVISIONS[1],
    },
    &SeedSystemRoles {
        unique_name: "0004_seed_system_roles_of_people",
        permissions: Permission::REVISIONS[1],
    },
    &SeedPermissions {
        unique_name: "0005_seed_permission_to_resend",
        permissions: Permission::REVISIONS[2],
    },
    &SeedSystemRoles {
        unique_name: "0006_seed_system_roles_that_resend",
        permissions: Permission::REVISIONS[2],
    },
];

/// One change of the data. It goes in steps, each of which is one batch; what a step has read and
/// what it writes are its own affair, so a step that finds its work done does nothing.
///
/// Either way may begin when the other was interrupted, and then begins from the start.
#[async_trait]
pub trait Migration: Send + Sync {
    /// `0001_seed_permissions`: the number says the order.
    fn unique_name(&self) -> &'static str;

    /// For people: one sentence.
    fn description(&self) -> &'static str;

    /// Of what it does: see [`checksum`].
    fn checksum(&self) -> String;

    /// Does the next step.
    ///
    /// # Errors
    /// What the store says; the step's last record is reported with it.
    async fn up(&self, step: &mut Step) -> store::Result<Stepped>;

    /// Takes the next part of what `up` did back, and nothing else.
    ///
    /// # Errors
    /// What the store says; the step's last record is reported with it.
    async fn down(&self, step: &mut Step) -> store::Result<Stepped>;
}

/// Where a step has brought a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stepped {
    pub progress: MigrationProgress,
    /// No step comes after this one.
    pub finished: bool,
}

/// SHA-256 of the data that a migration works with.
pub fn checksum(data: &impl Serialize) -> String {
    hex(&Sha256::digest(serde_json::to_vec(data).unwrap_or_default()))
}

/// The migrations of one store.
#[derive(Clone)]
pub struct Migrations {
    store: Store,
    environment: Environment,
    list: &'static [&'static dyn Migration],
}

/// A step that was committed, for those who watch.
pub struct Watched<'a> {
    pub unique_name: &'static str,
    pub direction: Direction,
    pub progress: &'a MigrationProgress,
}

impl SystemDoor {
    /// Those that this version of the program has.
    pub fn migrations(&self) -> Migrations {
        self.migrations_of(MIGRATIONS)
    }

    /// Others in their place, as another version of the program has them.
    pub fn migrations_of(&self, list: &'static [&'static dyn Migration]) -> Migrations {
        Migrations::new(self.0.store.clone(), self.0.environment.clone(), list)
    }
}

impl Migrations {
    pub(crate) fn new(
        store: Store,
        environment: Environment,
        list: &'static [&'static dyn Migration],
    ) -> Self {
        Self { store, environment, list }
    }

    /// Applies what is pending, up to `to` when it is named; answers what it applied. Nothing is
    /// written when nothing is pending.
    ///
    /// # Errors
    /// [`MigrationError::Leased`] while another process does it; what cannot be applied is
    /// recorded and stops it.
    pub async fn up(
        &self,
        to: Option<&str>,
        watch: &mut (dyn FnMut(Watched<'_>) + Send),
    ) -> Result<Vec<&'static str>, MigrationError> {
        self.go(Direction::Up, to, watch).await
    }

    /// Takes back what was applied after `to`, the last first; without `to` the last one only.
    /// Answers what it took back.
    ///
    /// # Errors
    /// As [`Migrations::up`].
    pub async fn down(
        &self,
        to: Option<&str>,
        watch: &mut (dyn FnMut(Watched<'_>) + Send),
    ) -> Result<Vec<&'static str>, MigrationError> {
        self.go(Direction::Down, to, watch).await
    }

    /// What `up` or `down` would do.
    pub async fn plan(
        &self,
        direction: Direction,
        to: Option<&str>,
    ) -> Result<Vec<&'static dyn Migration>, MigrationError> {
        let records = self.records().await?;
        self.verify(&records)?;
        self.planned(&records, direction, to)
    }

    async fn go(
        &self,
        direction: Direction,
        to: Option<&str>,
        watch: &mut (dyn FnMut(Watched<'_>) + Send),
    ) -> Result<Vec<&'static str>, MigrationError> {
        if self.plan(direction, to).await?.is_empty() {
            return Ok(Vec::new());
        }
        let mut hold = Hold::acquire(&self.store, &self.environment).await?;
        let done = self.go_holding(&mut hold, direction, to, watch).await;
        hold.release().await;
        done
    }

    /// Plans anew: another process may have done it all before the lease was had.
    async fn go_holding(
        &self,
        hold: &mut Hold,
        direction: Direction,
        to: Option<&str>,
        watch: &mut (dyn FnMut(Watched<'_>) + Send),
    ) -> Result<Vec<&'static str>, MigrationError> {
        let platform = self.store.platform();
        let mut done = Vec::new();
        for migration in self.plan(direction, to).await? {
            let seen = platform.get(DataMigration::id_for(migration.unique_name())).await?;
            Run::begin(hold, &self.environment, migration, direction, seen)
                .await?
                .finish(watch)
                .await?;
            done.push(migration.unique_name());
        }
        Ok(done)
    }
}
