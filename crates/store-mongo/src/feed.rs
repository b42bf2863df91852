use std::{collections::VecDeque, time::Duration};

use async_trait::async_trait;
use futures_util::StreamExt;
use mongodb::{
    Database,
    bson::{Document, RawDocumentBuf, doc},
    change_stream::{
        ChangeStream,
        event::{OperationType, ResumeToken},
    },
    error::Error,
    options::ReadConcern,
};
use serde::Deserialize;
use store::{Change, Feed, Key, Position, Result, StoreError};
use tokio::time::Instant;

use crate::{
    PRIMARY,
    document::key_in,
    error::{is_lost_position, is_refusal, unavailable},
};

/// How long the database may be away while somebody waits for changes.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(200);

/// Reads the change stream of the database from a place on.
pub(crate) struct MongoFeed {
    database: Database,
    collections: Vec<&'static str>,
    stream: ChangeStream<Event>,
    /// Where to go on when the stream breaks.
    resume: Option<ResumeToken>,
    /// A place that was taken to check that there is none: its removal is no change.
    placeholder: Option<Key>,
    waiting: VecDeque<Event>,
}

/// What the stream tells of a change.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "_id")]
    token: ResumeToken,
    kind: OperationType,
    collection: String,
    id: RawDocumentBuf,
    /// None of a delete, and of a write that is no change.
    version: Option<i64>,
}

impl MongoFeed {
    pub(crate) async fn open(
        database: Database,
        collections: Vec<&'static str>,
        after: Option<&Position>,
    ) -> Result<Self> {
        let lost = |position: &Position| StoreError::PositionLost(position.clone());
        let resume: Option<ResumeToken> = match after {
            None => None,
            Some(it) => Some(serde_json::from_str(&it.0).map_err(|_| lost(it))?),
        };
        let refused = |error: Error| match after {
            Some(position) if is_refusal(&error) => lost(position),
            _ => unavailable(&error),
        };
        let mut stream = open(&database, &collections, resume.clone()).await.map_err(refused)?;
        let mut waiting = VecDeque::new();
        if after.is_some() {
            // The server looks for the position when it is first asked.
            waiting.extend(stream.next_if_any().await.map_err(refused)?);
        }
        let resume = stream.resume_token().or(resume);
        Ok(Self { database, collections, stream, resume, placeholder: None, waiting })
    }

    async fn next_event(&mut self) -> Result<Event> {
        if let Some(event) = self.waiting.pop_front() {
            return Ok(event);
        }
        let mut deadline = None;
        loop {
            let error = match self.stream.next().await {
                Some(Ok(event)) => return Ok(event),
                Some(Err(error)) => Some(error),
                None => None,
            };
            self.reopen(error, &mut deadline).await?;
        }
    }

    async fn reopen(&mut self, error: Option<Error>, deadline: &mut Option<Instant>) -> Result<()> {
        let mut error = error;
        let deadline = *deadline.get_or_insert_with(|| Instant::now() + PATIENCE);
        loop {
            if let Some(error) =
                error.filter(|it| is_lost_position(it) || Instant::now() > deadline)
            {
                return Err(match &self.resume {
                    Some(token) if is_lost_position(&error) => {
                        StoreError::PositionLost(position(token)?)
                    }
                    _ => unavailable(&error),
                });
            }
            tokio::time::sleep(PAUSE).await;
            match open(&self.database, &self.collections, self.resume.clone()).await {
                Ok(stream) => {
                    self.stream = stream;
                    return Ok(());
                }
                Err(it) => error = Some(it),
            }
        }
    }

    /// What an event says to those who watch documents.
    fn change(&mut self, event: &Event) -> Option<Result<Change>> {
        let collection = self.collections.iter().find(|it| **it == event.collection)?;
        let key = key_in(collection, &event.id)?;
        let version = match (&event.kind, event.version) {
            (OperationType::Delete, _) if self.placeholder.take() == Some(key) => return None,
            (OperationType::Delete, _) => 0,
            (_, Some(version)) => version.unsigned_abs(),
            (kind, None) => {
                self.placeholder = (*kind == OperationType::Insert).then_some(key);
                return None;
            }
        };
        Some(position(&event.token).map(|position| Change { position, key, version }))
    }
}

#[async_trait]
impl Feed for MongoFeed {
    async fn next(&mut self) -> Result<Change> {
        loop {
            let event = self.next_event().await?;
            self.resume = Some(event.token.clone());
            if let Some(change) = self.change(&event) {
                return change;
            }
        }
    }
}

async fn open(
    database: &Database,
    collections: &[&'static str],
    resume: Option<ResumeToken>,
) -> Result<ChangeStream<Event>, Error> {
    let stream = database
        .watch()
        .pipeline(pipeline(collections))
        .read_concern(ReadConcern::majority())
        .selection_criteria(PRIMARY)
        .resume_after(resume)
        .await?;
    Ok(stream.with_type())
}

/// Of documents only, and of those no more than is told.
fn pipeline(collections: &[&'static str]) -> [Document; 2] {
    let kinds = ["insert", "replace", "update", "delete"];
    [
        doc! { "$match": { "ns.coll": { "$in": collections }, "operationType": { "$in": &kinds[..] } } },
        doc! { "$project": {
            "kind": "$operationType",
            "collection": "$ns.coll",
            "id": "$documentKey._id",
            "version": {
                "$ifNull": ["$fullDocument.version", "$updateDescription.updatedFields.version"],
            },
        } },
    ]
}

fn position(token: &ResumeToken) -> Result<Position> {
    let text = serde_json::to_string(token);
    text.map(Position).map_err(|error| StoreError::Unavailable(error.to_string()))
}
