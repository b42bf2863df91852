use std::{
    fmt::Write as _,
    io::Read as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use app::{NewOrganization, SchedulerSettings};
use clap::{Args, Subcommand, ValueEnum};
use indexmap::IndexMap;
use model::{
    Id, ObjectId,
    content::Slug,
    core::Organization,
    flow::{
        CompiledFlow, FlowBundle,
        check::{self, Finding, Report, Severity},
        file::FlowFile,
    },
    scheduler::ServiceZone,
};
use serde_json::json;

use crate::{
    config::Config,
    output::{self, Failure, Output},
    stores::{self, Opened},
};

#[derive(Subcommand)]
pub(crate) enum Flow {
    /// Prove that a flow file is sound, or show where it is not.
    ///
    /// Example: wrkbelt flow validate flow.yaml
    Validate { file: PathBuf },
    /// Take the journeys that a flow file expects to end somewhere.
    ///
    /// Example: wrkbelt flow test flow.yaml
    Test { file: PathBuf },
    /// Store a flow file in an organization.
    ///
    /// Example: wrkbelt flow import flow.yaml --publish --organization acme --create-organization
    Import(Import),
    /// Draw the service-selection graph of a flow file.
    ///
    /// Example: wrkbelt flow diagram flow.yaml --format svg > flow.svg
    Diagram {
        file: PathBuf,
        #[arg(long, default_value = "svg")]
        format: DiagramFormat,
    },
}

#[derive(Args)]
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
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum DiagramFormat {
    Svg,
    /// Mermaid.
    Mmd,
}

impl Flow {
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        match self {
            Self::Validate { file } => validate(&file, output),
            Self::Test { file } => test(&file, output),
            Self::Import(import) => import.run(config, output).await,
            Self::Diagram { file, format } => {
                let Loaded { bundle, .. } = load(&file)?;
                let diagram = model::flow::draw(&bundle);
                output::raw(&match format {
                    DiagramFormat::Svg => diagram.to_svg(),
                    DiagramFormat::Mmd => diagram.to_mermaid(),
                });
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// No flow file has more bytes: 2 MiB, as through the API.
const LARGEST: u64 = 2 * 1024 * 1024;

fn read(path: &Path) -> Result<FlowFile, Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", path.display()));
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::new(format!("{}: it is larger than 2 MiB", path.display())));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::new(format!("{}: it is not UTF-8", path.display())))?;
    FlowFile::parse(&text).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

/// The file, what it builds, and all that was found wrong with it.
struct Loaded {
    file: FlowFile,
    bundle: FlowBundle,
    report: Report,
    /// As a draft at least.
    can_be_stored: bool,
}

fn load(path: &Path) -> Result<Loaded, Failure> {
    let file = read(path)?;
    let mut next = 0;
    let built = file.build(&mut |_| {
        next += 1;
        ObjectId::from_parts(0, [0; 5], next)
    });
    let can_be_stored = built.findings.is_empty();
    let report = check::check(&built.bundle).with(built.findings);
    Ok(Loaded { file, bundle: built.bundle, report, can_be_stored })
}

fn validate(path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let report = match load(path) {
        Ok(Loaded { report, .. }) => report,
        Err(failure) if output.is_json() => {
            output.answer(&unreadable(&failure), String::new);
            return Ok(ExitCode::FAILURE);
        }
        Err(failure) => return Err(failure),
    };
    output.answer(&report, || for_people(path, &report));
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The report of a file that is no flow file.
fn unreadable(failure: &Failure) -> serde_json::Value {
    json!({
        "ok": false,
        "findings": [{
            "code": "file.unreadable",
            "severity": "error",
            "message": failure.to_string(),
            "path": "",
            "ids": [],
            "witness": [],
        }],
        "paths": "0",
        "nodes": 0,
        "edges": 0,
    })
}

fn for_people(path: &Path, report: &Report) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        text.push_str(&one_finding(finding));
    }
    let Report { ok, paths, nodes, edges, questions, .. } = report;
    let verdict = if *ok { "sound: every path reaches exactly one service" } else { "not sound" };
    let _ = writeln!(text, "{}: {verdict}", path.display());
    let _ = writeln!(
        text,
        "{nodes} nodes, {edges} edges, {paths} paths; a visitor answers {} to {} questions, {:.1} on average",
        questions.min, questions.max, questions.mean
    );
    text
}

fn one_finding(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut text =
        format!("{severity}[{}] {}\n    at {}\n", finding.code, finding.message, finding.path);
    if !finding.witness.is_empty() {
        let _ = writeln!(text, "    by {}", finding.witness.join(" → "));
    }
    text
}

fn test(path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let Loaded { file, bundle, report, .. } = load(path)?;
    if !report.ok {
        output.answer(&report, || for_people(path, &report));
        return Ok(ExitCode::FAILURE);
    }
    let zones: IndexMap<Slug, ServiceZone> =
        bundle.zones.iter().map(|it| (it.body.slug.clone(), it.body.clone())).collect();
    let flow = CompiledFlow::new(Id::new(ObjectId::from_bytes([0; 12])), bundle.snapshot);
    let failed = file.run_journeys(&flow, &zones);
    let (all, ok) = (file.journeys.len(), failed.is_empty());
    output.answer(&json!({ "ok": ok, "journeys": all, "findings": failed }), || {
        let mut text: String = failed.iter().map(one_finding).collect();
        let _ = writeln!(
            text,
            "{}: {} of {all} journeys end where they should",
            path.display(),
            all - failed.len()
        );
        text
    });
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Import {
    /// A flow that is refused leaves neither a store nor an organization behind.
    async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        let Loaded { file, report, can_be_stored, .. } = load(&self.file)?;
        if !can_be_stored || (self.publish && !report.ok) {
            output.answer(&report, || for_people(&self.file, &report));
            return Ok(ExitCode::FAILURE);
        }
        let url = config.store.as_deref().unwrap_or(stores::ORDINARY);
        let opened = if self.create_organization {
            stores::open_or_make(url).await?
        } else {
            stores::open_existing(url).await?
        };
        let organization = self.organization(&opened, &file).await?;
        let tenant = opened.system.enter(organization);
        let imported = tenant.import_flow(&file, self.publish).await?;
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
            return Err(Failure::new(format!(
                "there is no organization {asked} (make it with --create-organization)"
            )));
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
