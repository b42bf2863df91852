use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Collection, Entity, Id, Index, OnDelete, Only, PerTenant, Place, Reference, Timestamp,
    content::{ContentConfig, Currency, Money, Slug},
    scheduler::{Schedule, ServiceZone},
};

/// Something that can be booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingService {
    /// Unique in the organization.
    pub slug: Slug,
    pub content: ContentConfig,
    /// 5 to 1,440.
    pub duration_minutes: u32,
    pub price: Price,
    /// What coming out costs, whatever is done then.
    pub dispatch_fee: Option<Money>,
    /// Where it is offered; empty is everywhere.
    #[serde(default)]
    pub service_zone_ids: Vec<Id<ServiceZone>>,
    pub schedule_id: Option<Id<Schedule>>,
    /// What whoever comes must be able to do.
    #[serde(default)]
    pub skills: Vec<String>,
    pub vendor_data: Option<VendorData>,
    #[serde(default)]
    pub status: ServiceStatus,
    /// When it was last read from the vendor.
    pub synced_at: Option<Timestamp>,
}

/// What it costs, as far as one can say before the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Price {
    Fixed {
        amount_minor: i64,
        currency: Currency,
    },
    /// At least this.
    From {
        amount_minor: i64,
        currency: Currency,
    },
    Range {
        amount_minor: i64,
        max_amount_minor: i64,
        currency: Currency,
    },
    /// Said after a look.
    Quote {
        currency: Currency,
    },
    Free {
        currency: Currency,
    },
}

/// The service's ids in the vendor's own system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "vendor", rename_all = "snake_case", deny_unknown_fields)]
pub enum VendorData {
    #[serde(rename = "servicetitan")]
    ServiceTitan {
        job_type_id: i64,
        business_unit_id: Option<i64>,
        campaign_id: Option<i64>,
    },
    HousecallPro {
        price_book_service_id: String,
    },
    Jobber {
        product_or_service_id: String,
    },
    /// Sent along as it is.
    Webhook {
        values: BTreeMap<String, String>,
    },
}

/// Whether it can be booked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServiceStatus {
    #[default]
    Active,
    /// Kept for the bookings that it has.
    Archived,
}

impl Price {
    fn validate(&self, mut place: Place<'_>) {
        match self {
            Self::Fixed { amount_minor, .. } | Self::From { amount_minor, .. } => {
                place.at("amount_minor").range(amount_minor, &0, &1_000_000_000);
            }
            Self::Range { amount_minor, max_amount_minor, .. } => {
                place.at("amount_minor").range(amount_minor, &0, &1_000_000_000);
                place.at("max_amount_minor").range(max_amount_minor, amount_minor, &1_000_000_000);
            }
            Self::Quote { .. } | Self::Free { .. } => {}
        }
    }
}

impl Entity for BookingService {
    type Scope = PerTenant;

    const COLLECTION: Collection = Collection {
        name: "booking_services",
        label: "booking service",
        indexes: &[Index { name: "slug", fields: &["slug"], unique: true, only: Only::All }],
        references: &[
            Reference {
                field: "service_zone_ids[]",
                to: "service_zones",
                on_delete: OnDelete::SetNull,
            },
            Reference { field: "schedule_id", to: "schedules", on_delete: OnDelete::Restrict },
        ],
        events: None,
    };

    const SERVER_SET: &'static [(&'static str, &'static str)] = &[("synced_at", "null")];

    fn validate(&self, place: &mut Place<'_>) {
        self.content.validate(place.at("content"));
        place.at("duration_minutes").range(&self.duration_minutes, &5, &1_440);
        self.price.validate(place.at("price"));
        if let Some(fee) = &self.dispatch_fee {
            fee.validate(place.at("dispatch_fee"));
        }
        for (n, skill) in self.skills.iter().enumerate() {
            place.at(format_args!("skills.{n}")).text(skill, 1, 64);
        }
    }
}
