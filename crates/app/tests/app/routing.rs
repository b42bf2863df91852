//! Which flow the visitors of a page get, and what is refused of routers.

use app::{
    Created, Creation, Credential, Error, Member, NewUser, Origin, Result, StartSession, Tenant,
};
use futures_util::future::join_all;
use model::{
    Doc, Id,
    core::{Permission, SystemRole},
    flow::file::FlowFile,
    routing::{FindingKind, VerdictCode},
    scheduler::{BookingFlow, BookingFlowRouter},
    session::{Attribution, BookingSession, EventData, Utm},
};
use serde_json::{Value, json};

use crate::{flows, migrations::migrate, world::World};

on_both! {
    a_page_leads_to_the_flow_of_its_router_and_the_visit_says_so,
    the_campaign_of_the_page_is_kept_unless_the_widget_says_another,
    a_router_to_a_flow_that_is_not_published_is_passed_over,
    a_write_is_seen_at_once_here_and_a_second_later_elsewhere,
    of_defaults_that_are_made_at_once_one_is_made,
    examples_come_to_their_router_or_the_save_is_refused,
    what_is_asked_is_explained_and_what_is_wrong_is_found,
}

struct Business {
    tenant: Tenant,
    key: String,
    owner: Member,
    /// The one of the scheduler, and another.
    flows: [Id<BookingFlow>; 2],
}

fn flow(name: &str) -> FlowFile {
    let mut flow = flows::visits(1);
    flow.flow.slug = name.parse().unwrap();
    name.clone_into(&mut flow.flow.title);
    flow
}

async fn business(world: &World) -> Business {
    migrate(world).await;
    let (tenant, key) = world.business("acme", &flows::visits(1)).await;
    let own = tenant.schedulers().await.unwrap()[0].body.booking_flow_id;
    let other = tenant.import_flow(&flow("other"), true).await.unwrap().booking_flow_id;
    let new = NewUser {
        first_name: "Ada".to_owned(),
        last_name: "Lovelace".to_owned(),
        email: "ada@example.com".parse().unwrap(),
        hashed_password: Some("$argon2id$never-matches".to_owned()),
        is_platform_admin: false,
    };
    let user = world.system.create_user(new).await.unwrap();
    let roles = vec![SystemRole::Owner.seeded_id()];
    world.system.add_member(tenant.organization(), user, roles).await.unwrap();
    let token = Credential::Login(world.system.log_in(user).await.unwrap().expose().to_owned());
    let (organization, may) = (Some(tenant.organization()), Permission::ViewBookingFlowRouters);
    let owner = world.doors.member(&token, organization, may, Origin::default()).await.unwrap();
    Business { tenant, key, owner, flows: [own, other] }
}

impl Business {
    fn router(&self, name: &str, criteria: &Value, more: &Value) -> BookingFlowRouter {
        let mut body = json!({
            "name": name, "booking_flow_id": self.flows[1], "matching_criteria": criteria,
            "priority_class": "standard", "is_active": true,
        });
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        serde_json::from_value(body).unwrap()
    }

    async fn create(&self, body: BookingFlowRouter) -> Result<Doc<BookingFlowRouter>> {
        match self.owner.create(Creation { body, retry: None }, |_| String::new()).await? {
            Created::New(doc) => Ok(doc),
            Created::Before(_) => panic!("nothing was sent before"),
        }
    }

    async fn make(&self, name: &str, criteria: Value, more: Value) -> Doc<BookingFlowRouter> {
        self.create(self.router(name, &criteria, &more)).await.unwrap()
    }

    async fn starts(&self, doors: &app::Doors, page_url: &str) -> Id<BookingSession> {
        let request = StartSession { page_url: page_url.to_owned(), ..StartSession::default() };
        let scheduler = doors.scheduler(&self.key).await.unwrap();
        scheduler.start_session(request).await.unwrap().session_id
    }

    async fn flow_of(&self, doors: &app::Doors, page_url: &str) -> Id<BookingFlow> {
        let id = self.starts(doors, page_url).await;
        self.tenant.session(id).await.unwrap().unwrap().body.booking_flow_id
    }
}

const PAGE: &str = "https://acme.example/Services/AC/?utm_source=News%20Letter&utm_term=";

fn problems(refused: Result<Doc<BookingFlowRouter>>) -> Vec<(String, &'static str, String)> {
    let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
    problems.0.into_iter().map(|it| (it.path, it.code, it.message)).collect()
}

