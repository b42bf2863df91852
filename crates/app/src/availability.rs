use std::sync::Arc;

use jiff::{ToSpan, civil::Date};
use model::{
    Doc, Id, Timestamp,
    availability::{Occupied, Rules, resource_keys},
    flow::CompiledFlow,
    scheduler::{BookingService, Schedule, ServiceZone, SlotHold, ZoneIndex},
    session::BookingSession,
    step::{StepConfig, TimeslotSelection},
};
use store::{Find, Scalar};

use crate::{Error, Result, Tenant};

/// The schedule of the service that a visitor chose, and the step that asks for a time.
pub(crate) struct Planned<'a> {
    schedule_id: Id<Schedule>,
    schedule: Arc<Option<Schedule>>,
    service_id: Id<BookingService>,
    service: &'a BookingService,
    zone: Option<Id<ServiceZone>>,
    pub(crate) step: &'a TimeslotSelection,
}

impl Planned<'_> {
    /// `None` when the schedule is gone.
    pub(crate) fn rules(&self) -> Option<Rules<'_>> {
        Some(Rules {
            schedule_id: self.schedule_id,
            schedule: self.schedule.as_ref().as_ref()?,
            service_id: self.service_id,
            service: self.service,
            zone: self.zone,
            step: self.step,
        })
    }
}

impl Tenant {
    /// What decides on the timeslots of a session; `None` while it has no service, or one without
    /// a schedule, or its flow asks for no time.
    pub(crate) async fn planned<'a>(
        &self,
        flow: &'a CompiledFlow,
        session: &BookingSession,
    ) -> Result<Option<Planned<'a>>> {
        let step = flow.steps.iter().find_map(|step| match &step.config {
            StepConfig::TimeslotSelection(config) => Some(config),
            _ => None,
        });
        let selections = session.current_state.temp_selections.as_ref();
        let service_id = selections.and_then(|it| it.service_id);
        let service = service_id.and_then(|it| Some((it, flow.service(it)?)));
        let (Some(step), Some((service_id, service))) = (step, service) else { return Ok(None) };
        let Some(schedule_id) = service.schedule_id else { return Ok(None) };
        let schedule = self.schedule(schedule_id).await?;
        let zone = selections.and_then(|it| it.zone_id);
        Ok(Some(Planned { schedule_id, schedule, service_id, service, zone, step }))
    }

    async fn schedule(&self, id: Id<Schedule>) -> Result<Arc<Option<Schedule>>> {
        let (key, now) = ((self.organization(), id), self.now());
        if let Some(schedule) = self.caches().schedules.get(&key, now) {
            return Ok(schedule);
        }
        let schedule = self.scoped().get(id).await?.map(|it| it.body);
        Ok(self.caches().schedules.put(key, schedule, now))
    }

    /// The zones of a step by postal code; of all zones when the step names none.
    pub(crate) async fn zones(&self, ids: &[Id<ServiceZone>]) -> Result<Arc<ZoneIndex>> {
        let (key, now) = ((self.organization(), ids.to_vec()), self.now());
        if let Some(zones) = self.caches().zones.get(&key, now) {
            return Ok(zones);
        }
        let mut zones: Vec<Doc<ServiceZone>> = Vec::new();
        if ids.is_empty() {
            zones = self.scoped().list(Find::all()).await?.0;
        }
        for id in ids {
            zones.extend(self.scoped().get(*id).await?);
        }
        let index = ZoneIndex::new(zones.iter().map(|it| (it.id, &it.body)));
        Ok(self.caches().zones.put(key, index, now))
    }

    /// All holds that can matter to slots from `from` to `to`, both included.
    pub(crate) async fn holds(
        &self,
        rules: &Rules<'_>,
        from: Date,
        to: Date,
    ) -> Result<Vec<Doc<SlotHold>>> {
        // A day on either side: windows may begin before midnight and last past it.
        let start = instant(rules, from.checked_sub(1.day()).unwrap_or(from));
        let end = instant(rules, to.checked_add(2.days()).unwrap_or(to));
        let mut holds = Vec::new();
        for key in resource_keys(rules) {
            let mut after = None;
            loop {
                let find = Find::by(&SlotHold::SEAT, [Scalar::Text(key.clone())])
                    .between(Scalar::Text(start.to_string()), Scalar::Text(end.to_string()))
                    .limit(1_000)
                    .after(after);
                let (page, next) = self.scoped().list(find).await?;
                holds.extend(page);
                match next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
        }
        Ok(holds)
    }
}

fn instant(rules: &Rules<'_>, date: Date) -> Timestamp {
    date.to_zoned(rules.time_zone()).map_or(Timestamp::EPOCH, |it| it.timestamp().into())
}

/// The seats that others have: the visitor's own do not stand in their way.
pub(crate) fn occupied_by_others(
    holds: &[Doc<SlotHold>],
    session: Id<BookingSession>,
    now: Timestamp,
) -> Occupied {
    let others = holds.iter().map(|it| &it.body).filter(|it| it.booking_session_id != session);
    Occupied::new(others, now)
}

/// The days that are asked for, held to what a visitor may see at once.
pub(crate) fn asked_days(
    rules: &Rules<'_>,
    from: Option<Date>,
    to: Option<Date>,
    now: Timestamp,
) -> Result<(Date, Date)> {
    let (first, last) = rules.horizon(now);
    let from = from.unwrap_or(first);
    let to = to.unwrap_or_else(|| from.checked_add(13.days()).unwrap_or(from).min(last).max(from));
    let mut problems = model::Problems::default();
    let days = to.since((jiff::Unit::Day, from)).map_or(i32::MAX, |it| it.get_days());
    let holds = (0..31).contains(&days);
    problems.root().at("to").require(holds, "range", "must be 0 to 30 days after from");
    problems.into_result().map_err(Error::Invalid)?;
    Ok((from, to))
}
