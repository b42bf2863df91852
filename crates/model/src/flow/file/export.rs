//! Bundles written as files: ids become slugs, in an order that depends on the flow only.

mod entries;
mod graph;
mod names;

use std::collections::HashMap;

use indexmap::IndexMap;

pub(super) use self::graph::edge_place;
use self::names::Names;
use super::{FlowFile, FlowHead, Format};
use crate::{
    Id, ObjectId,
    flow::FlowBundle,
    step::{GraphNode, StepConfig},
};

/// A bundle as a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    pub file: FlowFile,
    /// What has which id, by the places that [`FlowFile::build`] asks for: built with them, the
    /// file is the bundle again.
    pub ids: HashMap<String, ObjectId>,
    /// What a file cannot say: a sentence each.
    pub left_out: Vec<String>,
    /// The graph's nodes in the order in which they are met from the root.
    pub(in crate::flow) nodes: Vec<WrittenNode>,
}

/// A node of the graph and what the file calls it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::flow) struct WrittenNode {
    pub(in crate::flow) id: Id<GraphNode>,
    /// Of the node: `nodes.need-2`, or the place of what it shows when that stands here only.
    pub(in crate::flow) path: String,
    /// Of what it shows: `questions.need`.
    pub(in crate::flow) place: String,
}

impl FlowFile {
    /// All of a bundle, sound or not. What it names and does not have is named by its id.
    pub fn of(bundle: &FlowBundle) -> Written {
        let mut left_out = Vec::new();
        let mut names = Names::of(bundle);
        let head = &bundle.snapshot.flow.body;
        let mut file = Self {
            wrkbelt: Format::Flow1,
            flow: FlowHead {
                slug: head.slug.clone(),
                title: head.content.title.clone(),
                description: head.content.description.clone(),
                icon: head.content.icon.clone(),
                translations: head.content.translations.clone(),
            },
            services: names.services(),
            zones: names.zones(),
            schedules: names.schedules(),
            categories: names.categories(),
            questions: names.questions(),
            nodes: None,
            edges: Vec::new(),
            steps: names.steps(),
            journeys: head.journeys.clone(),
        };
        let mut nodes = Vec::new();
        let mut graphs = bundle.snapshot.steps.iter().filter_map(|it| match &it.body.config {
            StepConfig::ServiceSelection(config) => Some(&config.graph),
            _ => None,
        });
        if let Some(first) = graphs.next() {
            nodes = graph::write(&mut file, first, bundle, &mut names, &mut left_out);
            if graphs.any(|it| it != first) {
                left_out.push(
                    "The flow has several service selections; the file has the questions of the first."
                        .to_owned(),
                );
            }
        }
        Written { file, ids: names.ids, left_out, nodes }
    }
}

impl Written {
    /// In YAML; what is left out is said in comments at the top.
    pub fn to_yaml(&self) -> String {
        let comment = |it: &String| format!("# Left out: {it}\n");
        self.left_out.iter().map(comment).collect::<String>() + &self.file.to_yaml()
    }

    /// The id that stands at a place already, or the one that is the place's own.
    pub fn id(&self, place: &str) -> ObjectId {
        self.ids.get(place).copied().unwrap_or_else(|| ObjectId::of(place))
    }
}

/// A map in the order of a list.
fn map<K: std::hash::Hash + Eq, V>(entries: impl Iterator<Item = (K, V)>) -> IndexMap<K, V> {
    entries.collect()
}
