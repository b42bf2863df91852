use std::collections::BTreeSet;

use model::{
    COLLECTIONS, Collection, Doc, Entity, Id, Lookup,
    content::Address,
    core::{ApiKey, Job, JobKind, Organization, Retention, TenantSubdomain},
    scheduler::SchedulerConfig,
};
use store::{Find, Key, Owner, PlatformUnit, Query, Record, Scalar, StoreError, Write};

use crate::{
    By, Error, Member, Result, SystemDoor, Tenant,
    audit::Change,
    doors::House,
    entities::{ATTEMPTS, invalid},
};

/// What makes an organization.
#[derive(Debug, Clone)]
pub struct NewOrganization {
    pub name: String,
    pub slug: TenantSubdomain,
    pub time_zone: String,
    pub locale: String,
    pub phone: Option<String>,
    pub address: Option<Address>,
}

const BY_SLUG: &model::Index = &Organization::COLLECTION.indexes[0];

impl SystemDoor {
    /// Makes an organization.
    ///
    /// # Errors
    /// [`Error::Taken`] when another one has the slug, [`Error::Store`] with what is not valid.
    pub async fn create_organization(&self, new: NewOrganization) -> Result<Id<Organization>> {
        let slug = new.slug.clone();
        let organization = new.into_organization();
        let environment = &self.0.environment;
        let id = environment.new_id();
        let platform = self.0.store.platform();
        let at = environment.now();
        let mut unit = platform.begin(at);
        unit.insert(id, &organization)?;
        let change = Change::created(id, &organization);
        match self.0.commit(unit, None, &By::system(), change, at).await {
            Ok(()) => Ok(id),
            Err(Error::Duplicate { .. }) => {
                Err(Error::Taken(format!("there is an organization {slug} already")))
            }
            Err(error) => Err(error),
        }
    }

    /// By id, or by slug.
    pub async fn find_organization(&self, slug_or_id: &str) -> Result<Option<Doc<Organization>>> {
        self.0.find_organization(slug_or_id).await
    }

    /// All of them, oldest first.
    pub async fn organizations(&self) -> Result<Vec<Doc<Organization>>> {
        let platform = self.0.store.platform();
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let (page, next) = platform.list(Find::all().after(after)).await?;
            all.extend(page);
            match next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
    }
}

