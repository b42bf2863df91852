//! What a builder saves at once: new, changed and deleted parts of one flow, which point at each
//! other by ids or, where they are new, by names of the builder's own.

mod canvas;
mod graph;
mod ids;
mod rules;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

pub use self::table::Writes;
use self::{ids::Ids, table::Table};
use crate::{
    Doc, Entity as _, Id, ObjectId, Problems,
    core::Managed,
    merge_patch,
    scheduler::{
        BookingAnswerCategory, BookingFlow, BookingQuestion, BookingQuestionAnswer, BookingService,
        CanvasData, DiagramKind, Schedule, ServiceZone,
    },
    step::BookingFlowStep,
};

/// All that is saved at once. Whatever is not mentioned stays as it is.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BuilderSave {
    /// The version of the flow that was seen; `If-Match` may say it instead.
    pub version: Option<u64>,
    /// Changes of the flow itself: its `slug`, `content` and `steps` (JSON Merge Patch).
    pub flow: Item,
    pub steps: Changes,
    pub questions: Changes,
    pub answers: Changes,
    /// They belong to the organization, and so does what is changed of them.
    pub categories: Changes,
    /// They belong to the organization, and so does what is changed of them.
    pub services: Changes,
    /// Of the service-selection step, after the changes of the steps.
    pub graph: GraphChanges,
    pub canvas_data: CanvasChanges,
}

/// One thing, or what changes of it.
pub type Item = Map<String, Value>;

/// Changes of one kind of thing.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Changes {
    /// Each has an `_id` that is any text but an id: it stands for the new one anywhere in the
    /// request, and the answer says which that is.
    pub create: Vec<Item>,
    /// Each has the `_id` of what it changes (JSON Merge Patch), and the `version` that was seen
    /// if it is to be checked.
    pub update: Vec<Item>,
    /// Ids.
    pub delete: Vec<String>,
}

/// Changes inside the service-selection step.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GraphChanges {
    pub root_node_id: Option<String>,
    pub nodes: Changes,
    pub edges: Changes,
}

/// Where the builder draws things from now on; what is absent stays where it is.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CanvasChanges {
    pub flow: Option<Item>,
    pub service_selection: Option<Item>,
}

/// What there is that a save may name: the flow with its own, and what belongs to the organization
/// as far as it is named.
#[derive(Debug, Clone)]
pub struct Seen {
    pub flow: Doc<BookingFlow>,
    pub steps: Vec<Doc<BookingFlowStep>>,
    pub questions: Vec<Doc<BookingQuestion>>,
    pub answers: Vec<Doc<BookingQuestionAnswer>>,
    pub categories: Vec<Doc<BookingAnswerCategory>>,
    pub services: Vec<Doc<BookingService>>,
    pub zones: BTreeSet<ObjectId>,
    pub schedules: BTreeSet<ObjectId>,
}

/// What is to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    pub flow: BookingFlow,
    pub steps: Writes<BookingFlowStep>,
    pub questions: Writes<BookingQuestion>,
    pub answers: Writes<BookingQuestionAnswer>,
    pub categories: Writes<BookingAnswerCategory>,
    pub services: Writes<BookingService>,
    pub canvas: Vec<(DiagramKind, CanvasData)>,
    /// What each temporary id stands for.
    pub ids: BTreeMap<String, ObjectId>,
}

/// A flow that comes over HTTP has no more nodes.
pub const MOST_NODES: usize = 5_000;

/// Nor more bytes of JSON.
pub const MOST_BYTES: usize = 2 * 1_024 * 1_024;

/// The things of a flow after the save.
struct Tables {
    flow: BookingFlow,
    steps: Table<BookingFlowStep>,
    questions: Table<BookingQuestion>,
    answers: Table<BookingQuestionAnswer>,
    categories: Table<BookingAnswerCategory>,
    services: Table<BookingService>,
}

impl BuilderSave {
    /// All texts that may be ids, to find out what of them there is.
    pub fn mentions(&self) -> BTreeSet<ObjectId> {
        let mut found = BTreeSet::new();
        let kinds = [&self.steps, &self.questions, &self.answers, &self.categories, &self.services];
        for changes in kinds.into_iter().chain([&self.graph.nodes]) {
            for item in changes.create.iter().chain(&changes.update) {
                item.values().for_each(|it| collect(it, &mut found));
            }
            found.extend(changes.delete.iter().filter_map(|it| it.parse::<ObjectId>().ok()));
        }
        self.flow.values().for_each(|it| collect(it, &mut found));
        found
    }

