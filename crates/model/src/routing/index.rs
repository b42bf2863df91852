//! Finds the first router that matches without looking at the others.
//!
//! For each scheduler there is a tree over path segments; at the end of a pattern begins a tree
//! over its conditions, the rarest first, so that routers with the same path, or with none, part
//! at what tells them apart. A page is first turned into the numbers of the segments and
//! conditions that it has; from then on only branches are walked whose every condition holds.
//! Each branch knows the best router below it, and the most promising is walked first, so that
//! the walk ends with the first router that is in time.
//!
//! What is walked in vain, and bounds the cost in the worst case, are: the branches of a path
//! that `*` and literals share (at most two for a segment and a level); routers of one branch that
//! are out of time or lead to an unpublished flow; and optional parameters that are named by
//! several routers. Wildcards inside campaign fields are found by their longest literal piece:
//! what is looked at is the value, once, and those whose piece is in it.

mod build;
mod facts;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use self::facts::{Facts, Known};
use super::Page;
use crate::{Id, scheduler::SchedulerConfig};

#[derive(Debug, Default)]
pub(super) struct Index {
    known: Known,
    /// Where the tree of each scheduler begins; that of `None` is for all.
    roots: HashMap<Option<Id<SchedulerConfig>>, usize>,
    paths: Vec<PathNode>,
    branches: Vec<Branch>,
}

/// A prefix of paths.
#[derive(Debug)]
struct PathNode {
    best: usize,
    /// By the number of the segment.
    literals: Vec<(u32, usize)>,
    any: Option<usize>,
    /// The branch of patterns that end here.
    end: Option<usize>,
    /// The branch of patterns that may go on from here.
    open: Option<usize>,
}

/// A prefix of conditions.
#[derive(Debug)]
struct Branch {
    best: usize,
    /// Ranks of the routers that ask no more.
    here: Vec<usize>,
    /// By the number of the condition.
    musts: Vec<(u32, usize)>,
    /// Best first.
    options: Vec<Options>,
}

/// What follows on one parameter that may be absent.
#[derive(Debug)]
struct Options {
    best: usize,
    name: u32,
    /// Best first.
    branches: Vec<usize>,
    by_value: HashMap<u32, usize>,
}

/// Where the walk may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// A node of paths, and how many segments lead there.
    Path(usize, usize),
    /// A branch, and how many of the page's conditions are before those that may follow.
    Branch(usize, usize),
    /// A branch's optional parameters, from one on.
    Options(usize, usize),
    /// A branch, its optional parameter, and the values of it from one on.
    Values(usize, usize, usize),
}

struct Walk<'a> {
    index: &'a Index,
    facts: Facts,
    /// Best first.
    waiting: BinaryHeap<(Reverse<usize>, Place)>,
}

impl Index {
    /// The least rank that the page matches and `accepts` says yes to.
    pub(super) fn first(
        &self,
        page: &Page,
        scheduler: Option<Id<SchedulerConfig>>,
        accepts: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let roots = [self.roots.get(&None), scheduler.and_then(|it| self.roots.get(&Some(it)))];
        let facts = self.known.facts(page);
        let mut walk = Walk { index: self, facts, waiting: BinaryHeap::with_capacity(16) };
        for root in roots.into_iter().flatten() {
            walk.waiting.push((Reverse(self.paths[*root].best), Place::Path(*root, 0)));
        }
        let mut found = None;
        while let Some((Reverse(bound), place)) = walk.waiting.pop() {
            if found.is_some_and(|it| it <= bound) {
                break;
            }
            match place {
                Place::Path(node, depth) => walk.path(node, depth),
                Place::Options(branch, nth) => walk.options(branch, nth),
                Place::Values(branch, nth, value) => walk.values(branch, nth, value),
                Place::Branch(branch, from) => {
                    walk.branch(branch, from);
                    let mut here = self.branches[branch].here.iter().copied();
                    let best =
                        here.find(|it| found.is_some_and(|found| found <= *it) || accepts(*it));
                    found = found.into_iter().chain(best).min();
                }
            }
        }
        found
    }
}

impl Walk<'_> {
    fn path(&mut self, node: usize, depth: usize) {
        let node = &self.index.paths[node];
        if let Some(open) = node.open {
            self.branch_waits(open, 0);
        }
        let Some(segment) = self.facts.segments.get(depth).copied() else {
            if let Some(end) = node.end {
                self.branch_waits(end, 0);
            }
            return;
        };
        let literal = segment.and_then(|it| child(&node.literals, it));
        for next in literal.into_iter().chain(node.any) {
            let best = self.index.paths[next].best;
            self.waiting.push((Reverse(best), Place::Path(next, depth + 1)));
        }
    }

    fn branch(&mut self, at: usize, from: usize) {
        let branch = &self.index.branches[at];
        let holding = self.facts.conditions.len() - from;
        if holding <= branch.musts.len() {
            for nth in from..self.facts.conditions.len() {
                if let Some(next) = child(&branch.musts, self.facts.conditions[nth]) {
                    self.branch_waits(next, nth + 1);
                }
            }
        } else {
            for (condition, next) in &branch.musts {
                let holding = &self.facts.conditions[from..];
                if let Ok(nth) = holding.binary_search(condition) {
                    self.branch_waits(*next, from + nth + 1);
                }
            }
        }
        if let Some(first) = branch.options.first() {
            self.waiting.push((Reverse(first.best), Place::Options(at, 0)));
        }
    }

    fn options(&mut self, at: usize, nth: usize) {
        let options = &self.index.branches[at].options;
        if let Some(next) = options.get(nth + 1) {
            self.waiting.push((Reverse(next.best), Place::Options(at, nth + 1)));
        }
        let Some(option) = options.get(nth) else { return };
        match self.facts.optional.iter().find(|it| it.0 == option.name) {
            None => self.waiting.push((Reverse(option.best), Place::Values(at, nth, 0))),
            Some((_, value)) => {
                // Nothing that must be there follows.
                if let Some(next) = value.and_then(|it| option.by_value.get(&it)) {
                    self.branch_waits(*next, self.facts.conditions.len());
                }
            }
        }
    }

    fn values(&mut self, at: usize, nth: usize, value: usize) {
        let Some(option) = self.index.branches[at].options.get(nth) else { return };
        if let Some(next) = option.branches.get(value + 1) {
            let best = self.index.branches[*next].best;
            self.waiting.push((Reverse(best), Place::Values(at, nth, value + 1)));
        }
        if let Some(branch) = option.branches.get(value) {
            self.branch_waits(*branch, self.facts.conditions.len());
        }
    }

    fn branch_waits(&mut self, branch: usize, from: usize) {
        let best = self.index.branches[branch].best;
        self.waiting.push((Reverse(best), Place::Branch(branch, from)));
    }
}

fn child(children: &[(u32, usize)], number: u32) -> Option<usize> {
    children.binary_search_by_key(&number, |it| it.0).ok().map(|place| children[place].1)
}
