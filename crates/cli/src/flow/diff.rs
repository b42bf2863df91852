use std::{path::Path, process::ExitCode};

use clap::{Args, ValueEnum};
use model::flow::{FlowBundle, FlowDiff, draw_diff};

use super::{export, load_or_fail};
use crate::{
    config::Config,
    output::{self, Failure, Output},
};

#[derive(Args)]
pub(crate) struct Diff {
    /// A file, the slug of a flow, or `slug@version`.
    #[arg(value_name = "FILE_OR_FLOW")]
    before: String,
    /// The same.
    #[arg(value_name = "FILE_OR_FLOW")]
    after: String,
    /// Slug or id of the organization whose flows are compared.
    #[arg(long, value_name = "SLUG_OR_ID")]
    organization: Option<String>,
    #[arg(long, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    /// Both graphs in one picture.
    Svg,
}

/// That something is wrong is no difference.
const TROUBLE: u8 = 2;

impl Diff {
    pub(super) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let before = self.flow(&self.before, config).await.map_err(trouble)?;
        let after = self.flow(&self.after, config).await.map_err(trouble)?;
        let diff = FlowDiff::between(&before, &after);
        match self.format {
            Format::Svg => output::raw(&draw_diff(&before, &after).to_svg()),
            Format::Json => Output::new(true).answer(&diff, String::new),
            Format::Text => output.answer(&diff, || diff.to_text()),
        }
        Ok(if diff.equal { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn flow(&self, named: &str, config: &Config) -> Result<FlowBundle, Failure> {
        let path = Path::new(named);
        let is_file = path.extension().is_some() || path.is_file() || named.contains('/');
        if is_file && !named.contains('@') || path.is_file() {
            return Ok(load_or_fail(path)?.bundle);
        }
        let Some(organization) = &self.organization else {
            return Err(Failure::new(format!(
                "there is no file {named} (for a flow of that name say its --organization)"
            )));
        };
        let (slug, version) = match named.split_once('@') {
            None => (named, None),
            Some((slug, version)) => {
                let number = version.parse().map_err(|_| {
                    Failure::new(format!("{named}: `{version}` is not the number of a version"))
                })?;
                (slug, Some(number))
            }
        };
        let slug = slug.parse().map_err(|error| Failure::new(format!("{named}: {error}")))?;
        export::stored(config, organization, &slug, version).await
    }
}

fn trouble(failure: Failure) -> Failure {
    failure.with_code(TROUBLE)
}
