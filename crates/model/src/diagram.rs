//! Drawings of a service-selection graph, made without a browser.

mod dot;
mod layout;
mod mermaid;
mod svg;
mod text;

use std::collections::BTreeMap;

/// A graph ready to be drawn; it may have cycles and unreachable nodes, since a broken draft is drawn too.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Diagram {
    pub title: String,
    pub nodes: Vec<DiagramNode>,
    /// Pairs of indexes into `nodes`; a pair that points outside is left out.
    pub edges: Vec<(usize, usize)>,
    /// How edges differ from another graph; those without a mark do not.
    pub edge_marks: BTreeMap<(usize, usize), Mark>,
}

/// How a [`Diagram`] is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DiagramFormat {
    Svg,
    Mermaid,
    /// For Graphviz.
    Dot,
}

impl DiagramFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Svg, Self::Mermaid, Self::Dot];

    /// How the names of its files end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Mermaid => "mmd",
            Self::Dot => "dot",
        }
    }

    /// The one whose files end so.
    pub fn with_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.extension() == extension)
    }

    /// The type of its text.
    pub const fn mime_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Mermaid => "text/vnd.mermaid; charset=utf-8",
            Self::Dot => "text/vnd.graphviz; charset=utf-8",
        }
    }
}

/// One box of a [`Diagram`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DiagramNode {
    pub id: String,
    pub kind: NodeKind,
    pub label: String,
    /// One short line under the label, such as `90 min · $149.00`.
    pub note: Option<String>,
    pub mark: Mark,
}

/// How a part of a graph differs from another graph.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Mark {
    #[default]
    Same,
    Added,
    Removed,
    Changed,
}

impl Mark {
    const MARKED: [Self; 3] = [Self::Added, Self::Removed, Self::Changed];

    /// Seen without colours too.
    fn sign(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::Added => "+",
            Self::Removed => "−",
            Self::Changed => "~",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// What a node of the graph stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeKind {
    Question,
    Answer,
    Service,
}

impl NodeKind {
    const ALL: [Self; 3] = [Self::Question, Self::Answer, Self::Service];

    fn word(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Answer => "answer",
            Self::Service => "service",
        }
    }
}

impl Diagram {
    /// Writes the graph.
    #[must_use]
    pub fn write(&self, format: DiagramFormat) -> String {
        match format {
            DiagramFormat::Svg => self.to_svg(),
            DiagramFormat::Mermaid => self.to_mermaid(),
            DiagramFormat::Dot => self.to_dot(),
        }
    }

    /// Draws the graph as one self-contained SVG document, for light and dark pages.
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::render(self)
    }

    /// Writes the graph as a Mermaid flowchart.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        mermaid::render(self)
    }

    /// Writes the graph for Graphviz.
    #[must_use]
    pub fn to_dot(&self) -> String {
        dot::render(self)
    }

    fn known_edges(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let count = self.nodes.len();
        self.edges.iter().copied().filter(move |&(from, to)| from < count && to < count)
    }
}

impl DiagramNode {
    fn shown_label(&self) -> String {
        [&self.label, &self.id]
            .into_iter()
            .map(|name| text::clean(name))
            .find(|name| !name.is_empty())
            .unwrap_or_else(|| "Untitled".to_owned())
    }

    fn shown_note(&self) -> Option<String> {
        self.note.as_deref().map(text::clean).filter(|note| !note.is_empty())
    }
}
