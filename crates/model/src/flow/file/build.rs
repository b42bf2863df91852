mod graph;
mod rules;
mod steps;

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{AnswerEntry, FlowFile, ScheduleEntry, WindowEntry};
use crate::{
    Id, ObjectId,
    content::{ContentConfig, Slug},
    flow::{FlowBundle, check::Finding},
    scheduler::{
        AnswerKind, BookingAnswerCategory, BookingFlow, BookingFlowStatus, BookingQuestion,
        BookingQuestionAnswer, BookingService, Capacity, DateOverride, FlowSnapshot, Identified,
        Schedule, ServiceZone, Window,
    },
};

/// The texts that an entry has.
macro_rules! content {
    ($entry:expr) => {
        ContentConfig {
            title: $entry.title.clone(),
            description: $entry.description.clone(),
            icon: $entry.icon.clone(),
            translations: $entry.translations.clone(),
        }
    };
}

/// A flow file with ids in place of slugs.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    pub bundle: FlowBundle,
    /// Slugs that nothing has, and rules that entities break. Empty when it may be stored.
    pub findings: Vec<Finding>,
}

impl FlowFile {
    /// `id_of` is asked once for each thing, by its place in the file: `services.ac-repair`,
    /// `questions.need.answers.cooling`, `steps.0`, `nodes.questions.need` … The same place must
    /// get the same id.
    pub fn build(&self, id_of: &mut dyn FnMut(&str) -> ObjectId) -> Built {
        let mut findings = Vec::new();
        let mut builder =
            Builder { file: self, id_of, ids: BTreeMap::new(), findings: &mut findings };
        let zones = builder.zones();
        let schedules = builder.schedules();
        let categories = builder.categories();
        let services = builder.services();
        let (questions, answers) = builder.questions();
        let flow_id = builder.id("flow");
        let steps = builder.steps(flow_id);
        let flow = Identified {
            id: Id::new(flow_id),
            body: BookingFlow {
                slug: self.flow.slug.clone(),
                content: content!(self.flow),
                steps: steps.iter().map(|it| it.id).collect(),
                status: BookingFlowStatus::Draft,
                published_version_id: None,
                has_unpublished_changes: false,
                scheduled_publication: None,
                failed_publication: None,
                journeys: self.journeys.clone(),
            },
        };
        let snapshot = FlowSnapshot { flow, steps, questions, answers, categories, services };
        let bundle = FlowBundle { snapshot, zones, schedules };
        findings.extend(rules::broken(&bundle));
        Built { bundle, findings }
    }
}

/// Gives ids to what a file names, and finds what it names in vain.
struct Builder<'a> {
    file: &'a FlowFile,
    id_of: &'a mut dyn FnMut(&str) -> ObjectId,
    ids: BTreeMap<String, ObjectId>,
    findings: &'a mut Vec<Finding>,
}

