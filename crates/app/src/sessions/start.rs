use std::{collections::HashSet, sync::Arc, time::Duration};

use model::{
    Doc, Id, Problems,
    flow::CompiledFlow,
    routing::Page,
    scheduler::BookingFlowRouter,
    session::{self, Attribution, BookingSession, Device, EventHash, Utm, View},
};

use super::{
    express_link::ByLink,
    journal::{self, Entered},
    token::SessionToken,
};
use crate::{Error, Result, Scheduler};

/// The id of the command that begins a visit; a visitor cannot use it again.
const START: &str = "start";

/// How often the use of a link is counted anew because another process was faster.
const ATTEMPTS: usize = 64;

/// What a widget says of itself when a visit begins.
#[derive(Debug, Clone, Default)]
pub struct StartSession {
    pub page_url: String,
    pub referrer: Option<String>,
    pub locale: Option<String>,
    /// The slug of the express link that the visitor followed.
    pub express_link: Option<String>,
    pub attribution: Attribution,
    pub device: Device,
}

/// A visit that has begun.
pub struct Started {
    pub session_id: Id<BookingSession>,
    /// Shown once and never again.
    pub token: SessionToken,
    pub view: View,
}

/// The flow that a visit goes through, and what led there.
pub(super) struct Way {
    pub(super) flow: Arc<CompiledFlow>,
    pub(super) router_id: Option<Id<BookingFlowRouter>>,
    pub(super) by_link: Option<ByLink>,
}

impl Scheduler {
    /// Begins a visit.
    ///
    /// # Errors
    /// [`Error::Paused`], [`Error::NotPublished`], or [`Error::Invalid`] with what is wrong with
    /// the request. An express link that cannot be used is none.
    pub async fn start_session(&self, request: StartSession) -> Result<Started> {
        self.require_active()?;
        check(&request)?;
        let tenant = self.tenant();
        let page = Page::parse(&request.page_url);
        let Some(slug) = &request.express_link else {
            let (flow, router_id) = self.routed(&page, tenant.now()).await?;
            return self.begin(&request, &page, Way { flow, router_id, by_link: None }).await;
        };
        let _turn = tenant.caches().links.turn(tenant.organization(), slug).await;
        for _ in 0..ATTEMPTS {
            let way = self.by_link(slug, &page, tenant.now()).await?;
            let is_counted = way.by_link.as_ref().is_some_and(|it| it.link().is_some());
            match self.begin(&request, &page, way).await {
                // Another process has counted a use.
                Err(error) if is_counted && error.is_conflict() => {}
                started => return started,
            }
        }
        Err(Error::Busy)
    }

    async fn begin(&self, request: &StartSession, page: &Page, way: Way) -> Result<Started> {
        let tenant = self.tenant();
        let flow = &way.flow;
        let now = tenant.now();
        let token = SessionToken::new(tenant.organization());
        let session_id: Id<BookingSession> = tenant.new_id();
        let hours = self.config().session.resume_ttl_hours;
        let expires_at = now.plus(Duration::from_hours(u64::from(hours)));
        let mut decided = session::start(
            flow,
            self.id(),
            token.hash(),
            attribution(request, page, &way),
            request.device.clone(),
            self.locale(request).await?,
            expires_at,
        )
        .map_err(|_| Error::NotPublished)?;
        if let Some(by_link) = &way.by_link {
            decided = session::start_by_link(flow, decided, &by_link.outcome(), now);
        }
        let header = journal::Header {
            session_id,
            organization_id: tenant.organization(),
            command_id: START,
            command_digest: "",
            timestamp: now,
        };
        let beginning = EventHash::beginning(tenant.organization(), session_id);
        let environment = &tenant.house().environment;
        let entered = journal::enter(environment, &header, 0, beginning, decided)?;
        let Entered { events, stored } = entered;
        let session = BookingSession::fold(&events).ok_or(Error::NotPublished)?;
        let mut unit = tenant.scoped().begin(now);
        unit.append(session_id, 0, stored, &session)?;
        if let Some(by_link) = &way.by_link {
            by_link.count(&mut unit)?;
        }
        unit.commit().await?;
        let view = session::view(flow, session_id, &session);
        let organization_id = Some(tenant.organization());
        let version = events.len() as u64;
        let (created_at, updated_at) = (now, now);
        let doc =
            Doc { id: session_id, organization_id, version, created_at, updated_at, body: session };
        tenant.remember(doc, Some(HashSet::from([START.to_owned()])));
        Ok(Started { session_id, token, view })
    }

    async fn locale(&self, request: &StartSession) -> Result<String> {
        let asked = request.locale.as_ref().or(self.config().initialization.locale.as_ref());
        match asked {
            Some(locale) => Ok(locale.clone()),
            None => Ok(self.organization().await?.body.locale),
        }
    }
}

/// The widget's word on the campaign goes before the page's, and both before the link's.
fn attribution(request: &StartSession, page: &Page, way: &Way) -> Attribution {
    let link = way.by_link.as_ref().and_then(ByLink::link);
    let mut given = request.attribution.clone();
    if given.utm == Utm::default() {
        given.utm = page.utm();
    }
    let utm = match link {
        Some(link) => link.body.attributed(given.utm),
        None => given.utm,
    };
    Attribution {
        landing_url: Some(request.page_url.clone()),
        referrer: request.referrer.clone(),
        router_id: way.router_id,
        express_link_id: link.map(|it| it.id),
        utm,
        ..given
    }
}

fn check(request: &StartSession) -> Result<()> {
    let mut problems = Problems::default();
    let mut root = problems.root();
    root.at("page_url").web_url(&request.page_url);
    root.at("referrer").text(request.referrer.as_deref().unwrap_or_default(), 0, 2_048);
    root.at("locale").text(request.locale.as_deref().unwrap_or_default(), 0, 35);
    request.attribution.validate(root.at("attribution"));
    for (name, text) in [("os", &request.device.os), ("browser", &request.device.browser)] {
        root.at(format_args!("device.{name}")).text(text.as_deref().unwrap_or_default(), 0, 100);
    }
    problems.into_result().map_err(Error::Invalid)
}
