//! Layers: edges are made to point down, nodes get a layer, and long edges get a bend in every layer between.

use std::collections::BTreeSet;

use super::number;

const MAX_FOLDS: usize = 64;
const FREE_BENDS: usize = 4_000;
const BENDS_PER_ITEM: usize = 3;

/// A graph whose edges all lead from one layer to the next; vertices behind the nodes are bends.
pub(super) struct Layered {
    pub(super) layer: Vec<usize>,
    pub(super) above: Vec<Vec<usize>>,
    pub(super) below: Vec<Vec<usize>>,
    pub(super) chains: Vec<Chain>,
}

/// The vertices that an edge passes, from top to bottom.
pub(super) struct Chain {
    pub(super) edge: (usize, usize),
    pub(super) reversed: bool,
    pub(super) vertices: Vec<usize>,
}

struct Link {
    upper: usize,
    lower: usize,
    reversed: bool,
    length: usize,
}

impl Layered {
    /// Gives every node its layer; layers wider than `limit` are folded into several.
    pub(super) fn new(widths: &[f64], edges: &[(usize, usize)], limit: f64) -> Self {
        let (mut links, order) = point_down(widths.len(), edges);
        let mut links_from = vec![Vec::new(); widths.len()];
        for (index, link) in links.iter().enumerate() {
            links_from[link.upper].push(index);
        }
        let layer = fold_wide_layers(widths, &mut links, &links_from, &order, limit);
        let mut layered = Self {
            above: vec![Vec::new(); layer.len()],
            below: vec![Vec::new(); layer.len()],
            chains: Vec::with_capacity(links.len()),
            layer,
        };
        layered.add_chains(&links);
        layered
    }

    /// Long edges from one question, or to one shared target, share their bends, so that they read as one trunk.
    fn add_chains(&mut self, links: &[Link]) {
        let nodes = self.layer.len();
        let mut budget = FREE_BENDS + BENDS_PER_ITEM * (nodes + links.len());
        let mut into = vec![0_usize; nodes];
        let mut out_of = vec![0_usize; nodes];
        for link in links {
            out_of[link.upper] += 1;
            into[link.lower] += 1;
        }
        let mut trunks = vec![(Vec::new(), Vec::new()); nodes];
        for link in links {
            let bends = self.layer[link.lower] - self.layer[link.upper] - 1;
            let mut own = Vec::new();
            let merges = !link.reversed && into[link.lower] >= out_of[link.upper];
            let trunk = match (link.reversed, merges) {
                (true, _) => &mut own,
                (false, true) => &mut trunks[link.lower].0,
                (false, false) => &mut trunks[link.upper].1,
            };
            let shared = trunk.len().min(bends);
            let vertices = if bends - shared <= budget {
                budget -= bends - shared;
                self.grow(trunk, link, bends, merges)
            } else {
                vec![link.upper, link.lower]
            };
            self.connect(&vertices);
            let edge = (link.upper, link.lower);
            let edge = if link.reversed { (edge.1, edge.0) } else { edge };
            self.chains.push(Chain { edge, reversed: link.reversed, vertices });
        }
    }

    /// Lengthens the trunk to `bends`, and returns the part of the way that no earlier edge has gone.
    fn grow(
        &mut self,
        trunk: &mut Vec<usize>,
        link: &Link,
        bends: usize,
        merges: bool,
    ) -> Vec<usize> {
        let (start, end) = if merges { (link.lower, link.upper) } else { (link.upper, link.lower) };
        let shared = trunk.len().min(bends);
        let mut vertices = vec![if shared == 0 { start } else { trunk[shared - 1] }];
        for step in shared + 1..=bends {
            let layer = self.layer[start];
            let bend = self.layer.len();
            self.layer.push(if merges { layer - step } else { layer + step });
            self.above.push(Vec::new());
            self.below.push(Vec::new());
            trunk.push(bend);
            vertices.push(bend);
        }
        vertices.push(end);
        if merges {
            vertices.reverse();
        }
        vertices
    }

    fn connect(&mut self, vertices: &[usize]) {
        for pair in vertices.windows(2) {
            if self.layer[pair[0]] + 1 == self.layer[pair[1]] {
                self.below[pair[0]].push(pair[1]);
                self.above[pair[1]].push(pair[0]);
            }
        }
    }
}

/// Turns the edges that close a cycle, and returns all links with the nodes in topological order.
fn point_down(count: usize, edges: &[(usize, usize)]) -> (Vec<Link>, Vec<usize>) {
    let mut seen = BTreeSet::new();
    let edges: Vec<_> =
        edges.iter().copied().filter(|&edge| edge.0 != edge.1 && seen.insert(edge)).collect();
    let mut targets = vec![Vec::new(); count];
    let mut has_parent = vec![false; count];
    for (index, &(from, to)) in edges.iter().enumerate() {
        targets[from].push((to, index));
        has_parent[to] = true;
    }
    let roots = (0..count).filter(|&node| !has_parent[node]);
    let (order, closes_cycle) = search(&targets, edges.len(), roots.chain(0..count));
    let links = edges
        .iter()
        .zip(closes_cycle)
        .map(|(&(from, to), reversed)| {
            let (upper, lower) = if reversed { (to, from) } else { (from, to) };
            Link { upper, lower, reversed, length: 1 }
        })
        .collect();
    (links, order)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    Open,
    Done,
}

