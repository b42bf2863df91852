use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{
    Id, ObjectId,
    content::Slug,
    flow::FlowBundle,
    scheduler::{
        BookingAnswerCategory, BookingQuestion, BookingQuestionAnswer, BookingService, Identified,
        Schedule, ServiceZone,
    },
    step::{NodeTarget, ServiceGraph, StepConfig},
};

/// Which slug stands for which id, and what stands in which order.
pub(super) struct Names<'a> {
    pub(super) bundle: &'a FlowBundle,
    pub(super) services: Vec<Named<'a, BookingService>>,
    pub(super) zones: Vec<Named<'a, ServiceZone>>,
    pub(super) schedules: Vec<Named<'a, Schedule>>,
    pub(super) categories: Vec<Named<'a, BookingAnswerCategory>>,
    /// Each with its answers.
    pub(super) questions: Vec<(Named<'a, BookingQuestion>, Vec<Named<'a, BookingQuestionAnswer>>)>,
    slugs: HashMap<ObjectId, Slug>,
    owners: HashMap<Id<BookingQuestionAnswer>, Id<BookingQuestion>>,
    /// By place, as the builder asks for them.
    pub(super) ids: HashMap<String, ObjectId>,
}

/// An entity and the slug that no other of its kind has in the file.
pub(super) struct Named<'a, E> {
    pub(super) slug: Slug,
    pub(super) entity: &'a Identified<E>,
}

impl<'a> Names<'a> {
    pub(super) fn of(bundle: &'a FlowBundle) -> Self {
        let snapshot = &bundle.snapshot;
        let mut names = Self {
            bundle,
            services: by_slug(&snapshot.services, |it| it.slug.clone()),
            zones: by_slug(&bundle.zones, |it| it.slug.clone()),
            schedules: by_slug(&bundle.schedules, |it| it.slug.clone()),
            categories: by_slug(&snapshot.categories, |it| it.slug.clone()),
            questions: Vec::new(),
            slugs: HashMap::new(),
            owners: snapshot
                .answers
                .iter()
                .map(|it| (it.id, it.body.booking_question_id))
                .collect(),
            ids: HashMap::from([("flow".to_owned(), snapshot.flow.id.object_id())]),
        };
        names.categories.sort_by_key(|it| it.entity.body.order);
        names.name_questions();
        names.remember();
        names
    }

    /// As they are met on the way from the first question; those that nothing leads to come last.
    fn name_questions(&mut self) {
        let snapshot = &self.bundle.snapshot;
        let graph = snapshot.steps.iter().find_map(|it| match &it.body.config {
            StepConfig::ServiceSelection(config) => Some(&config.graph),
            _ => None,
        });
        let walk = graph.map(Walk::of).unwrap_or_default();
        let mut rest: Vec<_> = snapshot.questions.iter().collect();
        rest.sort_by(|a, b| (&a.body.slug, a.id).cmp(&(&b.body.slug, b.id)));
        let known: HashMap<_, _> = rest.iter().map(|it| (it.id, *it)).collect();
        let met = walk.questions.iter().filter_map(|it| known.get(it).copied());
        let mut seen = HashSet::new();
        let ordered: Vec<_> = met.chain(rest).filter(|it| seen.insert(it.id)).collect();
        let answers: HashMap<_, _> = snapshot.answers.iter().map(|it| (it.id, it)).collect();
        let mut elsewhere: HashMap<_, Vec<_>> = HashMap::new();
        for id in &walk.answers {
            if let Some(answer) = answers.get(id) {
                elsewhere.entry(answer.body.booking_question_id).or_default().push(*id);
            }
        }
        let mut taken = BTreeSet::new();
        for entity in ordered {
            let of = |map: &HashMap<_, Vec<_>>| map.get(&entity.id).cloned().unwrap_or_default();
            let (shown, elsewhere) = (of(&walk.shown), of(&elsewhere));
            // A choice shows what the graph leads to, in its order; a list of answers its own.
            let (first, then) = if entity.body.kind.collects_data() {
                (&entity.body.answer_ids, &shown)
            } else {
                (&shown, &entity.body.answer_ids)
            };
            let mut seen = HashSet::new();
            let mut taken_answers = BTreeSet::new();
            let own = first
                .iter()
                .chain(then)
                .chain(&elsewhere)
                .filter_map(|id| answers.get(id).copied())
                .filter(|it| it.body.booking_question_id == entity.id && seen.insert(it.id))
                .map(|it| Named { slug: unique(&it.body.slug, &mut taken_answers), entity: it })
                .collect();
            let slug = unique(&entity.body.slug, &mut taken);
            self.questions.push((Named { slug, entity }, own));
        }
    }

