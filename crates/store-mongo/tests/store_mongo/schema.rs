//! Indexes and documents that are not as they should be.

use futures_util::future::join_all;
use model::{Collection, Index, ObjectId, Only, Timestamp};
use mongodb::{
    IndexModel,
    bson::{Document, doc},
    options::IndexOptions,
};
use store::{Backend, Fault, FaultKind, Key, Owner, Query, StoreError, Stored, StoredEvent, Write};
use store_mongo::MongoBackend;

use crate::server::on_one_member;

const MISSING: FaultKind = FaultKind::MissingIndex;
const EXTRA: FaultKind = FaultKind::ExtraIndex;

const BY_NAME: Index =
    Index { name: "by_name", fields: &["name"], unique: true, only: Only::Present("name") };

const PETS: Collection = Collection {
    name: "pets",
    label: "pet",
    indexes: &[BY_NAME],
    references: &[],
    events: Some(model::EventCollection { name: "pet_events", stream_field: "pet_id" }),
};

fn pet(number: u8) -> Key {
    let owner = Owner::Organization(ObjectId::from_bytes([1; 12]));
    Key { owner, collection: PETS.name, id: ObjectId::from_bytes([number; 12]) }
}

fn append(number: u8, events: u64) -> Write {
    let event = |sequence| StoredEvent {
        id: ObjectId::from_bytes([number; 12]),
        sequence,
        event_type: "FED".to_owned(),
        schema_version: 1,
        timestamp: Timestamp::EPOCH,
        command_id: String::new(),
        body: Stored::from_json("{}".to_owned()),
    };
    Write::Append {
        stream: pet(number),
        expect: 0,
        at: Timestamp::EPOCH,
        events: (1..=events).map(event).collect(),
        state: Stored::from_json(format!(r#"{{"name":"{number}"}}"#)),
    }
}

#[tokio::test]
async fn eight_servers_make_the_same_store_at_once() {
    let (_, guard) = on_one_member().await;
    guard.database().await.drop().await.unwrap();
    let start = async || {
        let backend = MongoBackend::open(guard.url()).await?;
        backend.ensure(model::COLLECTIONS).await?;
        backend.inspect(model::COLLECTIONS).await
    };
    for faults in join_all((0..8).map(|_| start())).await {
        assert_eq!(faults.unwrap(), []);
    }
}

#[tokio::test]
async fn an_index_that_is_not_as_declared_is_made_anew() {
    let (backend, guard) = on_one_member().await;
    let pets = guard.database().await.collection::<Document>(PETS.name);
    let named = |name: &str| IndexOptions::builder().name(name.to_owned()).build();
    for (name, keys) in [("by_name", doc! { "age": 1 }), ("by_color", doc! { "color": 1 })] {
        let index = IndexModel::builder().keys(keys).options(named(name)).build();
        pets.create_index(index).await.unwrap();
    }
    let kinds = async || {
        let faults = backend.inspect(&[PETS]).await.unwrap();
        faults.iter().map(|it| it.kind).collect::<Vec<_>>()
    };
    // Those of the events are not there at all.
    assert_eq!(kinds().await, [MISSING, EXTRA, MISSING, MISSING]);
    backend.ensure(&[PETS]).await.unwrap();
    assert_eq!(kinds().await, [EXTRA]);
    backend.mend(&[PETS]).await.unwrap();
    assert_eq!(kinds().await, []);
}

#[tokio::test]
async fn a_damaged_document_is_named_and_stands_in_nobodys_way() {
    let (backend, guard) = on_one_member().await;
    backend.ensure(&[PETS]).await.unwrap();
    for number in 1..=4 {
        backend.commit(vec![append(number, 3)]).await.unwrap();
    }
    let database = guard.database().await;
    let pets = database.collection::<Document>(PETS.name);
    let id = mongodb::bson::oid::ObjectId::from_bytes([2; 12]);
    let damage = doc! { "$set": { "name": "2", "weight": mongodb::bson::DateTime::MIN } };
    pets.update_one(doc! { "_id.id": id }, damage).await.unwrap();
    let events = database.collection::<Document>("pet_events");
    let third = mongodb::bson::oid::ObjectId::from_bytes([3; 12]);
    events.delete_one(doc! { "pet_id": third, "sequence": 2 }).await.unwrap();

    let answer = backend.get(&pet(2)).await;
    assert!(
        matches!(&answer, Err(StoreError::Corrupt { id, .. }) if *id == pet(2).id),
        "{answer:?}"
    );
    for query in [
        Query::by_id(pet(1).owner, PETS.name, 2),
        Query { index: Some(&BY_NAME), ..Query::by_id(pet(1).owner, PETS.name, 2) },
    ] {
        let first = backend.list(&query).await.unwrap();
        assert_eq!(first.records.iter().map(|it| it.key).collect::<Vec<_>>(), [pet(1)]);
        assert_eq!(first.damaged.iter().map(|it| it.key).collect::<Vec<_>>(), [pet(2)]);
        let rest = backend.list(&Query { after: first.next, ..query }).await.unwrap();
        assert_eq!(rest.records.iter().map(|it| it.key).collect::<Vec<_>>(), [pet(3), pet(4)]);
    }
    assert_eq!(damaged(&backend).await, [2, 3].map(|it| Some(pet(it).id)));
}

/// What is damaged, all of it named as one of the documents.
async fn damaged(backend: &MongoBackend) -> Vec<Option<ObjectId>> {
    let faults = backend.inspect(&[PETS]).await.unwrap();
    let is_of_document =
        |it: &Fault| it.kind == FaultKind::DamagedRecord && it.collection == Some(PETS.name);
    assert!(faults.iter().all(is_of_document), "{faults:?}");
    faults.iter().map(|it| it.id).collect()
}

#[tokio::test]
async fn a_stream_that_is_not_whole_is_found() {
    let (backend, guard) = on_one_member().await;
    backend.ensure(&[PETS]).await.unwrap();
    for number in 1..=6 {
        backend.commit(vec![append(number, 3)]).await.unwrap();
    }
    assert_eq!(damaged(&backend).await, []);
    let database = guard.database().await;
    let pets = database.collection::<Document>(PETS.name);
    let events = database.collection::<Document>("pet_events");
    let id = |number| mongodb::bson::oid::ObjectId::from_bytes([number; 12]);
    // One hole, one end that is gone, one without events, one without a document.
    events.delete_one(doc! { "pet_id": id(2), "sequence": 2 }).await.unwrap();
    events.delete_one(doc! { "pet_id": id(3), "sequence": 3 }).await.unwrap();
    events.delete_many(doc! { "pet_id": id(4) }).await.unwrap();
    pets.delete_one(doc! { "_id.id": id(6) }).await.unwrap();
    assert_eq!(damaged(&backend).await, [2, 3, 4, 6].map(|it| Some(pet(it).id)));

    let mut snapshot = backend.snapshot().await.unwrap();
    let refused = |found| match found {
        Err(StoreError::Corrupt { collection: "pets", id, reason }) if id == pet(2).id => reason,
        other => panic!("{other:?}"),
    };
    for after in [0, 1] {
        for found in
            [backend.events(&pet(2), after, 9).await, snapshot.events(&pet(2), after, 9).await]
        {
            assert_eq!(refused(found), "its event 2 is not there");
        }
    }
    assert_eq!(backend.events(&pet(2), 0, 1).await.unwrap().len(), 1);
    assert_eq!(snapshot.events(&pet(2), 2, 9).await.unwrap().len(), 1);
}
