use std::{
    io::{IsTerminal, Write as _, stdin, stdout},
    path::PathBuf,
    process::ExitCode,
};

use app::{NewOrganization, SchedulerSettings};
use clap::Args;
use model::{
    Id,
    core::Organization,
    flow::{FlowBundle, FlowDiff, file::FlowFile},
};
use serde_json::json;

use super::{Loaded, for_people, load_or_fail};
use crate::{
    config::Config,
    output::{self, Failure, Output},
    stores::{self, Opened},
};

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Import {
    file: PathBuf,
    /// Let visitors see it at once.
    #[arg(long)]
    publish: bool,
    /// Slug or id.
    #[arg(long, value_name = "SLUG_OR_ID")]
    organization: String,
    /// Make the organization when there is none with this slug.
    #[arg(long)]
    create_organization: bool,
    /// Show what would be created, changed and deleted, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Change and delete what is there without asking, as --json does.
    #[arg(long)]
    yes: bool,
}

impl Import {
    /// A flow that is refused leaves neither a store nor an organization behind.
    pub(super) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let Loaded { file, bundle, report, can_be_stored, .. } = load_or_fail(&self.file)?;
        if !can_be_stored || (self.publish && !report.ok) {
            output.answer(&report, || for_people(&self.file, &report));
            return Ok(ExitCode::FAILURE);
        }
        let url = config.store.as_deref().unwrap_or(stores::ORDINARY);
        if self.dry_run {
            let plan = self.plan(url, &file, &bundle).await?;
            output.answer(&plan, || plan.to_text());
            return Ok(ExitCode::SUCCESS);
        }
        let opened = if self.create_organization {
            stores::open_or_make(url).await?
        } else {
            stores::open_existing(url).await?
        };
        let organization = self.organization(&opened, &file).await?;
        let tenant = opened.system.enter(organization);
        let imported = if self.yes || output.is_json() {
            tenant.import_flow(&file, self.publish).await?
        } else {
            let plan = tenant.plan_import(&file).await?;
            if !plan.diff.equal {
                output::raw(&format!("{}\n", plan.diff.to_text()));
            }
            if plan.touches() && !is_confirmed() {
                return Err(Failure::new(
                    "nothing was changed: what is there already is changed with --yes only",
                ));
            }
            tenant.import_planned(&file, self.publish, &plan.hash).await?
        };
        let mut public_key = None;
        if self.publish {
            let settings = SchedulerSettings::default();
            public_key = Some(tenant.ensure_scheduler(imported.booking_flow_id, settings).await?);
        }
        let answer = json!({
            "organization_id": organization,
            "booking_flow_id": imported.booking_flow_id,
            "version": imported.version,
            "public_key": public_key,
        });
        output.answer(&answer, || {
            let key = public_key.as_ref().map(ToString::to_string).unwrap_or_default();
            match imported.version {
                Some(version) => format!(
                    "{} is published as version {version}; its public key is {key}\n",
                    file.flow.slug
                ),
                None => format!("{} is stored as a draft\n", file.flow.slug),
            }
        });
        Ok(ExitCode::SUCCESS)
    }

    /// Against nothing where there is no store or no organization yet.
    async fn plan(
        &self,
        url: &str,
        file: &FlowFile,
        bundle: &FlowBundle,
    ) -> Result<FlowDiff, Failure> {
        let from_nothing = || FlowDiff::between(&bundle.without_anything(), bundle);
        let opened = match stores::open_existing(url).await {
            Ok(opened) => opened,
            Err(_) if self.create_organization => return Ok(from_nothing()),
            Err(failure) => return Err(failure),
        };
        match opened.system.find_organization(&self.organization).await? {
            Some(found) => Ok(opened.system.enter(found.id).plan_import(file).await?.diff),
            None if self.create_organization => Ok(from_nothing()),
            None => Err(self.no_organization()),
        }
    }

    fn no_organization(&self) -> Failure {
        Failure::new(format!(
            "there is no organization {} (make it with --create-organization)",
            self.organization
        ))
    }

    /// A new organization gets the time zone of the flow's first schedule.
    async fn organization(
        &self,
        opened: &Opened,
        file: &FlowFile,
    ) -> Result<Id<Organization>, Failure> {
        let asked = &self.organization;
        if let Some(found) = opened.system.find_organization(asked).await? {
            return Ok(found.id);
        }
        if !self.create_organization {
            return Err(self.no_organization());
        }
        let slug =
            asked.parse().map_err(|error| Failure::new(format!("--organization: {error}")))?;
        let zone = file.schedules.values().next().map(|it| it.time_zone.clone());
        let new = NewOrganization {
            name: file.flow.title.clone(),
            slug,
            time_zone: zone.unwrap_or_else(|| "UTC".to_owned()),
            locale: "en-US".to_owned(),
            phone: None,
            address: None,
        };
        Ok(opened.system.create_organization(new).await?)
    }
}

/// Only a person at a terminal can be asked.
fn is_confirmed() -> bool {
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return false;
    }
    output::raw("Apply this? [y/N] ");
    let mut answer = String::new();
    let _ = stdout().flush();
    stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}
