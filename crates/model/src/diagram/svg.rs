//! SVG pictures that stand alone: own styles, no scripts, nothing loaded from elsewhere.

use std::fmt::Write;

use super::{
    Diagram, DiagramNode, Mark, NodeKind,
    layout::{self, Layout, Rect, Size, Stop},
    text,
};

const MARGIN: f64 = 32.0;
const TITLE_SIZE: f64 = 20.0;
const TITLE_LINE: f64 = 26.0;
const LABEL_SIZE: f64 = 13.0;
const LABEL_LINE: f64 = 17.0;
const NOTE_SIZE: f64 = 11.0;
const WORD_SIZE: f64 = 9.0;
const MAX_LINES: usize = 3;
const BEVEL: f64 = 14.0;
const HEAD: f64 = 7.5;

const STYLE: &str = include_str!("svg.css");

/// Draws the diagram.
pub(super) fn render(diagram: &Diagram) -> String {
    let cards: Vec<Card> = diagram.nodes.iter().map(Card::new).collect();
    let sizes: Vec<Size> = cards.iter().map(|card| card.size).collect();
    let edges: Vec<_> = diagram.known_edges().collect();
    let layout = layout::arrange(&sizes, &edges);
    let heading = Heading::new(diagram, layout.width);
    let width = layout.width.max(heading.size.width) + 2.0 * MARGIN;
    let height = layout.height + heading.size.height + 2.0 * MARGIN;
    let left = (width - layout.width) / 2.0;
    let top = MARGIN + heading.size.height;

    let mut svg = Svg(String::new());
    svg.open(&heading, width, height);
    svg.put(format_args!("<g transform=\"translate({} {})\">\n", px(left), px(top)));
    svg.edges(&layout, diagram);
    svg.put(format_args!("<g class=\"nodes\">\n"));
    for ((card, node), rect) in cards.iter().zip(&diagram.nodes).zip(&layout.boxes) {
        svg.card(card, node, *rect);
    }
    svg.put(format_args!("</g>\n</g>\n</svg>\n"));
    svg.0
}

/// The text of a box and the room it needs.
struct Card {
    lines: Vec<String>,
    note: Option<String>,
    full_text: Option<String>,
    size: Size,
}

impl Card {
    fn new(node: &DiagramNode) -> Self {
        let (text_width, min_width, padding) = match node.kind {
            NodeKind::Question => (188.0, 120.0, 26.0),
            NodeKind::Answer => (124.0, 84.0, 14.0),
            NodeKind::Service => (156.0, 110.0, 22.0),
        };
        let label = node.shown_label();
        let remark = node.shown_note();
        let wrapped = text::wrap(&label, LABEL_SIZE, text_width, MAX_LINES);
        let below = remark.as_deref().map(|line| text::wrap(line, NOTE_SIZE, text_width, 1));
        let cut = wrapped.cut || below.as_ref().is_some_and(|line| line.cut);
        let full_text = cut.then(|| match remark {
            Some(remark) => format!("{label} ({remark})"),
            None => label,
        });
        let small_line = below.and_then(|line| line.lines.into_iter().next());
        let widest = wrapped
            .lines
            .iter()
            .map(|line| text::width(line, LABEL_SIZE))
            .chain(small_line.iter().map(|line| text::width(line, NOTE_SIZE)))
            .chain((node.mark != Mark::Same).then(|| text::width(&capitals(node), WORD_SIZE) * 1.2))
            .fold(min_width - 2.0 * padding, f64::max);
        let lines_height: f64 = wrapped.lines.iter().map(|_| LABEL_LINE).sum();
        let note_height = if small_line.is_some() { LABEL_LINE } else { 0.0 };
        let size = Size {
            width: ((widest + 2.0 * padding) / 4.0).ceil() * 4.0,
            height: 32.0 + lines_height + note_height,
        };
        Self { lines: wrapped.lines, note: small_line, full_text, size }
    }
}

struct Heading {
    title: String,
    lines: Vec<String>,
    counts: String,
    size: Size,
}

impl Heading {
    fn new(diagram: &Diagram, room: f64) -> Self {
        let title = text::clean(&diagram.title);
        let wrapped = text::wrap(&title, TITLE_SIZE, room.max(360.0), 2);
        let lines: Vec<_> = wrapped.lines.into_iter().filter(|line| !line.is_empty()).collect();
        let counts = counts(diagram);
        let width = lines
            .iter()
            .map(|line| text::width(line, TITLE_SIZE))
            .fold(text::width(&counts, LABEL_SIZE), f64::max);
        let height = lines.iter().map(|_| TITLE_LINE).sum::<f64>() + 40.0;
        Self { title, lines, counts, size: Size { width, height } }
    }
}

fn counts(diagram: &Diagram) -> String {
    let count = |kind: NodeKind| {
        let count = diagram.nodes.iter().filter(|node| node.kind == kind).count();
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {}{plural}", kind.word())
    };
    let mut counts = NodeKind::ALL.map(count).to_vec();
    for mark in Mark::MARKED {
        let count = diagram.nodes.iter().filter(|node| node.mark == mark).count();
        if count > 0 {
            counts.push(format!("{} {count} {}", mark.sign(), mark.word()));
        }
    }
    counts.join(" · ")
}