/// Depth-first search: the nodes in reverse postorder, and for each edge whether it leads back to an open node.
fn search(
    targets: &[Vec<(usize, usize)>],
    edge_count: usize,
    starts: impl Iterator<Item = usize>,
) -> (Vec<usize>, Vec<bool>) {
    let mut visits = vec![Visit::New; targets.len()];
    let mut order = Vec::with_capacity(targets.len());
    let mut closes_cycle = vec![false; edge_count];
    let mut open = Vec::new();
    for start in starts {
        if visits[start] == Visit::New {
            visits[start] = Visit::Open;
            open.push((start, 0));
        }
        while let Some((node, next)) = open.last_mut() {
            let Some(&(target, edge)) = targets[*node].get(*next) else {
                visits[*node] = Visit::Done;
                order.push(*node);
                open.pop();
                continue;
            };
            *next += 1;
            match visits[target] {
                Visit::New => {
                    visits[target] = Visit::Open;
                    open.push((target, 0));
                }
                Visit::Open => closes_cycle[edge] = true,
                Visit::Done => {}
            }
        }
    }
    order.reverse();
    (order, closes_cycle)
}

/// Longest-path layers; nodes without a parent move down to just above their first child.
fn longest_paths(links: &[Link], links_from: &[Vec<usize>], order: &[usize]) -> Vec<usize> {
    let mut layer = vec![0; links_from.len()];
    let mut is_root = vec![true; links_from.len()];
    for &node in order {
        for link in links_from[node].iter().map(|&index| &links[index]) {
            layer[link.lower] = layer[link.lower].max(layer[node] + link.length);
            is_root[link.lower] = false;
        }
    }
    for node in (0..layer.len()).filter(|&node| is_root[node]) {
        let lowest = links_from[node]
            .iter()
            .map(|&index| layer[links[index].lower] - links[index].length)
            .min();
        layer[node] = lowest.unwrap_or(0);
    }
    layer
}

/// Spreads the children of each parent of a layer that is too wide over several layers.
fn fold_wide_layers(
    widths: &[f64],
    links: &mut [Link],
    links_from: &[Vec<usize>],
    order: &[usize],
    limit: f64,
) -> Vec<usize> {
    let mut layer = longest_paths(links, links_from, order);
    let mut next = 1;
    for _ in 0..MAX_FOLDS {
        let mut totals = vec![0.0; layer.iter().max().map_or(0, |last| last + 1)];
        for (node, &at) in layer.iter().enumerate() {
            totals[at] += widths[node];
        }
        let Some(wide) = (next..totals.len()).find(|&at| totals[at] > limit) else { break };
        let mut rows = 2;
        while totals[wide] > limit * number(rows) {
            rows += 1;
        }
        for children in links_from {
            let tight =
                |link: &Link| layer[link.lower] == wide && layer[link.upper] + link.length == wide;
            let family: Vec<_> =
                children.iter().copied().filter(|&index| tight(&links[index])).collect();
            let per_row = family.len().div_ceil(rows).max(1);
            for (place, index) in family.into_iter().enumerate() {
                links[index].length += place / per_row;
            }
        }
        layer = longest_paths(links, links_from, order);
        next = wide + 1;
    }
    layer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(count: usize, edges: &[(usize, usize)]) -> Layered {
        Layered::new(&vec![100.0; count], edges, 1_000.0)
    }

    #[test]
    fn every_chain_goes_down() {
        let layered = layers(5, &[(0, 1), (1, 2), (2, 3), (0, 3), (3, 1), (4, 3)]);
        for chain in &layered.chains {
            assert!(chain.vertices.is_sorted_by_key(|&vertex| layered.layer[vertex]));
        }
        let turned: Vec<_> = layered.chains.iter().filter(|chain| chain.reversed).collect();
        assert_eq!(turned.len(), 1);
        assert_eq!(turned[0].edge, (3, 1));
        assert_eq!(layered.layer[4], layered.layer[3] - 1);
    }

    #[test]
    fn long_edges_to_one_target_share_their_bends() {
        let layered = layers(6, &[(0, 1), (1, 2), (2, 3), (3, 4), (0, 4), (1, 4), (0, 5), (5, 4)]);
        assert_eq!(layered.layer.len() - 6, 3);
    }

    #[test]
    fn a_wide_family_is_folded() {
        let edges: Vec<_> = (1..=30).map(|child| (0, child)).collect();
        let layered = layers(31, &edges);
        for layer in 1..=3 {
            assert_eq!(layered.layer[..31].iter().filter(|&&at| at == layer).count(), 10);
        }
    }

    #[test]
    fn bends_stay_within_their_budget() {
        let count = 3_000;
        let chain = (1..count).map(|node| (node - 1, node));
        let edges: Vec<_> = chain.clone().chain(chain.map(|(from, _)| (from, from / 2))).collect();
        let layered = layers(count, &edges);
        assert!(layered.layer.len() <= count + FREE_BENDS + BENDS_PER_ITEM * (count + edges.len()));
    }
}
