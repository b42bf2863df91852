//! Migrations that a later version might have.

use app::migrations::{
    MIGRATIONS, Migration, SeedPermissions, SeedSystemRoles, Step, Stepped, checksum,
};
use async_trait::async_trait;
use model::{
    Doc,
    core::{BrandKit, Organization, Permission},
    data_migrations::MigrationProgress,
};
use store::{Find, Result};

/// Marks the name of every organization and of its brand kits, one organization in a step.
struct Mark {
    unique_name: &'static str,
    mark: &'static str,
}

/// All migrations and one on the data of organizations.
pub(crate) const WITH_MARK: &[&dyn Migration] =
    &with(&Mark { unique_name: "9999_mark", mark: "!" });

/// The same, but the last one has become another.
pub(crate) const WITH_OTHER_MARK: &[&dyn Migration] =
    &with(&Mark { unique_name: "9999_mark", mark: "?" });

const fn with(last: &'static dyn Migration) -> [&'static dyn Migration; MIGRATIONS.len() + 1] {
    let mut all = [last; MIGRATIONS.len() + 1];
    let mut n = 0;
    while n < MIGRATIONS.len() {
        all[n] = MIGRATIONS[n];
        n += 1;
    }
    all
}

const PARTS: (&[Permission], &[Permission]) = Permission::ALL.split_at(60);

/// As if some of the permissions had come later.
pub(crate) const GROWN: &[&dyn Migration] = &[
    &SeedPermissions { unique_name: "0001_seed_permissions", permissions: PARTS.0 },
    &SeedSystemRoles { unique_name: "0002_seed_system_roles", permissions: PARTS.0 },
    &SeedPermissions { unique_name: "0003_seed_permissions", permissions: PARTS.1 },
    &SeedSystemRoles { unique_name: "0004_seed_system_roles", permissions: PARTS.1 },
];

impl Mark {
    async fn step(&self, step: &mut Step, change: impl Fn(&str) -> String) -> Result<Stepped> {
        let platform = step.store().platform();
        let (all, _) = platform.list::<Organization>(Find::all()).await?;
        let done = step.progress().map_or(0, |it| it.done);
        let last = step.cursor().unwrap_or_default();
        let Some(next) = all.iter().find(|it| *it.id.to_string() > *last) else {
            let progress = MigrationProgress { cursor: last.to_owned(), done, total: done };
            return Ok(Stepped { progress, finished: true });
        };
        let seen: Doc<Organization> = platform.get(next.id).await?.unwrap();
        let name = change(&seen.body.name);
        if name != seen.body.name {
            step.replace(&seen, &Organization { name, ..seen.body.clone() })?;
        }
        let scoped = step.store().scoped(seen.id);
        let mut unit = scoped.begin(step.now());
        for kit in scoped.list::<BrandKit>(Find::all()).await?.0 {
            let name = change(&kit.body.name);
            if name != kit.body.name {
                unit.replace(&kit, &BrandKit { name, ..kit.body.clone() })?;
            }
        }
        step.join(unit);
        let (cursor, total) = (seen.id.to_string(), all.len() as u64);
        let progress = MigrationProgress { cursor, done: done + 1, total };
        Ok(Stepped { finished: progress.done == total, progress })
    }
}

#[async_trait]
impl Migration for Mark {
    fn unique_name(&self) -> &'static str {
        self.unique_name
    }

    fn description(&self) -> &'static str {
        "Marks what organizations have."
    }

    fn checksum(&self) -> String {
        checksum(&self.mark)
    }

    async fn up(&self, step: &mut Step) -> Result<Stepped> {
        let marked = |name: &str| match name.strip_suffix(self.mark) {
            Some(_) => name.to_owned(),
            None => format!("{name}{}", self.mark),
        };
        self.step(step, marked).await
    }

    async fn down(&self, step: &mut Step) -> Result<Stepped> {
        let unmarked = |name: &str| name.strip_suffix(self.mark).unwrap_or(name).to_owned();
        self.step(step, unmarked).await
    }
}
