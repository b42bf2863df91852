use std::collections::BTreeSet;

use model::{
    Doc, Id,
    core::{Membership, Organization, Permission, Role, User},
};

use super::ATTEMPTS;
use crate::{Error, Permissions, Result, SignedIn, audit::Change};

/// Who is signed in, and what they may do where.
pub struct Me {
    pub user: Doc<User>,
    pub places: Vec<Place>,
    pub active_organization_id: Option<Id<Organization>>,
    /// In the active organization.
    pub permissions: BTreeSet<Permission>,
}

/// An organization that somebody is a member of.
pub struct Place {
    pub organization: Doc<Organization>,
    pub roles: Vec<Id<Role>>,
    pub is_default: bool,
}

/// What people change of themselves; absent stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub locale: Option<String>,
}

impl SignedIn {
    /// Who they are.
    pub async fn me(&self) -> Result<Me> {
        let store = &self.house.store;
        let mut places = Vec::new();
        for id in self.house.organizations_of(self.user.id).await? {
            let membership = store.scoped(id).get(Membership::id_of(id, self.user.id)).await?;
            let organization = store.platform().get(id).await?;
            if let (Some(membership), Some(organization)) = (membership, organization) {
                let Membership { roles, is_default, .. } = membership.body;
                places.push(Place { organization, roles, is_default });
            }
        }
        let active_organization_id = self.session.body.active_organization_id;
        let permissions = match active_organization_id {
            Some(active) => self.permissions(active).await?,
            None => None,
        };
        let permissions = permissions.iter().flat_map(Permissions::iter).collect();
        Ok(Me { user: self.user.clone(), places, active_organization_id, permissions })
    }

    /// Changes their names or their language.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub async fn change_profile(&self, to: Profile) -> Result<Doc<User>> {
        self.change_user("users.update", |seen| {
            let now = seen.clone();
            Ok(User {
                first_name: to.first_name.clone().unwrap_or(now.first_name),
                last_name: to.last_name.clone().unwrap_or(now.last_name),
                locale: to.locale.clone().or(now.locale),
                ..now
            })
        })
        .await
        .map(|it| it.1)
    }

    /// Answers how they were and how they are.
    pub(crate) async fn change_user(
        &self,
        action: &str,
        to: impl Fn(&User) -> Result<User> + Send + Sync,
    ) -> Result<(Doc<User>, Doc<User>)> {
        let platform = self.house.store.platform();
        for _ in 0..ATTEMPTS {
            let seen = platform.get(self.user.id).await?.ok_or(Error::Unauthenticated)?;
            let at = self.house.environment.now();
            let now = to(&seen.body)?;
            let mut unit = platform.begin(at);
            unit.replace(&seen, &now)?;
            let change = Change::updated(&seen, &now).named(action);
            if self.house.try_commit(unit, None, &self.by, change, at).await? {
                let version = seen.version + 1;
                let changed = Doc { version, updated_at: at, body: now, ..seen.clone() };
                return Ok((seen, changed));
            }
        }
        Err(Error::Busy)
    }
}
