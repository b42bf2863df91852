use std::{cmp::Reverse, collections::BTreeSet};

use super::{
    Page, Verdict,
    criteria::{Criteria, Specificity},
    explain,
    index::Index,
};
use crate::{
    Doc, Id, Timestamp,
    scheduler::{BookingFlow, BookingFlowRouter, PriorityClass, SchedulerConfig},
};

/// All routers of an organization, ready to be asked.
#[derive(Debug)]
pub struct Routers {
    /// The one that wins over all others first.
    ranked: Vec<Router>,
    index: Index,
}

/// Whose flow is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub page: &'a Page,
    pub at: Timestamp,
    /// `None` is a scheduler that no router names.
    pub scheduler: Option<Id<SchedulerConfig>>,
    /// Flows that no visitor can get: their routers are passed over.
    pub unpublished: &'a BTreeSet<Id<BookingFlow>>,
}

/// The router that won, and where it leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Routed {
    pub router: Id<BookingFlowRouter>,
    pub flow: Id<BookingFlow>,
}

/// Who won, and why the others did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// `None`: the scheduler's own flow.
    pub routed: Option<Routed>,
    /// Of all routers, in the order in which they win.
    pub verdicts: Vec<Verdict>,
}

#[derive(Debug, Clone)]
pub(super) struct Router {
    pub(super) id: Id<BookingFlowRouter>,
    pub(super) name: String,
    pub(super) flow: Id<BookingFlow>,
    pub(super) scheduler: Option<Id<SchedulerConfig>>,
    pub(super) created_at: Timestamp,
    pub(super) class: PriorityClass,
    pub(super) is_default: bool,
    pub(super) is_active: bool,
    pub(super) from: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    pub(super) criteria: Criteria,
    pub(super) specificity: Specificity,
}

impl Router {
    pub(super) fn new(doc: &Doc<BookingFlowRouter>) -> Self {
        let body = &doc.body;
        let criteria = Criteria::new(&body.matching_criteria);
        let scheduling = body.scheduling.as_ref();
        Self {
            id: doc.id,
            name: body.name.clone(),
            flow: body.booking_flow_id,
            scheduler: body.scheduler_config_id,
            created_at: doc.created_at,
            class: body.priority_class,
            is_default: body.is_default,
            is_active: body.is_active,
            from: scheduling.and_then(|it| it.active_from),
            until: scheduling.and_then(|it| it.active_until),
            specificity: criteria.specificity(),
            criteria,
        }
    }

    /// Less wins. The default is behind all others.
    pub(super) fn rank(
        &self,
    ) -> (bool, PriorityClass, Reverse<Specificity>, Timestamp, Id<BookingFlowRouter>) {
        (self.is_default, self.class, Reverse(self.specificity), self.created_at, self.id)
    }

    /// It can match some page at some time.
    pub(super) fn takes_part(&self) -> bool {
        self.is_active && (self.is_default || !self.criteria.is_none())
    }

    pub(super) fn is_in_time(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|it| it <= at) && self.until.is_none_or(|it| at < it)
    }

    /// When it first takes part from `now` on.
    pub(super) fn first_time(&self, now: Timestamp) -> Option<Timestamp> {
        let from = self.from.map_or(now, |it| it.max(now));
        (self.takes_part() && self.is_in_time(from)).then_some(from)
    }

    pub(super) fn serves(&self, scheduler: Option<Id<SchedulerConfig>>) -> bool {
        self.scheduler.is_none() || self.scheduler == scheduler
    }
}

impl Routers {
    /// In any order.
    pub fn compile<'a>(routers: impl IntoIterator<Item = &'a Doc<BookingFlowRouter>>) -> Self {
        let mut ranked: Vec<_> = routers.into_iter().map(Router::new).collect();
        ranked.sort_by_cached_key(Router::rank);
        let index = Index::new(&ranked);
        Self { ranked, index }
    }

    /// Who wins. The cost grows with the URL, not with the number of routers; what can make it
    /// grow all the same is said at the index.
    pub fn route(&self, asked: &Asked<'_>) -> Option<Routed> {
        let winner = self.winner(asked)?;
        Some(Routed { router: winner.id, flow: winner.flow })
    }

    /// Who wins, and why. The cost grows with the number of routers.
    pub fn decide(&self, asked: &Asked<'_>) -> Decision {
        Decision {
            routed: self.route(asked),
            verdicts: explain::verdicts(&self.ranked, self.winner(asked), asked),
        }
    }

    pub(super) fn winner(&self, asked: &Asked<'_>) -> Option<&Router> {
        let accepts = |rank: usize| {
            let router = &self.ranked[rank];
            router.is_in_time(asked.at) && !asked.unpublished.contains(&router.flow)
        };
        let found = self.index.first(asked.page, asked.scheduler, accepts)?;
        Some(&self.ranked[found])
    }

    pub(super) fn ranked(&self) -> &[Router] {
        &self.ranked
    }
}
