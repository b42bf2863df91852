mod diff;
mod export;
mod import;
mod lifecycle;

use std::{
    fmt::Write as _,
    io::Read as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Subcommand;
use indexmap::IndexMap;
use model::{
    Id, ObjectId,
    content::Slug,
    diagram::DiagramFormat,
    flow::{
        CompiledFlow, FlowBundle,
        check::{self, Finding, Report, Severity},
        file::{FlowFile, NotAFlowFile, Positions, text_of},
    },
    scheduler::ServiceZone,
};
use serde_json::json;

use crate::{
    config::Config,
    convert::Convert,
    output::{self, Failure, Output},
    simulate::Simulate,
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
    /// Store a flow file in an organization, after showing what that changes.
    ///
    /// Example: wrkbelt flow import flow.yaml --publish --organization acme --create-organization
    Import(import::Import),
    /// Write a flow with all that it owns as a file.
    ///
    /// Example: wrkbelt flow export home-services --organization acme > flow.yaml
    Export(export::Export),
    /// Say what two flows differ in: files, or flows of an organization. Exits with 1 when there
    /// is a difference, with 2 when something is wrong.
    ///
    /// Example: wrkbelt flow diff home-services@3 flow.yaml --organization acme
    Diff(diff::Diff),
    /// Print the JSON Schema of flow files, for editors.
    ///
    /// Example: wrkbelt flow schema > flow.schema.json
    Schema,
    #[command(flatten)]
    Lifecycle(lifecycle::Lifecycle),
    /// Make a draft of a list of services, or of a chat flow of another tool.
    ///
    /// Example: wrkbelt flow convert services.csv --from csv --out flow.yaml
    Convert(Convert),
    /// Try recorded visits on a draft: which would end elsewhere, and where they part.
    ///
    /// Example: wrkbelt flow simulate flow.yaml --organization acme --from 2026-11-01
    Simulate(Simulate),
    /// Draw the service-selection graph of a flow file.
    ///
    /// Example: wrkbelt flow diagram flow.yaml --format svg > flow.svg
    Diagram {
        file: PathBuf,
        #[arg(long, default_value = "svg", value_parser = diagram_format)]
        format: DiagramFormat,
    },
}

/// The formats are those that the model writes.
fn diagram_format(text: &str) -> Result<DiagramFormat, String> {
    DiagramFormat::with_extension(text).ok_or_else(|| {
        let all = DiagramFormat::ALL.map(DiagramFormat::extension);
        format!("must be one of {}", all.join(", "))
    })
}

impl Flow {
    pub(crate) async fn run(self, config: &Config, output: &Output) -> Result<ExitCode, Failure> {
        match self {
            Self::Validate { file } => validate(&file, output),
            Self::Test { file } => test(&file, output),
            Self::Import(import) => import.run(config, output).await,
            Self::Lifecycle(command) => command.run(config, output).await,
            Self::Convert(convert) => convert.run(output),
            Self::Simulate(simulate) => simulate.run(config, output).await,
            Self::Export(export) => export.run(config).await,
            Self::Diff(diff) => diff.run(config, output).await,
            Self::Schema => {
                output::raw(&FlowFile::schema());
                Ok(ExitCode::SUCCESS)
            }
            Self::Diagram { file, format } => {
                let Loaded { bundle, .. } = load_or_fail(&file)?;
                output::raw(&model::flow::draw(&bundle).write(format));
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// The file, what it builds, and all that was found wrong with it.
struct Loaded {
    file: FlowFile,
    bundle: FlowBundle,
    report: Report,
    positions: Positions,
    /// As a draft at least.
    can_be_stored: bool,
}

/// Why there is nothing loaded: the file, or what is in it.
enum Unreadable {
    File(std::io::Error),
    Text(NotAFlowFile),
}

impl Unreadable {
    /// As compilers say it, for editors to find.
    fn failure(&self, path: &Path) -> Failure {
        let path = path.display();
        Failure::new(match self {
            Self::File(error) => format!("{path}: {error}"),
            Self::Text(NotAFlowFile { message, location: Some((line, column)) }) => {
                format!("{path}:{line}:{column}: {message}")
            }
            Self::Text(error) => format!("{path}: {error}"),
        })
    }
}

/// No flow file has more bytes: 2 MiB, as through the API.
const LARGEST: u64 = 2 * 1024 * 1024;

/// Bytes of a file that is no larger than flow files are.
fn bytes_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(std::io::Error::other("it is larger than 2 MiB"));
    }
    Ok(bytes)
}

/// A flow file that can be read, sound or not.
pub(crate) fn read(path: &Path) -> Result<FlowFile, Failure> {
    Ok(load_or_fail(path)?.file)
}

/// The same place has the same id in every file, so that two files can be compared.
fn load(path: &Path) -> Result<Loaded, Unreadable> {
    let bytes = bytes_of(path).map_err(Unreadable::File)?;
    let text = text_of(&bytes).map_err(Unreadable::Text)?;
    let file = FlowFile::parse(text).map_err(Unreadable::Text)?;
    let positions = Positions::of(text);
    let built = file.build(&mut ObjectId::of);
    let can_be_stored = built.findings.is_empty();
    let report = check::check(&built.bundle).with(built.findings).located(&positions);
    Ok(Loaded { file, bundle: built.bundle, report, positions, can_be_stored })
}

fn load_or_fail(path: &Path) -> Result<Loaded, Failure> {
    load(path).map_err(|it| it.failure(path))
}

fn validate(path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let report = match load(path) {
        Ok(Loaded { report, .. }) => report,
        Err(error) if output.is_json() => {
            output.answer(&unreadable(path, &error), String::new);
            return Ok(ExitCode::FAILURE);
        }
        Err(error) => return Err(error.failure(path)),
    };
    output.answer(&report, || for_people(path, &report));
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The report of a file that is no flow file.
fn unreadable(path: &Path, error: &Unreadable) -> serde_json::Value {
    let location = match error {
        Unreadable::Text(error) => error.location,
        Unreadable::File(_) => None,
    };
    json!({
        "ok": false,
        "findings": [{
            "code": "file.unreadable",
            "severity": "error",
            "message": error.failure(path).to_string(),
            "line": location.map(|it| it.0),
            "column": location.map(|it| it.1),
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
        text.push_str(&one_finding(path, finding));
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

fn one_finding(path: &Path, finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let Finding { code, message, path: place, line, column, .. } = finding;
    let at = match (line, column) {
        (Some(line), Some(column)) => format!("{}:{line}:{column}", path.display()),
        _ => path.display().to_string(),
    };
    let mut text = format!("{at}: {severity}[{code}] {message}\n    at {place}\n");
    if !finding.witness.is_empty() {
        let _ = writeln!(text, "    by {}", finding.witness.join(" → "));
    }
    text
}

fn test(path: &Path, output: &Output) -> Result<ExitCode, Failure> {
    let Loaded { file, bundle, report, positions, .. } = load_or_fail(path)?;
    if !report.ok {
        output.answer(&report, || for_people(path, &report));
        return Ok(ExitCode::FAILURE);
    }
    let zones: IndexMap<Slug, ServiceZone> =
        bundle.zones.iter().map(|it| (it.body.slug.clone(), it.body.clone())).collect();
    let flow = CompiledFlow::new(Id::new(ObjectId::from_bytes([0; 12])), bundle.snapshot);
    let failed = file.run_journeys(&flow, &zones);
    let failed: Vec<_> = failed.into_iter().map(|it| it.located(&positions)).collect();
    let (all, ok) = (file.journeys.len(), failed.is_empty());
    output.answer(&json!({ "ok": ok, "journeys": all, "findings": failed }), || {
        let mut text: String = failed.iter().map(|it| one_finding(path, it)).collect();
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
