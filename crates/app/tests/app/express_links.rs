//! Visits that express links begin: how often, and what becomes of links that cannot be used.

use std::{sync::Arc, time::Duration};

use app::{Error, Tenant};
use model::{
    Doc, Id,
    scheduler::{
        BookingFlow, BookingFlowExpressLink, BookingFlowStatus, BookingService, CampaignCriteria,
        PrefilledState,
    },
    session::{BookingSession, LinkFaultCode, Notice},
    step::StepType,
};
use tokio::{sync::Barrier, task::JoinSet};

use crate::{flows, visitor::Visitor, world::World};

on_both! {
    a_link_begins_the_visit_where_it_leads,
    of_many_at_once_as_many_use_a_link_as_may,
    a_link_that_cannot_be_used_begins_an_ordinary_visit,
    a_link_is_found_by_its_slug_while_that_is_one_organizations,
    a_service_that_is_archived_by_now_is_not_chosen,
}

const VISITORS: usize = 40;

/// A link to the service that the flow has for drains.
async fn link(
    world: &World,
    tenant: &Tenant,
    change: impl FnOnce(&mut BookingFlowExpressLink),
) -> Id<BookingFlowExpressLink> {
    let organization = tenant.organization();
    let flow = world.all::<BookingFlow>(organization).await.remove(0);
    let services = world.all::<BookingService>(organization).await;
    let drain = services.iter().find(|it| it.body.content.title == "Drain cleaning").unwrap();
    let mut link = BookingFlowExpressLink {
        booking_flow_id: flow.id,
        slug: "spring".parse().unwrap(),
        name: "Spring".to_owned(),
        prefilled_state: PrefilledState {
            zip: Some("30305".to_owned()),
            service_id: Some(drain.id),
            ..PrefilledState::default()
        },
        skip_steps: Vec::new(),
        campaign: Some(CampaignCriteria {
            source: Some("flyer".to_owned()),
            ..CampaignCriteria::default()
        }),
        expires_at: None,
        max_uses: None,
        uses: 0,
        is_active: true,
    };
    change(&mut link);
    let id = Id::new(format!("{:024x}", 7_u64).parse().unwrap());
    let mut unit = world.store.scoped(organization).begin(flow.updated_at);
    unit.insert(id, &link).unwrap();
    unit.commit().await.unwrap();
    id
}

async fn uses(world: &World, tenant: &Tenant) -> u32 {
    world.all::<BookingFlowExpressLink>(tenant.organization()).await[0].body.uses
}

async fn session(world: &World, tenant: &Tenant, id: Id<BookingSession>) -> BookingSession {
    world.store.scoped(tenant.organization()).get(id).await.unwrap().unwrap().body
}

async fn a_link_begins_the_visit_where_it_leads(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let id = link(&world, &tenant, |_| {}).await;
    let mut visitor = Visitor::start_by(&world.doors, &key, Some("spring")).await;
    assert_eq!((visitor.step(), visitor.notice()), (StepType::AdditionalDetails, None));
    let begun = session(&world, &tenant, visitor.id).await;
    assert_eq!(begun.attribution.express_link_id, Some(id));
    assert_eq!(begun.attribution.utm.source.as_deref(), Some("flyer"));
    assert_eq!(uses(&world, &tenant).await, 1);
    visitor.does(serde_json::json!({ "type": "submit_details", "values": {} })).await;
    let start = visitor.starts().await[0];
    visitor.chooses(start).await;
    visitor.introduces_themselves().await;
    visitor.confirms().await;
    assert!(visitor.is_booked());
    let replayed = tenant.replay_session(visitor.id, None).await.unwrap();
    assert_eq!(replayed.identical, Some(true));
}

async fn of_many_at_once_as_many_use_a_link_as_may(world: World) {
    const MOST: u32 = 7;
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    link(&world, &tenant, |it| it.max_uses = Some(MOST)).await;
    let beside = world.beside().await;
    let all_are_here = Arc::new(Barrier::new(VISITORS));
    let mut coming = JoinSet::new();
    for n in 0..VISITORS {
        let doors = if n % 2 == 0 { world.doors.clone() } else { beside.doors.clone() };
        let (all_are_here, key) = (all_are_here.clone(), key.clone());
        coming.spawn(async move {
            all_are_here.wait().await;
            Visitor::start_by(&doors, &key, Some("spring")).await
        });
    }
    let visitors = coming.join_all().await;
    let (by_link, others): (Vec<_>, Vec<_>) =
        visitors.iter().partition(|it| it.step() == StepType::AdditionalDetails);
    assert_eq!(by_link.len(), MOST as usize);
    for other in others {
        assert_eq!((other.step(), other.notice()), (StepType::Zipcode, Some(Notice::LinkUsedUp)));
    }
    assert_eq!(uses(&world, &tenant).await, MOST);
    let sessions = world.all::<BookingSession>(tenant.organization()).await;
    let counted = |it: &&Doc<BookingSession>| it.body.attribution.express_link_id.is_some();
    assert_eq!(
        (sessions.len(), sessions.iter().filter(counted).count()),
        (VISITORS, MOST as usize)
    );
}