/// What a box says of itself above its label.
fn capitals(node: &DiagramNode) -> String {
    let word = node.kind.word();
    match node.mark {
        Mark::Same => word.to_uppercase(),
        mark => format!("{} {word} · {}", mark.sign(), mark.word()).to_uppercase(),
    }
}

/// A class with that of its mark.
fn marked(class: &str, mark: Mark) -> String {
    match mark {
        Mark::Same => class.to_owned(),
        mark => format!("{class} {}", mark.word()),
    }
}

fn px(value: f64) -> f64 {
    (value * 10.0).round() / 10.0 + 0.0
}

struct Svg(String);

impl Svg {
    fn put(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.0.write_fmt(arguments);
    }

    fn open(&mut self, heading: &Heading, width: f64, height: f64) {
        let (width, height) = (px(width.ceil()), px(height.ceil()));
        let name = if heading.title.is_empty() { "Diagram" } else { &heading.title };
        let name = text::escape_xml(name);
        self.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"wrkbelt-diagram\" role=\"img\" \
             viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
             <title>{name}</title>\n<style>\n{STYLE}</style>\n\
             <rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n"
        ));
        let mut baseline = MARGIN + TITLE_SIZE * 0.8;
        for line in &heading.lines {
            let line = text::escape_xml(line);
            self.put(format_args!(
                "<text class=\"heading\" x=\"{MARGIN}\" y=\"{}\">{line}</text>\n",
                px(baseline)
            ));
            baseline += TITLE_LINE;
        }
        self.put(format_args!(
            "<text class=\"counts\" x=\"{MARGIN}\" y=\"{}\">{}</text>\n",
            px(baseline - 4.0),
            heading.counts
        ));
    }

    fn edges(&mut self, layout: &Layout, diagram: &Diagram) {
        let nodes = &diagram.nodes;
        self.put(format_args!("<g class=\"edges\">\n"));
        let mut has_head = vec![false; nodes.len()];
        for route in &layout.routes {
            let to = route.edge.1;
            let class = match nodes[to].kind {
                _ if route.reversed => "back",
                NodeKind::Question => "to-question",
                NodeKind::Answer => "to-answer",
                NodeKind::Service => "to-service",
            };
            let mark = diagram.edge_marks.get(&route.edge).copied().unwrap_or_default();
            let marked = marked(class, mark);
            self.put(format_args!("<path class=\"{marked}\" d=\""));
            self.way(&route.stops);
            self.put(format_args!("\"/>\n"));
            let target = layout.boxes[to];
            if let Some(end) = route.stops.first().filter(|_| route.reversed) {
                self.head(class, end.x, end.top, HEAD);
            } else if !std::mem::replace(&mut has_head[to], true) {
                self.head(class, target.x + target.width / 2.0, target.y, -HEAD);
            }
        }
        for &node in &layout.loops {
            self.self_loop(layout.boxes[node]);
        }
        self.put(format_args!("</g>\n"));
    }

    fn way(&mut self, stops: &[Stop]) {
        let Some(first) = stops.first() else { return };
        self.put(format_args!("M{} {}", px(first.x), px(first.top)));
        if first.bottom > first.top {
            self.put(format_args!("V{}", px(first.bottom)));
        }
        for pair in stops.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            if (from.x - to.x).abs() < 0.5 {
                self.put(format_args!("L{} {}", px(to.x), px(to.top)));
            } else {
                let middle = px(f64::midpoint(from.bottom, to.top));
                let (start, end) = (px(from.x), px(to.x));
                self.put(format_args!("C{start} {middle} {end} {middle} {end} {}", px(to.top)));
            }
            if to.bottom > to.top {
                self.put(format_args!("V{}", px(to.bottom)));
            }
        }
    }

    fn head(&mut self, class: &str, x: f64, y: f64, length: f64) {
        let (x, y, half) = (px(x), px(y), HEAD * 0.6);
        self.put(format_args!(
            "<path class=\"head {class}\" d=\"M{x} {y}l-{half} {length}h{}z\"/>\n",
            2.0 * half
        ));
    }

    fn self_loop(&mut self, rect: Rect) {
        let x = px(rect.x + rect.width);
        let (from, to) = (px(rect.y + rect.height * 0.7), px(rect.y + rect.height * 0.3));
        let half = HEAD * 0.6;
        self.put(format_args!(
            "<path class=\"back\" d=\"M{x} {from}C{out} {from} {out} {to} {x} {to}\"/>\n\
             <path class=\"head back\" d=\"M{x} {to}l{HEAD} {}v{}z\"/>\n",
            -half,
            2.0 * half,
            out = px(x + 30.0)
        ));
    }

    fn card(&mut self, card: &Card, node: &DiagramNode, rect: Rect) {
        let word = node.kind.word();
        let class = marked(word, node.mark);
        let id = text::escape_xml(&text::clean(&node.id));
        self.put(format_args!("<g class=\"{class}\" data-id=\"{id}\">"));
        if let Some(full) = &card.full_text {
            self.put(format_args!("<title>{}</title>", text::escape_xml(full)));
        }
        self.shape(node.kind, rect);
        let middle = px(rect.x + rect.width / 2.0);
        let mut baseline = rect.y + 9.0 + WORD_SIZE;
        self.line("word", middle, baseline, &capitals(node));
        for line in &card.lines {
            baseline += LABEL_LINE;
            self.line("", middle, baseline, line);
        }
        if let Some(note) = &card.note {
            self.line("note", middle, baseline + 16.0, note);
        }
        self.put(format_args!("</g>\n"));
    }

    fn line(&mut self, class: &str, x: f64, y: f64, line: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        self.put(format_args!(
            "<text{class} x=\"{x}\" y=\"{}\">{}</text>",
            px(y),
            text::escape_xml(line)
        ));
    }

    fn shape(&mut self, kind: NodeKind, rect: Rect) {
        let (x, y, width, height) = (px(rect.x), px(rect.y), px(rect.width), px(rect.height));
        let radius = match kind {
            NodeKind::Question => {
                let (flat, half) = (px(width - 2.0 * BEVEL), px(height / 2.0));
                return self.put(format_args!(
                    "<path class=\"box\" d=\"M{} {y}h{flat}l{BEVEL} {half}l-{BEVEL} {half}h-{flat}l-{BEVEL} -{half}z\"/>",
                    px(x + BEVEL)
                ));
            }
            NodeKind::Answer => 8.0,
            NodeKind::Service => px(height / 2.0),
        };
        self.put(format_args!(
            "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagram(labels: &[&str], edges: &[(usize, usize)]) -> Diagram {
        let nodes = labels.iter().zip(NodeKind::ALL.iter().cycle()).map(|(label, &kind)| {
            let note = Some("90 min · $149.00".to_owned());
            let (id, mark) = ("<id>".to_owned(), Mark::Same);
            DiagramNode { id, kind, label: (*label).to_owned(), note, mark }
        });
        Diagram {
            title: "A \"b\" & <c>".to_owned(),
            nodes: nodes.collect(),
            edges: edges.to_vec(),
            ..Diagram::default()
        }
    }

    #[test]
    fn every_text_is_escaped() {
        let svg = diagram(&["<script>alert('x')</script>\n&\u{0}\u{1b}"], &[]).to_svg();
        assert!(svg.contains("<title>A &quot;b&quot; &amp; &lt;c&gt;</title>"));
        assert!(svg.contains("data-id=\"&lt;id&gt;\""));
        assert!(svg.contains("&lt;script&gt;alert(&#39;x&#39;)"));
        assert!(!svg.contains("<script"));
        assert!(svg.chars().all(|c| c == '\n' || !c.is_control()));
    }

    #[test]
    fn a_long_label_is_cut_and_told_in_full() {
        let long = "word ".repeat(60);
        let svg = diagram(&[&long], &[]).to_svg();
        assert!(svg.contains("…</text>"));
        assert!(svg.contains(&format!("<title>{} (90 min · $149.00)</title>", long.trim_end())));
        assert!(!diagram(&["short"], &[]).to_svg().contains("<title>short"));
    }

    #[test]
    fn the_same_graph_gives_the_same_bytes() {
        let edges = [(0, 1), (1, 2), (0, 4), (4, 2), (1, 3), (3, 4), (4, 0), (2, 2), (0, 1)];
        let draw = || diagram(&["a", "b", "c", "d", "e"], &edges).to_svg();
        assert_eq!(draw(), draw());
    }

    #[test]
    fn empty_and_single_graphs_are_drawn() {
        let empty = diagram(&[], &[(0, 0), (0, 1)]).to_svg();
        assert!(empty.starts_with("<svg ") && empty.ends_with("</svg>\n"));
        assert!(!empty.contains("<path"));
        assert_eq!(diagram(&["only"], &[]).to_svg().matches("class=\"box\"").count(), 1);
    }

    #[test]
    fn edges_out_of_range_are_ignored() {
        let drawn = diagram(&["a", "b"], &[(0, 1), (0, 2), (7, 1), (usize::MAX, 0)]).to_svg();
        assert_eq!(drawn, diagram(&["a", "b"], &[(0, 1)]).to_svg());
    }

    #[test]
    fn a_cycle_is_drawn_as_a_way_back() {
        let svg = diagram(&["a", "b", "c"], &[(0, 1), (1, 2), (2, 0), (1, 1)]).to_svg();
        assert_eq!(svg.matches("<path class=\"back\"").count(), 2);
        assert_eq!(svg.matches("<path class=\"head back\"").count(), 2);
        assert_eq!(svg.matches("<path class=\"head to-").count(), 2);
    }
}
