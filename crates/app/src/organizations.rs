use model::{
    Doc, Entity, Id,
    content::Address,
    core::{Organization, Retention, TenantSubdomain},
};
use store::{Find, Scalar, StoreError};

use crate::{Error, Result, SystemDoor, Tenant};

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
        match platform.insert(id, environment.now(), &organization).await {
            Ok(()) => Ok(id),
            Err(StoreError::Duplicate { .. }) => {
                Err(Error::Taken(format!("there is an organization {slug} already")))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// By id, or by slug.
    pub async fn find_organization(&self, slug_or_id: &str) -> Result<Option<Doc<Organization>>> {
        let platform = self.0.store.platform();
        if let Ok(id) = slug_or_id.parse::<Id<Organization>>()
            && let Some(found) = platform.get(id).await?
        {
            return Ok(Some(found));
        }
        let slug = Scalar::Text(slug_or_id.to_owned());
        let (found, _) = platform.list(Find::by(BY_SLUG, [slug]).limit(1)).await?;
        Ok(found.into_iter().next())
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

impl Tenant {
    /// The organization itself.
    pub async fn profile(&self) -> Result<Doc<Organization>> {
        let found = self.house().store.platform().get(self.organization()).await?;
        found.ok_or(Error::NotFound("organization"))
    }
}
