//! What those who run the platform do with documents that belong to no organization.

use async_trait::async_trait;
use model::{
    Doc, Entity, Id, OfPlatform, Timestamp,
    core::{AuditEntry, Organization, User},
    marketing::WaitlistRequest,
};
use schemars::JsonSchema;
use store::{PlatformUnit, StoreError};

use crate::{
    Asked, Created, Creation, Error, Listed, Operator, Result,
    audit::Change,
    entities::{ATTEMPTS, Plan, another_owner_stays, invalid},
    organizations::leads_back,
    retries::Turn,
};

/// An entity that belongs to no organization, which operators write.
#[async_trait]
pub trait Global: Entity<Scope: OfPlatform> + Clone {
    /// Refuses what must not be written, and holds the batch to what it has read.
    async fn before_write(
        _: &Operator,
        _: &mut PlatformUnit,
        _seen: Option<&Doc<Self>>,
        _now: &mut Self,
    ) -> Result<()> {
        Ok(())
    }

    /// Refuses what cannot go.
    async fn before_delete(_: &Operator, _: &mut PlatformUnit, _: &Doc<Self>) -> Result<()> {
        Ok(())
    }
}

impl Global for WaitlistRequest {}

#[async_trait]
impl Global for User {
    async fn before_write(
        _: &Operator,
        _: &mut PlatformUnit,
        seen: Option<&Doc<Self>>,
        now: &mut Self,
    ) -> Result<()> {
        // Whoever has the address can have the password reset.
        if seen.is_some_and(|it| it.body.email != now.email) {
            return Err(invalid("email", "immutable", "only its owner can change it"));
        }
        Ok(())
    }

    async fn before_delete(
        operator: &Operator,
        unit: &mut PlatformUnit,
        seen: &Doc<Self>,
    ) -> Result<()> {
        for organization in operator.house.organizations_of(seen.id).await? {
            let scoped = operator.house.store.scoped(organization);
            let mut own = scoped.begin(operator.now());
            let id = model::core::Membership::id_of(organization, seen.id);
            if let Some(membership) = scoped.get(id).await? {
                another_owner_stays(&scoped, &mut own, &membership).await?;
            }
            unit.join(own);
        }
        if let Some(avatar) = seen.body.avatar_file {
            operator.house.remove_avatar(unit, avatar)?;
        }
        Ok(())
    }
}

#[async_trait]
impl Global for Organization {
    async fn before_write(
        operator: &Operator,
        unit: &mut PlatformUnit,
        seen: Option<&Doc<Self>>,
        now: &mut Self,
    ) -> Result<()> {
        if seen.is_some_and(|it| it.body.parent_organization_id == now.parent_organization_id) {
            return Ok(());
        }
        leads_back(&operator.house, unit, seen.map(|it| it.id), now).await
    }
}

impl Operator {
    pub(crate) fn now(&self) -> Timestamp {
        self.house.environment.now()
    }

    /// One document.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get<E: Entity<Scope: OfPlatform>>(&self, id: Id<E>) -> Result<Doc<E>> {
        let found = self.house.store.platform().get(id).await?;
        found.ok_or(Error::NotFound(E::COLLECTION.label))
    }

    /// A page of what belongs to no organization.
    ///
    /// # Errors
    /// As [`crate::Member::list`].
    pub async fn list<E: Entity<Scope: OfPlatform> + JsonSchema>(
        &self,
        asked: &Asked,
    ) -> Result<Listed<E>> {
        let plan = Plan::<E>::of(asked)?;
        let platform = self.house.store.platform();
        let (data, next) = platform.list(plan.find()).await?;
        let total =
            if asked.include_total { Some(platform.count(plan.all()).await?) } else { None };
        Ok(Listed { data, next_cursor: next.map(|it| plan.cursor_text(it)), total })
    }

    /// Makes a document.
    ///
    /// # Errors
    /// As [`crate::Member::create`].
    pub async fn create<E: Global>(
        &self,
        new: Creation<E>,
        answer: impl Fn(&Doc<E>) -> String + Send + Sync,
    ) -> Result<Created<E>> {
        let attempt = match self.house.turn(&self.by, None, new.retry).await? {
            Turn::First(attempt) => attempt,
            Turn::Before(answer) => return Ok(Created::Before(answer)),
        };
        let made =
            self.make(new.body, |unit, doc| attempt.remember(unit, || answer(doc), doc.created_at));
        let made = made.await;
        attempt.settle(made).await
    }

    async fn make<E: Global>(
        &self,
        mut body: E,
        add: impl FnOnce(&mut PlatformUnit, &Doc<E>) -> Result<()> + Send,
    ) -> Result<Doc<E>> {
        let (id, at) = (self.house.environment.new_id(), self.now());
        let mut unit = self.house.store.platform().begin(at);
        E::before_write(self, &mut unit, None, &mut body).await?;
        unit.insert(id, &body)?;
        let organization_id = None;
        let doc = Doc { id, organization_id, version: 1, created_at: at, updated_at: at, body };
        add(&mut unit, &doc)?;
        self.house.commit(unit, None, &self.by, Change::created(id, &doc.body), at).await?;
        Ok(doc)
    }

    /// Writes a document anew, as `to` makes it of what it is.
    ///
    /// # Errors
    /// As [`crate::Member::change`].
    pub async fn change<E: Global>(
        &self,
        id: Id<E>,
        expected: Option<u64>,
        to: impl Fn(&Doc<E>) -> Result<E> + Send + Sync,
    ) -> Result<Doc<E>> {
        for _ in 0..ATTEMPTS {
            let seen = self.expect(id, expected).await?;
            let mut body = to(&seen)?;
            let at = self.now();
            let mut unit = self.house.store.platform().begin(at);
            E::before_write(self, &mut unit, Some(&seen), &mut body).await?;
            unit.replace(&seen, &body)?;
            let change = Change::updated(&seen, &body);
            match self.house.commit(unit, None, &self.by, change, at).await {
                Ok(()) => {
                    return Ok(Doc { version: seen.version + 1, updated_at: at, body, ..seen });
                }
                Err(Error::Store(StoreError::Conflict(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    /// Deletes a document, with what goes with it.
    ///
    /// # Errors
    /// As [`crate::Member::delete`].
    pub async fn delete<E: Global>(&self, id: Id<E>, expected: Option<u64>) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let seen = self.expect(id, expected).await?;
            let at = self.now();
            let mut unit = self.house.store.platform().begin(at);
            E::before_delete(self, &mut unit, &seen).await?;
            unit.delete(seen.id, seen.version);
            let change = Change::deleted(&seen);
            match self.house.commit(unit, None, &self.by, change, at).await {
                Ok(()) => return Ok(()),
                Err(Error::Store(StoreError::Conflict(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    /// All of the platform's own audit log behind an entry, in pages.
    ///
    /// # Errors
    /// What the store says.
    pub async fn audit_log(&self, after: u64) -> Result<Vec<Doc<AuditEntry>>> {
        self.house.audit_log(None, after).await
    }

    async fn expect<E: Global>(&self, id: Id<E>, expected: Option<u64>) -> Result<Doc<E>> {
        let seen = self.get(id).await?;
        match expected {
            Some(version) if version != seen.version => {
                Err(Error::Changed { current: seen.version })
            }
            _ => Ok(seen),
        }
    }
}
