use model::{
    Doc, Entity as _, Id, Index, Timestamp,
    core::{ActorKind, Job, JobKind, User},
    flow::check,
    scheduler::{
        BookingFlow, BookingFlowStatus, BookingFlowVersion, FlowSnapshot, Identified,
        ScheduledPublication,
    },
};
use store::{Find, PlatformUnit, Scalar, StoreError};

use super::{
    draft::Draft,
    keeper::{FlowKeeper, after, invalid_at},
};
use crate::{By, Error, Result, Tenant, audit::Change, entities::ATTEMPTS};

/// What is said with a publication.
#[derive(Debug, Clone, Default)]
pub struct Publish {
    /// The version of the flow that was seen.
    pub expected: Option<u64>,
    /// At most 2,000 characters.
    pub note: Option<String>,
    /// When visitors get it; at once when not said, or when it is past.
    pub at: Option<Timestamp>,
}

/// A version that was published, or waits for its time.
#[derive(Debug)]
pub struct Published {
    pub flow: Doc<BookingFlow>,
    pub version_id: Id<BookingFlowVersion>,
    pub number: u32,
    pub checksum: String,
}

impl FlowKeeper {
    /// Proves the draft sound and makes a version of it, which visitors get at once or at a time.
    /// Nothing that went into the version can be changed in between. The version is made now in
    /// either case: what is scheduled is what was seen.
    ///
    /// # Errors
    /// [`Error::Unsound`] with the report; [`Error::Overtaken`] when somebody else published the
    /// flow first, with what that changed; [`Error::Changed`] when it was changed otherwise;
    /// [`Error::Invalid`] for a note that is too long.
    pub async fn publish(&self, asked: Publish) -> Result<Published> {
        let saw = asked.expected;
        self.overtaken(saw, self.publish_draft(asked).await).await
    }

    async fn publish_draft(&self, asked: Publish) -> Result<Published> {
        for _ in 0..ATTEMPTS {
            let seen = self.seen(asked.expected).await?;
            let draft = Draft::load(&self.tenant, seen).await?;
            let bundle = draft.bundle();
            let report = check::check(&bundle);
            if !report.ok {
                return Err(Error::Unsound(Box::new(report)));
            }
            let at = self.tenant.now();
            let version_id = self.tenant.new_id();
            let number = self.tenant.last_version(self.id).await? + 1;
            let by = publisher(&self.by);
            let mut version = new_version(bundle.snapshot, version_id, number, at);
            version.published_by_id = by;
            version.note = asked.note.clone().filter(|it| !it.is_empty());
            let later = asked.at.filter(|it| *it > at);
            let mut unit = self.tenant.house().store.platform().begin(at);
            let mut own = self.tenant.scoped().begin(at);
            let body = self.place(&draft.flow.body, version_id, later, &mut unit)?;
            own.replace(&draft.flow, &body)?;
            own.insert(version_id, &version).map_err(at_note)?;
            draft.hold(&mut own);
            unit.join(own);
            let action = if later.is_some() { "schedule" } else { "publish" };
            let change = Change::updated(&draft.flow, &body)
                .named(&format!("booking_flows.{action}"))
                .telling("version", number);
            match self.commit_all(unit, change, at).await {
                Ok(true) => {
                    let flow = after(&draft.flow, body, at);
                    let checksum = version.checksum;
                    return Ok(Published { flow, version_id, number, checksum });
                }
                Ok(false) => {}
                // Somebody else made the version with this number.
                Err(Error::Duplicate { label, .. })
                    if label == BookingFlowVersion::COLLECTION.label =>
                {
                    return Err(Error::Changed { current: self.seen(None).await?.version });
                }
                Err(error) => return Err(error),
            }
        }
        Err(Error::Busy)
    }

    /// The flow when a version is published, or scheduled with the job that will do it.
    pub(super) fn place(
        &self,
        flow: &BookingFlow,
        version_id: Id<BookingFlowVersion>,
        later: Option<Timestamp>,
        unit: &mut PlatformUnit,
    ) -> Result<BookingFlow> {
        let Some(at) = later else { return Ok(flow.clone().publishing(version_id)) };
        let job = Job {
            kind: JobKind::PublishFlow,
            organization_id: Some(self.tenant.organization()),
            target_id: self.id.object_id(),
            due_at: at,
            attempts: 0,
        };
        unit.insert(self.tenant.new_id(), &job)?;
        let scheduled_publication = Some(ScheduledPublication { version_id, at });
        Ok(BookingFlow { scheduled_publication, failed_publication: None, ..flow.clone() })
    }

