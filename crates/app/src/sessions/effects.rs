use model::{
    Doc, Id, Timestamp,
    core::File,
    flow::CompiledFlow,
    scheduler::{Booking, HoldState, SlotHold},
    session::{self, EventData, Seat, Selections, SessionEvent},
};
use store::{PlatformUnit, UnitOfWork};

use super::{VisitorSession, confirmation::Confirmation};
use crate::Result;

/// What events touch besides the session, in the same batch: seats, the booking, and the
/// mail that confirms it.
pub(super) struct Effects<'a> {
    pub(super) visitor: &'a VisitorSession,
    pub(super) flow: &'a CompiledFlow,
    pub(super) taken_over: &'a [Doc<SlotHold>],
    pub(super) kept: &'a [Doc<SlotHold>],
    pub(super) file: Option<&'a Doc<File>>,
}

impl Effects<'_> {
    pub(super) async fn add(
        &self,
        unit: &mut UnitOfWork,
        batch: &mut PlatformUnit,
        events: &[SessionEvent],
    ) -> Result<()> {
        for event in events {
            match &event.body.data {
                EventData::TimeslotReleased { seats }
                | EventData::TimeslotExpired { seats }
                | EventData::TimeslotLost { seats, .. } => self.free(unit, seats).await?,
                EventData::TimeslotHeld { seats, held_until, .. } => {
                    self.hold(unit, seats, *held_until)?;
                }
                EventData::FileAttached(_) => {
                    if let Some(file) = self.file {
                        self.visitor.keep_file(unit, file)?;
                    }
                }
                EventData::FileRemoved { .. } => {
                    if let Some(file) = self.file {
                        self.visitor.drop_file(unit, batch, file)?;
                    }
                }
                EventData::BookingSubmitted { booking_id, .. } => {
                    let none = Selections::default();
                    let state = &self.visitor.session.body.current_state;
                    let before = state.temp_selections.as_ref().unwrap_or(&none);
                    let data = &event.body.data;
                    if let Some(mut booking) =
                        session::booking(self.flow, self.visitor.session.id, before, data)
                    {
                        booking.file_ids = self.visitor.book_files(unit, before).await?;
                        unit.insert(*booking_id, &booking)?;
                        self.confirm(batch, *booking_id, &booking, event.timestamp)?;
                    }
                    self.book(unit)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn confirm(
        &self,
        batch: &mut PlatformUnit,
        id: Id<Booking>,
        booking: &Booking,
        at: Timestamp,
    ) -> Result<()> {
        let confirmation = Confirmation::of(self.flow, id, booking, at);
        let Some(Confirmation { to, template, attachments }) = confirmation else { return Ok(()) };
        let tenant = &self.visitor.tenant;
        let owner = Some(tenant.organization());
        tenant.house().mail_with(batch, owner, to, &template, attachments, at)
    }

    fn hold(&self, unit: &mut UnitOfWork, seats: &[Seat], expires_at: Timestamp) -> Result<()> {
        for expired in self.taken_over {
            unit.delete(expired.id, expired.version);
        }
        for seat in seats {
            let hold = SlotHold {
                resource_key: seat.resource_key.clone(),
                window_start: seat.window_start,
                seat: seat.seat,
                booking_session_id: self.visitor.session.id,
                state: HoldState::Held { expires_at },
            };
            unit.insert(seat.hold_id, &hold)?;
        }
        Ok(())
    }

    /// Seats that somebody took over meanwhile are theirs.
    async fn free(&self, unit: &mut UnitOfWork, seats: &[Seat]) -> Result<()> {
        for seat in seats {
            if let Some(hold) = self.visitor.tenant.scoped().get(seat.hold_id).await? {
                unit.delete(hold.id, hold.version);
            }
        }
        Ok(())
    }

    /// The seats on which it was decided: the batch fails when one of them is not as it was then.
    fn book(&self, unit: &mut UnitOfWork) -> Result<()> {
        for hold in self.kept {
            let booked = SlotHold { state: HoldState::Booked, ..hold.body.clone() };
            unit.replace(hold, &booked)?;
        }
        Ok(())
    }
}
