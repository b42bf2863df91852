use std::{sync::Arc, time::Duration};

use model::{
    Id, LookupKind,
    core::Organization,
    flow::CompiledFlow,
    routing::Routers,
    scheduler::{BookingFlowVersion, Schedule, ServiceZone, ZoneIndex},
    session::BookingSession,
};
use store::Store;

use crate::{
    Environment, Error, Files, Installation, Result, Scheduler, SessionToken, Tenant,
    VisitorSession,
    audit::Trails,
    cache::Cache,
    gate::Gate,
    migrations::{MIGRATIONS, Migrations},
    retries::UnderWay,
    sessions::{LinkTurns, Remembered},
};

/// Hands the store over. From here on the doors are the only ways to a [`Tenant`]: the public one
/// goes to the API, the other to the command line.
pub fn open(store: Store, outside: impl Into<Outside>) -> (Doors, SystemDoor) {
    let Outside { environment, installation, files } = outside.into();
    let gate = Arc::new(Gate::new(installation, environment.clone()));
    let (caches, trails, under_way) = (Arc::default(), Arc::default(), Arc::default());
    let house = House { store, environment, files, caches, trails, under_way, gate };
    (Doors(house.clone()), SystemDoor(house))
}

/// What the system stands on beside its store.
pub struct Outside {
    environment: Environment,
    installation: Installation,
    files: Option<Files>,
}

impl From<Environment> for Outside {
    fn from(environment: Environment) -> Self {
        Self { environment, installation: Installation::default(), files: None }
    }
}

impl Outside {
    /// Without, what is sealed or signed can be opened by this process only.
    #[must_use]
    pub fn with_installation(self, installation: Installation) -> Self {
        Self { installation, ..self }
    }

    /// Without, no file is taken or given out.
    #[must_use]
    pub fn with_files(self, files: Files) -> Self {
        Self { files: Some(files), ..self }
    }
}

/// The ways in for those who come from outside: each shows something that lets it through.
#[derive(Clone)]
pub struct Doors(pub(crate) House);

/// The way in for those who already have the machine.
#[derive(Clone)]
pub struct SystemDoor(pub(crate) House);

#[derive(Clone)]
pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) environment: Environment,
    pub(crate) files: Option<Files>,
    pub(crate) caches: Arc<Caches>,
    pub(crate) trails: Arc<Trails>,
    pub(crate) under_way: Arc<UnderWay>,
    pub(crate) gate: Arc<Gate>,
}

/// What is read often and changes seldom or never.
pub(crate) struct Caches {
    pub(crate) flows: Cache<(Id<Organization>, Id<BookingFlowVersion>), CompiledFlow>,
    /// The checksums of what is in versions.
    pub(crate) contents: Cache<(Id<Organization>, Id<BookingFlowVersion>), String>,
    pub(crate) zones: Cache<(Id<Organization>, Vec<Id<ServiceZone>>), ZoneIndex>,
    pub(crate) schedules: Cache<(Id<Organization>, Id<Schedule>), Option<Schedule>>,
    pub(crate) routers: Cache<Id<Organization>, Routers>,
    pub(crate) sessions: Cache<(Id<Organization>, Id<BookingSession>), Remembered>,
    pub(crate) links: LinkTurns,
}

/// Another process may change zones, schedules and routers: so long until it is seen here.
const LIVE: Duration = Duration::from_secs(1);

impl Default for Caches {
    fn default() -> Self {
        Self {
            flows: Cache::new(512, None),
            contents: Cache::new(4_096, None),
            zones: Cache::new(4_096, Some(LIVE)),
            schedules: Cache::new(4_096, Some(LIVE)),
            routers: Cache::new(512, Some(LIVE)),
            sessions: Cache::new(4_096, None),
            links: LinkTurns::default(),
        }
    }
}

impl House {
    pub(crate) fn tenant(&self, organization: Id<Organization>) -> Tenant {
        Tenant::new(self.store.scoped(organization), self.clone())
    }
}

impl Doors {
    /// For whoever has the public key of a scheduler: its sessions can be started.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a key that nobody has.
    pub async fn scheduler(&self, public_key: &str) -> Result<Scheduler> {
        let not_found = || Error::NotFound("scheduler");
        let lookup = self.0.store.platform().lookup(LookupKind::PublicKey, public_key).await?;
        let lookup = lookup.ok_or_else(not_found)?;
        let tenant = self.0.tenant(lookup.organization_id);
        let config = tenant.scoped().get(Id::new(lookup.target_id)).await?;
        Ok(Scheduler::new(tenant, config.ok_or_else(not_found)?))
    }

    /// For whoever has the token of a session: that one session.
    ///
    /// # Errors
    /// [`Error::WrongToken`], the same for a session that does not exist.
    pub async fn session(&self, id: Id<BookingSession>, token: &str) -> Result<VisitorSession> {
        let token: SessionToken = token.parse().map_err(|()| Error::WrongToken)?;
        let tenant = self.0.tenant(token.organization());
        let session = VisitorSession::open(tenant, id).await?.ok_or(Error::WrongToken)?;
        if !session.opens_with(&token) {
            return Err(Error::WrongToken);
        }
        session.require_understood().await?;
        Ok(session)
    }

    /// Whether the store answers and is migrated as this version needs it.
    pub async fn is_ready(&self) -> Result<()> {
        let House { store, environment, .. } = &self.0;
        Ok(Migrations::new(store.clone(), environment.clone(), MIGRATIONS).check().await?)
    }
}

impl SystemDoor {
    /// All that an organization has.
    pub fn enter(&self, organization: Id<Organization>) -> Tenant {
        self.0.tenant(organization)
    }
}
