use std::time::Duration;

use jiff::civil::Date;
use model::{
    Doc, Id, Timestamp,
    availability::{Day, NotOffered, OfferedSlot, Rules},
    core::File,
    flow::CompiledFlow,
    scheduler::{HoldState, Reference, ServiceZone, SlotHold, normalize_postal_code},
    session::{Claimed, Command, CustomerDetails, Input, Seat, SlotOutcome},
    step::StepConfig,
};

use super::VisitorSession;
use crate::{
    Error, Result, Tenant,
    availability::{asked_days, occupied_by_others},
    environment::random,
};

/// A command with all that deciding on it needs, and what its effects touch.
pub(super) struct Facts {
    pub(super) input: Input,
    /// Holds of others that have expired, on whose seats the visitor is put.
    pub(super) taken_over: Vec<Doc<SlotHold>>,
    /// The visitor's own, as they were when the decision was made on them.
    pub(super) kept: Vec<Doc<SlotHold>>,
    /// The file that the command is about.
    pub(super) file: Option<Doc<File>>,
}

impl VisitorSession {
    /// Looks up what the world says to a command.
    pub(super) async fn facts(
        &self,
        flow: &CompiledFlow,
        command: &Command,
        now: Timestamp,
    ) -> Result<Facts> {
        let mut taken_over = Vec::new();
        let mut kept = Vec::new();
        let mut file = None;
        let input = match command.clone() {
            Command::SubmitZip { zip } => {
                let zone = self.tenant.zone_of(flow, &zip).await?;
                Input::SubmitZip { zip, zone }
            }
            Command::AnswerQuestion { node_id, answer_ids, value } => {
                Input::AnswerQuestion { node_id, answer_ids, value }
            }
            Command::GoBack { to_step_id, to_node_id } => Input::GoBack { to_step_id, to_node_id },
            Command::SubmitDetails { values } => Input::SubmitDetails { values },
            Command::AttachFile { file_id } => {
                let (input, found) = self.attach_facts(file_id).await?;
                file = found;
                input
            }
            Command::RemoveFile { file_id } => {
                file = self.own_file(file_id).await?;
                Input::RemoveFile { file_id: file_id.object_id() }
            }
            Command::ViewTimeslots { from, to } => self.view_facts(flow, from, to, now).await?,
            Command::SelectTimeslot { start } => {
                let (outcome, expired) = self.slot_facts(flow, start, now).await?;
                taken_over = expired;
                Input::SelectTimeslot { start, outcome }
            }
            Command::ReleaseTimeslot {} => Input::ReleaseTimeslot,
            Command::SubmitCustomer { first_name, last_name, email, phone, address, consents } => {
                let customer = CustomerDetails { first_name, last_name, email, phone, address };
                Input::SubmitCustomer { customer, consents }
            }
            Command::Confirm {} => {
                let holds = self.seats_kept().await?;
                let seats_kept = holds.is_some();
                kept = holds.unwrap_or_default();
                Input::Confirm {
                    booking_id: self.tenant.new_id(),
                    reference: Reference::from_random(u32::from_be_bytes(random())),
                    seats_kept,
                }
            }
            Command::Abandon { reason } => Input::Abandon { reason },
            Command::Resume {} => Input::Resume,
        };
        Ok(Facts { input, taken_over, kept, file })
    }

    /// The file as it would be attached where the visitor is.
    pub(super) async fn attach_facts(
        &self,
        file_id: Id<File>,
    ) -> Result<(Input, Option<Doc<File>>)> {
        let found = self.own_file(file_id).await?;
        let file = found.as_ref().and_then(|it| self.attached(it));
        Ok((Input::AttachFile { file_id: file_id.object_id(), file }, found))
    }

    async fn view_facts(
        &self,
        flow: &CompiledFlow,
        from: Date,
        to: Date,
        now: Timestamp,
    ) -> Result<Input> {
        let mut found = Found::default();
        if let Some(planned) = self.tenant.planned(flow, &self.session.body).await?
            && let Some(rules) = planned.rules()
        {
            asked_days(&rules, Some(from), Some(to), now)?;
            found = self.days(&rules, from, to, now).await?;
        }
        let offered = found.days.iter().map(|it| it.offered.len()).sum::<usize>();
        let offered = u32::try_from(offered).unwrap_or(u32::MAX);
        Ok(Input::ViewTimeslots { from, to, offered, next_available: found.next_available })
    }

    /// The days asked for and, when they offer nothing, the next one that does.
    pub(super) async fn days(
        &self,
        rules: &Rules<'_>,
        from: Date,
        to: Date,
        now: Timestamp,
    ) -> Result<Found> {
        let id = self.session.id;
        let holds = self.tenant.holds(rules, from, to).await?;
        let days = rules.days(from, to, now, &occupied_by_others(&holds, id, now));
        let mut next_available = None;
        let (first, last) = rules.horizon(now);
        if days.iter().all(|it| it.offered.is_empty())
            && let Ok(next) = to.tomorrow()
            && next <= last
        {
            // Of days long ago nothing is asked.
            let next = next.max(first);
            let holds = self.tenant.holds(rules, next, last).await?;
            let later = rules.days(next, last, now, &occupied_by_others(&holds, id, now));
            next_available = later.iter().find(|it| !it.offered.is_empty()).map(|it| it.date);
        }
        Ok(Found { days, next_available })
    }