impl Builder<'_> {
    fn id(&mut self, place: &str) -> ObjectId {
        if let Some(id) = self.ids.get(place) {
            return *id;
        }
        let id = (self.id_of)(place);
        self.ids.insert(place.to_owned(), id);
        id
    }

    /// The id of what `slug` names, or a finding at `place`.
    fn resolve<E>(&mut self, map: &'static str, slug: &Slug, place: &str) -> Option<Id<E>> {
        let file = self.file;
        let known = match map {
            "services" => file.services.contains_key(slug),
            "zones" => file.zones.contains_key(slug),
            "schedules" => file.schedules.contains_key(slug),
            "categories" => file.categories.contains_key(slug),
            _ => file.questions.contains_key(slug),
        };
        if known {
            return Some(Id::new(self.id(&format!("{map}.{slug}"))));
        }
        let message = format!("`{slug}` is not among the {map} of this file.");
        self.find("reference.missing", place, message);
        None
    }

    /// Something at `place` that keeps the file from being stored.
    fn find(&mut self, code: &'static str, place: &str, message: impl Into<String>) {
        self.findings.push(Finding::error(code, place, message));
    }

    fn resolve_all<E>(&mut self, map: &'static str, slugs: &[Slug], place: &str) -> Vec<Id<E>> {
        let resolve = |(n, slug)| self.resolve(map, slug, &format!("{place}.{n}"));
        slugs.iter().enumerate().filter_map(resolve).collect()
    }

    fn zones(&mut self) -> Vec<Identified<ServiceZone>> {
        let file = self.file;
        let zone = |(slug, entry): (&Slug, &super::ZoneEntry)| Identified {
            id: Id::new(self.id(&format!("zones.{slug}"))),
            body: ServiceZone {
                slug: slug.clone(),
                content: content!(entry),
                postal_codes: entry.postal_codes.clone(),
                country: entry.country.clone(),
                trip_charge: entry.trip_charge.clone(),
                time_zone: entry.time_zone.clone(),
                priority: entry.priority,
            },
        };
        file.zones.iter().map(zone).collect()
    }

    fn schedules(&mut self) -> Vec<Identified<Schedule>> {
        let file = self.file;
        file.schedules.iter().map(|(slug, entry)| self.schedule(slug, entry)).collect()
    }

    fn schedule(&mut self, slug: &Slug, entry: &ScheduleEntry) -> Identified<Schedule> {
        let place = format!("schedules.{slug}");
        let capacity = &entry.capacity;
        let mut limits = |map, limits: &IndexMap<Slug, u32>, field: &str| {
            let keys: Vec<_> = limits.iter().collect();
            keys.into_iter()
                .filter_map(|(slug, limit)| {
                    let place = format!("{place}.capacity.{field}.{slug}");
                    Some((self.resolve::<()>(map, slug, &place)?.object_id(), *limit))
                })
                .collect::<Vec<_>>()
        };
        let by_zone = limits("zones", &capacity.by_zone, "by_zone");
        let by_service = limits("services", &capacity.by_service, "by_service");
        let windows = entry.arrival_windows.iter();
        Identified {
            id: Id::new(self.id(&place)),
            body: Schedule {
                slug: slug.clone(),
                name: entry.title.clone().unwrap_or_else(|| slug.to_string()),
                time_zone: entry.time_zone.clone(),
                weekly_hours: entry.weekly_hours.clone(),
                arrival_windows: windows
                    .map(|it| match it {
                        WindowEntry::Span(it) => {
                            Window { start: it.start, duration: u32::from(it.minutes()) }
                        }
                        WindowEntry::Late(it) => Window { start: it.start, duration: it.duration },
                    })
                    .collect(),
                overrides: entry
                    .overrides
                    .iter()
                    .map(|it| DateOverride {
                        date: it.date,
                        closed: it.closed,
                        hours: it.hours.clone(),
                        capacity: it.capacity,
                    })
                    .collect(),
                holidays: entry.holidays.clone(),
                capacity: Capacity {
                    per_window: capacity.per_window,
                    per_day: capacity.per_day,
                    by_zone: by_zone.into_iter().map(|(id, n)| (Id::new(id), n)).collect(),
                    by_service: by_service.into_iter().map(|(id, n)| (Id::new(id), n)).collect(),
                },
                lead_time_minutes: entry.lead_time_minutes,
                horizon_days: entry.horizon_days,
                buffer_minutes: entry.buffer_minutes,
            },
        }
    }

    fn categories(&mut self) -> Vec<Identified<BookingAnswerCategory>> {
        let file = self.file;
        let category = |(n, (slug, entry)): (usize, (&Slug, &super::CategoryEntry))| Identified {
            id: Id::new(self.id(&format!("categories.{slug}"))),
            body: BookingAnswerCategory {
                slug: slug.clone(),
                content: content!(entry),
                order: entry.order.unwrap_or_else(|| i32::try_from(n).unwrap_or(i32::MAX)),
            },
        };
        file.categories.iter().enumerate().map(category).collect()
    }

    fn services(&mut self) -> Vec<Identified<BookingService>> {
        let file = self.file;
        let service = |(slug, entry): (&Slug, &super::ServiceEntry)| {
            let place = format!("services.{slug}");
            let schedule = entry.schedule.as_ref();
            Identified {
                id: Id::new(self.id(&place)),
                body: BookingService {
                    slug: slug.clone(),
                    content: content!(entry),
                    duration_minutes: entry.duration_minutes,
                    price: entry.price.clone(),
                    dispatch_fee: entry.dispatch_fee.clone(),
                    service_zone_ids: self.resolve_all(
                        "zones",
                        &entry.zones,
                        &format!("{place}.zones"),
                    ),
                    schedule_id: schedule
                        .and_then(|it| self.resolve("schedules", it, &format!("{place}.schedule"))),
                    skills: entry.skills.clone(),
                    vendor_data: entry.vendor.clone(),
                    status: entry.status.unwrap_or_default(),
                    synced_at: None,
                },
            }
        };
        file.services.iter().map(service).collect()
    }

    fn questions(
        &mut self,
    ) -> (Vec<Identified<BookingQuestion>>, Vec<Identified<BookingQuestionAnswer>>) {
        let file = self.file;
        let mut all_answers = Vec::new();
        let mut questions = Vec::new();
        for (slug, entry) in &file.questions {
            let id = Id::new(self.id(&format!("questions.{slug}")));
            let answers: Vec<_> =
                entry.answers.iter().map(|answer| self.answer(id, slug, answer)).collect();
            questions.push(Identified {
                id,
                body: BookingQuestion {
                    slug: slug.clone(),
                    content: content!(entry),
                    kind: entry.kind,
                    is_required: entry.required,
                    rules: entry.rules.clone(),
                    answer_ids: answers.iter().map(|it| it.id).collect(),
                },
            });
            all_answers.extend(answers);
        }
        (questions, all_answers)
    }

    fn answer(
        &mut self,
        booking_question_id: Id<BookingQuestion>,
        question: &Slug,
        (slug, entry): (&Slug, &AnswerEntry),
    ) -> Identified<BookingQuestionAnswer> {
        let place = format!("questions.{question}.answers.{slug}");
        let service = entry.service.as_ref();
        let service =
            service.and_then(|it| self.resolve("services", it, &format!("{place}.service")));
        let category = entry.category.as_ref();
        Identified {
            id: Id::new(self.id(&place)),
            body: BookingQuestionAnswer {
                booking_question_id,
                slug: slug.clone(),
                content: content!(entry),
                kind: service.map_or(AnswerKind::Text {}, |booking_service_id| {
                    AnswerKind::ServiceReference { booking_service_id }
                }),
                category_id: category
                    .and_then(|it| self.resolve("categories", it, &format!("{place}.category"))),
            },
        }
    }
}
