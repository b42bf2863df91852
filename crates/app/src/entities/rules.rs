//! What holds for documents beyond their own rules: what one may give away, what only the server
//! sets, what cannot go.

use std::borrow::Cow;

use async_trait::async_trait;
use model::{
    Doc, Entity, Id, PerTenant, Problems,
    core::{
        ApiKey, BrandKit, JobKind, Membership, Permission, PermissionSet, Role, SystemRole, User,
        effective_permissions,
    },
    flow::builder::MOST_NODES,
    scheduler::{
        Booking, BookingAnswerCategory, BookingFlow, BookingFlowDiagram, BookingFlowExpressLink,
        BookingFlowRouter, BookingFlowStatus, BookingQuestion, BookingQuestionAnswer,
        BookingService, Customer, Schedule, SchedulerConfig, ServiceZone,
    },
    step::{BookingFlowStep, StepConfig},
};
use store::{Find, Scoped, UnitOfWork};

use super::Readable;
use crate::{
    Error, Member, Result, Tenant,
    access::{all_roles, with_inherited},
    schedulers::new_public_key,
};

/// An entity whose documents an organization's members may write.
#[async_trait]
pub trait Managed: Readable {
    /// What is left to do after a delete, in the same batch.
    const AFTER_DELETE: Option<JobKind> = None;

    /// The id of a new document.
    fn new_id(member: &Member, _: &Self) -> Id<Self> {
        member.tenant().new_id()
    }

    /// Refuses what must not be written, sets what only the server sets, and holds the batch to
    /// what it has read. `seen` is the document before, of which there is none when it is new.
    async fn before_write(
        _: &Member,
        _: &mut UnitOfWork,
        _seen: Option<&Doc<Self>>,
        _now: &mut Self,
    ) -> Result<()> {
        Ok(())
    }

    /// What this process must not go on believing after a write.
    fn written(_: &Tenant) {}

    /// Refuses, or deletes.
    async fn delete(_: &Member, unit: &mut UnitOfWork, seen: &Doc<Self>) -> Result<()> {
        unit.delete(seen.id, seen.version);
        Ok(())
    }
}

impl Managed for BrandKit {}
impl Managed for BookingQuestion {}
impl Managed for BookingQuestionAnswer {}
impl Managed for BookingAnswerCategory {}
impl Managed for BookingFlowExpressLink {}
impl Managed for BookingFlowDiagram {}
impl Managed for Customer {}
impl Managed for ServiceZone {}
impl Managed for Schedule {}
impl Managed for Booking {}

#[async_trait]
impl Managed for SchedulerConfig {
    async fn before_write(
        member: &Member,
        unit: &mut UnitOfWork,
        seen: Option<&Doc<Self>>,
        now: &mut Self,
    ) -> Result<()> {
        flow_is_there(member, unit, now.booking_flow_id).await?;
        now.public_key = match seen {
            Some(seen) => seen.body.public_key.clone(),
            None => new_public_key()?,
        };
        Ok(())
    }
}

#[async_trait]
impl Managed for BookingFlow {
    async fn before_write(
        _: &Member,
        _: &mut UnitOfWork,
        seen: Option<&Doc<Self>>,
        now: &mut Self,
    ) -> Result<()> {
        if seen.is_some_and(|it| it.body.status == BookingFlowStatus::Deleted) {
            return Err(Error::NotAllowed("A deleted flow cannot be changed."));
        }
        now.has_unpublished_changes = false;
        Ok(())
    }

    /// It is kept, because visits and bookings point at it, and shown to no visitor. What shows it
    /// to visitors must be gone, or show another one.
    async fn delete(member: &Member, unit: &mut UnitOfWork, seen: &Doc<Self>) -> Result<()> {
        if seen.body.status == BookingFlowStatus::Deleted {
            return Err(Error::NotAllowed("The flow is deleted already."));
        }
        nobody_shows::<SchedulerConfig>(member, unit, seen).await?;
        nobody_shows::<BookingFlowRouter>(member, unit, seen).await?;
        let deleted = Self { status: BookingFlowStatus::Deleted, ..seen.body.clone() };
        Ok(unit.replace(seen, &deleted)?)
    }
}

