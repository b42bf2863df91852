use axum::{Json, http::header::CACHE_CONTROL, response::IntoResponse};
use model::{
    core::{BrandColors, BrandShape, DarkMode, Organization, Typography},
    scheduler::{Initialization, PublicKey, SchedulerStatus},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Problem, callers::ByPublicKey};

/// What the loader needs to draw the widget.
#[derive(Serialize, JsonSchema)]
pub(super) struct SchedulerView {
    public_key: PublicKey,
    status: SchedulerStatus,
    /// Of the flow.
    title: String,
    organization: OrganizationView,
    brand: BrandView,
    launch: Initialization,
}

/// What everybody may know of a business.
#[derive(Serialize, JsonSchema)]
pub(super) struct OrganizationView {
    name: String,
    phone: Option<String>,
    locale: String,
    time_zone: String,
    /// On one line.
    address_line: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct BrandView {
    colors: Option<BrandColors>,
    typography: Typography,
    shape: BrandShape,
    dark_mode: DarkMode,
    /// Path on this server.
    logo_url: Option<String>,
}

impl OrganizationView {
    pub(super) fn new(organization: Organization) -> Self {
        Self {
            name: organization.name,
            phone: organization.phone,
            locale: organization.locale,
            time_zone: organization.time_zone,
            address_line: organization.address.map(|it| it.line()),
        }
    }
}

pub(super) async fn show(ByPublicKey(scheduler): ByPublicKey) -> Result<Shown, Problem> {
    let organization = OrganizationView::new(scheduler.organization().await?.body);
    let brand = scheduler.brand_kit().await?;
    let logo = match &brand {
        Some(brand) => scheduler.logo(brand).await?,
        None => None,
    };
    let config = scheduler.config();
    let mut launch = config.initialization.clone();
    launch.locale = launch.locale.or_else(|| Some(organization.locale.clone()));
    Ok(Shown(SchedulerView {
        public_key: config.public_key.clone(),
        status: config.status,
        title: scheduler.title().await?,
        organization,
        brand: BrandView {
            typography: brand.as_ref().map(|it| it.typography.clone()).unwrap_or_default(),
            shape: brand.as_ref().map(|it| it.shape.clone()).unwrap_or_default(),
            dark_mode: brand.as_ref().map(|it| it.dark_mode).unwrap_or_default(),
            colors: brand.map(|it| it.colors),
            logo_url: logo.map(super::files::path),
        },
        launch,
    }))
}

/// May be kept for a minute.
pub(super) struct Shown(SchedulerView);

impl IntoResponse for Shown {
    fn into_response(self) -> axum::response::Response {
        ([(CACHE_CONTROL, "public, max-age=60")], Json(self.0)).into_response()
    }
}

impl aide::OperationOutput for Shown {
    type Inner = SchedulerView;

    fn operation_response(
        ctx: &mut aide::generate::GenContext,
        operation: &mut aide::openapi::Operation,
    ) -> Option<aide::openapi::Response> {
        <Json<SchedulerView> as aide::OperationOutput>::operation_response(ctx, operation)
    }

    fn inferred_responses(
        ctx: &mut aide::generate::GenContext,
        operation: &mut aide::openapi::Operation,
    ) -> Vec<(Option<aide::openapi::StatusCode>, aide::openapi::Response)> {
        <Json<SchedulerView> as aide::OperationOutput>::inferred_responses(ctx, operation)
    }
}