async fn a_link_that_cannot_be_used_begins_an_ordinary_visit(world: World) {
    type Change = fn(&mut BookingFlowExpressLink, model::Timestamp);
    let changes: [(Change, Notice); 3] = [
        (|it, _| it.is_active = false, Notice::LinkInactive),
        (|it, now| it.expires_at = Some(now), Notice::LinkExpired),
        (|it, _| (it.max_uses, it.uses) = (Some(3), 3), Notice::LinkUsedUp),
    ];
    for (n, (change, notice)) in changes.into_iter().enumerate() {
        let (tenant, key) = world.business(&format!("acme-{n}"), &flows::visits(1)).await;
        let flow = world.all::<BookingFlow>(tenant.organization()).await.remove(0);
        link(&world, &tenant, |it| change(it, flow.created_at)).await;
        let before = uses(&world, &tenant).await;
        let visitor = Visitor::start_by(&world.doors, &key, Some("spring")).await;
        assert_eq!((visitor.step(), visitor.notice()), (StepType::Zipcode, Some(notice)));
        let begun = session(&world, &tenant, visitor.id).await;
        assert_eq!(begun.attribution.express_link_id, None);
        assert_eq!(uses(&world, &tenant).await, before);
        let visitor = Visitor::start_by(&world.doors, &key, Some("no such link")).await;
        assert_eq!(visitor.notice(), Some(Notice::LinkUnknown));
    }
    let (tenant, key) = world.business("other", &flows::visits(1)).await;
    let drafts = tenant.import_flow(&flows::appointments(), false).await.unwrap();
    link(&world, &tenant, |it| it.booking_flow_id = drafts.booking_flow_id).await;
    let visitor = Visitor::start_by(&world.doors, &key, Some("spring")).await;
    assert_eq!(
        (visitor.step(), visitor.notice()),
        (StepType::Zipcode, Some(Notice::LinkUnpublished))
    );
}

async fn a_link_is_found_by_its_slug_while_that_is_one_organizations(world: World) {
    let find =
        async |organization: Option<&str>| world.doors.express_link(organization, "spring").await;
    assert!(matches!(find(None).await, Err(Error::NotFound(_))));
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    link(&world, &tenant, |_| {}).await;
    for organization in [None, Some("acme"), Some(&*tenant.organization().to_string())] {
        let found = find(organization).await.unwrap();
        assert_eq!((found.public_key.to_string(), found.fault), (key.clone(), None));
    }
    assert_eq!(uses(&world, &tenant).await, 0, "looking at the page uses nothing up");
    assert!(matches!(find(Some("other")).await, Err(Error::NotFound(_))));
    let (other, other_key) = world.business("other", &flows::visits(1)).await;
    link(&world, &other, |it| it.is_active = false).await;
    assert!(matches!(find(None).await, Err(Error::NotAllowed(_))));
    let found = find(Some("other")).await.unwrap();
    assert_eq!(
        (found.public_key.to_string(), found.fault),
        (other_key, Some(LinkFaultCode::Inactive))
    );
    let flow = world.all::<BookingFlow>(tenant.organization()).await.remove(0);
    let mut unit = world.store.scoped(tenant.organization()).begin(flow.updated_at);
    let draft = BookingFlow { status: BookingFlowStatus::Draft, ..flow.body.clone() };
    unit.replace(&flow, &draft).unwrap();
    unit.commit().await.unwrap();
    assert_eq!(find(Some("acme")).await.unwrap().fault, Some(LinkFaultCode::Unpublished));
}

async fn a_service_that_is_archived_by_now_is_not_chosen(world: World) {
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    link(&world, &tenant, |_| {}).await;
    let services = world.all::<BookingService>(tenant.organization()).await;
    let drain = services.iter().find(|it| it.body.content.title == "Drain cleaning").unwrap();
    let mut archived = drain.body.clone();
    archived.status = model::scheduler::ServiceStatus::Archived;
    let mut unit = world
        .store
        .scoped(tenant.organization())
        .begin(drain.updated_at.plus(Duration::from_secs(1)));
    unit.replace(drain, &archived).unwrap();
    unit.commit().await.unwrap();
    let visitor = Visitor::start_by(&world.doors, &key, Some("spring")).await;
    assert_eq!(visitor.step(), StepType::ServiceSelection);
    let events = visitor.door().await.events().await.unwrap();
    assert!(events.iter().any(|it| it.body.data.event_type() == "EXPRESS_LINK_DEGRADED"));
}
