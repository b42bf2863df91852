use super::{
    CAMPAIGN, Page,
    glob::Glob,
    page::{decode, fold},
};
use crate::scheduler::{CampaignCriteria, MatchingCriteria, QueryParameter};

/// What a router asks of a page, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Criteria {
    /// `None` is any.
    pub(super) path: Option<Pattern>,
    /// By name.
    pub(super) params: Vec<(String, Want)>,
    pub(super) campaign: [Option<Glob>; 5],
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) segments: Vec<Segment>,
    /// Any number of segments may follow.
    pub(super) is_open: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// Decoded and folded, as those of pages are.
    Literal(String),
    Any,
}

/// What a parameter must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Want {
    Value(String),
    Present,
    /// Absent, or this.
    AbsentOr(String),
    Anything,
}

/// More is compared first to last: literal segments, then `*`, then that the path ends; then
/// parameters with a value, then those that must be there; then fields of the campaign.
pub(super) type Specificity = (usize, usize, bool, usize, usize, usize);

/// Why a page is none of a router's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// Counted from 1; one more than the page has when it is too short.
    Path(usize),
    Missing(String),
    Differs(String),
    Campaign(usize),
}

impl Criteria {
    pub(super) fn new(criteria: &MatchingCriteria) -> Self {
        let empty = CampaignCriteria::default();
        let CampaignCriteria { source, medium, campaign, term, content } =
            criteria.campaign.as_ref().unwrap_or(&empty);
        Self {
            path: criteria.path.as_deref().map(Pattern::new),
            params: criteria
                .query_params
                .iter()
                .map(|(name, it)| (name.clone(), Want::new(it)))
                .collect(),
            campaign: [source, medium, campaign, term, content]
                .map(|it| it.as_deref().map(Glob::new)),
        }
    }

    /// Nothing is asked.
    pub(super) fn is_none(&self) -> bool {
        self.path.is_none() && self.params.is_empty() && self.campaign.iter().all(Option::is_none)
    }

    pub(super) fn specificity(&self) -> Specificity {
        let is_literal = |it: &&Segment| matches!(it, Segment::Literal(_));
        let segments = self.path.as_ref().map_or(&[][..], |it| &it.segments);
        let literals = segments.iter().filter(is_literal).count();
        let ends = self.path.as_ref().is_some_and(|it| !it.is_open);
        let count = |test: fn(&Want) -> bool| self.params.iter().filter(|it| test(&it.1)).count();
        (
            literals,
            segments.len() - literals,
            ends,
            count(|it| matches!(it, Want::Value(_) | Want::AbsentOr(_))),
            count(|it| matches!(it, Want::Present)),
            self.campaign.iter().flatten().count(),
        )
    }

    /// The first that does not hold, in the order path, parameters, campaign.
    pub(super) fn mismatch(&self, page: &Page) -> Option<Mismatch> {
        let path = self.path.as_ref().and_then(|it| it.differs_at(&page.segments));
        path.map(Mismatch::Path).or_else(|| self.parameter_mismatch(page)).or_else(|| {
            let differs = |n: &usize| match (&self.campaign[*n], &page.campaign[*n]) {
                (Some(glob), Some(value)) => !glob.matches(value),
                (Some(_), None) => true,
                (None, _) => false,
            };
            (0..CAMPAIGN.len()).find(differs).map(Mismatch::Campaign)
        })
    }

    fn parameter_mismatch(&self, page: &Page) -> Option<Mismatch> {
        self.params.iter().find_map(|(name, want)| {
            let value = page.query.get(name).map(String::as_str);
            match value {
                _ if want.holds(value) => None,
                None => Some(Mismatch::Missing(name.clone())),
                Some(_) => Some(Mismatch::Differs(name.clone())),
            }
        })
    }
}

impl Pattern {
    fn new(path: &[String]) -> Self {
        let is_open = path.last().is_some_and(|it| it == "**");
        let segments = &path[..path.len() - usize::from(is_open)];
        let segments = segments.iter().map(|it| match &**it {
            "*" => Segment::Any,
            literal => Segment::Literal(fold(&decode(literal, false))),
        });
        Self { segments: segments.collect(), is_open }
    }

    fn differs_at(&self, page: &[String]) -> Option<usize> {
        let differs = |n: &usize| match (self.segments.get(*n), page.get(*n)) {
            (Some(Segment::Literal(literal)), Some(segment)) => literal != segment,
            (Some(Segment::Any), Some(_)) => false,
            (Some(_), None) => true,
            (None, _) => !self.is_open,
        };
        (0..self.segments.len().max(page.len())).find(differs).map(|it| it + 1)
    }
}

impl Want {
    fn new(parameter: &QueryParameter) -> Self {
        match (parameter.value.clone(), parameter.required) {
            (Some(value), true) => Self::Value(value),
            (None, true) => Self::Present,
            (Some(value), false) => Self::AbsentOr(value),
            (None, false) => Self::Anything,
        }
    }

    pub(super) fn holds(&self, value: Option<&str>) -> bool {
        match self {
            Self::Value(wanted) => value == Some(wanted),
            Self::Present => value.is_some(),
            Self::AbsentOr(wanted) => value.is_none_or(|it| it == wanted),
            Self::Anything => true,
        }
    }
}
