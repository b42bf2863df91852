//! Which flow a page gets, for visitors and for those who ask why.

mod rules;

use std::{collections::BTreeSet, sync::Arc};

use model::{
    Doc, Entity, Id, PerTenant, Problems, Timestamp,
    flow::CompiledFlow,
    routing::{Asked, Findings, Page, Routers, Verdict, check},
    scheduler::{BookingFlow, BookingFlowRouter, BookingFlowStatus, SchedulerConfig},
};
use schemars::JsonSchema;
use serde::Serialize;
use store::Find;
use tokio::task::spawn_blocking;

use crate::{Error, Result, Scheduler, Tenant, entities::invalid};

/// Where a URL leads, and why.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Resolved {
    pub url: String,
    pub at: Timestamp,
    /// `null`: a scheduler that no router names.
    pub scheduler_config_id: Option<Id<SchedulerConfig>>,
    /// `null` when no router wins and no scheduler is asked for, whose own flow it would be.
    pub booking_flow_id: Option<Id<BookingFlow>>,
    /// The router that wins; `null` when the scheduler's own flow is shown.
    pub router_id: Option<Id<BookingFlowRouter>>,
    /// Of all routers, in the order in which they win.
    pub routers: Vec<Verdict>,
}

impl Scheduler {
    /// The flow of a page and the router that leads there; of routers whose flow no visitor can
    /// get the next best one.
    pub(crate) async fn routed(
        &self,
        page: &Page,
        at: Timestamp,
    ) -> Result<(Arc<CompiledFlow>, Option<Id<BookingFlowRouter>>)> {
        let routers = self.tenant().routers().await?;
        let scheduler = Some(self.id());
        let mut unpublished = BTreeSet::new();
        while let Some(routed) =
            routers.route(&Asked { page, at, scheduler, unpublished: &unpublished })
        {
            match self.tenant().published(routed.flow).await {
                Ok(flow) => return Ok((flow, Some(routed.router))),
                Err(Error::NotPublished | Error::NotFound("booking flow")) => {
                    unpublished.insert(routed.flow);
                }
                Err(error) => return Err(error),
            }
        }
        Ok((self.tenant().published(self.config().booking_flow_id).await?, None))
    }
}

impl Tenant {
    /// Where a URL leads, now when no time is given, as the routers are in the store.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no URL, and for a scheduler that there is not.
    pub async fn resolve_route(
        &self,
        url: String,
        at: Option<Timestamp>,
        scheduler: Option<Id<SchedulerConfig>>,
    ) -> Result<Resolved> {
        let mut problems = Problems::default();
        problems.root().at("url").web_url(&url);
        problems.into_result().map_err(Error::Invalid)?;
        let own = match scheduler {
            None => None,
            Some(id) => {
                let config = self.scoped().get(id).await?;
                let missing = || {
                    let message = format!("there is no scheduler config {id}");
                    invalid("scheduler_config_id", "reference", &message)
                };
                Some(config.ok_or_else(missing)?.body.booking_flow_id)
            }
        };
        let flows: Vec<Doc<BookingFlow>> = self.every().await?;
        let is_published = |it: &&Doc<BookingFlow>| {
            it.body.status == BookingFlowStatus::Published && it.body.published_version_id.is_some()
        };
        let unpublished = flows.iter().filter(|it| !is_published(it)).map(|it| it.id).collect();
        let routers = Routers::compile(&self.every().await?);
        let (page, at) = (Page::parse(&url), at.unwrap_or_else(|| self.now()));
        let asked = Asked { page: &page, at, scheduler, unpublished: &unpublished };
        let decision = routers.decide(&asked);
        Ok(Resolved {
            url,
            at,
            scheduler_config_id: scheduler,
            booking_flow_id: decision.routed.map(|it| it.flow).or(own),
            router_id: decision.routed.map(|it| it.router),
            routers: decision.verdicts,
        })
    }

    /// What is wrong with the routers as a whole.
    ///
    /// # Errors
    /// What the store says.
    pub async fn check_routers(&self) -> Result<Findings> {
        let (routers, now) = (self.every().await?, self.now());
        let checking = spawn_blocking(move || check(&Routers::compile(&routers), now));
        checking.await.map_err(|_| Error::Busy)
    }

    /// The scheduler with an id or public key.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn find_scheduler(&self, id_or_key: &str) -> Result<Id<SchedulerConfig>> {
        let found =
            self.schedulers().await?.into_iter().find(|it| {
                it.body.public_key.as_str() == id_or_key || it.id.to_string() == id_or_key
            });
        Ok(found.ok_or(Error::NotFound("scheduler"))?.id)
    }

    /// All widgets of the organization.
    ///
    /// # Errors
    /// What the store says.
    pub async fn schedulers(&self) -> Result<Vec<Doc<SchedulerConfig>>> {
        self.every().await
    }

    /// Adds routers, for who has the machine: those whose name there is already are left alone.
    ///
    /// # Errors
    /// [`Error::Invalid`] for one that breaks its own rules; nothing is written then.
    pub async fn ensure_routers(&self, routers: &[BookingFlowRouter]) -> Result<()> {
        let existing: Vec<Doc<BookingFlowRouter>> = self.every().await?;
        let mut unit = self.scoped().begin(self.now());
        rules::next_revision(self, &mut unit).await?;
        for router in routers {
            if !existing.iter().any(|it| it.body.name == router.name) {
                unit.insert(self.new_id(), router)?;
            }
        }
        unit.commit().await?;
        self.caches().routers.forget(&self.organization());
        Ok(())
    }

    /// Compiled, and at most as old as the cache allows when another process writes.
    async fn routers(&self) -> Result<Arc<Routers>> {
        let (key, now) = (self.organization(), self.now());
        if let Some(routers) = self.caches().routers.get(&key, now) {
            return Ok(routers);
        }
        let routers = Routers::compile(&self.every().await?);
        Ok(self.caches().routers.put(key, routers, now))
    }

    /// All documents of a kind.
    async fn every<E: Entity<Scope = PerTenant>>(&self) -> Result<Vec<Doc<E>>> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let (page, next) = self.scoped().list(Find::all().limit(1_000).after(after)).await?;
            all.extend(page);
            after = next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }
}
