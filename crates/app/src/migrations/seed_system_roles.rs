use std::collections::HashMap;

use async_trait::async_trait;
use model::{
    Doc, Entity,
    core::{Permission, Role, SystemRole},
    data_migrations::MigrationProgress,
};
use store::{Find, Result, Scalar};

use super::{Migration, Step, Stepped, checksum};

/// Gives the system roles what they have of a revision of the table of permissions, and makes
/// those that are not there. A role that somebody else made under such a name stays as it is.
pub struct SeedSystemRoles {
    pub unique_name: &'static str,
    pub permissions: &'static [Permission],
}

const BY_NAME: &model::Index = &Role::COLLECTION.indexes[0];

/// They are few: all of them are one step.
const DONE: u64 = SystemRole::ALL.len() as u64;

impl SeedSystemRoles {
    fn added(&self, to: SystemRole) -> Vec<Permission> {
        self.permissions.iter().copied().filter(|it| to.adds(*it)).collect()
    }
}

fn stepped() -> Stepped {
    let progress = MigrationProgress { cursor: String::new(), done: DONE, total: DONE };
    Stepped { progress, finished: true }
}

/// The seeded one, or whichever has its name.
async fn find(step: &Step, role: SystemRole) -> Result<Option<Doc<Role>>> {
    let platform = step.store().platform();
    let seeded = platform.get(role.seeded_id()).await?;
    if seeded.is_some() {
        return Ok(seeded);
    }
    let by_name = Find::by(BY_NAME, [Scalar::Text(role.to_string())]).limit(1);
    Ok(platform.list(by_name).await?.0.into_iter().next())
}

#[async_trait]
impl Migration for SeedSystemRoles {
    fn unique_name(&self) -> &'static str {
        self.unique_name
    }

    fn description(&self) -> &'static str {
        "Gives the system roles what they allow."
    }

    fn checksum(&self) -> String {
        let table = SystemRole::ALL.map(|it| (it, it.description(), it.inherits(), self.added(it)));
        checksum(&table)
    }

    async fn up(&self, step: &mut Step) -> Result<Stepped> {
        let mut ids = HashMap::new();
        for system in SystemRole::ALL {
            let added = self.added(system);
            let Some(seen) = find(step, system).await? else {
                let inherits = system.inherits().and_then(|it| ids.get(&it).copied());
                let role = Role {
                    name: system.to_string(),
                    description: Some(system.description().to_owned()),
                    permissions: added,
                    inherits: inherits.into_iter().collect(),
                };
                step.insert(system.seeded_id(), &role)?;
                ids.insert(system, system.seeded_id());
                continue;
            };
            ids.insert(system, seen.id);
            let mut role = seen.body.clone();
            let missing = added.into_iter().filter(|it| !seen.body.permissions.contains(it));
            role.permissions.extend(missing);
            if seen.id == system.seeded_id() && role != seen.body {
                step.replace(&seen, &role)?;
            }
        }
        Ok(stepped())
    }

    /// A role goes with the last of its permissions.
    async fn down(&self, step: &mut Step) -> Result<Stepped> {
        let platform = step.store().platform();
        for system in SystemRole::ALL.into_iter().rev() {
            let Some(seen) = platform.get(system.seeded_id()).await? else { continue };
            let added = self.added(system);
            let mut role = seen.body.clone();
            role.permissions.retain(|it| !added.contains(it));
            if role.permissions.is_empty() {
                step.delete(seen.id, seen.version);
            } else if role != seen.body {
                step.replace(&seen, &role)?;
            }
        }
        Ok(stepped())
    }
}
