use schemars::JsonSchema;
use serde::Serialize;

use super::{
    CAMPAIGN,
    criteria::Mismatch,
    routers::{Asked, Router},
};
use crate::{
    Id,
    scheduler::{BookingFlow, BookingFlowRouter, PriorityClass},
};

/// Why one router won, or did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verdict {
    pub router_id: Id<BookingFlowRouter>,
    pub name: String,
    pub booking_flow_id: Id<BookingFlow>,
    pub code: VerdictCode,
    /// One sentence.
    pub reason: String,
    /// The router that won, where this one matches too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_to: Option<Id<BookingFlowRouter>>,
}

/// Stable, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerdictCode {
    Won,
    /// Nothing else matched.
    WonAsDefault,
    Inactive,
    OtherScheduler,
    NotYet,
    Over,
    NoCriteria,
    PathDiffers,
    ParameterMissing,
    ParameterDiffers,
    CampaignDiffers,
    FlowNotPublished,
    /// It is the default, and another one matches.
    LostAsDefault,
    LostByClass,
    LostBySpecificity,
    LostByAge,
}

impl VerdictCode {
    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::WonAsDefault => "won_as_default",
            Self::Inactive => "inactive",
            Self::OtherScheduler => "other_scheduler",
            Self::NotYet => "not_yet",
            Self::Over => "over",
            Self::NoCriteria => "no_criteria",
            Self::PathDiffers => "path_differs",
            Self::ParameterMissing => "parameter_missing",
            Self::ParameterDiffers => "parameter_differs",
            Self::CampaignDiffers => "campaign_differs",
            Self::FlowNotPublished => "flow_not_published",
            Self::LostAsDefault => "lost_as_default",
            Self::LostByClass => "lost_by_class",
            Self::LostBySpecificity => "lost_by_specificity",
            Self::LostByAge => "lost_by_age",
        }
    }
}

/// Of each router, in its order.
pub(super) fn verdicts(
    ranked: &[Router],
    winner: Option<&Router>,
    asked: &Asked<'_>,
) -> Vec<Verdict> {
    let verdict = |router: &Router| {
        let (code, reason) = refusal(router, asked).unwrap_or_else(|| outcome(router, winner));
        let matches = matches!(
            code,
            VerdictCode::LostAsDefault
                | VerdictCode::LostByClass
                | VerdictCode::LostBySpecificity
                | VerdictCode::LostByAge
        );
        Verdict {
            router_id: router.id,
            name: router.name.clone(),
            booking_flow_id: router.flow,
            code,
            reason,
            lost_to: winner.filter(|_| matches).map(|it| it.id),
        }
    };
    ranked.iter().map(verdict).collect()
}

/// Why it takes no part.
fn refusal(router: &Router, asked: &Asked<'_>) -> Option<(VerdictCode, String)> {
    let at = asked.at;
    if !router.is_active {
        return Some((VerdictCode::Inactive, "It is not active.".to_owned()));
    }
    if !router.serves(asked.scheduler) {
        return Some((VerdictCode::OtherScheduler, "It is for another scheduler.".to_owned()));
    }
    if let Some(from) = router.from.filter(|it| at < *it) {
        return Some((VerdictCode::NotYet, format!("It begins at {from} only.")));
    }
    if let Some(until) = router.until.filter(|it| *it <= at) {
        return Some((VerdictCode::Over, format!("It has ended at {until}.")));
    }
    if !router.takes_part() {
        let reason = "It asks for nothing and is not the default, so that it never matches.";
        return Some((VerdictCode::NoCriteria, reason.to_owned()));
    }
    if let Some(mismatch) = router.criteria.mismatch(asked.page) {
        return Some(sentence(&mismatch));
    }
    if asked.unpublished.contains(&router.flow) {
        let reason = "It matches, but its flow is not published.";
        return Some((VerdictCode::FlowNotPublished, reason.to_owned()));
    }
    None
}

fn sentence(mismatch: &Mismatch) -> (VerdictCode, String) {
    match mismatch {
        Mismatch::Path(segment) => {
            (VerdictCode::PathDiffers, format!("The path differs at segment {segment}."))
        }
        Mismatch::Missing(name) => {
            (VerdictCode::ParameterMissing, format!("The page has no parameter `{name}`."))
        }
        Mismatch::Differs(name) => {
            (VerdictCode::ParameterDiffers, format!("The parameter `{name}` has another value."))
        }
        Mismatch::Campaign(n) => {
            (VerdictCode::CampaignDiffers, format!("`{}` is another, or none.", CAMPAIGN[*n]))
        }
    }
}

/// Of one that matches.
fn outcome(router: &Router, winner: Option<&Router>) -> (VerdictCode, String) {
    let Some(winner) = winner.filter(|it| it.id != router.id) else {
        return if router.is_default {
            (VerdictCode::WonAsDefault, "It is the default, and nothing else matches.".to_owned())
        } else {
            (VerdictCode::Won, "It matches, and nothing goes before it.".to_owned())
        };
    };
    let name = &winner.name;
    if router.is_default && !winner.is_default {
        let reason = format!("It is the default, and “{name}” matches.");
        (VerdictCode::LostAsDefault, reason)
    } else if router.class != winner.class {
        let (own, other) = (class(router.class), class(winner.class));
        let reason = format!("It matches, but “{name}” is {other} and goes before {own}.");
        (VerdictCode::LostByClass, reason)
    } else if router.specificity != winner.specificity {
        let reason = format!("It matches, but “{name}” asks for something more specific.");
        (VerdictCode::LostBySpecificity, reason)
    } else {
        let reason = format!("It matches as well as “{name}”, which is older.");
        (VerdictCode::LostByAge, reason)
    }
}

fn class(class: PriorityClass) -> &'static str {
    match class {
        PriorityClass::Override => "an override",
        PriorityClass::Campaign => "for a campaign",
        PriorityClass::Standard => "standard",
        PriorityClass::Fallback => "a fallback",
    }
}
