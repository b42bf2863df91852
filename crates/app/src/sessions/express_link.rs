use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use model::{
    Doc, Entity, Id, LookupKind, Timestamp,
    core::Organization,
    flow::CompiledFlow,
    routing::Page,
    scheduler::{
        BookingFlowExpressLink, PublicKey, SchedulerConfig, SchedulerStatus, ServiceStatus,
        ServiceZone,
    },
    session::{LinkFaultCode, LinkOutcome},
};
use store::{Find, Scalar, UnitOfWork};
use tokio::sync::{Mutex, MutexGuard};

use super::start::Way;
use crate::{Doors, Error, Member, Result, Scheduler, Tenant};

const BY_SLUG: &model::Index = &BookingFlowExpressLink::COLLECTION.indexes[0];

/// A visit that begins by an express link.
pub(super) enum ByLink {
    Refused {
        id: Option<Id<BookingFlowExpressLink>>,
        code: LinkFaultCode,
    },
    Usable {
        link: Box<Doc<BookingFlowExpressLink>>,
        zone: Option<Id<ServiceZone>>,
        is_archived: bool,
    },
}

/// Those who begin by one link in this process take turns: each counts its use, so that all at
/// once would only undo one another.
#[derive(Default)]
pub(crate) struct LinkTurns([Mutex<()>; 16]);

impl LinkTurns {
    pub(super) async fn turn(
        &self,
        organization: Id<Organization>,
        slug: &str,
    ) -> Option<MutexGuard<'_, ()>> {
        let mut hasher = DefaultHasher::new();
        (organization, slug).hash(&mut hasher);
        let count = self.0.len() as u64;
        let place = usize::try_from(hasher.finish() % count).ok()?;
        Some(self.0.get(place)?.lock().await)
    }
}

impl ByLink {
    /// What deciding needs to know of it.
    pub(super) fn outcome(&self) -> LinkOutcome<'_> {
        match self {
            Self::Refused { id, code } => LinkOutcome::Refused { id: *id, code: *code },
            Self::Usable { link, zone, is_archived } => LinkOutcome::Usable {
                id: link.id,
                link: &link.body,
                zone: *zone,
                is_archived: *is_archived,
            },
        }
    }

    /// The link, if it begins the visit.
    pub(super) fn link(&self) -> Option<&Doc<BookingFlowExpressLink>> {
        match self {
            Self::Usable { link, .. } => Some(link),
            Self::Refused { .. } => None,
        }
    }

    /// Adds the use: the batch fails when somebody else has counted one meanwhile.
    pub(super) fn count(&self, unit: &mut UnitOfWork) -> Result<()> {
        let Some(link) = self.link() else { return Ok(()) };
        let uses = link.body.uses.saturating_add(1);
        let counted = BookingFlowExpressLink { uses, ..link.body.clone() };
        Ok(unit.replace(link, &counted)?)
    }
}

impl Scheduler {
    /// The link of the slug, if the organization has it, with the flow that the visit goes
    /// through: its own, or the page's when it cannot be used.
    pub(super) async fn by_link(&self, slug: &str, page: &Page, now: Timestamp) -> Result<Way> {
        let tenant = self.tenant();
        let link = tenant.express_link(slug).await?;
        let (id, code) = match link {
            None => (None, LinkFaultCode::Unknown),
            Some(link) => match (link.body.fault(now), link.id) {
                (Some(code), id) => (Some(id), code),
                (None, id) => match tenant.published(link.body.booking_flow_id).await {
                    Ok(flow) => return tenant.usable(flow, link).await,
                    Err(Error::NotPublished) => (Some(id), LinkFaultCode::Unpublished),
                    Err(error) => return Err(error),
                },
            },
        };
        let (flow, router_id) = self.routed(page, now).await?;
        Ok(Way { flow, router_id, by_link: Some(ByLink::Refused { id, code }) })
    }
}

impl Tenant {
    /// Makes the link, unless the organization has one of its slug.
    pub async fn ensure_express_link(&self, link: &BookingFlowExpressLink) -> Result<()> {
        if self.express_link(link.slug.as_str()).await?.is_some() {
            return Ok(());
        }
        let mut unit = self.scoped().begin(self.now());
        unit.insert(self.new_id(), link)?;
        Ok(unit.commit().await?)
    }

