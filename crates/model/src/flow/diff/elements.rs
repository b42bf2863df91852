use serde_json::Value;

use super::{Change, ChangeKind, What};
use crate::{
    ObjectId,
    flow::file::{Tree, Written},
};

/// A part of a flow that is compared with its like as a whole.
pub(super) struct Element {
    pub(super) what: What,
    /// Where it stands in the file.
    pub(super) path: String,
    /// Where the builder of a file would look for its id.
    place: String,
    pub(super) id: ObjectId,
    /// Position of the question that an answer belongs to.
    pub(super) parent: Option<usize>,
    pub(super) title: String,
    /// Without what leads on, and without parts that are elements themselves.
    pub(super) fields: Tree,
    whole: Tree,
}

/// The flow comes first, whatever the file has.
pub(super) fn of(written: &Written) -> Vec<Element> {
    let mut file = Tree::of(&written.file);
    let mut elements = Elements { written, all: Vec::new() };
    let flow = file.take("flow").unwrap_or(Tree::Map(Vec::new()));
    elements.add(What::Flow, "flow".to_owned(), None, flow);
    let mut count = std::collections::HashMap::new();
    for (n, mut step) in list(file.take("steps")).into_iter().enumerate() {
        let step_type = text(&step, "type").unwrap_or_default();
        let nth = count.entry(step_type.clone()).or_insert(0_usize);
        let place = format!("steps.{step_type}.{nth}");
        *nth += 1;
        let whole = step.clone();
        step.take("start");
        elements.add_at(What::Step, format!("steps.{n}"), place, None, step, whole);
    }
    for (slug, mut question) in map(file.take("questions")) {
        let path = format!("questions.{slug}");
        let whole = question.clone();
        let answers = map(question.take("answers"));
        question.take("next");
        let parent =
            elements.add_at(What::Question, path.clone(), path.clone(), None, question, whole);
        for (slug, mut answer) in answers {
            let whole = answer.clone();
            answer.take("next");
            let path = format!("{path}.answers.{slug}");
            elements.add_at(What::Answer, path.clone(), path, Some(parent), answer, whole);
        }
    }
    for (what, name) in [
        (What::Service, "services"),
        (What::Zone, "zones"),
        (What::Schedule, "schedules"),
        (What::Category, "categories"),
    ] {
        for (slug, entry) in map(file.take(name)) {
            elements.add(what, format!("{name}.{slug}"), None, entry);
        }
    }
    let mut count = std::collections::HashMap::new();
    for (n, journey) in list(file.take("journeys")).into_iter().enumerate() {
        let name = text(&journey, "name").unwrap_or_default();
        let nth = count.entry(name.clone()).or_insert(0_usize);
        let place = format!("journeys.{name}.{nth}");
        *nth += 1;
        let whole = journey.clone();
        elements.add_at(What::Journey, format!("journeys.{n}"), place, None, journey, whole);
    }
    elements.all
}

struct Elements<'a> {
    written: &'a Written,
    all: Vec<Element>,
}

impl Elements<'_> {
    fn add(&mut self, what: What, path: String, parent: Option<usize>, fields: Tree) {
        let whole = fields.clone();
        self.add_at(what, path.clone(), path, parent, fields, whole);
    }

    fn add_at(
        &mut self,
        what: What,
        path: String,
        place: String,
        parent: Option<usize>,
        fields: Tree,
        whole: Tree,
    ) -> usize {
        let title = text(&fields, "title").or_else(|| text(&fields, "name"));
        let title = title.unwrap_or_else(|| path.rsplit('.').next().unwrap_or_default().to_owned());
        let id = self.written.id(&place);
        self.all.push(Element { what, path, place, id, parent, title, fields, whole });
        self.all.len() - 1
    }
}

impl Element {
    /// What it is matched by when its id is not found.
    pub(super) fn key(&self) -> &str {
        match self.what {
            What::Answer => self.slug(),
            _ => &self.place,
        }
    }

    /// Its last name; one without a name of its own has none.
    pub(super) fn slug(&self) -> &str {
        match self.what {
            What::Step | What::Journey | What::Flow => "",
            _ => self.path.rsplit('.').next().unwrap_or_default(),
        }
    }

    /// Whether its place among its like is seen by anybody.
    pub(super) fn has_order(&self) -> bool {
        matches!(self.what, What::Step | What::Answer | What::Category | What::Journey)
    }

    pub(super) fn change(&self, kind: ChangeKind) -> Change {
        Change {
            what: self.what,
            path: self.path.clone(),
            id: self.id.to_string(),
            title: self.title.clone(),
            kind,
        }
    }

    pub(super) fn whole(&self) -> Value {
        self.whole.to_value()
    }

    /// Whether it comes or goes with the question that it belongs to.
    pub(super) fn is_told_with(&self, all: &[Self], is_kept: impl Fn(usize) -> bool) -> bool {
        self.parent.is_some_and(|it| all.get(it).is_some() && !is_kept(it))
    }
}

fn list(tree: Option<Tree>) -> Vec<Tree> {
    match tree {
        Some(Tree::List(items)) => items,
        _ => Vec::new(),
    }
}

fn map(tree: Option<Tree>) -> Vec<(String, Tree)> {
    match tree {
        Some(Tree::Map(fields)) => fields,
        _ => Vec::new(),
    }
}

fn text(tree: &Tree, name: &str) -> Option<String> {
    match tree.get(name) {
        Some(Tree::Text(text)) => Some(text.clone()),
        _ => None,
    }
}
