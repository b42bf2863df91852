use std::collections::HashMap;

use super::{
    super::{
        criteria::{Segment, Want},
        routers::Router,
    },
    Branch, Index, Known, Options, PathNode,
    facts::conditions,
};

impl Index {
    /// `ranked` has the best first, so that whoever comes to a place first is its best.
    pub(in super::super) fn new(ranked: &[Router]) -> Self {
        let taking_part = ranked.iter().enumerate().filter(|it| it.1.takes_part());
        let known = Known::new(taking_part.clone().map(|it| it.1));
        let mut this = Self { known, ..Self::default() };
        for (rank, router) in taking_part {
            let end = this.end_of_path(router, rank);
            let end = this.end_of_conditions(router, rank, end);
            this.branches[end].here.push(rank);
        }
        this
    }

    fn end_of_path(&mut self, router: &Router, rank: usize) -> usize {
        let mut at = self.root(router, rank);
        let path = router.criteria.path.as_ref();
        for segment in path.iter().flat_map(|it| &it.segments) {
            at = self.next_path(at, segment, rank);
        }
        let new = self.branches.len();
        let node = &mut self.paths[at];
        // No path is any path.
        let is_open = path.is_none_or(|it| it.is_open);
        let end = if is_open { &mut node.open } else { &mut node.end };
        let branch = *end.get_or_insert(new);
        if branch == new {
            self.new_branch(rank);
        }
        branch
    }

    fn root(&mut self, router: &Router, rank: usize) -> usize {
        if let Some(root) = self.roots.get(&router.scheduler) {
            return *root;
        }
        let root = self.new_path(rank);
        self.roots.insert(router.scheduler, root);
        root
    }

    fn next_path(&mut self, at: usize, segment: &Segment, rank: usize) -> usize {
        let new = self.paths.len();
        let node = &mut self.paths[at];
        let next = match segment {
            Segment::Any => *node.any.get_or_insert(new),
            Segment::Literal(literal) => {
                let number = self.known.segments.get(literal).copied().unwrap_or(u32::MAX);
                match node.literals.binary_search_by_key(&number, |it| it.0) {
                    Ok(place) => node.literals[place].1,
                    Err(place) => {
                        node.literals.insert(place, (number, new));
                        new
                    }
                }
            }
        };
        if next == new {
            self.new_path(rank);
        }
        next
    }

    fn end_of_conditions(&mut self, router: &Router, rank: usize, mut at: usize) -> usize {
        let mut musts: Vec<u32> = conditions(&router.criteria)
            .filter_map(|it| self.known.conditions.get(&it).copied())
            .collect();
        musts.sort_unstable();
        for number in musts {
            at = match self.branches[at].musts.binary_search_by_key(&number, |it| it.0) {
                Ok(place) => self.branches[at].musts[place].1,
                Err(place) => {
                    let next = self.new_branch(rank);
                    self.branches[at].musts.insert(place, (number, next));
                    next
                }
            };
        }
        for (name, want) in &router.criteria.params {
            if let Want::AbsentOr(value) = want
                && let Some((name, value)) = self.known.optional(name, value)
            {
                at = self.option(rank, at, name, value);
            }
        }
        at
    }

    fn option(&mut self, rank: usize, at: usize, name: u32, value: u32) -> usize {
        let new = self.branches.len();
        let options = &mut self.branches[at].options;
        let nth = options.iter().position(|it| it.name == name).unwrap_or_else(|| {
            let (branches, by_value) = (Vec::new(), HashMap::new());
            options.push(Options { best: rank, name, branches, by_value });
            options.len() - 1
        });
        let option = &mut options[nth];
        let next = *option.by_value.entry(value).or_insert(new);
        if next == new {
            option.branches.push(new);
            self.new_branch(rank);
        }
        next
    }

    fn new_path(&mut self, best: usize) -> usize {
        let (literals, any, end, open) = (Vec::new(), None, None, None);
        self.paths.push(PathNode { best, literals, any, end, open });
        self.paths.len() - 1
    }

    fn new_branch(&mut self, best: usize) -> usize {
        let (here, musts, options) = (Vec::new(), Vec::new(), Vec::new());
        self.branches.push(Branch { best, here, musts, options });
        self.branches.len() - 1
    }
}