    async fn express_link(&self, slug: &str) -> Result<Option<Doc<BookingFlowExpressLink>>> {
        let by_slug = Find::by(BY_SLUG, [Scalar::Text(slug.to_owned())]).limit(1);
        Ok(self.scoped().list(by_slug).await?.0.into_iter().next())
    }

    async fn usable(
        &self,
        flow: Arc<CompiledFlow>,
        link: Doc<BookingFlowExpressLink>,
    ) -> Result<Way> {
        let state = &link.body.prefilled_state;
        let zone = match &state.zip {
            Some(zip) => self.zone_of(&flow, zip).await?,
            None => None,
        };
        let service = match state.service_id {
            Some(id) => self.scoped().get(id).await?,
            None => None,
        };
        let is_archived = service.is_some_and(|it| it.body.status == ServiceStatus::Archived);
        let by_link = Some(ByLink::Usable { link: Box::new(link), zone, is_archived });
        Ok(Way { flow, router_id: None, by_link })
    }

    /// The scheduler on whose page a link is opened: one that shows its flow, or the first that
    /// takes bookings.
    async fn scheduler_for(
        &self,
        link: &BookingFlowExpressLink,
    ) -> Result<Option<Doc<SchedulerConfig>>> {
        let (configs, _) = self.scoped().list::<SchedulerConfig>(Find::all()).await?;
        let rank = |it: &Doc<SchedulerConfig>| {
            let is_paused = it.body.status == SchedulerStatus::Paused;
            (is_paused, it.body.booking_flow_id != link.booking_flow_id, it.created_at)
        };
        Ok(configs.into_iter().min_by_key(rank))
    }
}

/// An express link as its own page shows it.
pub struct HostedLink {
    pub public_key: PublicKey,
    pub slug: String,
    /// Of the flow that the visitor gets.
    pub title: String,
    pub scheduler: Scheduler,
    /// Why it begins no visit.
    pub fault: Option<LinkFaultCode>,
}

impl Doors {
    /// For whoever has the address of an express link: with its organization (subdomain or id) in
    /// it, or without when only one organization has a link of this slug. Uses nothing up.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::NotAllowed`] when more than one organization has such a link.
    pub async fn express_link(&self, organization: Option<&str>, slug: &str) -> Result<HostedLink> {
        let not_found = || Error::NotFound("express link");
        let owner = match organization {
            Some(named) => self.0.find_organization(named).await?.ok_or_else(not_found)?.id,
            None => self.only_owner(slug).await?,
        };
        let tenant = self.0.tenant(owner);
        let link = tenant.express_link(slug).await?.ok_or_else(not_found)?;
        let config = tenant.scheduler_for(&link.body).await?.ok_or_else(not_found)?;
        let fault = link.body.fault(tenant.now());
        let (title, fault) = match (fault, tenant.published(link.body.booking_flow_id).await) {
            (None, Ok(flow)) => (Some(flow.title.clone()), None),
            (None, Err(Error::NotPublished)) => (None, Some(LinkFaultCode::Unpublished)),
            (None, Err(error)) => return Err(error),
            (Some(code), _) => (None, Some(code)),
        };
        let public_key = config.body.public_key.clone();
        let scheduler = Scheduler::new(tenant, config);
        let title = match title {
            Some(title) => title,
            None => scheduler.title().await?,
        };
        Ok(HostedLink { public_key, slug: slug.to_owned(), title, scheduler, fault })
    }

    async fn only_owner(&self, slug: &str) -> Result<Id<Organization>> {
        let prefix = BookingFlowExpressLink::lookup_prefix(slug);
        let platform = self.0.store.platform();
        let lookups = platform.lookups(LookupKind::ExpressLink, &prefix).await?;
        let owners: HashSet<_> = lookups.iter().map(|it| it.organization_id).collect();
        match owners.len() {
            0 => Err(Error::NotFound("express link")),
            1 => owners.into_iter().next().ok_or(Error::NotFound("express link")),
            _ => Err(Error::NotAllowed(
                "Several businesses have a link of this name. Please use the whole address, which \
                 has the business in it.",
            )),
        }
    }
}

impl Member {
    /// The address of an express link as it is printed: it stays the link's whatever links other
    /// organizations make.
    pub async fn link_url(&self, link: &Doc<BookingFlowExpressLink>) -> Result<String> {
        let organization = self.tenant().profile().await?;
        let path = format!("/b/{}/{}", organization.body.tenant_subdomain, link.body.slug);
        Ok(self.tenant().house().link(&path)?.to_string())
    }
}
