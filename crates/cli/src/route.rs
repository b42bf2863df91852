use std::process::ExitCode;

use app::{Resolved, Tenant};
use clap::Args;
use model::{Id, Timestamp, scheduler::SchedulerConfig};

use crate::{
    config::Config,
    output::{Failure, Output, table},
    stores,
};

#[derive(Args)]
pub(crate) struct Route {
    /// Of the page, as <https://example.com/services/ac?utm_source=newsletter>.
    url: String,
    /// Slug or id; may be absent where there is only one.
    #[arg(long, value_name = "SLUG_OR_ID")]
    organization: Option<String>,
    /// Public key or id; absent is the organization's only one, or one that no router names.
    #[arg(long, value_name = "KEY_OR_ID")]
    scheduler: Option<String>,
    /// When, as 2026-11-23T15:00:00Z [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

impl Route {
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let tenant = self.tenant(config).await?;
        let scheduler = self.scheduler(&tenant).await?;
        let resolved = tenant.resolve_route(self.url.clone(), self.at, scheduler).await;
        let resolved = resolved.map_err(|error| match error {
            app::Error::Invalid(_) => Failure::new(format!("{} is no http or https URL", self.url)),
            other => other.into(),
        })?;
        output.answer(&resolved, || for_people(&resolved));
        Ok(ExitCode::SUCCESS)
    }

    async fn tenant(&self, config: &Config) -> Result<Tenant, Failure> {
        let store = config.store.as_deref().unwrap_or(stores::ORDINARY);
        let opened = stores::open_existing(store).await?;
        let organization = if let Some(asked) = &self.organization {
            let found = opened.system.find_organization(asked).await?;
            found.ok_or_else(|| Failure::new(format!("there is no organization {asked}")))?
        } else {
            match <[_; 1]>::try_from(opened.system.organizations().await?) {
                Ok([only]) => only,
                Err(all) if all.is_empty() => {
                    return Err(Failure::new("there is no organization"));
                }
                Err(_) => return Err(Failure::new("say which one with --organization")),
            }
        };
        Ok(opened.system.enter(organization.id))
    }

    async fn scheduler(&self, tenant: &Tenant) -> Result<Option<Id<SchedulerConfig>>, Failure> {
        match &self.scheduler {
            Some(asked) => match tenant.find_scheduler(asked).await {
                Err(app::Error::NotFound(_)) => {
                    Err(Failure::new(format!("there is no scheduler {asked}")))
                }
                found => Ok(Some(found?)),
            },
            None => match &tenant.schedulers().await?[..] {
                [only] => Ok(Some(only.id)),
                _ => Ok(None),
            },
        }
    }
}

fn for_people(resolved: &Resolved) -> String {
    let flow = resolved.booking_flow_id.map_or("none".to_owned(), |it| it.to_string());
    let winner = resolved.routers.iter().find(|it| Some(it.router_id) == resolved.router_id);
    let by = winner.map_or("the scheduler’s own flow".to_owned(), |it| format!("“{}”", it.name));
    let rows: Vec<_> = resolved
        .routers
        .iter()
        .map(|it| {
            let code = it.code.name().to_owned();
            vec![it.name.clone(), it.router_id.to_string(), code, it.reason.clone()]
        })
        .collect();
    let routers = if rows.is_empty() {
        "There are no routers.\n".to_owned()
    } else {
        table(&["router", "id", "code", "why"], &rows)
    };
    format!("{} at {}\nflow {flow}, by {by}\n\n{routers}", resolved.url, resolved.at)
}
