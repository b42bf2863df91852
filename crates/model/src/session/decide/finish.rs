use std::time::Duration;

use super::{Decided, Rejection, Visit};
use crate::{
    Id, Timestamp,
    availability::NotOffered,
    flow::CompiledFlow,
    scheduler::{Booking, BookingStatus, Reference},
    session::{AbandonReason, BookingSession, EventData, Outcome},
    step::StepType,
};

impl Visit<'_> {
    /// Books. Possible where the next step is the confirmation, or at the confirmation itself when
    /// the flow has no summary to be left by it.
    pub(super) fn confirm(
        &mut self,
        booking_id: Id<Booking>,
        reference: &Reference,
        seats_kept: bool,
    ) -> Result<(), Rejection> {
        let here = self.step().config.step_type();
        if !matches!(here, StepType::Summary | StepType::Confirmation) {
            return Err(self.not_here("confirm"));
        }
        let selections = self.active.selections;
        let service_id = selections.service_id.ok_or(Rejection::Incomplete("a service"))?;
        if selections.customer.is_none() {
            return Err(Rejection::Incomplete("who books"));
        }
        if let Some((place, _)) = self.flow.step_of_type(StepType::TimeslotSelection) {
            let timeslot =
                selections.timeslot.as_ref().ok_or(Rejection::Incomplete("a timeslot"))?;
            if !seats_kept {
                let lost = EventData::TimeslotLost {
                    start: timeslot.start,
                    reason: NotOffered::Capacity,
                    seats: selections.seats.clone(),
                };
                self.leave_backward(place)?;
                self.happens(lost);
                return Ok(());
            }
        }
        let timeslot = selections.timeslot.clone();
        self.happens(EventData::BookingSubmitted {
            booking_id,
            reference: reference.clone(),
            service_id,
            status: match timeslot {
                Some(_) => BookingStatus::Confirmed,
                None => BookingStatus::Requested,
            },
            timeslot,
            seats: selections.seats.clone(),
        });
        if here == StepType::Summary {
            self.complete_step()?;
        }
        self.happens(EventData::SessionCompleted { booking_id });
        Ok(())
    }
}

/// Makes an abandoned session active again. A visitor who had come past the timeslots and whose
/// seats were given back meanwhile has to choose once more.
pub(super) fn resume(
    flow: &CompiledFlow,
    session: &BookingSession,
    now: Timestamp,
) -> Result<Vec<Decided>, Rejection> {
    if !matches!(session.booking_outcome, Outcome::Abandoned { .. }) {
        return Err(Rejection::NotAbandoned);
    }
    let resumed = BookingSession { booking_outcome: Outcome::Active {}, ..session.clone() };
    let mut visit = Visit::new(flow, resumed.active(now)?)?;
    visit.happens(EventData::SessionResumed {});
    if let Some((place, _)) = flow.step_of_type(StepType::TimeslotSelection)
        && place < visit.at
        && visit.active.selections.timeslot.is_none()
    {
        visit.leave_backward(place)?;
        visit.happens(EventData::TimeslotExpired { seats: Vec::new() });
    }
    Ok(visit.events)
}

/// What becomes of a session that nobody goes on with: at the end of its time it expires, before
/// that it is abandoned when nothing has happened in it for `abandon_after`. Its seats are given
/// back. Nothing, while it is neither.
pub fn sweep(
    session: &BookingSession,
    abandon_after: Option<Duration>,
    now: Timestamp,
) -> Vec<Decided> {
    let is_active = matches!(session.booking_outcome, Outcome::Active {});
    let is_abandoned = matches!(session.booking_outcome, Outcome::Abandoned { .. });
    let idle_since = session.current_state.last_event_at;
    let end = if now >= session.expires_at && (is_active || is_abandoned) {
        EventData::SessionExpired {}
    } else if is_active && abandon_after.is_some_and(|it| now >= idle_since.plus(it)) {
        EventData::SessionAbandoned { reason: Some(AbandonReason::Timeout) }
    } else {
        return Vec::new();
    };
    let selections = session.current_state.temp_selections.as_ref();
    let seats = selections.filter(|it| it.timeslot.is_some()).map(|it| {
        let seats = it.seats.clone();
        match it.held_until {
            Some(until) if now < until => EventData::TimeslotReleased { seats },
            _ => EventData::TimeslotExpired { seats },
        }
    });
    let step_id = session.current_state.step_id;
    seats.into_iter().chain([end]).map(|data| Decided { step_id, data }).collect()
}
