use super::{Decided, Rejection, Visit};
use crate::{
    Id, Timestamp,
    availability::NotOffered,
    scheduler::{Booking, BookingStatus, Reference},
    session::{BookingSession, EventData, Outcome},
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

/// Makes an abandoned session active again.
pub(super) fn resume(session: &BookingSession, now: Timestamp) -> Result<Vec<Decided>, Rejection> {
    match session.booking_outcome {
        Outcome::Abandoned { .. } if now < session.expires_at => Ok(vec![Decided {
            step_id: session.current_state.step_id,
            data: EventData::SessionResumed {},
        }]),
        Outcome::Abandoned { .. } => Err(Rejection::Expired),
        _ => Err(Rejection::NotAbandoned),
    }
}