/// # Errors
/// [`Error::Referenced`] while a document of the kind has the flow in its `booking_flow_id`; the
/// batch is held to there being none.
async fn nobody_shows<E: Entity<Scope = PerTenant>>(
    member: &Member,
    unit: &mut UnitOfWork,
    flow: &Doc<BookingFlow>,
) -> Result<()> {
    const FIELD: &str = "booking_flow_id";
    if member.tenant().scoped().referrer::<E, _>(FIELD, flow.id).await?.is_some() {
        return Err(Error::referenced(E::COLLECTION.name, FIELD));
    }
    unit.unreferenced::<E, _>(FIELD, flow.id);
    Ok(())
}

/// Nothing new is shown to visitors that is deleted: to whoever asks, it is not there.
pub(crate) async fn flow_is_there(
    member: &Member,
    unit: &mut UnitOfWork,
    id: Id<BookingFlow>,
) -> Result<()> {
    if let Some(flow) = member.tenant().scoped().get(id).await? {
        if flow.body.status == BookingFlowStatus::Deleted {
            let message = format!("there is no {} {id}", BookingFlow::COLLECTION.label);
            return Err(invalid("booking_flow_id", "reference", &message));
        }
        unit.hold(&flow);
    }
    Ok(())
}

#[async_trait]
impl Managed for BookingFlowStep {
    async fn before_write(
        member: &Member,
        unit: &mut UnitOfWork,
        _: Option<&Doc<Self>>,
        now: &mut Self,
    ) -> Result<()> {
        if let StepConfig::ServiceSelection(config) = &now.config
            && config.graph.nodes.len() > MOST_NODES
        {
            let message = format!("must have at most {MOST_NODES} nodes");
            return Err(invalid("config.graph.nodes", "length", &message));
        }
        flow_is_there(member, unit, now.booking_flow_id).await
    }
}

#[async_trait]
impl Managed for BookingService {
    /// What visitors may still choose stays.
    async fn delete(member: &Member, unit: &mut UnitOfWork, seen: &Doc<Self>) -> Result<()> {
        member.tenant().nobody_is_offered(seen.id, unit).await?;
        unit.delete(seen.id, seen.version);
        Ok(())
    }
}

#[async_trait]
impl Managed for Role {
    async fn before_write(
        member: &Member,
        unit: &mut UnitOfWork,
        seen: Option<&Doc<Self>>,
        now: &mut Self,
    ) -> Result<()> {
        let id = seen.map_or_else(|| member.tenant().new_id(), |it| it.id);
        let (mut roles, own) = all_roles(member.tenant().scoped()).await?;
        if let Some(seen) = seen {
            // Whoever has it would be stripped of what is not the member's to take.
            let before = effective_permissions(seen.id, &roles).map_err(Error::Invalid)?;
            may_give(member, "permissions", before.iter())?;
        }
        roles.insert(id, Cow::Owned(now.clone()));
        for other in own.iter().filter(|it| it.id != id) {
            // One that inherits from this one must not come to inherit too deeply.
            effective_permissions(other.id, &roles).map_err(Error::Invalid)?;
            unit.hold(other);
        }
        let allowed = effective_permissions(id, &roles).map_err(Error::Invalid)?;
        may_give(member, "permissions", allowed.iter())
    }
}

#[async_trait]
impl Managed for Membership {
    fn new_id(member: &Member, new: &Self) -> Id<Self> {
        Self::id_of(member.tenant().organization(), new.user_id)
    }

    async fn before_write(
        member: &Member,
        unit: &mut UnitOfWork,
        seen: Option<&Doc<Self>>,
        now: &mut Self,
    ) -> Result<()> {
        now.context_id = member.tenant().organization();
        if seen.is_none() {
            is_of_the_parent(member, now.user_id).await?;
        }
        if seen.is_some_and(|it| it.body.user_id != now.user_id) {
            return Err(invalid("user_id", "immutable", "cannot be changed"));
        }
        may_give_roles(member, &now.roles).await?;
        if let Some(seen) = seen {
            may_take(member, seen).await?;
            if !is_owner(now) {
                another_owner_stays(member.tenant().scoped(), unit, seen).await?;
            }
        }
        Ok(())
    }

