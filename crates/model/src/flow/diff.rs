//! What two flows differ in, said of steps, questions and services, not of lines.

mod elements;
mod fields;
mod graph;
mod matching;
mod picture;
mod text;

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

pub use picture::draw_diff;

use self::{
    elements::Element,
    matching::{Pairs, moved},
};
use crate::flow::{
    FlowBundle,
    file::{FlowFile, Tree, Written},
};

/// All that a change of a flow changes. There is none exactly when both are the same file.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FlowDiff {
    pub equal: bool,
    /// In the order of the file.
    pub changes: Vec<Change>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Change {
    pub what: What,
    /// The place in the file after the change, of what is removed before it:
    /// `questions.need.answers.cooling`.
    pub path: String,
    /// The id of it there.
    pub id: String,
    /// As people know it.
    pub title: String,
    #[serde(flatten)]
    pub kind: ChangeKind,
}

/// What a change is a change of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Flow,
    Step,
    Question,
    Answer,
    /// A place in the graph.
    Node,
    Service,
    Zone,
    Schedule,
    Category,
    Journey,
}

/// How it differs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum ChangeKind {
    /// With all that it is, as the file has it.
    Added {
        entry: Value,
    },
    /// With all that it was.
    Removed {
        entry: Value,
    },
    Changed {
        fields: Vec<FieldChange>,
    },
    /// Another place among its like, counted from 1.
    Moved {
        from: usize,
        to: usize,
    },
    /// Leads elsewhere.
    Rewired {
        before: Vec<String>,
        after: Vec<String>,
    },
    /// Nothing but the order or the names of nodes that no visitor reaches.
    Rearranged {},
}

/// One field that has another value.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FieldChange {
    /// Dotted, as the file has it: `price.amount_minor`.
    pub field: String,
    /// `null`: it was not there.
    pub before: Value,
    /// `null`: it is not there any more.
    pub after: Value,
}

impl FlowDiff {
    /// Of any two: drafts, versions, files. Things are the same when they have the same id, or
    /// the same slug when an id is not found again.
    pub fn between(before: &FlowBundle, after: &FlowBundle) -> Self {
        Comparison::of(before, after).into_diff()
    }

    /// How many changes are of a kind.
    pub fn count(&self, kind: impl Fn(&ChangeKind) -> bool) -> usize {
        self.changes.iter().filter(|it| kind(&it.kind)).count()
    }
}

impl ChangeKind {
    /// As it is written.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Added { .. } => "added",
            Self::Removed { .. } => "removed",
            Self::Changed { .. } => "changed",
            Self::Moved { .. } => "moved",
            Self::Rewired { .. } => "rewired",
            Self::Rearranged {} => "rearranged",
        }
    }
}

impl What {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Step => "step",
            Self::Question => "question",
            Self::Answer => "answer",
            Self::Node => "node",
            Self::Service => "service",
            Self::Zone => "zone",
            Self::Schedule => "schedule",
            Self::Category => "category",
            Self::Journey => "journey",
        }
    }
}

/// One of the two flows, as a file and in parts.
struct Side<'a> {
    bundle: &'a FlowBundle,
    written: Written,
    elements: Vec<Element>,
    /// Positions of elements by their place in the file.
    places: HashMap<String, usize>,
}

impl<'a> Side<'a> {
    fn of(bundle: &'a FlowBundle) -> Self {
        let written = FlowFile::of(bundle);
        let elements = elements::of(&written);
        let places = elements.iter().enumerate().map(|(n, it)| (it.path.clone(), n)).collect();
        Self { bundle, written, elements, places }
    }
}

/// Both flows, and what of one is what of the other.
struct Comparison<'a> {
    before: Side<'a>,
    after: Side<'a>,
    elements: Pairs,
    nodes: Pairs,
}

impl<'a> Comparison<'a> {
    fn of(before: &'a FlowBundle, after: &'a FlowBundle) -> Self {
        let (before, after) = (Side::of(before), Side::of(after));
        let elements = matching::elements(&before.elements, &after.elements);
        let nodes = matching::nodes(&before, &after, &elements);
        Self { before, after, elements, nodes }
    }

    fn into_diff(self) -> FlowDiff {
        // Maps of a file are equal in any order; what is written is not.
        if Tree::of(&self.before.written.file) == Tree::of(&self.after.written.file) {
            return FlowDiff { equal: true, changes: Vec::new() };
        }
        let mut changes = self.element_changes();
        changes.extend(graph::changes(&self, &changes));
        changes.sort_by_key(|it| it.what);
        if changes.is_empty() {
            let flow = &self.after.elements[0];
            changes.push(flow.change(ChangeKind::Rearranged {}));
        }
        FlowDiff { equal: false, changes }
    }

    fn element_changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        let moved = moved(&self.before.elements, &self.after.elements, &self.elements);
        for (n, after) in self.after.elements.iter().enumerate() {
            let Some(old) = self.elements.before(n) else {
                if !after
                    .is_told_with(&self.after.elements, |it| self.elements.before(it).is_some())
                {
                    changes.push(after.change(ChangeKind::Added { entry: after.whole() }));
                }
                continue;
            };
            let before = &self.before.elements[old];
            let mut fields = Vec::new();
            if before.slug() != after.slug() && before.what != What::Step {
                fields.push(FieldChange {
                    field: "slug".to_owned(),
                    before: before.slug().into(),
                    after: after.slug().into(),
                });
            }
            fields::compare(&before.fields, &after.fields, "", &mut fields);
            if !fields.is_empty() {
                changes.push(after.change(ChangeKind::Changed { fields }));
            }
            if let Some((from, to)) = moved.get(&n) {
                changes.push(after.change(ChangeKind::Moved { from: *from, to: *to }));
            }
        }
        for (n, before) in self.before.elements.iter().enumerate() {
            let is_kept = |it| self.elements.after(it).is_some();
            if !is_kept(n) && !before.is_told_with(&self.before.elements, is_kept) {
                changes.push(before.change(ChangeKind::Removed { entry: before.whole() }));
            }
        }
        changes
    }
}
