use std::collections::{BTreeMap, HashMap};

use super::super::{
    CAMPAIGN, Page,
    criteria::{Criteria, Segment, Want},
    glob::Glob,
    needles::Needles,
    routers::Router,
};

/// What must hold, beside the path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Condition {
    Value(String, String),
    Present(String),
    Campaign(usize, Glob),
}

/// The numbers of all that some router asks for. Conditions are numbered the rarest first.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) segments: HashMap<String, u32>,
    pub(super) conditions: BTreeMap<Condition, u32>,
    parameters: HashMap<String, Parameter>,
    campaign: [Field; 5],
}

#[derive(Debug, Default)]
struct Parameter {
    present: Option<u32>,
    values: HashMap<String, u32>,
    /// The name, and the values that it may have, where it may be absent.
    optional: Option<(u32, HashMap<String, u32>)>,
}

#[derive(Debug, Default)]
struct Field {
    literals: HashMap<String, u32>,
    globs: Vec<(Glob, u32)>,
    /// By their longest pieces.
    needles: Needles,
    /// Those that have no piece.
    always: Vec<u32>,
}

/// What a page has of what some router asks for, as numbers.
pub(super) struct Facts {
    pub(super) segments: Vec<Option<u32>>,
    /// In order.
    pub(super) conditions: Vec<u32>,
    /// Parameters that may be absent for some router and are there, and the number of the value.
    pub(super) optional: Vec<(u32, Option<u32>)>,
}

pub(super) fn conditions(criteria: &Criteria) -> impl Iterator<Item = Condition> {
    let parameters = criteria.params.iter().filter_map(|(name, want)| match want {
        Want::Value(value) => Some(Condition::Value(name.clone(), value.clone())),
        Want::Present => Some(Condition::Present(name.clone())),
        Want::AbsentOr(_) | Want::Anything => None,
    });
    let campaign = criteria.campaign.iter().enumerate();
    parameters.chain(campaign.filter_map(|(n, it)| Some(Condition::Campaign(n, it.clone()?))))
}

impl Known {
    pub(super) fn new<'a>(routers: impl Iterator<Item = &'a Router> + Clone) -> Self {
        let mut this = Self::default();
        let mut counts: BTreeMap<Condition, usize> = BTreeMap::new();
        for condition in routers.clone().flat_map(|it| conditions(&it.criteria)) {
            *counts.entry(condition).or_default() += 1;
        }
        let mut rarest: Vec<_> = counts.into_iter().map(|(it, count)| (count, it)).collect();
        rarest.sort();
        for (number, (_, condition)) in (0..).zip(rarest) {
            this.add(&condition, number);
            this.conditions.insert(condition, number);
        }
        for field in &mut this.campaign {
            let numbered = (0..).zip(field.globs.iter().map(|it| it.0.longest_piece()));
            field.needles = Needles::new(numbered);
        }
        for router in routers {
            for segment in router.criteria.path.iter().flat_map(|it| &it.segments) {
                if let Segment::Literal(literal) = segment {
                    number_of(&mut this.segments, literal);
                }
            }
            for (name, want) in &router.criteria.params {
                this.add_optional(name, want);
            }
        }
        this
    }

    fn add(&mut self, condition: &Condition, number: u32) {
        match condition {
            Condition::Value(name, value) => {
                let parameter = self.parameters.entry(name.clone()).or_default();
                parameter.values.insert(value.clone(), number);
            }
            Condition::Present(name) => {
                self.parameters.entry(name.clone()).or_default().present = Some(number);
            }
            Condition::Campaign(n, glob) => {
                let field = &mut self.campaign[*n];
                if glob.is_literal() {
                    field.literals.insert(glob.as_str().to_owned(), number);
                } else if glob.longest_piece().is_empty() {
                    field.always.push(number);
                } else {
                    field.globs.push((glob.clone(), number));
                }
            }
        }
    }

    fn add_optional(&mut self, name: &str, want: &Want) {
        let Want::AbsentOr(value) = want else { return };
        let count = self.parameters.values().filter(|it| it.optional.is_some()).count();
        let parameter = self.parameters.entry(name.to_owned()).or_default();
        let number = u32::try_from(count).unwrap_or(u32::MAX);
        let (_, values) = parameter.optional.get_or_insert_with(|| (number, HashMap::new()));
        number_of(values, value);
    }

    /// The numbers of a parameter that may be absent and of the value that it has else.
    pub(super) fn optional(&self, name: &str, value: &str) -> Option<(u32, u32)> {
        let (name, values) = self.parameters.get(name)?.optional.as_ref()?;
        Some((*name, *values.get(value)?))
    }

    pub(super) fn facts(&self, page: &Page) -> Facts {
        let segments = page.segments.iter().map(|it| self.segments.get(it).copied()).collect();
        let (mut conditions, mut optional) = (Vec::with_capacity(16), Vec::new());
        if !self.parameters.is_empty() {
            for (name, value) in &page.query {
                let Some(parameter) = self.parameters.get(name) else { continue };
                conditions.extend(parameter.present);
                conditions.extend(parameter.values.get(value));
                if let Some((number, values)) = &parameter.optional {
                    optional.push((*number, values.get(value).copied()));
                }
            }
        }
        for n in 0..CAMPAIGN.len() {
            if let Some(value) = &page.campaign[n] {
                self.campaign[n].holding(value, &mut conditions);
            }
        }
        conditions.sort_unstable();
        Facts { segments, conditions, optional }
    }
}

impl Field {
    fn holding(&self, value: &str, conditions: &mut Vec<u32>) {
        conditions.extend(self.literals.get(value));
        conditions.extend(&self.always);
        if self.globs.is_empty() {
            return;
        }
        let mut candidates = Vec::new();
        self.needles.in_text(value, |it| candidates.push(it));
        candidates.sort_unstable();
        candidates.dedup();
        for candidate in candidates {
            if let Some((glob, number)) = self.globs.get(candidate as usize)
                && glob.matches(value)
            {
                conditions.push(*number);
            }
        }
    }
}

fn number_of(numbers: &mut HashMap<String, u32>, text: &str) -> u32 {
    let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    *numbers.entry(text.to_owned()).or_insert(next)
}
