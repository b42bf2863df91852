//! What must hold before a flow can be published: every rule, with a witness where it is broken.

mod graph;
mod names;
mod paths;
mod references;
mod steps;
mod walk;

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

use self::{graph::Graph, names::Names, paths::Measured};
use crate::{
    Id,
    flow::{FlowBundle, file::Positions},
};

/// All that was found, and what the graph measures.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// Nothing of severity `error` was found.
    pub ok: bool,
    pub findings: Vec<Finding>,
    /// How many ways there are from the first question to a service: exact, in decimal. `0` while
    /// the graph has a cycle.
    pub paths: String,
    /// How many of them end at each service, by its place in the flow file, in decimal.
    pub paths_to: BTreeMap<String, String>,
    /// One of the paths to a service on which most is asked, place by place.
    pub longest: Vec<String>,
    pub nodes: usize,
    pub edges: usize,
    pub questions: QuestionsAsked,
}

/// How many questions a visitor answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct QuestionsAsked {
    pub min: usize,
    /// When each answer is as likely as the next.
    pub mean: f64,
    pub max: usize,
}

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// Stable: `graph.dead_end`.
    pub code: &'static str,
    pub severity: Severity,
    /// A sentence that a business owner understands.
    pub message: String,
    /// The place in the flow file: `questions.need.answers.cooling`.
    pub path: String,
    /// The ids concerned.
    pub ids: Vec<String>,
    /// The shortest path that shows it, place by place.
    pub witness: Vec<String>,
    /// In the text of the file, from 1, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
}

impl Finding {
    /// Something that stands against it at a place, without more to show.
    pub(crate) fn error(
        code: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            path: path.into(),
            ids: Vec::new(),
            witness: Vec::new(),
            line: None,
            column: None,
        }
    }

    /// The same, with where that is in a text.
    #[must_use]
    pub fn located(self, positions: &Positions) -> Self {
        let (line, column) = positions.find(&self.path);
        Self { line: Some(line), column: Some(column), ..self }
    }
}

/// Whether it stops publishing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Error,
    Warning,
}

/// Of one code no more than so many findings are reported, so that a report stays readable and
/// takes linear time.
const MOST_OF_ONE_CODE: usize = 50;

/// Checks every rule in time linear in the size of the flow.
pub fn check(bundle: &FlowBundle) -> Report {
    let names = Names::new(&bundle.snapshot);
    let mut findings = Findings::default();
    steps::check(bundle, &mut findings);
    references::check(bundle, &names, &mut findings);
    let Some(graph) = Graph::of(&bundle.snapshot, &names, &mut findings) else {
        return findings.into_report(0, 0, Measured::default());
    };
    graph.check_shape(&names, &mut findings);
    walk::check(&graph, &names, &mut findings);
    let measured = paths::measure(&graph, &names, &mut findings);
    steps::check_services(bundle, &graph, &names, &mut findings);
    findings.into_report(graph.len(), graph.edges(), measured.unwrap_or_default())
}

fn texts<E>(ids: &[Id<E>]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// Collects findings up to [`MOST_OF_ONE_CODE`] of each code.
#[derive(Default)]
struct Findings {
    kept: Vec<Finding>,
    of_code: HashMap<&'static str, usize>,
}

impl Findings {
    /// With the ids concerned.
    fn error<E>(&mut self, code: &'static str, path: String, message: String, ids: &[Id<E>]) {
        self.add(Severity::Error, code, path, message, texts(ids), Vec::new());
    }

    fn add(
        &mut self,
        severity: Severity,
        code: &'static str,
        path: String,
        message: String,
        ids: Vec<String>,
        witness: Vec<String>,
    ) {
        if self.has_room(code) {
            *self.of_code.entry(code).or_default() += 1;
            self.kept.push(Finding {
                severity,
                ids,
                witness,
                ..Finding::error(code, path, message)
            });
        }
    }

    /// Whether another finding of this code would still be shown.
    fn has_room(&self, code: &str) -> bool {
        self.of_code.get(code).is_none_or(|it| *it < MOST_OF_ONE_CODE)
    }

    fn into_report(self, nodes: usize, edges: usize, measured: Measured) -> Report {
        let Measured { paths, paths_to, longest, questions } = measured;
        let paths_to = paths_to.into_iter().map(|(place, it)| (place, it.to_string())).collect();
        let paths = paths.to_string();
        let unsorted = Report {
            ok: false,
            findings: self.kept,
            paths,
            paths_to,
            longest,
            nodes,
            edges,
            questions,
        };
        unsorted.with([])
    }
}

impl Report {
    /// The same report with where everything is in the text of the file.
    #[must_use]
    pub fn located(mut self, positions: &Positions) -> Self {
        self.findings = self.findings.into_iter().map(|it| it.located(positions)).collect();
        self
    }

    /// The same report with more findings.
    #[must_use]
    pub fn with(mut self, more: impl IntoIterator<Item = Finding>) -> Self {
        self.findings.extend(more);
        self.findings.sort_by_key(|it| it.severity);
        self.ok = self.findings.iter().all(|it| it.severity != Severity::Error);
        self
    }
}