impl Member {
    /// Writes the organization itself anew.
    ///
    /// # Errors
    /// As [`Member::change`].
    pub async fn change_organization(
        &self,
        expected: Option<u64>,
        to: impl Fn(&Doc<Organization>) -> Result<Organization> + Send + Sync,
    ) -> Result<Doc<Organization>> {
        let house = self.tenant().house();
        for _ in 0..ATTEMPTS {
            let seen = self.expected_profile(expected).await?;
            let body = to(&seen)?;
            self.has_the_logo(&body).await?;
            if body.parent_organization_id != seen.body.parent_organization_id {
                // Its members can be added here: that is for those who run the platform to say.
                let rule = "is set by those who run the platform";
                return Err(invalid("parent_organization_id", "not_held", rule));
            }
            let at = self.tenant().now();
            let mut unit = house.store.platform().begin(at);
            unit.replace(&seen, &body)?;
            let change = Change::updated(&seen, &body);
            match house.commit(unit, Some(seen.id), self.by(), change, at).await {
                Ok(()) => {
                    return Ok(Doc { version: seen.version + 1, updated_at: at, body, ..seen });
                }
                Err(Error::Store(StoreError::Conflict(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    /// Ends the organization: nobody gets to it from now on, its widgets are gone, and what it had
    /// is removed soon after.
    ///
    /// # Errors
    /// [`Error::Changed`]; [`Error::Referenced`] while it is another one's parent.
    pub async fn delete_organization(&self, expected: Option<u64>) -> Result<()> {
        let house = self.tenant().house();
        for _ in 0..ATTEMPTS {
            let seen = self.expected_profile(expected).await?;
            let at = self.tenant().now();
            let mut unit = house.store.platform().begin(at);
            unit.delete(seen.id, seen.version);
            let job = Job {
                kind: JobKind::PurgeOrganization,
                organization_id: Some(seen.id),
                target_id: seen.id.object_id(),
                due_at: at,
                attempts: 0,
            };
            unit.insert(house.environment.new_id(), &job)?;
            match house.commit(unit, None, self.by(), Change::deleted(&seen), at).await {
                Ok(()) => {
                    // All else is for the job: there may be much of it.
                    if let Err(error) = house.purge(seen.id, lets_in).await {
                        tracing::warn!(%error, "what an organization had is removed later");
                    }
                    return Ok(());
                }
                Err(Error::Store(StoreError::Conflict(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    async fn expected_profile(&self, expected: Option<u64>) -> Result<Doc<Organization>> {
        let seen = self.tenant().profile().await?;
        match expected {
            Some(version) if version != seen.version => {
                Err(Error::Changed { current: seen.version })
            }
            _ => Ok(seen),
        }
    }

    /// A document of the platform cannot refer to an organization's: the store does not check it.
    async fn has_the_logo(&self, organization: &Organization) -> Result<()> {
        let Some(logo) = organization.logo_file else { return Ok(()) };
        match self.tenant().scoped().get(logo).await? {
            Some(_) => Ok(()),
            None => Err(invalid("logo_file", "reference", "there is no such file")),
        }
    }
}

impl NewOrganization {
    pub(crate) fn into_organization(self) -> Organization {
        Organization {
            name: self.name,
            tenant_subdomain: self.slug,
            logo_file: None,
            address: self.address,
            time_zone: self.time_zone,
            locale: self.locale,
            phone: self.phone,
            parent_organization_id: None,
            retention: Retention::default(),
        }
    }
}

impl House {
    /// Removes all documents of some collections that an organization had which is no more. Safe
    /// to do again.
    pub(crate) async fn purge(
        &self,
        organization: Id<Organization>,
        of: impl Fn(&Collection) -> bool + Send,
    ) -> Result<()> {
        if self.store.platform().get(organization).await?.is_some() {
            return Ok(());
        }
        let owner = Owner::Organization(organization.object_id());
        let backend = self.store.backend();
        for collection in COLLECTIONS.iter().filter(|it| of(it)) {
            loop {
                let page = backend.list(&Query::by_id(owner, collection.name, PURGED)).await?;
                let mut batch = Vec::new();
                for record in &page.records {
                    batch.push(Write::Delete { key: record.key, expect: record.version });
                    batch.extend(self.freed(record).await?);
                }
                if batch.is_empty() {
                    break;
                }
                backend.commit(batch).await?;
            }
        }
        Ok(())
    }

    /// The lookups that lead to a document.
    async fn freed(&self, record: &Record) -> Result<Vec<Write>> {
        let mut freed = Vec::new();
        for (kind, value) in model::lookups(record.key.collection, record.body.as_str()) {
            let id = Lookup::id_for(kind, &value).object_id();
            let key = Key { owner: Owner::Platform, collection: Lookup::COLLECTION.name, id };
            if let Some(found) = self.store.backend().get(&key).await? {
                freed.push(Write::Delete { key, expect: found.version });
            }
        }
        Ok(freed)
    }
}

/// Refuses a parent that has the organization among its own parents. The batch is held to all of
/// these, or two that are written at once could lead back to each other.
pub(crate) async fn leads_back(
    house: &House,
    unit: &mut PlatformUnit,
    id: Option<Id<Organization>>,
    now: &Organization,
) -> Result<()> {
    let mut seen = BTreeSet::new();
    let mut above = now.parent_organization_id;
    while let Some(parent) = above {
        if Some(parent) == id || !seen.insert(parent) {
            return Err(invalid("parent_organization_id", "cycle", "must not lead back to itself"));
        }
        let found = house.store.platform().get(parent).await?;
        above = found.and_then(|it| {
            unit.hold(&it);
            it.body.parent_organization_id
        });
    }
    Ok(())
}

/// By whose documents somebody gets in without being a member.
fn lets_in(collection: &Collection) -> bool {
    [ApiKey::COLLECTION.name, SchedulerConfig::COLLECTION.name].contains(&collection.name)
}

/// So many documents are removed at once.
const PURGED: usize = 100;

impl Tenant {
    /// The organization itself.
    pub async fn profile(&self) -> Result<Doc<Organization>> {
        let found = self.house().store.platform().get(self.organization()).await?;
        found.ok_or(Error::NotFound("organization"))
    }
}

impl House {
    /// By its subdomain, or its id.
    pub(crate) async fn find_organization(
        &self,
        slug_or_id: &str,
    ) -> Result<Option<Doc<Organization>>> {
        let platform = self.store.platform();
        if let Ok(id) = slug_or_id.parse::<Id<Organization>>()
            && let Some(found) = platform.get(id).await?
        {
            return Ok(Some(found));
        }
        let slug = Scalar::Text(slug_or_id.to_owned());
        let (found, _) = platform.list(Find::by(BY_SLUG, [slug]).limit(1)).await?;
        Ok(found.into_iter().next())
    }
}
