use model::{
    Doc, Entity as _, Id, Index, Problems, Timestamp,
    content::Slug,
    core::Permission,
    flow::check::{self, Report},
    scheduler::{BookingFlow, BookingFlowStatus},
};
use store::{Find, Scalar, StoreError, UnitOfWork};

use super::draft::Draft;
use crate::{By, Error, Member, Permissions, Result, Tenant, audit::Change};

/// One flow of an organization, and who looks after it: from the draft to what visitors get.
pub struct FlowKeeper {
    pub(super) tenant: Tenant,
    pub(super) by: By,
    pub(super) id: Id<BookingFlow>,
    /// `None` for whoever has the machine, who may do everything.
    pub(super) permissions: Option<Permissions>,
}

const BY_SLUG: &Index = &BookingFlow::COLLECTION.indexes[1];

impl Member {
    /// One of the organization's flows.
    pub fn flow(&self, id: Id<BookingFlow>) -> FlowKeeper {
        FlowKeeper {
            tenant: self.tenant().clone(),
            by: self.by().clone(),
            id,
            permissions: Some(self.permissions().clone()),
        }
    }
}

impl Tenant {
    /// One of the organization's flows, for the command line.
    pub fn flow(&self, id: Id<BookingFlow>) -> FlowKeeper {
        FlowKeeper { tenant: self.clone(), by: By::system(), id, permissions: None }
    }

    /// The same by its slug.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for a deleted flow.
    pub async fn flow_called(&self, slug: &Slug) -> Result<FlowKeeper> {
        let by_slug = Find::by(BY_SLUG, [Scalar::Text(slug.to_string())]);
        let (found, _) = self.scoped().list::<BookingFlow>(by_slug).await?;
        let found = found.iter().find(|it| it.body.status != BookingFlowStatus::Deleted);
        Ok(self.flow(found.ok_or(Error::NotFound(BookingFlow::COLLECTION.label))?.id))
    }
}

impl FlowKeeper {
    /// Which it is.
    pub fn id(&self) -> Id<BookingFlow> {
        self.id
    }

    /// The whole report on the draft as it is stored.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for a deleted flow.
    pub async fn report(&self) -> Result<Report> {
        let draft = Draft::load(&self.tenant, self.seen(None).await?).await?;
        Ok(check::check(&draft.bundle()))
    }

    /// # Errors
    /// [`Error::Forbidden`] for what more than the flow itself somebody would have to be allowed to
    /// change.
    pub(super) fn may(&self, permissions: impl IntoIterator<Item = Permission>) -> Result<()> {
        let Some(held) = &self.permissions else { return Ok(()) };
        match permissions.into_iter().find(|it| !held.allow(*it)) {
            Some(lacking) => Err(Error::Forbidden(lacking)),
            None => Ok(()),
        }
    }

    /// The flow as it is stored.
    pub(super) async fn seen(&self, expected: Option<u64>) -> Result<Doc<BookingFlow>> {
        let found = self.tenant.scoped().get(self.id).await?;
        let found = found.filter(|it| it.body.status != BookingFlowStatus::Deleted);
        let seen = found.ok_or(Error::NotFound(BookingFlow::COLLECTION.label))?;
        match expected {
            Some(version) if version != seen.version => {
                Err(Error::Changed { current: seen.version })
            }
            _ => Ok(seen),
        }
    }

    /// Whether it was written; not when something that the batch was held to is otherwise by now,
    /// and the same can be decided again.
    ///
    /// # Errors
    /// [`Error::Changed`] when that is the flow itself: of two who change it at once one wins.
    pub(super) async fn commit(
        &self,
        own: UnitOfWork,
        change: Change,
        at: Timestamp,
    ) -> Result<bool> {
        let house = self.tenant.house();
        let mut unit = house.store.platform().begin(at);
        unit.join(own);
        self.commit_all(unit, change, at).await
    }

    pub(super) async fn commit_all(
        &self,
        unit: store::PlatformUnit,
        change: Change,
        at: Timestamp,
    ) -> Result<bool> {
        let log = Some(self.tenant.organization());
        match self.tenant.house().commit(unit, log, &self.by, change, at).await {
            Ok(()) => Ok(true),
            Err(Error::Store(StoreError::Conflict(key))) if key.id == self.id.object_id() => {
                Err(Error::Changed { current: self.seen(None).await?.version })
            }
            Err(Error::Store(StoreError::Conflict(_))) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The flow after it was written.
pub(super) fn after(seen: &Doc<BookingFlow>, body: BookingFlow, at: Timestamp) -> Doc<BookingFlow> {
    Doc { version: seen.version + 1, updated_at: at, body, ..*seen }
}

/// What is wrong with what was asked, in one place.
pub(super) fn invalid_at(path: &str, code: &'static str, message: &str) -> Error {
    let mut problems = Problems::default();
    problems.root().at(path).add(code, message);
    Error::Invalid(problems)
}
