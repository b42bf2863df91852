use std::cmp::Reverse;

use model::{
    Entity as _, Id, Index,
    core::{AuditEntry, Managed as _, Permission},
    flow::{FlowBundle, FlowDiff},
    scheduler::{BookingFlow, BookingFlowVersion},
};
use serde_json::{Map, Value};
use store::{Find, Scalar};

use super::keeper::{FlowKeeper, invalid_at};
use crate::{Error, Result};

type VersionId = Id<BookingFlowVersion>;

const BY_ENTITY: &Index = &AuditEntry::COLLECTION.indexes[4];

/// So many changes of a flow are looked through for the one that published it.
const LOOKED_THROUGH: usize = 100;

/// The field of a flow in the audit log that says what visitors get.
const PUBLISHED: &str = "published_version_id";

/// What a diff tells, its reader must be allowed to see.
const MAY_SEE: [Permission; 1] = [BookingFlow::PERMISSIONS[0]];

impl FlowKeeper {
    /// Two states of the flow, to be compared: versions by their numbers, else what visitors get
    /// and the draft.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the flow or a version; [`Error::Invalid`] when the first is not said
    /// and the flow is not published.
    pub async fn compared(
        &self,
        from: Option<u32>,
        to: Option<u32>,
    ) -> Result<(FlowBundle, FlowBundle)> {
        let before = match (from, self.seen(None).await?.body.served_version()) {
            (Some(number), _) => self.tenant.export_flow_by_id(self.id, Some(number)).await?,
            (None, Some(published)) => self.version_of_today(published).await?,
            (None, None) => {
                let message = "must be the number of a version while the flow is not published";
                return Err(invalid_at("from", "required", message));
            }
        };
        Ok((before, self.tenant.export_flow_by_id(self.id, to).await?))
    }

    async fn version_of_today(&self, id: VersionId) -> Result<FlowBundle> {
        let version = self.tenant.scoped().get(id).await?;
        let version = version.ok_or(Error::NotFound(BookingFlowVersion::COLLECTION.label))?;
        self.tenant.with_today(version.body.snapshot).await
    }

    /// Tells whoever lost to another publication what that one changed: from what visitors got at
    /// the version of the flow that the loser saw to what they get now. Drafts are not kept once
    /// they change, versions are, so these are compared. The audit log knows what visitors got
    /// then. Who does not say what they saw has seen what was there before the last change.
    ///
    /// It stays [`Error::Changed`] when nothing else was published since, when visitors get nothing
    /// now, and for whoever may not see flows.
    pub(super) async fn overtaken<T>(&self, saw: Option<u64>, tried: Result<T>) -> Result<T> {
        if !matches!(tried, Err(Error::Changed { .. })) || self.may(MAY_SEE).is_err() {
            return tried;
        }
        let flow = self.seen(None).await?;
        let Some(published) = flow.body.served_version() else { return tried };
        let changes = saw.map_or(1, |it| flow.version.saturating_sub(it));
        let Some(was) = self.published_before(changes).await? else { return tried };
        if was == Some(published) {
            return tried;
        }
        let after = self.version_of_today(published).await?;
        let before = match was {
            Some(id) => self.version_of_today(id).await?,
            None => after.without_anything(),
        };
        let diff = Box::new(FlowDiff::between(&before, &after));
        Err(Error::Overtaken { current: flow.version, diff })
    }

    /// The version that visitors got before so many changes of the flow, if any; `None` when none
    /// of the changes was about that.
    async fn published_before(&self, changes: u64) -> Result<Option<Option<VersionId>>> {
        let newest = Find::by(BY_ENTITY, [Scalar::Text(self.id.to_string())])
            .descending()
            .limit(LOOKED_THROUGH);
        let (entries, _) = self.tenant.scoped().list::<AuditEntry>(newest).await?;
        let mut entries: Vec<_> = entries.into_iter().map(|it| it.body).collect();
        // Those of one millisecond come in any order.
        entries.sort_by_key(|it| Reverse(it.sequence));
        let changes = usize::try_from(changes).unwrap_or(usize::MAX);
        let said = |it: &Option<Map<String, Value>>| it.as_ref()?.get(PUBLISHED).cloned();
        let first = entries
            .iter()
            .take(changes)
            .rfind(|it| said(&it.before).is_some() || said(&it.after).is_some());
        let Some(first) = first else { return Ok(None) };
        let was = said(&first.before).map(serde_json::from_value).transpose();
        Ok(Some(was.map_err(|error| Error::not_json(&error))?))
    }
}
