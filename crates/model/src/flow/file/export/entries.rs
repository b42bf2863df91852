use indexmap::IndexMap;

use super::{map, names::Names};
use crate::{
    content::{Hours, Slug, TimeOfDay},
    flow::file::{
        AnswerEntry, CapacityEntry, CategoryEntry, LateWindow, OverrideEntry, QuestionEntry,
        ScheduleEntry, ServiceEntry, StepEntry, WindowEntry, ZoneEntry,
    },
    scheduler::{AnswerKind, BookingQuestionAnswer, Schedule, ServiceStatus, Window},
    step::StepConfig,
};

impl Names<'_> {
    pub(super) fn services(&self) -> IndexMap<Slug, ServiceEntry> {
        map(self.services.iter().map(|it| {
            let (content, service) = (it.entity.body.content.clone(), &it.entity.body);
            let entry = ServiceEntry {
                title: content.title,
                description: content.description,
                icon: content.icon,
                translations: content.translations,
                duration_minutes: service.duration_minutes,
                price: service.price.clone(),
                dispatch_fee: service.dispatch_fee.clone(),
                zones: service.service_zone_ids.iter().map(|it| self.slug(*it)).collect(),
                schedule: service.schedule_id.map(|it| self.slug(it)),
                skills: service.skills.clone(),
                vendor: service.vendor_data.clone(),
                status: (service.status != ServiceStatus::Active).then_some(service.status),
            };
            (it.slug.clone(), entry)
        }))
    }

    pub(super) fn zones(&self) -> IndexMap<Slug, ZoneEntry> {
        map(self.zones.iter().map(|it| {
            let (content, zone) = (it.entity.body.content.clone(), &it.entity.body);
            let entry = ZoneEntry {
                title: content.title,
                description: content.description,
                icon: content.icon,
                translations: content.translations,
                country: zone.country.clone(),
                postal_codes: zone.postal_codes.clone(),
                priority: zone.priority,
                trip_charge: zone.trip_charge.clone(),
                time_zone: zone.time_zone.clone(),
            };
            (it.slug.clone(), entry)
        }))
    }

    pub(super) fn schedules(&self) -> IndexMap<Slug, ScheduleEntry> {
        map(self.schedules.iter().map(|it| {
            let entry = self.schedule(&it.slug, &it.entity.body);
            (it.slug.clone(), entry)
        }))
    }

    fn schedule(&self, slug: &Slug, schedule: &Schedule) -> ScheduleEntry {
        let capacity = &schedule.capacity;
        let mut by_zone: IndexMap<_, _> =
            map(capacity.by_zone.iter().map(|(id, limit)| (self.slug(*id), *limit)));
        let mut by_service: IndexMap<_, _> =
            map(capacity.by_service.iter().map(|(id, limit)| (self.slug(*id), *limit)));
        by_zone.sort_keys();
        by_service.sort_keys();
        let overrides = schedule.overrides.iter().map(|it| OverrideEntry {
            date: it.date,
            closed: it.closed,
            hours: it.hours.clone(),
            capacity: it.capacity,
        });
        ScheduleEntry {
            title: (schedule.name != slug.as_str()).then(|| schedule.name.clone()),
            time_zone: schedule.time_zone.clone(),
            weekly_hours: schedule.weekly_hours.clone(),
            arrival_windows: schedule.arrival_windows.iter().copied().map(window).collect(),
            capacity: CapacityEntry {
                per_window: capacity.per_window,
                per_day: capacity.per_day,
                by_zone,
                by_service,
            },
            lead_time_minutes: schedule.lead_time_minutes,
            horizon_days: schedule.horizon_days,
            buffer_minutes: schedule.buffer_minutes,
            holidays: schedule.holidays.clone(),
            overrides: overrides.collect(),
        }
    }

    pub(super) fn categories(&self) -> IndexMap<Slug, CategoryEntry> {
        map(self.categories.iter().enumerate().map(|(n, it)| {
            let (content, order) = (it.entity.body.content.clone(), it.entity.body.order);
            let entry = CategoryEntry {
                title: content.title,
                description: content.description,
                icon: content.icon,
                translations: content.translations,
                order: (i32::try_from(n) != Ok(order)).then_some(order),
            };
            (it.slug.clone(), entry)
        }))
    }

    /// Without `next`, which the graph has.
    pub(super) fn questions(&self) -> IndexMap<Slug, QuestionEntry> {
        map(self.questions.iter().map(|(it, answers)| {
            let (content, question) = (it.entity.body.content.clone(), &it.entity.body);
            let answers = answers.iter().map(|it| (it.slug.clone(), self.answer(&it.entity.body)));
            let entry = QuestionEntry {
                title: content.title,
                description: content.description,
                icon: content.icon,
                translations: content.translations,
                kind: question.kind,
                required: question.is_required,
                rules: question.rules.clone(),
                answers: map(answers),
                next: None,
            };
            (it.slug.clone(), entry)
        }))
    }

    fn answer(&self, answer: &BookingQuestionAnswer) -> AnswerEntry {
        let content = answer.content.clone();
        AnswerEntry {
            title: content.title,
            description: content.description,
            icon: content.icon,
            translations: content.translations,
            category: answer.category_id.map(|it| self.slug(it)),
            next: None,
            service: match answer.kind {
                AnswerKind::Text {} => None,
                AnswerKind::ServiceReference { booking_service_id } => {
                    Some(self.slug(booking_service_id))
                }
            },
        }
    }

    /// With the first question in place of `start` until the graph is written.
    pub(super) fn steps(&self) -> Vec<StepEntry> {
        let steps = &self.bundle.snapshot.steps;
        steps.iter().map(|it| self.step(it.body.content.clone(), it.body.config.clone())).collect()
    }

    fn step(&self, content: crate::content::ContentConfig, config: StepConfig) -> StepEntry {
        let crate::content::ContentConfig { title, description, icon, translations } = content;
        match config {
            StepConfig::Zipcode(config) => StepEntry::Zipcode {
                title,
                description,
                icon,
                translations,
                country: Some(config.country),
                zones: config.zone_ids.iter().map(|it| self.slug(*it)).collect(),
                outside_area: config.outside_area,
            },
            StepConfig::ServiceSelection(config) => StepEntry::ServiceSelection {
                title,
                description,
                icon,
                translations,
                start: self.slug(config.graph.root_node_id),
            },
            StepConfig::AdditionalDetails(config) => StepEntry::AdditionalDetails {
                title,
                description,
                icon,
                translations,
                fields: config.fields,
                media: config.media,
            },
            StepConfig::TimeslotSelection(config) => StepEntry::TimeslotSelection {
                title,
                description,
                icon,
                translations,
                mode: config.mode,
                horizon_days: config.horizon_days,
                lead_time_minutes: config.lead_time_minutes,
                offer_first_available: (!config.offer_first_available).then_some(false),
                call_to_book: config.call_to_book,
                hold_minutes: (config.hold_minutes != 10).then_some(config.hold_minutes),
            },
            StepConfig::CustomerInfo(config) => StepEntry::CustomerInfo {
                title,
                description,
                icon,
                translations,
                fields: config.fields,
                lookup_existing: config.lookup_existing,
                consents: config.consents,
            },
            StepConfig::Summary(config) => StepEntry::Summary {
                title,
                description,
                icon,
                translations,
                show_price: (!config.show_price).then_some(false),
                show_dispatch_fee: (!config.show_dispatch_fee).then_some(false),
                terms: config.terms,
                deposit: config.deposit,
            },
            StepConfig::Confirmation(config) => StepEntry::Confirmation {
                title,
                description,
                icon,
                translations,
                message: config.message,
                redirect_url: config.redirect_url,
                add_to_calendar: (!config.add_to_calendar).then_some(false),
                show_reference: (!config.show_reference).then_some(false),
            },
        }
    }
}

fn window(Window { start, duration }: Window) -> WindowEntry {
    let end = u32::from(start.minutes()) + duration;
    let end = u16::try_from(end).ok().and_then(TimeOfDay::from_minutes);
    match end.filter(|it| start < *it) {
        Some(end) => WindowEntry::Span(Hours { start, end }),
        None => WindowEntry::Late(LateWindow { start, duration }),
    }
}
