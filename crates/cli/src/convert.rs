use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use model::{
    content::Currency,
    flow::import::{Defaults, ImportReport, Imported, NoteKind, from_csv, from_typebot},
};
use serde_json::json;

use crate::output::{self, Failure, Output};

#[derive(Args)]
pub(crate) struct Convert {
    /// What to make a draft of.
    file: PathBuf,
    #[command(flatten)]
    source: Source,
    /// Where the flow file is written; absent prints it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write over a file that is there.
    #[arg(long, requires = "out")]
    force: bool,
}

/// What a file is, and what it does not say.
#[derive(Args)]
pub(crate) struct Source {
    /// What the file is.
    #[arg(long)]
    from: Format,
    /// Of the flow, when the file has none.
    #[arg(long, default_value = "Book a visit")]
    title: String,
    /// Of the schedule.
    #[arg(long, value_name = "IANA_ZONE", default_value = "UTC")]
    time_zone: String,
    /// Of prices without one.
    #[arg(long, value_name = "CODE", default_value = "USD")]
    currency: Currency,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// A list of services, with a header.
    Csv,
    /// A chat flow that Typebot exported.
    Typebot,
}

impl Source {
    fn read(&self, path: &Path) -> Result<Imported, Failure> {
        let failure =
            |error: &dyn std::fmt::Display| Failure::new(format!("{}: {error}", path.display()));
        if jiff::tz::TimeZone::get(&self.time_zone).is_err() {
            return Err(Failure::new(format!("there is no time zone {}", self.time_zone)));
        }
        let bytes = std::fs::read(path).map_err(|error| failure(&error))?;
        let text = String::from_utf8(bytes).map_err(|_| failure(&"it is not in UTF-8"))?;
        let defaults = Defaults {
            title: self.title.clone(),
            time_zone: self.time_zone.clone(),
            currency: self.currency.clone(),
        };
        let read = match self.from {
            Format::Csv => from_csv(&text, &defaults),
            Format::Typebot => from_typebot(&text, &defaults),
        };
        read.map_err(|error| failure(&error))
    }
}

impl Convert {
    pub(crate) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let Imported { text, report, .. } = self.source.read(&self.file)?;
        let Some(out) = &self.out else {
            // The draft itself is the answer; what became of the source is beside it.
            output::raw(&text);
            output::aside(&for_people(&report));
            return Ok(ExitCode::SUCCESS);
        };
        let failure = |error: std::io::Error| Failure::new(format!("{}: {error}", out.display()));
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(!self.force).create(true).truncate(true);
        let mut file = options.open(out).map_err(failure)?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failure)?;
        let answer = json!({ "out": out, "taken": report.taken, "notes": report.notes });
        output.answer(&answer, || for_people(&report));
        Ok(ExitCode::SUCCESS)
    }
}

fn for_people(report: &ImportReport) -> String {
    let mut text = String::new();
    for note in &report.notes {
        let what = match note.kind {
            NoteKind::Changed => "changed",
            NoteKind::LeftOut => "left out",
        };
        let _ = writeln!(text, "{what} at {}: {}", note.place, note.message);
    }
    let (changed, left_out): (Vec<_>, Vec<_>) =
        report.notes.iter().partition(|it| it.kind == NoteKind::Changed);
    let _ = writeln!(
        text,
        "{} taken; {} notes on what changed, {} on what was left out",
        report.taken,
        changed.len(),
        left_out.len()
    );
    text
}
