use api::DemoBusiness;
use app::{NewOrganization, SchedulerSettings, SystemDoor};
use model::{
    Id,
    content::{Address, Slug},
    core::{BrandKit, TenantSubdomain},
    flow::{FlowBundle, file::FlowFile},
    scheduler::{
        BookingFlow, BookingFlowExpressLink, BookingFlowRouter, Initialization, MatchingCriteria,
        PrefilledState, PriorityClass,
    },
};
use serde::Deserialize;

use crate::output::Failure;

/// A complete business as an example: its flow, and what else a demonstration needs of it.
pub(crate) struct Sample {
    pub(crate) flow: &'static str,
    business: &'static str,
}

macro_rules! sample {
    ($folder:literal) => {
        Sample {
            flow: include_str!(concat!("../../../samples/", $folder, "/flow.yaml")),
            business: include_str!(concat!("../../../samples/", $folder, "/business.yaml")),
        }
    };
}

/// All that there are.
pub(crate) const SAMPLES: [Sample; 3] =
    [sample!("peachtree-home-services"), sample!("hartwell-law"), sample!("sparkle-cleaning")];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Business {
    name: String,
    slug: TenantSubdomain,
    time_zone: String,
    locale: String,
    phone: Option<String>,
    address: Option<Address>,
    brand: BrandKit,
    launch: Initialization,
    link: SampleLink,
    #[serde(default)]
    routers: Vec<Router>,
    website: serde_json::Value,
}

/// An express link to one of the services.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SampleLink {
    slug: Slug,
    name: String,
    service: Slug,
    zip: Option<String>,
}

/// A sample that was installed.
pub(crate) struct Installed {
    pub(crate) organization: String,
    pub(crate) business: DemoBusiness,
    /// Path of its express link.
    pub(crate) link: String,
}

/// Leads to the business's flow.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Router {
    name: String,
    example_urls: Vec<String>,
    matching_criteria: MatchingCriteria,
    priority_class: PriorityClass,
}

impl Router {
    fn to(self, booking_flow_id: Id<BookingFlow>) -> BookingFlowRouter {
        let Self { name, example_urls, matching_criteria, priority_class } = self;
        BookingFlowRouter {
            name,
            description: None,
            booking_flow_id,
            scheduler_config_id: None,
            example_urls,
            matching_criteria,
            priority_class,
            is_default: false,
            is_active: true,
            scheduling: None,
        }
    }
}

impl Sample {
    /// Makes the organization with its published flow and its scheduler; what is there already
    /// stays.
    pub(crate) async fn install(&self, system: &SystemDoor) -> Result<Installed, Failure> {
        let business: Business = serde_saphyr::from_str(self.business)
            .map_err(|error| Failure::new(error.to_string()))?;
        let flow = FlowFile::parse(self.flow).map_err(|error| Failure::new(error.to_string()))?;
        let slug = business.slug.to_string();
        let organization = if let Some(organization) = system.find_organization(&slug).await? {
            organization.id
        } else {
            let new = NewOrganization {
                name: business.name.clone(),
                slug: business.slug,
                time_zone: business.time_zone,
                locale: business.locale,
                phone: business.phone.clone(),
                address: business.address.clone(),
            };
            system.create_organization(new).await?
        };
        let tenant = system.enter(organization);
        let imported = tenant.import_flow(&flow, true).await?;
        let settings =
            SchedulerSettings { brand_kit: Some(business.brand), initialization: business.launch };
        let public_key = tenant.ensure_scheduler(imported.booking_flow_id, settings).await?;
        let routers = business.routers.into_iter().map(|it| it.to(imported.booking_flow_id));
        tenant.ensure_routers(&routers.collect::<Vec<_>>()).await?;
        let (bundle, _) = tenant.draft(&flow.flow.slug).await?;
        let link = format!("/b/{slug}/{}", business.link.slug);
        tenant.ensure_express_link(&business.link.of(&bundle)).await?;
        let tagline =
            business.website.get("tagline").and_then(|it| it.as_str()).unwrap_or_default();
        let demo = DemoBusiness {
            tagline: tagline.to_owned(),
            name: business.name,
            slug,
            public_key: public_key.to_string(),
            phone: business.phone,
            address_line: business.address.map(|it| {
                let Address { street, city, region, postal_code, .. } = it;
                format!("{street}, {city}, {region} {postal_code}")
            }),
            website: business.website,
            flow: app::Drawing::of(&bundle),
        };
        Ok(Installed { organization: organization.to_string(), business: demo, link })
    }
}

impl SampleLink {
    fn of(self, bundle: &FlowBundle) -> BookingFlowExpressLink {
        let services = &bundle.snapshot.services;
        let service_id = services.iter().find(|it| it.body.slug == self.service).map(|it| it.id);
        BookingFlowExpressLink {
            booking_flow_id: bundle.snapshot.flow.id,
            slug: self.slug,
            name: self.name,
            prefilled_state: PrefilledState {
                zip: self.zip,
                service_id,
                ..PrefilledState::default()
            },
            skip_steps: Vec::new(),
            campaign: None,
            expires_at: None,
            max_uses: None,
            uses: 0,
            is_active: true,
        }
    }
}
