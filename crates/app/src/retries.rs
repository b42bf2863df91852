//! A request that is sent again has one effect and one answer.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use model::{
    Doc, Id, Timestamp,
    core::{IdempotencyKey, Organization},
    hex,
};
use sha2::{Digest, Sha256};
use store::PlatformUnit;

use crate::{By, Error, Result, doors::House, keyring::Field};

/// What makes sending a request again harmless.
#[derive(Debug, Clone)]
pub struct Retry {
    /// What the caller calls the request.
    pub key: String,
    /// All of the request.
    pub request: Vec<u8>,
}

/// A request, and how its answer is written before it is known to be given.
pub struct Request<T> {
    pub retry: Option<Retry>,
    pub answer: fn(&T) -> String,
}

/// What doing something once answers.
pub enum Once<T> {
    New(T),
    /// The same request was answered before, with these bytes.
    Before(String),
}

impl<T> Once<T> {
    /// The same of something made of what is new.
    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> Once<U> {
        match self {
            Self::New(new) => Once::New(to(new)),
            Self::Before(answer) => Once::Before(answer),
        }
    }
}

/// Keys of requests that this process is about to answer.
#[derive(Default)]
pub(crate) struct UnderWay(Mutex<HashSet<Id<IdempotencyKey>>>);

/// Whether a request is new.
pub(crate) enum Turn {
    First(Attempt),
    Before(String),
}

/// A request that is done for the first time, or has no key.
pub(crate) struct Attempt(Option<Named>);

/// A key that is no other request's until this is dropped.
struct Named {
    house: House,
    id: Id<IdempotencyKey>,
    /// What was under the key at first, be it over or not.
    seen: Option<Doc<IdempotencyKey>>,
    /// `None` until all of the request has come in.
    request_hash: Option<String>,
}

/// How long the answer to a request is remembered.
const REMEMBERED: Duration = Duration::from_hours(24 * 7);

impl UnderWay {
    fn begin(&self, id: Id<IdempotencyKey>) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id)
    }

    fn end(&self, id: Id<IdempotencyKey>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        self.house.under_way.end(self.id);
    }
}

impl House {
    /// Looks whether a request was answered before; until the answer is dropped, its key is no
    /// other request's in this process. A key is the caller's own, in one organization or on the
    /// platform.
    ///
    /// # Errors
    /// [`Error::UnderWay`]; [`Error::IdempotencyKeyReused`].
    pub(crate) async fn turn(
        &self,
        by: &By,
        organization: Option<Id<Organization>>,
        retry: Option<Retry>,
    ) -> Result<Turn> {
        let mut attempt = self.attempt(by, organization, retry.as_ref()).await?;
        let before = match retry {
            Some(retry) => attempt.received(&Sha256::digest(retry.request))?,
            None => None,
        };
        Ok(before.map_or(Turn::First(attempt), Turn::Before))
    }

    /// The same for a request that has not come in yet: [`Attempt::received`] is asked when it has.
    ///
    /// # Errors
    /// [`Error::UnderWay`].
    pub(crate) async fn attempt(
        &self,
        by: &By,
        organization: Option<Id<Organization>>,
        retry: Option<&Retry>,
    ) -> Result<Attempt> {
        let Some(retry) = retry else { return Ok(Attempt(None)) };
        let actor = by.actor.id.map_or_else(String::new, |it| it.to_string());
        let place = organization.map_or_else(String::new, |it| it.to_string());
        let id = IdempotencyKey::id_of(&format!("{place}:{actor}"), &retry.key);
        if !self.under_way.begin(id) {
            return Err(Error::UnderWay);
        }
        let mut named = Named { house: self.clone(), id, seen: None, request_hash: None };
        named.seen = named.record().await?;
        Ok(Attempt(Some(named)))
    }
}

impl Attempt {
    /// Whether something was answered under the key: then all of the request is read before
    /// anything is done.
    pub(crate) fn is_repeated(&self) -> bool {
        self.0.as_ref().is_some_and(|it| it.seen.as_ref().is_some_and(|seen| !it.is_over(seen)))
    }

    /// What was answered before to the request with this SHA-256.
    ///
    /// # Errors
    /// [`Error::IdempotencyKeyReused`].
    pub(crate) fn received(&mut self, hash: &[u8]) -> Result<Option<String>> {
        let Some(named) = &mut self.0 else { return Ok(None) };
        named.request_hash = Some(hex(hash));
        match &named.seen {
            Some(seen) if !named.is_over(seen) => named.answer(seen).map(Some),
            _ => Ok(None),
        }
    }

    /// Writes the answer with whatever the unit does.
    pub(crate) fn remember(
        &self,
        unit: &mut PlatformUnit,
        answer: impl FnOnce() -> String,
        at: Timestamp,
    ) -> Result<()> {
        self.keep(unit, at, |_| (Some(answer()), None))
    }

    /// The same for an answer that says what is shown once.
    pub(crate) fn remember_sealed(
        &self,
        unit: &mut PlatformUnit,
        answer: impl FnOnce() -> String,
        at: Timestamp,
    ) -> Result<()> {
        self.keep(unit, at, |named| {
            let keyring = &named.house.gate.keyring;
            (None, Some(keyring.seal(field(named.id), answer().as_bytes())))
        })
    }

    fn keep(
        &self,
        unit: &mut PlatformUnit,
        at: Timestamp,
        answer: impl FnOnce(&Named) -> (Option<String>, Option<model::core::Sealed>),
    ) -> Result<()> {
        let Some(named) = &self.0 else { return Ok(()) };
        let request_hash = named.request_hash.clone().unwrap_or_default();
        let (answer, sealed_answer) = answer(named);
        let expires_at = at.plus(REMEMBERED);
        let record = IdempotencyKey { request_hash, answer, sealed_answer, expires_at };
        match &named.seen {
            None => unit.insert(named.id, &record)?,
            Some(over) => unit.replace(over, &record)?,
        }
        Ok(())
    }

    /// What doing it has come to. Another process may have done the same meanwhile: then this one
    /// did nothing, whatever stood in its way, and the answer is the other's.
    pub(crate) async fn settle<T>(self, done: Result<T>) -> Result<Once<T>> {
        let error = match done {
            Ok(new) => return Ok(Once::New(new)),
            Err(error) => error,
        };
        let Some(named) = self.0.as_ref().filter(|it| it.request_hash.is_some()) else {
            return Err(error);
        };
        match named.record().await? {
            Some(record) if !named.is_over(&record) => named.answer(&record).map(Once::Before),
            _ => Err(error),
        }
    }
}

impl Named {
    async fn record(&self) -> Result<Option<Doc<IdempotencyKey>>> {
        Ok(self.house.store.platform().get(self.id).await?)
    }

    fn is_over(&self, record: &Doc<IdempotencyKey>) -> bool {
        record.body.expires_at <= self.house.environment.now()
    }

    fn answer(&self, record: &Doc<IdempotencyKey>) -> Result<String> {
        if self.request_hash.as_ref() != Some(&record.body.request_hash) {
            return Err(Error::IdempotencyKeyReused);
        }
        let Some(sealed) = &record.body.sealed_answer else {
            return Ok(record.body.answer.clone().unwrap_or_default());
        };
        let opened = self.house.gate.keyring.open(field(self.id), sealed);
        let opened = opened.map_err(|it| Error::Unsealed(it.to_string()))?;
        String::from_utf8(opened.to_vec()).map_err(|it| Error::Unsealed(it.to_string()))
    }
}

pub(crate) fn field(id: Id<IdempotencyKey>) -> Field {
    Field::of(None, id, "sealed_answer")
}
