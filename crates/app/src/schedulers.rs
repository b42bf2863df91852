use model::{
    Doc, Id,
    core::{BrandKit, Organization},
    hex,
    scheduler::{
        BookingFlow, Initialization, PublicKey, SchedulerConfig, SchedulerStatus, SessionTimes,
        Tracking,
    },
};
use store::Find;

use crate::{Error, Link, Result, Tenant, environment::random};

/// One widget of one organization, for whoever has its public key.
pub struct Scheduler {
    tenant: Tenant,
    config: Doc<SchedulerConfig>,
}

/// How a flow is shown to visitors.
#[derive(Debug, Clone, Default)]
pub struct SchedulerSettings {
    pub brand_kit: Option<BrandKit>,
    pub initialization: Initialization,
}

impl Scheduler {
    pub(crate) fn new(tenant: Tenant, config: Doc<SchedulerConfig>) -> Self {
        Self { tenant, config }
    }

    /// How it is set up.
    pub fn config(&self) -> &SchedulerConfig {
        &self.config.body
    }

    pub(crate) fn id(&self) -> Id<SchedulerConfig> {
        self.config.id
    }

    pub(crate) fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Whose it is.
    pub async fn organization(&self) -> Result<Doc<Organization>> {
        self.tenant.profile().await
    }

    /// The colours and shapes that it has, if it has its own.
    pub async fn brand_kit(&self) -> Result<Option<BrandKit>> {
        let Some(id) = self.config.body.brand_kit_id else { return Ok(None) };
        Ok(self.tenant.scoped().get(id).await?.map(|it| it.body))
    }

    /// The picture of a brand kit, when everybody may see it.
    pub async fn logo(&self, brand: &BrandKit) -> Result<Option<Link>> {
        let Some(id) = brand.logo_file else { return Ok(None) };
        let file = self.tenant.scoped().get(id).await?;
        Ok(file.filter(|it| it.body.is_shown_to_all()).map(|it| Link::to(&it)))
    }

    /// The title of the flow that it shows.
    pub async fn title(&self) -> Result<String> {
        let flow = self.tenant.scoped().get(self.config.body.booking_flow_id).await?;
        Ok(flow.ok_or(Error::NotFound("booking flow"))?.body.content.title)
    }

    /// # Errors
    /// [`Error::Paused`] while it takes no bookings.
    pub fn require_active(&self) -> Result<()> {
        match self.config.body.status {
            SchedulerStatus::Active => Ok(()),
            SchedulerStatus::Paused => Err(Error::Paused),
        }
    }
}

impl Tenant {
    /// The public key under which visitors get the flow: of the scheduler that shows it, or of a
    /// new one.
    pub async fn ensure_scheduler(
        &self,
        booking_flow_id: Id<BookingFlow>,
        settings: SchedulerSettings,
    ) -> Result<PublicKey> {
        let (configs, _) = self.scoped().list::<SchedulerConfig>(Find::all()).await?;
        if let Some(config) =
            configs.into_iter().find(|it| it.body.booking_flow_id == booking_flow_id)
        {
            return Ok(config.body.public_key);
        }
        let mut unit = self.scoped().begin(self.now());
        let mut brand_kit_id = None;
        if let Some(brand_kit) = &settings.brand_kit {
            let id = self.new_id();
            unit.insert(id, brand_kit)?;
            brand_kit_id = Some(id);
        }
        let public_key = new_public_key()?;
        let config = SchedulerConfig {
            name: "Website".to_owned(),
            public_key: public_key.clone(),
            booking_flow_id,
            brand_kit_id,
            vendor_credential_id: None,
            allowed_origins: Vec::new(),
            initialization: settings.initialization,
            session: SessionTimes::default(),
            tracking: Tracking::default(),
            status: SchedulerStatus::Active,
        };
        unit.insert(self.new_id::<SchedulerConfig>(), &config)?;
        unit.commit().await?;
        Ok(public_key)
    }
}

/// One that nobody can guess.
pub(crate) fn new_public_key() -> Result<PublicKey> {
    format!("pk_{}", hex(&random::<12>())).parse().map_err(Error::Taken)
}