    /// What the save makes of what there is; new ids come from `new_id`.
    ///
    /// # Errors
    /// All that is wrong, each with its place in the request: nothing is to be written then.
    pub fn apply(
        &self,
        seen: &Seen,
        new_id: &mut dyn FnMut() -> ObjectId,
    ) -> Result<Saved, Problems> {
        let mut problems = Problems::default();
        let mut save = self.clone();
        let mut ids = Ids::of(seen);
        save.name(&mut ids, new_id, &mut problems);
        let mut tables = Tables {
            flow: seen.flow.body.clone(),
            steps: Table::new("steps", &seen.steps),
            questions: Table::new("questions", &seen.questions),
            answers: Table::new("answers", &seen.answers),
            categories: Table::new("categories", &seen.categories),
            services: Table::new("services", &seen.services),
        };
        tables.steps.delete(&save.steps, &mut ids, &mut problems);
        tables.questions.delete(&save.questions, &mut ids, &mut problems);
        tables.answers.delete(&save.answers, &mut ids, &mut problems);
        tables.categories.delete(&save.categories, &mut ids, &mut problems);
        tables.services.delete(&save.services, &mut ids, &mut problems);
        rules::cascade(&mut tables, &mut ids);
        tables.steps.write(save.steps, &ids, &mut problems);
        tables.questions.write(save.questions, &ids, &mut problems);
        tables.answers.write(save.answers, &ids, &mut problems);
        tables.categories.write(save.categories, &ids, &mut problems);
        tables.services.write(save.services, &ids, &mut problems);
        let lists_steps = save.flow.contains_key("steps");
        tables.write_flow(save.flow, &ids, &mut problems);
        tables.forget(lists_steps, &mut problems);
        graph::write(&mut tables.steps, &tables.flow, save.graph, &mut ids, &mut problems);
        rules::check(&tables, &mut problems);
        let canvas = canvas::read(seen.flow.id, save.canvas_data, &ids, &mut problems);
        problems.into_result()?;
        Ok(Saved {
            flow: tables.flow,
            steps: tables.steps.writes(),
            questions: tables.questions.writes(),
            answers: tables.answers.writes(),
            categories: tables.categories.writes(),
            services: tables.services.writes(),
            canvas,
            ids: ids.temporary(),
        })
    }

    /// Gives every new thing its id, and says of which flow new steps are.
    fn name(
        &mut self,
        ids: &mut Ids,
        new_id: &mut dyn FnMut() -> ObjectId,
        problems: &mut Problems,
    ) {
        for item in &mut self.steps.create {
            let flow = || Value::String(ids.flow().to_string());
            item.entry("booking_flow_id").or_insert_with(flow);
        }
        let mut claim = |name: &str, label, changes: &mut Changes| {
            for (n, item) in changes.create.iter_mut().enumerate() {
                let path = format!("{name}.create.{n}._id");
                let id = item.get("_id").cloned();
                let id = ids.claim(id.as_ref(), label, &path, new_id, problems);
                item.insert("_id".to_owned(), Value::String(id.to_string()));
            }
        };
        claim("steps", BookingFlowStep::COLLECTION.label, &mut self.steps);
        claim("questions", BookingQuestion::COLLECTION.label, &mut self.questions);
        claim("answers", BookingQuestionAnswer::COLLECTION.label, &mut self.answers);
        claim("categories", BookingAnswerCategory::COLLECTION.label, &mut self.categories);
        claim("services", BookingService::COLLECTION.label, &mut self.services);
        claim("graph.nodes", ids::NODE, &mut self.graph.nodes);
        claim("graph.edges", ids::EDGE, &mut self.graph.edges);
        graph::claim_inline(&mut self.steps, ids, new_id, problems);
    }

