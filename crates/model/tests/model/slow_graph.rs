//! What must hold of a service-selection graph, by looking at every path: simple and slow, and
//! sharing nothing with the crate.

use std::collections::{BTreeMap, BTreeSet};

use crate::sketch::{Ask, Sketch, Spot};

pub(crate) struct SlowGraph<'a> {
    sketch: &'a Sketch,
    pub(crate) spots: Vec<Spot>,
    pub(crate) next: BTreeMap<Spot, Vec<Spot>>,
    /// Codes of edges that may not be.
    pub(crate) bad_edges: Vec<&'static str>,
}

impl<'a> SlowGraph<'a> {
    pub(crate) fn new(sketch: &'a Sketch) -> Self {
        let spots = sketch.spots();
        let (next, bad_edges) = (BTreeMap::new(), Vec::new());
        let mut graph = Self { sketch, spots: spots.clone(), next, bad_edges };
        let mut seen = Vec::new();
        for (from, to) in sketch.edges() {
            let fault = if !spots.contains(&from) || !spots.contains(&to) {
                Some("graph.dangling")
            } else if seen.contains(&(from, to)) {
                Some("graph.duplicate_edge")
            } else {
                seen.push((from, to));
                graph.fault(from, to)
            };
            match fault {
                Some(code) => graph.bad_edges.push(code),
                None => graph.next.entry(from).or_default().push(to),
            }
        }
        graph
    }

    fn fault(&self, from: Spot, to: Spot) -> Option<&'static str> {
        let choice = |n: usize| matches!(self.sketch.questions[n], Ask::Choice(_));
        let fits = match (from, to) {
            (Spot::Question(n), Spot::Answer(of, _)) if n != of => {
                return Some("graph.answer_of_other_question");
            }
            (Spot::Question(n), Spot::Answer(..)) => choice(n),
            (Spot::Question(n), _) => !choice(n) && self.next(from).is_empty(),
            (Spot::Answer(..), Spot::Answer(..)) | (Spot::Service(_), _) => false,
            (Spot::Answer(..), _) => self.next(from).is_empty(),
        };
        (!fits).then_some("graph.edge_kind")
    }

    pub(crate) fn next(&self, spot: Spot) -> &[Spot] {
        self.next.get(&spot).map_or(&[], |it| it)
    }

    pub(crate) fn selects(&self, spot: Spot) -> bool {
        match spot {
            Spot::Question(_) => false,
            Spot::Service(_) => true,
            Spot::Answer(n, m) => match &self.sketch.questions[n] {
                Ask::Choice(replies) => replies[m].selects.is_some(),
                Ask::Number(_) => false,
            },
        }
    }

    pub(crate) fn reachable(&self) -> BTreeSet<Spot> {
        fn visit(graph: &SlowGraph<'_>, spot: Spot, seen: &mut BTreeSet<Spot>) {
            if seen.insert(spot) {
                graph.next(spot).iter().for_each(|to| visit(graph, *to, seen));
            }
        }
        let mut seen = BTreeSet::new();
        visit(self, self.sketch.root, &mut seen);
        seen
    }

    /// How many nodes the shortest cycle has that a visitor can come to.
    pub(crate) fn shortest_cycle(&self) -> Option<usize> {
        fn search(graph: &SlowGraph<'_>, path: &mut Vec<Spot>, best: &mut Option<usize>) {
            for to in graph.next(path[path.len() - 1]) {
                if *to == path[0] {
                    *best = Some(best.map_or(path.len(), |it: usize| it.min(path.len())));
                } else if !path.contains(to) {
                    path.push(*to);
                    search(graph, path, best);
                    path.pop();
                }
            }
        }
        let mut best = None;
        for start in self.reachable() {
            search(self, &mut vec![start], &mut best);
        }
        best
    }

    /// Every path from the root to where it ends. Endless with a cycle.
    pub(crate) fn all_paths(&self) -> Vec<Vec<Spot>> {
        fn extend(graph: &SlowGraph<'_>, path: &mut Vec<Spot>, all: &mut Vec<Vec<Spot>>) {
            let next = graph.next(path[path.len() - 1]);
            if next.is_empty() {
                all.push(path.clone());
            }
            for to in next {
                path.push(*to);
                extend(graph, path, all);
                path.pop();
            }
        }
        let mut all = Vec::new();
        extend(self, &mut vec![self.sketch.root], &mut all);
        all
    }

    pub(crate) fn services_on(&self, path: &[Spot]) -> usize {
        path.iter().filter(|it| self.selects(**it)).count()
    }

    pub(crate) fn is_dead_end(&self, spot: Spot) -> bool {
        self.next(spot).is_empty() && !self.selects(spot)
    }

    /// The number of nodes of the shortest walk for which `found` holds of its last node and the
    /// services passed. Steps all walks at once, so that cycles do not matter.
    pub(crate) fn shortest_walk(&self, found: impl Fn(Spot, usize) -> bool) -> Option<usize> {
        let root = self.sketch.root;
        let mut ends = BTreeSet::from([(root, usize::from(self.selects(root)))]);
        for length in 1..=3 * self.spots.len() {
            if ends.iter().any(|(spot, services)| found(*spot, *services)) {
                return Some(length);
            }
            let step = |(spot, services): &(Spot, usize)| {
                let services = *services;
                let to = self.next(*spot).iter();
                to.map(|it| (*it, (services + usize::from(self.selects(*it))).min(2)))
                    .collect::<Vec<_>>()
            };
            ends = ends.iter().flat_map(step).collect();
        }
        None
    }
}
