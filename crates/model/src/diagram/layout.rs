//! A layered layout: which box stands where, and which way the edges go.

mod layers;
mod order;
mod parts;
mod place;

use layers::{Chain, Layered};
use parts::{Part, parts};

const BLOCK_GAP: f64 = 56.0;
const LAYER_GAP: f64 = 48.0;
const LEAD: f64 = 8.0;
const MAX_EXTRA_GAP: f64 = 84.0;
const LOOP_ROOM: f64 = 56.0;
const BACK_EDGE_SHIFT: f64 = 22.0;
const MIN_WIDTH_LIMIT: f64 = 2_000.0;
const ASPECT: f64 = 1.6;
const MAX_VISITS: usize = 200_000;

#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A vertical piece of an edge; between two of them the edge curves through a gap between layers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Stop {
    pub(super) x: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// The way of an edge from top to bottom; it may join the trunk of an earlier edge at either end.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Route {
    pub(super) edge: (usize, usize),
    pub(super) reversed: bool,
    pub(super) stops: Vec<Stop>,
}

#[derive(Default, PartialEq, Debug)]
pub(super) struct Layout {
    pub(super) boxes: Vec<Rect>,
    pub(super) routes: Vec<Route>,
    pub(super) loops: Vec<usize>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Arranges boxes of the given sizes; each connected part is laid out for itself. Edges must be in range.
pub(super) fn arrange(sizes: &[Size], edges: &[(usize, usize)]) -> Layout {
    let mut loops: Vec<_> =
        edges.iter().filter(|edge| edge.0 == edge.1).map(|edge| edge.0).collect();
    loops.sort_unstable();
    loops.dedup();
    let mut roomy = sizes.to_vec();
    for &node in &loops {
        roomy[node].width += LOOP_ROOM;
    }
    let area: f64 = roomy.iter().map(|size| (size.width + 20.0) * (size.height + 70.0)).sum();
    let limit = (area.sqrt() * ASPECT).max(MIN_WIDTH_LIMIT);
    let mut blocks: Vec<_> =
        parts(sizes.len(), edges).iter().map(|part| Block::new(part, &roomy, limit)).collect();
    blocks.sort_by(|a, b| b.height.total_cmp(&a.height));
    let mut layout =
        Layout { boxes: vec![Rect::default(); sizes.len()], loops, ..Layout::default() };
    layout.put_on_shelves(blocks, limit);
    for (rect, size) in layout.boxes.iter_mut().zip(sizes) {
        rect.x += (rect.width - size.width) / 2.0;
        rect.width = size.width;
    }
    layout
}

/// How often a step that visits all of a graph may be repeated: often when small, seldom when huge.
fn rounds(graph: &Layered, most: usize) -> usize {
    (MAX_VISITS / graph.layer.len().max(1)).clamp(1, most)
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// A connected part, laid out from its own upper left corner.
struct Block {
    boxes: Vec<(usize, Rect)>,
    routes: Vec<Route>,
    width: f64,
    height: f64,
}

impl Block {
    fn new(part: &Part, sizes: &[Size], limit: f64) -> Self {
        let sizes: Vec<Size> = part.nodes.iter().map(|&node| sizes[node]).collect();
        let mut widths: Vec<f64> = sizes.iter().map(|size| size.width).collect();
        let graph = Layered::new(&widths, &part.edges, limit);
        widths.resize(graph.layer.len(), 0.0);
        let rows = order::order_layers(&graph);
        let mut middles = place::place(&graph, &rows, &widths);
        let edge_of =
            |side: f64| middles.iter().zip(&widths).map(move |(x, width)| x + width * side);
        let left = edge_of(-0.5).fold(f64::MAX, f64::min);
        let right = edge_of(0.5).fold(f64::MIN, f64::max);
        for middle in &mut middles {
            *middle -= left;
        }
        let bands = bands(&graph, &rows, &middles, &sizes);
        let boxes: Vec<Rect> = sizes
            .iter()
            .enumerate()
            .map(|(node, size)| Rect {
                x: middles[node] - size.width / 2.0,
                y: bands[graph.layer[node]].0,
                width: size.width,
                height: size.height,
            })
            .collect();
        let routes = graph
            .chains
            .iter()
            .map(|chain| Route {
                edge: (part.nodes[chain.edge.0], part.nodes[chain.edge.1]),
                reversed: chain.reversed,
                stops: stops(chain, &graph, &middles, &boxes, &bands),
            })
            .collect();
        Self {
            boxes: part.nodes.iter().copied().zip(boxes).collect(),
            routes,
            width: right - left,
            height: bands.last().map_or(0.0, |band| band.1),
        }
    }
}

/// The top and bottom of every layer; gaps grow where edges go far sideways.
fn bands(graph: &Layered, rows: &[Vec<usize>], middles: &[f64], sizes: &[Size]) -> Vec<(f64, f64)> {
    let mut top = 0.0;
    let mut bands = Vec::with_capacity(rows.len());
    for row in rows {
        let tallest =
            row.iter().filter_map(|&v| sizes.get(v)).map(|size| size.height).fold(0.0, f64::max);
        let sideways = row
            .iter()
            .flat_map(|&v| {
                graph.below[v].iter().map(move |&next| (middles[v] - middles[next]).abs())
            })
            .fold(0.0, f64::max);
        bands.push((top, top + tallest));
        top += tallest + LAYER_GAP + (sideways * 0.06).min(MAX_EXTRA_GAP);
    }
    bands
}

fn stops(
    chain: &Chain,
    graph: &Layered,
    middles: &[f64],
    boxes: &[Rect],
    bands: &[(f64, f64)],
) -> Vec<Stop> {
    let last = chain.vertices.len() - 1;
    let mut stops = Vec::with_capacity(chain.vertices.len());
    for (index, &vertex) in chain.vertices.iter().enumerate() {
        let (mut top, mut bottom) = bands[graph.layer[vertex]];
        let mut x = middles[vertex];
        if let Some(rect) = boxes.get(vertex) {
            x += if chain.reversed { BACK_EDGE_SHIFT } else { 0.0 };
            match index {
                0 => {
                    top += rect.height;
                    bottom = bottom.max(top + LEAD);
                }
                i if i == last => {
                    bottom = top;
                    top -= LEAD;
                }
                _ => {}
            }
        }
        stops.push(Stop { x, top, bottom });
    }
    stops
}

impl Layout {
    fn put_on_shelves(&mut self, blocks: Vec<Block>, limit: f64) {
        let widest = blocks.iter().map(|block| block.width).fold(0.0, f64::max);
        let limit = widest.max(limit / ASPECT);
        let (mut x, mut y, mut tallest) = (0.0, 0.0, 0.0_f64);
        for block in blocks {
            if x > 0.0 && x + block.width > limit {
                y += tallest + BLOCK_GAP;
                (x, tallest) = (0.0, 0.0);
            }
            self.width = self.width.max(x + block.width);
            self.height = self.height.max(y + block.height);
            let (block_width, block_height) = (block.width, block.height);
            self.add(block, x, y);
            x += block_width + BLOCK_GAP;
            tallest = tallest.max(block_height);
        }
    }

    fn add(&mut self, block: Block, x: f64, y: f64) {
        for (node, rect) in block.boxes {
            self.boxes[node] = Rect { x: rect.x + x, y: rect.y + y, ..rect };
        }
        for mut route in block.routes {
            for stop in &mut route.stops {
                *stop = Stop { x: stop.x + x, top: stop.top + y, bottom: stop.bottom + y };
            }
            self.routes.push(route);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Random(u64);

    impl Random {
        fn below(&mut self, bound: u64) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from((self.0 >> 33) % bound).unwrap_or(0)
        }
    }

    fn random_graph(seed: u64) -> (Vec<Size>, Vec<(usize, usize)>) {
        let mut random = Random(seed);
        // Every fourth has as many as a flow that takes a while to read.
        let count =
            if seed.is_multiple_of(4) { 30 + random.below(171) } else { 1 + random.below(70) };
        let sizes = (0..count).map(|_| Size {
            width: 60.0 + number(random.below(180)),
            height: 40.0 + number(random.below(60)),
        });
        let sizes = sizes.collect();
        let edge_count = random.below(2 * count as u64 + 1);
        let mut node = || random.below(count as u64);
        (sizes, (0..edge_count).map(|_| (node(), node())).collect())
    }

    fn overlap(a: &Rect, b: &Rect) -> bool {
        let apart = |a: f64, a_size: f64, b: f64, b_size: f64| {
            a + a_size + 10.0 <= b || b + b_size + 10.0 <= a
        };
        !apart(a.x, a.width, b.x, b.width) && !apart(a.y, a.height, b.y, b.height)
    }

    #[test]
    fn boxes_never_overlap_nor_leave_the_picture() {
        for seed in 0..120 {
            let (sizes, edges) = random_graph(seed);
            let layout = arrange(&sizes, &edges);
            for (index, rect) in layout.boxes.iter().enumerate() {
                assert!(layout.boxes[..index].iter().all(|other| !overlap(rect, other)), "{seed}");
                assert!(rect.x >= -0.01 && rect.x + rect.width <= layout.width + 0.01, "{seed}");
                assert!(rect.y >= 0.0 && rect.y + rect.height <= layout.height, "{seed}");
            }
        }
    }

    #[test]
    fn only_reversed_edges_point_upwards() {
        for seed in 0..120 {
            let (sizes, edges) = random_graph(seed);
            let layout = arrange(&sizes, &edges);
            for Route { edge: (from, to), reversed, .. } in &layout.routes {
                let (upper, lower) = if *reversed { (to, from) } else { (from, to) };
                let upper = layout.boxes[*upper];
                assert!(upper.y + upper.height < layout.boxes[*lower].y, "{seed}");
            }
        }
    }

    #[test]
    fn an_edge_runs_through_no_box() {
        for seed in 0..120 {
            let (sizes, edges) = random_graph(seed);
            let layout = arrange(&sizes, &edges);
            for stop in layout.routes.iter().flat_map(|route| &route.stops) {
                let hit = |rect: &&Rect| {
                    (rect.x - 1.0..rect.x + rect.width + 1.0).contains(&stop.x)
                        && rect.y + 1.0 < stop.bottom
                        && stop.top < rect.y + rect.height - 1.0
                };
                assert_eq!(layout.boxes.iter().find(hit), None, "{seed}");
            }
        }
    }

    /// Where the curve between two stops is at several times, as the picture draws it.
    fn curve(from: Stop, to: Stop) -> impl Iterator<Item = (f64, f64)> {
        let middle = f64::midpoint(from.bottom, to.top);
        (0..=20_u32).map(move |step| {
            let t = f64::from(step) / 20.0;
            let mix = |a: f64, b: f64, c: f64, d: f64| {
                let s = 1.0 - t;
                a * s * s * s + 3.0 * b * s * s * t + 3.0 * c * s * t * t + d * t * t * t
            };
            (mix(from.x, from.x, to.x, to.x), mix(from.bottom, middle, middle, to.top))
        })
    }

    #[test]
    fn no_curve_runs_over_the_text_of_a_box() {
        for seed in 0..120 {
            let (sizes, edges) = random_graph(seed);
            let layout = arrange(&sizes, &edges);
            for pair in layout.routes.iter().flat_map(|it| it.stops.windows(2)) {
                for (x, y) in curve(pair[0], pair[1]) {
                    let hit = |it: &&Rect| {
                        (it.x + 1.0..it.x + it.width - 1.0).contains(&x)
                            && (it.y + 1.0..it.y + it.height - 1.0).contains(&y)
                    };
                    assert_eq!(layout.boxes.iter().find(hit), None, "{seed}");
                }
            }
        }
    }

    #[test]
    fn long_chains_and_great_cycles_end() {
        let count = 20_000;
        let edges: Vec<_> = (0..count).map(|node| (node, (node + 1) % count)).collect();
        let layout = arrange(&vec![Size { width: 100.0, height: 50.0 }; count], &edges);
        assert_eq!(layout.routes.iter().filter(|route| route.reversed).count(), 1);
    }
}
