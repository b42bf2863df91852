use std::process::ExitCode;

use app::Tenant;
use clap::{Args, ValueEnum};
use model::{
    content::Slug,
    flow::{FlowBundle, file::FlowFile},
};

use crate::{
    config::Config,
    output::{self, Failure},
    stores,
};

#[derive(Args)]
pub(crate) struct Export {
    slug: Slug,
    /// Slug or id.
    #[arg(long, value_name = "SLUG_OR_ID")]
    organization: String,
    #[arg(long, default_value = "yaml")]
    format: Format,
    /// A published version; the draft when absent.
    #[arg(long)]
    version: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Yaml,
    Json,
}

impl Export {
    pub(super) async fn run(self, config: &Config) -> Result<ExitCode, Failure> {
        let bundle = stored(config, &self.organization, &self.slug, self.version).await?;
        let written = FlowFile::of(&bundle);
        match self.format {
            Format::Yaml => output::raw(&written.to_yaml()),
            Format::Json => {
                written.left_out.iter().for_each(|it| output::note(it));
                output::raw(&written.file.to_json());
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A flow of an organization, or a version of it.
pub(super) async fn stored(
    config: &Config,
    organization: &str,
    slug: &Slug,
    version: Option<u32>,
) -> Result<FlowBundle, Failure> {
    let url = config.store.as_deref().unwrap_or(stores::ORDINARY);
    let opened = stores::open_existing(url).await?;
    let found = opened.system.find_organization(organization).await?;
    let found =
        found.ok_or_else(|| Failure::new(format!("there is no organization {organization}")))?;
    let tenant: Tenant = opened.system.enter(found.id);
    Ok(tenant.export_flow(slug, version).await?)
}