    /// Visitors get the flow no more; visits that have begun go on.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] when they do not get it; [`Error::Changed`].
    pub async fn unpublish(&self, expected: Option<u64>) -> Result<Doc<BookingFlow>> {
        let to = |flow: &BookingFlow| {
            if flow.served_version().is_none() {
                return Err(Error::NotAllowed("The flow is not published."));
            }
            let status = BookingFlowStatus::Draft;
            Ok(BookingFlow { status, published_version_id: None, ..flow.clone() })
        };
        self.rewrite(expected, "booking_flows.unpublish", to).await
    }

    /// The version that waits for its time does so no more, and what is said of one that was
    /// refused is taken as read.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] when none waits; [`Error::Changed`].
    pub async fn cancel_schedule(&self, expected: Option<u64>) -> Result<Doc<BookingFlow>> {
        let to = |flow: &BookingFlow| {
            if flow.scheduled_publication.is_none() && flow.failed_publication.is_none() {
                return Err(Error::NotAllowed("No version is scheduled."));
            }
            Ok(BookingFlow {
                scheduled_publication: None,
                failed_publication: None,
                ..flow.clone()
            })
        };
        self.rewrite(expected, "booking_flows.cancel_schedule", to).await
    }

    async fn rewrite(
        &self,
        expected: Option<u64>,
        action: &str,
        to: impl Fn(&BookingFlow) -> Result<BookingFlow>,
    ) -> Result<Doc<BookingFlow>> {
        let seen = self.seen(expected).await?;
        let body = to(&seen.body)?;
        let at = self.tenant.now();
        let mut own = self.tenant.scoped().begin(at);
        own.replace(&seen, &body)?;
        let change = Change::updated(&seen, &body).named(action);
        if self.commit(own, change, at).await? {
            Ok(after(&seen, body, at))
        } else {
            Err(Error::Busy)
        }
    }
}

impl Tenant {
    /// The number of the newest version; 0 when there is none.
    pub(super) async fn last_version(&self, flow: Id<BookingFlow>) -> Result<u32> {
        #[derive(serde::Deserialize)]
        struct Numbered {
            number: u32,
        }
        let newest = of_flow(flow).descending().limit(1);
        let (versions, _) = self.scoped().list_fields::<_, Numbered>(newest, &["number"]).await?;
        Ok(versions.first().map_or(0, |it| it.1.number))
    }
}

const BY_NUMBER: &Index = &BookingFlowVersion::COLLECTION.indexes[0];

/// The versions of a flow, by number.
pub(super) fn of_flow(flow: Id<BookingFlow>) -> Find<BookingFlowVersion> {
    Find::by(BY_NUMBER, [Scalar::Text(flow.to_string())])
}

/// What a draft is as a version, which holds nothing but what its steps lead to.
pub(super) fn new_version(
    snapshot: FlowSnapshot,
    id: Id<BookingFlowVersion>,
    number: u32,
    at: Timestamp,
) -> BookingFlowVersion {
    let mut snapshot = snapshot.trimmed();
    let Identified { id: booking_flow_id, body } = snapshot.flow;
    let body = BookingFlow { scheduled_publication: None, ..body.publishing(id) };
    snapshot.flow = Identified { id: booking_flow_id, body };
    BookingFlowVersion {
        booking_flow_id,
        number,
        checksum: snapshot.checksum(),
        snapshot,
        published_by_id: None,
        published_at: at,
        note: None,
    }
}

/// The user who does it; `None` for a program and for the command line.
fn publisher(by: &By) -> Option<Id<User>> {
    by.actor.id.filter(|_| by.actor.kind == ActorKind::User).map(Id::new)
}

/// The note is all of a version that somebody writes.
fn at_note(error: StoreError) -> Error {
    match error {
        StoreError::Invalid { .. } => invalid_at(
            "note",
            "length",
            "must have at most 2,000 characters, none a control character",
        ),
        other => other.into(),
    }
}
