//! Horizontal places: near the neighbours, straight where possible, never overlapping.

use super::{layers::Layered, rounds};

const ROUNDS: usize = 12;
const FINAL_ROUNDS: usize = 16;
const SIBLING_GAP: f64 = 20.0;
const FAMILY_GAP: f64 = 36.0;
const BEND_GAP: f64 = 14.0;
const STRAIGHT: f64 = 8.0;
const NEARLY_IN_LINE: f64 = 24.0;

/// Finds the middle of every vertex for layers in their final order; `widths` is zero for bends.
pub(super) fn place(graph: &Layered, layers: &[Vec<usize>], widths: &[f64]) -> Vec<f64> {
    let mut placer = Placer { graph, widths, middle: vec![0.0; widths.len()] };
    for row in layers {
        placer.settle(row, |_| (0.0, 1.0));
    }
    for _ in 0..rounds(graph, ROUNDS) {
        for row in layers {
            placer.pull(row, true, false);
        }
        for row in layers.iter().rev() {
            placer.pull(row, false, true);
        }
    }
    for _ in 0..rounds(graph, FINAL_ROUNDS) {
        for row in layers.iter().chain(layers.iter().rev()) {
            placer.pull(row, true, true);
        }
    }
    placer.straighten(layers);
    placer.middle
}

struct Placer<'a> {
    graph: &'a Layered,
    widths: &'a [f64],
    middle: Vec<f64>,
}

struct Group {
    sum: f64,
    weight: f64,
    size: usize,
}

