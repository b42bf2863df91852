use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use model::{
    Doc, Entity, Id, ObjectId, Timestamp,
    core::{AuditEntry, AuditedEntity, Organization},
};
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Find, PlatformUnit, Scalar, StoreError};

use crate::{Error, Member, Result, access::By, doors::House};

/// How often an entry is put behind another one because other servers wrote first.
const ATTEMPTS: usize = 32;

/// One thing that was done, as the audit log tells it.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    action: String,
    entity: Option<AuditedEntity>,
    before: Option<Map<String, Value>>,
    after: Option<Map<String, Value>>,
}

/// The last entry of each log, as this process knows it. Whoever writes holds the log's lock until
/// the entry is committed, so that writers of one process do not stand in each other's way;
/// another process's entry is noticed by the store.
#[derive(Default)]
pub(crate) struct Trails(Mutex<HashMap<Option<Id<Organization>>, Arc<Trail>>>);

type Trail = tokio::sync::Mutex<Option<AuditEntry>>;

const BY_SEQUENCE: &model::Index = &AuditEntry::COLLECTION.indexes[0];

impl Change {
    /// Something that is no change of a document: `auth.login`.
    pub(crate) fn event(action: &str) -> Self {
        Self { action: action.to_owned(), entity: None, before: None, after: None }
    }

    pub(crate) fn created<E: Entity>(id: Id<E>, now: &E) -> Self {
        Self { after: Some(shown(now)), ..Self::of(id, "create") }
    }

    /// Only fields that differ are told.
    pub(crate) fn updated<E: Entity>(seen: &Doc<E>, now: &E) -> Self {
        let (mut before, mut after) = (shown(&seen.body), shown(now));
        before.retain(|name, value| after.get(name) != Some(value));
        let all = shown(&seen.body);
        after.retain(|name, value| all.get(name) != Some(value));
        Self { before: Some(before), after: Some(after), ..Self::of(seen.id, "update") }
    }

    pub(crate) fn deleted<E: Entity>(seen: &Doc<E>) -> Self {
        Self { before: Some(shown(&seen.body)), ..Self::of(seen.id, "delete") }
    }

    /// The same under another name: `memberships.invite`.
    pub(crate) fn named(self, action: &str) -> Self {
        Self { action: action.to_owned(), ..self }
    }

    /// The same, about a document.
    pub(crate) fn about<E: Entity>(self, id: Id<E>) -> Self {
        Self { entity: Some(audited::<E>(id.object_id())), ..self }
    }

    /// The same, telling something more of what was done.
    pub(crate) fn telling(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.after.get_or_insert_default().insert(name.to_owned(), value.into());
        self
    }

    fn of<E: Entity>(id: Id<E>, verb: &str) -> Self {
        let action = format!("{}.{verb}", E::COLLECTION.name);
        Self { entity: Some(audited::<E>(id.object_id())), ..Self::event(&action) }
    }
}

fn audited<E: Entity>(id: ObjectId) -> AuditedEntity {
    AuditedEntity { collection: E::COLLECTION.name.to_owned(), id }
}

/// Without what nobody may see.
fn shown<E: Entity + Serialize>(body: &E) -> Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(body) else { return Map::new() };
    fields.retain(|name, value| !E::SECRET.contains(&name.as_str()) && !value.is_null());
    fields
}

impl House {
    /// Writes all of a unit together with an entry in the audit log of an organization, or of the
    /// platform.
    ///
    /// # Errors
    /// As [`PlatformUnit::commit`].
    pub(crate) async fn commit(
        &self,
        unit: PlatformUnit,
        log: Option<Id<Organization>>,
        by: &By,
        change: Change,
        at: Timestamp,
    ) -> Result<()> {
        let trail = self.trails.of(log);
        let mut last = trail.lock().await;
        if last.is_none() {
            *last = self.last_entry(log).await?;
        }
        let mut entry = AuditEntry {
            sequence: 0,
            previous_hash: String::new(),
            hash: String::new(),
            actor: by.actor.clone(),
            action: change.action,
            entity: change.entity,
            before: change.before,
            after: change.after,
            request_id: by.origin.request_id.clone(),
            ip: by.origin.ip.clone(),
            at,
        };
        for _ in 0..ATTEMPTS {
            entry = entry.chained(last.as_ref());
            let id = AuditEntry::id_of(log, entry.sequence);
            let mut attempt = unit.clone();
            match log {
                None => attempt.insert(id, &entry)?,
                Some(organization) => {
                    let mut own = self.store.scoped(organization).begin(at);
                    own.insert(id, &entry)?;
                    attempt.join(own);
                }
            }
            match attempt.commit().await {
                Ok(()) => {
                    *last = Some(entry);
                    return Ok(());
                }
                Err(StoreError::Conflict(key)) if key.id == id.object_id() => {
                    *last = self.last_entry(log).await?;
                }
                // Whether it was written is not known.
                Err(error @ StoreError::Unavailable(_)) => {
                    *last = None;
                    return Err(error.into());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Busy)
    }

    /// Entries of a log behind one, in order, at most 200.
    pub(crate) async fn audit_log(
        &self,
        log: Option<Id<Organization>>,
        after: u64,
    ) -> Result<Vec<Doc<AuditEntry>>> {
        let number = |it: u64| Scalar::Number(i64::try_from(it).unwrap_or(i64::MAX));
        let behind = Find::by(BY_SEQUENCE, []).between(number(after + 1), number(u64::MAX));
        let (found, _) = match log {
            None => self.store.platform().list(behind).await?,
            Some(organization) => self.store.scoped(organization).list(behind).await?,
        };
        Ok(found)
    }

    /// The newest entry of a log.
    async fn last_entry(&self, log: Option<Id<Organization>>) -> Result<Option<AuditEntry>> {
        let newest = Find::by(BY_SEQUENCE, []).descending().limit(1);
        let (found, _) = match log {
            None => self.store.platform().list::<AuditEntry>(newest).await?,
            Some(organization) => self.store.scoped(organization).list(newest).await?,
        };
        Ok(found.into_iter().next().map(|it| it.body))
    }
}

impl Member {
    /// All of the organization's audit log behind an entry, in pages.
    ///
    /// # Errors
    /// What the store says.
    pub async fn audit_log(&self, after: u64) -> Result<Vec<Doc<AuditEntry>>> {
        self.tenant().house().audit_log(Some(self.tenant().organization()), after).await
    }
}

impl Trails {
    fn of(&self, log: Option<Id<Organization>>) -> Arc<Trail> {
        let mut trails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        trails.entry(log).or_default().clone()
    }
}
