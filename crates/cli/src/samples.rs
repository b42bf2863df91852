use api::DemoBusiness;
use app::{NewOrganization, SchedulerSettings, SystemDoor};
use model::{
    Id,
    content::Address,
    core::{BrandKit, TenantSubdomain},
    flow::file::FlowFile,
    scheduler::{BookingFlow, BookingFlowRouter, Initialization, MatchingCriteria, PriorityClass},
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
    #[serde(default)]
    routers: Vec<Router>,
    website: serde_json::Value,
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
    pub(crate) async fn install(
        &self,
        system: &SystemDoor,
    ) -> Result<(String, DemoBusiness), Failure> {
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
        Ok((organization.to_string(), demo))
    }
}