async fn a_page_leads_to_the_flow_of_its_router_and_the_visit_says_so(world: World) {
    let business = business(&world).await;
    let router = business.make("AC", json!({ "path": ["services", "*"] }), json!({})).await;
    let id = business.starts(&world.doors, PAGE).await;
    let session = business.tenant.session(id).await.unwrap().unwrap().body;
    assert_eq!(session.booking_flow_id, business.flows[1]);
    assert_eq!(session.attribution.router_id, Some(router.id));
    let events = business.tenant.session_events(id, None).await.unwrap();
    let EventData::FlowRouted { booking_flow_id, router_id, .. } = &events[1].body.data else {
        panic!("{:?}", events[1])
    };
    assert_eq!((*booking_flow_id, *router_id), (business.flows[1], Some(router.id)));
    let replayed = business.tenant.replay_session(id, None).await.unwrap();
    assert_eq!(replayed.identical, Some(true));
    let elsewhere = business.starts(&world.doors, "https://acme.example/about").await;
    let session = business.tenant.session(elsewhere).await.unwrap().unwrap().body;
    assert_eq!((session.booking_flow_id, session.attribution.router_id), (business.flows[0], None));
}

async fn the_campaign_of_the_page_is_kept_unless_the_widget_says_another(world: World) {
    let business = business(&world).await;
    let id = business.starts(&world.doors, PAGE).await;
    let utm = business.tenant.session(id).await.unwrap().unwrap().body.attribution.utm;
    assert_eq!(utm, Utm { source: Some("News Letter".to_owned()), ..Utm::default() });
    let said = Utm { medium: Some("email".to_owned()), ..Utm::default() };
    let request = StartSession {
        page_url: PAGE.to_owned(),
        attribution: Attribution { utm: said.clone(), ..Attribution::default() },
        ..StartSession::default()
    };
    let scheduler = world.doors.scheduler(&business.key).await.unwrap();
    let id = scheduler.start_session(request).await.unwrap().session_id;
    let utm = business.tenant.session(id).await.unwrap().unwrap().body.attribution.utm;
    assert_eq!(utm, said);
}

async fn a_router_to_a_flow_that_is_not_published_is_passed_over(world: World) {
    let business = business(&world).await;
    let draft = business.tenant.import_flow(&flow("draft"), false).await.unwrap().booking_flow_id;
    let criteria = json!({ "path": ["services", "ac"] });
    let best = business.make("Draft", criteria, json!({ "booking_flow_id": draft })).await;
    let next = business.make("Next", json!({ "path": ["services", "*"] }), json!({})).await;
    assert_eq!(business.flow_of(&world.doors, PAGE).await, business.flows[1]);
    let resolved = business.tenant.resolve_route(PAGE.to_owned(), None, None).await.unwrap();
    assert_eq!(resolved.router_id, Some(next.id));
    let of_best = resolved.routers.iter().find(|it| it.router_id == best.id).unwrap();
    assert_eq!(of_best.code, VerdictCode::FlowNotPublished);
    // A flow that is taken away later is no flow of a visitor either.
    business.owner.flow(business.flows[1]).unpublish(None).await.unwrap();
    assert_eq!(business.flow_of(&world.doors, PAGE).await, business.flows[0]);
}

async fn a_write_is_seen_at_once_here_and_a_second_later_elsewhere(world: World) {
    let business = business(&world).await;
    let beside = world.beside().await;
    assert_eq!(business.flow_of(&world.doors, PAGE).await, business.flows[0]);
    assert_eq!(business.flow_of(&beside.doors, PAGE).await, business.flows[0]);
    let router = business.make("AC", json!({ "path": ["services", "*"] }), json!({})).await;
    assert_eq!(business.flow_of(&world.doors, PAGE).await, business.flows[1]);
    world.clock.turn(1);
    assert_eq!(business.flow_of(&beside.doors, PAGE).await, business.flows[1]);
    let off =
        |it: &Doc<BookingFlowRouter>| Ok(BookingFlowRouter { is_active: false, ..it.body.clone() });
    business.owner.change(router.id, None, off).await.unwrap();
    assert_eq!(business.flow_of(&world.doors, PAGE).await, business.flows[0]);
    let on =
        |it: &Doc<BookingFlowRouter>| Ok(BookingFlowRouter { is_active: true, ..it.body.clone() });
    business.owner.change(router.id, None, on).await.unwrap();
    assert_eq!(business.flow_of(&world.doors, PAGE).await, business.flows[1]);
    business.owner.delete(router.id, None).await.unwrap();
    assert_eq!(business.flow_of(&world.doors, PAGE).await, business.flows[0]);
    world.clock.turn(1);
    assert_eq!(business.flow_of(&beside.doors, PAGE).await, business.flows[0]);
}

