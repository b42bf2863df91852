//! A router can win if it wins one of its *most general* pages: what it leaves open is written
//! with a letter that no router has, so that whoever matches such a page matches every page of
//! that many segments that it matches. What remains to be tried are the numbers of segments, and
//! parameters that others refuse though the router does not ask for them; of these only such as
//! stand in the way are tried, until it wins or nothing is left.

use std::collections::{BTreeSet, HashSet};

use super::{
    super::{Asked, CAMPAIGN, Page, Routers, criteria::Want, page::fold, routers::Router},
    Finding, FindingKind, Findings,
    draft::{Contradiction, Draft, Fresh},
};
use crate::Timestamp;

/// Pages that are tried for one router, and for all.
const MOST_PAGES: usize = 1_000;
const MOST_PAGES_OF_ALL: usize = 200_000;

/// What became of a router.
enum Fate<'a> {
    Wins,
    Loses {
        draft: Draft,
        at: Timestamp,
        to: Vec<&'a Router>,
    },
    MatchesNothing,
    /// There is more to try than is tried.
    Unknown,
}

struct Search<'a> {
    routers: &'a Routers,
    fresh: &'a Fresh,
    /// Segments of the longest pattern.
    longest: usize,
    /// Values of `utm_*` that some router asks for letter by letter.
    exact: BTreeSet<(&'a str, &'a str)>,
    tried: usize,
}

pub(super) fn find(routers: &Routers, now: Timestamp, fresh: &Fresh, findings: &mut Findings) {
    let ranked = routers.ranked();
    let longest = ranked.iter().map(|it| it.criteria.length().0).max().unwrap_or(0);
    let asked = ranked.iter().flat_map(|it| &it.criteria.params);
    let exact = asked.filter_map(|(name, want)| match want {
        Want::Value(value) | Want::AbsentOr(value) if CAMPAIGN.contains(&&**name) => {
            Some((&**name, &**value))
        }
        _ => None,
    });
    let exact = exact.collect();
    let mut search = Search { routers, fresh, longest, exact, tried: 0 };
    for router in ranked {
        let Some(at) = router.first_time(now) else { continue };
        let finding = match search.fate(router, at) {
            Fate::Wins => continue,
            Fate::Unknown => {
                findings.complete = false;
                continue;
            }
            Fate::MatchesNothing => Finding {
                kind: FindingKind::Impossible,
                router_ids: vec![router.id],
                message: format!("No page can match “{}”.", router.name),
                url: None,
                at,
            },
            Fate::Loses { draft, at, to } => {
                let names: Vec<_> = to.iter().map(|it| format!("“{}”", it.name)).collect();
                Finding {
                    kind: FindingKind::Shadowed,
                    router_ids: [router].into_iter().chain(to).map(|it| it.id).collect(),
                    message: format!(
                        "“{}” can never win: what it matches goes to {}.",
                        router.name,
                        names.join(", ")
                    ),
                    url: Some(draft.url()),
                    at,
                }
            }
        };
        if !findings.add(finding) {
            return;
        }
    }
}

