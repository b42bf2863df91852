use async_trait::async_trait;
use model::{
    Doc, Entity, Id, Problems, Timestamp,
    routing::taken_examples,
    scheduler::{BookingFlowRouter, RouterRevision},
};
use store::UnitOfWork;

use crate::{Error, Managed, Member, Result, Tenant, entities::flow_is_there};

#[async_trait]
impl Managed for BookingFlowRouter {
    /// It is decided on all routers as they are, and on nobody else's writing one meanwhile.
    async fn before_write(
        member: &Member,
        unit: &mut UnitOfWork,
        seen: Option<&Doc<Self>>,
        now: &mut Self,
    ) -> Result<()> {
        let tenant = member.tenant();
        let mut problems = Problems::default();
        now.validate(&mut problems.root());
        problems.into_result().map_err(Error::Invalid)?;
        flow_is_there(member, unit, now.booking_flow_id).await?;
        next_revision(tenant, unit).await?;
        let mut all: Vec<Doc<Self>> = tenant.every().await?;
        let at = tenant.now();
        let (id, created_at) = seen.map_or((tenant.new_id(), at), |it| (it.id, it.created_at));
        all.retain(|it| it.id != id);
        let was = seen.filter(|it| it.body.is_default).map(|it| it.body.scheduler_config_id);
        let mut problems = Problems::default();
        if now.is_default && was != Some(now.scheduler_config_id) {
            problems = one_default(&all, now);
        }
        let organization_id = Some(tenant.organization());
        let body = now.clone();
        all.push(Doc { id, organization_id, version: 0, created_at, updated_at: at, body });
        examples(&all, id, at, &mut problems);
        problems.into_result().map_err(Error::Invalid)
    }

    fn written(tenant: &Tenant) {
        tenant.caches().routers.forget(&tenant.organization());
    }

    async fn delete(member: &Member, unit: &mut UnitOfWork, seen: &Doc<Self>) -> Result<()> {
        next_revision(member.tenant(), unit).await?;
        unit.delete(seen.id, seen.version);
        Ok(())
    }
}

pub(super) async fn next_revision(tenant: &Tenant, unit: &mut UnitOfWork) -> Result<()> {
    let id = RouterRevision::id_of(tenant.organization());
    match tenant.scoped().get(id).await? {
        Some(seen) => unit.replace(&seen, &RouterRevision {})?,
        None => unit.insert(id, &RouterRevision {})?,
    }
    Ok(())
}

/// One that is for all schedulers is the default of each.
fn one_default(others: &[Doc<BookingFlowRouter>], router: &BookingFlowRouter) -> Problems {
    let mut problems = Problems::default();
    let meets = |it: &&Doc<BookingFlowRouter>| {
        let (one, other) = (it.body.scheduler_config_id, router.scheduler_config_id);
        it.body.is_default && (one.is_none() || other.is_none() || one == other)
    };
    if let Some(other) = others.iter().find(meets) {
        let message = format!("“{}” is the default already", other.body.name);
        problems.root().at("is_default").add("default", message);
    }
    problems
}

fn examples(
    all: &[Doc<BookingFlowRouter>],
    id: Id<BookingFlowRouter>,
    at: Timestamp,
    problems: &mut Problems,
) {
    let mut root = problems.root();
    for taken in taken_examples(all, id, at) {
        if taken.router == id {
            let to = taken.by.map_or("no router".to_owned(), |it| format!("“{it}”"));
            let mut place = root.at(format_args!("example_urls.{}", taken.nth));
            place.add("routed_elsewhere", format!("goes to {to}"));
        } else {
            let (name, url) = (taken.name, taken.url);
            let message = format!("would take {url}, which is an example of “{name}”");
            root.at("matching_criteria").add("takes_example", message);
        }
    }
}
