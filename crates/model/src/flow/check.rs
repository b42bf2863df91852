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
use crate::flow::FlowBundle;

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
    let reachable = graph.reachable_services();
    steps::check_services(bundle, &reachable, &mut findings);
    findings.into_report(graph.len(), graph.edges(), measured.unwrap_or_default())
}

/// Collects findings up to [`MOST_OF_ONE_CODE`] of each code.
#[derive(Default)]
struct Findings {
    kept: Vec<Finding>,
    of_code: HashMap<&'static str, usize>,
}

impl Findings {
    fn error(&mut self, code: &'static str, path: impl Into<String>, message: impl Into<String>) {
        self.add(Severity::Error, code, path.into(), message.into(), Vec::new(), Vec::new());
    }

    fn warning(&mut self, code: &'static str, path: impl Into<String>, message: impl Into<String>) {
        self.add(Severity::Warning, code, path.into(), message.into(), Vec::new(), Vec::new());
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
            self.kept.push(Finding { code, severity, message, path, ids, witness });
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
    /// The same report with more findings.
    #[must_use]
    pub fn with(mut self, more: impl IntoIterator<Item = Finding>) -> Self {
        self.findings.extend(more);
        self.findings.sort_by_key(|it| it.severity);
        self.ok = self.findings.iter().all(|it| it.severity != Severity::Error);
        self
    }
}
