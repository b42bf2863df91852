use std::{fmt::Write as _, process::ExitCode};

use api::{DemoBusiness, DemoSite};
use clap::Args;
use serde_json::json;

use crate::{
    config::Config,
    mail,
    output::{Failure, Output},
    samples::SAMPLES,
    serve, stores,
};

#[derive(Args)]
pub(crate) struct Demo {}

impl Demo {
    /// Without --store the data are in a temporary folder, which goes with the process.
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let mut folder = None;
        let url = if let Some(url) = &config.store {
            url.clone()
        } else {
            let fresh = tempfile::Builder::new()
                .prefix("wrkbelt-demo-")
                .tempdir()
                .map_err(|error| Failure::new(format!("no temporary folder: {error}")))?;
            let path = folder.insert(fresh).path().join("demo.db");
            format!("sqlite://{}", path.display())
        };
        let mailing = mail::mailing(config, &url)?;
        let server = serve::bind(config).await?;
        let (opened, _lock) = stores::open_to_serve(&url, config).await?;
        let mut installed = Vec::new();
        for sample in &SAMPLES {
            installed.push(sample.install(&opened.system).await?);
        }
        let base_url = serve::base_url(&server)?;
        let organizations: Vec<_> = installed
            .iter()
            .map(|(id, business)| {
                json!({
                    "id": id,
                    "slug": business.slug,
                    "name": business.name,
                    "public_key": business.public_key,
                    "hosted_url": format!("{base_url}/book/{}", business.public_key),
                    "website_url": format!("{base_url}/demo/{}", business.slug),
                })
            })
            .collect();
        let announcement = json!({ "event": "listening", "base_url": base_url, "store": url, "organizations": organizations });
        output.answer(&announcement, || {
            for_people(&base_url, &url, installed.iter().map(|it| &it.1))
        });
        let site = DemoSite { businesses: installed.into_iter().map(|it| it.1).collect() };
        serve::run(server, opened, mailing, config, Some(site)).await
    }
}

fn for_people<'a>(
    base_url: &str,
    store: &str,
    businesses: impl Iterator<Item = &'a DemoBusiness>,
) -> String {
    let mut text = format!(
        "\n  Wrkbelt is running with three sample businesses.\n\n  Start here          {base_url}/demo\n"
    );
    for business in businesses {
        let _ = write!(
            text,
            "\n  {}\n    its website       {base_url}/demo/{}\n    its booking page  {base_url}/book/{}\n",
            business.name, business.slug, business.public_key
        );
    }
    let _ = write!(
        text,
        "\n  API documentation   {base_url}/docs\n  Look at a visit     wrkbelt session events ID --store {store}\n\n  Ctrl-C stops it.\n\n"
    );
    text
}
