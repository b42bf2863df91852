use std::{collections::HashSet, time::Duration};

use model::{
    Doc, Id, Problems,
    routing::Page,
    session::{self, Attribution, BookingSession, Device, EventHash, Utm, View},
};

use super::{
    journal::{self, Entered},
    token::SessionToken,
};
use crate::{Error, Result, Scheduler};

/// The id of the command that begins a visit; a visitor cannot use it again.
const START: &str = "start";

/// What a widget says of itself when a visit begins.
#[derive(Debug, Clone, Default)]
pub struct StartSession {
    pub page_url: String,
    pub referrer: Option<String>,
    pub locale: Option<String>,
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

impl Scheduler {
    /// Begins a visit.
    ///
    /// # Errors
    /// [`Error::Paused`], [`Error::NotPublished`], or [`Error::Invalid`] with what is wrong with
    /// the request.
    pub async fn start_session(&self, request: StartSession) -> Result<Started> {
        self.require_active()?;
        check(&request)?;
        let tenant = self.tenant();
        let page = Page::parse(&request.page_url);
        let now = tenant.now();
        let (flow, router_id) = self.routed(&page, now).await?;
        let locale = match request.locale.or_else(|| self.config().initialization.locale.clone()) {
            Some(locale) => locale,
            None => self.organization().await?.body.locale,
        };
        let token = SessionToken::new(tenant.organization());
        let session_id: Id<BookingSession> = tenant.new_id();
        let hours = self.config().session.resume_ttl_hours;
        let expires_at = now.plus(Duration::from_hours(u64::from(hours)));
        let mut attribution = Attribution {
            landing_url: Some(request.page_url),
            referrer: request.referrer,
            router_id,
            express_link_id: None,
            ..request.attribution
        };
        if attribution.utm == Utm::default() {
            attribution.utm = page.utm();
        }
        let decided = session::start(
            &flow,
            self.id(),
            token.hash(),
            attribution,
            request.device,
            locale,
            expires_at,
        )
        .map_err(|_| Error::NotPublished)?;
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
        unit.commit().await?;
        let view = session::view(&flow, session_id, &session);
        let organization_id = Some(tenant.organization());
        let version = events.len() as u64;
        let (created_at, updated_at) = (now, now);
        let doc =
            Doc { id: session_id, organization_id, version, created_at, updated_at, body: session };
        tenant.remember(doc, Some(HashSet::from([START.to_owned()])));
        Ok(Started { session_id, token, view })
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
