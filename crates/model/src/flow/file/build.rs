use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{AnswerEntry, FlowFile, ScheduleEntry, StepEntry, rules};
use crate::{
    Id, ObjectId,
    content::{ContentConfig, Slug},
    flow::{
        FlowBundle,
        check::{Finding, Severity},
    },
    scheduler::{
        AnswerKind, BookingAnswerCategory, BookingFlow, BookingFlowStatus, BookingQuestion,
        BookingQuestionAnswer, BookingService, Capacity, DateOverride, FlowSnapshot, Identified,
        Schedule, ServiceStatus, ServiceZone, Window,
    },
    step::{
        AdditionalDetails, BookingFlowStep, Confirmation, CustomerInfo, ServiceSelection,
        StepConfig, Summary, TimeslotSelection, Zipcode,
    },
};

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
                content: content(
                    &self.flow.title,
                    self.flow.description.as_ref(),
                    self.flow.icon.as_ref(),
                ),
                steps: steps.iter().map(|it| it.id).collect(),
                status: BookingFlowStatus::Draft,
                published_version_id: None,
                has_unpublished_changes: false,
                scheduled_publication: None,
                failed_publication: None,
            },
        };
        let snapshot = FlowSnapshot { flow, steps, questions, answers, categories, services };
        let bundle = FlowBundle { snapshot, zones, schedules };
        findings.extend(rules::broken(&bundle));
        Built { bundle, findings }
    }
}

/// Gives ids to what a file names, and finds what it names in vain.
pub(super) struct Builder<'a> {
    pub(super) file: &'a FlowFile,
    id_of: &'a mut dyn FnMut(&str) -> ObjectId,
    pub(super) ids: BTreeMap<String, ObjectId>,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Builder<'_> {
    pub(super) fn id(&mut self, place: &str) -> ObjectId {
        if let Some(id) = self.ids.get(place) {
            return *id;
        }
        let id = (self.id_of)(place);
        self.ids.insert(place.to_owned(), id);
        id
    }

    /// The id of what `slug` names, or a finding at `place`.
    pub(super) fn resolve<E>(
        &mut self,
        map: &'static str,
        slug: &Slug,
        place: &str,
    ) -> Option<Id<E>> {
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
        self.findings.push(Finding {
            code: "reference.missing",
            severity: Severity::Error,
            message: format!("`{slug}` is not among the {map} of this file."),
            path: place.to_owned(),
            ids: Vec::new(),
            witness: Vec::new(),
        });
        None
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
                content: ContentConfig::titled(&entry.title),
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
                    .map(|it| Window { start: it.start, duration: u32::from(it.minutes()) })
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
                content: content(&entry.title, entry.description.as_ref(), entry.icon.as_ref()),
                order: i32::try_from(n).unwrap_or(i32::MAX),
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
                    content: content(&entry.title, entry.description.as_ref(), entry.icon.as_ref()),
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
                    vendor_data: None,
                    status: ServiceStatus::Active,
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
                    content: content(&entry.title, entry.description.as_ref(), entry.icon.as_ref()),
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
                content: content(&entry.title, entry.description.as_ref(), entry.icon.as_ref()),
                kind: service.map_or(AnswerKind::Text {}, |booking_service_id| {
                    AnswerKind::ServiceReference { booking_service_id }
                }),
                category_id: category
                    .and_then(|it| self.resolve("categories", it, &format!("{place}.category"))),
            },
        }
    }

    fn steps(&mut self, flow: ObjectId) -> Vec<Identified<BookingFlowStep>> {
        let file = self.file;
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut steps = Vec::new();
        for (n, entry) in file.steps.iter().enumerate() {
            let (content, config) = self.step(n, entry);
            let name = config.step_type().name();
            let nth = seen.entry(name).or_default();
            let id = Id::new(self.id(&format!("steps.{name}.{nth}")));
            *nth += 1;
            let body = BookingFlowStep { booking_flow_id: Id::new(flow), content, config };
            steps.push(Identified { id, body });
        }
        steps
    }

    fn step(&mut self, n: usize, entry: &StepEntry) -> (ContentConfig, StepConfig) {
        match entry.clone() {
            StepEntry::Zipcode { title, description, country, zones, outside_area } => {
                let first = zones.first().and_then(|it| self.file.zones.get(it));
                let country = country.or_else(|| first.map(|it| it.country.clone()));
                let config = Zipcode {
                    country: country.unwrap_or_else(|| "US".to_owned()),
                    zone_ids: self.resolve_all("zones", &zones, &format!("steps.{n}.zones")),
                    outside_area,
                };
                (content(&title, description.as_ref(), None), StepConfig::Zipcode(config))
            }
            StepEntry::ServiceSelection { title, description, start } => {
                let graph = self.graph(&start, &format!("steps.{n}.start"));
                let config = ServiceSelection { graph };
                (content(&title, description.as_ref(), None), StepConfig::ServiceSelection(config))
            }
            StepEntry::AdditionalDetails { title, description, fields, media } => {
                let config = AdditionalDetails { fields, media };
                (content(&title, description.as_ref(), None), StepConfig::AdditionalDetails(config))
            }
            StepEntry::TimeslotSelection {
                title,
                description,
                mode,
                horizon_days,
                lead_time_minutes,
                offer_first_available,
                call_to_book,
                hold_minutes,
            } => {
                let config = TimeslotSelection {
                    mode,
                    horizon_days,
                    lead_time_minutes,
                    offer_first_available: offer_first_available.unwrap_or(true),
                    call_to_book,
                    hold_minutes: hold_minutes.unwrap_or(10),
                };
                (content(&title, description.as_ref(), None), StepConfig::TimeslotSelection(config))
            }
            StepEntry::CustomerInfo { title, description, fields, lookup_existing, consents } => {
                let config = CustomerInfo { fields, lookup_existing, consents };
                (content(&title, description.as_ref(), None), StepConfig::CustomerInfo(config))
            }
            StepEntry::Summary {
                title,
                description,
                show_price,
                show_dispatch_fee,
                terms,
                deposit,
            } => {
                let config = Summary {
                    show_price: show_price.unwrap_or(true),
                    show_dispatch_fee: show_dispatch_fee.unwrap_or(true),
                    terms,
                    deposit,
                };
                (content(&title, description.as_ref(), None), StepConfig::Summary(config))
            }
            StepEntry::Confirmation {
                title,
                description,
                message,
                redirect_url,
                add_to_calendar,
                show_reference,
            } => {
                let config = Confirmation {
                    message,
                    redirect_url,
                    add_to_calendar: add_to_calendar.unwrap_or(true),
                    show_reference: show_reference.unwrap_or(true),
                };
                (content(&title, description.as_ref(), None), StepConfig::Confirmation(config))
            }
        }
    }
}

fn content(title: &str, description: Option<&String>, icon: Option<&String>) -> ContentConfig {
    ContentConfig {
        title: title.to_owned(),
        description: description.cloned(),
        icon: icon.cloned(),
        translations: BTreeMap::new(),
    }
}
