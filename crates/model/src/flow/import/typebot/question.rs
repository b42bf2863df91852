use std::collections::HashMap;

use serde_json::Value;

use super::{
    bot::{At, Place, list},
    follow::{Follower, Goes, without_variables},
};
use crate::flow::import::{
    draft::{Answer, Lead, Question},
    text::{Slugs, fit, tidy},
};

/// An input as a question, before it has a slug.
pub(super) struct Asked {
    pub(super) at: At,
    /// What its slug is made of.
    pub(super) name: String,
    title: String,
    description: Option<String>,
    kind: &'static str,
    required: bool,
    range: Option<(Option<f64>, Option<f64>)>,
    answers: Vec<Choice>,
    /// Of what is no single choice.
    next: Option<Goes>,
}

struct Choice {
    title: String,
    description: Option<String>,
    next: Option<Goes>,
}

/// Where paths go on, and what is said on the way.
type Next = Vec<(Goes, Vec<String>)>;

/// The input at a place, after what was said before it, and where its answers lead.
pub(super) fn ask(follower: &mut Follower<'_, '_>, at: At, said: &[String]) -> (Asked, Next) {
    let bot = follower.bot;
    let block = bot.block(at);
    let options = &block["options"];
    follower.take(at);
    let items: Vec<_> = list(&block["items"]).collect();
    let chooses = matches!(bot.kind(at), "choice input" | "picture choice input");
    let several = options["isMultipleChoice"] == true;
    let (kind, required, range) = match bot.kind(at) {
        _ if chooses && items.is_empty() => {
            follower.change(at, "Its choices are made while it runs: visitors type their answer.");
            ("text", true, None)
        }
        _ if chooses && several => ("multi_choice", true, None),
        _ if chooses => ("single_choice", true, None),
        "number input" => ("number", true, range(&options["min"], &options["max"])),
        "rating input" => {
            let most = options["length"].as_f64().filter(|it| (1.0..=100.0).contains(it));
            ("number", true, Some((Some(0.0), Some(most.unwrap_or(5.0)))))
        }
        "date input" => {
            if options["hasTime"] == true || options["isRange"] == true {
                follower.change(at, "It asks for one date, without a time.");
            }
            ("date", true, None)
        }
        "file input" => {
            follower.change(at, "It asks for a photo, which visitors need not add.");
            ("photo", false, None)
        }
        _ => ("text", true, None),
    };
    let name = words(follower, at, said);
    let before: Vec<_> = said.iter().filter(|it| **it != name).cloned().collect();
    let before = Some(before.join(" ")).filter(|it| !it.is_empty());
    let (title, description) = fit(&name, before, &Follower::place(at), follower.report);
    let mut asked = Asked {
        at,
        name,
        title,
        description,
        kind,
        required,
        range,
        answers: Vec::new(),
        next: None,
    };
    let next = answers(follower, &mut asked, &items);
    (asked, next)
}

/// Fills in the answers and what follows them.
fn answers(follower: &mut Follower<'_, '_>, asked: &mut Asked, items: &[&Value]) -> Next {
    let (bot, at) = (follower.bot, asked.at);
    let mut next = Vec::new();
    let mut go = |follower: &mut Follower<'_, '_>, place: Option<Place>| {
        let goes = match place {
            Some(place) => follower.follow(place),
            None => follower.end(at.0, Vec::new()),
        };
        next.push(goes.clone());
        goes.0
    };
    let single = asked.kind == "single_choice";
    if single || asked.kind == "multi_choice" {
        for (n, item) in items.iter().enumerate() {
            let (title, description) = item_words(follower, at, n, item);
            let edge = bot.edge(bot.block(at), Some(item));
            if edge.is_some() && !single {
                let sentence = format!("“{title}” leads on by itself, but several can be chosen.");
                follower.change(at, sentence);
            }
            let goes = single.then(|| go(follower, edge.or_else(|| bot.after(at))));
            asked.answers.push(Choice { title, description, next: goes });
        }
    }
    if !single {
        asked.next = Some(go(follower, bot.after(at)));
    }
    next
}

fn item_words(
    follower: &mut Follower<'_, '_>,
    at: At,
    n: usize,
    item: &Value,
) -> (String, Option<String>) {
    if item["displayCondition"]["isEnabled"] == true {
        let sentence = format!("Choice {} is shown always, not on a condition.", n + 1);
        follower.change(at, sentence);
    }
    let text = |it: &Value| it.as_str().and_then(|it| tidy(&without_variables(it)));
    let title = text(&item["content"]).or_else(|| text(&item["title"]));
    let title = title.unwrap_or_else(|| {
        follower.change(at, format!("Choice {} has no text.", n + 1));
        format!("Choice {}", n + 1)
    });
    fit(&title, text(&item["description"]), &Follower::place(at), follower.report)
}

/// What is asked: what was said last, or else what stands in the field, or what the group is called.
fn words(follower: &Follower<'_, '_>, at: At, said: &[String]) -> String {
    let label = &follower.bot.block(at)["options"]["labels"]["placeholder"];
    let label = || label.as_str().and_then(tidy);
    let title = || follower.bot.title(at.0);
    said.last().cloned().or_else(label).or_else(title).unwrap_or("Your answer".to_owned())
}

/// Bounds that are numbers and in order.
fn range(min: &Value, max: &Value) -> Option<(Option<f64>, Option<f64>)> {
    let bounds = (min.as_f64(), max.as_f64());
    match bounds {
        (None, None) => None,
        (Some(min), Some(max)) if min > max => None,
        _ => Some(bounds),
    }
}

impl Asked {
    /// Where its answers lead.
    pub(super) fn leads(&self) -> impl Iterator<Item = &Goes> {
        self.answers.iter().filter_map(|it| it.next.as_ref()).chain(&self.next)
    }

    pub(super) fn leads_mut(&mut self) -> impl Iterator<Item = &mut Goes> {
        self.answers.iter_mut().filter_map(|it| it.next.as_mut()).chain(&mut self.next)
    }

    pub(super) fn finish(
        self,
        slugs: &HashMap<At, String>,
        lead: &dyn Fn(Goes) -> Option<Lead>,
    ) -> Question {
        let Self { at, title, description, kind, required, range, answers, next, .. } = self;
        let mut of_answers = Slugs::default();
        let answer = |it: Choice| Answer {
            slug: of_answers.make(&it.title, "choice"),
            title: it.title,
            description: it.description,
            lead: it.next.and_then(lead),
        };
        Question {
            slug: slugs.get(&at).cloned().unwrap_or_default(),
            title,
            description,
            kind,
            required,
            range,
            answers: answers.into_iter().map(answer).collect(),
            next: next.and_then(lead),
        }
    }
}
