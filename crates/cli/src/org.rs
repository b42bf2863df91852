use std::process::ExitCode;

use app::NewOrganization;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    config::Config,
    output::{Failure, Output},
    stores,
};

#[derive(Subcommand)]
pub(crate) enum Org {
    /// Make an organization.
    ///
    /// Example: wrkbelt org create --name Peachtree --slug peachtree --time-zone UTC
    Create(Create),
}

#[derive(Args)]
pub(crate) struct Create {
    #[arg(long)]
    name: String,
    /// Lower-case letters, digits and hyphens; unique.
    #[arg(long)]
    slug: String,
    /// IANA: `America/New_York`.
    #[arg(long, value_name = "ZONE")]
    time_zone: String,
    /// BCP 47 tag.
    #[arg(long, default_value = "en-US", value_name = "TAG")]
    locale: String,
}

impl Org {
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let Self::Create(Create { name, slug, time_zone, locale }) = self;
        let slug = slug.parse().map_err(|error| Failure::new(format!("--slug: {error}")))?;
        let opened = stores::open_or_make(config.store()).await?;
        let new = NewOrganization { name, slug, time_zone, locale, phone: None, address: None };
        let id = opened.system.create_organization(new).await?;
        output.answer(&json!({ "organization_id": id }), || format!("made organization {id}\n"));
        Ok(ExitCode::SUCCESS)
    }
}
