//! Mermaid flowcharts.

use super::{Diagram, DiagramNode, NodeKind, text};

/// Writes the diagram as Mermaid source; nodes are named by their place, so no id can clash with a keyword.
pub(super) fn render(diagram: &Diagram) -> String {
    let mut lines = Vec::new();
    let title = text::clean(&diagram.title);
    if !title.is_empty() {
        lines.push(format!("---\ntitle: \"{}\"\n---", escape_yaml(&title)));
    }
    lines.push("flowchart TD".to_owned());
    lines.extend(diagram.nodes.iter().enumerate().map(|(index, node)| node_line(index, node)));
    lines.extend(diagram.known_edges().map(|(from, to)| format!("    n{from} --> n{to}")));
    for kind in NodeKind::ALL {
        if diagram.nodes.iter().any(|node| node.kind == kind) {
            lines.push(format!("    classDef {} {}", kind.word(), colours(kind)));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

fn node_line(index: usize, node: &DiagramNode) -> String {
    let (open, close) = match node.kind {
        NodeKind::Question => ("{{", "}}"),
        NodeKind::Answer => ("(", ")"),
        NodeKind::Service => ("([", "])"),
    };
    let mut label = escape_label(&node.shown_label());
    if let Some(note) = node.shown_note() {
        label.push_str("<br/>");
        label.push_str(&escape_label(&note));
    }
    format!("    n{index}{open}\"{label}\"{close}:::{}", node.kind.word())
}

fn colours(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Question => "fill:#eef2ff,stroke:#4f46e5,color:#1e1b4b",
        NodeKind::Answer => "fill:#fffbeb,stroke:#d97706,color:#451a03",
        NodeKind::Service => "fill:#ecfdf5,stroke:#059669,color:#022c22",
    }
}

/// Writes as `#code;` whatever Mermaid could read as syntax, markup, Markdown, a formula or a directive.
fn escape_label(label: &str) -> String {
    let mut escaped = String::with_capacity(label.len());
    let mut characters = label.chars().peekable();
    while let Some(c) = characters.next() {
        let next = characters.peek();
        let plain = match c {
            ',' | '?' | '!' | '\'' | '/' => true,
            '.' | ')' | '-' => next.is_some_and(|next| next.is_alphanumeric()),
            '$' => next != Some(&'$'),
            c => !c.is_ascii_punctuation(),
        };
        if plain {
            escaped.push(c);
        } else {
            escaped.extend(["#", &u32::from(c).to_string(), ";"]);
        }
    }
    escaped
}

fn escape_yaml(title: &str) -> String {
    title.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "\\x25")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagram::Mark;

    fn node(kind: NodeKind, label: &str, note: Option<&str>) -> DiagramNode {
        DiagramNode {
            id: "end".to_owned(),
            kind,
            label: label.to_owned(),
            note: note.map(str::to_owned),
            mark: Mark::Same,
        }
    }

    #[test]
    fn kinds_have_their_shapes_and_colours() {
        let diagram = Diagram {
            title: "Home".to_owned(),
            nodes: vec![
                node(NodeKind::Question, "What broke?", None),
                node(NodeKind::Answer, "The sink", None),
                node(NodeKind::Service, "Drain cleaning", Some("90 min · $149.00")),
            ],
            edges: vec![(0, 1), (1, 2), (1, 9)],
            ..Diagram::default()
        };
        let expected = "---\ntitle: \"Home\"\n---\nflowchart TD\n    \
            n0{{\"What broke?\"}}:::question\n    \
            n1(\"The sink\"):::answer\n    \
            n2([\"Drain cleaning<br/>90 min · $149.00\"]):::service\n    \
            n0 --> n1\n    n1 --> n2\n    \
            classDef question fill:#eef2ff,stroke:#4f46e5,color:#1e1b4b\n    \
            classDef answer fill:#fffbeb,stroke:#d97706,color:#451a03\n    \
            classDef service fill:#ecfdf5,stroke:#059669,color:#022c22\n";
        assert_eq!(diagram.to_mermaid(), expected);
    }

    #[test]
    fn nothing_in_a_label_is_read_as_syntax() {
        assert_eq!(escape_label("a \"b\" <c> & #d; %%{e}%%"), {
            "a #34;b#34; #60;c#62; #38; #35;d#59; #37;#37;#123;e#125;#37;#37;"
        });
        assert_eq!(escape_label("1. $$x$$ `y` 2.5-3"), "1#46; #36;$x#36;$ #96;y#96; 2.5-3");
        assert_eq!(escape_label("- [a](b) --> *c*"), {
            "#45; #91;a#93;#40;b#41; #45;#45;#62; #42;c#42;"
        });
    }

    #[test]
    fn newlines_and_quotes_stay_on_their_line() {
        let diagram = Diagram {
            title: "say \"hi\"\n---\n%%{init}%%".to_owned(),
            nodes: vec![node(NodeKind::Answer, "a\"]\nn9 --> n8\r\u{0}", Some("\n"))],
            ..Diagram::default()
        };
        let source = diagram.to_mermaid();
        assert!(
            source.starts_with(
                "---\ntitle: \"say \\\"hi\\\" --- \\x25\\x25{init}\\x25\\x25\"\n---\n"
            )
        );
        assert!(source.contains("    n0(\"a#34;#93; n9 #45;#45;#62; n8\"):::answer\n"));
        assert_eq!(source.lines().count(), 6);
    }

    #[test]
    fn an_empty_graph_is_still_a_flowchart() {
        let diagram = Diagram { edges: vec![(0, 0)], ..Diagram::default() };
        assert_eq!(diagram.to_mermaid(), "flowchart TD\n");
    }
}
