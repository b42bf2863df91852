use async_trait::async_trait;
use model::{
    Doc, Entity, OfOrganizations,
    core::{ApiKey, AuditEntry, BrandKit, Email, File, Membership, Role},
    scheduler::{
        Booking, BookingAnswerCategory, BookingFlow, BookingFlowDiagram, BookingFlowExpressLink,
        BookingFlowRouter, BookingFlowVersion, BookingQuestion, BookingQuestionAnswer,
        BookingService, Customer, Schedule, SchedulerConfig, ServiceZone,
    },
    session::BookingSession,
    step::BookingFlowStep,
};

use crate::{Member, Result};

/// An entity whose documents an organization's members may see.
#[async_trait]
pub trait Readable: Entity<Scope: OfOrganizations> + Clone {
    /// Fills in what is not stored, because it would have to be written with every change of
    /// something else.
    async fn complete(_: &Member, _: &mut [Doc<Self>]) -> Result<()> {
        Ok(())
    }
}

macro_rules! readable_as_stored {
    ($($E:ty),+ $(,)?) => {
        $(impl Readable for $E {})+
    };
}
readable_as_stored! {
    ApiKey, AuditEntry, Booking, BookingAnswerCategory, BookingFlowDiagram,
    BookingFlowExpressLink, BookingFlowRouter, BookingFlowStep, BookingFlowVersion,
    BookingQuestion, BookingQuestionAnswer, BookingService, BookingSession, BrandKit, Customer,
    Email, File, Membership, Role, Schedule, SchedulerConfig, ServiceZone,
}

#[async_trait]
impl Readable for BookingFlow {
    /// A flow changes with every part of it: whether the draft is ahead of what visitors get is
    /// compared when somebody asks.
    async fn complete(member: &Member, docs: &mut [Doc<Self>]) -> Result<()> {
        for doc in docs {
            doc.body.has_unpublished_changes = member.tenant().is_ahead(doc).await?;
        }
        Ok(())
    }
}
