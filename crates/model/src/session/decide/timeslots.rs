use jiff::civil::Date;

use super::{Rejection, Visit};
use crate::{
    Problems, Timestamp,
    availability::NotOffered,
    session::{EventData, SlotOutcome},
    step::StepType,
};

impl Visit<'_> {
    pub(super) fn view_timeslots(
        &mut self,
        from: Date,
        to: Date,
        offered: u32,
        next_available: Option<Date>,
    ) -> Result<(), Rejection> {
        self.require_timeslot_step("view_timeslots")?;
        self.happens(EventData::TimeslotsViewed { from, to, offered });
        if offered == 0 {
            self.happens(EventData::NoTimeslotsFound { from, to, next_available });
        }
        Ok(())
    }

    pub(super) fn select_timeslot(
        &mut self,
        start: Timestamp,
        outcome: &SlotOutcome,
    ) -> Result<(), Rejection> {
        self.require_timeslot_step("select_timeslot")?;
        match outcome {
            SlotOutcome::Free(claimed) => {
                self.release_seats();
                self.happens(EventData::TimeslotHeld {
                    timeslot: claimed.timeslot.clone(),
                    seats: claimed.seats.clone(),
                    held_until: claimed.held_until,
                });
                self.complete_step()
            }
            SlotOutcome::Refused(
                reason @ (NotOffered::Capacity | NotOffered::Held | NotOffered::LeadTime),
            ) => {
                let seats = self.active.selections.seats.clone();
                self.happens(EventData::TimeslotLost { start, reason: *reason, seats });
                Ok(())
            }
            SlotOutcome::Refused(_) => {
                let mut problems = Problems::default();
                problems.root().at("start").add("timeslot", "There is no timeslot at this time.");
                Err(Rejection::Invalid(problems))
            }
        }
    }

    pub(super) fn release_timeslot(&mut self) -> Result<(), Rejection> {
        self.require_timeslot_step("release_timeslot")?;
        self.release_seats();
        Ok(())
    }

    /// Gives the held seats back, if there are any.
    pub(super) fn release_seats(&mut self) {
        let seats = self.active.selections.seats.clone();
        if self.active.selections.timeslot.is_some() {
            self.happens(EventData::TimeslotReleased { seats });
        }
    }

    fn require_timeslot_step(&self, command: &'static str) -> Result<(), Rejection> {
        if self.step().config.step_type() == StepType::TimeslotSelection {
            Ok(())
        } else {
            Err(self.not_here(command))
        }
    }
}
