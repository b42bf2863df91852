//! What is wrong with routers as a whole, proved by pages that are made from what they ask.

mod draft;
mod shadows;
mod ties;

use schemars::JsonSchema;
use serde::Serialize;

use self::draft::Fresh;
use super::Routers;
use crate::{Id, Timestamp, scheduler::BookingFlowRouter};

/// All that was found, and whether everything was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Findings {
    /// Not when there was more to compare, or to report, than is done at once.
    pub complete: bool,
    pub findings: Vec<Finding>,
}

/// One thing that a business should know of its routers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    pub kind: FindingKind,
    /// First the one that it is about, then those that stand in its way.
    pub router_ids: Vec<Id<BookingFlowRouter>>,
    /// One sentence.
    pub message: String,
    /// A page that shows it; the host stands for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When the page shows it.
    pub at: Timestamp,
}

/// Stable, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Both match the page, and only their age decides.
    Tie,
    /// It matches pages, and never wins any of them from now on.
    Shadowed,
    /// No page can match it.
    Impossible,
}

/// Findings of one kind that are reported.
const MOST_FINDINGS: usize = 500;

/// What is found at `now` and later: routers that are over or inactive are left out.
pub fn check(routers: &Routers, now: Timestamp) -> Findings {
    let fresh = Fresh::new(routers.ranked());
    let mut findings = Findings { complete: true, findings: Vec::new() };
    shadows::find(routers, now, &fresh, &mut findings);
    ties::find(routers.ranked(), now, &fresh, &mut findings);
    findings
}

impl Findings {
    /// Whether there is room for more of a kind.
    fn add(&mut self, finding: Finding) -> bool {
        let same = self.findings.iter().filter(|it| it.kind == finding.kind).count();
        let has_room = same < MOST_FINDINGS;
        if has_room {
            self.findings.push(finding);
        } else {
            self.complete = false;
        }
        has_room
    }
}