    async fn delete(member: &Member, unit: &mut UnitOfWork, seen: &Doc<Self>) -> Result<()> {
        may_take(member, seen).await?;
        another_owner_stays(member.tenant().scoped(), unit, seen).await?;
        unit.delete(seen.id, seen.version);
        Ok(())
    }
}

#[async_trait]
impl Managed for ApiKey {
    async fn before_write(
        member: &Member,
        _: &mut UnitOfWork,
        seen: Option<&Doc<Self>>,
        now: &mut Self,
    ) -> Result<()> {
        // A key that is known to others must be ended, whoever made it.
        if seen.is_some_and(|it| it.body.revoked_at.is_none()) && now.revoked_at.is_some() {
            return Ok(());
        }
        may_give(member, "scopes", now.scopes.iter().copied())
    }
}

/// Somebody becomes a member by accepting an invitation. Only those of the parent organization are
/// added without asking them.
async fn is_of_the_parent(member: &Member, user: Id<User>) -> Result<()> {
    let parent = member.tenant().profile().await?.body.parent_organization_id;
    if let Some(parent) = parent {
        let scoped = member.tenant().house().store.scoped(parent);
        if scoped.get(Membership::id_of(parent, user)).await?.is_some() {
            return Ok(());
        }
    }
    Err(invalid("user_id", "reference", "is no member of the parent organization: invite them"))
}

fn is_owner(membership: &Membership) -> bool {
    membership.roles.contains(&SystemRole::Owner.seeded_id())
}

/// Nobody gives what they do not have.
fn may_give(
    member: &Member,
    field: &str,
    permissions: impl IntoIterator<Item = Permission>,
) -> Result<()> {
    let lacking = member.permissions().lacks(permissions);
    let mut problems = Problems::default();
    for permission in lacking.iter() {
        let message = format!("you do not have {permission} yourself");
        problems.root().at(field).add("not_held", message);
    }
    problems.into_result().map_err(Error::Invalid)
}

/// As [`may_give`], for all that roles allow.
pub(crate) async fn may_give_roles(member: &Member, ids: &[Id<Role>]) -> Result<()> {
    if ids.contains(&SystemRole::PlatformAdmin.seeded_id()) {
        return Err(invalid("roles", "not_held", "is no role of an organization"));
    }
    let roles = with_inherited(member.tenant().scoped(), ids).await?;
    let mut allowed = PermissionSet::default();
    for id in ids {
        let more = effective_permissions(*id, &roles).map_err(Error::Invalid)?;
        allowed = allowed.union(more);
    }
    may_give(member, "roles", allowed.iter())
}

/// Nobody changes the membership of somebody who may do more than they.
async fn may_take(member: &Member, seen: &Doc<Membership>) -> Result<()> {
    may_give_roles(member, &seen.body.roles)
        .await
        .map_err(|_| Error::NotAllowed("This member may do more than you."))
}

pub(crate) async fn another_owner_stays(
    scoped: &Scoped,
    unit: &mut UnitOfWork,
    leaving: &Doc<Membership>,
) -> Result<()> {
    if !is_owner(&leaving.body) {
        return Ok(());
    }
    let mut after = None;
    loop {
        let (page, next) = scoped.list(Find::all().after(after)).await?;
        let other: Option<&Doc<Membership>> =
            page.iter().find(|it| it.id != leaving.id && is_owner(&it.body));
        if let Some(other) = other {
            unit.hold(other);
            return Ok(());
        }
        after = next;
        if after.is_none() {
            return Err(Error::NotAllowed("The last owner of an organization cannot go."));
        }
    }
}

/// One problem.
pub(crate) fn invalid(path: &str, code: &'static str, message: &str) -> Error {
    let mut problems = Problems::default();
    problems.root().at(path).add(code, message);
    Error::Invalid(problems)
}
