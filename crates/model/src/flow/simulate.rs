//! What recorded visits would come to on another version of their flow.
//!
//! What a visitor said is taken from the events of the visit and said again, step by step, to
//! both versions, by the same decisions that visitors get. Two runs, compared, show whether the
//! visit ends elsewhere and where the two first part. Free times are not asked for: whoever found
//! one then is taken to find one again.

mod run;
mod said;
mod tally;

use schemars::JsonSchema;
use serde::Serialize;

pub use self::tally::{Group, Tally};
use self::{
    run::{Ran, again, record},
    said::Said,
};
use crate::{
    Id, ObjectId,
    content::Slug,
    flow::{CompiledFlow, FlowBundle},
    scheduler::{ServiceZone, ZoneIndex, normalize_postal_code},
    session::SessionEvent,
    step::{StepConfig, StepType, Zipcode},
};

/// A flow that visits are tried on.
pub struct Candidate {
    flow: CompiledFlow,
    zones: ZoneIndex,
}

/// What one visit came to, and what it would come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "SimulatedVisit")]
pub struct Simulated {
    pub verdict: Verdict,
    /// How far it came with what the visitor said.
    pub recorded: End,
    /// How far the same would come on the candidate.
    pub simulated: End,
    /// The first place at which the candidate shows something else, also on the way to the same
    /// end; absent when nothing differs.
    pub parts_at: Option<Spot>,
}

/// How the two ends compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SimulationVerdict")]
pub enum Verdict {
    SameEnd,
    OtherEnd,
    /// It does not come as far as it did.
    Stuck,
}

/// Where a visit ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(rename = "VisitEnd")]
pub enum End {
    Booked { service: Slug, title: String },
    Left { at: Spot, why: Why, reason: String },
}

/// Why a visit does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WhyLeft")]
pub enum Why {
    /// The visitor never said what is asked here.
    NotSaid,
    /// The answer that they chose is not there any more.
    AnswerGone,
    /// What they said breaks a rule.
    Refused,
    OutOfArea,
    /// The flow does not lead on.
    Broken,
}

/// A place in a flow, as its owner knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[schemars(rename = "FlowSpot")]
pub struct Spot {
    /// Absent in a flow without steps.
    pub step_type: Option<StepType>,
    /// The step's title.
    pub step: String,
    /// Inside the service selection.
    pub question: Option<Slug>,
}

impl Candidate {
    /// Of a flow that may still be unsound: a visit that finds no way on is left there.
    pub fn new(bundle: FlowBundle) -> Self {
        let FlowBundle { snapshot, zones, .. } = bundle;
        let named = snapshot.steps.iter().find_map(|step| match &step.body.config {
            StepConfig::Zipcode(config) => Some(config.zone_ids.clone()),
            _ => None,
        });
        let named = named.unwrap_or_default();
        let counts = |id: Id<ServiceZone>| named.is_empty() || named.contains(&id);
        let served = zones.iter().filter(|it| counts(it.id)).map(|it| (it.id, &it.body));
        let zones = ZoneIndex::new(served);
        let nameless = Id::new(ObjectId::from_bytes([0; 12]));
        Self { flow: CompiledFlow::new(nameless, snapshot), zones }
    }

    fn zone(&self, config: &Zipcode, zip: &str) -> Option<Id<ServiceZone>> {
        let code = normalize_postal_code(&config.country, zip)?;
        self.zones.find(&config.country, &code)
    }
}

/// What a visitor who says the same as in the events, which were recorded on `recorded`, comes to
/// on the candidate. `None` when the events do not begin a visit.
pub fn simulate(
    recorded: &CompiledFlow,
    candidate: &Candidate,
    events: &[SessionEvent],
) -> Option<Simulated> {
    let said = Said::of(recorded, events)?;
    let before = record(recorded, &said);
    let zone_of = |config: &Zipcode, zip: &str| candidate.zone(config, zip);
    let after = again(&candidate.flow, &said, &zone_of, &before);
    let verdict = verdict(&before, &after);
    Some(Simulated {
        verdict,
        parts_at: parting(&before, &after),
        recorded: before.end(),
        simulated: after.end(),
    })
}

fn verdict(before: &Ran<'_>, after: &Ran<'_>) -> Verdict {
    match (before.booked(), after.booked()) {
        (Some(then), Some(now)) if then.is(now) => Verdict::SameEnd,
        (_, Some(_)) => Verdict::OtherEnd,
        (Some(_), None) => Verdict::Stuck,
        (None, None) => match (before.trace.last(), after.trace.last()) {
            (Some(then), Some(now)) if then.is(now) => Verdict::SameEnd,
            (None, None) => Verdict::SameEnd,
            // Past the place where they left: they would have been led on.
            (Some(then), _) if after.trace.iter().any(|it| it.is(then)) => Verdict::OtherEnd,
            _ => Verdict::Stuck,
        },
    }
}

/// Where the candidate first shows something else than was recorded.
fn parting(before: &Ran<'_>, after: &Ran<'_>) -> Option<Spot> {
    let same = before.trace.iter().zip(&after.trace).take_while(|(then, now)| then.is(now));
    let same = same.count();
    if same == before.trace.len()
        && same == after.trace.len()
        && before.is_over() == after.is_over()
    {
        return None;
    }
    // One of them ends where the other goes on: they part where it ends.
    let last = before.trace.len().min(after.trace.len()).saturating_sub(1);
    let at = if same == before.trace.len() {
        last
    } else {
        same.min(after.trace.len().saturating_sub(1))
    };
    Some(after.spot(at))
}