    fn remember(&mut self) {
        let mut places = Vec::new();
        let mut add = |place: String, slug: &Slug, id: ObjectId| {
            places.push((place, slug.clone(), id));
        };
        macro_rules! add_all {
            ($($kind:ident),+) => {$(
                for it in &self.$kind {
                    add(format!(concat!(stringify!($kind), ".{}"), it.slug), &it.slug, it.entity.id.object_id());
                }
            )+};
        }
        add_all!(services, zones, schedules, categories);
        for (question, answers) in &self.questions {
            let place = format!("questions.{}", question.slug);
            for it in answers {
                add(format!("{place}.answers.{}", it.slug), &it.slug, it.entity.id.object_id());
            }
            add(place, &question.slug, question.entity.id.object_id());
        }
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for step in &self.bundle.snapshot.steps {
            let name = step.body.config.step_type().name();
            let nth = seen.entry(name).or_default();
            self.ids.insert(format!("steps.{name}.{nth}"), step.id.object_id());
            *nth += 1;
        }
        for (place, slug, id) in places {
            self.slugs.insert(id, slug);
            self.ids.insert(place, id);
        }
    }

    /// What stands for an id: what is not in the bundle is named by the id itself.
    pub(super) fn slug<E>(&self, id: Id<E>) -> Slug {
        let id = id.object_id();
        self.slugs.get(&id).cloned().unwrap_or_else(|| Slug::of(id))
    }

    /// The place of what a node shows.
    pub(super) fn place(&self, target: NodeTarget) -> String {
        match target {
            NodeTarget::Question { booking_question_id: id } => {
                format!("questions.{}", self.slug(id))
            }
            NodeTarget::Answer { booking_question_answer_id: id } => {
                format!("questions.{}.answers.{}", self.question_of(id), self.slug(id))
            }
            NodeTarget::Service { booking_service_id: id } => format!("services.{}", self.slug(id)),
        }
    }

    /// The question that an answer belongs to.
    pub(super) fn question_of(&self, id: Id<BookingQuestionAnswer>) -> Slug {
        self.owners.get(&id).map_or_else(|| Slug::of(id.object_id()), |it| self.slug(*it))
    }
}

fn by_slug<E>(all: &[Identified<E>], slug: impl Fn(&E) -> Slug) -> Vec<Named<'_, E>> {
    let mut sorted: Vec<_> = all.iter().map(|it| (slug(&it.body), it)).collect();
    sorted.sort_by(|a, b| (&a.0, a.1.id).cmp(&(&b.0, b.1.id)));
    let mut taken = BTreeSet::new();
    sorted
        .into_iter()
        .map(|(slug, entity)| Named { slug: unique(&slug, &mut taken), entity })
        .collect()
}

/// The slug itself, or with the lowest number from 2 that makes it unlike those taken.
pub(super) fn unique(slug: &Slug, taken: &mut BTreeSet<Slug>) -> Slug {
    let mut candidate = slug.clone();
    let mut number = 2_u32;
    while !taken.insert(candidate.clone()) {
        candidate = slug.numbered(number);
        number += 1;
    }
    candidate
}

/// The order in which the graph is met from its root, depth first.
#[derive(Default)]
pub(super) struct Walk {
    /// Places in `graph.nodes`.
    pub(super) nodes: Vec<usize>,
    questions: Vec<Id<BookingQuestion>>,
    answers: Vec<Id<BookingQuestionAnswer>>,
    /// What the nodes of a question lead to.
    shown: HashMap<Id<BookingQuestion>, Vec<Id<BookingQuestionAnswer>>>,
}

impl Walk {
    pub(super) fn of(graph: &ServiceGraph) -> Self {
        let place: HashMap<_, _> =
            graph.nodes.iter().enumerate().map(|(n, it)| (it.id, n)).collect();
        let mut next = vec![Vec::new(); graph.nodes.len()];
        for edge in &graph.edges {
            if let (Some(from), Some(to)) =
                (place.get(&edge.source_node_id), place.get(&edge.target_node_id))
            {
                next[*from].push(*to);
            }
        }
        let mut walk = Self::default();
        let mut seen = vec![false; graph.nodes.len()];
        let root = place.get(&graph.root_node_id).copied();
        for start in root.into_iter().chain(0..graph.nodes.len()) {
            let mut waiting = vec![start];
            while let Some(node) = waiting.pop() {
                // Of two nodes with one id the last one counts.
                let hidden = place.get(&graph.nodes[node].id) != Some(&node);
                if hidden || std::mem::replace(&mut seen[node], true) {
                    continue;
                }
                walk.nodes.push(node);
                walk.meet(graph, node, &next[node]);
                waiting.extend(next[node].iter().rev());
            }
        }
        walk
    }

    fn meet(&mut self, graph: &ServiceGraph, node: usize, next: &[usize]) {
        let id = match graph.nodes[node].target {
            NodeTarget::Question { booking_question_id } => booking_question_id,
            NodeTarget::Answer { booking_question_answer_id } => {
                self.answers.push(booking_question_answer_id);
                return;
            }
            NodeTarget::Service { .. } => return,
        };
        self.questions.push(id);
        let shown = next.iter().filter_map(|it| match graph.nodes[*it].target {
            NodeTarget::Answer { booking_question_answer_id } => Some(booking_question_answer_id),
            _ => None,
        });
        let shown: Vec<_> = shown.collect();
        self.shown.entry(id).or_default().extend(shown);
    }
}
