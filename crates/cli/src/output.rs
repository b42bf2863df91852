use std::{
    fmt::{self, Write as _},
    io::{IsTerminal, Write as _},
    process::ExitCode,
};

use app::migrations::MigrationError;
use model::Problems;
use serde::Serialize;

/// Where answers go: tables for people, one line of JSON for programs.
pub(crate) struct Output {
    json: bool,
}

/// Why a command did not do what was asked: one sentence.
#[derive(Debug)]
pub(crate) struct Failure {
    sentence: String,
    code: u8,
}

impl Failure {
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), code: 1 }
    }

    /// The same, for a command that says something else with its usual code.
    pub(crate) fn with_code(self, code: u8) -> Self {
        Self { code, ..self }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl From<app::Error> for Failure {
    fn from(error: app::Error) -> Self {
        match &error {
            app::Error::Invalid(Problems(problems)) if !problems.is_empty() => {
                let sentence = |it: &model::Problem| format!("{}: {}", it.path, it.message);
                Self::new(problems.iter().map(sentence).collect::<Vec<_>>().join("; "))
            }
            _ => Self::new(error.to_string()),
        }
    }
}

impl From<MigrationError> for Failure {
    fn from(error: MigrationError) -> Self {
        Self::new(error.to_string())
    }
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// One line for programs; `people` makes the text for people.
    pub(crate) fn answer(&self, value: &impl Serialize, people: impl FnOnce() -> String) {
        if self.json {
            let line = serde_json::to_string(value).unwrap_or_default();
            raw(&(line + "\n"));
        } else {
            raw(&people());
        }
    }

    /// On the way, to people only.
    pub(crate) fn progress(&self, text: &str) {
        let mut stderr = std::io::stderr().lock();
        if !self.json && stderr.is_terminal() {
            let _ = write!(stderr, "\r\x1b[2K{text}");
            let _ = stderr.flush();
        }
    }
}

/// Text as it is. A reader that has gone away is no error.
pub(crate) fn raw(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes());
    let _ = stdout.flush();
}

/// For people beside what is for programs.
pub(crate) fn aside(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Something beside the answer.
pub(crate) fn note(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "note: {sentence}");
}

/// Columns as wide as their widest cell; the last one as long as it is.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<_> = head.iter().map(ToString::to_string).collect();
    let all = || std::iter::once(&head).chain(rows);
    let width = |n: usize| {
        let cells = all().filter_map(|row| row.get(n));
        cells.map(|it| it.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for row in all() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