    /// What somebody must be allowed to do beside changing the flow: of each kind, whether
    /// documents are made, changed and deleted.
    pub fn needs(&self) -> Vec<crate::core::Permission> {
        fn of<E: Managed>(changes: &Changes) -> impl Iterator<Item = crate::core::Permission> {
            let [_, create, update, delete] = E::PERMISSIONS;
            let used = [
                (create, !changes.create.is_empty()),
                (update, !changes.update.is_empty()),
                (delete, !changes.delete.is_empty()),
            ];
            used.into_iter().filter(|it| it.1).map(|it| it.0)
        }
        let [_, _, step, _] = BookingFlowStep::PERMISSIONS;
        let [_, _, diagram, _] = crate::scheduler::BookingFlowDiagram::PERMISSIONS;
        let graph = &self.graph;
        let touches_graph =
            graph.root_node_id.is_some() || !graph.nodes.is_empty() || !graph.edges.is_empty();
        let canvas = &self.canvas_data;
        let draws = canvas.flow.is_some() || canvas.service_selection.is_some();
        of::<BookingFlowStep>(&self.steps)
            .chain(of::<BookingQuestion>(&self.questions))
            .chain(of::<BookingQuestionAnswer>(&self.answers))
            .chain(of::<BookingAnswerCategory>(&self.categories))
            .chain(of::<BookingService>(&self.services))
            .chain(touches_graph.then_some(step))
            .chain(draws.then_some(diagram))
            .collect()
    }
}

impl Changes {
    fn is_empty(&self) -> bool {
        self.create.is_empty() && self.update.is_empty() && self.delete.is_empty()
    }
}

impl Tables {
    /// The flow's own fields.
    fn write_flow(&mut self, mut patch: Item, ids: &Ids, problems: &mut Problems) {
        for name in patch.keys().filter(|it| !["slug", "content", "steps"].contains(&it.as_str())) {
            problems.root().at(format_args!("flow.{name}")).add("server_set", "cannot be set here");
        }
        patch.retain(|name, _| ["slug", "content", "steps"].contains(&name.as_str()));
        if patch.is_empty() {
            return;
        }
        let mut patch = Value::Object(patch);
        ids.resolve_references::<BookingFlow>(&mut patch, "flow", problems);
        let Ok(Value::Object(mut fields)) = serde_json::to_value(&self.flow) else { return };
        if let Value::Object(patch) = &patch {
            merge_patch(&mut fields, patch);
        }
        if let Some(flow) = table::read::<BookingFlow>(Value::Object(fields), "flow", problems) {
            self.flow = flow;
        }
    }

    /// What merely mentions something that is deleted loses the mention.
    fn forget(&mut self, lists_steps: bool, problems: &mut Problems) {
        if !lists_steps {
            self.flow.steps.retain(|it| !self.steps.is_deleted(*it));
        }
        let answers = &self.answers;
        self.questions.change(|it| it.answer_ids.retain(|id| !answers.is_deleted(*id)));
        let categories = &self.categories;
        self.answers.change(|it| {
            it.category_id = it.category_id.filter(|id| !categories.is_deleted(*id));
        });
        let listed: BTreeSet<_> = self.flow.steps.iter().copied().collect();
        if listed.len() != self.flow.steps.len() {
            problems.root().at("flow.steps").add("unique", "must not have the same step twice");
        }
    }
}

fn collect(value: &Value, found: &mut BTreeSet<ObjectId>) {
    match value {
        Value::String(text) => found.extend(text.parse::<ObjectId>()),
        Value::Array(items) => items.iter().for_each(|it| collect(it, found)),
        Value::Object(members) => members.values().for_each(|it| collect(it, found)),
        _ => {}
    }
}

impl Seen {
    /// What has an id, by what it is called.
    fn known(&self) -> BTreeMap<&'static str, BTreeSet<ObjectId>> {
        fn ids<E>(docs: &[Doc<E>]) -> BTreeSet<ObjectId> {
            docs.iter().map(|it| it.id.object_id()).collect()
        }
        let flow: Id<BookingFlow> = self.flow.id;
        BTreeMap::from([
            (BookingFlow::COLLECTION.label, BTreeSet::from([flow.object_id()])),
            (BookingFlowStep::COLLECTION.label, ids(&self.steps)),
            (BookingQuestion::COLLECTION.label, ids(&self.questions)),
            (BookingQuestionAnswer::COLLECTION.label, ids(&self.answers)),
            (BookingAnswerCategory::COLLECTION.label, ids(&self.categories)),
            (BookingService::COLLECTION.label, ids(&self.services)),
            (ServiceZone::COLLECTION.label, self.zones.clone()),
            (Schedule::COLLECTION.label, self.schedules.clone()),
        ])
    }
}