    async fn slot_facts(
        &self,
        flow: &CompiledFlow,
        start: Timestamp,
        now: Timestamp,
    ) -> Result<(SlotOutcome, Vec<Doc<SlotHold>>)> {
        let closed = SlotOutcome::Refused(NotOffered::Closed);
        let Some(planned) = self.tenant.planned(flow, &self.session.body).await? else {
            return Ok((closed, Vec::new()));
        };
        let Some(rules) = planned.rules() else { return Ok((closed, Vec::new())) };
        let date = start.jiff().to_zoned(rules.time_zone()).date();
        let holds = self.tenant.holds(&rules, date, date).await?;
        let occupied = occupied_by_others(&holds, self.session.id, now);
        let offer = match rules.offer(start, now, &occupied) {
            Ok(offer) => offer,
            Err(reason) => return Ok((SlotOutcome::Refused(reason), Vec::new())),
        };
        let OfferedSlot { slot, claims, .. } = offer;
        let preferred = u32::from_be_bytes(random());
        let mut seats = Vec::with_capacity(claims.len());
        let mut taken_over = Vec::new();
        for claim in claims {
            // An offer has a free seat for each claim.
            let Some(seat) = occupied.free_seat(&claim, preferred) else {
                return Err(Error::Busy);
            };
            let expired = holds.iter().find(|it| {
                it.body.resource_key == claim.resource_key
                    && it.body.window_start == claim.window_start
                    && it.body.seat == seat
                    && it.body.booking_session_id != self.session.id
            });
            taken_over.extend(expired.cloned());
            seats.push(Seat {
                hold_id: self.tenant.new_id(),
                resource_key: claim.resource_key,
                window_start: claim.window_start,
                seat,
            });
        }
        let minutes = Duration::from_mins(u64::from(planned.step.hold_minutes));
        let claimed = Claimed {
            timeslot: slot.window(&rules.schedule.time_zone, planned.step.mode),
            seats,
            held_until: now.plus(minutes),
        };
        Ok((SlotOutcome::Free(claimed), taken_over))
    }

    /// The holds of all seats, when every one is still this session's: one whose time has run out
    /// is, until somebody takes it over.
    async fn seats_kept(&self) -> Result<Option<Vec<Doc<SlotHold>>>> {
        let selections = self.session.body.current_state.temp_selections.as_ref();
        let seats = selections.map_or(&[][..], |it| &it.seats);
        let mut kept = Vec::with_capacity(seats.len());
        for seat in seats {
            let hold: Option<Doc<SlotHold>> = self.tenant.scoped().get(seat.hold_id).await?;
            let own = hold.filter(|it| {
                it.body.booking_session_id == self.session.id
                    && matches!(it.body.state, HoldState::Held { .. })
            });
            let Some(hold) = own else { return Ok(None) };
            kept.push(hold);
        }
        Ok(Some(kept))
    }
}

impl Tenant {
    /// The zone of a postal code, of those that the flow serves.
    pub(super) async fn zone_of(
        &self,
        flow: &CompiledFlow,
        zip: &str,
    ) -> Result<Option<Id<ServiceZone>>> {
        let config = flow.steps.iter().find_map(|step| match &step.config {
            StepConfig::Zipcode(config) => Some(config),
            _ => None,
        });
        let Some(config) = config else { return Ok(None) };
        let Some(code) = normalize_postal_code(&config.country, zip) else { return Ok(None) };
        Ok(self.zones(&config.zone_ids).await?.find(&config.country, &code))
    }
}

/// A command whose values were refused before. Whatever the world says by now, the answer to it
/// stays the same, and so does what was said then.
pub(super) fn of_refused(command: &Command) -> Option<Input> {
    Some(match command.clone() {
        Command::SubmitZip { zip } => Input::SubmitZip { zip, zone: None },
        Command::AnswerQuestion { node_id, answer_ids, value } => {
            Input::AnswerQuestion { node_id, answer_ids, value }
        }
        Command::SubmitDetails { values } => Input::SubmitDetails { values },
        Command::RemoveFile { file_id } => Input::RemoveFile { file_id: file_id.object_id() },
        Command::SelectTimeslot { start } => {
            let outcome = SlotOutcome::Refused(NotOffered::Closed);
            Input::SelectTimeslot { start, outcome }
        }
        Command::SubmitCustomer { first_name, last_name, email, phone, address, consents } => {
            let customer = CustomerDetails { first_name, last_name, email, phone, address };
            Input::SubmitCustomer { customer, consents }
        }
        _ => return None,
    })
}

/// Days and what comes after them.
#[derive(Default)]
pub(super) struct Found {
    pub(super) days: Vec<Day>,
    pub(super) next_available: Option<Date>,
}
