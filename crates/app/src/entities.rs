//! What everybody does with every kind of document: list, get, create, change, delete.

mod list;
mod readable;
mod rules;

use model::{
    Doc, Entity, Id, Timestamp,
    core::{IdempotencyKey, Job},
};
use store::{PlatformUnit, StoreError, UnitOfWork};

pub(crate) use self::{
    list::Plan,
    rules::{another_owner_stays, flow_is_there, invalid, may_give_roles},
};
pub use self::{
    list::{Asked, Listed},
    readable::Readable,
    rules::Managed,
};
use crate::{Error, Member, Once, Result, Retry, audit::Change, retries::Turn};

/// A new document.
pub struct Creation<E> {
    pub body: E,
    pub retry: Option<Retry>,
}

/// What creating answers.
pub type Created<E> = Once<Doc<E>>;

/// How often a change that names no version is made again because others wrote first.
pub(crate) const ATTEMPTS: usize = 32;

impl Member {
    /// One document.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for another organization's.
    pub async fn get<E: Readable>(&self, id: Id<E>) -> Result<Doc<E>> {
        let mut found = self.found(id).await?;
        E::complete(self, std::slice::from_mut(&mut found)).await?;
        Ok(found)
    }

    /// The same as it is stored.
    async fn found<E: Readable>(&self, id: Id<E>) -> Result<Doc<E>> {
        let found = self.tenant().scoped().get(id).await?;
        found.filter(|it| !it.body.is_gone()).ok_or(Error::NotFound(E::COLLECTION.label))
    }

    /// Makes a document. `answer` writes what is answered, before it is known to be written.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all that is wrong; [`Error::Duplicate`];
    /// [`Error::IdempotencyKeyReused`]; [`Error::UnderWay`].
    pub async fn create<E: Managed>(
        &self,
        new: Creation<E>,
        answer: impl Fn(&Doc<E>) -> String + Send + Sync,
    ) -> Result<Created<E>> {
        let attempt = match self.turn(new.retry).await? {
            Turn::First(attempt) => attempt,
            Turn::Before(answer) => return Ok(Created::Before(answer)),
        };
        let id = E::new_id(self, &new.body);
        let made = self
            .make(id, new.body, |unit, doc| attempt.remember(unit, || answer(doc), doc.created_at));
        let made = made.await;
        attempt.settle(made).await
    }

    /// As [`House::turn`], in the organization.
    ///
    /// [`House::turn`]: crate::doors::House::turn
    pub(crate) async fn turn(&self, retry: Option<Retry>) -> Result<Turn> {
        let tenant = self.tenant();
        tenant.house().turn(self.by(), Some(tenant.organization()), retry).await
    }

    /// Writes a new document, with what `add` adds to the batch.
    pub(crate) async fn make<E: Managed>(
        &self,
        id: Id<E>,
        body: E,
        add: impl Fn(&mut PlatformUnit, &Doc<E>) -> Result<()> + Send + Sync,
    ) -> Result<Doc<E>> {
        for _ in 0..ATTEMPTS {
            match self.insert(id, body.clone(), &add).await {
                Err(Error::Store(StoreError::Conflict(key))) if id.object_id() == key.id => {
                    return Err(Error::Duplicate { label: E::COLLECTION.label, field: "_id" });
                }
                // The same request was answered by another process meanwhile.
                Err(Error::Store(StoreError::Conflict(key)))
                    if key.collection == IdempotencyKey::COLLECTION.name =>
                {
                    break;
                }
                // What it was decided on has changed: it is decided anew.
                Err(Error::Store(StoreError::Conflict(_))) => {}
                answer => return answer,
            }
        }
        Err(Error::Busy)
    }

    async fn insert<E: Managed>(
        &self,
        id: Id<E>,
        mut body: E,
        add: &(impl Fn(&mut PlatformUnit, &Doc<E>) -> Result<()> + Send + Sync),
    ) -> Result<Doc<E>> {
        let tenant = self.tenant();
        let at = tenant.now();
        let mut own = tenant.scoped().begin(at);
        E::before_write(self, &mut own, None, &mut body).await?;
        own.insert(id, &body)?;
        let organization_id = Some(tenant.organization());
        let doc = Doc { id, organization_id, version: 1, created_at: at, updated_at: at, body };
        let mut unit = tenant.house().store.platform().begin(at);
        unit.join(own);
        add(&mut unit, &doc)?;
        let change = Change::created(id, &doc.body);
        let log = Some(tenant.organization());
        tenant.house().commit(unit, log, self.by(), change, at).await?;
        E::written(tenant);
        Ok(doc)
    }

    /// Writes a document anew, as `to` makes it of what it is.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Changed`] when it is not at the version that was expected;
    /// what `to` answers.
    pub async fn change<E: Managed>(
        &self,
        id: Id<E>,
        expected: Option<u64>,
        to: impl Fn(&Doc<E>) -> Result<E> + Send + Sync,
    ) -> Result<Doc<E>> {
        for _ in 0..ATTEMPTS {
            let seen = self.expect(id, expected).await?;
            let mut body = to(&seen)?;
            let at = self.tenant().now();
            let mut own = self.tenant().scoped().begin(at);
            E::before_write(self, &mut own, Some(&seen), &mut body).await?;
            own.replace(&seen, &body)?;
            let change = Change::updated(&seen, &body);
            if self.commit(own, change, at).await? {
                E::written(self.tenant());
                let version = seen.version + 1;
                let mut now = Doc { version, updated_at: at, body, ..seen };
                E::complete(self, std::slice::from_mut(&mut now)).await?;
                return Ok(now);
            }
        }
        Err(Error::Busy)
    }

    /// Deletes a document, with what goes with it.
    ///
    /// # Errors
    /// As [`Self::change`]; [`Error::Referenced`] when something else needs it.
    pub async fn delete<E: Managed>(&self, id: Id<E>, expected: Option<u64>) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let seen = self.expect(id, expected).await?;
            let at = self.tenant().now();
            let mut own = self.tenant().scoped().begin(at);
            E::delete(self, &mut own, &seen).await?;
            let mut unit = self.tenant().house().store.platform().begin(at);
            unit.join(own);
            if let Some(kind) = E::AFTER_DELETE {
                let organization_id = Some(self.tenant().organization());
                let target_id = id.object_id();
                let job = Job { kind, organization_id, target_id, due_at: at, attempts: 0 };
                unit.insert(self.tenant().new_id(), &job)?;
            }
            if self.commit_all(unit, Change::deleted(&seen), at).await? {
                E::written(self.tenant());
                return Ok(());
            }
        }
        Err(Error::Busy)
    }

    /// Whether it was written; not when somebody else wrote first.
    pub(crate) async fn commit(
        &self,
        own: UnitOfWork,
        change: Change,
        at: Timestamp,
    ) -> Result<bool> {
        let mut unit = self.tenant().house().store.platform().begin(at);
        unit.join(own);
        self.commit_all(unit, change, at).await
    }

    async fn commit_all(&self, unit: PlatformUnit, change: Change, at: Timestamp) -> Result<bool> {
        let house = self.tenant().house();
        let log = Some(self.tenant().organization());
        match house.commit(unit, log, self.by(), change, at).await {
            Ok(()) => Ok(true),
            Err(Error::Store(StoreError::Conflict(_))) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn expect<E: Readable>(&self, id: Id<E>, expected: Option<u64>) -> Result<Doc<E>> {
        let seen = self.found(id).await?;
        match expected {
            Some(version) if version != seen.version => {
                Err(Error::Changed { current: seen.version })
            }
            _ => Ok(seen),
        }
    }
}
