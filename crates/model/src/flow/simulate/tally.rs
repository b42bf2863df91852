use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use super::{End, Simulated, Spot, Verdict};
use crate::{Id, session::BookingSession};

/// What many visits came to. Takes the same memory however many there are.
#[derive(Debug, Default)]
pub struct Tally {
    pub visits: u64,
    pub same_end: u64,
    pub other_end: u64,
    pub stuck: u64,
    /// Visits whose events or version cannot be read.
    pub unreadable: u64,
    groups: IndexMap<Key, Counted>,
    /// Visits that end elsewhere in a way that is in no group, because there are too many.
    pub in_no_group: u64,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    verdict: Verdict,
    recorded: End,
    simulated: End,
    parts_at: Option<Spot>,
}

#[derive(Debug, Default)]
struct Counted {
    visits: u64,
    examples: Vec<Id<BookingSession>>,
}

/// Visits that end elsewhere in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "SimulationGroup")]
pub struct Group {
    pub verdict: Verdict,
    pub visits: u64,
    pub recorded: End,
    pub simulated: End,
    /// The first place at which they part.
    pub parts_at: Option<Spot>,
    /// At most five of them.
    pub examples: Vec<Id<BookingSession>>,
}

impl Tally {
    const MOST_GROUPS: usize = 1_000;
    const MOST_EXAMPLES: usize = 5;

    /// One more visit; `None` for one that cannot be read.
    pub fn add(&mut self, session: Id<BookingSession>, simulated: Option<Simulated>) {
        self.visits += 1;
        let Some(Simulated { verdict, recorded, simulated, parts_at }) = simulated else {
            self.unreadable += 1;
            return;
        };
        match verdict {
            Verdict::SameEnd => {
                self.same_end += 1;
                return;
            }
            Verdict::OtherEnd => self.other_end += 1,
            Verdict::Stuck => self.stuck += 1,
        }
        let key = Key { verdict, recorded, simulated, parts_at };
        if self.groups.len() == Self::MOST_GROUPS && !self.groups.contains_key(&key) {
            self.in_no_group += 1;
            return;
        }
        let counted = self.groups.entry(key).or_default();
        counted.visits += 1;
        if counted.examples.len() < Self::MOST_EXAMPLES {
            counted.examples.push(session);
        }
    }

    /// The largest first.
    pub fn groups(&self) -> Vec<Group> {
        let group = |(key, counted): (&Key, &Counted)| Group {
            verdict: key.verdict,
            visits: counted.visits,
            recorded: key.recorded.clone(),
            simulated: key.simulated.clone(),
            parts_at: key.parts_at.clone(),
            examples: counted.examples.clone(),
        };
        let mut groups: Vec<_> = self.groups.iter().map(group).collect();
        groups.sort_by_key(|it| std::cmp::Reverse(it.visits));
        groups
    }
}
