use model::{
    Doc, Entity as _, Id, Timestamp,
    core::User,
    flow::{
        FlowBundle,
        check::{self},
    },
    scheduler::{BookingFlow, BookingFlowVersion, BookingService, FlowSnapshot},
};
use serde::Deserialize;
use store::{Find, Scalar, UnitOfWork};

use super::{
    draft::{self, get_all, identified},
    keeper::{FlowKeeper, after},
    publish::of_flow,
};
use crate::{Error, Publish, Published, Result, Tenant, audit::Change, entities::ATTEMPTS};

/// A version without what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionAbout {
    pub id: Id<BookingFlowVersion>,
    pub number: u32,
    pub checksum: String,
    pub published_by_id: Option<Id<User>>,
    /// When it was made.
    pub published_at: Timestamp,
    pub note: Option<String>,
    /// Visitors get it now.
    pub is_published: bool,
    /// When visitors will get it by themselves.
    pub scheduled_for: Option<Timestamp>,
}

/// The fields of a version that a list shows.
#[derive(Deserialize)]
struct Shown {
    number: u32,
    checksum: String,
    published_by_id: Option<Id<User>>,
    published_at: Timestamp,
    note: Option<String>,
}

const SHOWN: &[&str] = &["number", "checksum", "published_by_id", "published_at", "note"];

impl FlowKeeper {
    /// Versions below a number, newest first; the number to go on below when there are more.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn versions(
        &self,
        below: Option<u32>,
        limit: usize,
    ) -> Result<(Vec<VersionAbout>, Option<u32>)> {
        let flow = self.seen(None).await?.body;
        let mut find = of_flow(self.id).descending().limit(limit);
        if let Some(below) = below {
            find = find.between(Scalar::Number(0), Scalar::Number(below.into()));
        }
        let (page, next) = self.tenant.scoped().list_fields::<_, Shown>(find, SHOWN).await?;
        let scheduled = flow.scheduled_publication.as_ref();
        let about = |(id, it): (Id<BookingFlowVersion>, Shown)| VersionAbout {
            id,
            number: it.number,
            checksum: it.checksum,
            published_by_id: it.published_by_id,
            published_at: it.published_at,
            note: it.note,
            is_published: flow.served_version() == Some(id),
            scheduled_for: scheduled.filter(|it| it.version_id == id).map(|it| it.at),
        };
        let versions: Vec<_> = page.into_iter().map(about).collect();
        let next = next.and(versions.last().map(|it| it.number));
        Ok((versions, next))
    }

    /// One version with all that is in it.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn version(&self, number: u32) -> Result<Doc<BookingFlowVersion>> {
        self.seen(None).await?;
        let number = Scalar::Number(number.into());
        let find = Find::by(of_number(), [Scalar::Text(self.id.to_string()), number]).limit(1);
        let (found, _) = self.tenant.scoped().list(find).await?;
        found.into_iter().next().ok_or(Error::NotFound(BookingFlowVersion::COLLECTION.label))
    }

    /// Lets visitors get a version that was made before, at once or at a time. It is proved sound
    /// once more, with the services, zones and schedules that there are now: what it needs may be
    /// gone.
    ///
    /// # Errors
    /// As [`Self::publish`]; [`Error::NotAllowed`] when visitors get it already.
    pub async fn publish_version(&self, number: u32, asked: Publish) -> Result<Published> {
        let saw = asked.expected;
        self.overtaken(saw, self.publish_again(number, asked).await).await
    }

    async fn publish_again(&self, number: u32, asked: Publish) -> Result<Published> {
        for _ in 0..ATTEMPTS {
            let seen = self.seen(asked.expected).await?;
            let version = self.version(number).await?;
            if seen.body.served_version() == Some(version.id) {
                return Err(Error::NotAllowed("This version is published already."));
            }
            let at = self.tenant.now();
            let later = asked.at.filter(|it| *it > at);
            let mut own = self.tenant.scoped().begin(at);
            self.tenant.prove(&version.body.snapshot, &mut own).await?;
            let mut unit = self.tenant.house().store.platform().begin(at);
            let body = self.place(&seen.body, version.id, later, &mut unit)?;
            own.replace(&seen, &body)?;
            unit.join(own);
            let action = if later.is_some() { "schedule" } else { "roll_back" };
            let change = Change::updated(&seen, &body)
                .named(&format!("booking_flows.{action}"))
                .telling("version", number);
            if self.commit_all(unit, change, at).await? {
                let flow = after(&seen, body, at);
                let (version_id, checksum) = (version.id, version.body.checksum);
                return Ok(Published { flow, version_id, number, checksum });
            }
        }
        Err(Error::Busy)
    }
}

const fn of_number() -> &'static model::Index {
    &BookingFlowVersion::COLLECTION.indexes[0]
}

impl Tenant {
    /// Whether an older snapshot still holds with what there is now, of which the batch is made to
    /// depend.
    ///
    /// # Errors
    /// [`Error::Unsound`] with the report.
    pub(super) async fn prove(&self, snapshot: &FlowSnapshot, unit: &mut UnitOfWork) -> Result<()> {
        let mut snapshot = snapshot.clone();
        let services = get_all(self, snapshot.services.iter().map(|it| it.id).collect()).await?;
        for it in &services {
            unit.hold(it);
        }
        snapshot.services = identified(&services);
        let zones = identified(&draft::zones(self, &snapshot.steps, &services).await?);
        let schedules = identified(&draft::schedules(self, &services).await?);
        let report = check::check(&FlowBundle { snapshot, zones, schedules });
        if report.ok { Ok(()) } else { Err(Error::Unsound(Box::new(report))) }
    }

    /// Holds a batch to no visitor being offered a service now, or by a version that waits for its
    /// time. What a draft offers is for the store to refuse.
    ///
    /// # Errors
    /// [`Error::Referenced`] with the flow that offers it.
    pub(crate) async fn nobody_is_offered(
        &self,
        service: Id<BookingService>,
        unit: &mut UnitOfWork,
    ) -> Result<()> {
        for flow in draft::list_all::<BookingFlow>(self, Find::all).await? {
            let scheduled = flow.body.scheduled_publication.as_ref().map(|it| it.version_id);
            for version in flow.body.served_version().into_iter().chain(scheduled) {
                if self.compiled(version).await?.service(service).is_some() {
                    return Err(Error::Referenced(format!(
                        "Visitors get it in the booking flow “{}”: publish that without it first.",
                        flow.body.content.title
                    )));
                }
                unit.hold(&flow);
            }
        }
        Ok(())
    }

    /// Whether a draft differs from the version that visitors get.
    pub(crate) async fn is_ahead(&self, flow: &Doc<BookingFlow>) -> Result<bool> {
        let Some(version) = flow.body.published_version_id else { return Ok(false) };
        let published = self.content_of(version).await?;
        let draft = draft::Draft::load(self, flow.clone()).await?;
        Ok(published.as_deref() != Some(&draft.bundle().snapshot.content_checksum()))
    }

    /// The checksum of what is in a version, which never changes.
    async fn content_of(
        &self,
        id: Id<BookingFlowVersion>,
    ) -> Result<Option<std::sync::Arc<String>>> {
        let (key, now) = ((self.organization(), id), self.now());
        if let Some(known) = self.caches().contents.get(&key, now) {
            return Ok(Some(known));
        }
        let Some(version) = self.scoped().get(id).await? else { return Ok(None) };
        let checksum = version.body.snapshot.content_checksum();
        Ok(Some(self.caches().contents.put(key, checksum, now)))
    }
}
