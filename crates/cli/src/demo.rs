use std::{fmt::Write as _, process::ExitCode};

use api::DemoSite;
use app::NewUser;
use clap::Args;
use model::{
    Id,
    core::{BadEmailAddress, EmailAddress, Organization, SystemRole},
};
use serde_json::{Value, json};

use crate::{
    config::Config,
    mail,
    output::{Failure, Output},
    samples::{Installed, SAMPLES},
    serve,
    stores::{self, Opened},
};

#[derive(Args)]
pub(crate) struct Demo {}

impl Demo {
    /// Without --store the data are in a temporary folder, which goes with the process.
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("wrkbelt-demo-")
            .tempdir()
            .map_err(|error| Failure::new(format!("no temporary folder: {error}")))?;
        let path = folder.path().join("demo.db");
        let url = config.store.clone().unwrap_or_else(|| format!("sqlite://{}", path.display()));
        let keys = path.with_extension("keys");
        let mailing = mail::mailing(config, &url)?;
        let server = serve::bind(config)?;
        let base_url = serve::base_url(&server)?;
        let (opened, _lock) = stores::open_to_serve(config, &url, Some(&keys), &base_url).await?;
        let mut installed = Vec::new();
        for sample in &SAMPLES {
            installed.push(sample.install(&opened.system).await?);
        }
        let owner =
            owner(&opened, installed.iter().filter_map(|it| it.organization.parse().ok())).await?;
        let organizations: Vec<_> = installed
            .iter()
            .map(|Installed { organization, business, link }| {
                json!({
                    "id": organization,
                    "slug": business.slug,
                    "name": business.name,
                    "public_key": business.public_key,
                    "hosted_url": format!("{base_url}/book/{}", business.public_key),
                    "website_url": format!("{base_url}/demo/{}", business.slug),
                    "express_link_url": format!("{base_url}{link}"),
                })
            })
            .collect();
        let mailbox_url = mail::mailbox(config, &mailing).map(|_| format!("{base_url}/mailbox"));
        let announcement = json!({ "event": "listening", "base_url": base_url, "store": url, "organizations": organizations, "sign_in": owner, "mailbox_url": mailbox_url });
        output.answer(&announcement, || {
            for_people(&base_url, &url, owner.as_ref(), mailbox_url.as_deref(), &installed)
        });
        let site = DemoSite { businesses: installed.into_iter().map(|it| it.business).collect() };
        serve::run(server, opened, mailing, config, Some(site)).await
    }
}

/// Somebody who owns all of them, with a password that nobody else has had.
async fn owner(
    opened: &Opened,
    organizations: impl Iterator<Item = Id<Organization>>,
) -> Result<Option<Value>, Failure> {
    const EMAIL: &str = "owner@example.com";
    let email: EmailAddress =
        EMAIL.parse().map_err(|error: BadEmailAddress| Failure::new(error.to_string()))?;
    if opened.system.find_user(&email).await?.is_some() {
        return Ok(None);
    }
    let password = app::random_password();
    let hashed = opened.system.hash_password(password.clone(), &email).await?;
    let new = NewUser {
        first_name: "Olivia".to_owned(),
        last_name: "Owner".to_owned(),
        email,
        hashed_password: Some(hashed),
        is_platform_admin: false,
    };
    let user = opened.system.create_user(new).await?;
    for organization in organizations {
        let roles = vec![SystemRole::Owner.seeded_id()];
        opened.system.add_member(organization, user, roles).await?;
    }
    Ok(Some(json!({ "email": EMAIL, "password": *password })))
}

fn for_people(
    base_url: &str,
    store: &str,
    owner: Option<&Value>,
    mailbox_url: Option<&str>,
    installed: &[Installed],
) -> String {
    let mut text = format!(
        "\n  Wrkbelt is running with three sample businesses.\n\n  Start here          {base_url}/demo\n"
    );
    for Installed { business, link, .. } in installed {
        let _ = write!(
            text,
            "\n  {}\n    its website       {base_url}/demo/{}\n    its booking page  {base_url}/book/{}\n    an express link   {base_url}{link}\n",
            business.name, business.slug, business.public_key
        );
    }
    if let Some(owner) = owner {
        let text_of = |name: &str| owner[name].as_str().unwrap_or_default().to_owned();
        let _ = write!(
            text,
            "\n  Sign in             {base_url}/account/sign-in\n    as                {}\n    password          {}\n",
            text_of("email"),
            text_of("password")
        );
    }
    if let Some(mailbox_url) = mailbox_url {
        let _ = write!(text, "\n  Mails               {mailbox_url}\n");
    }
    let _ = write!(
        text,
        "\n  API documentation   {base_url}/docs\n  Look at a visit     wrkbelt session events ID --store {store}\n\n  Ctrl-C stops it.\n\n"
    );
    text
}
