//! Graphviz sources.

use super::{Diagram, DiagramNode, Mark, NodeKind, text};

/// Writes the diagram as a DOT digraph; nodes are named by their place, so no id can clash with a keyword.
pub(super) fn render(diagram: &Diagram) -> String {
    let title = quoted(&text::clean(&diagram.title));
    let mut lines = vec![
        format!("digraph {title} {{"),
        format!("    graph [label={title}, labelloc=t, rankdir=TB]"),
        "    node [fontname=\"sans-serif\", fontsize=11, style=\"filled,rounded\"]".to_owned(),
        "    edge [color=\"#8c959f\"]".to_owned(),
    ];
    lines.extend(diagram.nodes.iter().enumerate().map(|(index, node)| node_line(index, node)));
    lines.extend(diagram.known_edges().map(|edge| {
        let mark = diagram.edge_marks.get(&edge).copied().unwrap_or_default();
        format!("    n{} -> n{}{}", edge.0, edge.1, edge_marks(mark))
    }));
    lines.push("}\n".to_owned());
    lines.join("\n")
}

fn node_line(index: usize, node: &DiagramNode) -> String {
    let (shape, fill, line) = match node.kind {
        NodeKind::Question => ("hexagon", "#eef2ff", "#4f46e5"),
        NodeKind::Answer => ("box", "#fffbeb", "#d97706"),
        NodeKind::Service => ("ellipse", "#ecfdf5", "#059669"),
    };
    let mut label = node.shown_label();
    if let Some(note) = node.shown_note() {
        label.push('\n');
        label.push_str(&note);
    }
    let marks = match node.mark {
        Mark::Same => "",
        Mark::Added => ", penwidth=3",
        Mark::Removed => ", style=\"dashed,rounded\"",
        Mark::Changed => ", peripheries=2",
    };
    if node.mark != Mark::Same {
        label = format!("{} {label}", node.mark.sign());
    }
    format!(
        "    n{index} [shape={shape}, label={}, fillcolor=\"{fill}\", color=\"{line}\"{marks}]",
        quoted(&label)
    )
}

fn edge_marks(mark: Mark) -> &'static str {
    match mark {
        Mark::Same | Mark::Changed => "",
        Mark::Added => " [color=\"#1a7f37\", penwidth=3, label=\"+\"]",
        Mark::Removed => " [color=\"#cf222e\", style=dashed, label=\"−\"]",
    }
}

/// A text in which nothing is read as an escape.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_their_shapes_and_texts_are_no_syntax() {
        let node = |kind, label: &str, note: Option<&str>| DiagramNode {
            id: "end".to_owned(),
            kind,
            label: label.to_owned(),
            note: note.map(str::to_owned),
            mark: Mark::Same,
        };
        let diagram = Diagram {
            title: "Say \"hi\" \\N".to_owned(),
            nodes: vec![
                node(NodeKind::Question, "What broke?", None),
                node(NodeKind::Answer, "a\"]; n9 -> n8\n\\l", None),
                DiagramNode {
                    mark: Mark::Removed,
                    ..node(NodeKind::Service, "Drains", Some("90 min"))
                },
            ],
            edges: vec![(0, 1), (1, 2), (1, 9)],
            edge_marks: [((1, 2), Mark::Removed)].into(),
        };
        let expected = "digraph \"Say \\\"hi\\\" \\\\N\" {\n    \
            graph [label=\"Say \\\"hi\\\" \\\\N\", labelloc=t, rankdir=TB]\n    \
            node [fontname=\"sans-serif\", fontsize=11, style=\"filled,rounded\"]\n    \
            edge [color=\"#8c959f\"]\n    \
            n0 [shape=hexagon, label=\"What broke?\", fillcolor=\"#eef2ff\", color=\"#4f46e5\"]\n    \
            n1 [shape=box, label=\"a\\\"]; n9 -> n8 \\\\l\", fillcolor=\"#fffbeb\", color=\"#d97706\"]\n    \
            n2 [shape=ellipse, label=\"− Drains\\n90 min\", fillcolor=\"#ecfdf5\", color=\"#059669\", style=\"dashed,rounded\"]\n    \
            n0 -> n1\n    n1 -> n2 [color=\"#cf222e\", style=dashed, label=\"−\"]\n}\n";
        assert_eq!(diagram.to_dot(), expected);
        assert_eq!(diagram.to_dot(), diagram.clone().to_dot());
    }
}