impl Placer<'_> {
    fn is_bend(&self, vertex: usize) -> bool {
        self.widths[vertex] <= 0.0
    }

    /// Moves a row towards the neighbours above, below or both; straight trunks pull hardest.
    fn pull(&mut self, row: &[usize], from_above: bool, from_below: bool) {
        let wishes: Vec<(f64, f64)> = row
            .iter()
            .map(|&vertex| {
                let above = self.graph.above[vertex].iter().filter(|_| from_above);
                let below = self.graph.below[vertex].iter().filter(|_| from_below);
                let (mut sum, mut weight) = (0.0, 0.0);
                for &other in above.chain(below) {
                    let pull = match (self.is_bend(vertex), self.is_bend(other)) {
                        (true, true) => STRAIGHT,
                        (false, false) => 1.0,
                        _ => 2.0,
                    };
                    sum += self.middle[other] * pull;
                    weight += pull;
                }
                if weight > 0.0 { (sum / weight, weight) } else { (self.middle[vertex], 0.1) }
            })
            .collect();
        self.settle(row, |index| wishes[index]);
    }

    /// Puts a row as near to its wishes as its gaps allow (least squares, by pooling neighbours that collide).
    fn settle(&mut self, row: &[usize], wish: impl Fn(usize) -> (f64, f64)) {
        let mut offsets = Vec::with_capacity(row.len());
        let mut groups: Vec<Group> = Vec::new();
        let mut offset = 0.0;
        for (index, &vertex) in row.iter().enumerate() {
            if index > 0 {
                offset += self.distance(row[index - 1], vertex);
            }
            offsets.push(offset);
            let (target, weight) = wish(index);
            let mut group = Group { sum: (target - offset) * weight, weight, size: 1 };
            while let Some(left) =
                groups.pop_if(|left| left.sum * group.weight >= group.sum * left.weight)
            {
                group.sum += left.sum;
                group.weight += left.weight;
                group.size += left.size;
            }
            groups.push(group);
        }
        let starts = groups
            .iter()
            .flat_map(|group| std::iter::repeat_n(group.sum / group.weight, group.size));
        for ((&vertex, offset), start) in row.iter().zip(offsets).zip(starts) {
            self.middle[vertex] = start + offset;
        }
    }

    /// Lines up vertices that merely follow each other, as far as their rows leave room.
    fn straighten(&mut self, layers: &[Vec<usize>]) {
        let mut place = vec![0; self.middle.len()];
        for row in layers {
            row.iter().enumerate().for_each(|(index, &vertex)| place[vertex] = index);
        }
        let mut done = vec![false; self.middle.len()];
        for &start in layers.iter().flatten() {
            if std::mem::replace(&mut done[start], true) {
                continue;
            }
            let mut run = vec![start];
            let (mut low, mut high) = self.room(&layers[self.graph.layer[start]], place[start]);
            let mut last = start;
            while let Some(next) = self.follower(last).filter(|&next| !done[next]) {
                let room = self.room(&layers[self.graph.layer[next]], place[next]);
                if low.max(room.0) > high.min(room.1) {
                    break;
                }
                (low, high) = (low.max(room.0), high.min(room.1));
                done[next] = true;
                run.push(next);
                last = next;
            }
            self.line_up(&run, low, high);
        }
    }

    fn line_up(&mut self, run: &[usize], low: f64, high: f64) {
        let (mut sum, mut weight) = (0.0, 0.0);
        for &vertex in run {
            let own = if self.is_bend(vertex) { 1.0 } else { 1_000.0 };
            sum += self.middle[vertex] * own;
            weight += own;
        }
        let x = (sum / weight).max(low).min(high);
        for &vertex in run {
            self.middle[vertex] = x;
        }
    }

    /// The vertex right below, when it continues the same trunk or stands nearly in line.
    fn follower(&self, vertex: usize) -> Option<usize> {
        let below = &self.graph.below[vertex];
        let next_bend = below.iter().copied().find(|&next| self.is_bend(next));
        if self.is_bend(vertex) && next_bend.is_some() {
            return next_bend;
        }
        let &[next] = below.as_slice() else { return None };
        let alone = self.graph.above[next].len() == 1;
        let near = (self.middle[vertex] - self.middle[next]).abs() <= NEARLY_IN_LINE;
        (alone && near).then_some(next)
    }

    /// How far a vertex may move between its neighbours.
    fn room(&self, row: &[usize], index: usize) -> (f64, f64) {
        let vertex = row[index];
        let left = index.checked_sub(1).map(|left| row[left]);
        let right = row.get(index + 1).copied();
        (
            left.map_or(f64::MIN, |left| self.middle[left] + self.distance(left, vertex)),
            right.map_or(f64::MAX, |right| self.middle[right] - self.distance(vertex, right)),
        )
    }

    fn distance(&self, left: usize, right: usize) -> f64 {
        let gap = match (self.is_bend(left), self.is_bend(right)) {
            (false, false) if self.graph.above[left].first() == self.graph.above[right].first() => {
                SIBLING_GAP
            }
            (false, false) => FAMILY_GAP,
            _ => BEND_GAP,
        };
        f64::midpoint(self.widths[left], self.widths[right]) + gap
    }
}

#[cfg(test)]
mod tests {
    use super::{super::order::order_layers, *};

    fn middles(widths: &[f64], edges: &[(usize, usize)]) -> Vec<f64> {
        let graph = Layered::new(widths, edges, 2_000.0);
        let mut all_widths = widths.to_vec();
        all_widths.resize(graph.layer.len(), 0.0);
        place(&graph, &order_layers(&graph), &all_widths)
    }

    #[test]
    fn a_chain_is_straight() {
        let middles = middles(&[100.0, 220.0, 60.0, 130.0], &[(0, 1), (1, 2), (2, 3)]);
        assert!(middles.iter().all(|middle| (middle - middles[0]).abs() < 0.01));
    }

    #[test]
    fn a_parent_stands_above_the_middle_of_its_children() {
        let middles = middles(&[100.0; 4], &[(0, 1), (0, 2), (0, 3)]);
        assert!((middles[0] - middles[2]).abs() < 0.01);
        assert!((middles[2] - middles[1] - 100.0 - SIBLING_GAP).abs() < 0.01);
    }
}
