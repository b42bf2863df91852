use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::bot::{At, Bot, Place, list};
use crate::flow::import::{ImportReport, text::tidy};

/// Where a path comes to next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Goes {
    Input(At),
    /// Nothing follows, in this group.
    End(usize),
}

/// What is asked of whoever books.
#[derive(Default)]
pub(super) struct Customer {
    pub(super) email: bool,
    pub(super) phone: bool,
}

/// Goes from input to input, and keeps in mind what becomes of each block.
pub(super) struct Follower<'a, 'r> {
    pub(super) bot: &'a Bot<'a>,
    pub(super) report: &'r mut ImportReport,
    /// Blocks that are in the draft, or named.
    met: HashSet<At>,
    pub(super) taken: usize,
    pub(super) customer: Customer,
    /// What is said before an end, by its group.
    pub(super) ends: HashMap<usize, Vec<String>>,
    circles: HashSet<At>,
}

impl<'a, 'r> Follower<'a, 'r> {
    pub(super) fn new(bot: &'a Bot<'a>, report: &'r mut ImportReport) -> Self {
        Self {
            bot,
            report,
            met: HashSet::new(),
            taken: 0,
            customer: Customer::default(),
            ends: HashMap::new(),
            circles: HashSet::new(),
        }
    }

    pub(super) fn place(at: At) -> String {
        format!("groups.{}.blocks.{}", at.0, at.1)
    }

    /// A block is in the draft.
    pub(super) fn take(&mut self, at: At) {
        self.taken += usize::from(self.met.insert(at));
    }

    /// A block is in the draft, otherwise than it was.
    pub(super) fn change(&mut self, at: At, message: impl Into<String>) {
        self.report.changed(Self::place(at), message);
    }

    /// A block is not in the draft: said once.
    fn leave_out(&mut self, at: At, message: impl Into<String>) {
        if self.met.insert(at) {
            self.report.left_out(Self::place(at), message);
        }
    }

    /// The next input, or end, and what is said before it.
    pub(super) fn follow(&mut self, from: Place) -> (Goes, Vec<String>) {
        let mut said = Vec::new();
        let mut seen = HashSet::new();
        let mut place = from;
        loop {
            let at = match place {
                Place::Block(at) => at,
                Place::Empty(group) => return self.end(group, said),
            };
            if !seen.insert(at) {
                if self.circles.insert(at) {
                    let sentence =
                        "Here it goes round in circles without asking anything: it ends.";
                    self.change(at, sentence);
                }
                return self.end(at.0, said);
            }
            match self.pass(at, &mut said) {
                Passed::Asks => return (Goes::Input(at), said),
                Passed::To(next) => place = next,
                Passed::On => match self.bot.after(at) {
                    Some(next) => place = next,
                    None => return self.end(at.0, said),
                },
            }
        }
    }

    pub(super) fn end(&mut self, group: usize, said: Vec<String>) -> (Goes, Vec<String>) {
        self.ends.entry(group).or_insert(said);
        (Goes::End(group), Vec::new())
    }

    fn pass(&mut self, at: At, said: &mut Vec<String>) -> Passed {
        let block = self.bot.block(at);
        let kind = self.bot.kind(at);
        match kind {
            "start" => self.take(at),
            "text" => {
                let first = !self.met.contains(&at);
                self.take(at);
                let (texts, filled) = paragraphs(&block["content"]);
                if filled && first {
                    self.change(at, "It repeats what was answered before: that part is left out.");
                }
                said.extend(texts);
            }
            "email input" | "phone number input" | "text input" if self.is_of_customer(at) => {
                if !self.met.contains(&at) {
                    self.change(at, "It is asked where visitors say who they are.");
                }
                self.take(at);
                said.clear();
            }
            "choice input"
            | "picture choice input"
            | "text input"
            | "number input"
            | "email input"
            | "phone number input"
            | "url input"
            | "date input"
            | "time input"
            | "rating input"
            | "file input" => return Passed::Asks,
            "Jump" => match self.bot.target(&block["options"]) {
                Some(place) => {
                    self.take(at);
                    return Passed::To(place);
                }
                None => self.leave_out(at, "The jump leads nowhere."),
            },
            "Condition" => self.leave_out(
                at,
                "A condition has no counterpart: visitors go on where none of it is true.",
            ),
            "AB test" => {
                let sentence = "A test of two ways has no counterpart: visitors take the first.";
                self.leave_out(at, sentence);
                let first = list(&block["items"]).next();
                if let Some(place) = first.and_then(|it| self.bot.edge(block, Some(it))) {
                    return Passed::To(place);
                }
            }
            "" => self.leave_out(at, "The block has no type."),
            _ => {
                let kind: String = kind.chars().take(40).collect();
                self.leave_out(at, format!("A block of the type “{kind}” has no counterpart."));
            }
        }
        Passed::On
    }

    /// Whether a block asks what the step for the customer asks; it is asked there then.
    fn is_of_customer(&mut self, at: At) -> bool {
        let variable = self.bot.variable(at).unwrap_or_default();
        match (self.bot.kind(at), variable.as_str()) {
            ("email input", _) | ("text input", "email" | "emailaddress" | "mail") => {
                self.customer.email = true;
            }
            ("phone number input", _)
            | ("text input", "phone" | "phonenumber" | "telephone" | "mobile" | "cell") => {
                self.customer.phone = true;
            }
            (
                "text input",
                "name" | "firstname" | "lastname" | "fullname" | "yourname" | "surname"
                | "customername",
            ) => {}
            _ => return false,
        }
        true
    }

    /// Names what no path led to: whole groups once.
    pub(super) fn name_the_rest(&mut self) {
        for (n, blocks) in self.bot.groups().enumerate() {
            let lost: Vec<_> = (0..blocks).filter(|m| !self.met.contains(&(n, *m))).collect();
            if lost.len() == blocks && blocks > 0 {
                self.report.left_out(format!("groups.{n}"), "No visitor comes to this group.");
            } else {
                for m in lost {
                    self.leave_out((n, m), "No visitor comes to this block.");
                }
            }
        }
    }
}

enum Passed {
    Asks,
    To(Place),
    On,
}

/// The paragraphs of a bubble, without what is filled in from variables, and whether there was
/// something of that.
fn paragraphs(content: &Value) -> (Vec<String>, bool) {
    let rich: Vec<String> = list(&content["richText"])
        .map(|it| {
            let mut text = String::new();
            leaves(it, &mut text);
            text
        })
        .collect();
    let plain = || content["plainText"].as_str().or(content.as_str()).unwrap_or_default();
    let lines = if rich.is_empty() { plain().lines().map(str::to_owned).collect() } else { rich };
    let filled = lines.iter().any(|it| it.contains("{{"));
    (lines.iter().filter_map(|it| tidy(&without_variables(it))).collect(), filled)
}

/// All `text` below; what was read as JSON is not nested deeply.
fn leaves(node: &Value, text: &mut String) {
    text.push_str(node["text"].as_str().unwrap_or_default());
    for child in list(&node["children"]) {
        leaves(child, text);
    }
}

/// Without each `{{…}}`, and what of punctuation stood before it.
pub(super) fn without_variables(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        kept.push_str(before.trim_end_matches([',', ' ']));
        match behind.split_once("}}") {
            Some((_, after)) => rest = after,
            None => return kept,
        }
    }
    kept.push_str(rest);
    kept
}