async fn of_defaults_that_are_made_at_once_one_is_made(world: World) {
    let business = business(&world).await;
    let scheduler = business.tenant.schedulers().await.unwrap()[0].id;
    let default = |n: usize| {
        let own = (n % 2 == 1).then_some(scheduler);
        let more = json!({ "is_default": true, "scheduler_config_id": own });
        business.router(&format!("Default {n}"), &json!({}), &more)
    };
    let made = join_all((0..8).map(|n| business.create(default(n)))).await;
    let (made, refused): (Vec<_>, Vec<_>) = made.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (1, 7));
    for refused in refused {
        let [(path, code, _)] = &problems(refused)[..] else { panic!("one problem") };
        assert_eq!((&**path, *code), ("is_default", "default"));
    }
    let stored = world.all::<BookingFlowRouter>(business.tenant.organization()).await;
    assert_eq!(stored.len(), 1);
    assert_eq!(business.flow_of(&world.doors, PAGE).await, business.flows[1]);
    let renamed = |it: &Doc<BookingFlowRouter>| {
        Ok(BookingFlowRouter { name: "Everybody".to_owned(), ..it.body.clone() })
    };
    business.owner.change(stored[0].id, None, renamed).await.unwrap();
}

async fn examples_come_to_their_router_or_the_save_is_refused(world: World) {
    let business = business(&world).await;
    let examples = json!({ "example_urls": ["https://acme.example/services/ac"] });
    business.make("Services", json!({ "path": ["services", "**"] }), examples.clone()).await;
    let two = json!({ "example_urls": [
        "https://acme.example/drains", "https://acme.example/services/ac",
        "https://acme.example/about",
    ] });
    let refused = business.router("Drains", &json!({ "path": ["drains"] }), &two);
    assert_eq!(
        problems(business.create(refused).await),
        [
            ("example_urls.1".to_owned(), "routed_elsewhere", "goes to “Services”".to_owned()),
            ("example_urls.2".to_owned(), "routed_elsewhere", "goes to no router".to_owned()),
        ]
    );
    let taking = json!({ "path": ["services", "ac"] });
    let found = problems(business.create(business.router("AC", &taking, &json!({}))).await);
    let expected = "would take https://acme.example/services/ac, which is an example of “Services”";
    let expected = ("matching_criteria".to_owned(), "takes_example", expected.to_owned());
    assert_eq!(found, [expected]);
    let stored = world.all::<BookingFlowRouter>(business.tenant.organization()).await;
    assert_eq!(stored.len(), 1, "what is refused has no effect");
    let asleep = json!({ "is_active": false });
    business.make("AC", taking, asleep).await;
}

async fn what_is_asked_is_explained_and_what_is_wrong_is_found(world: World) {
    let business = business(&world).await;
    let scheduler = business.tenant.schedulers().await.unwrap()[0].id;
    let all = business.make("All", json!({ "path": ["**"] }), json!({})).await;
    let twin = business.make("Twin", json!({ "path": ["**"] }), json!({})).await;
    let resolved =
        business.tenant.resolve_route(PAGE.to_owned(), None, Some(scheduler)).await.unwrap();
    let codes: Vec<_> = resolved.routers.iter().map(|it| (it.router_id, it.code)).collect();
    assert_eq!(codes, [(all.id, VerdictCode::Won), (twin.id, VerdictCode::LostByAge)]);
    assert_eq!(resolved.routers[1].lost_to, Some(all.id));
    assert_eq!(resolved.booking_flow_id, Some(business.flows[1]));
    let found = business.tenant.check_routers().await.unwrap();
    let kinds: Vec<_> = found.findings.iter().map(|it| (it.kind, it.router_ids[0])).collect();
    assert_eq!(kinds, [(FindingKind::Shadowed, twin.id), (FindingKind::Tie, twin.id)]);
    for url in ["", "no url", "ftp://acme.example/"] {
        let refused = business.tenant.resolve_route(url.to_owned(), None, None).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
    let missing = Some(Id::new(business.tenant.organization().object_id()));
    let refused = business.tenant.resolve_route(PAGE.to_owned(), None, missing).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
}
