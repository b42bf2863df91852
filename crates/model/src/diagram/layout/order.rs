//! The order of the vertices within each layer, with few crossings.

use super::{layers::Layered, number, rounds};

const SWEEPS: usize = 16;
const SWAP_ROUNDS: usize = 4;
const MAX_SWAPPED: usize = 10_000;

/// Orders the vertices of each layer from left to right.
pub(super) fn order_layers(graph: &Layered) -> Vec<Vec<usize>> {
    let mut rows = Rows::new(graph);
    let mut best = rows.layers.clone();
    let mut fewest = rows.crossings();
    for sweep in 0..rounds(graph, SWEEPS) {
        if fewest == 0 {
            break;
        }
        rows.sort_by_barycentre(sweep % 2 == 0);
        let crossings = rows.crossings();
        if crossings < fewest {
            fewest = crossings;
            best.clone_from(&rows.layers);
        }
    }
    rows.layers = best;
    for layer in 0..rows.layers.len() {
        rows.renumber(layer);
    }
    for _ in 0..SWAP_ROUNDS {
        if fewest == 0 || rows.place.len() > MAX_SWAPPED || !rows.swap_neighbours() {
            break;
        }
    }
    rows.layers
}

struct Rows<'a> {
    graph: &'a Layered,
    layers: Vec<Vec<usize>>,
    place: Vec<usize>,
}

impl<'a> Rows<'a> {
    /// Starts with the order of a depth-first walk, which keeps families together.
    fn new(graph: &'a Layered) -> Self {
        let count = graph.layer.len();
        let mut layers = vec![Vec::new(); graph.layer.iter().max().map_or(0, |last| last + 1)];
        let mut place = vec![0; count];
        let mut seen = vec![false; count];
        let mut open: Vec<_> =
            (0..count).rev().filter(|&vertex| graph.above[vertex].is_empty()).collect();
        while let Some(vertex) = open.pop() {
            if std::mem::replace(&mut seen[vertex], true) {
                continue;
            }
            let row: &mut Vec<usize> = &mut layers[graph.layer[vertex]];
            place[vertex] = row.len();
            row.push(vertex);
            open.extend(graph.below[vertex].iter().rev().filter(|&&next| !seen[next]));
        }
        Self { graph, layers, place }
    }

    fn renumber(&mut self, layer: usize) {
        for (place, &vertex) in self.layers[layer].iter().enumerate() {
            self.place[vertex] = place;
        }
    }

    fn sort_by_barycentre(&mut self, downwards: bool) {
        let last = self.layers.len() - 1;
        for step in 1..=last {
            let layer = if downwards { step } else { last - step };
            let fixed = if downwards { layer - 1 } else { layer + 1 };
            let scale = number(self.layers[fixed].len());
            let own_scale = number(self.layers[layer].len());
            let row = std::mem::take(&mut self.layers[layer]);
            let mut keyed: Vec<(f64, usize)> = row
                .into_iter()
                .map(|vertex| {
                    let near = if downwards {
                        &self.graph.above[vertex]
                    } else {
                        &self.graph.below[vertex]
                    };
                    if near.is_empty() {
                        return ((number(self.place[vertex]) + 0.5) / own_scale, vertex);
                    }
                    let sum: f64 = near.iter().map(|&v| number(self.place[v]) + 0.5).sum();
                    (sum / number(near.len()) / scale, vertex)
                })
                .collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            self.layers[layer] = keyed.into_iter().map(|(_, vertex)| vertex).collect();
            self.renumber(layer);
        }
    }

    fn crossings(&self) -> usize {
        let mut total = 0;
        for pair in self.layers.windows(2) {
            let mut counter = Counter(vec![0; pair[1].len() + 1]);
            let mut drawn = 0;
            for &vertex in &pair[0] {
                let ends = self.places(&self.graph.below[vertex]);
                total += ends.iter().map(|&end| drawn - counter.up_to(end)).sum::<usize>();
                for &end in &ends {
                    counter.add(end);
                }
                drawn += ends.len();
            }
        }
        total
    }

    fn places(&self, vertices: &[usize]) -> Vec<usize> {
        let mut places: Vec<_> = vertices.iter().map(|&vertex| self.place[vertex]).collect();
        places.sort_unstable();
        places
    }

    /// Swaps neighbours whose edges cross less the other way round; says whether it found any.
    fn swap_neighbours(&mut self) -> bool {
        let mut improved = false;
        for layer in 0..self.layers.len() {
            for right in 1..self.layers[layer].len() {
                let pair = [self.layers[layer][right - 1], self.layers[layer][right]];
                let [left_ends, right_ends] = pair.map(|vertex| {
                    [&self.graph.above[vertex], &self.graph.below[vertex]]
                        .map(|ends| self.places(ends))
                });
                let kept: usize =
                    (0..2).map(|side| inversions(&left_ends[side], &right_ends[side])).sum();
                let swapped: usize =
                    (0..2).map(|side| inversions(&right_ends[side], &left_ends[side])).sum();
                if swapped < kept {
                    self.layers[layer].swap(right - 1, right);
                    self.place[pair[0]] = right;
                    self.place[pair[1]] = right - 1;
                    improved = true;
                }
            }
        }
        improved
    }
}

/// Counts the pairs in which a left end lies beyond a right end; both lists are sorted.
fn inversions(left: &[usize], right: &[usize]) -> usize {
    let mut passed = 0;
    let mut total = 0;
    for &end in left {
        while right.get(passed).is_some_and(|&other| other < end) {
            passed += 1;
        }
        total += passed;
    }
    total
}

/// A Fenwick tree of how many edges end at each place.
struct Counter(Vec<usize>);

impl Counter {
    fn add(&mut self, place: usize) {
        let mut at = place + 1;
        while let Some(count) = self.0.get_mut(at) {
            *count += 1;
            at += at & at.wrapping_neg();
        }
    }

    fn up_to(&self, place: usize) -> usize {
        let mut at = place + 1;
        let mut total = 0;
        while at > 0 {
            total += self.0[at];
            at &= at - 1;
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crossings_are_counted_and_removed() {
        let edges = [(0, 1), (0, 2), (0, 3), (1, 6), (2, 5), (3, 4)];
        let graph = Layered::new(&[100.0; 7], &edges, 2_000.0);
        let mut rows = Rows::new(&graph);
        assert_eq!(rows.crossings(), 0);
        rows.layers[2].reverse();
        rows.renumber(2);
        assert_eq!(rows.crossings(), 3);
        while rows.swap_neighbours() {}
        assert_eq!(rows.crossings(), 0);
    }

    #[test]
    fn answers_keep_their_order() {
        let edges = [(0, 3), (0, 1), (0, 2)];
        let graph = Layered::new(&[100.0; 4], &edges, 2_000.0);
        assert_eq!(order_layers(&graph)[1], [3, 1, 2]);
    }
}