impl<'a> Search<'a> {
    fn fate(&mut self, router: &Router, at: Timestamp) -> Fate<'a> {
        let (least, is_open) = router.criteria.length();
        let most = if is_open { self.longest.max(least) + 1 } else { least };
        let mut lost = None;
        let mut tries = 0;
        for length in least..=most {
            let draft = match self.most_general(router, length) {
                Ok(draft) => draft,
                Err(fate) => return fate,
            };
            if router.criteria.mismatch(&draft.page()).is_some() {
                return Fate::MatchesNothing;
            }
            let mut waiting = vec![BTreeSet::new()];
            let mut seen = HashSet::from([BTreeSet::new()]);
            while let Some(added) = waiting.pop() {
                tries += 1;
                self.tried += 1;
                if tries > MOST_PAGES || self.tried > MOST_PAGES_OF_ALL {
                    return Fate::Unknown;
                }
                let page = self.with(router, &draft, &added);
                let Some(blockers) = self.blockers(router, &page, at) else { return Fate::Wins };
                for blocker in &blockers {
                    for name in self.ways_around(router, blocker, &draft, &added) {
                        let mut other = added.clone();
                        if !other.remove(&name) {
                            other.insert(name);
                        }
                        if seen.insert(other.clone()) {
                            waiting.push(other);
                        }
                    }
                }
                lost.get_or_insert_with(|| (draft.clone(), blockers));
            }
        }
        match lost {
            Some((draft, to)) => Fate::Loses { draft, at, to },
            None => Fate::MatchesNothing,
        }
    }

    /// # Errors
    /// When no page matches, or when every way to write a value is another's too.
    fn most_general(&self, router: &Router, length: usize) -> Result<Draft, Fate<'a>> {
        let mut draft = Draft::new(&[&router.criteria], length, self.fresh)
            .map_err(|Contradiction| Fate::MatchesNothing)?;
        for name in CAMPAIGN {
            // Campaigns are compared without case, parameters are not: a value in another case
            // is matched by fewer.
            let wanted = router.criteria.want(name);
            let is_free = !matches!(wanted, Some(Want::Value(_) | Want::AbsentOr(_)));
            if let Some(value) = draft.query.get_mut(name)
                && is_free
                && router.criteria.field(name).is_some()
            {
                let mut ways = (0..1_024).map(|it| recased(value, it));
                let way =
                    ways.find(|it| fold(it) == *value && !self.exact.contains(&(name, &**it)));
                *value = way.ok_or(Fate::Unknown)?;
            }
        }
        Ok(draft)
    }

    /// Those that win in place of the router, one after the other; `None` when it wins at last.
    fn blockers(&self, router: &Router, page: &Page, at: Timestamp) -> Option<Vec<&'a Router>> {
        let (mut at, mut blockers) = (at, Vec::new());
        let unpublished = BTreeSet::new();
        loop {
            let asked = Asked { page, at, scheduler: router.scheduler, unpublished: &unpublished };
            let winner = self.routers.winner(&asked)?;
            if winner.id == router.id {
                return None;
            }
            blockers.push(winner);
            match winner.until {
                Some(until) if router.until.is_none_or(|it| until < it) => at = until,
                _ => return Some(blockers),
            }
        }
    }

    /// Parameters that the router leaves open and that, added or taken away again, make the page
    /// none of the other's.
    fn ways_around(
        &self,
        router: &Router,
        other: &Router,
        draft: &Draft,
        added: &BTreeSet<String>,
    ) -> Vec<String> {
        let asked = other.criteria.params.iter().map(|it| &*it.0);
        let fields = CAMPAIGN.into_iter().filter(|it| other.criteria.field(it).is_some());
        let holds = |name: &str, value: Option<&str>| {
            other.criteria.want(name).is_none_or(|it| it.holds(value))
                && other
                    .criteria
                    .field(name)
                    .is_none_or(|it| value.is_some_and(|value| it.matches(&fold(value))))
        };
        let names: BTreeSet<_> = asked.chain(fields).collect();
        let is_way = |name: &&str| {
            let Some(value) = self.addition(router, draft, name) else { return false };
            !holds(name, (!added.contains(*name)).then_some(value))
        };
        names.into_iter().filter(is_way).map(str::to_owned).collect()
    }

    /// What a parameter that the page need not have can be instead.
    fn addition<'b>(&'b self, router: &'b Router, draft: &Draft, name: &str) -> Option<&'b str> {
        if draft.query.contains_key(name) {
            return None;
        }
        match router.criteria.want(name) {
            Some(Want::AbsentOr(value)) => Some(value),
            _ => Some(&self.fresh.0),
        }
    }

    fn with(&self, router: &Router, draft: &Draft, added: &BTreeSet<String>) -> Page {
        let mut draft = draft.clone();
        for name in added {
            if let Some(value) = self.addition(router, &draft, name) {
                let value = value.to_owned();
                draft.query.insert(name.clone(), value);
            }
        }
        draft.page()
    }
}

/// With the letters in upper case whose bits are set.
fn recased(text: &str, bits: u32) -> String {
    let recase = |(n, letter): (usize, char)| {
        let is_upper = n < 32 && (bits >> n) & 1 == 1;
        if is_upper { letter.to_uppercase().collect() } else { letter.to_string() }
    };
    text.chars().enumerate().map(recase).collect()
}
