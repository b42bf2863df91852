//! Durable batches per second through the engine, beside the bare driver doing the same.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]
#![expect(clippy::unwrap_used, reason = "a measurement says no more than that it failed")]

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/store_mongo/server.rs"]
mod server;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use model::{ObjectId, Timestamp};
use mongodb::{
    Client, Database,
    bson::{DateTime, doc, oid},
    error::{Error, TRANSIENT_TRANSACTION_ERROR},
    options::{Acknowledgment, ReadConcern, WriteConcern},
};
use store::{
    Backend, Key, Owner, Stored, StoredEvent, Write,
    conformance::{COLLECTIONS, SESSIONS},
};
use store_mongo::MongoBackend;

use crate::server::{ReplicaSet, database};

const WRITERS: u8 = 64;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);

const STATE: &str = r#"{"status":"open","current_step":"questions","answers":[{"question":"roof","answer":"leaks"}],"timezone":"America/Chicago"}"#;
const EVENT: &str = r#"{"step":"questions","answer":"leaks","duration_ms":4211}"#;

fn id(writer: u8) -> ObjectId {
    ObjectId::from_bytes([writer; 12])
}

/// One event and the state it leads to.
async fn through_the_engine(backend: &MongoBackend, writer: u8, expect: u64) {
    let stream =
        Key { owner: Owner::Organization(id(1)), collection: SESSIONS.name, id: id(writer) };
    let event = StoredEvent {
        id: id(writer),
        sequence: expect + 1,
        event_type: "STEP_ANSWERED".to_owned(),
        schema_version: 1,
        timestamp: Timestamp::EPOCH,
        command_id: expect.to_string(),
        body: Stored::from_json(EVENT.to_owned()),
    };
    let (at, state) = (Timestamp::EPOCH, Stored::from_json(STATE.to_owned()));
    let append = Write::Append { stream, expect, at, events: vec![event], state };
    backend.commit(vec![append]).await.unwrap();
}

async fn through_the_driver(database: &Database, writer: u8, expect: u64) {
    loop {
        match transaction(database, writer, i64::try_from(expect).unwrap()).await {
            Ok(()) => return,
            Err(error) => assert!(error.contains_label(TRANSIENT_TRANSACTION_ERROR), "{error}"),
        }
    }
}

async fn transaction(database: &Database, writer: u8, expect: i64) -> Result<(), Error> {
    let owner = oid::ObjectId::from_bytes(id(1).bytes());
    let stream = oid::ObjectId::from_bytes(id(writer).bytes());
    let key = doc! { "organization_id": owner, "id": stream };
    let now = DateTime::from_millis(0);
    let state = doc! {
        "_id": key.clone(), "organization_id": owner, "version": expect + 1,
        "created_at": now, "updated_at": now, "status": "open", "current_step": "questions",
        "answers": [{ "question": "roof", "answer": "leaks" }], "timezone": "America/Chicago",
    };
    let event = doc! {
        "_id": { "organization_id": owner, "session_id": stream, "sequence": expect + 1 },
        "organization_id": owner, "session_id": stream, "sequence": expect + 1,
        "event_id": stream, "event_type": "STEP_ANSWERED", "schema_version": 1, "timestamp": now,
        "command_id": expect.to_string(), "step": "questions", "answer": "leaks",
        "duration_ms": 4211_i64,
    };
    let durable = WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build();
    let mut session = database.client().start_session().await?;
    let begin = session.start_transaction().read_concern(ReadConcern::snapshot());
    begin.write_concern(durable).await?;
    let states = database.collection(SESSIONS.name);
    if expect == 0 {
        states.insert_one(state).session(&mut session).await?;
    } else {
        let filter = doc! { "_id": key, "organization_id": owner, "version": expect };
        let done = states.replace_one(filter, state).session(&mut session).await?;
        assert_eq!(done.matched_count, 1);
    }
    let events = database.collection("session_events");
    events.insert_many([event]).session(&mut session).await?;
    session.commit_transaction().await
}

/// All writers at once until the time is over; how many batches were durable.
async fn round(versions: &mut [u64], one: impl AsyncFn(u8, u64)) -> u64 {
    let end = Instant::now() + ROUND;
    let writers = (0..WRITERS).zip(versions).map(|(writer, version)| {
        let one = &one;
        async move {
            let before = *version;
            while Instant::now() < end {
                one(writer, *version).await;
                *version += 1;
            }
            *version - before
        }
    });
    join_all(writers).await.into_iter().sum()
}

#[tokio::main]
async fn main() {
    let set = ReplicaSet::start(1, &[]).await;
    let backend = MongoBackend::open(&set.url(&database())).await.unwrap();
    backend.ensure(COLLECTIONS).await.unwrap();
    let url = set.url(&database());
    MongoBackend::open(&url).await.unwrap().ensure(COLLECTIONS).await.unwrap();
    let bare = Client::with_uri_str(&url).await.unwrap().default_database().unwrap();

    let (mut of_engine, mut of_driver) = ([0; WRITERS as usize], [0; WRITERS as usize]);
    let (mut engine, mut driver) = (0, 0);
    for _ in 0..ROUNDS {
        driver += round(&mut of_driver, async |writer, version| {
            through_the_driver(&bare, writer, version).await;
        })
        .await;
        engine += round(&mut of_engine, async |writer, version| {
            through_the_engine(&backend, writer, version).await;
        })
        .await;
    }
    let seconds = ROUND.as_secs() * ROUNDS as u64;
    println!("{WRITERS} writers, one event and its state in a batch, one member");
    println!("bare driver  {:>6} batches/s", driver / seconds);
    println!("engine       {:>6} batches/s", engine / seconds);
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let ratio = engine as f64 / driver as f64;
    println!("ratio        {ratio:>6.2}");
}
