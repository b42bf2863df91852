use std::collections::HashMap;

use serde_json::Value;

use crate::flow::import::{NotImportable, text::tidy};

/// Group and block, by their places in the document.
pub(super) type At = (usize, usize);

/// Where an edge leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Block(At),
    /// A group without blocks.
    Empty(usize),
}

/// The document as far as it is understood. Nothing in it is taken for granted.
pub(super) struct Bot<'a> {
    pub(super) name: Option<String>,
    groups: Vec<Group<'a>>,
    /// By their ids.
    edges: HashMap<&'a str, &'a Value>,
    /// By the ids of the block, and of the item, that they leave.
    leaving: HashMap<(&'a str, Option<&'a str>), &'a Value>,
    group_at: HashMap<&'a str, usize>,
    block_at: HashMap<&'a str, At>,
    variables: HashMap<&'a str, &'a str>,
    start: Option<Place>,
}

struct Group<'a> {
    title: Option<String>,
    blocks: Vec<&'a Value>,
}

/// More than that is nothing that a person made.
const MOST_BLOCKS: usize = 5_000;

impl<'a> Bot<'a> {
    pub(super) fn read(json: &'a Value) -> Result<Self, NotImportable> {
        if !json["groups"].is_array() {
            return Err(NotImportable::new("it is no export of Typebot: it has no list of groups"));
        }
        let groups: Vec<_> = list(&json["groups"])
            .map(|it| Group {
                title: it["title"].as_str().and_then(tidy),
                blocks: list(&it["blocks"]).collect(),
            })
            .collect();
        if groups.iter().map(|it| it.blocks.len()).sum::<usize>() > MOST_BLOCKS {
            return Err(NotImportable::new(format!("it has more than {MOST_BLOCKS} blocks")));
        }
        let group_at = list(&json["groups"]).enumerate();
        let group_at = group_at.filter_map(|(n, it)| Some((it["id"].as_str()?, n))).collect();
        let mut block_at = HashMap::new();
        for (n, group) in groups.iter().enumerate() {
            for (m, block) in group.blocks.iter().enumerate() {
                block_at.extend(block["id"].as_str().map(|id| (id, (n, m))));
            }
        }
        let edges = list(&json["edges"]).filter_map(|it| Some((it["id"].as_str()?, &it["to"])));
        let leaving = list(&json["edges"]).filter_map(|it| {
            let from = &it["from"];
            Some(((from["blockId"].as_str()?, from["itemId"].as_str()), &it["to"]))
        });
        let variables = list(&json["variables"]);
        let variables =
            variables.filter_map(|it| Some((it["id"].as_str()?, it["name"].as_str()?))).collect();
        let mut bot = Self {
            name: json["name"].as_str().and_then(tidy),
            edges: edges.collect(),
            leaving: leaving.collect(),
            groups,
            group_at,
            block_at,
            variables,
            start: None,
        };
        bot.start = bot.find_start(json);
        Ok(bot)
    }

    /// An event in version 6, a block before it.
    fn find_start(&self, json: &Value) -> Option<Place> {
        let event = list(&json["events"]).find(|it| it["type"] == "start");
        if let Some(event) = event {
            let edge = event["outgoingEdgeId"].as_str().and_then(|it| self.edges.get(it));
            let by_event = || {
                let mut edges = list(&json["edges"]);
                edges.find(|it| it["from"]["eventId"].is_string()).map(|it| &it["to"])
            };
            return self.target(edge.copied().or_else(by_event)?);
        }
        let mut blocks = self.blocks();
        blocks.find(|at| self.kind(*at) == "start").map(Place::Block)
    }

    pub(super) fn start(&self) -> Option<Place> {
        self.start
    }

    /// Places of all blocks.
    pub(super) fn blocks(&self) -> impl Iterator<Item = At> {
        let groups = self.groups.iter().enumerate();
        groups.flat_map(|(n, group)| (0..group.blocks.len()).map(move |m| (n, m)))
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = usize> {
        self.groups.iter().map(|it| it.blocks.len())
    }

    pub(super) fn block(&self, (n, m): At) -> &'a Value {
        const NOTHING: &Value = &Value::Null;
        self.groups.get(n).and_then(|it| it.blocks.get(m)).copied().unwrap_or(NOTHING)
    }

    /// `choice input`.
    pub(super) fn kind(&self, at: At) -> &'a str {
        self.block(at)["type"].as_str().unwrap_or_default()
    }

    /// What the owner called a group; `None` for what Typebot calls one.
    pub(super) fn title(&self, group: usize) -> Option<String> {
        let title = self.groups.get(group)?.title.clone()?;
        let number = title.strip_prefix("Group ").map(|it| it.trim_start_matches('#'));
        let unnamed = number.is_some_and(|it| it.bytes().all(|it| it.is_ascii_digit()));
        (!unnamed).then_some(title)
    }

    /// The letters of the name of the variable that a block fills, in lower case.
    pub(super) fn variable(&self, at: At) -> Option<String> {
        let id = self.block(at)["options"]["variableId"].as_str()?;
        let name = self.variables.get(id)?.chars().flat_map(char::to_lowercase);
        Some(name.filter(|it| it.is_alphanumeric()).collect())
    }

    /// Where an edge's `to`, or the options of a jump, lead.
    pub(super) fn target(&self, to: &Value) -> Option<Place> {
        let group = self.group_at.get(to["groupId"].as_str()?).copied()?;
        let block = to["blockId"].as_str().and_then(|it| self.block_at.get(it)).copied();
        let at = block.filter(|(n, _)| *n == group).unwrap_or((group, 0));
        let empty = self.groups.get(group)?.blocks.is_empty();
        Some(if empty { Place::Empty(group) } else { Place::Block(at) })
    }

    /// Where the edge of a block leads, or of an item of it.
    pub(super) fn edge(&self, block: &'a Value, item: Option<&'a Value>) -> Option<Place> {
        let id = item.unwrap_or(block)["outgoingEdgeId"].as_str();
        let by_id = id.and_then(|it| self.edges.get(it));
        let by_ends = || {
            let item = match item {
                Some(item) => Some(item["id"].as_str()?),
                None => None,
            };
            self.leaving.get(&(block["id"].as_str()?, item))
        };
        self.target(by_id.or_else(by_ends)?)
    }

    /// Where it goes on after a block: by its edge, or with the next block of its group.
    pub(super) fn after(&self, at: At) -> Option<Place> {
        let below = (at.0, at.1 + 1);
        let is_there = self.groups.get(at.0).is_some_and(|it| below.1 < it.blocks.len());
        self.edge(self.block(at), None).or(is_there.then_some(Place::Block(below)))
    }
}

pub(super) fn list(json: &Value) -> impl Iterator<Item = &Value> {
    json.as_array().into_iter().flatten()
}
