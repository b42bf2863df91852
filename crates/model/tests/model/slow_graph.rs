//! What must hold of a service-selection graph, by looking at every path: simple and slow, and
//! sharing nothing with the crate.

use crate::sketch::{Ask, Sketch, Spot};

pub(crate) struct SlowGraph<'a> {
    sketch: &'a Sketch,
    pub(crate) spots: Vec<Spot>,
    /// Where each question stands among the spots; its answers follow it.
    first: Vec<usize>,
    /// By the place of the spot.
    next: Vec<Vec<Spot>>,
    /// Codes of edges that may not be.
    pub(crate) bad_edges: Vec<&'static str>,
}

impl<'a> SlowGraph<'a> {
    pub(crate) fn new(sketch: &'a Sketch) -> Self {
        let spots = sketch.spots();
        let questions = |(n, spot): (usize, &Spot)| matches!(spot, Spot::Question(_)).then_some(n);
        let first = spots.iter().enumerate().filter_map(questions).collect();
        let next = vec![Vec::new(); spots.len()];
        let mut graph = Self { sketch, spots, first, next, bad_edges: Vec::new() };
        let mut seen = Vec::new();
        for (from, to) in sketch.edges() {
            let fault = if !graph.spots.contains(&from) || !graph.spots.contains(&to) {
                Some("graph.dangling")
            } else if seen.contains(&(from, to)) {
                Some("graph.duplicate_edge")
            } else {
                seen.push((from, to));
                graph.fault(from, to)
            };
            let place = graph.place(from);
            match fault {
                Some(code) => graph.bad_edges.push(code),
                None => graph.next[place].push(to),
            }
        }
        graph
    }

    fn place(&self, spot: Spot) -> usize {
        match spot {
            Spot::Question(n) => self.first[n],
            Spot::Answer(n, m) => self.first[n] + 1 + m,
            Spot::Service(n) => self.spots.len() - self.sketch.services + n,
        }
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
        &self.next[self.place(spot)]
    }

    pub(crate) fn selects(&self, spot: Spot) -> bool {
        self.service(spot).is_some()
    }

    /// The service that a spot selects.
    pub(crate) fn service(&self, spot: Spot) -> Option<usize> {
        match spot {
            Spot::Question(_) => None,
            Spot::Service(n) => Some(n),
            Spot::Answer(n, m) => match &self.sketch.questions[n] {
                Ask::Choice(replies) => replies[m].selects,
                Ask::Number(_) => None,
            },
        }
    }

    /// Whether anything leads to a spot.
    pub(crate) fn is_led_to(&self, spot: Spot) -> bool {
        self.next.iter().any(|it| it.contains(&spot))
    }

    pub(crate) fn reachable(&self) -> Vec<Spot> {
        fn visit(graph: &SlowGraph<'_>, spot: Spot, seen: &mut Vec<Spot>) {
            if !seen.contains(&spot) {
                seen.push(spot);
                graph.next(spot).iter().for_each(|to| visit(graph, *to, seen));
            }
        }
        let mut seen = Vec::new();
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
        // Every cycle goes through a question.
        for start in self.reachable().into_iter().filter(|it| matches!(it, Spot::Question(_))) {
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
        let mut ends = vec![(root, usize::from(self.selects(root)))];
        let mut seen = vec![[false; 3]; self.spots.len()];
        let mut length = 1;
        while !ends.is_empty() {
            if ends.iter().any(|(spot, services)| found(*spot, *services)) {
                return Some(length);
            }
            let mut longer = Vec::new();
            for (spot, services) in ends {
                for to in self.next(spot) {
                    let services = (services + usize::from(self.selects(*to))).min(2);
                    let known = &mut seen[self.place(*to)][services];
                    if !*known {
                        longer.push((*to, services));
                    }
                    *known = true;
                }
            }
            (ends, length) = (longer, length + 1);
        }
        None
    }
}
