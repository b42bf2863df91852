use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt::Write as _,
};

use super::super::{
    CAMPAIGN, Page,
    criteria::{Criteria, Segment, Want},
    glob::Glob,
    page::fold,
    routers::Router,
};

/// A letter that no router has anywhere, so that only wildcards match what is written with it.
pub(super) struct Fresh(pub(super) String);

impl Fresh {
    pub(super) fn new(routers: &[Router]) -> Self {
        let mut used = HashSet::new();
        for Criteria { path, params, campaign } in routers.iter().map(|it| &it.criteria) {
            for segment in path.iter().flat_map(|it| &it.segments) {
                if let Segment::Literal(literal) = segment {
                    used.extend(literal.chars());
                }
            }
            for (_, want) in params {
                if let Want::Value(value) | Want::AbsentOr(value) = want {
                    used.extend(value.chars().chain(fold(value).chars()));
                }
            }
            used.extend(campaign.iter().flatten().flat_map(|it| it.as_str().chars()));
        }
        let letters = ('x'..='z').chain('a'..='w').chain('0'..='9').chain('\u{4e00}'..='\u{9fff}');
        // Beyond these come only letters that nobody writes.
        let rare = '\u{20000}'..='\u{2a6df}';
        let letter = letters.chain(rare).find(|it| !used.contains(it)).unwrap_or(char::MAX);
        Self(letter.to_string())
    }
}

/// No page can have all that is asked.
pub(super) struct Contradiction;

/// A page that is made rather than visited.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) segments: Vec<String>,
    pub(super) query: BTreeMap<String, String>,
}

impl Draft {
    /// A page of so many segments that has all that the criteria ask and nothing else: what they
    /// leave open is written with the fresh letter.
    ///
    /// # Errors
    /// When they contradict each other.
    pub(super) fn new(
        criteria: &[&Criteria],
        length: usize,
        fresh: &Fresh,
    ) -> Result<Self, Contradiction> {
        let mut segments = Vec::with_capacity(length);
        for n in 0..length {
            let mut literals = criteria.iter().filter_map(|it| it.literal(n));
            let first = literals.next();
            if literals.any(|it| Some(it) != first) {
                return Err(Contradiction);
            }
            segments.push(first.unwrap_or(&fresh.0).to_owned());
        }
        let asked = criteria.iter().flat_map(|it| it.params.iter().map(|it| &*it.0));
        let fields = criteria.iter().flat_map(|it| CAMPAIGN.iter().zip(&it.campaign));
        let fields = fields.filter(|it| it.1.is_some()).map(|it| *it.0);
        let mut query = BTreeMap::new();
        for name in asked.chain(fields).collect::<BTreeSet<_>>() {
            let wants: Vec<_> = criteria.iter().filter_map(|it| it.want(name)).collect();
            let globs: Vec<_> = criteria.iter().filter_map(|it| it.field(name)).collect();
            if let Some(value) = value(&wants, &globs, fresh)? {
                query.insert(name.to_owned(), value);
            }
        }
        Ok(Self { segments, query })
    }

    pub(super) fn url(&self) -> String {
        let mut url = "https://example.com/".to_owned();
        for (n, segment) in self.segments.iter().enumerate() {
            url.push_str(if n == 0 { "" } else { "/" });
            encode(segment, &mut url);
        }
        for (n, (name, value)) in self.query.iter().enumerate() {
            url.push(if n == 0 { '?' } else { '&' });
            encode(name, &mut url);
            if !value.is_empty() {
                url.push('=');
                encode(value, &mut url);
            }
        }
        url
    }

    /// As a visitor's page would be read.
    pub(super) fn page(&self) -> Page {
        Page::parse(&self.url())
    }
}

impl Criteria {
    fn literal(&self, n: usize) -> Option<&str> {
        match self.path.as_ref()?.segments.get(n)? {
            Segment::Literal(literal) => Some(literal),
            Segment::Any => None,
        }
    }

    pub(super) fn want(&self, name: &str) -> Option<&Want> {
        let place = self.params.binary_search_by(|it| (*it.0).cmp(name)).ok()?;
        Some(&self.params[place].1)
    }

    /// What a parameter must be as a field of the campaign.
    pub(super) fn field(&self, name: &str) -> Option<&Glob> {
        let n = CAMPAIGN.iter().position(|it| *it == name)?;
        self.campaign[n].as_ref()
    }

    /// The least number of segments, and whether there may be more.
    pub(super) fn length(&self) -> (usize, bool) {
        self.path.as_ref().map_or((0, true), |it| (it.segments.len(), it.is_open))
    }
}

/// What a parameter can be; `None` is absent.
fn value(wants: &[&Want], globs: &[&Glob], fresh: &Fresh) -> Result<Option<String>, Contradiction> {
    let exact = |it: &&Want| match it {
        Want::Value(value) => Some(value.clone()),
        _ => None,
    };
    let or_absent = |it: &&Want| match it {
        Want::AbsentOr(value) => Some(value.clone()),
        _ => None,
    };
    let required = wants.iter().any(|it| matches!(it, Want::Value(_) | Want::Present));
    if !required && globs.is_empty() {
        return Ok(None);
    }
    let written = wants.iter().find_map(exact).or_else(|| wants.iter().find_map(or_absent));
    let value = match (written, globs) {
        (Some(value), _) => value,
        (None, []) => fresh.0.clone(),
        (None, [one]) => one.as_str().replace('*', &fresh.0),
        (None, [one, other, ..]) => one.both(other).ok_or(Contradiction)?,
    };
    let holds = wants.iter().all(|it| it.holds(Some(&value)))
        && globs.iter().all(|it| it.matches(&fold(&value)));
    if holds { Ok(Some(value)) } else { Err(Contradiction) }
}

fn encode(text: &str, url: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
}
